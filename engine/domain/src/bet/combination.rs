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

    /// How many combinations there are of `legs` legs, bankers not counted among them.
    pub fn count(self, legs: usize) -> u64 {
        let mut row = vec![0u64; legs + 1];
        row[0] = 1;
        for leg in 1..=legs {
            for size in (1..=leg).rev() {
                row[size] = row[size].saturating_add(row[size - 1]);
            }
        }
        (0..=legs)
            .filter(|size| self.has_size(*size))
            .fold(0u64, |sum, size| sum.saturating_add(row[size]))
    }
}
