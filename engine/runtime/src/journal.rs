//! The journal: what is durable, in order, per shard.
//!
//! Entries of many commands are written as one *frame* per shard with one synced write, and every frame
//! carries the digest of the frame before. An answer leaves only when the frame that holds its entry is
//! durable; the frames of a shard are written in order, so what was never durable was never answered.

mod codec;
mod committer;
mod compaction;
mod entry;
mod frame;
mod frames;
mod gate;
mod options;
mod recent;
mod regression;
mod retired;
mod store;
mod witness;

pub(crate) use codec::{Reader, VARINT_BYTES_MAX, put_bytes, put_varint};
pub use committer::{Committed, Committer, Counters, Durability, Followed, Journal, Submission};
pub use entry::{Entry, EntryRef, Outcome};
pub use frame::{Digest, FRAME_BYTES_MAX, Frame, FrameBuilder, GENESIS, Position};
pub(crate) use gate::Room;
pub use options::StoreOptions;
pub use retired::Retired;
pub(crate) use store::after_prefix;
pub use store::{Families, Row, Store};
