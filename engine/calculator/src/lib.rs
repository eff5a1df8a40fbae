//! Settlement of documents: bets and results in, returns and their working out. The arithmetic is the domain's; here is
//! only what reads JSON and says what came of it.
//!
//! [`settle`] settles bets, [`price_slip`] says what they cost and may return, [`odds_table`] shows a price in every format.
//! What a document may hold is in [`schema`].

mod bet;
mod document;
mod error;
mod fields;
mod odds_table;
mod results;
mod settle;
mod slip;
mod table;

pub use document::{MAX_BETS, MAX_BYTES, MAX_LINES};
pub use error::CalculatorError;
pub use odds_table::{OddsTable, odds_table, odds_table_of};
pub use results::MAX_MARKET_SELECTIONS;
pub use settle::{Settled, SettledBet, settle};
pub use slip::{PricedBet, PricedSlip, price_slip};

/// The JSON Schema of documents, as text.
pub fn schema() -> &'static str {
    include_str!("../../../docs/settle.schema.json")
}
