//! Which combinations of its legs a bet stakes.

use serde::{Deserialize, Serialize};

/// The sizes of the combinations: bit k stands for every combination of k of the legs that are no bankers, each together
/// with all bankers. A single is size 1 of one leg, an accumulator size n of n legs, a Trixie sizes 2 and 3 of three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Combinations(u64);

impl Combinations {
    /// Most legs that combinations can be of.
    pub const MAX_LEGS: usize = 63;

    /// All legs together: a single for one leg, an accumulator for more. `legs` is 1 to 63.
    pub fn all_of(legs: usize) -> Combinations {
        assert!(
            (1..=Combinations::MAX_LEGS).contains(&legs),
            "{legs} legs make no combination"
        );
        Combinations(1 << legs)
    }

    /// The combinations of these sizes, each 0 to 63.
    pub fn of_sizes(sizes: &[usize]) -> Combinations {
        assert!(
            sizes.iter().all(|size| *size <= Combinations::MAX_LEGS),
            "sizes {sizes:?} go beyond 63"
        );
        Combinations(sizes.iter().fold(0, |mask, size| mask | 1 << size))
    }

    /// Whether the combinations of this size are staked.
    pub fn has_size(self, size: usize) -> bool {
        size <= Combinations::MAX_LEGS && self.0 >> size & 1 == 1
    }

    /// Whether combinations of a size from `low` to `high`, at most 63, are staked.
    pub(crate) fn has_between(self, low: usize, high: usize) -> bool {
        low <= high && high <= Combinations::MAX_LEGS && (self.0 >> low) << low & (u64::MAX >> (63 - high)) != 0
    }

    /// The largest staked size above 0 and up to `high`, which is at most 63.
    pub(crate) fn largest_up_to(self, high: usize) -> Option<usize> {
        let within = self.0 & !1 & (u64::MAX >> (63 - high));
        within.checked_ilog2().map(|size| size as usize)
    }

    /// The staked sizes, rising.
    pub fn sizes(self) -> impl Iterator<Item = usize> {
        (0..=Combinations::MAX_LEGS).filter(move |size| self.has_size(*size))
    }

    /// How many combinations there are of `legs` legs, bankers not counted among them; `u64::MAX` when there are more than
    /// that.
    pub fn count(self, legs: usize) -> u64 {
        if legs <= Combinations::MAX_LEGS && self.0 == 1 << legs {
            return 1;
        }
        let (mut of_size, mut sum) = (1u128, 0u128);
        for size in 0..=legs.min(Combinations::MAX_LEGS) {
            if self.has_size(size) {
                sum = sum.saturating_add(of_size);
            }
            of_size = of_size.saturating_mul((legs - size) as u128) / (size as u128 + 1);
        }
        u64::try_from(sum).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects the odds of the longest line: its size is the largest that is staked and possible.
    #[test]
    fn the_largest_size_is_found() {
        for (sizes, high, largest) in [
            (&[1][..], 1, Some(1)),
            (&[2, 3], 3, Some(3)),
            (&[2, 5], 4, Some(2)),
            (&[0, 4], 3, None),
            (&[1], 0, None),
            (&[1, 63], 63, Some(63)),
            (&[], 63, None),
        ] {
            assert_eq!(
                Combinations::of_sizes(sizes).largest_up_to(high),
                largest,
                "{sizes:?} up to {high}"
            );
        }
    }
}
