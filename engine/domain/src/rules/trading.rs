//! How bets are taken and bought back.

use serde::{Deserialize, Serialize};

use super::{RuleError, Rules, within};

/// Two market types of one event whose selections may be in one line: the operator says that they do not depend on each
/// other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Related {
    /// One market type, such as `MATCH_ODDS`.
    pub market: Box<str>,
    /// The other; it may be the same.
    pub with: Box<str>,
}

/// Before or during the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Not begun.
    PreMatch,
    /// Going on.
    InPlay,
}

/// Seconds between placing and acceptance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DelayRule {
    /// The sport, as the fixture has it; empty for every sport.
    #[serde(default)]
    pub sport: Box<str>,
    /// The phase.
    pub phase: Phase,
    /// Seconds, 0 to 60.
    pub seconds: u16,
}

/// When a trader is asked instead of refusing a bet that is too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReferralRules {
    /// Seconds that a trader has, 0 to 600; 0 asks none.
    pub seconds: u16,
    /// Percent of the stake that is allowed without asking up to which a trader is asked, 101 to 100,000; above it the
    /// bet is refused at once.
    pub up_to_percent: u32,
}

impl Default for ReferralRules {
    fn default() -> ReferralRules {
        ReferralRules {
            seconds: 0,
            up_to_percent: 1_000,
        }
    }
}

/// How open bets are bought back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CashOutRules {
    /// Whether it is offered at all.
    pub offered: bool,
    /// Percent of the fair value that the house keeps, 0 to 50.
    pub margin_percent: u16,
    /// Seconds for which a price that a player asked for is kept, 1 to 60.
    pub lock_s: u16,
}

impl Default for CashOutRules {
    fn default() -> CashOutRules {
        CashOutRules {
            offered: true,
            margin_percent: 5,
            lock_s: 5,
        }
    }
}

pub(super) fn validate(rules: &Rules) -> Result<(), RuleError> {
    for (at, delay) in rules.delays.iter().enumerate() {
        within(format!("delays[{at}].seconds"), delay.seconds, 0, 60)?;
    }
    within("referral.seconds", rules.referral.seconds, 0, 600)?;
    within("referral.up_to_percent", rules.referral.up_to_percent, 101, 100_000)?;
    within("cash_out.margin_percent", rules.cash_out.margin_percent, 0, 50)?;
    within("cash_out.lock_s", rules.cash_out.lock_s, 1, 60)?;
    Ok(())
}
