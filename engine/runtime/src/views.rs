//! Everything behind the journal: snapshots, outcomes, the rows of projections, and what of each
//! entity is not in a snapshot yet.
//!
//! Invariant: a view is a function of the journal. It is written behind in large batches with its
//! position in the same batch, so that after a crash it goes on where it stood; dropped, it is rebuilt.

mod dropped;
mod gathered;
mod positions;
mod projection;
mod rebuilt;
mod runner;
mod snapshot;
mod tails;

pub use dropped::Dropped;
pub(crate) use gathered::add_columns;
pub use positions::{ViewName, needed, outcomes_position, projection_position};
pub use projection::{Projection, Rows, list_row};
pub use rebuilt::{Difference, Rebuilt};
pub use runner::Views;
pub(crate) use runner::{note_covered, read_snapshot};
pub use snapshot::{Remembered, Snapshot};
pub(crate) use snapshot::{RememberedRef, encode as encode_snapshot};
pub use tails::Tails;

use crate::entity::{CommandId, EntityKey};
use crate::journal::EntryRef;

/// The row of an outcome: entity, then command.
#[must_use]
pub fn outcome_key(key: EntityKey, command: CommandId) -> [u8; 25] {
    let mut row = [0; 25];
    row[..9].copy_from_slice(&key.to_bytes());
    row[9..].copy_from_slice(&command.0);
    row
}

/// What is remembered of a command, as it is in its row.
#[must_use]
pub fn outcome_row(entry: &EntryRef<'_>) -> Vec<u8> {
    [outcome_head(entry).as_slice(), entry.entry.outcome.bytes].concat()
}

/// What stands before the outcome's own bytes in its row: the fingerprint, and whether it was accepted.
pub(crate) fn outcome_head(entry: &EntryRef<'_>) -> [u8; 9] {
    let mut head = [0; 9];
    head[..8].copy_from_slice(&entry.entry.fingerprint.to_le_bytes());
    head[8] = u8::from(entry.entry.outcome.accepted);
    head
}
