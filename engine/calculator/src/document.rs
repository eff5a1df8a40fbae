//! A document as a whole: its bounds, its rules, its bets.

use serde_json::Value;
use shardbook_domain::rules::Rules;

use crate::bet::{SlipBet, read_bet};
use crate::error::CalculatorError;
use crate::fields::Fields;
use crate::results::{Results, read_results};

/// Most bytes of a document. A tree of JSON values takes some ten times its text, so this is what a small machine holds.
pub const MAX_BYTES: usize = 16 << 20;
/// Most bets of a document: as many as fit when each says only what it must.
pub const MAX_BETS: usize = 100_000;
/// Most lines of all bets together, each-way counted twice: every line is shown, and this many are a book already.
pub const MAX_LINES: u64 = 250_000;

pub(crate) const FIELDS: [&str; 3] = ["rules", "bets", "results"];

pub(crate) struct Document {
    pub(crate) rules: Rules,
    pub(crate) bets: Vec<SlipBet>,
    pub(crate) results: Results,
}

pub(crate) fn read(document: &[u8]) -> Result<Document, CalculatorError> {
    let refuse = |code, problem: String| CalculatorError::new("document", code, problem);
    if document.len() > MAX_BYTES {
        let problem = format!("it has more than {MAX_BYTES} bytes: split it");
        return Err(refuse("DOCUMENT_TOO_LONG", problem));
    }
    let value: Value = serde_json::from_slice(document).map_err(|error| {
        refuse(
            "NOT_JSON",
            format!("it is not JSON ({error}): give an object with bets"),
        )
    })?;
    let fields = Fields::of("", "", &value, &FIELDS)?;
    let rules = read_rules(&fields)?;
    fields.need("bets", "a list of bets")?;
    let list = fields.list("bets")?;
    if list.is_empty() || list.len() > MAX_BETS {
        let problem = format!(
            "there are {} bets: give 1 to {MAX_BETS}, or split the document",
            list.len()
        );
        return Err(fields.refuse("bets", "BETS_COUNT", problem));
    }
    let (mut bets, mut lines) = (Vec::with_capacity(list.len()), 0u64);
    for (at, bet) in list.iter().enumerate() {
        let bet = read_bet(at, bet, &rules)?;
        lines = lines.saturating_add(bet.terms.lines());
        if lines > MAX_LINES {
            let problem = format!("with it the document has more than {MAX_LINES} lines: split the document");
            return Err(CalculatorError::new(bet.title(), "DOCUMENT_LINES", problem));
        }
        bets.push(bet);
    }
    let results = read_results(&fields)?;
    Ok(Document { rules, bets, results })
}

fn read_rules(fields: &Fields<'_>) -> Result<Rules, CalculatorError> {
    let Some(value) = fields.get("rules") else {
        return Ok(Rules::default());
    };
    let rules: Rules = serde_json::from_value(value.clone()).map_err(|error| {
        let problem = format!("they cannot be read ({error}): give the keys of [rules] in the configuration");
        fields.refuse("rules", "RULES_UNREADABLE", problem)
    })?;
    rules.validate().map_err(|error| {
        let problem = format!("it is {}: it must be {}", error.found, error.expected);
        fields.refuse(&format!("rules.{}", error.rule), "RULES_SENSELESS", problem)
    })?;
    Ok(rules)
}
