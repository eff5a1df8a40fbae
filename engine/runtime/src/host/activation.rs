//! From disk to memory: the snapshot, and what the journal has after it.

use std::collections::BTreeSet;

use super::Shared;
use super::memory::Memory;
use crate::entity::{Entity, EntityKey, Remember, Undecodable};
use crate::fault::StoreFault;
use crate::journal::{EntryRef, Store};
use crate::slot::ShardId;
use crate::views::{RememberedRef, Snapshot, Tails, encode_snapshot, listed_tail, read_snapshot};

/// An entity as its actor holds it.
pub(super) struct Activated<E: Entity> {
    pub(super) state: E::State,
    pub(super) version: u64,
    pub(super) memory: Memory,
    pub(super) events_since_snapshot: u32,
    /// Bytes of entries since the snapshot, and of the snapshot.
    pub(super) bytes_since_snapshot: u32,
    pub(super) snapshot_bytes: u32,
}

impl<E: Entity> Default for Activated<E> {
    fn default() -> Self {
        Self {
            state: E::State::default(),
            version: 0,
            memory: Memory::default(),
            events_since_snapshot: 0,
            bytes_since_snapshot: 0,
            snapshot_bytes: 0,
        }
    }
}

/// Brings an entity back: snapshot plus tail.
pub(super) async fn activate<E: Entity>(shared: &Shared<E>, key: EntityKey) -> Result<Activated<E>, StoreFault> {
    let parts = &shared.parts;
    if let Some(ticket) = shared.residents.departing(key) {
        parts.journal.until_viewed().await?;
        shared.residents.arrived(key, ticket);
    }
    // Who left memory since the start left with a snapshot of everything, unless it broke.
    let complete_from = match shared.residents.has_broken(key) {
        true => u64::MAX,
        false => parts.journal.durability().at_open(parts.journal.map().locate(key)),
    };
    let recall = Recall {
        complete_from,
        outcomes_held: shared.outcomes_held(),
    };
    let mut activated = bring_back::<E>(&parts.store, &parts.tails, key, recall)?;
    if activated.snapshot_bytes == 0 {
        activated.events_since_snapshot += head_start(key, shared.options.snapshot_events);
    }
    Ok(activated)
}

/// Events that count for the first snapshot though they did not happen: entities that began together and do as much would be
/// due together for ever, all at once.
fn head_start(key: EntityKey, events: u32) -> u32 {
    // Neighbouring ids come to lie far apart: by the golden ratio of 64 bits.
    let spread = (key.id.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as u32;
    spread % events.max(1)
}

/// How an entity is brought back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recall {
    /// A snapshot that was taken when this frame or a later one was the last is complete, so that no list is asked.
    pub(super) complete_from: u64,
    /// Outcomes that it holds itself.
    pub(super) outcomes_held: usize,
}

/// What snapshot and tail amount to, of an entity whose entries are all in the views.
pub(super) fn bring_back<E: Entity>(
    store: &Store,
    tails: &Tails,
    key: EntityKey,
    recall: Recall,
) -> Result<Activated<E>, StoreFault> {
    let shard = store.map().locate(key);
    // This tail first: if a newer snapshot comes in between, it covers what the tail repeats.
    let tail = tails.of(key);
    let snapshot = read_snapshot(store, key)?.unwrap_or_default();
    let mut frames = BTreeSet::from_iter(tail);
    if snapshot.after < recall.complete_from {
        frames.append(&mut listed_tail(store, key, &snapshot)?);
    }
    let mut activated = Activated::of(snapshot).map_err(corrupt("snapshot", shard, key))?;
    if frames.is_empty() {
        return Ok(activated);
    }
    for position in frames {
        let frame = store.frame(position)?;
        for entry in frame.entries().filter(|entry| entry.entry.key == key) {
            activated.replay(&entry).map_err(corrupt("journal entry", shard, key))?;
        }
    }
    match E::REMEMBER {
        Remember::Always => activated.memory.trim_readable(recall.outcomes_held),
        Remember::Latest => activated.memory.trim_freely(recall.outcomes_held),
    }
    activated.tight().map_err(corrupt("state", shard, key))
}

/// Where a snapshot is large, it may become due later: after so many times the events. By default that is below 1,000.
const SNAPSHOT_DELAYED_MAX: u32 = 7;
/// And later still where each event since would stand for more bytes of snapshot than this.
const SNAPSHOT_BYTES_AN_EVENT_MAX: u32 = 512;

/// Whether there is enough after a snapshot of so many bytes for a new one: `since` events of `bytes_since` bytes, where small
/// snapshots come each `events` events. A large state is written less often, so that what an event costs does not grow with
/// the state: only when what came since is as large, so that snapshots write about as much as events do.
fn is_due(since: u32, bytes_since: u32, snapshot_bytes: u32, events: u32) -> bool {
    since >= events
        && (bytes_since >= snapshot_bytes
            || since >= events.saturating_mul(SNAPSHOT_DELAYED_MAX)
                && since.saturating_mul(SNAPSHOT_BYTES_AN_EVENT_MAX) >= snapshot_bytes)
}

impl<E: Entity> Activated<E> {
    /// Whether there is enough after the snapshot for a new one.
    pub(super) fn is_snapshot_due(&self, events: u32) -> bool {
        is_due(
            self.events_since_snapshot,
            self.bytes_since_snapshot,
            self.snapshot_bytes,
            events,
        )
    }

    /// A snapshot, after which entries are in later frames than this one.
    pub(super) fn encode(&self, after: u64) -> Vec<u8> {
        let state = |into: &mut Vec<u8>| E::encode_state(&self.state, into);
        let remembered = self.memory.iter();
        encode_snapshot(self.version, after, remembered, self.memory.dropped(), state)
    }

    fn of(snapshot: Snapshot) -> Result<Self, Undecodable> {
        let state = match snapshot.version {
            0 => E::State::default(),
            _ => E::decode_state(&snapshot.state)?,
        };
        Ok(Self {
            state,
            version: snapshot.version,
            memory: Memory::restore(&snapshot.remembered, snapshot.dropped),
            events_since_snapshot: 0,
            bytes_since_snapshot: 0,
            snapshot_bytes: snapshot.state.len() as u32,
        })
    }

    /// The same in as little memory as what came from a snapshot: what grew event by event has room to grow further, and very
    /// many may come back after a kill.
    fn tight(self) -> Result<Self, Undecodable> {
        let same = Self::of(Snapshot::decode(&self.encode(0))?)?;
        Ok(Self {
            state: same.state,
            memory: same.memory,
            ..self
        })
    }

    fn replay(&mut self, entry: &EntryRef<'_>) -> Result<(), Undecodable> {
        let head = entry.entry;
        if head.version < self.version {
            return Ok(());
        }
        if head.version > self.version {
            return Err(Undecodable(format!(
                "entry {} follows entry {}",
                head.version, self.version
            )));
        }
        for event in entry.events() {
            E::apply(&mut self.state, &E::decode_event(event)?);
            self.events_since_snapshot += 1;
            self.bytes_since_snapshot = self.bytes_since_snapshot.saturating_add(event.len() as u32);
        }
        let outcome = head.outcome.bytes.len() as u32;
        self.bytes_since_snapshot = self.bytes_since_snapshot.saturating_add(outcome);
        self.version += 1;
        self.memory.hold(RememberedRef {
            command: head.command,
            fingerprint: head.fingerprint,
            outcome: head.outcome,
        });
        Ok(())
    }
}

fn corrupt(what: &'static str, shard: ShardId, key: EntityKey) -> impl Fn(Undecodable) -> StoreFault {
    move |error| StoreFault::Corrupt {
        what,
        shard,
        at: key.to_string(),
        why: error.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects both who comes back, from reading very many frames, and a player with very many bets, from a snapshot of all
    /// of them for each few.
    #[test]
    fn a_large_state_is_written_less_often() {
        // events since, their bytes, bytes of the snapshot; due, where small ones come each 128 events
        let table = [
            (0, 0, 0, false),
            (127, 1_000_000, 10, false),
            (128, 0, 0, true),
            (128, 12_799, 12_800, false),
            (128, 12_800, 12_800, true),
            (895, 0, 12_800, false),
            (896, 0, 12_800, true),
            (896, 0, 448 << 10, true),
            (896, 0, (448 << 10) + 1, false),
            (897, 0, (448 << 10) + 1, true),
            (u32::MAX, 0, u32::MAX, true),
        ];
        for (since, bytes, snapshot, due) in table {
            assert_eq!(
                is_due(since, bytes, snapshot, 128),
                due,
                "{since} of {bytes} bytes, {snapshot}"
            );
        }
    }
}
