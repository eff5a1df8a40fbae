//! What a bet returns: exact factors of its legs, rounded once.

use super::cover::{self, Take};
use super::{BetStatus, Fund, LegOutcome, LegResult, Part, Shape, Terms};
use crate::money::Amount;
use crate::ratio::Ratio;
use crate::rules::Rules;

/// How a bet stands by the results of its legs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Open while a line is undecided.
    pub status: BetStatus,
    /// Stake of the lines that are decided, minor units; what was bought back is in none of these amounts.
    pub stake_settled: Amount,
    /// What the decided lines return in money, rounded once and capped, minor units.
    pub returned: Amount,
    /// What the decided lines give back to the player's free bets, minor units.
    pub refunded: Amount,
}

impl Standing {
    /// Nothing is decided.
    pub const OPEN: Standing = Standing {
        status: BetStatus::Open,
        stake_settled: Amount::ZERO,
        returned: Amount::ZERO,
        refunded: Amount::ZERO,
    };
}

/// Lines by what is known of them, each-way counted twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// All of them.
    pub(super) lines: u64,
    /// Those that wait for a leg and have not lost.
    pub(super) undecided: u64,
    /// Those of which every leg is void.
    pub(super) void: u64,
}

/// A bet with what is known of its legs.
pub(super) struct Settling<'a, F> {
    pub(super) terms: &'a Terms,
    /// The result of a leg.
    pub(super) results: F,
    pub(super) rules: &'a Rules,
}

impl<F: Fn(usize) -> Option<LegResult>> Settling<'_, F> {
    pub(super) fn outcome(&self, leg: usize, part: Part) -> Option<LegOutcome> {
        (self.results)(leg)?.outcome_of(part)
    }

    /// What one unit on a part of a leg returns; `None` while that is not known.
    pub(super) fn factor(&self, leg: usize, part: Part) -> Option<Ratio> {
        self.terms.legs[leg].factor(part, &(self.results)(leg)?)
    }

    /// Whether every leg is known.
    pub(super) fn is_complete(&self) -> bool {
        let known = |part: &Part| (0..self.terms.legs.len()).all(|leg| self.outcome(leg, *part).is_some());
        self.terms.shape().parts().iter().all(known)
    }

    pub(super) fn tally(&self) -> Tally {
        let shape = self.terms.shape();
        let lines = shape.combinations();
        let mut tally = Tally::default();
        for part in shape.parts() {
            // Lines of legs that satisfy a test: none when a banker does not, else the combinations of the others.
            let of = |test: fn(Option<LegOutcome>) -> bool| {
                let passes = |leg: &usize| test(self.outcome(*leg, *part));
                let bankers = (0..shape.legs)
                    .filter(|leg| shape.is_banker(*leg))
                    .all(|leg| passes(&leg));
                let free = (0..shape.legs)
                    .filter(|leg| !shape.is_banker(*leg))
                    .filter(passes)
                    .count();
                if bankers { shape.combinations.count(free) } else { 0 }
            };
            let alive = of(|outcome| outcome != Some(LegOutcome::Lost));
            let known = of(|outcome| outcome.is_some_and(|outcome| outcome != LegOutcome::Lost));
            tally.lines = tally.lines.saturating_add(lines);
            tally.undecided += alive - known;
            tally.void += of(|outcome| outcome == Some(LegOutcome::Void));
        }
        tally
    }

    /// What the decided lines of a part win of one unit each, above what is staked on the winning ones.
    pub(super) fn winnings(&self, part: Part) -> Ratio {
        self.sum(Take::Winnings, part)
    }

    fn sum(&self, take: Take, part: Part) -> Ratio {
        let shape = self.terms.shape();
        if shape.is_accumulator() {
            let factor = |leg| self.factor(leg, part).unwrap_or(Ratio::ZERO);
            let line = Ratio::product((0..shape.legs).map(factor));
            return match take {
                Take::Return => line,
                Take::Winnings => line.above_one(),
            };
        }
        let (mut bankers, mut free) = (Ratio::ONE, Vec::with_capacity(shape.legs));
        for leg in 0..shape.legs {
            match (shape.is_banker(leg), self.factor(leg, part)) {
                (true, Some(factor)) => bankers = bankers.times(&factor),
                (true, None) => return Ratio::ZERO,
                (false, Some(factor)) if !factor.is_zero() => free.push(factor),
                (false, _) => {}
            }
        }
        if bankers.is_zero() {
            return Ratio::ZERO;
        }
        cover::sum(take, bankers, &free, shape.combinations)
    }

    /// What the decided lines return in money of one unit each: a free bet's stake is no part of it.
    pub(super) fn money(&self) -> Ratio {
        let take = match self.terms.fund {
            Fund::Cash => Take::Return,
            Fund::FreeBet => Take::Winnings,
        };
        let parts = self.terms.shape().parts().iter();
        parts
            .map(|part| self.sum(take, *part))
            .reduce(|sum, part| sum.plus(&part))
            .unwrap_or(Ratio::ZERO)
    }

    /// The same with the bonus that is earned once every leg is known.
    pub(super) fn money_with_bonus(&self) -> Ratio {
        let money = self.money();
        match self.is_complete().then(|| self.bonus()).flatten() {
            Some(bonus) => money.plus(&self.worth(bonus)),
            None => money,
        }
    }

    /// How the bet stands when its decided lines return so much of one unit each.
    pub(super) fn standing(&self, money: &Ratio, tally: Tally, cashed: Amount) -> Standing {
        let terms = self.terms;
        let left = Amount(terms.stake.0 - cashed.0);
        if cashed > Amount::ZERO && left <= Amount::ZERO {
            return Standing {
                status: BetStatus::CashedOut,
                ..Standing::OPEN
            };
        }
        let decided = tally.lines - tally.undecided;
        if decided == 0 || (tally.undecided > 0 && !self.rules.settle_lines_early) {
            return Standing::OPEN;
        }
        // Exact while nothing was bought back, since the stake is that of all lines.
        let stake_of = |lines: u64| (i128::from(left.0) * i128::from(lines) / i128::from(tally.lines)) as i64;
        let stake_settled = stake_of(decided);
        let refunded = match terms.fund {
            Fund::Cash => 0,
            Fund::FreeBet if tally.void == 0 => 0,
            Fund::FreeBet => stake_settled - stake_of(decided - tally.void),
        };
        let returned = terms.payout(&terms.of_rest(money, cashed), left);
        Standing {
            status: self.status(tally, returned, refunded),
            stake_settled: Amount(stake_settled),
            returned,
            refunded: Amount(refunded),
        }
    }

    fn status(&self, tally: Tally, returned: Amount, refunded: i64) -> BetStatus {
        if tally.undecided > 0 {
            return BetStatus::Open;
        }
        let all = |test: fn(LegOutcome) -> bool| {
            let passes = |part: &Part| (0..self.terms.legs.len()).all(|leg| self.outcome(leg, *part).is_some_and(test));
            self.terms.shape().parts().iter().all(passes)
        };
        if all(|outcome| outcome == LegOutcome::Void) {
            BetStatus::Void
        } else if returned == Amount::ZERO && refunded == 0 {
            BetStatus::Lost
        } else if all(|outcome| matches!(outcome, LegOutcome::WON | LegOutcome::Void)) {
            BetStatus::Won
        } else {
            BetStatus::PartlyWon
        }
    }
}

/// A result by which a leg wins whole, or loses and is placed.
fn best(won: bool) -> LegResult {
    let outcome = if won { LegOutcome::WON } else { LegOutcome::Lost };
    LegResult {
        place: Some(LegOutcome::WON),
        ..LegResult::plain(1, Some(outcome))
    }
}

impl Terms {
    /// Its shape: which lines it has.
    pub fn shape(&self) -> Shape {
        Shape {
            legs: self.legs.len(),
            bankers: self.bankers,
            combinations: self.combinations,
            each_way: self.is_each_way(),
        }
    }

    /// Whether every combination is staked twice: to win and to be placed.
    pub fn is_each_way(&self) -> bool {
        self.legs.iter().any(|leg| leg.each_way.is_some())
    }

    /// Number of lines, each-way counted twice.
    pub fn lines(&self) -> u64 {
        self.shape().lines()
    }

    /// How the bet stands by these results of its legs, when so much of its stake was bought back, by the rules under
    /// which it was taken. A line is decided when one of its legs lost or all are known; decided lines are paid while others
    /// are open where [`Rules::settle_lines_early`] says so. A bet that can win no more is lost, whatever is still to come.
    pub fn standing(&self, results: &[Option<LegResult>], cashed: Amount, rules: &Rules) -> Standing {
        self.standing_by(|leg| results[leg], cashed, rules)
    }

    /// As [`Terms::standing`], by the result that this gives of each leg, from 0.
    pub(super) fn standing_by(
        &self,
        results: impl Fn(usize) -> Option<LegResult>,
        cashed: Amount,
        rules: &Rules,
    ) -> Standing {
        let settling = Settling {
            terms: self,
            results,
            rules,
        };
        let tally = settling.tally();
        if tally.undecided == tally.lines || (tally.undecided > 0 && !rules.settle_lines_early) {
            // Without a sum: most results leave most bets open.
            return settling.standing(&Ratio::ZERO, tally, cashed);
        }
        settling.standing(&settling.money_with_bonus(), tally, cashed)
    }

    /// What the bet returns at most by these rules, bonuses included, capped by its maximum: when every leg wins or, where
    /// a bonus makes that more, when one alone does.
    pub fn potential_return(&self, rules: &Rules) -> Amount {
        self.payout(&self.best_money(rules), self.stake)
    }

    /// The largest stake of one line whose return stays within `max_payout` by the prices and rules.
    pub fn max_stake(&self, max_payout: Amount, rules: &Rules) -> Amount {
        let units = self.best_money(rules).fits_into(max_payout.0);
        Amount(units.unwrap_or(i64::MAX))
    }

    /// What the bet returns at most, rounded by its rule, before the cap; `None` beyond 64 bits.
    pub fn uncapped_return(&self, rules: &Rules) -> Option<Amount> {
        let money = self.best_money(rules);
        money.of_minor(self.unit_stake.0, self.rounding).map(Amount)
    }

    fn best_money(&self, rules: &Rules) -> Ratio {
        let all = Settling {
            terms: self,
            results: |_| Some(best(true)),
            rules,
        };
        let most = all.money_with_bonus();
        let longest = (0..self.legs.len()).max_by_key(|leg| self.legs[*leg].price);
        match (self.lucky_bonus(rules), longest) {
            (Some(_), Some(longest)) => {
                let one = Settling {
                    terms: self,
                    results: |leg| Some(best(leg == longest)),
                    rules,
                };
                most.max(one.money_with_bonus())
            }
            _ => most,
        }
    }

    /// The share of a factor that is left when so much of the stake was bought back.
    pub(super) fn of_rest(&self, factor: &Ratio, cashed: Amount) -> Ratio {
        let (left, stake) = (self.stake.0.saturating_sub(cashed.0), self.stake.0);
        match (u64::try_from(left), u64::try_from(stake)) {
            (Ok(left), Ok(stake)) if stake > 0 && left != stake => factor.times(&Ratio::new(left, stake)),
            _ => factor.clone(),
        }
    }

    /// What a factor of the unit stake comes to, rounded once and capped.
    pub(super) fn payout(&self, factor: &Ratio, stake: Amount) -> Amount {
        let rounded = factor.of_minor(self.unit_stake.0, self.rounding).unwrap_or(i64::MAX);
        Amount(rounded.min(self.most(stake).0))
    }

    /// The most that so much of its stake returns.
    pub(super) fn most(&self, stake: Amount) -> Amount {
        // A cap below the stake would turn a win into a loss.
        self.max_payout.max(stake)
    }

    /// The product of all prices.
    pub fn total_odds(&self) -> Ratio {
        Ratio::product(self.legs.iter().map(|leg| Ratio::from(leg.price)))
    }
}
