//! How large the common part is: a function of what was seen, without a clock.

use std::time::Duration;

use super::Crowd;

/// The law by which the common part moves. Passes are out from admission to the durable answer, so that the units out
/// are the rate times that time: to bound the one is to bound the other, whatever rate the machine has today.
///
/// Invariant: always from `least` to `most`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Units, above 0: never fewer, however slow the disk is, so that a group commit still has what to write.
    pub least: u32,
    /// Units, not below `least`: never more, however fast everything is. Bounds memory.
    pub most: u32,
    /// How long a pass should be out at the most. Where most are out for longer, there is less room after.
    pub target: Duration,
}

/// What was seen in one look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// Passes that came back.
    pub back: u32,
    /// Of these, those that were out for longer than the target.
    pub late: u32,
    /// Those who were turned away.
    pub turned_away: u32,
    /// Tasks that became ready and were run.
    pub run: u32,
    /// Of these, those that waited for a processor for long.
    pub run_late: u32,
    /// Something that gives way to the common part has less than it must have.
    pub starves: bool,
}

/// How far the common part shrinks and grows at a look, as parts of itself. It shrinks faster than it grows, so that it
/// comes to rest below what makes passes late.
const SHRINK: u32 = 4;
const GROW: u32 = 16;

impl Room {
    /// Units at the start: what a busy house needs, and not so much that the first crowd waits for long.
    #[must_use]
    pub fn start(&self) -> u32 {
        self.least.saturating_mul(2).min(self.most)
    }

    /// Whether a pass was out for too long.
    #[must_use]
    pub fn is_late(&self, out: Duration) -> bool {
        out > self.target
    }

    /// Units after a look. One that found most passes late leaves fewer; one that turned somebody away though they were
    /// not late leaves more. A stall of the disk makes those late that it met, and is no reason for less room unless it met
    /// most of a look.
    #[must_use]
    pub fn after(&self, units: u32, seen: Seen) -> u32 {
        let moved = if seen.starves || seen.is_late() {
            units - (units / SHRINK).max(1).min(units)
        } else if seen.turned_away > 0 && seen.back > 0 {
            units.saturating_add((units / GROW).max(1))
        } else {
            units
        };
        moved.clamp(self.least, self.most)
    }
}

impl Seen {
    fn is_late(&self) -> bool {
        self.late > self.back / 2
    }

    /// How crowded it was. Where nobody came, nobody waits, however busy the processors are.
    #[must_use]
    pub fn crowd(&self) -> Crowd {
        let busy = self.run_late > self.run / 2 && self.back > 0;
        if self.turned_away > 0 || self.is_late() || busy {
            Crowd::Many
        } else if self.back > 0 {
            Crowd::Some
        } else {
            Crowd::Nobody
        }
    }
}
