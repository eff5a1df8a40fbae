//! A shard node: store, hosts, replicas and processes, started and stopped as one.

use std::path::PathBuf;
use std::sync::Arc;

use shardbook_domain::event;
use shardbook_domain::rules::{RuleError, Rules};
use shardbook_projections::events;
use shardbook_runtime::clock::{Clock, SystemClock};
use shardbook_runtime::fault::StoreFault;
use shardbook_runtime::host::{Host, HostOptions};
use shardbook_runtime::journal::StoreOptions;
use shardbook_runtime::node::{Node, NodeOptions, OnFault};
use shardbook_runtime::router::{CallFault, Router};
use shardbook_runtime::slot::SlotMap;
use tokio::task::JoinHandle;

use crate::admission::{AdmissionOptions, watch_processors};
use crate::archive::{self, ArchiveOptions};
use crate::background::Background;
use crate::book::Book;
use crate::budgets::Budgets;
use crate::changed_bets::{ChangedBets, Teller};
use crate::entities::{EventEntity, PLAYER, PlayerEntity, World};
use crate::fanout::{Arrivals, Fanout, PublicTopic, Sources};
use crate::names::Names;
use crate::pending::Due;
use crate::referrals::Referrals;
use crate::rulebook;
use crate::service::{ShardRouter, Shards};
use crate::settlement::{Settlement, SettlementGauge};
use crate::views::{EVENTS, projections};

/// How a shard node is started.
#[derive(Debug, Clone)]
pub struct ShardNodeOptions {
    /// The folder of the store; made when missing.
    pub data: PathBuf,
    /// Shards, 1 to 256; fixed when the store is made.
    pub shards: u16,
    /// Sizes of the store.
    pub store: StoreOptions,
    /// Bounds of the actors of each kind.
    pub host: HostOptions,
    /// Entries that may wait for the journal before senders wait.
    pub queue: usize,
    /// Public updates that a gateway may be behind before it must take a fresh image.
    pub public_queue: usize,
    /// What may be under way.
    pub admission: AdmissionOptions,
    /// The brand's rules.
    pub rules: Rules,
    /// Where old frames go; `None` keeps all in the store.
    pub archive: Option<ArchiveOptions>,
}

impl ShardNodeOptions {
    /// The defaults, on a folder.
    #[must_use]
    pub fn on(data: PathBuf) -> Self {
        Self {
            data,
            shards: 4,
            store: StoreOptions::default(),
            host: HostOptions::default(),
            queue: 65_536,
            public_queue: 65_536,
            admission: AdmissionOptions::default(),
            rules: Rules::default(),
            archive: None,
        }
    }
}

/// Why a shard node does not start or stop.
#[derive(Debug, thiserror::Error)]
pub enum NodeFault {
    /// The number of shards is out of its range.
    #[error("{0} shards: choose 1 to 256")]
    Shards(u16),
    /// The rules make no sense.
    #[error("the rules of the brand are not valid: {0}")]
    Rules(#[from] RuleError),
    /// Other rules of the same version are in force in this store.
    #[error("the rules differ from those of version {0} that this store has taken bets under: raise rules.version")]
    RulesChanged(u32),
    /// The store has taken bets under later rules.
    #[error("the rules are of version {asked}, this store has taken bets under version {stored}: raise rules.version")]
    RulesWentBack {
        /// The newest version that the store knows.
        stored: u32,
        /// The version given.
        asked: u32,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// An entity could not be brought back.
    #[error("a live event could not be brought back from the journal ({0}); run `shardbook verify` on the data folder")]
    Event(CallFault),
}

/// A running shard node.
pub struct ShardNode {
    node: Node,
    shards: Shards,
    topic: Arc<PublicTopic>,
    fanout: JoinHandle<()>,
    settlement: Background,
    /// Lets old frames leave, where there is an archive.
    archiving: Option<Background>,
    /// The clock of waiting slips, the care of budgets and the watch over the processors.
    upkeep: Vec<JoinHandle<()>>,
}

impl ShardNode {
    /// Opens the store and starts serving. `progress` is told of frames read into views and frames in all.
    ///
    /// # Errors
    /// When options, store or journal are not fit to serve.
    pub async fn start(
        options: ShardNodeOptions,
        on_fault: OnFault,
        progress: impl FnMut(u64, u64) + Send,
    ) -> Result<Self, NodeFault> {
        options.rules.validate()?;
        let shards = SlotMap::try_new(options.shards).ok_or(NodeFault::Shards(options.shards))?;
        let mut store = options.store.clone();
        if let Some(archive) = &options.archive {
            archive::make(&archive.folder)?;
            store.archive = Some(archive.folder.clone());
        }
        let node_options = NodeOptions {
            data: options.data,
            shards,
            store,
            queue: options.queue,
        };
        let (node, frames) = Node::open(
            &node_options,
            projections(&options.rules),
            vec![PLAYER],
            &on_fault,
            progress,
        )?;
        let clock: Arc<dyn Clock> = Arc::new(clock_after(node.store().latest_ms()?));
        let archiving = options.archive.map(|archive| (archive, options.rules.clone()));
        let rules = rulebook::open(node.store(), options.rules)?;
        let topic = Arc::new(PublicTopic::new(options.public_queue));
        let (changed_bets, changes) = ChangedBets::to(topic.audience());
        let world = Arc::new(World {
            budgets: Budgets::open(node.store(), &rules)?,
            rules,
            book: Book::default(),
            changed_bets,
        });
        let host_world = || Arc::new(Arc::clone(&world));
        let players: Host<PlayerEntity> =
            Host::start(node.parts(Arc::clone(&clock)), options.host.clone(), host_world()).await?;
        let events: Host<EventEntity> =
            Host::start(node.parts(Arc::clone(&clock)), options.host.clone(), host_world()).await?;
        let referrals = Arc::<Referrals>::default();
        let (due, waiting) = Due::open(node.store(), players.clone(), Arc::clone(&clock))?;
        let arrivals = Arc::<Arrivals>::default();
        let names = Arc::new(Names::new(Arc::clone(node.store())));
        let mut fanout = Fanout::new(Sources {
            world: Arc::clone(&world),
            topic: Arc::clone(&topic),
            arrivals: Arc::clone(&arrivals),
            players: players.clone(),
            sporting_events: events.clone(),
            names: Arc::clone(&names),
            journal: node.journal().clone(),
            referrals: Arc::clone(&referrals),
            waiting,
            clock: Arc::clone(&clock),
        });
        restore(&node, &events, &mut fanout).await?;
        // After the markets: what would be taken without asking depends on them.
        fanout.restore_referrals(due.waiting()).await;
        let gauge = Arc::<SettlementGauge>::default();
        let turnstile = options.admission.turnstile();
        let settlement = Settlement::open(
            node.store(),
            node.journal(),
            players.clone(),
            Arc::clone(&gauge),
            turnstile.clone(),
            options.admission.settlement_least_per_s,
        )?;
        let settlement = Background::start("settlement", settlement.run(node.viewed()))?;
        let archiving = archiving.map(|(archive, rules)| {
            let (store, players) = (Arc::clone(node.store()), players.clone());
            Background::start(
                "archive",
                archive::run(store, players, rules, Arc::clone(&clock), archive),
            )
        });
        let archiving = archiving.transpose()?;
        let fanout = tokio::spawn(fanout.follow(frames));
        let teller = Teller {
            world: Arc::clone(&world),
            topic: Arc::clone(&topic),
            names: Arc::clone(&names),
            store: Arc::clone(node.store()),
            journal: node.journal().clone(),
        };
        let upkeep = vec![
            tokio::spawn(teller.run(changes)),
            tokio::spawn(due.run()),
            tokio::spawn(Budgets::tend(Arc::clone(&world))),
            tokio::spawn(watch_processors(turnstile.clone())),
        ];
        let shards = Shards {
            players,
            events,
            store: Arc::clone(node.store()),
            journal: node.journal().clone(),
            world,
            arrivals,
            names,
            settlement: gauge,
            referrals,
            clock: Arc::clone(&clock),
            turnstile,
        };
        Ok(Self {
            node,
            shards,
            topic,
            fanout,
            settlement,
            archiving,
            upkeep,
        })
    }

    /// How gateways reach the entities.
    #[must_use]
    pub fn router(&self) -> ShardRouter {
        Router::new(self.shards.clone())
    }

    /// What gateways subscribe to.
    #[must_use]
    pub fn topic(&self) -> Arc<PublicTopic> {
        Arc::clone(&self.topic)
    }

    /// The actors of players, for tools that drive them without a gateway.
    #[must_use]
    pub fn players(&self) -> &Host<PlayerEntity> {
        &self.shards.players
    }

    /// The actors of sporting events, for tools that drive them without a gateway.
    #[must_use]
    pub fn events(&self) -> &Host<EventEntity> {
        &self.shards.events
    }

    /// The journal and its counters.
    #[must_use]
    pub fn journal(&self) -> &shardbook_runtime::journal::Journal {
        self.node.journal()
    }

    /// What the settlement process is doing.
    #[must_use]
    pub fn settlement(&self) -> &SettlementGauge {
        &self.shards.settlement
    }

    /// Stops serving: no new command is taken, all that were are answered, everything is on disk.
    ///
    /// # Errors
    /// When the journal had stopped, or the last flush fails.
    pub async fn stop(self) -> Result<(), NodeFault> {
        let Self {
            node,
            shards,
            fanout,
            settlement,
            archiving,
            upkeep,
            ..
        } = self;
        // Processes first: what they have not sent yet, they send at the next start.
        if let Some(archiving) = archiving {
            archiving.stop().await;
        }
        settlement.stop().await;
        for task in upkeep {
            task.abort();
            let _ = task.await;
        }
        let stopped = shards.players.stop().await.and(shards.events.stop().await);
        drop(shards);
        fanout.abort();
        let _ = fanout.await;
        let closed = tokio::task::spawn_blocking(move || node.close())
            .await
            .map_err(|_| StoreFault::Stopped)?;
        stopped.and(closed)?;
        Ok(())
    }
}

/// The machine's clock, and never before what is in the journal.
fn clock_after(latest_ms: u64) -> SystemClock {
    let behind_ms = latest_ms.saturating_sub(SystemClock::default().now_ms());
    if behind_ms > 0 {
        tracing::warn!(
            behind_ms,
            "the machine's clock is behind the newest entry of the journal: check it; time goes on from that entry, at half \
             the speed until the clock has caught up"
        );
    }
    SystemClock::not_before(latest_ms)
}

/// Brings back every event that is not over, before the first frame is followed.
async fn restore(node: &Node, events: &Host<EventEntity>, fanout: &mut Fanout) -> Result<(), NodeFault> {
    let mut live = Vec::new();
    for row in EVENTS.scan(node.store(), &[], &[]) {
        let (key, row) = row?;
        if let (Some(id), Some((false, _))) = (events::event_of(&key), events::read(&row)) {
            live.push(id);
        }
    }
    for id in live {
        let look = |state: &event::State, version| (state.clone(), version);
        let pending = events.read_version(id.0, look).map_err(NodeFault::Event)?;
        let (state, version) = pending.answer().await.map_err(NodeFault::Event)?;
        fanout.restore(id, state, version);
    }
    Ok(())
}
