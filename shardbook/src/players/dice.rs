//! Seeded chance.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use rust_decimal::Decimal;

/// Seeded decisions: the same seed and stream give the same ones.
#[derive(Clone, Debug)]
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// Dice of `seed`, apart from those of any other `stream`.
    #[must_use]
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self(rng)
    }

    /// A number from 0 to below `bound`; 0 where the bound is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.0.next_u64()) * u128::from(bound);
        u64::try_from(wide >> 64).unwrap_or_default()
    }

    /// True in `share` of 100 throws.
    pub fn percent(&mut self, share: u64) -> bool {
        self.below(100) < share
    }

    /// One of them; `None` where there is none.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        let index = self.below(u64::try_from(of.len()).unwrap_or(u64::MAX));
        of.get(usize::try_from(index).ok()?)
    }

    /// An amount from `low` to `high`, both possible, with `digits` decimals; not below `low` where these allow it.
    pub fn amount(&mut self, low: Decimal, high: Decimal, digits: u32) -> Decimal {
        let scale = Decimal::from(10_u64.pow(digits));
        let minor = |amount: Decimal| u64::try_from((amount * scale).ceil()).unwrap_or(1).max(1);
        let (low, high) = (minor(low), minor(high));
        let chosen = low + self.below(high.saturating_sub(low) + 1);
        Decimal::from_i128_with_scale(i128::from(chosen), digits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two players of one seed differ, and the same player of the same seed does not.
    #[test]
    fn streams_are_apart_and_repeatable() {
        let throws = |seed, stream| {
            let mut dice = Dice::new(seed, stream);
            (0..32).map(|_| dice.below(1_000)).collect::<Vec<_>>()
        };
        assert_eq!(throws(1, 7), throws(1, 7));
        assert_ne!(throws(1, 7), throws(1, 8));
        assert_ne!(throws(1, 7), throws(2, 7));
    }

    /// A stake outside its range or finer than the currency would make every bet a mistake.
    #[test]
    fn amounts_keep_range_and_precision() {
        let mut dice = Dice::new(1, 1);
        for digits in [0, 2, 3] {
            for _ in 0..500 {
                let amount = dice.amount(Decimal::ONE, Decimal::TEN, digits);
                assert!(
                    amount >= Decimal::ONE && amount <= Decimal::TEN && amount.scale() == digits,
                    "{amount}"
                );
            }
        }
        assert_eq!(dice.amount(Decimal::new(1, 2), Decimal::new(1, 2), 0), Decimal::ONE);
    }
}
