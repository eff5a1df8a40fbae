//! The bookings of a decision, tried on a copy of the ledger so that each sees those before it.

use crate::bet::{Bet, BetStatus, Fund, Standing};
use crate::ledger::{Account, Ledger, Phase, Reason, Transfer, TransferNo};
use crate::money::Amount;
use crate::rules::Shortfall;

pub(super) struct Bookings {
    ledger: Ledger,
    transfers: Vec<Transfer>,
}

impl Bookings {
    pub(super) fn on(ledger: Ledger) -> Bookings {
        Bookings {
            ledger,
            transfers: Vec::with_capacity(4),
        }
    }

    /// The accounts with all that was booked.
    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Takes what was booked so far and goes on from there.
    pub(super) fn take(&mut self) -> Vec<Transfer> {
        std::mem::take(&mut self.transfers)
    }

    /// Books a transfer; an amount of zero needs none.
    pub(super) fn book(&mut self, reason: Reason, debit: Account, credit: Account, amount: Amount, phase: Phase) {
        if amount > Amount::ZERO {
            let transfer = Transfer {
                no: self.ledger.next_no(),
                debit,
                credit,
                amount,
                reason,
                phase,
            };
            self.ledger.post(&transfer);
            self.transfers.push(transfer);
        }
    }

    fn post(&mut self, reason: Reason, debit: Account, credit: Account, amount: Amount) {
        self.book(reason, debit, credit, amount, Phase::Posted);
    }

    pub(super) fn deposit(&mut self, amount: Amount) {
        self.post(
            Reason::CashierIn,
            Account::CashierFunds,
            Account::CashierClearing,
            amount,
        );
        self.post(
            Reason::Deposit,
            Account::CashierClearing,
            Account::PlayerAvailable,
            amount,
        );
        self.pay_debt();
    }

    pub(super) fn withdraw(&mut self, amount: Amount) {
        self.post(
            Reason::Withdrawal,
            Account::PlayerAvailable,
            Account::CashierClearing,
            amount,
        );
        self.post(
            Reason::CashierOut,
            Account::CashierClearing,
            Account::CashierFunds,
            amount,
        );
    }

    /// Whatever is credited goes first to what the player owes.
    pub(super) fn pay_debt(&mut self) {
        let amount = self.ledger.owed().min(self.ledger.available());
        self.post(Reason::DebtPaid, Account::PlayerAvailable, Account::PlayerOwes, amount);
    }

    /// Where the stake of a bet comes from and goes back to.
    fn purse(fund: Fund) -> Account {
        match fund {
            Fund::Cash => Account::PlayerAvailable,
            Fund::FreeBet => Account::PlayerFreeBets,
        }
    }

    /// Holds, takes or gives back a stake, and says the number of the transfer.
    pub(super) fn stake(&mut self, fund: Fund, amount: Amount, phase: Phase) -> TransferNo {
        let no = self.ledger.next_no();
        self.book(Reason::Stake, Bookings::purse(fund), Account::OpenStakes, amount, phase);
        no
    }

    /// Holds a stake of a slip that waits.
    pub(super) fn hold_slip(&mut self, fund: Fund, amount: Amount) {
        let purse = Bookings::purse(fund);
        self.book(Reason::SlipHeld, purse, Account::OpenStakes, amount, Phase::Pending);
    }

    /// Lets a hold go.
    pub(super) fn let_go(&mut self, hold: &Transfer) {
        let phase = Phase::VoidPending(hold.no);
        self.book(hold.reason, hold.debit, hold.credit, hold.amount, phase);
    }

    pub(super) fn grant_free_bet(&mut self, amount: Amount) {
        let (house, player) = (Account::Promotions, Account::PlayerFreeBets);
        self.post(Reason::FreeBetGranted, house, player, amount);
    }

    /// Whether the stake is still the one pending transfer of its placing.
    fn is_pending(bet: &Bet) -> bool {
        bet.stake_settled() == Amount::ZERO && bet.cashed_stake() == Amount::ZERO
    }

    /// Brings an open bet to where it stands, which is at or beyond where it was settled.
    pub(super) fn settle(&mut self, bet: &Bet, standing: Standing) {
        let (stake, fund) = (bet.terms.stake, bet.terms.fund);
        if Bookings::is_pending(bet) {
            if standing.status == BetStatus::Void {
                self.stake(fund, stake, Phase::VoidPending(bet.hold));
                self.pay_debt();
                return;
            }
            self.stake(fund, stake, Phase::PostPending(bet.hold));
        }
        let refunded = Amount(standing.refunded.0 - bet.refunded().0);
        let settled = Amount(standing.stake_settled.0 - bet.stake_settled().0 - refunded.0);
        let returned = Amount(standing.returned.0 - bet.returned().0);
        let (open, result) = (Account::OpenStakes, Account::BettingResult);
        self.post(Reason::FreeBetReturned, open, Account::PlayerFreeBets, refunded);
        self.post(Reason::StakeSettled, open, result, settled);
        self.post(Reason::Payout, result, Account::PlayerAvailable, returned);
        self.pay_debt();
    }

    /// Buys open stake of a bet back.
    pub(super) fn cash_out(&mut self, bet: &Bet, stake: Amount, paid: Amount) {
        if Bookings::is_pending(bet) {
            self.stake(bet.terms.fund, bet.terms.stake, Phase::PostPending(bet.hold));
        }
        let (open, result) = (Account::OpenStakes, Account::BettingResult);
        self.post(Reason::StakeCashedOut, open, result, stake);
        self.post(Reason::CashOut, result, Account::PlayerAvailable, paid);
        self.pay_debt();
    }

    /// Takes all that is settled of a bet back and gives the number of the transfer that holds its stake. The player is left
    /// with nothing available before anything is owed or written off. Stake that was bought back stays so, and the rest of
    /// such a bet stays posted, as buying back left it: its first hold is still the one that counts.
    pub(super) fn reopen(&mut self, bet: &Bet, shortfall: Shortfall) -> TransferNo {
        let (stake, purse) = (bet.terms.stake, Bookings::purse(bet.terms.fund));
        let (player, house) = (Account::PlayerAvailable, Account::BettingResult);
        self.take_back(player, house, Reason::PayoutReversed, bet.returned(), shortfall);
        self.take_back(
            Account::PlayerFreeBets,
            house,
            Reason::FreeBetTaken,
            bet.refunded(),
            shortfall,
        );
        if bet.cashed_stake() > Amount::ZERO {
            self.post(Reason::StakeReopened, house, Account::OpenStakes, bet.stake_settled());
            return bet.hold;
        }
        self.post(Reason::StakeReopened, house, purse, bet.stake_settled());
        if !Bookings::is_pending(bet) {
            let open = Amount(stake.0 - bet.stake_settled().0);
            self.post(Reason::StakeReopened, Account::OpenStakes, purse, open);
        }
        self.stake(bet.terms.fund, stake, Phase::Pending)
    }

    /// Takes an amount from a purse of the player. Free bets that are gone are the house's cost; money that is gone is owed
    /// or written off.
    fn take_back(&mut self, purse: Account, to: Account, reason: Reason, amount: Amount, shortfall: Shortfall) {
        let (lying, missing_reason, bearer) = match (purse, shortfall) {
            (Account::PlayerFreeBets, _) => (self.ledger.free_bets(), Reason::FreeBetGranted, Account::Promotions),
            (_, Shortfall::Owe) => (self.ledger.available(), Reason::DebtRaised, Account::PlayerOwes),
            (_, Shortfall::WriteOff) => (self.ledger.available(), Reason::WrittenOff, Account::WrittenOff),
        };
        let taken = amount.min(lying);
        self.post(reason, purse, to, taken);
        self.post(missing_reason, bearer, to, Amount(amount.0 - taken.0));
    }
}
