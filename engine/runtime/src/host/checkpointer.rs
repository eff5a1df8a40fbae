//! The upkeep of a host: snapshots of what is dirty and told by no list, and who leaves memory.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Shared;
use super::actor::Message;
use crate::entity::{Entity, EntityKey};
use crate::fault::StoreFault;
use crate::slot::ShardId;
use crate::views::note_covered;

/// Starts the upkeep; it ends with the host or the journal.
pub(super) fn start<E: Entity>(shared: &Arc<Shared<E>>) {
    let weak = Arc::downgrade(shared);
    let period = shared.options.checkpoint;
    let idle_rounds = (shared.options.idle.as_millis() / period.as_millis().max(1)) as u32;
    let mut past = Past::new(shared.options.replay_bytes_max);
    past.note(reached(shared));
    tokio::spawn(async move {
        let mut timer = tokio::time::interval(period);
        timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        // The first tick comes at once: nothing can be due.
        timer.tick().await;
        loop {
            timer.tick().await;
            let Some(shared) = weak.upgrade() else { return };
            if shared.parts.journal.durability().is_stopped() {
                return;
            }
            let due = round(&shared, &mut past);
            let leaving = shared
                .residents
                .next_round(idle_rounds.max(1), shared.options.residents_max);
            let kept = async {
                for key in leaving {
                    shared.leave(key).await?;
                }
                for key in shared.residents.with_actors() {
                    shared.residents.tell(key, Message::Rest);
                }
                ask(&shared, &due, period / 2).await
            };
            // Only where the journal has stopped.
            if kept.await.is_err() {
                return;
            }
        }
    });
}

/// How far the views had come when the journal had so many bytes.
#[derive(Debug, Clone)]
struct Reached {
    bytes: u64,
    viewed: Vec<u64>,
}

fn reached<E: Entity>(shared: &Shared<E>) -> Reached {
    let journal = &shared.parts.journal;
    let shards = (0..journal.map().shards()).map(ShardId);
    Reached {
        bytes: journal.counters().bytes.load(Ordering::Relaxed),
        viewed: shards.map(|shard| journal.durability().viewed(shard)).collect(),
    }
}

/// Earlier rounds, as far back as is needed to tell what is older than so many bytes of journal.
#[derive(Debug)]
struct Past {
    replay_bytes_max: u64,
    rounds: VecDeque<Reached>,
}

impl Past {
    fn new(replay_bytes_max: u64) -> Self {
        let rounds = VecDeque::new();
        Self {
            replay_bytes_max,
            rounds,
        }
    }

    fn note(&mut self, reached: Reached) {
        self.rounds.push_back(reached);
    }

    /// Up to where everything must be in snapshots when the journal has so many bytes; `None` while that is nothing.
    fn due(&mut self, bytes: u64) -> Option<&[u64]> {
        let is_old = |round: &Reached| round.bytes.saturating_add(self.replay_bytes_max) <= bytes;
        while self.rounds.get(1).is_some_and(is_old) {
            self.rounds.pop_front();
        }
        let oldest = self.rounds.front().filter(|round| is_old(round))?;
        Some(&oldest.viewed)
    }
}

/// Between two groups of entities that are asked for snapshots.
const PAUSE: Duration = Duration::from_millis(1);

/// Asks for snapshots, spread over some time: all at once, they would stand in the way of commands.
async fn ask<E: Entity>(shared: &Arc<Shared<E>>, due: &[EntityKey], over: Duration) -> Result<(), StoreFault> {
    let pauses = (over.as_millis() / PAUSE.as_millis()).max(1) as usize;
    for some in due.chunks(due.len().div_ceil(pauses).max(1)) {
        for key in some {
            shared.request_snapshot(*key).await?;
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

/// Notes up to where everything is in snapshots: a start reads the journal from there.
pub(super) fn note<E: Entity>(shared: &Shared<E>) -> Result<(), StoreFault> {
    let parts = &shared.parts;
    note_covered(&parts.store, &parts.tails.covered(&reached(shared).viewed))
}

/// Notes what is covered by snapshots, and says which entities have been dirty for too much of the journal.
fn round<E: Entity>(shared: &Arc<Shared<E>>, past: &mut Past) -> Vec<EntityKey> {
    let parts = &shared.parts;
    let now = reached(shared);
    if let Err(fault) = note(shared) {
        tracing::warn!(%fault, "cannot note how far snapshots cover the journal; a restart will read more");
    }
    let due = past.due(now.bytes).map(|due| parts.tails.older_than(due));
    past.note(now);
    let mut due = due.unwrap_or_default();
    due.retain(|key| key.kind == E::KIND);
    due
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects restarts from reading more than the bound, and disks from a snapshot for each change.
    #[test]
    fn what_is_older_than_the_bound_is_due() {
        let round = |bytes: u64| Reached {
            bytes,
            viewed: vec![bytes / 10],
        };
        // given the bound and the bytes at each round, then up to where snapshots are due at each round
        let table: [(u64, &[u64], &[Option<u64>]); 4] = [
            (0, &[0, 50, 50, 90], &[None, Some(0), Some(5), Some(5)]),
            (
                100,
                &[0, 50, 99, 100, 149, 150, 400],
                &[None, None, None, Some(0), Some(0), Some(5), Some(15)],
            ),
            (100, &[0, 1_000, 2_000], &[None, Some(0), Some(100)]),
            (u64::MAX, &[0, 1_000, 2_000], &[None, None, None]),
        ];
        for (bound, bytes, due) in table {
            let mut past = Past::new(bound);
            let seen: Vec<_> = bytes
                .iter()
                .map(|bytes| {
                    let due = past.due(*bytes).map(|viewed| viewed[0]);
                    past.note(round(*bytes));
                    due
                })
                .collect();
            assert_eq!(seen, due, "bound {bound}, rounds at {bytes:?}");
        }
    }
}
