//! From disk to memory: the snapshot, and what the journal has after it.

use super::Shared;
use super::memory::Memory;
use crate::entity::{Entity, EntityKey, Undecodable};
use crate::fault::StoreFault;
use crate::journal::EntryRef;
use crate::slot::ShardId;
use crate::views::{RememberedRef, read_snapshot};

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
    let shard = parts.journal.map().locate(key);
    // The tail first: if a newer snapshot comes in between, it covers what the tail repeats.
    let tail = parts.tails.of(key);
    let snapshot = read_snapshot(&parts.store, key)?.unwrap_or_default();
    let state = if snapshot.version == 0 {
        E::State::default()
    } else {
        E::decode_state(&snapshot.state).map_err(corrupt("snapshot", shard, key))?
    };
    let snapshot_bytes = snapshot.state.len() as u32;
    let memory = Memory::restore(&snapshot.remembered, snapshot.dropped);
    let mut activated = Activated {
        state,
        version: snapshot.version,
        memory,
        events_since_snapshot: 0,
        bytes_since_snapshot: 0,
        snapshot_bytes,
    };
    for position in tail {
        let frame = parts.store.frame(position)?;
        for entry in frame.entries().filter(|entry| entry.entry.key == key) {
            activated.replay(&entry).map_err(corrupt("journal entry", shard, key))?;
        }
    }
    Ok(activated)
}

/// Where a snapshot is large, it may become due later: after so many times the events. By default that is below 1,000.
const SNAPSHOT_DELAYED_MAX: u32 = 7;

impl<E: Entity> Activated<E> {
    /// Whether there is enough after the snapshot for a new one. A large state is written less often, so that what an event
    /// costs does not grow with the state: only when what came since is half as large.
    pub(super) fn is_snapshot_due(&self, events: u32) -> bool {
        let since = self.events_since_snapshot;
        since >= events
            && (self.bytes_since_snapshot.saturating_mul(2) >= self.snapshot_bytes
                || since >= events.saturating_mul(SNAPSHOT_DELAYED_MAX))
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
        }
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
