//! Events of the journal in a form for people: ids and prices as they are written elsewhere.

use serde::Serialize;
use serde_json::{Value, json};
use shardbook_domain::odds::Odds;
use shardbook_runtime::entity::CommandId;

use crate::Failure;

/// The value with ids as hexadecimal digits and prices as decimal odds. Amounts stay minor units, times Unix
/// milliseconds.
pub(super) fn value(of: &impl Serialize) -> Result<Value, Failure> {
    Ok(tidy("", serde_json::to_value(of)?))
}

/// The value on one line, its kind first.
pub(super) fn line(value: &Value) -> String {
    match value {
        Value::Object(fields) if fields.len() == 1 => {
            let kinds = fields.iter().map(|(kind, fields)| format!("{kind} {fields}"));
            kinds.collect()
        }
        other => other.to_string(),
    }
}

/// The first digits of a command's id: enough to tell commands apart.
pub(super) fn command(id: CommandId) -> String {
    hex(&id.0[..6])
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn tidy(key: &str, value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, value)| {
                let tidied = tidy(&key, value);
                (key, tidied)
            })
            .collect(),
        Value::Array(items) => match (key, numbers(&items).as_deref()) {
            ("price", Some(&[num, den])) => odds(num, den).unwrap_or_else(|| json!([num, den])),
            ("event" | "player", Some(bytes @ &[_, _, _, _, _, _, _, _])) => {
                let bytes: Vec<u8> = bytes.iter().map(|byte| *byte as u8).collect();
                hex(&bytes).into()
            }
            _ => items.into_iter().map(|item| tidy("", item)).collect(),
        },
        other => other,
    }
}

fn numbers(items: &[Value]) -> Option<Vec<u64>> {
    items.iter().map(Value::as_u64).collect()
}

fn odds(num: u64, den: u64) -> Option<Value> {
    let odds = Odds::ratio(u32::try_from(num).ok()?, u32::try_from(den).ok()?).ok()?;
    Some(odds.to_string().into())
}

#[cfg(test)]
mod tests {
    use shardbook_domain::ids::{EventId, MarketNo, SelectionNo, SelectionRef};
    use shardbook_domain::player::AskedLeg;

    use super::*;

    /// Protects the reader: an event's id is shown as it is elsewhere, and a price as decimal odds.
    #[test]
    fn ids_and_prices() {
        let selection = SelectionRef {
            event: EventId(0x0123_4567_89ab_cdef),
            market: MarketNo(1),
            selection: SelectionNo(2),
        };
        let price = Odds::parse("2.50").expect("a price");
        let shown = value(&AskedLeg { selection, price }).expect("has a form");
        let expected = json!({
            "selection": { "event": "0123456789abcdef", "market": 1, "selection": 2 },
            "price": "2.50",
        });
        assert_eq!(shown, expected);
    }
}
