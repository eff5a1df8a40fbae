//! How likely the selections of a market come in, by its prices with the margin taken out.

use num_bigint::BigUint;
use num_traits::{ToPrimitive, Zero};

use super::Chance;
use crate::odds::Odds;

/// Most that the prices of a market can make of a chance, in millionths: nothing is certain before its result.
const MOST: u64 = Chance::ONE as u64 - 1;

impl Chance {
    /// Whole or not at all.
    pub fn of_winning(won: u32) -> Chance {
        Chance {
            won,
            half_won: 0,
            void: 0,
            half_lost: 0,
        }
    }

    /// Whether its parts are no more than certainty together.
    pub fn is_possible(&self) -> bool {
        let parts = [self.won, self.half_won, self.void, self.half_lost];
        parts.into_iter().map(u64::from).sum::<u64>() <= Chance::ONE.into()
    }
}

/// The chances of the selections of a market, in their order, by the price of each and whether it is withdrawn.
///
/// A price of o stands for 1/o; what these come to beyond the number of winners is the margin, which each bears in
/// proportion. Where several win, a long favourite may come out above certainty: it is held just below that and the others
/// share what is left, in proportion. All are rounded to millionths so that they come to exactly one million for each
/// winner: down, and the largest remainders up.
///
/// A selection that is withdrawn is left out and has none. None has any where one that is not withdrawn has no price,
/// where the source does not tell the number of winners (0), and where no more selections are left than win: such prices
/// do not say who loses.
pub fn chances_by_price(selections: &[(Option<Odds>, bool)], winners: u16) -> Vec<Option<Chance>> {
    let left: Option<Vec<Odds>> = selections
        .iter()
        .filter(|(_, removed)| !removed)
        .map(|(price, _)| *price)
        .collect();
    let told = left.filter(|left| winners > 0 && left.len() > usize::from(winners));
    let Some(left) = told else {
        return vec![None; selections.len()];
    };
    let mut shares = in_proportion(&weights(&left), winners).into_iter();
    let chance = |(_, removed): &(Option<Odds>, bool)| {
        let share = if *removed { None } else { shares.next() };
        share.map(|share| Chance::of_winning(share as u32))
    };
    selections.iter().map(chance).collect()
}

/// Whole numbers in proportion to what the prices stand for: each 1/o times the least common multiple of the upper parts.
fn weights(prices: &[Odds]) -> Vec<BigUint> {
    let multiple = prices.iter().fold(BigUint::from(1u8), |multiple, price| {
        let rest = (&multiple % price.num()).to_u32().unwrap_or(0);
        multiple * (price.num() / gcd(price.num(), rest))
    });
    let weight = |price: &Odds| &multiple / price.num() * price.den();
    prices.iter().map(weight).collect()
}

/// Splits one million for each winner by these weights, none above [`MOST`].
fn in_proportion(weights: &[BigUint], winners: u16) -> Vec<u64> {
    let mut shares = vec![MOST; weights.len()];
    let mut free: Vec<usize> = (0..weights.len()).collect();
    let all = u64::from(winners) * u64::from(Chance::ONE);
    loop {
        // Of n that are held below certainty no more than n winners come, so that something is left for the others.
        let rest = all - MOST * (weights.len() - free.len()) as u64;
        let sum = free.iter().fold(BigUint::zero(), |sum, at| sum + &weights[*at]);
        let before = free.len();
        free.retain(|at| &weights[*at] * rest <= &sum * MOST);
        if free.len() == before {
            round(weights, &free, rest, &sum, &mut shares);
            return shares;
        }
    }
}

/// Gives each its share of the rest, rounded so that they come to exactly that.
fn round(weights: &[BigUint], free: &[usize], rest: u64, sum: &BigUint, shares: &mut [u64]) {
    let mut remainders = Vec::with_capacity(free.len());
    let mut over = rest;
    for at in free {
        let product = &weights[*at] * rest;
        let whole = (&product / sum).to_u64().expect("no share is above the rest");
        (shares[*at], over) = (whole, over - whole);
        remainders.push((product % sum, *at));
    }
    // Equal remainders keep the order of the selections: the sort is stable.
    remainders.sort_by(|left, right| right.0.cmp(&left.0));
    for (_, at) in remainders.into_iter().take(over as usize) {
        shares[at] += 1;
    }
}

fn gcd(mut a: u32, mut b: u32) -> u32 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
