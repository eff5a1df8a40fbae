//! Sums of the house, by currency, and counts of what happened.

use shardbook_domain::bet::BetStatus;
use shardbook_domain::event;
use shardbook_domain::ledger::{Account, Reason, Transfer};
use shardbook_domain::money::Currency;
use shardbook_domain::player::{Event, Rejection, Reply};

use crate::{EventEntry, PlayerEntry, Row};

/// Sums of one currency. Amounts are minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Bets placed.
    pub placed: i64,
    /// Bets that stand settled, void ones included.
    pub settled: i64,
    /// Bets that stand settled as void.
    pub void: i64,
    /// Stakes of all bets placed.
    pub turnover: i64,
    /// What the bets that stand settled returned, stakes of void bets included.
    pub payout: i64,
    /// Stakes of the bets that stand settled.
    pub settled_stakes: i64,
    /// Money that came in through the cashier.
    pub deposits: i64,
    /// Money that went out through the cashier.
    pub withdrawals: i64,
}

const COLUMNS: usize = 8;

impl Totals {
    fn columns(self) -> [i64; COLUMNS] {
        let Self {
            placed,
            settled,
            void,
            turnover,
            payout,
            settled_stakes,
            deposits,
            withdrawals,
        } = self;
        [
            placed,
            settled,
            void,
            turnover,
            payout,
            settled_stakes,
            deposits,
            withdrawals,
        ]
    }

    /// Reads the columns of a row; columns that are missing are zero.
    #[must_use]
    pub fn from_row(row: &[u8]) -> Self {
        let [
            placed,
            settled,
            void,
            turnover,
            payout,
            settled_stakes,
            deposits,
            withdrawals,
        ] = columns(row);
        Self {
            placed,
            settled,
            void,
            turnover,
            payout,
            settled_stakes,
            deposits,
            withdrawals,
        }
    }

    /// Bets that wait for a result.
    #[must_use]
    pub fn open(&self) -> i64 {
        self.placed - self.settled
    }

    /// Stakes of the bets that wait for a result.
    #[must_use]
    pub fn open_stakes(&self) -> i64 {
        self.turnover - self.settled_stakes
    }

    /// Stakes of settled bets less what they returned.
    #[must_use]
    pub fn gross_win(&self) -> i64 {
        self.settled_stakes - self.payout
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
pub fn player_rows(entry: &PlayerEntry<'_>, mut row: impl FnMut(Row)) {
    let reply = match entry.outcome {
        Ok(reply) => reply,
        // Between processes, not between the house and a player: settlement then gives the bet along.
        Err(Rejection::BetNotHeld { .. }) => return,
        Err(rejection) => {
            let key = [&[REFUSED], rejection.code().as_bytes()].concat();
            return row(Row::Add(key, vec![1]));
        }
    };
    let mut totals = Totals::default();
    for (event, _) in entry.events {
        match event {
            Event::Registered { .. } => row(Row::Add(PLAYERS.to_vec(), vec![1])),
            Event::Deposited { amount, .. } => totals.deposits += amount.0,
            Event::Withdrawn { amount, .. } => totals.withdrawals += amount.0,
            Event::BetPlaced { terms, .. } => {
                totals.placed += 1;
                totals.turnover += terms.stake.0;
            }
            Event::BetSettled {
                status,
                returned,
                transfers,
                ..
            } => {
                totals.settled += 1;
                totals.void += i64::from(*status == BetStatus::Void);
                totals.payout += returned.0;
                totals.settled_stakes += stake(transfers);
            }
            Event::BetReopened { transfers, .. } => {
                let stake = stake(transfers);
                let was_void = !transfers
                    .iter()
                    .any(|transfer| transfer.reason == Reason::StakeReopened);
                totals.settled -= 1;
                totals.void -= i64::from(was_void);
                totals.payout -= if was_void { stake } else { taken_back(transfers) };
                totals.settled_stakes -= stake;
            }
            _ => {}
        }
    }
    if let Some(currency) = currency_of(reply).filter(|_| totals != Totals::default()) {
        row(Row::Add(
            [&[CURRENCY], currency.code().as_bytes()].concat(),
            totals.columns().to_vec(),
        ));
    }
}

/// The rows of what one message about a sporting event came to.
pub fn event_rows(entry: &EventEntry<'_>, mut row: impl FnMut(Row)) {
    use event::Event::{FixtureUpdated, MarketOpened, MarketResulted, MarketVoided, ResultRolledBack};
    let (mut updates, mut results, mut opened) = (0, 0, 0);
    for (event, _) in entry.events {
        match event {
            FixtureUpdated { .. } => {}
            MarketResulted { .. } | MarketVoided { .. } | ResultRolledBack { .. } => results += 1,
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
            row(Row::Add(key.to_vec(), vec![count]));
        }
    }
}

/// The stake that these transfers hold, take or give back.
fn stake(transfers: &[Transfer]) -> i64 {
    transfers
        .iter()
        .filter(|transfer| transfer.reason == Reason::Stake)
        .map(|transfer| transfer.amount.0)
        .sum()
}

/// The return that these transfers take back, from the player or as a debt.
fn taken_back(transfers: &[Transfer]) -> i64 {
    let to_house = |transfer: &&Transfer| transfer.credit == Account::BettingResult;
    transfers
        .iter()
        .filter(to_house)
        .map(|transfer| transfer.amount.0)
        .sum()
}

fn currency_of(reply: &Reply) -> Option<Currency> {
    match reply {
        Reply::Registered { balance } | Reply::Balance(balance) | Reply::BetPlaced { balance, .. } => {
            Some(balance.currency)
        }
        _ => None,
    }
}
