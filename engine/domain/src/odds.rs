//! Prices: decimal odds as exact ratios.

mod format;
pub(crate) mod text;

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

pub use format::{Format, FormatError};
use serde::{Deserialize, Serialize};

use crate::decimal;

/// Decimal odds: what one unit of stake returns when it wins, stake included. Above 1 and at most 10,000, in lowest
/// terms, so that equal odds are equal values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "(u32, u32)", into = "(u32, u32)")]
pub struct Odds {
    num: u32,
    den: u32,
}

/// Why a text or a ratio is not a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OddsError {
    /// No text.
    #[error("the price is empty: give decimal odds such as 2.50")]
    Empty,
    /// A plus or minus sign.
    #[error("the price has a sign: decimal odds are written without one")]
    Signed,
    /// Such as `1e3`.
    #[error("the price has an exponent: write all digits out")]
    Exponent,
    /// Something else than digits and one point.
    #[error("the price is not a decimal number: write it as digits with at most one point, such as 2.50")]
    NotADecimal,
    /// More than four decimals.
    #[error("the price has more than four decimals: round it first")]
    TooPrecise,
    /// Odds of 1 or less win nothing.
    #[error("the price is not above 1: decimal odds include the stake")]
    NotAboveOne,
    /// Above [`Odds::MAX`].
    #[error("the price is above 10000: no price is that long")]
    TooHigh,
    /// A ratio over zero.
    #[error("the price is a ratio over zero")]
    NoRatio,
}

impl OddsError {
    /// The stable code of this error on the wire.
    pub fn code(&self) -> &'static str {
        match self {
            OddsError::Empty => "PRICE_EMPTY",
            OddsError::Signed => "PRICE_SIGNED",
            OddsError::Exponent => "PRICE_EXPONENT",
            OddsError::NotADecimal => "PRICE_NOT_A_DECIMAL",
            OddsError::TooPrecise => "PRICE_TOO_PRECISE",
            OddsError::NotAboveOne => "PRICE_NOT_ABOVE_ONE",
            OddsError::TooHigh => "PRICE_TOO_HIGH",
            OddsError::NoRatio => "PRICE_NO_RATIO",
        }
    }
}

impl Odds {
    /// The longest price.
    pub const MAX: u32 = 10_000;
    /// Most decimals in text.
    const PLACES: u8 = 4;

    /// The odds `num / den`, such as 21/8 for the fractional price 13/8.
    pub fn ratio(num: u32, den: u32) -> Result<Odds, OddsError> {
        if den == 0 {
            return Err(OddsError::NoRatio);
        }
        if num <= den {
            return Err(OddsError::NotAboveOne);
        }
        if u64::from(num) > u64::from(den) * u64::from(Odds::MAX) {
            return Err(OddsError::TooHigh);
        }
        let divisor = gcd(num, den);
        Ok(Odds {
            num: num / divisor,
            den: den / divisor,
        })
    }

    /// Reads decimal odds such as `2.50`, with at most four decimals.
    pub fn parse(text: &str) -> Result<Odds, OddsError> {
        let scaled = decimal::parse(text, Odds::PLACES).map_err(OddsError::from)?;
        let scaled = u32::try_from(scaled).map_err(|_| OddsError::TooHigh)?;
        Odds::ratio(scaled, 10u32.pow(u32::from(Odds::PLACES)))
    }

    /// Upper part of the ratio in lowest terms.
    pub fn num(self) -> u32 {
        self.num
    }

    /// Lower part of the ratio in lowest terms.
    pub fn den(self) -> u32 {
        self.den
    }
}

fn gcd(mut a: u32, mut b: u32) -> u32 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl TryFrom<(u32, u32)> for Odds {
    type Error = OddsError;

    fn try_from((num, den): (u32, u32)) -> Result<Odds, OddsError> {
        Odds::ratio(num, den)
    }
}

impl From<Odds> for (u32, u32) {
    fn from(odds: Odds) -> (u32, u32) {
        (odds.num, odds.den)
    }
}

impl FromStr for Odds {
    type Err = OddsError;

    fn from_str(text: &str) -> Result<Odds, OddsError> {
        Odds::parse(text)
    }
}

impl Ord for Odds {
    fn cmp(&self, other: &Odds) -> Ordering {
        (u64::from(self.num) * u64::from(other.den)).cmp(&(u64::from(other.num) * u64::from(self.den)))
    }
}

impl PartialOrd for Odds {
    fn partial_cmp(&self, other: &Odds) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Two to four decimals; a price that has more is rounded half up, for show only.
impl Odds {
    /// The price with two to four decimals, rounded half up: `2.50`, `2.625`.
    pub fn decimal(self) -> String {
        format::decimals(self.num, self.den)
    }
}

impl fmt::Display for Odds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.decimal())
    }
}
