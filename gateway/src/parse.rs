//! One text frame to one checked message, or to the one refusal that says what is wrong with it.

use serde_json::Value;
use serde_json::error::Category;
use shardbook_proto::client::v1::client_message::Request;
use shardbook_proto::client::v1::{ClientMessage, Error, OpenSession, PlayerRef};

use crate::codes;

/// Events that one connection may follow by name.
pub(crate) const MAX_EVENTS: usize = 1_000;
const MAX_EVENT_BYTES: usize = 128;
const MAX_ID_BYTES: usize = 64;
const MAX_PAGE: u32 = 100;

/// A refusal with the id of what is refused; the id is empty where none could be read.
#[derive(Debug, PartialEq)]
pub(crate) struct Refusal {
    pub id: String,
    pub error: Error,
}

/// Reads a frame that is not longer than the bound of the connection. Never panics, whatever the text.
pub(crate) fn parse(text: &str) -> Result<ClientMessage, Box<Refusal>> {
    match serde_json::from_str::<ClientMessage>(text) {
        Ok(message) => Ok(message),
        Err(fault) => Err(Box::new(explain(text, &fault))),
    }
}

/// Checks what needs no shard.
pub(crate) fn check(message: &ClientMessage) -> Result<(), Error> {
    check_id(&message.id)?;
    match &message.request {
        None => Err(codes::UNKNOWN_MESSAGE.error()),
        Some(Request::OpenSession(open)) => check_player(&player(open)),
        Some(Request::Subscribe(subscribe)) => check_events(&subscribe.events),
        Some(Request::Unsubscribe(unsubscribe)) => check_events(&unsubscribe.events),
        Some(Request::ListBets(list)) => check_page(list.limit),
        Some(_) => Ok(()),
    }
}

pub(crate) fn check_id(id: &str) -> Result<(), Error> {
    let printable = id.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if id.is_empty() || id.len() > MAX_ID_BYTES || !printable {
        Err(codes::BAD_ID.error())
    } else {
        Ok(())
    }
}

/// The id as it may be sent back: empty where it is not fit to be.
pub(crate) fn fit_id(id: &str) -> String {
    if check_id(id).is_ok() {
        id.to_owned()
    } else {
        String::new()
    }
}

pub(crate) fn check_player(player: &PlayerRef) -> Result<(), Error> {
    let brand = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if !(1..=32).contains(&player.brand.len()) || !player.brand.bytes().all(brand) {
        return Err(codes::BAD_BRAND.error());
    }
    if !(1..=64).contains(&player.player.len()) || !player.player.bytes().all(name) {
        return Err(codes::BAD_PLAYER.error());
    }
    Ok(())
}

pub(crate) fn check_events(events: &[String]) -> Result<(), Error> {
    if events.len() > MAX_EVENTS {
        return Err(codes::TOO_MANY_EVENTS.error());
    }
    match events
        .iter()
        .position(|event| event.is_empty() || event.len() > MAX_EVENT_BYTES)
    {
        Some(at) => Err(codes::BAD_EVENT.with(&format!("events[{at}]"))),
        None => Ok(()),
    }
}

pub(crate) fn check_page(limit: u32) -> Result<(), Error> {
    if limit > MAX_PAGE {
        Err(codes::BAD_PAGE.error())
    } else {
        Ok(())
    }
}

pub(crate) fn player(open: &OpenSession) -> PlayerRef {
    PlayerRef {
        brand: open.brand.clone(),
        player: open.player.clone(),
    }
}

/// The id of a frame that is refused unread; empty where none can be read.
pub(crate) fn id_of(text: &str) -> String {
    serde_json::from_str::<Value>(text)
        .map(|value| echo(&value))
        .unwrap_or_default()
}

fn echo(value: &Value) -> String {
    let id = value.get("id").and_then(Value::as_str).unwrap_or_default();
    if id.len() <= MAX_ID_BYTES {
        id.to_owned()
    } else {
        String::new()
    }
}

/// The slow way, taken only by what is refused: finds the id and the kind of fault.
fn explain(text: &str, fault: &serde_json::Error) -> Refusal {
    let place = format!("line {} column {}", fault.line(), fault.column());
    let object = match serde_json::from_str::<Value>(text) {
        Ok(value @ Value::Object(_)) => value,
        Ok(_) => {
            return Refusal {
                id: String::new(),
                error: codes::BAD_JSON.with("line 1 column 1"),
            };
        }
        Err(_) => {
            return Refusal {
                id: String::new(),
                error: codes::BAD_JSON.with(&place),
            };
        }
    };
    let id = echo(&object);
    let said = fault.to_string();
    let code = if fault.classify() != Category::Data || !said.starts_with("unknown field") {
        &codes::BAD_FIELD
    } else if names_unknown_request(&object) {
        &codes::UNKNOWN_MESSAGE
    } else {
        &codes::UNKNOWN_FIELD
    };
    let said = said.split(", expected").next().unwrap_or_default();
    let detail: String = said.chars().filter(|letter| !letter.is_control()).take(120).collect();
    let detail = if detail.contains("line") {
        detail
    } else {
        format!("{detail}, {place}")
    };
    Refusal {
        id,
        error: code.with(&detail),
    }
}

fn names_unknown_request(object: &Value) -> bool {
    object
        .as_object()
        .into_iter()
        .flat_map(|fields| fields.keys())
        .any(|key| {
            key != "id" && {
                let alone = Value::Object([(key.clone(), Value::Null)].into_iter().collect());
                serde_json::from_value::<ClientMessage>(alone).is_err()
            }
        })
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
