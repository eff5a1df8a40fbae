//! From the journal to everyone who watches: the replicas of this node, and the public topic.
//!
//! It follows the journal itself, so nothing is published before it is durable and nothing is left out.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use dashmap::DashMap;
use shardbook_domain::event::{self, FixtureStatus};
use shardbook_domain::ids::{BetNo, EventId, PlayerId, SlipNo};
use shardbook_domain::player::{self, Released};
use shardbook_domain::time::Time;
use shardbook_projections::pending;
use shardbook_proto::backoffice::v1::{ReferralChanged, referral_changed};
use shardbook_proto::client::v1 as client;
use shardbook_proto::internal::v1::{PlayerUpdate, PublicUpdate, player_update, public_update};
use shardbook_runtime::bus::Topic;
use shardbook_runtime::clock::Clock;
use shardbook_runtime::entity::{CommandId, Entity, EntityKey, Undecodable};
use shardbook_runtime::host::Host;
use shardbook_runtime::journal::{EntryRef, Followed, Frame, Journal, Store};
use tokio::sync::mpsc;

use crate::entities::{EventEntity, PLAYER, PlayerEntity, World};
use crate::names::Names;
use crate::pending::Change;
use crate::recall::with_recalled;
use crate::referrals::{Referrals, Turn};
use crate::translate::{
    balance_to_wire, bet_to_wire, event_info, market_delta, market_image, offered, placed, referral, slip_id,
    slip_refused, waiting,
};
use crate::views::decoded;

/// What a gateway subscribes to.
pub type PublicTopic = Topic<String, PublicUpdate>;

/// When each feed message that is not yet published was received.
#[derive(Debug, Default)]
pub struct Arrivals {
    received: DashMap<CommandId, Instant>,
}

impl Arrivals {
    /// At this many all are forgotten: repeated messages are never published, and it is a measurement, not a queue.
    const MOST: usize = 65_536;

    pub(crate) fn note(&self, command: CommandId) {
        if self.received.len() >= Self::MOST {
            self.received.clear();
        }
        self.received.insert(command, Instant::now());
    }

    pub(crate) fn forget(&self, command: CommandId) {
        self.received.remove(&command);
    }

    /// When the message was received, Unix microseconds; 0 when not known.
    fn take(&self, command: CommandId) -> i64 {
        let Some((_, received)) = self.received.remove(&command) else {
            return 0;
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        now.saturating_sub(received.elapsed()).as_micros() as i64
    }
}

/// The replicas that are published from.
pub struct Fanout {
    world: Arc<World>,
    topic: Arc<PublicTopic>,
    arrivals: Arc<Arrivals>,
    players: Host<PlayerEntity>,
    names: Arc<Names>,
    store: Arc<Store>,
    journal: Journal,
    sporting_events: Host<EventEntity>,
    replicas: HashMap<EventId, Replica>,
    referrals: Arc<Referrals>,
    waiting: mpsc::Sender<Change>,
    clock: Arc<dyn Clock>,
}

/// What the fan-out reads from and tells.
pub(crate) struct Sources {
    pub(crate) world: Arc<World>,
    pub(crate) topic: Arc<PublicTopic>,
    pub(crate) arrivals: Arc<Arrivals>,
    pub(crate) players: Host<PlayerEntity>,
    pub(crate) sporting_events: Host<EventEntity>,
    pub(crate) names: Arc<Names>,
    pub(crate) journal: Journal,
    pub(crate) referrals: Arc<Referrals>,
    /// Where the clock of waiting slips hears of them.
    pub(crate) waiting: mpsc::Sender<Change>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// An event as published last.
struct Replica {
    state: event::State,
    /// Entries of the event that it amounts to.
    version: u64,
}

/// Waits at most so long for an event that was over to come back into memory.
const RECALL: Duration = Duration::from_secs(5);

impl Fanout {
    pub(crate) fn new(sources: Sources) -> Self {
        let Sources {
            world,
            topic,
            arrivals,
            players,
            sporting_events,
            names,
            journal,
            referrals,
            waiting,
            clock,
        } = sources;
        let (store, replicas) = (Arc::clone(names.store()), HashMap::new());
        Self {
            world,
            topic,
            arrivals,
            players,
            names,
            store,
            journal,
            sporting_events,
            replicas,
            referrals,
            waiting,
            clock,
        }
    }

    /// Takes in the slips that wait for a trader, before the first frame that will be followed.
    pub(crate) async fn restore_referrals(&self, slips: impl Iterator<Item = (PlayerId, SlipNo)>) {
        for (player, slip) in slips {
            self.refer(player, slip).await;
        }
    }

    /// Takes in an event as it stood before the first frame that will be followed.
    pub(crate) fn restore(&mut self, id: EventId, state: event::State, version: u64) {
        self.publish_event(&state);
        for market in state.markets() {
            self.world.book.set(id, &state, market);
            self.publish_image(&state, market);
        }
        if let Some(fixture) = state.fixture() {
            self.names.learn(id, &fixture.urn);
        }
        self.keep(id, Replica { state, version });
    }

    /// Holds the replica until the event is over; then it leaves the book and the image.
    fn keep(&mut self, id: EventId, replica: Replica) {
        if is_over(&replica.state) {
            self.world.book.forget(id, &replica.state);
            self.world.budgets.forget(id);
            self.retire(&replica.state);
        } else {
            self.replicas.insert(id, replica);
        }
    }

    /// Follows the journal until it ends.
    pub(crate) async fn follow(mut self, mut frames: mpsc::Receiver<Followed>) {
        while let Some(followed) = frames.recv().await {
            if let Followed::Frame(frame) = followed
                && let Err(error) = self.frame(&frame).await
            {
                tracing::error!(%error, frame = frame.position().sequence, "a durable entry cannot be read");
            }
        }
    }

    async fn frame(&mut self, frame: &Frame) -> Result<(), Undecodable> {
        for entry in frame.entries().filter(|entry| entry.event_count() > 0) {
            match entry.entry.key.kind {
                EventEntity::KIND => self.event_entry(&entry).await?,
                PlayerEntity::KIND => self.player_entry(&entry).await?,
                _ => {}
            }
        }
        Ok(())
    }

    async fn event_entry(&mut self, entry: &EntryRef<'_>) -> Result<(), Undecodable> {
        let id = EventId(entry.entry.key.id);
        let version = entry.entry.version;
        let received_us = self.arrivals.take(entry.entry.command);
        let mut replica = match self.replicas.remove(&id) {
            Some(replica) => replica,
            None if version == 0 => Replica {
                state: event::State::default(),
                version,
            },
            None => {
                self.recall(id).await;
                return Ok(());
            }
        };
        if replica.version > version {
            // It came back into memory with this entry and perhaps later ones.
            self.replicas.insert(id, replica);
            return Ok(());
        }
        let happened = decoded::<EventEntity>(entry)?;
        replica.version = version + 1;
        let state = &mut replica.state;
        let mut changed = Vec::new();
        for event in &happened {
            state.apply(event);
            match event.market() {
                Some((market, _)) if !changed.contains(&market) => changed.push(market),
                Some(_) => {}
                None => {
                    self.publish_event(state);
                    if let Some(fixture) = state.fixture() {
                        self.names.learn(id, &fixture.urn);
                    }
                }
            }
        }
        for market in changed.into_iter().filter_map(|no| replica.state.market(no)) {
            self.world.book.set(id, &replica.state, market);
            let on_market = |event: &&event::Event| event.market().is_some_and(|(no, _)| no == market.no);
            let of_market = happened.iter().filter(on_market);
            match market_delta(&replica.state, market, of_market, received_us) {
                Some(delta) => self.publish_delta(&replica.state, market, delta),
                None => self.publish_image(&replica.state, market),
            }
        }
        self.keep(id, replica);
        Ok(())
    }

    /// An event that was over has changed, as by a corrected result: its actor has it whole.
    async fn recall(&mut self, id: EventId) {
        let read = self
            .sporting_events
            .read_version(id.0, |state: &event::State, version| (state.clone(), version));
        let answer = async { read?.answer().await };
        match tokio::time::timeout(RECALL, answer).await {
            Ok(Ok((state, version))) => self.restore(id, state, version),
            Ok(Err(fault)) => tracing::warn!(%id, %fault, "a change of an event that was over is not published"),
            Err(_) => tracing::warn!(%id, "a change of an event that was over is not published: it took too long"),
        }
    }

    fn publish_event(&self, state: &event::State) {
        let Some(info) = event_info(state) else { return };
        let key = event_key(&info.event);
        let update = Arc::new(PublicUpdate {
            update: Some(public_update::Update::Event(info)),
        });
        self.topic.publish(Arc::clone(&update), |image| {
            image.insert(key, update);
        });
    }

    fn publish_image(&self, state: &event::State, market: &event::Market) {
        let Some(image) = market_image(state, market) else {
            return;
        };
        let key = market_key(&image.event, image.market);
        let update = Arc::new(PublicUpdate {
            update: Some(public_update::Update::Image(image)),
        });
        self.topic.publish(Arc::clone(&update), |held| {
            held.insert(key, update);
        });
    }

    /// Sends the delta; who comes later gets the image that already holds it.
    fn publish_delta(&self, state: &event::State, market: &event::Market, delta: client::MarketDelta) {
        let Some(image) = market_image(state, market) else {
            return;
        };
        let key = market_key(&image.event, image.market);
        let image = Arc::new(PublicUpdate {
            update: Some(public_update::Update::Image(image)),
        });
        let delta = Arc::new(PublicUpdate {
            update: Some(public_update::Update::Delta(delta)),
        });
        self.topic.publish(delta, |held| {
            held.insert(key, image);
        });
    }

    /// An event that is over leaves the image; who watches has its last state already.
    fn retire(&self, state: &event::State) {
        let Some(info) = event_info(state) else { return };
        let event = event_key(&info.event);
        let markets: Vec<String> = state
            .markets()
            .iter()
            .map(|market| market_key(&info.event, market.no.0))
            .collect();
        let update = Arc::new(PublicUpdate {
            update: Some(public_update::Update::Event(info)),
        });
        self.topic.publish(update, |image| {
            image.remove(&event);
            for market in &markets {
                image.remove(market);
            }
        });
    }

    async fn player_entry(&self, entry: &EntryRef<'_>) -> Result<(), Undecodable> {
        if !entry.events().any(player::Event::is_of_slip_or_cashier) {
            // Nearly every entry: who placed a bet has the answer, and of settled bets players hear elsewhere.
            return Ok(());
        }
        let player = PlayerId(entry.entry.key.id);
        let mut cashier = false;
        let mut slips: Vec<(SlipNo, Option<Released>)> = Vec::new();
        let mut taken: Vec<BetNo> = Vec::new();
        for event in decoded::<PlayerEntity>(entry)? {
            if let Some((slip, until)) = pending::change_of(&event) {
                // A closed channel says that the node stops.
                let _ = self.waiting.send(Change { player, slip, until }).await;
            }
            match event {
                player::Event::SlipHeld { slip, .. }
                | player::Event::SlipApproved { slip, .. }
                | player::Event::SlipOffered { slip, .. } => slips.push((slip, None)),
                // An offer is told as such.
                player::Event::SlipReleased { slip, how, .. } if how != Released::Offered => {
                    slips.push((slip, Some(how)));
                }
                player::Event::BetPlaced { terms, .. } => taken.push(terms.no),
                player::Event::Deposited { .. } | player::Event::Withdrawn { .. } => cashier = true,
                _ => {}
            }
        }
        let listens = (cashier || !slips.is_empty()) && self.topic.audience().listens(&player.to_string());
        for (slip, how) in slips {
            if listens {
                self.publish_slip(player, slip, how, taken.clone());
            }
            self.refer(player, slip).await;
        }
        if cashier && listens {
            let outcome = PlayerEntity::decode_outcome(entry.entry.outcome.accepted, entry.entry.outcome.bytes)?;
            if let Ok(player::Reply::Balance(balance)) = outcome {
                publish_player(
                    &self.topic,
                    player,
                    player_update::Change::Balance(balance_to_wire(&balance)),
                );
            }
        }
        Ok(())
    }
}

impl Fanout {
    /// How a slip stands now, told to its player: what was taken, what it waits for, or why it was refused.
    fn publish_slip(&self, player: PlayerId, slip: SlipNo, how: Option<Released>, taken: Vec<BetNo>) {
        let (names, world) = (Arc::clone(&self.names), Arc::clone(&self.world));
        let look = move |state: &player::State| {
            let balance = state.balance()?;
            let id = slip_id(player, slip);
            let told = match (&how, state.pending_slip(slip)) {
                (Some(Released::Accepted), _) => placed(Some(id), Vec::new(), Some(&balance)),
                (Some(how), None) => slip_refused(id, how, Some(&balance))?,
                (_, Some(slip)) => match slip.stage {
                    player::Stage::Offer => offered(id, slip.until, &slip.asked, Some(&balance)),
                    stage => waiting(id, stage, slip.until, Some(&balance)),
                },
                (None, None) => return None,
            };
            let held = taken.iter().map(|no| (*no, state.bet(*no).map(Cow::into_owned)));
            Some((told, balance.currency, held.collect::<Vec<_>>()))
        };
        let Ok(pending) = self.players.read(player.0, look) else {
            // The mailbox is full: the client finds it in its list of slips and bets.
            return;
        };
        let (topic, store, journal) = (Arc::clone(&self.topic), Arc::clone(&self.store), self.journal.clone());
        tokio::spawn(async move {
            let Ok(Some((mut told, currency, held))) = pending.answer().await else {
                return;
            };
            match with_recalled(&store, &journal, player, held).await {
                Ok(bets) => {
                    let to_wire = |bet| client::Bet {
                        slip_id: slip_id(player, slip),
                        ..bet_to_wire(player, bet, currency, &names, &world.rules)
                    };
                    told.bets = bets.iter().map(to_wire).collect();
                    publish_player(&topic, player, player_update::Change::Slip(told));
                }
                Err(fault) => tracing::error!(%fault, %player, %slip, "cannot tell of a slip that was decided"),
            }
        });
    }

    /// Puts a slip on the traders' list or takes it off, as its player has it.
    async fn refer(&self, player: PlayerId, slip: SlipNo) {
        let (names, world) = (Arc::clone(&self.names), Arc::clone(&self.world));
        let now = Time(self.clock.now_ms());
        let shard = self.store.map().locate(EntityKey {
            kind: PLAYER,
            id: player.0,
        });
        let look = move |state: &player::State, version: u64| {
            let stands = state
                .pending_slip(slip)
                .filter(|slip| slip.stage == player::Stage::Referral)
                .zip(state.profile());
            let referral = stands.map(|(pending, profile)| {
                let context = player::Context {
                    now,
                    rules: &world.rules,
                    book: &world.book,
                    exposure: world.budgets.of(shard),
                };
                // Where a market is closed to bets now, nothing is taken.
                let most = player::max_stake(state, &pending.asked, &context).unwrap_or_default();
                referral(player, profile, slip, pending, &most, &names)
            });
            (version, referral)
        };
        let Ok(pending) = self.players.read_version(player.0, look) else {
            tracing::warn!(%player, %slip, "a slip is not on the traders' list: its player is overloaded");
            return;
        };
        let (referrals, topic) = (Arc::clone(&self.referrals), Arc::clone(&self.topic));
        tokio::spawn(async move {
            let Ok((version, referral)) = pending.answer().await else {
                return;
            };
            let change = match referrals.set(player, slip, version, referral) {
                Some(Turn::Came(referral)) => referral_changed::Change::Came(*referral),
                Some(Turn::Gone) => referral_changed::Change::GoneSlipId(slip_id(player, slip)),
                None => return,
            };
            let changed = ReferralChanged { change: Some(change) };
            let update = PublicUpdate {
                update: Some(public_update::Update::Referral(changed)),
            };
            topic.publish(Arc::new(update), |_| ());
        });
    }
}

pub(crate) fn publish_player(topic: &PublicTopic, player: PlayerId, change: player_update::Change) {
    let update = PlayerUpdate {
        player_id: player.to_string(),
        change: Some(change),
    };
    topic.publish(
        Arc::new(PublicUpdate {
            update: Some(public_update::Update::Player(update)),
        }),
        |_| (),
    );
}

/// Over: the source has ended it and every market has its result.
fn is_over(state: &event::State) -> bool {
    state
        .fixture()
        .is_some_and(|fixture| fixture.status == FixtureStatus::Ended)
        && state.markets().iter().all(event::Market::is_decided)
}

fn event_key(urn: &str) -> String {
    format!("{urn} ")
}

fn market_key(urn: &str, market: u32) -> String {
    format!("{urn} {market:06}")
}
