//! Money in text.

use proptest::prelude::*;
use shardbook_domain::money::{Currency, MAX_MINOR, Money, MoneyError};

fn currency(code: &str) -> Currency {
    Currency::new(code).expect("a known currency")
}

/// Protects what players and partners write as amounts: read exactly or refused with the reason.
#[test]
fn amounts_are_read_exactly_or_refused() {
    let rows: &[(&str, &str, Result<i64, &str>)] = &[
        ("10.00", "EUR", Ok(1000)),
        ("10", "EUR", Ok(1000)),
        ("10.5", "EUR", Ok(1050)),
        ("0.01", "EUR", Ok(1)),
        ("0", "EUR", Ok(0)),
        ("007.00", "EUR", Ok(700)),
        ("1.234", "KWD", Ok(1234)),
        ("1234", "JPY", Ok(1234)),
        ("10000000000000.00", "EUR", Ok(MAX_MINOR)),
        ("10000000000000.01", "EUR", Err("AMOUNT_TOO_LARGE")),
        ("99999999999999999999", "EUR", Err("AMOUNT_TOO_LARGE")),
        ("000000000000000000000000000001", "EUR", Err("AMOUNT_TOO_LARGE")),
        ("10.005", "EUR", Err("AMOUNT_TOO_PRECISE")),
        ("10.000", "EUR", Err("AMOUNT_TOO_PRECISE")),
        ("1.5", "JPY", Err("AMOUNT_TOO_PRECISE")),
        ("1.2345", "KWD", Err("AMOUNT_TOO_PRECISE")),
        ("", "EUR", Err("AMOUNT_EMPTY")),
        ("-1", "EUR", Err("AMOUNT_SIGNED")),
        ("+1", "EUR", Err("AMOUNT_SIGNED")),
        ("1e3", "EUR", Err("AMOUNT_EXPONENT")),
        ("1.0E-2", "EUR", Err("AMOUNT_EXPONENT")),
        ("abc", "EUR", Err("AMOUNT_NOT_A_DECIMAL")),
        ("NaN", "EUR", Err("AMOUNT_NOT_A_DECIMAL")),
        ("1,00", "EUR", Err("AMOUNT_NOT_A_DECIMAL")),
        (" 1", "EUR", Err("AMOUNT_NOT_A_DECIMAL")),
        ("1.", "EUR", Err("AMOUNT_NOT_A_DECIMAL")),
        (".5", "EUR", Err("AMOUNT_NOT_A_DECIMAL")),
        ("1.2.3", "EUR", Err("AMOUNT_NOT_A_DECIMAL")),
        ("\u{0661}", "EUR", Err("AMOUNT_NOT_A_DECIMAL")),
    ];
    for (text, code, expected) in rows {
        let read = Money::parse(text, currency(code));
        let found = read.as_ref().map(|money| money.minor).map_err(MoneyError::code);
        assert_eq!(found, *expected, "{text:?} {code}");
    }
}

/// Protects that only currencies with known decimals exist.
#[test]
fn unknown_currencies_are_refused() {
    for code in ["", "EU", "EURO", "eur", "XXX", "BTC", "\u{20ac}", "E\u{20ac}"] {
        assert_eq!(
            Currency::new(code).map_err(|error| error.code()),
            Err("CURRENCY_UNKNOWN"),
            "{code:?}"
        );
    }
    for currency in Currency::all() {
        assert_eq!(Currency::new(currency.code()), Ok(currency));
    }
    assert_eq!(Currency::all().count(), 24);
}

/// Protects the way money is shown: always with all decimals of its currency.
#[test]
fn money_is_shown_with_all_decimals() {
    let rows = [
        (5, "EUR", "0.05 EUR"),
        (-150, "EUR", "-1.50 EUR"),
        (7, "JPY", "7 JPY"),
        (1234, "KWD", "1.234 KWD"),
    ];
    for (minor, code, shown) in rows {
        assert_eq!(
            Money {
                minor,
                currency: currency(code)
            }
            .to_string(),
            shown
        );
    }
}

/// Protects sums from mixing currencies and from overflow.
#[test]
fn sums_are_checked() {
    let money = |minor, code| Money {
        minor,
        currency: currency(code),
    };
    assert_eq!(money(1, "EUR").checked_add(money(2, "EUR")), Ok(money(3, "EUR")));
    assert_eq!(money(1, "EUR").checked_sub(money(2, "EUR")), Ok(money(-1, "EUR")));
    assert_eq!(
        money(1, "EUR").checked_add(money(2, "GBP")),
        Err(MoneyError::Currencies(currency("EUR"), currency("GBP")))
    );
    assert_eq!(
        money(i64::MAX, "EUR").checked_add(money(1, "EUR")),
        Err(MoneyError::TooLarge)
    );
}

proptest! {
    /// Protects that what is shown is read back as the same amount.
    #[test]
    fn shown_amounts_read_back(minor in 0..=MAX_MINOR, at in 0usize..24) {
        let currency = Currency::all().nth(at).expect("24 currencies");
        let money = Money { minor, currency };
        prop_assert_eq!(Money::parse(&money.decimal(), currency), Ok(money));
    }

    /// Protects the reader from any text.
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,40}") {
        let _ = Money::parse(&text, currency("EUR"));
    }
}
