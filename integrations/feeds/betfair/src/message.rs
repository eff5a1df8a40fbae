//! The exchange's stream messages, as far as a book is made from them; other fields are passed over.

use serde::Deserialize;

use crate::line_error::LineError;
use crate::number::{Exact, Instant};

/// Latest publish time taken: the start of 2100. A single line from beyond would shadow all that follow it.
const LATEST_MS: i64 = 4_102_444_800_000;

#[derive(Debug, Deserialize)]
struct Envelope {
    op: String,
    pt: Option<i64>,
    ct: Option<String>,
    status: Option<i64>,
    con: Option<bool>,
    mc: Option<Vec<MarketChange>>,
    #[serde(rename = "statusCode")]
    status_code: Option<String>,
}

/// One line of a source.
#[derive(Debug)]
pub(crate) enum Message {
    /// `connection`, or a `status` that tells of success.
    Control,
    /// A `status` that tells of failure.
    Refused,
    Change(Change),
}

/// An `mcm`: changes of markets at one publish time.
#[derive(Debug)]
pub(crate) struct Change {
    pub published_ms: i64,
    pub heartbeat: bool,
    /// Status 503: the exchange says that its data is late.
    pub stale: bool,
    pub conflated: bool,
    pub markets: Vec<MarketChange>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct MarketChange {
    pub id: String,
    pub img: Option<bool>,
    pub con: Option<bool>,
    #[serde(rename = "marketDefinition")]
    pub definition: Option<Definition>,
    pub rc: Option<Vec<RunnerChange>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct RunnerChange {
    pub id: u64,
    pub hc: Option<Exact>,
    /// Price, size.
    pub atb: Option<Vec<(Exact, Exact)>>,
    /// Position, price, size.
    pub batb: Option<Vec<(u32, Exact, Exact)>>,
    pub bdatb: Option<Vec<(u32, Exact, Exact)>>,
    pub ltp: Option<Exact>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Definition {
    pub event_id: String,
    pub event_type_id: String,
    pub event_name: Option<String>,
    pub name: Option<String>,
    pub venue: Option<String>,
    pub country_code: Option<String>,
    pub market_type: String,
    pub betting_type: Option<String>,
    pub market_time: Instant,
    pub status: MarketStatus,
    #[serde(default)]
    pub in_play: bool,
    #[serde(default)]
    pub bet_delay: u16,
    #[serde(default)]
    pub number_of_winners: u16,
    pub runners: Vec<RunnerDefinition>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct RunnerDefinition {
    pub id: u64,
    pub hc: Option<Exact>,
    pub name: Option<String>,
    pub status: RunnerStatus,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum MarketStatus {
    Inactive,
    Open,
    Suspended,
    Closed,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum RunnerStatus {
    Active,
    Winner,
    Loser,
    Placed,
    Removed,
    RemovedVacant,
    Hidden,
}

impl RunnerStatus {
    pub fn is_removed(self) -> bool {
        matches!(self, Self::Removed | Self::RemovedVacant)
    }
}

impl Message {
    /// Reads one line whole or not at all, so that a faulty line changes nothing.
    pub fn read(line: &[u8]) -> Result<Self, LineError> {
        let text = std::str::from_utf8(line).map_err(|e| LineError::NotUtf8 { at: e.valid_up_to() })?;
        let envelope: Envelope = serde_json::from_str(text).map_err(|e| LineError::malformed(e.to_string()))?;
        match envelope.op.as_str() {
            "mcm" => envelope.change().map(Self::Change),
            "connection" => Ok(Self::Control),
            "status" if envelope.status_code.as_deref() == Some("FAILURE") => Ok(Self::Refused),
            "status" => Ok(Self::Control),
            other => Err(LineError::malformed(format!(
                "operation {:?} is not of a market stream",
                cut(other, 32)
            ))),
        }
    }
}

impl Envelope {
    fn change(self) -> Result<Change, LineError> {
        let published_ms = self
            .pt
            .ok_or_else(|| LineError::malformed("no publish time pt".to_owned()))?;
        if !(0..=LATEST_MS).contains(&published_ms) {
            return Err(LineError::malformed(format!(
                "publish time {published_ms} is not between 1970 and 2100"
            )));
        }
        let markets = self.mc.unwrap_or_default();
        if let Some(id) = markets.iter().flat_map(MarketChange::ids).find(|id| !is_id(id)) {
            let shown = cut(id, 40);
            return Err(LineError::malformed(format!(
                "id {shown:?} is not 1 to 32 digits, dots or dashes"
            )));
        }
        let mut kinds = markets
            .iter()
            .filter_map(|market| market.definition.as_ref())
            .map(|d| &d.market_type);
        if let Some(kind) = kinds.find(|kind| !is_market_type(kind)) {
            let shown = cut(kind, 40);
            return Err(LineError::malformed(format!(
                "market type {shown:?} is not 1 to 64 letters, digits or _.-"
            )));
        }
        Ok(Change {
            published_ms,
            heartbeat: self.ct.as_deref() == Some("HEARTBEAT"),
            stale: self.status == Some(503),
            conflated: self.con == Some(true) || markets.iter().any(|m| m.con == Some(true)),
            markets,
        })
    }
}

impl MarketChange {
    /// Ids that become part of names, and so must be short and plain.
    fn ids(&self) -> impl Iterator<Item = &str> {
        let of_definition = self
            .definition
            .iter()
            .flat_map(|d| [d.event_id.as_str(), d.event_type_id.as_str()]);
        std::iter::once(self.id.as_str()).chain(of_definition)
    }
}

fn is_id(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-')
}

fn is_market_type(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
}

/// At most `bytes` of a text, on one line and without control characters.
pub(crate) fn cut(text: &str, bytes: usize) -> String {
    let end = text.floor_char_boundary(bytes);
    text[..end].replace(char::is_control, " ")
}
