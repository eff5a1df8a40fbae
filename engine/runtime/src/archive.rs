//! Old frames in files of their own: written, read back, and only then deleted from the store.
//!
//! A *segment* is a file with consecutive frames of one shard, as they are in the journal. The segments of a shard are one
//! chain that begins at its first frame and goes on in the store, so that an archive is proven as the journal is. A store that
//! is opened with its archive reads on as if nothing had left ([`Store::frames`], [`Store::frame`]).
//!
//! [`Store::frames`]: crate::journal::Store::frames
//! [`Store::frame`]: crate::journal::Store::frame

mod fault;
mod folder;
mod name;
mod retention;
mod segment;
mod stray;

pub use fault::{ArchiveFault, Damage};
pub use folder::Archive;
pub use name::SegmentName;
pub use retention::{Keep, Needed, Report, Retention, Step};
pub use segment::{FRAME_LENGTH_MAX, Header, SEGMENT_BYTES, Segment, SegmentWriter};
