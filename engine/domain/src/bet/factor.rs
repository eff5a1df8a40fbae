//! What one unit on a leg returns.

use super::{Deduction, EachWay, Leg, LegOutcome, LegResult, Part};
use crate::odds::Odds;
use crate::ratio::Ratio;

/// What one unit on a leg of this price returns by this outcome, when no withdrawal takes anything off.
pub fn leg_factor(price: Odds, outcome: LegOutcome) -> Ratio {
    factor(Ratio::from(price), outcome, Deduction(0))
}

/// The odds of one part of a leg at a price: the place part pays a share of the winnings.
pub(super) fn part_odds(price: Odds, part: Part, each_way: Option<EachWay>) -> Ratio {
    let odds = Ratio::from(price);
    match (part, each_way) {
        (Part::Place, Some(terms)) => with_share(&odds, terms.num.into(), terms.den.into()),
        _ => odds,
    }
}

/// The odds after a deduction from the winnings.
pub(super) fn less(odds: Ratio, deduction: Deduction) -> Ratio {
    match deduction.0 {
        0 => odds,
        pence => with_share(&odds, 100u64.saturating_sub(pence.into()), 100),
    }
}

/// The odds when only this share of the winnings is paid. The lower part is at least 1.
fn with_share(odds: &Ratio, num: u64, den: u64) -> Ratio {
    Ratio::ONE.plus(&odds.above_one().times(&Ratio::new(num, den.max(1))))
}

fn factor(odds: Ratio, outcome: LegOutcome, deduction: Deduction) -> Ratio {
    match outcome {
        LegOutcome::Won { dead_heat: None } => less(odds, deduction),
        LegOutcome::Won { dead_heat: Some(tie) } => {
            less(odds, deduction).times(&Ratio::new(tie.places().into(), tie.runners().into()))
        }
        LegOutcome::Lost => Ratio::ZERO,
        LegOutcome::Void => Ratio::ONE,
        LegOutcome::HalfWon => Ratio::ONE.plus(&less(odds, deduction)).times(&Ratio::new(1, 2)),
        LegOutcome::HalfLost => Ratio::new(1, 2),
    }
}

impl LegResult {
    /// What became of one part of a leg; `None` while it is not known.
    pub fn outcome_of(&self, part: Part) -> Option<LegOutcome> {
        match part {
            Part::Win => self.outcome,
            Part::Place => self.place,
        }
    }
}

impl Leg {
    /// What one unit on a part of this leg returns by its result, exactly; `None` while that is not known. The place part
    /// of a leg without place terms is paid as the win part is.
    pub fn factor(&self, part: Part, result: &LegResult) -> Option<Ratio> {
        let outcome = result.outcome_of(part)?;
        let price = result.corrected.unwrap_or(self.price);
        Some(factor(part_odds(price, part, self.each_way), outcome, result.deduction))
    }
}
