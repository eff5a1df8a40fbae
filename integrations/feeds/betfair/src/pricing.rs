use rust_decimal::Decimal;
use shardbook_replay::Ladder;
use thiserror::Error;

/// Lowest and highest price of the exchange; outside, a level is an error of the source.
pub(crate) const EXCHANGE_PRICES: std::ops::RangeInclusive<Decimal> = Ladder::LOWEST..=Decimal::ONE_THOUSAND;

/// How a bookmaker's price is made from the exchange's.
///
/// `book = 1 + (back - 1) x (1 - margin)`: the margin is taken from the winnings, so that it bears alike on short
/// and long prices. The book price is then snapped down to the ladder, and is never below 1.01.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pricing {
    keep: Decimal,
    ladder: Ladder,
}

/// A margin that leaves no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a margin of {0} basis points is not below 10000: give 500 for 5 %")]
pub struct MarginError(u32);

impl Pricing {
    /// From the margin in basis points of the winnings (0 to 9,999; 500 = 5 %) and a ladder.
    ///
    /// # Errors
    /// Where the margin takes all winnings.
    pub fn new(margin_bp: u32, ladder: Ladder) -> Result<Self, MarginError> {
        if margin_bp >= 10_000 {
            return Err(MarginError(margin_bp));
        }
        Ok(Self {
            keep: Decimal::new(i64::from(10_000 - margin_bp), 4),
            ladder,
        })
    }

    /// The book's price for an exchange price from 1.01 to 1000.
    #[must_use]
    pub fn book(&self, exchange: Decimal) -> Decimal {
        self.ladder
            .snap_down(Decimal::ONE + (exchange - Decimal::ONE) * self.keep)
    }
}

impl Default for Pricing {
    /// A margin of 5 % on the exchange's ladder.
    fn default() -> Self {
        Self {
            keep: Decimal::new(95, 2),
            ladder: Ladder::exchange(),
        }
    }
}
