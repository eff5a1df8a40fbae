//! What the exchange itself says each market ended in: the oracle that settlement is checked against. Read apart
//! from the translator, so that an error of one does not hide in the other.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::archive::{Archive, ArchiveError, Limits};

/// A market as its last definition has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinalMarket {
    /// Event id of the exchange.
    pub event: String,
    /// `WIN`, `MATCH_ODDS`, ...
    pub market_type: String,
    /// `CLOSED`, or what it was at the end of the file.
    pub status: String,
    /// How many may win; 0 if not told.
    pub winners: u64,
    /// Runner status such as `WINNER` by selection id: `<id>`, or `<id>@<handicap>`.
    pub runners: BTreeMap<String, String>,
}

/// The last definition of every market of a file, by market id. Lines that are not JSON are passed over.
///
/// # Errors
/// The file cannot be opened or read to its end.
pub fn final_markets(file: &Path, limits: Limits) -> Result<BTreeMap<String, FinalMarket>, ArchiveError> {
    let mut archive = Archive::open(file, limits)?;
    let mut markets = BTreeMap::new();
    while let Some(line) = archive.next_line()? {
        let Some(Ok(read)) = line.text.map(serde_json::from_slice::<Value>) else {
            continue;
        };
        for change in read["mc"].as_array().into_iter().flatten() {
            let definition = &change["marketDefinition"];
            if definition.is_object() {
                markets.insert(text(&change["id"]), market(definition));
            }
        }
    }
    Ok(markets)
}

fn market(definition: &Value) -> FinalMarket {
    let runner = |runner: &Value| {
        let id = text(&runner["id"]);
        let handicap = text(&runner["hc"]);
        let handicap = handicap.strip_suffix(".0").unwrap_or(&handicap);
        let plain = matches!(handicap, "" | "0" | "-0");
        (
            if plain { id } else { format!("{id}@{handicap}") },
            text(&runner["status"]),
        )
    };
    FinalMarket {
        event: text(&definition["eventId"]),
        market_type: text(&definition["marketType"]),
        status: text(&definition["status"]),
        winners: definition["numberOfWinners"].as_u64().unwrap_or_default(),
        runners: definition["runners"]
            .as_array()
            .into_iter()
            .flatten()
            .map(runner)
            .collect(),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
