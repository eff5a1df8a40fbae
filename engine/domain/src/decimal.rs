//! Decimal numbers in text, read exactly.

/// Longest text that can be a decimal here: 18 digits, a point and some leading zeros.
const MAX_CHARS: usize = 24;
const MAX_DIGITS: usize = 18;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecimalError {
    Empty,
    Signed,
    Exponent,
    NotADecimal,
    TooPrecise,
    TooLong,
}

/// Writes a number whose last so many digits are decimals: 1000 with two is `10.00`.
pub(crate) fn write(negative: bool, number: u64, places: u8) -> String {
    let mut digits = itoa::Buffer::new();
    let digits = digits.format(number);
    let places = usize::from(places);
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(places));
    let mut text = String::with_capacity(digits.len().max(places) + 3);
    if negative {
        text.push('-');
    }
    text.push_str(if whole.is_empty() { "0" } else { whole });
    if places > 0 {
        text.push('.');
        (fraction.len()..places).for_each(|_| text.push('0'));
        text.push_str(fraction);
    }
    text
}

/// Reads `text` and gives its value times ten to the power of `places`.
pub(crate) fn parse(text: &str, places: u8) -> Result<u64, DecimalError> {
    if text.is_empty() {
        return Err(DecimalError::Empty);
    }
    if text.len() > MAX_CHARS {
        return Err(DecimalError::TooLong);
    }
    if text.starts_with(['+', '-']) {
        return Err(DecimalError::Signed);
    }
    let (whole, fraction) = match text.split_once('.') {
        Some((_, "")) => return Err(DecimalError::NotADecimal),
        Some((whole, fraction)) => (whole, fraction),
        None => (text, ""),
    };
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        let exponent = text.starts_with(|first: char| first.is_ascii_digit())
            && text.contains(['e', 'E'])
            && text
                .bytes()
                .all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
        return Err(if exponent {
            DecimalError::Exponent
        } else {
            DecimalError::NotADecimal
        });
    }
    if fraction.len() > usize::from(places) {
        return Err(DecimalError::TooPrecise);
    }
    let whole = whole.trim_start_matches('0');
    if whole.len() + usize::from(places) > MAX_DIGITS {
        return Err(DecimalError::TooLong);
    }
    let zeros = usize::from(places) - fraction.len();
    let digits = whole
        .bytes()
        .chain(fraction.bytes())
        .chain(std::iter::repeat_n(b'0', zeros));
    Ok(digits.fold(0, |value, digit| value * 10 + u64::from(digit - b'0')))
}
