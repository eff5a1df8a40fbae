//! The rules of a brand: data, never code. Each bet keeps the version of the rules that it was taken under.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::bet::Combinations;
use crate::money::{Amount, Currency, MAX_MINOR};
use crate::ratio::Rounding;

/// Rules of one brand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rules {
    /// Version of these rules; rises with each change of them.
    pub version: u32,
    /// Most legs of an accumulator, 1 to 63. Long slips are lottery tickets whose cost is in settling them.
    pub max_legs: u16,
    /// Highest product of all prices of a bet, 2 to 1,000,000,000. Beyond it the maximum payout decides anyway.
    pub max_total_odds: u32,
    /// How a payout becomes whole minor units.
    pub rounding: Rounding,
    /// Hours until a raised or removed limit is in force, at least 24: time to think again.
    pub limit_raise_hours: u16,
    /// Amounts by currency; a currency that is not listed takes [`AmountRules::default_for`].
    pub amounts: BTreeMap<Currency, AmountRules>,
}

/// Bounds in minor units of one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AmountRules {
    /// Smallest stake of a bet, at least 1.
    pub min_stake: Amount,
    /// Largest stake of a bet.
    pub max_stake: Amount,
    /// Most that a bet may return: what the house can lose on one ticket.
    pub max_payout: Amount,
    /// Smallest deposit, at least 1.
    pub min_deposit: Amount,
    /// Largest deposit.
    pub max_deposit: Amount,
}

/// A rule that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rule {rule} is {found}, must be {expected}")]
pub struct RuleError {
    /// Name of the rule.
    pub rule: String,
    /// The value given.
    pub found: i64,
    /// The values allowed.
    pub expected: String,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules {
            version: 1,
            max_legs: 20,
            max_total_odds: 1_000_000,
            rounding: Rounding::HalfUp,
            limit_raise_hours: 24,
            amounts: BTreeMap::new(),
        }
    }
}

impl AmountRules {
    /// In units of the currency: stakes of 0.10 to 10,000, payouts to 500,000, deposits of 1 to 100,000.
    pub fn default_for(currency: Currency) -> AmountRules {
        let unit = 10i64.pow(currency.decimals().into());
        AmountRules {
            min_stake: Amount((unit / 10).max(1)),
            max_stake: Amount(10_000 * unit),
            max_payout: Amount(500_000 * unit),
            min_deposit: Amount(unit),
            max_deposit: Amount(100_000 * unit),
        }
    }
}

impl Rules {
    /// The bounds for a currency.
    pub fn amounts(&self, currency: Currency) -> AmountRules {
        self.amounts
            .get(&currency)
            .copied()
            .unwrap_or_else(|| AmountRules::default_for(currency))
    }

    /// Refuses rules that make no sense, naming the first.
    pub fn validate(&self) -> Result<(), RuleError> {
        let within = |rule: String, found: i64, low: i64, high: i64| {
            let expected = format!("{low} to {high}");
            if (low..=high).contains(&found) {
                Ok(())
            } else {
                Err(RuleError { rule, found, expected })
            }
        };
        within(
            "max_legs".to_owned(),
            self.max_legs.into(),
            1,
            Combinations::MAX_LEGS as i64,
        )?;
        within(
            "max_total_odds".to_owned(),
            self.max_total_odds.into(),
            2,
            1_000_000_000,
        )?;
        within(
            "limit_raise_hours".to_owned(),
            self.limit_raise_hours.into(),
            24,
            24 * 365,
        )?;
        for (currency, rules) in &self.amounts {
            let name = |rule: &str| format!("amounts.{currency}.{rule}");
            // A payout far below 64 bits leaves room for hundreds of thousands of them in one wallet.
            within(name("max_payout"), rules.max_payout.0, 1, MAX_MINOR / 100)?;
            within(name("max_stake"), rules.max_stake.0, 1, rules.max_payout.0)?;
            within(name("min_stake"), rules.min_stake.0, 1, rules.max_stake.0)?;
            within(name("max_deposit"), rules.max_deposit.0, 1, MAX_MINOR)?;
            within(name("min_deposit"), rules.min_deposit.0, 1, rules.max_deposit.0)?;
        }
        Ok(())
    }
}
