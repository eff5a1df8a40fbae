//! Money: whole minor units with their currency. Never a fraction, never a float.

mod currency;

use std::fmt;

pub use currency::Currency;
use serde::{Deserialize, Serialize};

use crate::decimal::{self, DecimalError};

/// Largest single amount, in minor units, that is read from text: far above any bet, far below overflow.
pub const MAX_MINOR: i64 = 1_000_000_000_000_000;

/// Minor units of a currency that is known from elsewhere, such as the wallet's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Amount(pub i64);

impl Amount {
    /// No money.
    pub const ZERO: Amount = Amount(0);

    /// The sum, or `None` beyond 64 bits.
    pub fn checked_add(self, other: Amount) -> Option<Amount> {
        self.0.checked_add(other.0).map(Amount)
    }

    /// The difference, or `None` beyond 64 bits.
    pub fn checked_sub(self, other: Amount) -> Option<Amount> {
        self.0.checked_sub(other.0).map(Amount)
    }

    /// This amount in its currency.
    pub fn of(self, currency: Currency) -> Money {
        Money {
            minor: self.0,
            currency,
        }
    }
}

/// An amount of money: minor units (cents, or whole yen) of one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Minor units; negative where money is owed.
    pub minor: i64,
    /// The currency that they are of.
    pub currency: Currency,
}

/// Why a text is not an amount, or two amounts do not add up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not one of the currencies that are known.
    #[error("currency {0:?} is not known: give an ISO 4217 code in capitals, such as EUR")]
    UnknownCurrency(String),
    /// No text.
    #[error("the amount is empty: give it as a decimal, such as 10.00")]
    Empty,
    /// A plus or minus sign.
    #[error("the amount has a sign: amounts are positive and are written without one")]
    Signed,
    /// Such as `1e3`.
    #[error("the amount has an exponent: write all digits out")]
    Exponent,
    /// Something else than digits and one point.
    #[error("the amount is not a decimal number: write it as digits with at most one point, such as 10.00")]
    NotADecimal,
    /// More decimals than the minor unit has.
    #[error("the amount has more decimals than {currency} has ({decimals}): round it first")]
    TooPrecise {
        /// The currency.
        currency: Currency,
        /// Its decimals.
        decimals: u8,
    },
    /// Beyond [`MAX_MINOR`].
    #[error("the amount is too large: no amount has more than 15 digits, decimals included")]
    TooLarge,
    /// Two currencies in one sum.
    #[error("{0} and {1} do not add up: both amounts must be of one currency")]
    Currencies(Currency, Currency),
}

impl MoneyError {
    /// The stable code of this error on the wire.
    pub fn code(&self) -> &'static str {
        match self {
            MoneyError::UnknownCurrency(_) => "CURRENCY_UNKNOWN",
            MoneyError::Empty => "AMOUNT_EMPTY",
            MoneyError::Signed => "AMOUNT_SIGNED",
            MoneyError::Exponent => "AMOUNT_EXPONENT",
            MoneyError::NotADecimal => "AMOUNT_NOT_A_DECIMAL",
            MoneyError::TooPrecise { .. } => "AMOUNT_TOO_PRECISE",
            MoneyError::TooLarge => "AMOUNT_TOO_LARGE",
            MoneyError::Currencies(..) => "CURRENCY_MISMATCH",
        }
    }
}

impl Money {
    /// Reads a decimal such as `10.00`: no sign, no exponent, no more decimals than the currency has, at most
    /// [`MAX_MINOR`] minor units. Zero is read; whether it is allowed is the command's matter.
    pub fn parse(text: &str, currency: Currency) -> Result<Money, MoneyError> {
        let decimals = currency.decimals();
        let minor = decimal::parse(text, decimals).map_err(|error| match error {
            DecimalError::Empty => MoneyError::Empty,
            DecimalError::Signed => MoneyError::Signed,
            DecimalError::Exponent => MoneyError::Exponent,
            DecimalError::NotADecimal => MoneyError::NotADecimal,
            DecimalError::TooPrecise => MoneyError::TooPrecise { currency, decimals },
            DecimalError::TooLong => MoneyError::TooLarge,
        })?;
        match i64::try_from(minor) {
            Ok(minor) if minor <= MAX_MINOR => Ok(Money { minor, currency }),
            _ => Err(MoneyError::TooLarge),
        }
    }

    /// The minor units alone.
    pub fn amount(self) -> Amount {
        Amount(self.minor)
    }

    /// The sum. Fails with [`MoneyError::Currencies`] or, beyond 64 bits, [`MoneyError::TooLarge`].
    pub fn checked_add(self, other: Money) -> Result<Money, MoneyError> {
        self.combine(other, i64::checked_add)
    }

    /// The difference. Fails as [`Money::checked_add`] does.
    pub fn checked_sub(self, other: Money) -> Result<Money, MoneyError> {
        self.combine(other, i64::checked_sub)
    }

    fn combine(self, other: Money, op: fn(i64, i64) -> Option<i64>) -> Result<Money, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::Currencies(self.currency, other.currency));
        }
        let minor = op(self.minor, other.minor).ok_or(MoneyError::TooLarge)?;
        Ok(Money {
            minor,
            currency: self.currency,
        })
    }

    /// The number alone with all decimals of its currency, such as `10.00`.
    pub fn decimal(self) -> String {
        decimal::write(self.minor < 0, self.minor.unsigned_abs(), self.currency.decimals())
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.decimal(), self.currency)
    }
}
