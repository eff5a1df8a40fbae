//! What the bets of a document cost and may return.

use serde_json::{Value, json};
use shardbook_domain::money::Money;

use crate::document;
use crate::error::CalculatorError;
use crate::table::table;

const HEADINGS: [&str; 7] = [
    "bet",
    "type",
    "combinations",
    "lines",
    "unit stake",
    "stake",
    "returns at most",
];

/// A priced document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PricedSlip {
    /// The bets in the order of the document.
    pub bets: Vec<PricedBet>,
}

/// What a bet costs and may return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PricedBet {
    /// How it is called, such as `bet 2 (anna-1)`.
    pub title: String,
    /// Its id in the document.
    pub id: Option<String>,
    /// Its name, such as `Lucky 15`.
    pub name: String,
    /// Whether every combination is staked to win and to be placed.
    pub each_way: bool,
    /// Number of combinations.
    pub combinations: u64,
    /// Number of lines: combinations, each-way counted twice.
    pub lines: u64,
    /// Stake of each line.
    pub unit_stake: Money,
    /// Stake of all lines.
    pub stake: Money,
    /// What it returns at most, bonuses included, by the maximum payout.
    pub max_return: Money,
}

/// Prices the bets of a document; results are read and left aside. Fails as [`crate::settle`] does.
pub fn price_slip(document: &[u8]) -> Result<PricedSlip, CalculatorError> {
    let document = document::read(document)?;
    let bets = document.bets.iter().map(|bet| {
        let shape = bet.terms.shape();
        PricedBet {
            title: bet.title(),
            id: bet.id.clone(),
            name: shape.name(),
            each_way: shape.each_way,
            combinations: shape.combinations(),
            lines: shape.lines(),
            unit_stake: bet.terms.unit_stake.of(bet.currency),
            stake: bet.terms.stake.of(bet.currency),
            max_return: bet.terms.potential_return(&document.rules).of(bet.currency),
        }
    });
    Ok(PricedSlip { bets: bets.collect() })
}

impl PricedSlip {
    /// A table with a row for each bet.
    pub fn text(&self) -> String {
        let row = |bet: &PricedBet| {
            vec![
                bet.title.clone(),
                format!("{}{}", bet.name, if bet.each_way { " each-way" } else { "" }),
                bet.combinations.to_string(),
                bet.lines.to_string(),
                bet.unit_stake.decimal(),
                bet.stake.to_string(),
                bet.max_return.decimal(),
            ]
        };
        let mut rows = vec![HEADINGS.map(str::to_owned).to_vec()];
        rows.extend(self.bets.iter().map(row));
        table(&rows, 2)
    }

    /// The same as JSON.
    pub fn json(&self) -> Value {
        let bet = |bet: &PricedBet| {
            json!({
                "id": bet.id,
                "type": bet.name,
                "each_way": bet.each_way,
                "combinations": bet.combinations,
                "lines": bet.lines,
                "currency": bet.stake.currency.code(),
                "unit_stake": bet.unit_stake.decimal(),
                "stake": bet.stake.decimal(),
                "max_return": bet.max_return.decimal(),
            })
        };
        let bets: Vec<Value> = self.bets.iter().map(bet).collect();
        json!({ "bets": bets })
    }
}
