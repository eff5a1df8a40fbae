//! Currencies that a wallet can be kept in.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::MoneyError;

/// ISO 4217 codes with the decimals of their minor unit.
const KNOWN: &[(&[u8; 3], u8)] = &[
    (b"AUD", 2),
    (b"BHD", 3),
    (b"BRL", 2),
    (b"CAD", 2),
    (b"CHF", 2),
    (b"CLP", 0),
    (b"CZK", 2),
    (b"DKK", 2),
    (b"EUR", 2),
    (b"GBP", 2),
    (b"INR", 2),
    (b"JPY", 0),
    (b"KES", 2),
    (b"KRW", 0),
    (b"KWD", 3),
    (b"MXN", 2),
    (b"NGN", 2),
    (b"NOK", 2),
    (b"NZD", 2),
    (b"PLN", 2),
    (b"SEK", 2),
    (b"TND", 3),
    (b"USD", 2),
    (b"ZAR", 2),
];

/// A currency by its ISO 4217 code. Only known ones exist, since the decimals of the minor unit must be known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency(
    /// Its place among those known: what is asked of it for every amount is then no search. Never written.
    u8,
);

impl Currency {
    /// The currency of this code, in capitals. Fails with [`MoneyError::UnknownCurrency`].
    pub fn new(code: &str) -> Result<Currency, MoneyError> {
        code.as_bytes()
            .try_into()
            .ok()
            .and_then(Currency::known)
            .ok_or_else(|| MoneyError::UnknownCurrency(code.chars().take(8).collect()))
    }

    /// Every currency that is known, by code.
    pub fn all() -> impl Iterator<Item = Currency> {
        (0..KNOWN.len() as u8).map(Currency)
    }

    /// The ISO 4217 code.
    pub fn code(&self) -> &str {
        std::str::from_utf8(self.at().0).expect("known codes are ASCII")
    }

    /// Decimals of the minor unit, 0 to 3.
    pub fn decimals(self) -> u8 {
        self.at().1
    }

    fn at(self) -> (&'static [u8; 3], u8) {
        KNOWN[usize::from(self.0)]
    }

    fn known(code: [u8; 3]) -> Option<Currency> {
        KNOWN
            .binary_search_by_key(&&code, |(known, _)| known)
            .ok()
            .map(|at| Currency(at as u8))
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(code: &str) -> Result<Currency, MoneyError> {
        Currency::new(code)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(self.code())
        } else {
            self.at().0.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Currency, D::Error> {
        if deserializer.is_human_readable() {
            return Currency::new(&String::deserialize(deserializer)?).map_err(D::Error::custom);
        }
        Currency::known(<[u8; 3]>::deserialize(deserializer)?).ok_or_else(|| D::Error::custom("unknown currency"))
    }
}
