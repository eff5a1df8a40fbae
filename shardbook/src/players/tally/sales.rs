use std::collections::BTreeMap;
use std::sync::PoisonError;

use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use super::{Tally, add};

/// Sales of open bets in one currency.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Sales {
    /// How many.
    pub count: u64,
    /// Of them, of all that was open of the bet.
    pub whole: u64,
    /// Stakes sold, in units of the currency.
    #[serde(serialize_with = "text")]
    pub stakes: Decimal,
    /// What was paid for them.
    #[serde(serialize_with = "text")]
    pub paid: Decimal,
}

/// Amounts are decimal strings, as on the wire.
fn text<S: Serializer>(amount: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(amount)
}

impl Tally {
    /// Counts a sale of stake for what was paid.
    pub fn sold(&self, currency: &str, whole: bool, stake: Decimal, paid: Decimal) {
        let mut sales = self.sales.lock().unwrap_or_else(PoisonError::into_inner);
        let sales = sales.entry(currency.to_string()).or_default();
        sales.count += 1;
        sales.whole += u64::from(whole);
        sales.stakes += stake;
        sales.paid += paid;
    }

    /// Counts a sale that was refused.
    pub fn sale_refused(&self, code: &str) {
        add(&self.sales_refused, code);
    }

    pub(super) fn sales(&self) -> BTreeMap<String, Sales> {
        self.sales.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
