//! The proof: everything recomputed from the journal and compared with what stands.
//!
//! It reads a store that nobody writes: a stopped node's folder, or a checkpoint of a live one. What it
//! finds is a list of discrepancies, each under the name of the invariant that it breaks
//! (docs/invariants.md). An empty list is the proof.

mod books;
mod entity;
mod house;

use std::collections::BTreeMap;

use serde::Serialize;
use shardbook_domain::rules::RuleBook;
use shardbook_domain::{event, player};
use shardbook_runtime::entity::Entity;
use shardbook_runtime::fault::StoreFault;
use shardbook_runtime::journal::{Frame, GENESIS, Store};
use shardbook_runtime::slot::ShardId;
use shardbook_runtime::views::{Rebuilt, outcomes_position, projection_position};

use crate::entities::{EventEntity, PlayerEntity};
use crate::rulebook;
use crate::views::projections;
use entity::Replayed;

/// Something that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Discrepancy {
    /// The invariant that it breaks, as in docs/invariants.md.
    pub invariant: &'static str,
    /// Where: an entity, a frame, a view.
    pub at: String,
    /// What differs.
    pub what: String,
}

/// What was gone through, and what was found. Its keys are stable.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Frames of all shards, each with its digest and its place in the chain.
    pub frames: u64,
    /// Of these, frames that were read from the archive.
    pub frames_archived: u64,
    /// Bytes of those frames.
    pub bytes: u64,
    /// Entries in them: commands with their outcome.
    pub entries: u64,
    /// Events applied.
    pub events: u64,
    /// Transfers posted to ledgers.
    pub transfers: u64,
    /// Players replayed.
    pub players: u64,
    /// Sporting events replayed.
    pub sporting_events: u64,
    /// Bets placed.
    pub bets: u64,
    /// Bets that stand settled.
    pub bets_settled: u64,
    /// Bets that wait for a result.
    pub bets_open: u64,
    /// Open bets of which a leg has a result that the settlement process has not brought to it yet.
    pub bets_unsettled: u64,
    /// Snapshots compared with the replay at their version.
    pub snapshots: u64,
    /// Read models rebuilt and compared.
    pub views: u64,
    /// Frames that the read models stand behind the journal, as after a crash; the next start reads them.
    pub views_behind: u64,
    /// How many things are not as they must be.
    pub discrepancies: u64,
    /// The first [`Verdict::TOLD_MAX`] of them.
    pub first: Vec<Discrepancy>,
}

impl Verdict {
    /// Discrepancies kept with their text: enough to find a cause, few enough to read.
    pub const TOLD_MAX: usize = 1_000;

    pub(crate) fn note(&mut self, invariant: &'static str, at: impl ToString, what: impl ToString) {
        self.discrepancies += 1;
        if self.first.len() < Self::TOLD_MAX {
            self.first.push(Discrepancy {
                invariant,
                at: at.to_string(),
                what: what.to_string(),
            });
        }
    }
}

/// Everything replayed so far.
#[derive(Default)]
struct Replay {
    players: BTreeMap<u64, Replayed<PlayerEntity>>,
    events: BTreeMap<u64, Replayed<EventEntity>>,
    rebuilt: Rebuilt,
}

/// Proves a store, with the archive that it was opened with. `progress` is told of frames done and frames in all.
///
/// # Errors
/// When the store itself cannot be read, or frames have left it and it was opened without its archive: balances, bets and
/// read models rest on all frames, so that nothing but the chain could be proven. What is read and wrong is in the verdict.
pub fn verify(store: &Store, mut progress: impl FnMut(u64, u64)) -> Result<Verdict, StoreFault> {
    store.needs_every_frame()?;
    let mut verdict = Verdict::default();
    let mut replay = Replay::default();
    let shards = || (0..store.map().shards()).map(ShardId);
    let mut total = 0;
    for shard in shards() {
        match store.head(shard) {
            Ok((head, _)) => total += head,
            Err(fault) => verdict.note("J-3", format!("shard {}", shard.0), fault),
        }
    }
    match store.regressions() {
        Ok(lost) => lost.into_iter().for_each(|fault| verdict.note("J-3", "witness", fault)),
        Err(fault) => verdict.note("J-3", "witness", fault),
    }
    let rules = rulebook::open_to_read(store)?;
    let views = projections(rules.current());
    for shard in shards() {
        let (mut sequence, mut digest) = (0, GENESIS);
        let positions: Vec<u64> = views
            .iter()
            .map(|view| projection_position(store, &**view, shard))
            .collect::<Result<_, _>>()?;
        let outcomes = outcomes_position(store, shard)?;
        let archived = store.retired(shard)?.map_or(0, |retired| retired.up_to);
        for frame in store.frames(shard, 0) {
            // What follows a damaged frame cannot be trusted: the shard ends here.
            let frame = match frame.and_then(|frame| frame.follows(sequence, &digest).map(|()| frame)) {
                Ok(frame) => frame,
                Err(fault) => {
                    verdict.note("J-3", format!("shard {} frame {}", shard.0, sequence + 1), fault);
                    break;
                }
            };
            (sequence, digest) = (frame.position().sequence, *frame.digest());
            replay.frame(store, &frame, sequence <= outcomes, &rules, &mut verdict)?;
            // After a crash views stand behind the journal; they must be right up to where they say they are.
            for (view, _) in views
                .iter()
                .zip(&positions)
                .filter(|(_, position)| sequence <= **position)
            {
                if let Err(fault) = replay.rebuilt.add(&**view, &frame) {
                    verdict.note("V-1", view.name(), fault);
                }
            }
            verdict.frames += 1;
            verdict.frames_archived += u64::from(sequence <= archived);
            verdict.bytes += frame.bytes().len() as u64;
            if verdict.frames.is_multiple_of(64) {
                progress(verdict.frames, total);
            }
        }
        let behind = positions
            .iter()
            .map(|position| sequence.saturating_sub(*position))
            .max()
            .unwrap_or(0);
        verdict.views_behind = verdict.views_behind.max(behind);
    }
    progress(total, total);
    // A segment that is not read above must not be taken for the past one day.
    for fault in store.stray_segments()? {
        verdict.note("J-3", fault.path.display(), &fault);
    }
    let differences = views.iter().map(|view| replay.rebuilt.difference(store, &**view));
    let outcomes = std::iter::once_with(|| replay.rebuilt.outcomes_difference(store));
    verdict.views += views.len() as u64;
    for difference in differences.chain(outcomes) {
        if let Some(difference) = difference? {
            let first = difference
                .first
                .map(|key| format!(", first at {key:02x?}"))
                .unwrap_or_default();
            let what = format!("{} rows differ from the journal{first}", difference.rows);
            verdict.note("V-1", difference.view, what);
        }
    }
    replay.finish(store, &rules, &mut verdict)?;
    Ok(verdict)
}

impl Replay {
    fn frame(
        &mut self,
        store: &Store,
        frame: &Frame,
        outcomes: bool,
        rules: &RuleBook,
        verdict: &mut Verdict,
    ) -> Result<(), StoreFault> {
        for entry in frame.entries() {
            verdict.entries += 1;
            let key = entry.entry.key;
            match key.kind {
                PlayerEntity::KIND => {
                    let replayed = entity::replayed(&mut self.players, store, key)?;
                    if let Some(events) = replayed.entry(&entry, verdict) {
                        books::after_entry(key, &events, &replayed.state, rules, verdict);
                    }
                    if outcomes {
                        self.rebuilt.add_outcome(store, frame.position(), &entry)?;
                    }
                }
                EventEntity::KIND => {
                    let replayed = entity::replayed(&mut self.events, store, key)?;
                    replayed.entry(&entry, verdict);
                }
                kind => verdict.note("J-1", key, format!("entries of an unknown kind {kind}")),
            }
        }
        Ok(())
    }

    fn finish(self, store: &Store, rules: &RuleBook, verdict: &mut Verdict) -> Result<(), StoreFault> {
        verdict.players = self.players.len() as u64;
        verdict.sporting_events = self.events.len() as u64;
        for replayed in self.players.values() {
            replayed.finish(verdict);
        }
        for replayed in self.events.values() {
            replayed.finish(verdict);
        }
        let players = self.players.iter().map(|(id, replayed)| (*id, &replayed.state));
        let players: Vec<(u64, &player::State)> = players.collect();
        let events: BTreeMap<u64, &event::State> = self
            .events
            .iter()
            .map(|(id, replayed)| (*id, &replayed.state))
            .collect();
        house::check(store, &players, &events, rules, verdict)
    }
}
