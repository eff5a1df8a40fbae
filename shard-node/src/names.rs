//! The source's names of sporting events: keys and legs hold a hash of them.

use std::sync::Arc;

use dashmap::DashMap;
use shardbook_domain::ids::EventId;
use shardbook_projections::events;
use shardbook_runtime::journal::Store;

use crate::views::EVENTS;

/// Names of events, read once each.
#[derive(Debug)]
pub struct Names {
    store: Arc<Store>,
    known: DashMap<EventId, Arc<str>>,
}

impl Names {
    /// More names than this are read anew each time: bounds the memory of a long season.
    const KNOWN_MAX: usize = 100_000;

    pub(crate) fn new(store: Arc<Store>) -> Self {
        Self {
            store,
            known: DashMap::new(),
        }
    }

    pub(crate) fn store(&self) -> &Arc<Store> {
        &self.store
    }

    pub(crate) fn learn(&self, event: EventId, urn: &str) {
        if self.known.len() < Self::KNOWN_MAX {
            self.known.insert(event, urn.into());
        }
    }

    /// The name; the id itself for an event that was never heard of.
    pub(crate) fn of(&self, event: EventId) -> String {
        if let Some(urn) = self.known.get(&event) {
            return urn.to_string();
        }
        let row = match EVENTS.get(&self.store, &events::key_of(event)) {
            Ok(row) => row.unwrap_or_default(),
            Err(fault) => {
                tracing::error!(%fault, %event, "cannot read the name of an event");
                return event.to_string();
            }
        };
        let Some((_, urn)) = events::read(&row) else {
            return event.to_string();
        };
        self.learn(event, urn);
        urn.to_owned()
    }
}
