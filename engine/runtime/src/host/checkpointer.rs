//! The upkeep of a host: snapshots of what is dirty, and who leaves memory.

use std::sync::Arc;

use super::Shared;
use crate::entity::Entity;
use crate::slot::ShardId;
use crate::views::note_covered;

/// Starts the upkeep; it ends with the host or the journal.
pub(super) fn start<E: Entity>(shared: &Arc<Shared<E>>) {
    let weak = Arc::downgrade(shared);
    let period = shared.options.checkpoint;
    let idle_rounds = (shared.options.idle.as_millis() / period.as_millis().max(1)) as u32;
    tokio::spawn(async move {
        let mut timer = tokio::time::interval(period);
        timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut bounds = Vec::new();
        loop {
            timer.tick().await;
            let Some(shared) = weak.upgrade() else { return };
            if shared.parts.journal.durability().is_stopped() {
                return;
            }
            bounds = round(&shared, &bounds);
            shared
                .residents
                .next_round(idle_rounds.max(1), shared.options.residents_max);
        }
    });
}

/// Asks for a snapshot of each entity that was dirty in the last round already; notes what is covered.
fn round<E: Entity>(shared: &Arc<Shared<E>>, bounds: &[u64]) -> Vec<u64> {
    let parts = &shared.parts;
    let shards = || (0..parts.journal.map().shards()).map(ShardId);
    let viewed: Vec<u64> = shards().map(|shard| parts.journal.durability().viewed(shard)).collect();
    if let Err(fault) = note_covered(&parts.store, &parts.tails.covered(&viewed)) {
        tracing::warn!(%fault, "cannot note how far snapshots cover the journal; a restart will read more");
    }
    if !bounds.is_empty() {
        for key in parts.tails.older_than(bounds) {
            if key.kind == E::KIND {
                shared.request_snapshot(key);
            }
        }
    }
    viewed
}
