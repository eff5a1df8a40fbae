//! What of each entity is in the journal but in no snapshot yet, where no list tells it.
//!
//! The outcomes in the list of an entity tell of which frame they are. That leaves those whose outcomes are not kept for ever,
//! and those who have so many that theirs are in no list.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use foldhash::fast::RandomState;

use crate::entity::EntityKey;
use crate::journal::Position;
use crate::slot::SlotMap;

#[derive(Debug, Clone, Copy)]
struct Uncovered {
    sequence: u64,
    /// Entries of the entity up to and with this frame.
    version: u64,
}

type Shard = HashMap<EntityKey, Vec<Uncovered>, RandomState>;

/// For each entity with such entries after its snapshot: the frames that hold them.
///
/// Memory is bounded by what the checkpointer leaves uncovered: a few seconds of traffic.
#[derive(Debug)]
pub struct Tails {
    map: SlotMap,
    shards: Vec<Mutex<Shard>>,
}

impl Tails {
    pub(super) fn new(map: SlotMap) -> Self {
        Self {
            map,
            shards: (0..map.shards()).map(|_| Mutex::default()).collect(),
        }
    }

    fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shard_of(&self, key: EntityKey) -> MutexGuard<'_, Shard> {
        Self::lock(&self.shards[usize::from(self.map.locate(key).0)])
    }

    /// Notes to how many entries a frame brings entities; one after the other as they are in it.
    pub(super) fn extend(&self, at: Position, entries: impl Iterator<Item = (EntityKey, u64)>) {
        let sequence = at.sequence;
        let mut tails = Self::lock(&self.shards[usize::from(at.shard.0)]);
        for (key, version) in entries {
            let tail = tails.entry(key).or_default();
            match tail.last_mut() {
                Some(last) if last.sequence == sequence => last.version = version,
                _ => tail.push(Uncovered { sequence, version }),
            }
        }
    }

    /// Forgets the frames that a snapshot with `version` entries covers.
    pub(crate) fn cover(&self, key: EntityKey, version: u64) {
        let mut tails = self.shard_of(key);
        if let Some(tail) = tails.get_mut(&key) {
            let covered = tail.partition_point(|uncovered| uncovered.version <= version);
            tail.drain(..covered);
            if tail.is_empty() {
                tails.remove(&key);
            }
        }
    }

    /// The frames that hold what the entity's snapshot lacks, in order.
    #[must_use]
    pub fn of(&self, key: EntityKey) -> Vec<Position> {
        let shard = self.map.locate(key);
        let tails = self.shard_of(key);
        let tail = tails.get(&key).map_or(&[][..], Vec::as_slice);
        let position = |uncovered: &Uncovered| Position {
            shard,
            sequence: uncovered.sequence,
        };
        tail.iter().map(position).collect()
    }

    /// The entities whose oldest uncovered frame is at or below the given sequence of their shard.
    pub(crate) fn older_than(&self, bounds: &[u64]) -> Vec<EntityKey> {
        let mut old = Vec::new();
        for (shard, bound) in self.shards.iter().zip(bounds) {
            let is_old = |tail: &[Uncovered]| tail.first().is_some_and(|first| first.sequence <= *bound);
            let tails = Self::lock(shard);
            old.extend(tails.iter().filter(|(_, tail)| is_old(tail)).map(|(key, _)| *key));
        }
        old
    }

    /// For each shard, the last sequence up to which every entity is covered; at most `viewed`.
    pub(crate) fn covered(&self, viewed: &[u64]) -> Vec<u64> {
        let covered = |(shard, viewed): (&Mutex<Shard>, &u64)| {
            let tails = Self::lock(shard);
            let firsts = tails.values().filter_map(|tail| tail.first());
            firsts.map(|first| first.sequence - 1).fold(*viewed, u64::min)
        };
        self.shards.iter().zip(viewed).map(covered).collect()
    }

    /// How many entities have something uncovered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| Self::lock(shard).len()).sum()
    }

    /// Whether every entity is covered by its snapshot.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entities that have something uncovered.
    #[must_use]
    pub fn keys(&self) -> Vec<EntityKey> {
        let keys = |shard| Self::lock(shard).keys().copied().collect::<Vec<_>>();
        self.shards.iter().flat_map(keys).collect()
    }
}
