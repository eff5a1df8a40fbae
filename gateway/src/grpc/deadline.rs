//! The deadline of a unary call, as gRPC sends it.

use tonic::metadata::MetadataMap;

use crate::edge::now_ms;

/// What gRPC allows in the number of a time-out.
const DIGITS_MAX: usize = 8;

/// Unix milliseconds by which the caller wants its call over, from `grpc-timeout`; 0 where it does not say. One that cannot
/// be read is none, as for the library, which ends the call at that time.
pub(super) fn deadline_of(metadata: &MetadataMap) -> i64 {
    let header = metadata.get("grpc-timeout").and_then(|value| value.to_str().ok());
    header.and_then(millis).map_or(0, |left| now_ms().saturating_add(left))
}

/// The earlier of two deadlines, of which 0 is none.
pub(super) fn within_call(one: i64, other: i64) -> i64 {
    match (one, other) {
        (0, deadline) | (deadline, 0) => deadline,
        (one, other) => one.min(other),
    }
}

/// Whole milliseconds, rounded down: a command is not decided after its caller has gone.
fn millis(header: &str) -> Option<i64> {
    let (digits, unit) = header.split_at_checked(header.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > DIGITS_MAX || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i64 = digits.parse().ok()?;
    Some(match unit {
        "H" => number * 3_600_000,
        "M" => number * 60_000,
        "S" => number * 1_000,
        "m" => number,
        "u" => number / 1_000,
        "n" => number / 1_000_000,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects a caller from a command that is decided after it has gone, whatever units its library writes.
    #[test]
    fn every_unit_of_grpc_is_read() {
        let table = [
            ("100m", Some(100)),
            ("99999999H", Some(99_999_999 * 3_600_000)),
            ("2M", Some(120_000)),
            ("3S", Some(3_000)),
            ("1999u", Some(1)),
            ("999999n", Some(0)),
            ("0m", Some(0)),
            // none of these is one
            ("", None),
            ("m", None),
            ("100", None),
            ("100x", None),
            ("-1m", None),
            ("1.5S", None),
            ("123456789m", None),
            ("1ü", None),
        ];
        for (header, read) in table {
            assert_eq!(millis(header), read, "{header}");
        }
        assert_eq!([within_call(0, 0), within_call(0, 5), within_call(5, 0)], [0, 5, 5]);
        assert_eq!([within_call(4, 5), within_call(5, 4)], [4, 4]);
    }
}
