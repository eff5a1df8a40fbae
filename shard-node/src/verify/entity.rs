//! One entity replayed from its first entry, compared with its snapshot on the way.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use shardbook_runtime::entity::{Entity, EntityKey};
use shardbook_runtime::fault::StoreFault;
use shardbook_runtime::journal::{EntryRef, Store};
use shardbook_runtime::views::{Snapshot, snapshot_row};

use super::Verdict;
use crate::views::decoded;

pub(super) struct Replayed<E: Entity> {
    key: EntityKey,
    pub(super) state: E::State,
    version: u64,
    snapshot: Option<Snapshot>,
    /// After an entry that cannot be replayed, the rest of the entity cannot be judged.
    broken: bool,
}

/// The entity as replayed so far, with its snapshot to be met on the way.
pub(super) fn replayed<'r, E: Entity>(
    entities: &'r mut BTreeMap<u64, Replayed<E>>,
    store: &Store,
    key: EntityKey,
) -> Result<&'r mut Replayed<E>, StoreFault> {
    use std::collections::btree_map::Entry;
    Ok(match entities.entry(key.id) {
        Entry::Occupied(occupied) => occupied.into_mut(),
        Entry::Vacant(vacant) => {
            let row = snapshot_row(store, key)?;
            let snapshot = row.map(|row| Snapshot::decode(&row).unwrap_or_default());
            vacant.insert(Replayed {
                key,
                state: E::State::default(),
                version: 0,
                snapshot,
                broken: false,
            })
        }
    })
}

impl<E: Entity> Replayed<E> {
    /// Replays one entry; its events when they could be applied.
    pub(super) fn entry(&mut self, entry: &EntryRef<'_>, verdict: &mut Verdict) -> Option<Vec<E::Event>> {
        if self.broken {
            return None;
        }
        let at = self.key;
        if entry.entry.version != self.version {
            let what = format!("entry {} follows entry {}", entry.entry.version, self.version);
            return self.breaks(verdict, at, what);
        }
        let events = match decoded::<E>(entry) {
            Ok(events) => events,
            Err(error) => return self.breaks(verdict, at, error),
        };
        verdict.events += events.len() as u64;
        let state = &mut self.state;
        let applied = catch_unwind(AssertUnwindSafe(|| {
            events.iter().for_each(|event| E::apply(state, event))
        }));
        if applied.is_err() {
            return self.breaks(
                verdict,
                at,
                format!("entry {} cannot follow from the state", self.version),
            );
        }
        self.version += 1;
        self.meet_snapshot(verdict);
        Some(events)
    }

    fn breaks<T>(&mut self, verdict: &mut Verdict, at: EntityKey, what: impl ToString) -> Option<T> {
        self.broken = true;
        verdict.note("J-1", format!("{} {at}", E::NAME), what);
        None
    }

    fn meet_snapshot(&mut self, verdict: &mut Verdict) {
        let Some(snapshot) = self.snapshot.take_if(|snapshot| snapshot.version == self.version) else {
            return;
        };
        verdict.snapshots += 1;
        let mut bytes = Vec::new();
        E::encode_state(&self.state, &mut bytes);
        if bytes != snapshot.state {
            let what = format!(
                "the snapshot at entry {} is not what the journal amounts to",
                self.version
            );
            verdict.note("J-1", format!("{} {}", E::NAME, self.key), what);
        }
    }

    /// After the last entry: a snapshot that was not met is of a future that the journal does not have.
    pub(super) fn finish(&self, verdict: &mut Verdict) {
        if let Some(snapshot) = self.snapshot.as_ref().filter(|_| !self.broken) {
            let what = format!(
                "the snapshot is of entry {}, the journal ends at {}",
                snapshot.version, self.version
            );
            verdict.note("J-1", format!("{} {}", E::NAME, self.key), what);
        }
    }
}
