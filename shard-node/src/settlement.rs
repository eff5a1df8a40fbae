//! The settlement process: every result goes to every bet with a leg on its market.
//!
//! It reads the shards' journals behind the views. A result streams over the bets that the views know;
//! a bet that comes in later on a market with a result meets it when the bet itself is read. Whichever
//! of the two is read second finds the other, so none is missed in any order. What was done is known by
//! effect ids: going over a stretch of journal again, as after a crash, changes nothing.

mod effect;
mod pace;
mod position;

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::stream::{FuturesUnordered, StreamExt};
use shardbook_domain::event;
use shardbook_domain::ids::{BetNo, EventId, PlayerId};
use shardbook_domain::player;
use shardbook_domain::process::settlement::{ResultNotice, on_result};
use shardbook_projections::legs;
use shardbook_runtime::entity::Entity;
use shardbook_runtime::fault::StoreFault;
use shardbook_runtime::host::Host;
use shardbook_runtime::journal::{EntryRef, Frame, Journal, Position, Store};
use shardbook_runtime::slot::ShardId;
use shardbook_runtime::turnstile::Turnstile;
use shardbook_runtime::views::list_row;
use tokio::sync::watch;

use crate::entities::{EventEntity, PlayerEntity};
use crate::views::{LEGS, RESULTS, decoded};
use effect::{Applied, Effects, apply};
use pace::Pace;
use position::Positions;
pub(crate) use position::read_up_to;

/// Most commands of the process under way at once: enough to fill a group commit, few beside what players send.
const UNDER_WAY_MAX: usize = 128;
/// Bets that are settled without a pause: as many as are under way at the most.
const TURN: usize = UNDER_WAY_MAX;
/// Bets of one market after which the process notes how far it has come.
const NOTE_EVERY: usize = 8_192;
/// Frames after which it notes how far it has read.
const NOTE_FRAMES: u64 = 256;

/// What the process is doing.
#[derive(Debug, Default)]
pub struct SettlementGauge {
    /// Frames that it has read, over all shards.
    read: AtomicU64,
    /// Commands under way.
    under_way: AtomicU64,
    /// Results that were brought to a bet since the start, repeated ones too.
    applied: AtomicU64,
    /// Bets to which a result could not be applied: each is a bug, and is logged.
    refused: AtomicU64,
}

impl SettlementGauge {
    /// Frames not read yet plus commands under way; zero when everything durable is settled.
    #[must_use]
    pub fn backlog(&self, durable: u64) -> u64 {
        durable.saturating_sub(self.read.load(Ordering::Acquire)) + self.under_way.load(Ordering::Acquire)
    }

    /// Results that were brought to a bet since the start, repeated ones too.
    #[must_use]
    pub fn applied(&self) -> u64 {
        self.applied.load(Ordering::Relaxed)
    }

    /// Bets to which a result could not be applied.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}

/// The process of a node.
pub struct Settlement {
    store: Arc<Store>,
    journal: Journal,
    effects: Arc<Effects>,
    positions: Positions,
    /// Markets that have a result, by the digest of their key: nearly no bet comes in on one, and none is looked for in vain.
    resulted: HashSet<u64>,
    gauge: Arc<SettlementGauge>,
    turnstile: Turnstile,
    pace: Pace,
}

/// Names a market among those with a result. Where two have the same name, a result is looked for in vain.
fn name_of(market: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(market);
    hasher.finish()
}

impl Settlement {
    /// Goes on where the process stood. It settles `least_per_s` bets a second at the least, and has the turnstile leave it
    /// the room for that.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) fn open(
        store: &Arc<Store>,
        journal: &Journal,
        players: Host<PlayerEntity>,
        gauge: Arc<SettlementGauge>,
        turnstile: Turnstile,
        least_per_s: u32,
    ) -> Result<Self, StoreFault> {
        let positions = Positions::open(Arc::clone(store))?;
        gauge.read.store(positions.sum(), Ordering::Release);
        let effects = Arc::new(Effects::new(Arc::clone(store), journal.clone(), players));
        let resulted = RESULTS.scan(store, &[], &[]);
        let resulted = resulted.map(|row| row.map(|(market, _)| name_of(&market)));
        Ok(Self {
            resulted: resulted.collect::<Result<_, _>>()?,
            store: Arc::clone(store),
            journal: journal.clone(),
            effects,
            positions,
            gauge,
            turnstile,
            pace: Pace::new(least_per_s),
        })
    }

    /// Runs until the views end or the store fails.
    pub(crate) async fn run(mut self, mut viewed: watch::Receiver<()>) {
        let mut noted = true;
        loop {
            let round = match self.round().await {
                Ok(false) if !noted => self.positions.note().map(|()| noted = true).map(|()| false),
                round => round,
            };
            match round {
                Ok(true) => noted = false,
                Ok(false) => {
                    if viewed.changed().await.is_err() {
                        return;
                    }
                }
                Err(StoreFault::Stopped) => return,
                Err(fault) => {
                    tracing::error!(%fault, "settlement has stopped; it goes on where it stood at the next start");
                    return;
                }
            }
        }
    }

    /// Reads what is new in each shard; whether there was anything.
    async fn round(&mut self) -> Result<bool, StoreFault> {
        let mut any = false;
        for shard in (0..self.journal.map().shards()).map(ShardId) {
            let viewed = self.journal.durability().viewed(shard);
            for sequence in self.positions.of(shard) + 1..=viewed {
                let frame = self.store.frame(Position { shard, sequence })?;
                self.frame(&frame).await?;
                any = true;
                self.positions.advance(shard, sequence);
                self.gauge.read.fetch_add(1, Ordering::Release);
                if sequence.is_multiple_of(NOTE_FRAMES) {
                    self.positions.note()?;
                }
            }
        }
        Ok(any)
    }

    async fn frame(&mut self, frame: &Frame) -> Result<(), StoreFault> {
        let mut late = FuturesUnordered::new();
        for entry in frame.entries().filter(|entry| entry.event_count() > 0) {
            match entry.entry.key.kind {
                EventEntity::KIND => {
                    let id = EventId(entry.entry.key.id);
                    for happened in readable(frame, decoded::<EventEntity>(&entry))? {
                        if let Some(notice) = on_result(id, &happened) {
                            let market = legs::market_prefix(notice.event, notice.market);
                            self.resulted.insert(name_of(&market));
                            self.settle(&notice).await?;
                        }
                    }
                }
                PlayerEntity::KIND => {
                    for (notice, player, bet) in self.late(frame, &entry)? {
                        self.gauge.under_way.fetch_add(1, Ordering::AcqRel);
                        late.push(apply(Arc::clone(&self.effects), Arc::new(notice), player, bet));
                    }
                    self.wait_for(&mut late, UNDER_WAY_MAX).await?;
                }
                _ => {}
            }
        }
        self.wait_for(&mut late, 0).await
    }

    /// Waits until no more than so many are under way.
    async fn wait_for(
        &self,
        under_way: &mut FuturesUnordered<impl Future<Output = Applied>>,
        most: usize,
    ) -> Result<(), StoreFault> {
        while under_way.len() > most {
            if let Some(applied) = under_way.next().await {
                self.gauge.under_way.fetch_sub(1, Ordering::AcqRel);
                self.count(applied)?;
            }
        }
        Ok(())
    }

    /// The bets of an entry on markets that have a result already.
    fn late(&self, frame: &Frame, entry: &EntryRef<'_>) -> Result<Vec<(ResultNotice, PlayerId, BetNo)>, StoreFault> {
        let player = PlayerId(entry.entry.key.id);
        let mut late = Vec::new();
        for happened in entry.events() {
            let Some((bet, legs)) = readable(frame, player::Event::legs_placed(happened))? else {
                continue;
            };
            for leg in legs.iter().map(|leg| leg.selection) {
                let market = legs::market_prefix(leg.event, leg.market);
                if !self.resulted.contains(&name_of(&market)) {
                    continue;
                }
                let Some(row) = RESULTS.get(&self.store, &market)? else {
                    continue;
                };
                let result = readable(frame, event::Event::decode(&row))?;
                late.extend(on_result(leg.event, &result).map(|notice| (notice, player, bet)));
            }
        }
        Ok(late)
    }

    /// Streams over the bets of a market, with a bounded number of commands under way.
    async fn settle(&mut self, notice: &ResultNotice) -> Result<(), StoreFault> {
        let market = legs::market_prefix(notice.event, notice.market);
        let from = self.positions.cursor(notice).unwrap_or_else(|| market.to_vec());
        let notice = Arc::new(notice.clone());
        let mut under_way = FuturesUnordered::new();
        let store = Arc::clone(&self.store);
        let (mut done, mut noted, mut turn) = (0, 0, Instant::now());
        for row in LEGS.scan(&store, &market, &from) {
            let (key, bets) = row?;
            let Some((_, bets)) = list_row(&key, &bets, legs::ELEMENT_BYTES) else {
                continue;
            };
            for (player, bet) in bets.filter_map(legs::bet_of) {
                self.wait_for(&mut under_way, UNDER_WAY_MAX - 1).await?;
                self.gauge.under_way.fetch_add(1, Ordering::AcqRel);
                under_way.push(apply(Arc::clone(&self.effects), Arc::clone(&notice), player, bet));
                done += 1;
                if done % TURN == 0 {
                    self.pause(turn.elapsed()).await;
                    turn = Instant::now();
                }
            }
            if done - noted >= NOTE_EVERY {
                self.wait_for(&mut under_way, 0).await?;
                self.positions.note_cursor(&notice, &key)?;
                noted = done;
            }
        }
        self.wait_for(&mut under_way, 0).await?;
        self.turnstile.starve(false);
        self.positions.forget_cursor()
    }

    /// Lets others go first after a turn that took so long, as far as the pace allows.
    async fn pause(&self, took: Duration) {
        self.turnstile.starve(self.pace.is_behind(TURN, took));
        let pause = self.pace.pause(TURN, took, self.turnstile.crowd());
        if pause.is_zero() {
            // Its thread does nothing else; a stop is heard where it yields.
            tokio::task::yield_now().await;
        } else {
            tokio::time::sleep(pause).await;
        }
    }

    fn count(&self, applied: Applied) -> Result<(), StoreFault> {
        match applied {
            Applied::Done => {
                self.gauge.applied.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            Applied::Stopped => Err(StoreFault::Stopped),
            Applied::Refused => {
                self.gauge.refused.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
        }
    }
}

fn readable<T>(frame: &Frame, read: Result<T, impl std::fmt::Display>) -> Result<T, StoreFault> {
    read.map_err(|error| StoreFault::Corrupt {
        what: "journal entry",
        shard: frame.position().shard,
        at: frame.position().sequence.to_string(),
        why: error.to_string(),
    })
}
