use rust_decimal::Decimal;
use serde::de::{Deserialize, Deserializer, Error};
use serde_json::value::RawValue;

/// Longest number read. A double never prints longer, and nothing of the exchange's needs more.
const LONGEST: usize = 40;

/// A JSON number read from its digits, so that a price is never a float on its way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exact(pub Decimal);

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        exact(raw).map(Self).ok_or_else(|| {
            let shown: String = raw.chars().take(LONGEST).collect();
            D::Error::custom(format!("{shown} is not a number of at most 28 digits"))
        })
    }
}

fn exact(text: &str) -> Option<Decimal> {
    let numeric = text.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    if !numeric || text.len() > LONGEST {
        return None;
    }
    let read = if text.contains(['e', 'E']) {
        Decimal::from_scientific
    } else {
        Decimal::from_str_exact
    };
    read(text).ok().map(|number| number.normalize())
}

/// The exchange's time text, such as `2025-05-09T19:00:00.000Z`, as Unix milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Instant(pub i64);

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        unix_ms(&text).map(Self).ok_or_else(|| {
            let shown: String = text.chars().take(LONGEST).collect();
            D::Error::custom(format!("{shown:?} is not a time such as 2025-05-09T19:00:00.000Z"))
        })
    }
}

/// RFC 3339 from 1970 to 9999; digits past the millisecond are cut.
fn unix_ms(text: &str) -> Option<i64> {
    let (date, rest) = (text.get(..10)?, text.get(10..)?);
    let clock = rest.strip_prefix('T')?;
    let zone_at = clock.find(['Z', '+', '-'])?;
    let (clock, zone) = clock.split_at(zone_at);
    let (hms, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let [year, month, day] = fields(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = fields(hms, ':', [2, 2, 2])?;
    let in_range = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !in_range || fraction.is_empty() || fraction.len() > 9 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let millis: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    let offset_minutes = match zone.split_at(1) {
        ("Z", "") => 0,
        (sign, offset) => {
            let [hours, minutes] = fields(offset, ':', [2, 2])?;
            if hours > 23 || minutes > 59 {
                return None;
            }
            (hours * 60 + minutes) * if sign == "-" { -1 } else { 1 }
        }
    };
    let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
    Some((seconds - offset_minutes * 60) * 1_000 + millis)
}

fn fields<const N: usize>(text: &str, separator: char, widths: [usize; N]) -> Option<[i64; N]> {
    let mut parts = text.split(separator);
    let mut values = [0; N];
    for (value, width) in values.iter_mut().zip(widths) {
        let part = parts.next()?;
        if part.len() != width || !part.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        *value = part.parse().ok()?;
    }
    parts.next().is_none().then_some(values)
}

fn leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let before = year - 1;
    let leaps = (before / 4 - before / 100 + before / 400) - (1969 / 4 - 1969 / 100 + 1969 / 400);
    let months: i64 = (1..month).map(|m| days_in(year, m)).sum();
    (year - 1970) * 365 + leaps + months + day - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects prices from becoming floats: what the digits say is what is read, and nothing else is a number.
    #[test]
    fn numbers_are_exact() {
        for (text, read) in [
            ("1.13", "1.13"),
            ("2.0", "2"),
            ("-0.25", "-0.25"),
            ("1e2", "100"),
            ("1.5E-2", "0.015"),
        ] {
            assert_eq!(exact(text).map(|d| d.to_string()).as_deref(), Some(read));
        }
        let long = "1".repeat(41);
        for wrong in ["\"1.5\"", "null", "[1]", "true", "1e99999", "-", "", "NaN", &long] {
            assert_eq!(exact(wrong), None, "{wrong}");
        }
    }

    /// Protects kick-off and off times, leap days and offsets included.
    #[test]
    fn times_are_exact() {
        let rows = [
            ("1970-01-01T00:00:00.000Z", 0),
            ("2000-02-29T23:59:59.999Z", 951_868_799_999),
            ("2025-05-09T19:00:00.000Z", 1_746_817_200_000),
            ("2025-05-09T20:00:00+01:00", 1_746_817_200_000),
            ("2025-05-09T14:30:00.5-04:30", 1_746_817_200_500),
        ];
        for (text, ms) in rows {
            assert_eq!(unix_ms(text), Some(ms), "{text}");
        }
        let wrong = [
            "",
            "2025-05-09",
            "2025-05-09T19:00:00",
            "2025-02-29T19:00:00Z",
            "2025-13-01T19:00:00Z",
            "2025-05-09T24:00:00Z",
            "2025-05-09 19:00:00Z",
            "2025-5-09T19:00:00Z",
            "2025-05-09T19:00:00.Z",
            "2025-05-09T19:00:00Zx",
            "2025-05-09T19:00:00+1:00",
            "ééééééééééé",
        ];
        for text in wrong {
            assert_eq!(unix_ms(text), None, "{text}");
        }
    }
}
