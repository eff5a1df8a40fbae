//! Sums of the house, by currency, and counts of what happened.

use shardbook_domain::bet::BetStatus;
use shardbook_domain::event;
use shardbook_domain::ledger::{Account, Phase, Reason, Transfer};
use shardbook_domain::money::Amount;
use shardbook_domain::player::{Event, Rejection, Reply};

use crate::{EventEntry, PlayerEntry, Row};

/// Sums of one currency. Amounts are minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Bets placed.
    pub placed: i64,
    /// Bets that stand settled, void ones and those wholly bought back included.
    pub settled: i64,
    /// Bets that stand settled as void.
    pub void: i64,
    /// Stakes of all bets placed, free bets included.
    pub turnover: i64,
    /// What went back to players for stakes that stand settled: returns, stakes of void bets, what was paid for bets bought
    /// back.
    pub payout: i64,
    /// Stakes that stand settled, of whole bets or of lines, or bought back.
    pub settled_stakes: i64,
    /// Money that came in through the cashier.
    pub deposits: i64,
    /// Money that went out through the cashier.
    pub withdrawals: i64,
    /// Stakes of slips that wait for their delay or a trader.
    pub waiting: i64,
    /// Free bets that the house granted, those included that made up for free bets lost to a correction.
    pub promotions: i64,
    /// Corrected payouts that the house bore.
    pub written_off: i64,
    /// What was paid for bets bought back; part of `payout`.
    pub cashed_out: i64,
}

const COLUMNS: usize = 12;

impl Totals {
    fn columns(self) -> [i64; COLUMNS] {
        [
            self.placed,
            self.settled,
            self.void,
            self.turnover,
            self.payout,
            self.settled_stakes,
            self.deposits,
            self.withdrawals,
            self.waiting,
            self.promotions,
            self.written_off,
            self.cashed_out,
        ]
    }

    /// Reads the columns of a row; columns that are missing are zero.
    #[must_use]
    pub fn from_row(row: &[u8]) -> Self {
        let columns: [i64; COLUMNS] = columns(row);
        let [placed, settled, void, turnover, payout, settled_stakes, rest @ ..] = columns;
        let [deposits, withdrawals, waiting, promotions, written_off, cashed_out] = rest;
        Self {
            placed,
            settled,
            void,
            turnover,
            payout,
            settled_stakes,
            deposits,
            withdrawals,
            waiting,
            promotions,
            written_off,
            cashed_out,
        }
    }

    /// Bets that wait for a result.
    #[must_use]
    pub fn open(&self) -> i64 {
        self.placed - self.settled
    }

    /// Stakes that wait for a result.
    #[must_use]
    pub fn open_stakes(&self) -> i64 {
        self.turnover - self.settled_stakes
    }

    /// Settled stakes less what went back for them.
    #[must_use]
    pub fn gross_win(&self) -> i64 {
        self.settled_stakes - self.payout
    }

    /// Takes in the bookings of an event.
    fn book(&mut self, transfer: &Transfer) {
        let amount = transfer.amount.0;
        match (transfer.reason, transfer.phase) {
            (Reason::Stake, Phase::VoidPending(_)) | (Reason::FreeBetReturned, _) => {
                self.settled_stakes += amount;
                self.payout += amount;
            }
            (Reason::StakeSettled, _) => self.settled_stakes += amount,
            (Reason::StakeCashedOut, _) => self.settled_stakes += amount,
            (Reason::CashOut, _) => {
                self.payout += amount;
                self.cashed_out += amount;
            }
            (Reason::Payout, _) => self.payout += amount,
            (Reason::StakeReopened, _) if transfer.debit == Account::BettingResult => self.settled_stakes -= amount,
            (Reason::SlipHeld, Phase::Pending) => self.waiting += amount,
            (Reason::SlipHeld, _) => self.waiting -= amount,
            _ => {}
        }
        // What a correction takes back, from whomever.
        let taken_back = matches!(
            transfer.reason,
            Reason::PayoutReversed
                | Reason::DebtRaised
                | Reason::WrittenOff
                | Reason::FreeBetTaken
                | Reason::FreeBetGranted
        );
        if taken_back && transfer.credit == Account::BettingResult {
            self.payout -= amount;
        }
        match transfer.debit {
            Account::Promotions => self.promotions += amount,
            Account::WrittenOff => self.written_off += amount,
            _ => {}
        }
    }

    /// A settlement that the first version took back: that of a void bet had only let the hold go.
    fn reopen(&mut self, transfers: &[Transfer]) {
        self.settled -= 1;
        if transfers
            .iter()
            .any(|transfer| transfer.reason == Reason::StakeReopened)
        {
            return;
        }
        let held = |transfer: &&Transfer| transfer.reason == Reason::Stake && transfer.phase == Phase::Pending;
        let stake: i64 = transfers.iter().filter(held).map(|transfer| transfer.amount.0).sum();
        self.void -= 1;
        self.settled_stakes -= stake;
        self.payout -= stake;
    }
}

/// The little-endian columns of a row of sums; columns that are missing are zero.
#[must_use]
pub fn columns<const N: usize>(row: &[u8]) -> [i64; N] {
    let mut columns = [0; N];
    for (column, bytes) in columns.iter_mut().zip(row.chunks_exact(8)) {
        let mut le = [0; 8];
        le.copy_from_slice(bytes);
        *column = i64::from_le_bytes(le);
    }
    columns
}

/// First byte of the rows of a currency; its code follows.
pub const CURRENCY: u8 = b'c';
/// First byte of the rows that count refused commands of players; the code follows.
pub const REFUSED: u8 = b'r';
/// First byte of the rows that count; the name of the count follows.
pub const COUNT: u8 = b'n';
/// Counts players.
pub const PLAYERS: &[u8] = b"nplayers";
/// Counts changes of markets: lines, status and definitions.
pub const MARKET_UPDATES: &[u8] = b"nmarket_updates";
/// Counts results, voids and rollbacks of markets.
pub const MARKETS_RESULTED: &[u8] = b"nmarkets_resulted";
/// Counts markets that were opened.
pub const MARKETS: &[u8] = b"nmarkets";

/// The rows of what one command to a player came to.
pub fn player_rows(entry: &PlayerEntry<'_>, mut row: impl FnMut(Row<'_>)) {
    let reply = match entry.outcome {
        Ok(reply) => reply,
        // Between processes, not between the house and a player: settlement then gives the bet along.
        Err(Rejection::BetNotHeld { .. }) => return,
        Err(rejection) => {
            let key = [&[REFUSED], rejection.code().as_bytes()].concat();
            return row(Row::Add(&key, &[1]));
        }
    };
    let mut totals = Totals::default();
    for event in entry.events {
        event.transfers().iter().for_each(|transfer| totals.book(transfer));
        match event {
            Event::Registered { .. } => row(Row::Add(PLAYERS, &[1])),
            Event::Deposited { amount, .. } => totals.deposits += amount.0,
            Event::Withdrawn { amount, .. } => totals.withdrawals += amount.0,
            Event::BetPlaced { terms, .. } => {
                totals.placed += 1;
                totals.turnover += terms.stake.0;
            }
            Event::BetSettled { status, .. } => {
                totals.settled += 1;
                totals.void += i64::from(*status == BetStatus::Void);
            }
            Event::BetReopened { transfers, .. } => totals.reopen(transfers),
            Event::BetUnsettled { was, .. } => {
                totals.settled -= i64::from(*was != BetStatus::Open);
                totals.void -= i64::from(*was == BetStatus::Void);
            }
            Event::BetCashedOut { .. } => {
                let sold = matches!(
                    reply,
                    Reply::CashedOut {
                        open_stake: Amount::ZERO,
                        ..
                    }
                );
                totals.settled += i64::from(sold);
            }
            _ => {}
        }
    }
    let currency = reply.balance().map(|balance| balance.currency);
    if let Some(currency) = currency.filter(|_| totals != Totals::default()) {
        row(Row::Add(
            &[&[CURRENCY], currency.code().as_bytes()].concat(),
            &totals.columns(),
        ));
    }
}

/// The rows of what one message about a sporting event came to.
pub fn event_rows(entry: &EventEntry<'_>, mut row: impl FnMut(Row<'_>)) {
    use event::Event::{
        FixtureUpdated, MarketOpened, MarketResulted, MarketVoided, ResultRolledBack, SettlementChanged,
    };
    let (mut updates, mut results, mut opened) = (0, 0, 0);
    for event in entry.events {
        match event {
            FixtureUpdated { .. } => {}
            MarketResulted { .. } | MarketVoided { .. } | ResultRolledBack { .. } | SettlementChanged { .. } => {
                results += 1;
            }
            MarketOpened { .. } => (opened, updates) = (opened + 1, updates + 1),
            _ => updates += 1,
        }
    }
    for (key, count) in [
        (MARKET_UPDATES, updates),
        (MARKETS_RESULTED, results),
        (MARKETS, opened),
    ] {
        if count > 0 {
            row(Row::Add(key, &[count]));
        }
    }
}
