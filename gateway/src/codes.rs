//! Every refusal that the gateway itself makes. Stable: a code is never renamed nor given another meaning.

use shardbook_proto::client::v1::Error;

/// A refusal: what it means and what the client is to do.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// The stable name, as in `Error.code`.
    pub name: &'static str,
    /// What happened.
    pub meaning: &'static str,
    /// What to do about it.
    pub advice: &'static str,
    /// The same message may be sent again with the same id.
    pub retry: bool,
}

impl Code {
    /// The refusal as it travels.
    #[must_use]
    pub fn error(&self) -> Error {
        self.with("")
    }

    /// The refusal with a detail of this one case, such as the position in the text.
    #[must_use]
    pub fn with(&self, detail: &str) -> Error {
        let message = if detail.is_empty() {
            format!("{}; {}", self.meaning, self.advice)
        } else {
            format!("{} ({detail}); {}", self.meaning, self.advice)
        };
        Error {
            code: self.name.to_owned(),
            message,
            retry: self.retry,
            ..Error::default()
        }
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident, $retry:literal, $meaning:literal, $advice:literal;)*) => {
        $(
            $(#[$doc])*
            pub const $name: Code =
                Code { name: stringify!($name), meaning: $meaning, advice: $advice, retry: $retry };
        )*
        /// All codes of the gateway, in the order of `docs/errors.md`.
        pub const ALL: &[&Code] = &[$(&$name),*];
    };
}

codes! {
    /// Not JSON, or not one object.
    BAD_JSON, false, "the frame is not one JSON object", "send one ClientMessage as proto3 JSON in each text frame";
    /// A field of a request is not in the schema.
    UNKNOWN_FIELD, false, "the request has a field that the schema does not know", "remove or correct the field";
    /// A field of a request has another type or value than the schema allows, or stands there twice.
    BAD_FIELD, false, "a field does not have the type of the schema", "correct the field; money, prices and 64-bit integers are strings";
    /// No request, or one that the schema does not know.
    UNKNOWN_MESSAGE, false, "the message holds no request that is known", "send exactly one of the requests of ClientMessage";
    /// The id is absent, too long, or not printable.
    BAD_ID, false, "the id is not 1 to 64 printable ASCII characters", "give every message an id of its own";
    /// A binary frame on the WebSocket.
    BINARY_NOT_SUPPORTED, false, "binary frames are not read", "send ClientMessage as JSON in text frames";
    /// Something that needs a player came before a session was opened.
    NO_SESSION, false, "no session is open on this connection", "send openSession first and wait for sessionOpened";
    /// The connection belongs to another player already.
    SESSION_OPEN, false, "this connection already serves another player", "open a connection for each player";
    /// The brand is not in the form of the schema.
    BAD_BRAND, false, "the brand is not 1 to 32 of a-z, 0-9 and -", "correct the brand";
    /// The player is absent or not in the form of the schema.
    BAD_PLAYER, false, "the player is not 1 to 64 of A-Z, a-z, 0-9, '.', '_' and -", "correct the player";
    /// A trader without a fit name.
    BAD_TRADER, false, "the trader's name is not 1 to 64 printable ASCII characters", "name the trader";
    /// An event id of a subscription is empty or too long.
    BAD_EVENT, false, "an event id is not 1 to 128 bytes", "take event ids from listEvents";
    /// More than 1,000 events in the subscriptions of one connection.
    TOO_MANY_EVENTS, false, "a connection follows at most 1,000 events by name", "subscribe with an empty list for all events";
    /// Single events cannot be taken out of a subscription to all.
    SUBSCRIBED_TO_ALL, false, "this connection follows every event", "unsubscribe with an empty list, then subscribe to the events wanted";
    /// A page size above 100.
    BAD_PAGE, false, "the limit of a page is above 100", "ask for 1 to 100 bets and follow nextCursor";
    /// An odds format that is none, or is not written here.
    ODDS_FORMAT_UNKNOWN, false, "the odds format is not known", "give decimal, fractional, moneyline, hong-kong, indonesian or malay";
    /// Deposit or withdrawal while the test cashier is off.
    CASHIER_DISABLED, false, "the test cashier is switched off here", "use the cashier of the operator, or set test_cashier in development";
    /// More requests of this connection are waiting than allowed.
    TOO_MANY_IN_FLIGHT, true, "too many requests of this connection are waiting for their answers", "wait for an answer, then send it again with the same id";
    /// More messages a second than allowed.
    RATE_LIMITED, true, "messages come faster than this connection may send them", "send it again a little later with the same id";
    /// More bets in one message of bulk betting than allowed.
    BATCH_TOO_LARGE, true, "the message holds more bets than max_batch_bets; nothing was done", "put fewer bets in a message and send them again with the same ids";
    /// The shard is not serving.
    UNAVAILABLE, true, "the shard of this player is not serving now; nothing was done", "send it again with the same id";
    /// Too much is waiting in the engine.
    OVERLOADED, true, "too much is waiting in the engine; nothing was done", "send it again a little later with the same id";
    /// The deadline passed before the command was decided.
    DEADLINE_PASSED, true, "the command waited too long and was not carried out", "send it again with the same id";
    /// Whether the command was carried out is not known.
    UNKNOWN, true, "it is not known whether this was carried out", "ask again with the same id: a command done once is answered, never done twice";
    /// The gateway is stopping.
    STOPPING, true, "this gateway is stopping; nothing was done", "connect again and send it with the same id";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Protects the promise that every code a client can meet is explained in the handbook, word for word.
    #[test]
    fn the_handbook_lists_every_code() {
        let handbook = include_str!("../../docs/errors.md");
        for code in ALL {
            let row = format!("| `{}` | {} | {} |", code.name, code.meaning, code.advice);
            assert!(handbook.contains(&row), "docs/errors.md lacks this row:\n{row}");
        }
    }

    /// Protects clients that switch on a code: no name twice.
    #[test]
    fn names_are_unique() {
        let names: BTreeSet<_> = ALL.iter().map(|code| code.name).collect();
        assert_eq!(names.len(), ALL.len());
    }
}
