//! Whether a slip is one at all: what can be said without markets and money.

use super::reasons::{Check, Reasons};
use crate::bet::Combinations;
use crate::player::{AskedBet, Rejection, Slip};
use crate::rules::Rules;

/// A bet whose parts go together.
pub(super) struct Shape {
    /// The bet's place on the slip, from 0.
    pub(super) bet: u8,
    /// Its legs as selections of the slip.
    pub(super) legs: Vec<u8>,
    /// Bankers as legs of the bet.
    pub(super) bankers: u64,
    /// Lines, each-way counted twice; within the rules.
    pub(super) lines: u32,
    /// Most legs of a line that are no bankers.
    pub(super) largest: usize,
}

impl Shape {
    fn is_banker(&self, leg: usize) -> bool {
        self.bankers >> leg & 1 == 1
    }

    /// Whether these two legs are ever in one line.
    pub(super) fn meet(&self, leg: usize, other: usize) -> bool {
        self.is_banker(leg) || self.is_banker(other) || self.largest >= 2
    }

    /// The legs of the line that has most, by what the free ones are worth: all bankers, and of the others the first by
    /// this order.
    pub(super) fn longest_line<K: Ord>(&self, worth: impl Fn(usize) -> K) -> Vec<usize> {
        let (bankers, mut free): (Vec<usize>, Vec<usize>) = (0..self.legs.len()).partition(|leg| self.is_banker(*leg));
        free.sort_by_key(|leg| std::cmp::Reverse(worth(*leg)));
        bankers.into_iter().chain(free.into_iter().take(self.largest)).collect()
    }
}

/// The shape of each bet, `None` where it has none. A list of selections or bets that is empty or too long is refused at
/// once: nothing of it is looked at.
pub(super) fn check(slip: &Slip, rules: &Rules, reasons: &mut Reasons) -> Result<Vec<Option<Shape>>, Rejection> {
    if slip.selections.is_empty() {
        return Err(Rejection::NoLegs);
    }
    if slip.selections.len() > usize::from(rules.max_legs).min(Combinations::MAX_LEGS) {
        return Err(Rejection::TooManyLegs { max: rules.max_legs });
    }
    if slip.bets.is_empty() {
        return Err(Rejection::NoBets);
    }
    if slip.bets.len() > usize::from(rules.max_bets).min(usize::from(u8::MAX)) {
        return Err(Rejection::TooManyBets { max: rules.max_bets });
    }
    let used = slip.bets.iter().fold(0, |used, bet| used | bet.legs);
    for (leg, asked) in slip.selections.iter().enumerate() {
        let same = |earlier: &&crate::player::AskedLeg| earlier.selection == asked.selection;
        if let Some(other) = slip.selections[..leg].iter().position(|earlier| same(&earlier)) {
            let (leg, other) = (leg as u8, other as u8);
            reasons.slip(Check::Shape, Rejection::SelectionTwice { leg, other });
        }
        if used >> leg & 1 == 0 {
            reasons.slip(Check::Shape, Rejection::SelectionUnused { leg: leg as u8 });
        }
    }
    let shape = |(no, bet)| match of_bet(no as u8, bet, slip.selections.len(), rules) {
        Ok(shape) => Some(shape),
        Err(rejection) => {
            reasons.bet(Check::Shape, no as u8, rejection);
            None
        }
    };
    Ok(slip.bets.iter().enumerate().map(shape).collect())
}

fn of_bet(no: u8, bet: &AskedBet, selections: usize, rules: &Rules) -> Result<Shape, Rejection> {
    let legs: Vec<u8> = (0..selections as u8).filter(|leg| bet.legs >> leg & 1 == 1).collect();
    let beyond = bet.legs >> selections != 0 || bet.bankers & !bet.legs != 0;
    let free = legs.len().saturating_sub(bet.bankers.count_ones() as usize);
    let sizes = bet.combinations;
    let outside = sizes.has_size(0) || sizes.has_between(free + 1, Combinations::MAX_LEGS);
    let largest = match sizes.largest_up_to(free) {
        Some(largest) if !beyond && !outside => largest,
        _ => return Err(Rejection::BadCombinations),
    };
    let lines = bet.combinations.count(free);
    let lines = lines.saturating_mul(if bet.each_way { 2 } else { 1 });
    if lines > rules.max_lines.into() {
        return Err(Rejection::TooManyLines { max: rules.max_lines });
    }
    let is_banker = |(_, leg): &(usize, &u8)| bet.bankers >> **leg & 1 == 1;
    let bankers = legs.iter().enumerate().filter(is_banker);
    Ok(Shape {
        bet: no,
        bankers: bankers.fold(0, |mask, (leg, _)| mask | 1 << leg),
        legs,
        lines: lines as u32,
        largest,
    })
}
