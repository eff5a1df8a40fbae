use std::str::FromStr;
use std::time::Duration;

use rust_decimal::Decimal;

/// Longest duration that a command takes, so that sums of times cannot overflow.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3_600);

/// Reads a duration with its unit: `500ms`, `90s`, `2m`, `1h`.
///
/// # Errors
/// Says what is expected, where the text is not a whole number with a unit, or is zero or longer than a year.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let millis: u64 = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err("write a whole number and its unit: 500ms, 90s, 2m or 1h".into()),
    };
    let number: u64 = number
        .parse()
        .map_err(|_| "write a whole number before the unit, such as 90s".to_string())?;
    let duration = Duration::from_millis(number.saturating_mul(millis));
    if duration.is_zero() || duration > LONGEST {
        return Err("give a duration above zero and of at most 366 days (8784h)".into());
    }
    Ok(duration)
}

/// Longest age that a command takes, a century: times so long ago are before the first frame.
const OLDEST_H: u64 = 876_000;

/// Reads an age in whole hours or days: `36h`, `30d`.
///
/// # Errors
/// Says what is expected, where the text is not a whole number with a unit, or is zero or more than a century.
pub(super) fn parse_age(text: &str) -> Result<Duration, String> {
    let (number, hours) = match (text.strip_suffix('d'), text.strip_suffix('h')) {
        (Some(days), _) => (days, 24),
        (_, Some(hours)) => (hours, 1),
        _ => ("", 0),
    };
    let hours = number.parse::<u64>().ok().and_then(|number| number.checked_mul(hours));
    match hours {
        Some(hours @ 1..=OLDEST_H) => Ok(Duration::from_secs(hours * 3_600)),
        _ => Err("write a whole number of hours or days from 1h to 36500d, such as 30d".into()),
    }
}

/// Reads a rate a second, 1 to 1,000,000.
pub(super) fn parse_rate(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(rate @ 1..=1_000_000) => Ok(rate),
        _ => Err("give a whole number a second from 1 to 1000000".into()),
    }
}

/// The share taken off an exchange price's winnings.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Margin(
    /// In basis points: 0 to 9,999.
    pub u32,
);

impl FromStr for Margin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let percent: Option<Decimal> = text.strip_suffix('%').and_then(|number| number.parse().ok());
        let points = percent.and_then(|percent| percent.checked_mul(Decimal::ONE_HUNDRED));
        match points.map(|points| (points.fract().is_zero(), u32::try_from(points))) {
            Some((true, Ok(points @ 0..10_000))) => Ok(Self(points)),
            _ => Err("write a percentage from 0% to below 100% with at most two decimals, such as 5%".into()),
        }
    }
}

/// Stakes between two amounts, both allowed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StakeRange {
    /// Lowest stake in units of the currency; above zero.
    pub low: Decimal,
    /// Highest stake in units of the currency; not below the lowest.
    pub high: Decimal,
}

impl FromStr for StakeRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let range = text
            .split_once("..")
            .and_then(|(low, high)| Some((low.parse().ok()?, high.parse().ok()?)));
        match range {
            Some((low, high)) if low > Decimal::ZERO && low <= high && high <= Decimal::from(1_000_000) => {
                Ok(Self { low, high })
            }
            _ => Err("write the lowest and highest stake, such as 0.50..20 (above 0, at most 1000000)".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A duration without a unit, or one that would overflow a clock, must not be guessed at.
    #[test]
    fn durations() {
        for (text, millis) in [("500ms", 500), ("90s", 90_000), ("2m", 120_000), ("1h", 3_600_000)] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in [
            "",
            "90",
            "s",
            "0s",
            "-1s",
            "1.5s",
            "90 s",
            "9000h",
            "18446744073709551616s",
        ] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    /// A margin of 100 % would leave no price above 1, and a reversed range of stakes no stake.
    #[test]
    fn margins_and_stakes() {
        assert_eq!("5%".parse(), Ok(Margin(500)));
        assert_eq!("2.25%".parse(), Ok(Margin(225)));
        assert_eq!("0%".parse(), Ok(Margin(0)));
        for text in ["5", "100%", "-1%", "1.001%", "%", "five%"] {
            assert!(text.parse::<Margin>().is_err(), "{text}");
        }
        assert_eq!(
            "0.50..20".parse(),
            Ok(StakeRange {
                low: Decimal::new(50, 2),
                high: Decimal::from(20)
            })
        );
        for text in ["", "1", "0..5", "5..1", "1..", "1..1000001"] {
            assert!(text.parse::<StakeRange>().is_err(), "{text}");
        }
    }
}
