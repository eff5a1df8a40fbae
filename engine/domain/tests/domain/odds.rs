//! Prices in text.

use proptest::prelude::*;
use shardbook_domain::odds::{Odds, OddsError};

/// Protects what players and feeds write as prices: read exactly or refused with the reason.
#[test]
fn prices_are_read_exactly_or_refused() {
    type Row<'a> = (&'a str, Result<(u32, u32), &'a str>);
    let rows: &[Row<'_>] = &[
        ("2.50", Ok((5, 2))),
        ("2.5", Ok((5, 2))),
        ("1.01", Ok((101, 100))),
        ("1.0001", Ok((10_001, 10_000))),
        ("3", Ok((3, 1))),
        ("10000", Ok((10_000, 1))),
        ("10000.0001", Err("PRICE_TOO_HIGH")),
        ("10001", Err("PRICE_TOO_HIGH")),
        ("99999999999999999999", Err("PRICE_TOO_HIGH")),
        ("1", Err("PRICE_NOT_ABOVE_ONE")),
        ("1.0000", Err("PRICE_NOT_ABOVE_ONE")),
        ("0.5", Err("PRICE_NOT_ABOVE_ONE")),
        ("0", Err("PRICE_NOT_ABOVE_ONE")),
        ("2.12345", Err("PRICE_TOO_PRECISE")),
        ("", Err("PRICE_EMPTY")),
        ("-1", Err("PRICE_SIGNED")),
        ("1e3", Err("PRICE_EXPONENT")),
        ("abc", Err("PRICE_NOT_A_DECIMAL")),
        ("NaN", Err("PRICE_NOT_A_DECIMAL")),
        ("inf", Err("PRICE_NOT_A_DECIMAL")),
        ("5/2", Err("PRICE_NOT_A_DECIMAL")),
    ];
    for (text, expected) in rows {
        let read = Odds::parse(text);
        let found = read
            .as_ref()
            .map(|odds| (odds.num(), odds.den()))
            .map_err(OddsError::code);
        assert_eq!(found, *expected, "{text:?}");
    }
}

/// Protects prices that come as ratios, such as fractional ones.
#[test]
fn ratios_are_prices_in_lowest_terms_or_refused() {
    assert_eq!(Odds::ratio(42, 16).map(|odds| (odds.num(), odds.den())), Ok((21, 8)));
    assert_eq!(Odds::ratio(1, 0), Err(OddsError::NoRatio));
    assert_eq!(Odds::ratio(5, 5), Err(OddsError::NotAboveOne));
    assert_eq!(Odds::ratio(20_001, 2), Err(OddsError::TooHigh));
}

/// Protects the way prices are shown.
#[test]
fn prices_are_shown_with_two_to_four_decimals() {
    let rows = [
        ((5, 2), "2.50"),
        ((3, 1), "3.00"),
        ((21, 8), "2.625"),
        ((10_001, 10_000), "1.0001"),
        ((4, 3), "1.3333"),
        ((5, 3), "1.6667"),
        ((1_000_001, 1_000_000), "1.00"),
        ((199_999, 20_000), "10.00"),
    ];
    for ((num, den), shown) in rows {
        assert_eq!(Odds::ratio(num, den).expect("a price").to_string(), shown);
    }
}

proptest! {
    /// Protects that a price of four decimals is read back as the same price, and that prices order as numbers do.
    #[test]
    fn shown_prices_read_back_and_order(a in 10_001u32..=100_000_000, b in 10_001u32..=100_000_000) {
        let (left, right) = (Odds::ratio(a, 10_000).expect("a price"), Odds::ratio(b, 10_000).expect("a price"));
        prop_assert_eq!(Odds::parse(&left.to_string()), Ok(left));
        prop_assert_eq!(left.cmp(&right), a.cmp(&b));
    }

    /// Protects the reader from any text.
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,40}") {
        let _ = Odds::parse(&text);
    }
}
