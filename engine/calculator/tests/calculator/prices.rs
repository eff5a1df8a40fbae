//! The table of odds.

use shardbook_calculator::{CalculatorError, OddsTable, odds_table, odds_table_of};
use shardbook_domain::odds::Format;

/// Protects the table that shows a price in every format.
#[test]
fn a_price_in_every_format() {
    let expected = "\
decimal     2.625
fractional  13/8
moneyline   +163
hong-kong   1.625
indonesian  1.625
malay       -0.6154
";
    assert_eq!(odds_table("13/8").map(|table| table.text()), Ok(expected.to_owned()));
    let (short, long) = (odds_table("1/5"), odds_table("99989999/10000"));
    let expected = "\
decimal     1.20   9999.9999
fractional  1/5    99989999/10000
moneyline   -500   +999900
hong-kong   0.20   9998.9999
indonesian  -5.00  9998.9999
malay       0.20   -0.0001
";
    let both: Vec<OddsTable> = [short, long].into_iter().map(|price| price.expect("a price")).collect();
    assert_eq!(OddsTable::side_by_side(&both), expected);
    let evens = odds_table("+100").expect("a price").json();
    assert_eq!(
        (&evens["fractional"], &evens["malay"]),
        (&"evens".into(), &"1.00".into())
    );
    let malay = odds_table_of(Format::Malay, "-0.80").expect("a price");
    assert_eq!(malay.odds.to_string(), "2.25");
}

/// Texts that are no prices: how they are read, and the code.
pub fn rows() -> Vec<(Option<Format>, &'static str, &'static str)> {
    vec![
        (None, "", "PRICE_EMPTY"),
        (Some(Format::Decimal), "-2.00", "PRICE_SIGNED"),
        (None, "2e3", "PRICE_EXPONENT"),
        (None, "two", "PRICE_NOT_A_DECIMAL"),
        (None, "2.00001", "PRICE_TOO_PRECISE"),
        (None, "1.00", "PRICE_NOT_ABOVE_ONE"),
        (None, "10000/1", "PRICE_TOO_HIGH"),
        (None, "1/0", "PRICE_NO_RATIO"),
        (None, "0/1", "PRICE_ZERO"),
        (None, "a/b", "PRICE_NOT_FRACTIONAL"),
        (None, "1234567890/1", "PRICE_TOO_MANY_DIGITS"),
        (Some(Format::Moneyline), "50", "PRICE_NOT_MONEYLINE"),
        (None, "+99", "PRICE_MONEYLINE_TOO_SMALL"),
        (None, "-1000001", "PRICE_MONEYLINE_TOO_SHORT"),
        (None, "-0.80", "PRICE_SIGNED_DECIMAL"),
        (Some(Format::Indonesian), "0.80", "PRICE_INDONESIAN_TOO_SMALL"),
        (Some(Format::Malay), "1.01", "PRICE_MALAY_TOO_LARGE"),
    ]
}

pub fn refused_price(format: Option<Format>, text: &str) -> CalculatorError {
    let read = match format {
        Some(format) => odds_table_of(format, text),
        None => odds_table(text),
    };
    match read {
        Ok(table) => panic!("{text:?} is a price: {}", table.text()),
        Err(error) => error,
    }
}

/// Protects those who mistype a price.
#[test]
fn no_price_is_refused() {
    for (format, text, code) in rows() {
        let error = refused_price(format, text);
        assert_eq!((error.place.as_str(), error.code), ("price", code), "{text:?}: {error}");
    }
}
