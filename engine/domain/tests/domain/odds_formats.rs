//! Prices as the world writes them.

use proptest::prelude::*;
use shardbook_domain::odds::{Format, FormatError, Odds};

fn read(format: Format, text: &str) -> Result<(u32, u32), &'static str> {
    let read = format.parse(text);
    read.map(|odds| (odds.num(), odds.den())).map_err(|error| error.code())
}

/// Protects what a price is in each format: read exactly, and shown as that format writes it.
#[test]
fn one_price_in_six_formats() {
    use Format::{Decimal, Fractional, HongKong, Indonesian, Malay, Moneyline};
    let rows: &[((u32, u32), [&str; 6])] = &[
        ((2, 1), ["2.00", "1/1", "+100", "1.00", "1.00", "1.00"]),
        ((5, 2), ["2.50", "3/2", "+150", "1.50", "1.50", "-0.6667"]),
        ((21, 8), ["2.625", "13/8", "+163", "1.625", "1.625", "-0.6154"]),
        ((3, 1), ["3.00", "2/1", "+200", "2.00", "2.00", "-0.50"]),
        ((3, 2), ["1.50", "1/2", "-200", "0.50", "-2.00", "0.50"]),
        ((11, 6), ["1.8333", "5/6", "-120", "0.8333", "-1.20", "0.8333"]),
        ((10, 9), ["1.1111", "1/9", "-900", "0.1111", "-9.00", "0.1111"]),
        (
            (5_001, 1),
            ["5001.00", "5000/1", "+500000", "5000.00", "5000.00", "-0.0002"],
        ),
        (
            (10_001, 10_000),
            ["1.0001", "1/10000", "-1000000", "0.0001", "-10000.00", "0.0001"],
        ),
    ];
    let formats = [Decimal, Fractional, Moneyline, HongKong, Indonesian, Malay];
    assert_eq!(formats, Format::ALL);
    for ((num, den), shown) in rows {
        let odds = Odds::ratio(*num, *den).expect("a price");
        let found = formats.map(|format| format.show(odds));
        assert_eq!(found, *shown, "{num}/{den}");
        for (format, text) in formats.iter().zip(shown) {
            assert!(format.parse(text).is_ok(), "{format} {text}");
        }
        assert_eq!(Fractional.parse(shown[1]), Ok(odds), "a fraction is exact");
    }
    assert_eq!(Odds::ratio(2, 1).expect("a price").fractional_or_evens(), "evens");
    assert_eq!(Odds::ratio(21, 8).expect("a price").fractional_or_evens(), "13/8");
}

/// Protects the edge: what is no price in a format is refused with the reason.
#[test]
fn prices_are_read_in_their_format_or_refused() {
    use Format::{Decimal, Fractional, HongKong, Indonesian, Malay, Moneyline};
    type Row<'a> = (Format, &'a str, Result<(u32, u32), &'a str>);
    let rows: &[Row<'_>] = &[
        (Decimal, "2.62", Ok((131, 50))),
        (Decimal, "+2.62", Err("PRICE_SIGNED")),
        (Decimal, "13/8", Err("PRICE_NOT_A_DECIMAL")),
        (Fractional, "13/8", Ok((21, 8))),
        (Fractional, "26/16", Ok((21, 8))),
        (Fractional, "evens", Ok((2, 1))),
        (Fractional, "EVS", Ok((2, 1))),
        (Fractional, "999999999/999999999", Ok((2, 1))),
        (Fractional, "", Err("PRICE_EMPTY")),
        (Fractional, "13", Err("PRICE_NOT_FRACTIONAL")),
        (Fractional, "13/", Err("PRICE_NOT_FRACTIONAL")),
        (Fractional, "/8", Err("PRICE_NOT_FRACTIONAL")),
        (Fractional, "1/2/3", Err("PRICE_NOT_FRACTIONAL")),
        (Fractional, "-1/2", Err("PRICE_NOT_FRACTIONAL")),
        (Fractional, "1.5/2", Err("PRICE_NOT_FRACTIONAL")),
        (Fractional, "1/0", Err("PRICE_NO_RATIO")),
        (Fractional, "0/1", Err("PRICE_ZERO")),
        (Fractional, "1000000000/1", Err("PRICE_TOO_MANY_DIGITS")),
        (Fractional, "10000/1", Err("PRICE_TOO_HIGH")),
        (Moneyline, "+163", Ok((263, 100))),
        (Moneyline, "-120", Ok((11, 6))),
        (Moneyline, "-100", Ok((2, 1))),
        (Moneyline, "+100", Ok((2, 1))),
        (Moneyline, "163", Err("PRICE_NOT_MONEYLINE")),
        (Moneyline, "+1.5", Err("PRICE_NOT_MONEYLINE")),
        (Moneyline, "+", Err("PRICE_NOT_MONEYLINE")),
        (Moneyline, "+-5", Err("PRICE_NOT_MONEYLINE")),
        (Moneyline, "", Err("PRICE_EMPTY")),
        (Moneyline, "+99", Err("PRICE_MONEYLINE_TOO_SMALL")),
        (Moneyline, "-99", Err("PRICE_MONEYLINE_TOO_SMALL")),
        (Moneyline, "-1000001", Err("PRICE_MONEYLINE_TOO_SHORT")),
        (Moneyline, "+1000000", Err("PRICE_TOO_HIGH")),
        (Moneyline, "+9999999999", Err("PRICE_TOO_MANY_DIGITS")),
        (HongKong, "0.85", Ok((37, 20))),
        (HongKong, "0", Err("PRICE_ZERO")),
        (HongKong, "-0.85", Err("PRICE_SIGNED")),
        (HongKong, "9999.5", Err("PRICE_TOO_HIGH")),
        (HongKong, "500000", Err("PRICE_TOO_HIGH")),
        (Indonesian, "1.5", Ok((5, 2))),
        (Indonesian, "+1.5", Ok((5, 2))),
        (Indonesian, "-1.25", Ok((9, 5))),
        (Indonesian, "0.85", Err("PRICE_INDONESIAN_TOO_SMALL")),
        (Indonesian, "-0.85", Err("PRICE_INDONESIAN_TOO_SMALL")),
        (Indonesian, "--1.5", Err("PRICE_SIGNED")),
        (Malay, "0.85", Ok((37, 20))),
        (Malay, "-0.5", Ok((3, 1))),
        (Malay, "1", Ok((2, 1))),
        (Malay, "-1", Ok((2, 1))),
        (Malay, "1.01", Err("PRICE_MALAY_TOO_LARGE")),
        (Malay, "-1.01", Err("PRICE_MALAY_TOO_LARGE")),
        (Malay, "-0", Err("PRICE_ZERO")),
        (Malay, "0.00001", Err("PRICE_TOO_PRECISE")),
    ];
    for (format, text, expected) in rows {
        assert_eq!(read(*format, text), *expected, "{format} {text:?}");
    }
}

/// Protects those who do not say the format: it is told by the stroke or the sign, and what is not clear is refused.
#[test]
fn the_format_is_told_by_its_signs() {
    let rows: &[(&str, Result<(u32, u32), &str>)] = &[
        ("13/8", Ok((21, 8))),
        ("evens", Ok((2, 1))),
        ("+163", Ok((263, 100))),
        ("-120", Ok((11, 6))),
        ("2.62", Ok((131, 50))),
        ("163", Ok((163, 1))),
        ("-1.20", Err("PRICE_SIGNED_DECIMAL")),
        ("+0.85", Err("PRICE_SIGNED_DECIMAL")),
        ("0.85", Err("PRICE_NOT_ABOVE_ONE")),
        ("", Err("PRICE_EMPTY")),
        (" 2.62", Err("PRICE_NOT_A_DECIMAL")),
        ("two", Err("PRICE_NOT_A_DECIMAL")),
    ];
    for (text, expected) in rows {
        let found = Odds::parse_any(text)
            .map(|odds| (odds.num(), odds.den()))
            .map_err(|error| error.code());
        assert_eq!(found, *expected, "{text:?}");
    }
}

/// Protects those who name the format.
#[test]
fn formats_have_names() {
    for format in Format::ALL {
        assert_eq!(format.to_string().parse(), Ok(format));
    }
    assert_eq!("american".parse::<Format>(), Err(FormatError::UnknownFormat));
    assert_eq!(FormatError::UnknownFormat.code(), "PRICE_FORMAT_UNKNOWN");
}

proptest! {
    /// Protects exactness: every price goes through a fraction and back unchanged, and a price of four decimals through
    /// decimal and Hong Kong.
    #[test]
    fn exact_formats_read_back(num in 10_001u32..=100_000_000, den in 1u32..100_000) {
        let odds = Odds::ratio(num, 10_000).expect("a price");
        for format in [Format::Decimal, Format::Fractional, Format::HongKong] {
            prop_assert_eq!(format.parse(&format.show(odds)), Ok(odds));
        }
        if let Ok(odds) = Odds::ratio(num, den) {
            prop_assert_eq!(Format::Fractional.parse(&Format::Fractional.show(odds)), Ok(odds));
        }
    }

    /// Protects whole moneylines: they come back as they were, and so do prices of two decimals in the formats of Asia.
    #[test]
    fn moneylines_and_asian_prices_read_back(line in 101u32..100_000, cents in 101u32..10_000) {
        for sign in ['+', '-'] {
            let text = format!("{sign}{line}");
            let odds = Odds::parse_any(&text).expect("a moneyline");
            prop_assert_eq!(Format::Moneyline.show(odds), text);
        }
        let asian = |sign: &str, cents: u32| format!("{sign}{}.{:02}", cents / 100, cents % 100);
        for sign in ["", "-"] {
            let text = asian(sign, cents);
            prop_assert_eq!(Format::Indonesian.show(Format::Indonesian.parse(&text).expect("a price")), text);
            let text = asian(sign, cents % 99 + 1);
            prop_assert_eq!(Format::Malay.show(Format::Malay.parse(&text).expect("a price")), text);
        }
    }

    /// Protects the readers from any text.
    #[test]
    fn any_text_is_read_or_refused(text in "[-+/.0-9a-z]{0,24}") {
        for format in Format::ALL {
            if let Ok(odds) = format.parse(&text) {
                prop_assert!(!format.show(odds).is_empty());
            }
        }
        let _ = Odds::parse_any(&text);
    }
}
