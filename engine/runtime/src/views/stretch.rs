//! How the views' thread goes on under load: in stretches, with a rest after each.
//!
//! A system that takes a processor from one thread for another at its ticks only leaves it for some milliseconds to whoever
//! has much to do, however low its priority, and answers wait meanwhile. So who is in no hurry rests often, by itself.

use std::time::{Duration, Instant};

use crate::journal::Durability;

/// How long the thread goes on, and how long it then rests: it has three quarters of a processor at the most, and nobody waits
/// for it for longer than for the next sync.
const STRETCH: Duration = Duration::from_millis(1);
const REST: Duration = Duration::from_micros(300);
/// Frames behind the journal from which on it does not rest: a quarter of a second of a large load.
const BEHIND_MAX: u64 = 1_024;

/// What the thread does without a rest.
pub(super) struct Stretch<'d> {
    began: Instant,
    durability: &'d Durability,
}

impl<'d> Stretch<'d> {
    pub(super) fn beginning(durability: &'d Durability) -> Self {
        let began = Instant::now();
        Self { began, durability }
    }

    /// Rests where that is due.
    pub(super) fn rest(&mut self) {
        if self.began.elapsed() < STRETCH {
            return;
        }
        if self.durability.lag() < BEHIND_MAX {
            std::thread::sleep(REST);
        }
        self.began = Instant::now();
    }
}
