//! The rules of a brand: data, never code. Each bet keeps the version of the rules that it was taken under and is settled
//! by that version.

mod amounts;
mod bonus;
mod book;
mod each_way;
mod rule_four;
mod trading;

use std::collections::BTreeMap;
use std::fmt::Display;

pub use amounts::{AmountRules, Caps};
pub use bonus::{Boost, LuckyBonus};
pub use book::RuleBook;
pub use each_way::PlaceTerms;
pub use rule_four::{RuleFour, RuleFourStep};
use serde::{Deserialize, Serialize};
pub use trading::{CashOutRules, DelayRule, Phase, ReferralRules, Related};

use crate::bet::{Combinations, EachWay};
use crate::money::Currency;
use crate::odds::Odds;
use crate::ratio::Rounding;

/// Rules of one brand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rules {
    /// Version of these rules; rises with each change of them.
    pub version: u32,
    /// Most selections of a bet and of a slip, 1 to 63. Long slips are lottery tickets whose cost is in settling them.
    pub max_legs: u16,
    /// Most bets of a slip, 1 to 50.
    pub max_bets: u16,
    /// Most lines of a bet, each-way counted twice, 1 to 10,000. Bounds what settling and showing one bet costs.
    pub max_lines: u32,
    /// Highest product of the prices of a line, 2 to 1,000,000,000. Beyond it the maximum payout decides anyway.
    pub max_total_odds: u32,
    /// How a payout becomes whole minor units.
    pub rounding: Rounding,
    /// Hours until a raised or removed limit is in force, at least 24: time to think again.
    pub limit_raise_hours: u16,
    /// Whether bets are settled on results that are not yet confirmed.
    pub settle_unconfirmed: bool,
    /// Whether the decided lines of a bet are paid while others are open.
    pub settle_lines_early: bool,
    /// What becomes of a corrected payout that the player no longer has.
    pub shortfall: Shortfall,
    /// What withdrawals take off winnings.
    pub rule_four: RuleFour,
    /// Place terms of each-way bets.
    pub each_way: Vec<PlaceTerms>,
    /// Accumulator boosts by rising number of winners; the last row that is reached counts.
    pub boosts: Vec<Boost>,
    /// Shortest price of a leg that counts as a winner for a boost.
    #[serde(with = "crate::odds::text")]
    pub boost_min_price: Odds,
    /// Bonuses of Patents and Lucky bets.
    pub bonuses: Vec<LuckyBonus>,
    /// Pairs of market types of one event that may be in one line all the same.
    pub related: Vec<Related>,
    /// How far a price may have fallen that is taken all the same, in hundredths of a percent, 0 to 1,000.
    pub price_tolerance: u16,
    /// Seconds between placing and acceptance by sport and phase; the longest of these and the market's own counts.
    pub delays: Vec<DelayRule>,
    /// When a trader is asked.
    pub referral: ReferralRules,
    /// Seconds for which a lower stake or a new price is offered instead of a refusal, 0 to 300; 0 offers none.
    pub reoffer_s: u16,
    /// How open bets are bought back.
    pub cash_out: CashOutRules,
    /// Amounts by currency; a currency that is not listed takes [`AmountRules::default_for`].
    pub amounts: BTreeMap<Currency, AmountRules>,
}

/// What becomes of a corrected payout that the player no longer has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shortfall {
    /// The player owes it; the next credits pay it.
    #[default]
    Owe,
    /// The house bears it.
    WriteOff,
}

/// A rule that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rule {rule} is {found}, must be {expected}")]
pub struct RuleError {
    /// Name of the rule.
    pub rule: String,
    /// The value given.
    pub found: String,
    /// The values allowed.
    pub expected: String,
}

impl RuleError {
    fn words(rule: impl Into<String>, found: impl Display, expected: &str) -> RuleError {
        RuleError {
            rule: rule.into(),
            found: found.to_string(),
            expected: expected.to_owned(),
        }
    }
}

fn within(rule: impl Into<String>, found: impl Into<i64>, low: i64, high: i64) -> Result<(), RuleError> {
    let found = found.into();
    if (low..=high).contains(&found) {
        return Ok(());
    }
    Err(RuleError::words(rule, found, &format!("{low} to {high}")))
}

impl Default for Rules {
    fn default() -> Rules {
        Rules {
            version: 1,
            max_legs: 20,
            max_bets: 50,
            max_lines: 2_500,
            max_total_odds: 1_000_000,
            rounding: Rounding::HalfUp,
            limit_raise_hours: 24,
            settle_unconfirmed: true,
            settle_lines_early: false,
            shortfall: Shortfall::Owe,
            rule_four: RuleFour::default(),
            each_way: each_way::usual(),
            boosts: Vec::new(),
            boost_min_price: Odds::ratio(6, 5).expect("a price"),
            bonuses: Vec::new(),
            related: Vec::new(),
            price_tolerance: 0,
            delays: Vec::new(),
            referral: ReferralRules::default(),
            reoffer_s: 0,
            cash_out: CashOutRules::default(),
            amounts: BTreeMap::new(),
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

    /// The place terms of a race; `None` for one that is win only.
    pub fn each_way_terms(&self, handicap: bool, runners: u16) -> Option<EachWay> {
        each_way::terms_of(&self.each_way, handicap, runners)
    }

    /// Refuses rules that make no sense, naming the first.
    pub fn validate(&self) -> Result<(), RuleError> {
        within("max_legs", self.max_legs, 1, Combinations::MAX_LEGS as i64)?;
        within("max_bets", self.max_bets, 1, 50)?;
        within("max_lines", self.max_lines, 1, 10_000)?;
        within("max_total_odds", self.max_total_odds, 2, 1_000_000_000)?;
        within("limit_raise_hours", self.limit_raise_hours, 24, 24 * 365)?;
        within("price_tolerance", self.price_tolerance, 0, 1_000)?;
        within("reoffer_s", self.reoffer_s, 0, 300)?;
        self.rule_four.validate()?;
        each_way::validate(&self.each_way)?;
        bonus::validate(&self.boosts, &self.bonuses)?;
        trading::validate(self)?;
        for (currency, rules) in &self.amounts {
            rules.validate(*currency)?;
        }
        Ok(())
    }
}
