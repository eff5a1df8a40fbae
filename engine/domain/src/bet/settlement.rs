//! What a bet returns: exact factors of its legs, rounded once.

use super::{BetStatus, Combinations, LegOutcome, Terms};
use crate::money::Amount;
use crate::odds::Odds;
use crate::ratio::Ratio;

/// How a bet is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Won, lost, void or partly won.
    pub status: BetStatus,
    /// What it returns, stake included, minor units.
    pub returned: Amount,
}

/// What one unit on a leg of this price returns by this outcome.
pub fn leg_factor(price: Odds, outcome: LegOutcome) -> Ratio {
    let odds = Ratio::from(price);
    match outcome {
        LegOutcome::Won { dead_heat: None } => odds,
        LegOutcome::Won { dead_heat: Some(tie) } => odds.times(&Ratio::new(tie.places().into(), tie.runners().into())),
        LegOutcome::Lost => Ratio::ZERO,
        LegOutcome::Void => Ratio::ONE,
        LegOutcome::HalfWon => Ratio::ONE.plus(&odds).times(&Ratio::new(1, 2)),
        LegOutcome::HalfLost => Ratio::new(1, 2),
    }
}

impl Terms {
    /// What the bet returns when every leg wins, capped by its maximum.
    pub fn potential_return(&self) -> Amount {
        self.payout(&self.factor(|leg| Ratio::from(self.legs[leg].price)))
    }

    /// What the bet returns by these outcomes of its legs; `None` while a leg without outcome can still change it. A
    /// bet that can win no more is lost, whatever is still to come.
    pub fn settle(&self, outcome: impl Fn(usize) -> Option<LegOutcome>) -> Option<Settled> {
        let outcomes: Vec<_> = (0..self.legs.len()).map(outcome).collect();
        let factor = self.factor(|leg| match outcomes[leg] {
            Some(outcome) => leg_factor(self.legs[leg].price, outcome),
            None => Ratio::ONE,
        });
        if factor.is_zero() {
            return Some(Settled {
                status: BetStatus::Lost,
                returned: Amount::ZERO,
            });
        }
        let outcomes: Vec<LegOutcome> = outcomes.into_iter().collect::<Option<_>>()?;
        if outcomes.iter().all(|outcome| *outcome == LegOutcome::Void) {
            return Some(Settled {
                status: BetStatus::Void,
                returned: self.stake,
            });
        }
        let whole = outcomes
            .iter()
            .all(|outcome| matches!(*outcome, LegOutcome::WON | LegOutcome::Void));
        let status = if whole { BetStatus::Won } else { BetStatus::PartlyWon };
        Some(Settled {
            status,
            returned: self.payout(&factor),
        })
    }

    /// The largest stake of a unit whose return stays within `max_payout`, by the prices alone.
    pub(crate) fn max_stake(&self, max_payout: Amount) -> Amount {
        let units = self
            .factor(|leg| Ratio::from(self.legs[leg].price))
            .fits_into(max_payout.0);
        Amount(units.unwrap_or(i64::MAX))
    }

    /// What the unit stake, rounded by the bet's rule, comes to before the cap.
    pub(crate) fn uncapped_return(&self) -> Option<Amount> {
        let factor = self.factor(|leg| Ratio::from(self.legs[leg].price));
        factor.of_minor(self.unit_stake.0, self.rounding).map(Amount)
    }

    fn payout(&self, factor: &Ratio) -> Amount {
        let rounded = factor.of_minor(self.unit_stake.0, self.rounding).unwrap_or(i64::MAX);
        // A cap below the stake would turn a win into a loss.
        Amount(rounded.min(self.max_payout.max(self.stake).0))
    }

    /// The sum over all combinations of the products of their legs: the elementary symmetric polynomials of the staked
    /// sizes, times the bankers.
    fn factor(&self, of_leg: impl Fn(usize) -> Ratio) -> Ratio {
        let banker = |leg: usize| leg < 64 && self.bankers >> leg & 1 == 1;
        let legs = self.legs.len();
        let bankers = (0..legs)
            .filter(|leg| banker(*leg))
            .fold(Ratio::ONE, |product, leg| product.times(&of_leg(leg)));
        let free: Vec<Ratio> = (0..legs).filter(|leg| !banker(*leg)).map(of_leg).collect();
        if self.combinations == Combinations::all_of(free.len().max(1)) {
            return free.iter().fold(bankers, |product, leg| product.times(leg));
        }
        let mut sums = vec![Ratio::ZERO; free.len() + 1];
        sums[0] = Ratio::ONE;
        for (seen, leg) in free.iter().enumerate() {
            for size in (1..=seen + 1).rev() {
                sums[size] = sums[size].plus(&sums[size - 1].times(leg));
            }
        }
        let staked = (0..sums.len()).filter(|size| self.combinations.has_size(*size));
        staked
            .fold(Ratio::ZERO, |sum, size| sum.plus(&sums[size]))
            .times(&bankers)
    }

    /// The product of all prices.
    pub fn total_odds(&self) -> Ratio {
        self.legs
            .iter()
            .fold(Ratio::ONE, |product, leg| product.times(&Ratio::from(leg.price)))
    }
}
