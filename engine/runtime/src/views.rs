//! Everything behind the journal: snapshots, outcomes, the rows of projections, and where what of each
//! entity is that is not in a snapshot yet.
//!
//! Invariant: a view is a function of the journal. It is written behind in large batches with its
//! position in the same batch, so that after a crash it goes on where it stood; dropped, it is rebuilt.

mod dropped;
mod gathered;
mod lists;
mod outcomes;
mod positions;
mod projection;
mod rebuilt;
mod runner;
mod snapshot;
mod stretch;
mod tails;

pub use dropped::Dropped;
pub(crate) use dropped::Sought;
pub(crate) use gathered::add_columns;
pub use lists::ListOf;
pub(crate) use lists::Lists;
pub(crate) use outcomes::{LISTED_MAX, listed_tail};
pub use outcomes::{outcome_key, outcome_row, read_outcome};
pub use positions::{ViewName, needed, outcomes_position, projection_position};
pub use projection::{Kept, Projection, Rows, list_row};
pub use rebuilt::{Difference, Rebuilt};
pub use runner::{Views, snapshot_row};
pub(crate) use runner::{note_covered, read_snapshot, snapshot_version, write_snapshot};
pub use snapshot::{Remembered, Snapshot};
pub(crate) use snapshot::{RememberedRef, encode as encode_snapshot};
pub use tails::Tails;
