//! Prices in configuration, which is text: decimal, fractional or moneyline. Journals hold ratios.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

use super::{Format, Odds};

/// Writes a price as a decimal where that is exact, else as a fraction.
pub(crate) fn serialize<S: Serializer>(odds: &Odds, serializer: S) -> Result<S::Ok, S::Error> {
    let decimal = odds.to_string();
    if Odds::parse(&decimal) == Ok(*odds) {
        serializer.serialize_str(&decimal)
    } else {
        serializer.serialize_str(&Format::Fractional.show(*odds))
    }
}

/// Reads a price in any format that needs no name.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Odds, D::Error> {
    Odds::parse_any(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}
