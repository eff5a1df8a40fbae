//! From disk to memory: the snapshot, and what the journal has after it.

use super::Shared;
use super::memory::Memory;
use crate::entity::{Entity, EntityKey, Undecodable};
use crate::fault::StoreFault;
use crate::journal::EntryRef;
use crate::slot::ShardId;
use crate::views::{Remembered, read_snapshot};

/// An entity as its actor holds it.
pub(super) struct Activated<E: Entity> {
    pub(super) state: E::State,
    pub(super) version: u64,
    pub(super) memory: Memory,
    pub(super) events_since_snapshot: u32,
}

impl<E: Entity> Default for Activated<E> {
    fn default() -> Self {
        Self {
            state: E::State::default(),
            version: 0,
            memory: Memory::default(),
            events_since_snapshot: 0,
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
    let memory = Memory::restore(snapshot.remembered, snapshot.dropped);
    let mut activated = Activated {
        state,
        version: snapshot.version,
        memory,
        events_since_snapshot: 0,
    };
    for position in tail {
        let frame = parts.store.frame(position)?;
        for entry in frame.entries().filter(|entry| entry.entry.key == key) {
            activated.replay(&entry).map_err(corrupt("journal entry", shard, key))?;
        }
    }
    Ok(activated)
}

impl<E: Entity> Activated<E> {
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
        let remembered = Remembered {
            command: head.command,
            fingerprint: head.fingerprint,
            accepted: head.outcome.accepted,
            outcome: head.outcome.bytes.into(),
        };
        self.memory.hold(remembered, 0);
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
