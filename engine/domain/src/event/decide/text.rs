//! The form of what sources write.

use super::super::rejection::Rejection;
use super::super::state::MarketKey;
use super::{MAX_SOURCE_ID_BYTES, MAX_SPECIFIERS_BYTES, MAX_TYPE_BYTES};

/// A text that may be empty.
pub(super) fn text(field: &str, text: &str, max: usize) -> Result<(), Rejection> {
    if text.len() > max || text.chars().any(char::is_control) {
        return Err(Rejection::BadText {
            field: field.into(),
            max: max as u16,
        });
    }
    Ok(())
}

/// A text that names something and so is not empty.
pub(super) fn name(field: &str, name: &str, max: usize) -> Result<(), Rejection> {
    if name.is_empty() {
        return Err(Rejection::BadText {
            field: field.into(),
            max: max as u16,
        });
    }
    text(field, name, max)
}

/// A source's id of a selection.
pub(super) fn source_id(id: &str) -> Result<(), Rejection> {
    name("selection id", id, MAX_SOURCE_ID_BYTES)
}

pub(super) fn market_key(key: &MarketKey) -> Result<(), Rejection> {
    let type_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let kind = (1..=MAX_TYPE_BYTES).contains(&key.kind.len()) && key.kind.bytes().all(type_byte);
    let printable = |byte: u8| (b' '..=b'~').contains(&byte);
    let specifiers = key.specifiers.len() <= MAX_SPECIFIERS_BYTES && key.specifiers.bytes().all(printable);
    if kind && specifiers {
        Ok(())
    } else {
        Err(Rejection::BadMarketKey)
    }
}
