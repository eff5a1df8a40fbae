//! The latest result of each market: what a bet that came in at the last moment is settled by.

use shardbook_domain::process::settlement;

use crate::legs::market_prefix;
use crate::{EventEntry, Row};

/// The rows of an entry: the event that resulted, voided or rolled back a market, as it is in the journal.
pub fn rows(entry: &EventEntry<'_>, mut row: impl FnMut(Row<'_>)) {
    for (event, bytes) in entry.events.iter().zip(entry.encoded) {
        if let Some(notice) = settlement::on_result(entry.event, event) {
            row(Row::Put(&market_prefix(notice.event, notice.market), bytes));
        }
    }
}
