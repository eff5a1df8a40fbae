use std::str::FromStr;

use rust_decimal::Decimal;
use thiserror::Error;

/// Prices a line may have: bands of equal steps, each from the end of the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ladder {
    bands: Vec<Band>,
}

/// One band of a ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    /// Highest price of the band, decimal odds, inclusive.
    pub upto: Decimal,
    /// Distance of two prices in it.
    pub step: Decimal,
}

/// A ladder that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LadderError {
    /// Text that is not pairs of prices.
    #[error("{0:?} is not a price ladder: write bands as UPTO:STEP by rising price, such as 2:0.01,3:0.02,100:1")]
    Text(String),
    /// No band at all.
    #[error("a price ladder needs at least one band: give (upto, step) pairs such as (2, 0.01)")]
    Empty,
    /// A band does not end above the one before (the first begins at 1).
    #[error("ladder band up to {upto} does not end above {previous}: list the bands by rising price")]
    NotRising {
        /// Where the band before ends.
        previous: Decimal,
        /// Where the faulty one ends.
        upto: Decimal,
    },
    /// The step is not positive or does not divide its band.
    #[error("ladder step {step} must be positive and divide its band from {previous} to {upto} into whole steps")]
    Step {
        /// Where the band before ends.
        previous: Decimal,
        /// Where the faulty one ends.
        upto: Decimal,
        /// Its step.
        step: Decimal,
    },
}

impl FromStr for Ladder {
    type Err = LadderError;

    /// Reads bands as `UPTO:STEP`, separated by commas.
    fn from_str(text: &str) -> Result<Self, LadderError> {
        let band = |pair: &str| {
            let (upto, step) = pair.split_once(':')?;
            Some(Band {
                upto: upto.trim().parse().ok()?,
                step: step.trim().parse().ok()?,
            })
        };
        let bands: Option<Vec<Band>> = text.split(',').map(band).collect();
        Self::new(bands.ok_or_else(|| LadderError::Text(text.to_owned()))?)
    }
}

impl Ladder {
    /// Lowest price of any line: decimal odds 1.01.
    pub const LOWEST: Decimal = Decimal::from_parts(101, 0, 0, false, 2);

    /// From bands by rising price; the first begins at 1.
    ///
    /// # Errors
    /// Where a band does not rise or its step does not divide it.
    pub fn new(bands: Vec<Band>) -> Result<Self, LadderError> {
        if bands.is_empty() {
            return Err(LadderError::Empty);
        }
        let mut previous = Decimal::ONE;
        for &Band { upto, step } in &bands {
            if upto <= previous {
                return Err(LadderError::NotRising { previous, upto });
            }
            let divides = step > Decimal::ZERO && (upto - previous).checked_rem(step) == Some(Decimal::ZERO);
            if !divides {
                return Err(LadderError::Step { previous, upto, step });
            }
            previous = upto;
        }
        Ok(Self { bands })
    }

    /// The exchange's ladder: 1.01 to 1000 in ten bands.
    #[must_use]
    pub fn exchange() -> Self {
        const BANDS: [(i64, i64); 10] = [
            (2, 1),
            (3, 2),
            (4, 5),
            (6, 10),
            (10, 20),
            (20, 50),
            (30, 100),
            (50, 200),
            (100, 500),
            (1000, 1000),
        ];
        let band = |(upto, cents)| Band {
            upto: Decimal::from(upto),
            step: Decimal::new(cents, 2),
        };
        Self {
            bands: BANDS.into_iter().map(band).collect(),
        }
    }

    /// The highest price of the ladder that is not above `price`, but never below [`Self::LOWEST`].
    #[must_use]
    pub fn snap_down(&self, price: Decimal) -> Decimal {
        let mut from = Decimal::ONE;
        for &Band { upto, step } in &self.bands {
            if price <= upto {
                let above = (price - from).max(Decimal::ZERO);
                return (from + above - above % step).max(Self::LOWEST).normalize();
            }
            from = upto;
        }
        from.normalize()
    }
}

impl Default for Ladder {
    fn default() -> Self {
        Self::exchange()
    }
}
