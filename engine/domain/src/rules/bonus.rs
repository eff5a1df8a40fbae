//! What a brand adds to the returns of accumulators and full-cover bets.

use serde::{Deserialize, Serialize};

use super::{RuleError, within};

/// An accumulator boost: a percentage added to the winnings of an accumulator by its number of winners.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Boost {
    /// Fewest winning legs, 2 to 63; a void leg is no winner.
    pub legs: u16,
    /// Percent of the winnings, 1 to 1,000.
    pub percent: u16,
}

/// Bonuses of a full-cover bet that has singles: Patent, Lucky 15, Lucky 31, Lucky 63.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LuckyBonus {
    /// Selections of the bet that it is for, 3 to 6.
    pub selections: u8,
    /// How often the fractional odds of the only winner count when all others lost, in percent, 100 to 1,000: 200 is
    /// double the odds. 100 is no bonus.
    pub one_winner: u16,
    /// Percent added to the winnings when every selection won, 0 to 1,000. A void leg takes both bonuses away.
    pub all_winners: u16,
}

pub(super) fn validate(boosts: &[Boost], bonuses: &[LuckyBonus]) -> Result<(), RuleError> {
    for (at, boost) in boosts.iter().enumerate() {
        within(format!("boosts[{at}].legs"), boost.legs, 2, 63)?;
        within(format!("boosts[{at}].percent"), boost.percent, 1, 1_000)?;
        if at > 0 && boosts[at - 1].legs >= boost.legs {
            let name = format!("boosts[{at}].legs");
            return Err(RuleError::words(name, boost.legs, "above those of the row before"));
        }
    }
    for (at, bonus) in bonuses.iter().enumerate() {
        within(format!("bonuses[{at}].selections"), bonus.selections, 3, 6)?;
        within(format!("bonuses[{at}].one_winner"), bonus.one_winner, 100, 1_000)?;
        within(format!("bonuses[{at}].all_winners"), bonus.all_winners, 0, 1_000)?;
        if bonuses[..at].iter().any(|other| other.selections == bonus.selections) {
            let name = format!("bonuses[{at}].selections");
            return Err(RuleError::words(name, bonus.selections, "of no row before"));
        }
    }
    Ok(())
}
