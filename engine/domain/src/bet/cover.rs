//! Sums over all combinations of legs, over one common denominator and so without fractions on the way.

use std::ops::{AddAssign, Mul, SubAssign};

use num_bigint::BigUint;

use super::Combinations;
use crate::ratio::Ratio;

/// What of each line is summed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Take {
    /// All that it returns.
    Return,
    /// What it returns above its stake.
    Winnings,
}

/// The sum over all staked combinations of the free legs, each times the bankers, of what a line of that product gives.
/// Legs that lost are left out by the caller: their lines give nothing.
pub(super) fn sum(take: Take, bankers: Ratio, free: &[Ratio], combinations: Combinations) -> Ratio {
    let small: Option<Vec<(u128, u128)>> = free.iter().map(Ratio::small_parts).collect();
    if let Some((bankers, free)) = bankers.small_parts().zip(small) {
        // Every sum below is at most that over all combinations of all sizes.
        let bound = free
            .iter()
            .chain([&bankers])
            .try_fold(1u128, |bound, (num, den)| bound.checked_mul(num.checked_add(*den)?));
        if bound.is_some() {
            let (num, den) = Sum::new(1, 0, bankers, free, combinations).over(take);
            return Ratio::from_small(num, den);
        }
    }
    let free = free.iter().map(Ratio::parts).collect();
    let (one, zero) = (BigUint::from(1u8), BigUint::ZERO);
    let (num, den) = Sum::new(one, zero, bankers.parts(), free, combinations).over(take);
    Ratio::from_big(num, den)
}

/// Fractions as pairs of upper and lower part.
struct Sum<T> {
    one: T,
    zero: T,
    bankers: (T, T),
    free: Vec<(T, T)>,
    combinations: Combinations,
}

impl<T> Sum<T>
where
    T: Clone + Ord + for<'a> AddAssign<&'a T> + for<'a> SubAssign<&'a T>,
    for<'a> &'a T: Mul<&'a T, Output = T>,
{
    fn new(one: T, zero: T, bankers: (T, T), free: Vec<(T, T)>, combinations: Combinations) -> Sum<T> {
        Sum {
            one,
            zero,
            bankers,
            free,
            combinations,
        }
    }

    fn over(&self, take: Take) -> (T, T) {
        let lower = self
            .free
            .iter()
            .fold(self.bankers.1.clone(), |lower, (_, den)| &lower * den);
        let upper = match take {
            Take::Return => &self.returns() * &self.bankers.0,
            Take::Winnings => {
                let mut sum = self.zero.clone();
                self.winnings(0, 0, &self.bankers.0, &lower, &mut sum);
                sum
            }
        };
        (upper, lower)
    }

    /// Elementary symmetric polynomials: the coefficients of the product of all `den + num x`.
    fn returns(&self) -> T {
        let mut of_size = vec![self.zero.clone(); self.free.len() + 1];
        of_size[0] = self.one.clone();
        for (seen, (num, den)) in self.free.iter().enumerate() {
            for size in (0..=seen + 1).rev() {
                let mut with = &of_size[size] * den;
                if size > 0 {
                    with += &(&of_size[size - 1] * num);
                }
                of_size[size] = with;
            }
        }
        let mut sum = self.zero.clone();
        for (size, coefficient) in of_size.iter().enumerate() {
            if self.combinations.has_size(size) {
                sum += coefficient;
            }
        }
        sum
    }

    /// Line by line, since a line that loses takes nothing from the others.
    fn winnings(&self, at: usize, size: usize, line: &T, lower: &T, sum: &mut T) {
        let left = self.free.len() - at;
        if !self.combinations.has_between(size, size + left) {
            return;
        }
        if left == 0 {
            if line > lower {
                *sum += line;
                *sum -= lower;
            }
            return;
        }
        let (num, den) = &self.free[at];
        self.winnings(at + 1, size + 1, &(line * num), lower, sum);
        self.winnings(at + 1, size, &(line * den), lower, sum);
    }
}
