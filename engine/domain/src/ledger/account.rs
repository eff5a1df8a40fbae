//! What an account holds.

use serde::{Deserialize, Serialize};

use super::chart::{Account, Side};

/// Running totals of one account in minor units. Posted totals only ever grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// All that was debited.
    pub debits_posted: i64,
    /// All that was credited.
    pub credits_posted: i64,
    /// Debits that are held and neither posted nor voided.
    pub debits_pending: i64,
    /// Credits that are held and neither posted nor voided.
    pub credits_pending: i64,
}

impl Totals {
    /// The posted balance on the account's own side.
    pub fn balance(&self, account: Account) -> i64 {
        match account.side() {
            Side::Debit => self.debits_posted - self.credits_posted,
            Side::Credit => self.credits_posted - self.debits_posted,
        }
    }
}
