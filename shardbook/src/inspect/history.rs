//! Everything that ever happened to one entity, replayed from the journal of its shard.

use std::time::Instant;

use shardbook_runtime::entity::{CommandId, Entity, EntityKey};
use shardbook_runtime::journal::{Position, Store};

use crate::Failure;
use crate::progress::Progress;

/// Frames between two looks at the progress.
const TOLD_EVERY: u64 = 64;

/// What one command came to.
pub(super) struct Happened<E: Entity> {
    pub(super) position: Position,
    pub(super) at_ms: u64,
    pub(super) command: CommandId,
    pub(super) outcome: Result<E::Reply, E::Rejection>,
    pub(super) events: Vec<E::Event>,
}

/// Goes through all that happened and gives the state that it amounts to; `None` when the journal knows nothing of it.
pub(super) fn replay<E: Entity>(
    store: &Store,
    id: u64,
    mut each: impl FnMut(Happened<E>) -> Result<(), Failure>,
) -> Result<Option<E::State>, Failure> {
    let key = EntityKey { kind: E::KIND, id };
    let shard = store.map().locate(key);
    let (head, _) = store.head(shard)?;
    let began = Instant::now();
    let mut progress = Progress::new("replay", Some(head));
    let (mut state, mut entries) = (E::State::default(), 0_u64);
    for frame in store.frames(shard, 1) {
        let frame = frame?;
        let position = frame.position();
        for entry in frame.entries().filter(|entry| entry.entry.key == key) {
            let head = &entry.entry;
            let damaged = |error| {
                let Position { sequence, .. } = position;
                format!(
                    "frame {sequence} of shard {} cannot be read: {error}; run `shardbook verify`",
                    shard.0
                )
            };
            let events: Result<Vec<E::Event>, _> = entry.events().map(E::decode_event).collect();
            let events = events.map_err(damaged)?;
            let outcome = E::decode_outcome(head.outcome.accepted, head.outcome.bytes).map_err(damaged)?;
            events.iter().for_each(|event| E::apply(&mut state, event));
            entries += 1;
            each(Happened {
                position,
                at_ms: head.at_ms,
                command: head.command,
                outcome,
                events,
            })?;
        }
        if position.sequence % TOLD_EVERY == 0 {
            progress.set(position.sequence, "frames");
        }
    }
    progress.finish(format!(
        "{entries} entries in {head} frames of shard {} in {:.1} s",
        shard.0,
        began.elapsed().as_secs_f64()
    ));
    Ok((entries > 0).then_some(state))
}
