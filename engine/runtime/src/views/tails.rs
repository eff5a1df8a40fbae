//! What of each entity is in the journal but in no snapshot yet.

use dashmap::DashMap;
use foldhash::fast::RandomState;

use crate::entity::EntityKey;
use crate::journal::Position;
use crate::slot::{ShardId, SlotMap};

#[derive(Debug, Clone, Copy)]
struct Uncovered {
    sequence: u64,
    /// Entries of the entity up to and with this frame.
    version: u64,
}

/// For each entity with entries after its snapshot: the frames that hold them.
///
/// Memory is bounded by what the checkpointer leaves uncovered: a few seconds of traffic.
#[derive(Debug)]
pub struct Tails {
    map: SlotMap,
    uncovered: DashMap<EntityKey, Vec<Uncovered>, RandomState>,
}

impl Tails {
    pub(super) fn new(map: SlotMap) -> Self {
        Self {
            map,
            uncovered: DashMap::default(),
        }
    }

    /// Notes that the frame at `sequence` brings the entity to `version` entries.
    pub(super) fn extend(&self, key: EntityKey, sequence: u64, version: u64) {
        let mut tail = self.uncovered.entry(key).or_default();
        match tail.last_mut() {
            Some(last) if last.sequence == sequence => last.version = version,
            _ => tail.push(Uncovered { sequence, version }),
        }
    }

    /// Forgets the frames that a snapshot with `version` entries covers.
    pub(super) fn cover(&self, key: EntityKey, version: u64) {
        let mut empty = false;
        if let Some(mut tail) = self.uncovered.get_mut(&key) {
            let covered = tail.partition_point(|uncovered| uncovered.version <= version);
            tail.drain(..covered);
            empty = tail.is_empty();
        }
        if empty {
            self.uncovered.remove_if(&key, |_, tail| tail.is_empty());
        }
    }

    /// The frames that hold what the entity's snapshot lacks, in order.
    #[must_use]
    pub fn of(&self, key: EntityKey) -> Vec<Position> {
        let shard = self.map.locate(key);
        let tail = self.uncovered.get(&key);
        tail.map_or_else(Vec::new, |tail| {
            tail.iter()
                .map(|uncovered| Position {
                    shard,
                    sequence: uncovered.sequence,
                })
                .collect()
        })
    }

    /// The entities whose oldest uncovered frame is at or below the given sequence of their shard.
    pub(crate) fn older_than(&self, bounds: &[u64]) -> Vec<EntityKey> {
        let old = |key: EntityKey, tail: &[Uncovered]| {
            let bound = bounds[usize::from(self.map.locate(key).0)];
            tail.first().is_some_and(|first| first.sequence <= bound)
        };
        self.uncovered
            .iter()
            .filter(|tail| old(*tail.key(), tail.value()))
            .map(|tail| *tail.key())
            .collect()
    }

    /// For each shard, the last sequence up to which every entity is covered; at most `viewed`.
    pub(crate) fn covered(&self, viewed: &[u64]) -> Vec<u64> {
        let mut covered = viewed.to_vec();
        for tail in &self.uncovered {
            let ShardId(shard) = self.map.locate(*tail.key());
            if let Some(first) = tail.first() {
                let up_to = &mut covered[usize::from(shard)];
                *up_to = (*up_to).min(first.sequence - 1);
            }
        }
        covered
    }

    /// How many entities have something uncovered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.uncovered.len()
    }

    /// Whether every entity is covered by its snapshot.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.uncovered.is_empty()
    }

    pub(super) fn keys(&self) -> Vec<EntityKey> {
        self.uncovered.iter().map(|tail| *tail.key()).collect()
    }
}
