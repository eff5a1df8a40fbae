//! Everything behind the journal: snapshots, outcomes, the rows of projections, and what of each
//! entity is not in a snapshot yet.
//!
//! Invariant: a view is a function of the journal. It is written behind in large batches with its
//! position in the same batch, so that after a crash it goes on where it stood; dropped, it is rebuilt.

mod dropped;
mod gathered;
mod lists;
mod positions;
mod projection;
mod rebuilt;
mod runner;
mod snapshot;
mod tails;

pub use dropped::Dropped;
pub(crate) use dropped::Sought;
pub(crate) use gathered::add_columns;
pub use lists::ListOf;
pub(crate) use lists::Lists;
pub use positions::{ViewName, needed, outcomes_position, projection_position};
pub use projection::{Kept, Projection, Rows, list_row};
pub use rebuilt::{Difference, Rebuilt};
pub use runner::{Views, snapshot_row};
pub(crate) use runner::{note_covered, read_snapshot};
pub use snapshot::{Remembered, Snapshot};
pub(crate) use snapshot::{RememberedRef, encode as encode_snapshot};
pub use tails::Tails;

use std::ops::ControlFlow;

use crate::entity::{CommandId, EntityKey};
use crate::fault::StoreFault;
use crate::journal::{EntryRef, Families, Store};

/// Entries of an entity from its first on whose outcomes are gathered in a list; those after have a row each. A search of a
/// list goes over the whole of it, so that it must not grow for ever; and up to here [`Dropped`] says whether to search.
pub(crate) const LISTED_MAX: u64 = 8_000;
/// What the list of outcomes of an entity begins with: no kind of entity is that high.
const LISTED: u8 = 0xE0;
/// Bytes of the end of the key of an outcome in its list: the command.
const LISTED_ELEMENT: usize = 16;

/// The list of outcomes of an entity.
fn outcome_list(key: EntityKey) -> [u8; 10] {
    let mut list = [LISTED; 10];
    list[1..].copy_from_slice(&key.to_bytes());
    list
}

/// What is on disk, or on its way there, of the outcome of a command. `listed` says whether it may be in the list.
///
/// # Errors
/// When the store fails or a row is damaged.
pub fn read_outcome(
    store: &Store,
    key: EntityKey,
    command: CommandId,
    listed: bool,
) -> Result<Option<Vec<u8>>, StoreFault> {
    let mut found = None;
    if listed {
        let shard = store.map().locate(key);
        store.elements(
            ListOf::Outcomes,
            shard,
            &outcome_list(key),
            LISTED_ELEMENT,
            |of, row| {
                if *of != command.0 {
                    return ControlFlow::Continue(());
                }
                found = Some(row.to_vec());
                ControlFlow::Break(())
            },
        )?;
    }
    match found {
        Some(row) => Ok(Some(row)),
        None => store.get(Families::OUTCOMES, &outcome_key(key, command)),
    }
}

/// The row of an outcome that is in no list: entity, then command.
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
