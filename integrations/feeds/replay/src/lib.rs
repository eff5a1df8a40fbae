//! When each message of a replayed or generated feed is due.
//!
//! Invariant: pure. Nothing here sleeps or reads a clock; the caller paces by [`Timed::due`]. A message's
//! `source_ms` stays what its source said: only `due` follows the plan.

mod ladder;
mod schedule;
mod speed;

use std::time::Duration;

use shardbook_proto::provider::v1::FeedMessage;

pub use ladder::{Band, Ladder, LadderError};
pub use schedule::Schedule;
pub use speed::{Rate, Speed, SpeedError};

/// How a set of sources is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// How source time becomes due time.
    pub speed: Speed,
    /// `true` shifts clocks so that every source starts at due time zero and all trade at once;
    /// `false` keeps the sources' own distance in time.
    pub overlap: bool,
}

/// A message and when it is due.
#[derive(Clone, Debug, PartialEq)]
pub struct Timed {
    /// Since the start of the replay.
    pub due: Duration,
    /// What the source said.
    pub message: FeedMessage,
}

/// A message with its place in its own track, before any plan is applied.
#[derive(Clone, Debug, PartialEq)]
pub struct Marked {
    /// Source time since the track's first line, milliseconds; never falls within a track.
    pub elapsed_ms: u64,
    /// How much of the track came before, in the track's own units (lines, ticks); never falls, `<= total`.
    pub index: u64,
    /// Length of the whole track in the same units.
    pub total: u64,
    /// What the source said.
    pub message: FeedMessage,
}
