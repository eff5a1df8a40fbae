//! The bookings of a decision, tried on a copy of the ledger so that each sees those before it.

use crate::bet::{Bet, BetStatus, Settled};
use crate::ledger::{Account, Ledger, Phase, Reason, Transfer, TransferNo};
use crate::money::Amount;

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
    fn pay_debt(&mut self) {
        let amount = self.ledger.owed().min(self.ledger.available());
        self.post(Reason::DebtPaid, Account::PlayerAvailable, Account::PlayerOwes, amount);
    }

    fn stake(&mut self, amount: Amount, phase: Phase) -> TransferNo {
        let no = self.ledger.next_no();
        self.book(
            Reason::Stake,
            Account::PlayerAvailable,
            Account::OpenStakes,
            amount,
            phase,
        );
        no
    }

    pub(super) fn settle(&mut self, bet: &Bet, settled: Settled) {
        let stake = bet.terms.stake;
        if settled.status == BetStatus::Void {
            self.stake(stake, Phase::VoidPending(bet.hold));
        } else {
            self.stake(stake, Phase::PostPending(bet.hold));
            self.post(Reason::StakeSettled, Account::OpenStakes, Account::BettingResult, stake);
            self.post(
                Reason::Payout,
                Account::BettingResult,
                Account::PlayerAvailable,
                settled.returned,
            );
        }
        self.pay_debt();
    }

    /// Takes a settlement back and gives the number of the new hold. The player is left with nothing available before
    /// anything is owed.
    pub(super) fn reopen(&mut self, bet: &Bet) -> TransferNo {
        let stake = bet.terms.stake;
        let available = self.ledger.available();
        if bet.status == BetStatus::Void {
            let missing = Amount((stake.0 - available.0).max(0));
            self.post(
                Reason::DebtRaised,
                Account::PlayerOwes,
                Account::PlayerAvailable,
                missing,
            );
        } else {
            let taken = bet.returned.min(available);
            let missing = Amount(bet.returned.0 - taken.0);
            self.post(
                Reason::PayoutReversed,
                Account::PlayerAvailable,
                Account::BettingResult,
                taken,
            );
            self.post(Reason::DebtRaised, Account::PlayerOwes, Account::BettingResult, missing);
            self.post(
                Reason::StakeReopened,
                Account::BettingResult,
                Account::PlayerAvailable,
                stake,
            );
        }
        self.stake(stake, Phase::Pending)
    }
}
