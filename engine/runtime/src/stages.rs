//! Processor time by stage, for whoever measures: what of the work on a command is which part of its way.
//!
//! Off until [`count`] is called, and then nearly free: of the commands that a thread carries one in [`SAMPLED`] is timed and
//! stands for all; what journal and views do, which is for many commands together, is timed each time.
//!
//! A [`Lap`] is open while a thread works on one thing. Each [`mark`] gives the time since the last one to a stage; where no
//! lap is open, or one that is not counted, it does nothing. A lap within another is part of it.

mod lap;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use lap::{Cost, Piece};
pub use lap::{Lap, each, mark, sample};

/// One command in so many is timed. A prime, so that it falls in step with no pattern of commands; large, so that all
/// looks at the clock together are less than a hundredth of the work.
pub const SAMPLED: u64 = 61;

/// A part of the way of a command. docs/performance.md says what is in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// A message becomes a command.
    Decode,
    /// The command finds room, its shard and its entity.
    Route,
    /// It is decided, and its events are applied.
    Decide,
    /// Events, outcome and entry become bytes.
    Encode,
    /// Entries gather and become frames.
    Write,
    /// The store writes the frames and syncs them.
    Sync,
    /// Rows are made and written behind the journal.
    Views,
    /// The durable answer leaves.
    Reply,
}

/// How many stages there are.
const STAGES: usize = Stage::ALL.len();

impl Stage {
    /// All, in the order of the way.
    pub const ALL: [Self; 8] = [
        Self::Decode,
        Self::Route,
        Self::Decide,
        Self::Encode,
        Self::Write,
        Self::Sync,
        Self::Views,
        Self::Reply,
    ];

    /// Its name in figures. Stable.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Decode => "decode",
            Self::Route => "route",
            Self::Decide => "decide",
            Self::Encode => "encode",
            Self::Write => "write",
            Self::Sync => "sync",
            Self::Views => "views",
            Self::Reply => "reply",
        }
    }
}

/// What was spent in a stage so far. Times of samples stand for all commands.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    /// On a processor.
    pub cpu: Duration,
    /// Without one, of what is timed each time: the thread waited for the disk, or another was in its place.
    pub waited: Duration,
    /// Pieces of time that were measured.
    pub samples: u64,
}

impl Spent {
    /// What came since then.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        Self {
            cpu: self.cpu.saturating_sub(before.cpu),
            waited: self.waited.saturating_sub(before.waited),
            samples: self.samples.saturating_sub(before.samples),
        }
    }
}

/// Begins to count, in the whole process and for as long as it runs.
pub fn count() {
    if !TALLY.is_on() {
        let cost = Cost::measured();
        TALLY.look_cpu_ns.store(cost.cpu_ns, Ordering::Relaxed);
        TALLY.look_wall_ns.store(cost.wall_ns, Ordering::Relaxed);
        TALLY.on.store(true, Ordering::Relaxed);
    }
}

/// What was spent in a stage since [`count`].
#[must_use]
pub fn spent(stage: Stage) -> Spent {
    TALLY.spent(stage)
}

static TALLY: Tally = Tally::new();

struct Tally {
    on: AtomicBool,
    /// What a look at each clock costs: it is no part of what is timed.
    look_cpu_ns: AtomicU64,
    look_wall_ns: AtomicU64,
    stages: [Counter; STAGES],
}

/// On cache lines of its own: threads that count one stage do not hinder those that count another.
#[repr(align(128))]
struct Counter {
    cpu_ns: AtomicU64,
    waited_ns: AtomicU64,
    samples: AtomicU64,
}

impl Tally {
    const fn new() -> Self {
        Self {
            on: AtomicBool::new(false),
            look_cpu_ns: AtomicU64::new(0),
            look_wall_ns: AtomicU64::new(0),
            stages: [const {
                Counter {
                    cpu_ns: AtomicU64::new(0),
                    waited_ns: AtomicU64::new(0),
                    samples: AtomicU64::new(0),
                }
            }; STAGES],
        }
    }

    #[inline]
    fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    fn cost(&self) -> Cost {
        Cost {
            cpu_ns: self.look_cpu_ns.load(Ordering::Relaxed),
            wall_ns: self.look_wall_ns.load(Ordering::Relaxed),
        }
    }

    /// Adds a piece of time that stands for so many.
    fn add(&self, stage: Stage, piece: Piece, weight: u64) {
        let counter = &self.stages[stage as usize];
        counter.cpu_ns.fetch_add(piece.cpu_ns * weight, Ordering::Relaxed);
        counter.waited_ns.fetch_add(piece.waited_ns * weight, Ordering::Relaxed);
        counter.samples.fetch_add(1, Ordering::Relaxed);
    }

    fn spent(&self, stage: Stage) -> Spent {
        let counter = &self.stages[stage as usize];
        Spent {
            cpu: Duration::from_nanos(counter.cpu_ns.load(Ordering::Relaxed)),
            waited: Duration::from_nanos(counter.waited_ns.load(Ordering::Relaxed)),
            samples: counter.samples.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects figures from each other: every stage has a counter and a name of its own.
    #[test]
    fn stages_are_apart() {
        for (number, stage) in Stage::ALL.into_iter().enumerate() {
            assert_eq!(stage as usize, number);
            let same = Stage::ALL.iter().filter(|other| other.name() == stage.name());
            assert_eq!(same.count(), 1, "{}", stage.name());
        }
    }
}
