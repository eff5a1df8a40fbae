//! The ways in which the world writes prices. All are read exactly; rounding is for show only.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::{Odds, OddsError, gcd};
use crate::decimal::{self, DecimalError};

/// A way to write a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Format {
    /// What one unit returns, stake included: `2.625`.
    Decimal,
    /// What is won for what is staked: `13/8`, `evens` for `1/1`.
    Fractional,
    /// What 100 win, or below evens with a minus what must be staked to win 100: `+163`, `-120`.
    Moneyline,
    /// What one unit wins: `1.625`.
    HongKong,
    /// What one unit wins, or below evens with a minus what must be staked to win one: `1.625`, `-1.20`.
    Indonesian,
    /// What one unit wins, or above evens with a minus what must be staked to win one: `0.85`, `-0.6154`.
    Malay,
}

/// Why a text is no price in a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// The number in it is no price.
    #[error("{0}")]
    Odds(#[from] OddsError),
    /// Not a name of a format.
    #[error("the odds format is not known: give decimal, fractional, moneyline, hong-kong, indonesian or malay")]
    UnknownFormat,
    /// Not two whole numbers with a stroke.
    #[error("the price is not fractional: write two whole numbers above zero with a stroke, such as 13/8, or evens")]
    NotFractional,
    /// Numbers that are beyond any price.
    #[error("the price has too many digits: give at most nine on each side of the stroke")]
    TooManyDigits,
    /// No sign, or not a whole number.
    #[error("the price is no moneyline: write a sign and a whole number, such as +163 or -120")]
    NotMoneyline,
    /// Between -100 and +100.
    #[error("the moneyline is between -100 and +100: there are none, evens is +100")]
    MoneylineTooSmall,
    /// Below -1,000,000.
    #[error("the moneyline is below -1000000: no price is that short")]
    MoneylineTooShort,
    /// A signed price whose format is not clear.
    #[error("the price has a sign and decimals: say whether it is indonesian or malay")]
    SignedDecimal,
    /// Indonesian prices between -1 and 1.
    #[error("the indonesian price is between -1 and 1: there are none, evens is 1.00")]
    IndonesianTooSmall,
    /// Malay prices beyond -1 and 1.
    #[error("the malay price is not between -1 and 1: there are none, evens is 1.00")]
    MalayTooLarge,
    /// Zero.
    #[error("the price is zero: it must win something")]
    Zero,
}

impl FormatError {
    /// The stable code of this error on the wire.
    pub fn code(&self) -> &'static str {
        match self {
            FormatError::Odds(error) => error.code(),
            FormatError::UnknownFormat => "PRICE_FORMAT_UNKNOWN",
            FormatError::NotFractional => "PRICE_NOT_FRACTIONAL",
            FormatError::TooManyDigits => "PRICE_TOO_MANY_DIGITS",
            FormatError::NotMoneyline => "PRICE_NOT_MONEYLINE",
            FormatError::MoneylineTooSmall => "PRICE_MONEYLINE_TOO_SMALL",
            FormatError::MoneylineTooShort => "PRICE_MONEYLINE_TOO_SHORT",
            FormatError::SignedDecimal => "PRICE_SIGNED_DECIMAL",
            FormatError::IndonesianTooSmall => "PRICE_INDONESIAN_TOO_SMALL",
            FormatError::MalayTooLarge => "PRICE_MALAY_TOO_LARGE",
            FormatError::Zero => "PRICE_ZERO",
        }
    }
}

/// Decimals of prices in text, as a factor.
const SCALE: u32 = 10_000;
/// Shortest moneyline, without its sign.
const SHORTEST_MONEYLINE: u32 = 1_000_000;

impl Format {
    /// All formats.
    pub const ALL: [Format; 6] = [
        Format::Decimal,
        Format::Fractional,
        Format::Moneyline,
        Format::HongKong,
        Format::Indonesian,
        Format::Malay,
    ];

    /// Its name in text.
    pub fn name(self) -> &'static str {
        match self {
            Format::Decimal => "decimal",
            Format::Fractional => "fractional",
            Format::Moneyline => "moneyline",
            Format::HongKong => "hong-kong",
            Format::Indonesian => "indonesian",
            Format::Malay => "malay",
        }
    }

    /// Whether every price of up to four decimals is shown exactly, so that what is shown reads as the price itself.
    pub fn is_exact(self) -> bool {
        match self {
            Format::Decimal | Format::Fractional | Format::HongKong => true,
            Format::Moneyline | Format::Indonesian | Format::Malay => false,
        }
    }

    /// Reads a price in this format.
    pub fn parse(self, text: &str) -> Result<Odds, FormatError> {
        match self {
            Format::Decimal => Ok(Odds::parse(text)?),
            Format::Fractional => fractional(text),
            Format::Moneyline => moneyline(text),
            Format::HongKong => winnings(scaled(text)?, SCALE),
            Format::Indonesian => match signed(text)? {
                (_, number) if number < SCALE => Err(FormatError::IndonesianTooSmall),
                (true, number) => winnings(SCALE, number),
                (false, number) => winnings(number, SCALE),
            },
            Format::Malay => match signed(text)? {
                (_, number) if number > SCALE => Err(FormatError::MalayTooLarge),
                (true, number) => winnings(SCALE, number),
                (false, number) => winnings(number, SCALE),
            },
        }
    }

    /// Shows a price in this format. Decimals are two to four, rounded half up; a moneyline is rounded half up to a whole
    /// number; a fraction is exact and in lowest terms, `1/1` at evens.
    pub fn show(self, odds: Odds) -> String {
        let (num, den) = odds.winnings();
        match self {
            Format::Decimal => odds.decimal(),
            Format::Fractional => format!("{num}/{den}"),
            Format::Moneyline if num >= den => format!("+{}", half_up(num, den, 100)),
            Format::Moneyline => format!("-{}", half_up(den, num, 100)),
            Format::HongKong => decimals(num, den),
            Format::Indonesian if num >= den => decimals(num, den),
            Format::Indonesian => format!("-{}", decimals(den, num)),
            Format::Malay if num <= den => decimals(num, den),
            Format::Malay => format!("-{}", decimals(den, num)),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Format, FormatError> {
        let named = Format::ALL.into_iter().find(|format| format.name() == text);
        named.ok_or(FormatError::UnknownFormat)
    }
}

impl Odds {
    /// Reads a price of which the format is not said: fractional with a stroke or as `evens`, moneyline with a sign, else
    /// decimal.
    pub fn parse_any(text: &str) -> Result<Odds, FormatError> {
        if text.contains('/') || is_evens(text) {
            Format::Fractional.parse(text)
        } else if text.starts_with(['+', '-']) {
            if text.contains('.') {
                return Err(FormatError::SignedDecimal);
            }
            Format::Moneyline.parse(text)
        } else {
            Format::Decimal.parse(text)
        }
    }

    /// The price as a fraction of what is won and what is staked, in lowest terms; `evens` at 1/1.
    pub fn fractional_or_evens(self) -> String {
        match self.winnings() {
            (1, 1) => "evens".to_owned(),
            (num, den) => format!("{num}/{den}"),
        }
    }

    /// What is won for what is staked, in lowest terms.
    pub fn winnings(self) -> (u32, u32) {
        (self.num - self.den, self.den)
    }
}

fn is_evens(text: &str) -> bool {
    ["evens", "even", "evs"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word))
}

fn fractional(text: &str) -> Result<Odds, FormatError> {
    if text.is_empty() {
        return Err(OddsError::Empty.into());
    }
    if is_evens(text) {
        return winnings(1, 1);
    }
    let (num, den) = text.split_once('/').ok_or(FormatError::NotFractional)?;
    winnings(
        whole(num, FormatError::NotFractional)?,
        whole(den, FormatError::NotFractional)?,
    )
}

fn moneyline(text: &str) -> Result<Odds, FormatError> {
    if text.is_empty() {
        return Err(OddsError::Empty.into());
    }
    let number = text.strip_prefix(['+', '-']).ok_or(FormatError::NotMoneyline)?;
    let number = whole(number, FormatError::NotMoneyline)?;
    match (text.starts_with('-'), number) {
        (_, ..100) => Err(FormatError::MoneylineTooSmall),
        (true, number) if number > SHORTEST_MONEYLINE => Err(FormatError::MoneylineTooShort),
        (true, number) => winnings(100, number),
        (false, number) => winnings(number, 100),
    }
}

/// Digits alone, so few that sums of two fit.
fn whole(text: &str, otherwise: FormatError) -> Result<u32, FormatError> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(otherwise);
    }
    if text.len() > 9 {
        return Err(FormatError::TooManyDigits);
    }
    text.parse().map_err(|_| otherwise)
}

/// The odds at which `den` win `num`.
fn winnings(num: u32, den: u32) -> Result<Odds, FormatError> {
    match (num, den) {
        (_, 0) => Err(OddsError::NoRatio.into()),
        (0, _) => Err(FormatError::Zero),
        (num, den) => {
            let divisor = gcd(num, den);
            let (num, den) = (num / divisor, den / divisor);
            Ok(Odds::ratio(num.checked_add(den).ok_or(OddsError::TooHigh)?, den)?)
        }
    }
}

/// A decimal above zero, with a minus or not, in ten-thousandths.
fn signed(text: &str) -> Result<(bool, u32), FormatError> {
    let number = text.strip_prefix(['+', '-']).unwrap_or(text);
    Ok((text.starts_with('-'), scaled(number)?))
}

/// A decimal above zero in ten-thousandths.
fn scaled(text: &str) -> Result<u32, FormatError> {
    let scaled = decimal::parse(text, Odds::PLACES).map_err(OddsError::from)?;
    match u32::try_from(scaled) {
        Ok(0) => Err(FormatError::Zero),
        Ok(scaled) => Ok(scaled),
        Err(_) => Err(OddsError::TooHigh.into()),
    }
}

/// `num / den` times `scale`, rounded half up.
fn half_up(num: u32, den: u32, scale: u64) -> u64 {
    let (num, den) = (u64::from(num), u64::from(den));
    (num * scale * 2 + den) / (den * 2)
}

/// Two to four decimals, rounded half up.
pub(super) fn decimals(num: u32, den: u32) -> String {
    let (mut scaled, mut places) = (half_up(num, den, SCALE.into()), Odds::PLACES);
    while places > 2 && scaled.is_multiple_of(10) {
        scaled /= 10;
        places -= 1;
    }
    decimal::write(false, scaled, places)
}

impl From<DecimalError> for OddsError {
    fn from(error: DecimalError) -> OddsError {
        match error {
            DecimalError::Empty => OddsError::Empty,
            DecimalError::Signed => OddsError::Signed,
            DecimalError::Exponent => OddsError::Exponent,
            DecimalError::NotADecimal => OddsError::NotADecimal,
            DecimalError::TooPrecise => OddsError::TooPrecise,
            DecimalError::TooLong => OddsError::TooHigh,
        }
    }
}
