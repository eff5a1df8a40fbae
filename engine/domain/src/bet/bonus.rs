//! What the brand adds once every leg is known.

use super::settlement::Settling;
use super::{LegOutcome, Part, Terms};
use crate::ratio::Ratio;
use crate::rules::{LuckyBonus, Rules};

/// A bonus that a bet has earned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bonus {
    /// An accumulator with so many winners.
    Boost { winners: u16, percent: u16 },
    /// The only winner of a full cover: so many percent of its odds in all.
    OneWinner { leg: usize, percent: u16 },
    /// Every selection of a full cover won.
    AllWinners { percent: u16 },
}

impl Terms {
    /// The bonuses of this bet where it is a full cover with singles: Patent, Lucky 15, 31, 63.
    pub(super) fn lucky_bonus<'a>(&self, rules: &'a Rules) -> Option<&'a LuckyBonus> {
        let (legs, sizes) = (self.legs.len(), self.combinations);
        let covered = (3..=6).contains(&legs) && self.bankers == 0 && sizes.sizes().eq(1..=legs);
        let row = || rules.bonuses.iter().find(|row| usize::from(row.selections) == legs);
        covered.then(row).flatten()
    }
}

impl<F: Fn(usize) -> Option<super::LegResult>> Settling<'_, F> {
    /// The bonus that the results of all legs earn.
    pub(super) fn bonus(&self) -> Option<Bonus> {
        let (terms, rules) = (self.terms, self.rules);
        let legs = terms.legs.len();
        if rules.boosts.is_empty() && rules.bonuses.is_empty() || legs < 2 {
            return None;
        }
        let outcome = |leg: usize| self.outcome(leg, Part::Win);
        let count = |which: fn(LegOutcome) -> bool| (0..legs).filter(|leg| outcome(*leg).is_some_and(which)).count();
        let won = |outcome: LegOutcome| matches!(outcome, LegOutcome::Won { .. });
        let lost = count(|outcome| outcome == LegOutcome::Lost);
        if terms.shape().is_accumulator() {
            let counts =
                |leg: &usize| terms.legs[*leg].price >= rules.boost_min_price && outcome(*leg).is_some_and(won);
            let winners = (0..legs).filter(counts).count() as u16;
            let reached = rules.boosts.iter().rev().find(|row| row.legs <= winners && lost == 0);
            return reached.map(|row| Bonus::Boost {
                winners,
                percent: row.percent,
            });
        }
        let row = terms.lucky_bonus(rules)?;
        if count(|outcome| outcome == LegOutcome::WON) == legs && row.all_winners > 0 {
            return Some(Bonus::AllWinners {
                percent: row.all_winners,
            });
        }
        let only = (0..legs).find(|leg| outcome(*leg).is_some_and(won))?;
        let percent = row.one_winner;
        (lost == legs - 1 && percent > 100).then_some(Bonus::OneWinner { leg: only, percent })
    }

    /// What a bonus adds to what one unit on each line returns.
    pub(super) fn worth(&self, bonus: Bonus) -> Ratio {
        let percent = |percent: u16| Ratio::new(percent.into(), 100);
        match bonus {
            Bonus::Boost { percent: more, .. } | Bonus::AllWinners { percent: more } => {
                self.winnings(Part::Win).times(&percent(more))
            }
            Bonus::OneWinner { leg, percent: odds } => {
                let factor = self.factor(leg, Part::Win).unwrap_or(Ratio::ZERO);
                factor.above_one().times(&percent(odds.saturating_sub(100)))
            }
        }
    }
}
