//! Documents in short form for the tables.

use std::path::PathBuf;

use shardbook_calculator::{CalculatorError, Settled, settle};

pub fn docs() -> PathBuf {
    PathBuf::from("../../docs")
}

pub fn example(name: &str) -> String {
    let path = docs().join("examples").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub const EXAMPLES: [&str; 3] = [
    "settle-lucky-15.json",
    "settle-each-way.json",
    "settle-asian-handicap.json",
];

/// A document of these bets and results.
pub fn document(bets: &str, results: &str) -> String {
    format!(r#"{{"bets": [{bets}], "results": [{results}]}}"#)
}

/// A single of 10.00 on `a` at 2.50, with more fields.
pub fn single(more: &str) -> String {
    format!(r#"{{"stake": {{"unit": "10.00"}}, "legs": [{{"selection": "a", "price": "2.50"}}] {more}}}"#)
}

pub fn settled(document: &str) -> Settled {
    settle(document.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{document}"))
}

pub fn refused(document: &str) -> CalculatorError {
    match settle(document.as_bytes()) {
        Ok(_) => panic!("settled: {document}"),
        Err(error) => error,
    }
}
