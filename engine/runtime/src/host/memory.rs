//! What an actor remembers of its latest commands.

use std::collections::VecDeque;

use crate::entity::CommandId;
use crate::views::{Dropped, Remembered};

#[derive(Debug)]
struct Held {
    remembered: Remembered,
    /// The entity's entries up to and with this one.
    version: u64,
    /// A frame at or after the one that holds it; unknown until it was seen to be durable.
    frame_at_most: Option<u64>,
}

/// The latest outcomes of an entity.
///
/// Invariant: an outcome is dropped only when it can be read from disk, so that a retry at any moment
/// finds its answer in one of the two.
#[derive(Debug, Default)]
pub(super) struct Memory {
    held: VecDeque<Held>,
    /// The first bytes of the command of each: nearly every command is new, and is told from those held by these alone.
    heads: VecDeque<u32>,
    dropped: Dropped,
}

impl Memory {
    /// What a snapshot remembered: all of it durable and readable.
    pub(super) fn restore(remembered: Vec<Remembered>, dropped: Dropped) -> Self {
        let held = remembered.into_iter().map(|remembered| Held {
            remembered,
            version: 0,
            frame_at_most: Some(0),
        });
        let held: VecDeque<_> = held.collect();
        Self {
            heads: held.iter().map(|held| head(held.remembered.command)).collect(),
            held,
            dropped,
        }
    }

    /// The outcome of a command that is still held.
    pub(super) fn find(&self, command: CommandId) -> Option<&Remembered> {
        let sought = head(command);
        let alike = (self.heads.iter().zip(&self.held).rev()).filter(|(head, _)| **head == sought);
        alike
            .map(|(_, held)| &held.remembered)
            .find(|remembered| remembered.command == command)
    }

    /// Commands whose outcomes are on disk alone.
    pub(super) fn dropped(&self) -> &Dropped {
        &self.dropped
    }

    /// Holds the outcome of the entry that brought the entity to `version`.
    pub(super) fn hold(&mut self, remembered: Remembered, version: u64) {
        self.heads.push_back(head(remembered.command));
        self.held.push_back(Held {
            remembered,
            version,
            frame_at_most: None,
        });
    }

    /// Drops the oldest beyond `keep`, as far as the views have them. `durable_version` is what the
    /// journal has of this entity, `durable` and `viewed` are positions of its shard.
    pub(super) fn trim(&mut self, keep: usize, durable_version: u64, durable: u64, viewed: u64) {
        while self.held.len() > keep {
            let Some(oldest) = self.held.front_mut() else { return };
            if oldest.frame_at_most.is_none() && oldest.version <= durable_version {
                oldest.frame_at_most = Some(durable);
            }
            if oldest.frame_at_most.is_none_or(|frame| frame > viewed) {
                return;
            }
            self.heads.pop_front();
            if let Some(oldest) = self.held.pop_front() {
                self.dropped.insert(oldest.remembered.command);
            }
        }
    }

    /// Drops the oldest beyond `keep` of an entity whose commands are idempotent by their content.
    pub(super) fn trim_freely(&mut self, keep: usize) {
        while self.held.len() > keep {
            self.heads.pop_front();
            self.held.pop_front();
        }
    }

    /// All that is held, oldest first.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &Remembered> {
        self.held.iter().map(|held| &held.remembered)
    }
}

fn head(command: CommandId) -> u32 {
    let [a, b, c, d, ..] = command.0;
    u32::from_le_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::Sought;

    fn outcome(name: u8) -> Remembered {
        Remembered {
            command: CommandId([name; 16]),
            fingerprint: 0,
            accepted: true,
            outcome: Box::default(),
        }
    }

    /// Protects a retry from finding its answer nowhere: held until durable, then until viewed.
    #[test]
    fn an_outcome_is_dropped_only_when_the_views_have_it() {
        let mut memory = Memory::default();
        for name in 1..=3 {
            memory.hold(outcome(name), u64::from(name));
        }
        // given (durable version, durable frame, viewed frame) -> what is still held
        let table = [
            ((0, 10, 10), 3, "nothing is durable"),
            (
                (1, 12, 11),
                3,
                "the first is durable in a frame up to 12, the views are at 11",
            ),
            ((3, 15, 12), 2, "the views have reached 12; the second is noted at 15"),
            ((3, 16, 14), 2, "15 is not viewed yet"),
            ((3, 16, 16), 1, "all are viewed; one is kept by its bound"),
        ];
        for ((version, durable, viewed), held, why) in table {
            memory.trim(1, version, durable, viewed);
            assert_eq!(memory.iter().len(), held, "{why}");
        }
        assert_eq!(memory.dropped().sought(CommandId([1; 16])), Sought::InList);
        assert!(memory.find(CommandId([3; 16])).is_some());
        assert!(memory.find(CommandId([1; 16])).is_none());
    }
}
