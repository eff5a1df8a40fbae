//! The wallet's double-entry ledger: every balance is the sum of its postings.
//!
//! How money moves (debit -> credit):
//! - deposit: cashier funds -> clearing -> available; withdrawal: the way back;
//! - a placed bet: a pending transfer available -> open stakes, so that available falls at once;
//! - a settlement: the hold is posted, open stakes -> betting result by the stake, betting result -> available by the
//!   return; a void bet: the hold is voided;
//! - a cash-out: the hold is posted, open stakes -> betting result by the stake that is bought back, betting result ->
//!   available by what is paid; the rest of the stake stays in open stakes, posted;
//! - a settlement taken back: the same amounts the other way and a new hold. What the player no longer has becomes owed.
//!
//! So open stakes are what is staked on open bets, and the betting result is settled stakes less returns: stakes in =
//! payouts + margin + open can be read off the accounts.

mod account;
mod accounts;
mod chart;
mod transfer;

pub use account::Totals;
use accounts::Accounts;
pub use chart::{Account, Side};
use serde::{Deserialize, Serialize};
pub use transfer::{Phase, Reason, Transfer, TransferNo};

use crate::money::Amount;

/// Largest turnover of an account at which new money is taken: what is open can still be settled above it.
const TURNOVER_BOUND: i64 = i64::MAX / 2;

/// Accounts of one wallet, in one currency.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    last: u64,
    accounts: Accounts,
}

/// A rule of bookkeeping that does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Imbalance {
    /// Posted debits and credits differ.
    #[error("posted debits {debits} differ from posted credits {credits}")]
    Posted {
        /// Sum of all posted debits.
        debits: i128,
        /// Sum of all posted credits.
        credits: i128,
    },
    /// Pending debits and credits differ.
    #[error("pending debits {debits} differ from pending credits {credits}")]
    Pending {
        /// Sum of all pending debits.
        debits: i128,
        /// Sum of all pending credits.
        credits: i128,
    },
    /// The player's available balance is below zero.
    #[error("available balance is {0}, below zero")]
    Overdrawn(i64),
    /// An account that can only be positive is not, or a pending total is below zero.
    #[error("account {0:?} is below zero")]
    Negative(Account),
    /// The clearing account holds money at rest.
    #[error("clearing account holds {0} at rest")]
    Clearing(i64),
}

impl Ledger {
    /// The number that the next transfer gets.
    pub fn next_no(&self) -> TransferNo {
        TransferNo(self.last + 1)
    }

    /// The running totals of an account.
    pub fn totals(&self, account: Account) -> Totals {
        self.accounts.totals(account)
    }

    /// The posted balance of an account, on its own side.
    pub fn balance(&self, account: Account) -> Amount {
        Amount(self.totals(account).balance(account))
    }

    /// What can be staked or withdrawn: posted less what is held.
    pub fn available(&self) -> Amount {
        let totals = self.totals(Account::PlayerAvailable);
        Amount(totals.balance(Account::PlayerAvailable) - totals.debits_pending)
    }

    /// What can be staked as free bets.
    pub fn free_bets(&self) -> Amount {
        let totals = self.totals(Account::PlayerFreeBets);
        Amount(totals.balance(Account::PlayerFreeBets) - totals.debits_pending)
    }

    /// Stakes of open bets and of slips that wait, whatever money they are.
    pub fn held(&self) -> Amount {
        let totals = self.totals(Account::OpenStakes);
        Amount(totals.balance(Account::OpenStakes) + totals.credits_pending)
    }

    /// What the player owes.
    pub fn owed(&self) -> Amount {
        self.balance(Account::PlayerOwes)
    }

    /// Whether this much more can pass through every account and leave room to settle what is open.
    pub fn has_room_for(&self, amount: Amount) -> bool {
        Account::ALL.into_iter().all(|account| {
            let totals = self.totals(account);
            let turnover = totals.debits_posted.max(totals.credits_posted);
            turnover
                .checked_add(amount.0)
                .is_some_and(|turnover| turnover <= TURNOVER_BOUND)
        })
    }

    /// Reads something of each piece of memory that a transfer needs; what it answers means nothing.
    pub fn touch(&self) -> u64 {
        self.accounts.touch()
    }

    /// Books a transfer. The journal holds only transfers that were decided on this ledger; one that cannot be booked
    /// is a bug and panics.
    pub fn post(&mut self, transfer: &Transfer) {
        assert!(
            transfer.no == self.next_no(),
            "transfer {} follows {}",
            transfer.no.0,
            self.last
        );
        let amount = transfer.amount.0;
        assert!(
            amount > 0 && transfer.debit != transfer.credit,
            "transfer {} moves nothing",
            transfer.no.0
        );
        self.last += 1;
        let (posted, pending) = match transfer.phase {
            Phase::Posted => (amount, 0),
            Phase::Pending => (0, amount),
            Phase::PostPending(_) => (amount, -amount),
            Phase::VoidPending(_) => (0, -amount),
        };
        let debit = self.accounts.totals_mut(transfer.debit);
        debit.debits_posted += posted;
        debit.debits_pending += pending;
        let credit = self.accounts.totals_mut(transfer.credit);
        credit.credits_posted += posted;
        credit.credits_pending += pending;
    }

    /// Proves the rules of bookkeeping: debits equal credits, posted and pending; nothing is below zero that may not
    /// be; clearing is at rest.
    pub fn check(&self) -> Result<(), Imbalance> {
        let sum = |part: fn(&Totals) -> i64| {
            let totals = Account::ALL.into_iter().map(|account| self.totals(account));
            totals.map(|totals| i128::from(part(&totals))).sum::<i128>()
        };
        let (debits, credits) = (sum(|totals| totals.debits_posted), sum(|totals| totals.credits_posted));
        if debits != credits {
            return Err(Imbalance::Posted { debits, credits });
        }
        let (debits, credits) = (
            sum(|totals| totals.debits_pending),
            sum(|totals| totals.credits_pending),
        );
        if debits != credits {
            return Err(Imbalance::Pending { debits, credits });
        }
        if self.available() < Amount::ZERO {
            return Err(Imbalance::Overdrawn(self.available().0));
        }
        if self.free_bets() < Amount::ZERO {
            return Err(Imbalance::Negative(Account::PlayerFreeBets));
        }
        for account in Account::ALL {
            let totals = self.totals(account);
            // The house may lose on bets, and the net of all deposits may be below zero after winnings are withdrawn.
            let either = matches!(
                account,
                Account::BettingResult | Account::CashierFunds | Account::CashierClearing
            );
            let balance = totals.balance(account);
            if (balance < 0 && !either) || totals.debits_pending < 0 || totals.credits_pending < 0 {
                return Err(Imbalance::Negative(account));
            }
        }
        match self.balance(Account::CashierClearing).0 {
            0 => Ok(()),
            rest => Err(Imbalance::Clearing(rest)),
        }
    }
}
