//! The actors: one for each entity that is in memory.
//!
//! A command finds its entity's actor, or starts one from snapshot and tail. The actor decides and
//! applies at once and goes on with the next command; the answer leaves when the journal has it. An
//! entity's state is in no other place. docs/runtime-semantics.md says what callers may rely on.

mod activation;
mod actor;
mod checkpointer;
mod memory;
mod resident;
mod supervisor;
mod terms;

use std::any::Any;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ractor::ActorCell;

use crate::clock::Clock;
use crate::entity::{CommandId, Entity, EntityKey};
use crate::fault::StoreFault;
use crate::journal::{Journal, Room, Store};
use crate::promise::{Promised, promise};
use crate::router::CallFault;
use crate::stages::{self, Stage};
use crate::views::{Tails, write_snapshot};

use activation::Recall;
use actor::{Asked, Body, Broken, EntityActor, Look, Message, SUBMISSIONS};
use resident::{Errand, Post, Residents};
use terms::Reply;
pub use terms::Terms;

/// Bounds of a host. Each is a promise about memory or time.
#[derive(Debug, Clone)]
pub struct HostOptions {
    /// Entities in memory before the longest idle ones leave it. A resident player costs a few kilobytes.
    pub residents_max: usize,
    /// An entity that got no command for this long leaves memory.
    pub idle: Duration,
    /// Commands waiting for one entity before more are refused: bounds the memory of a hot entity.
    pub mailbox_max: u32,
    /// Events of an entity between two snapshots: bounds what an activation replays. Each may be in a frame of its own. An
    /// entity whose snapshot is large takes up to seven times as many, or as many as the snapshot has times 512 bytes.
    pub snapshot_events: u32,
    /// Outcomes that an entity holds itself; older ones are read from disk.
    pub outcomes_held: usize,
    /// Time between two rounds of upkeep: who leaves memory, and which snapshots are due.
    pub checkpoint: Duration,
    /// Bytes of journal after which what was written before them is in a snapshot, of entities of which no list tells: bounds
    /// what a restart reads. One that changes often is then snapshotted once for many changes.
    pub replay_bytes_max: u64,
}

impl Default for HostOptions {
    fn default() -> Self {
        Self {
            residents_max: 250_000,
            idle: Duration::from_secs(300),
            mailbox_max: 4_096,
            snapshot_events: 128,
            outcomes_held: 8,
            checkpoint: Duration::from_secs(3),
            replay_bytes_max: 64 << 20,
        }
    }
}

/// What became of a command.
#[derive(Debug)]
pub enum Answer<E: Entity> {
    /// Carried out, now or at an earlier time with the same id.
    Accepted(E::Reply),
    /// Refused, now or at an earlier time with the same id.
    Rejected(E::Rejection),
    /// The id was used before for a command with other content; nothing was done.
    IdReused,
}

/// What of the store a host needs.
#[derive(Clone)]
pub struct HostParts {
    /// Snapshots, outcomes and frames.
    pub store: Arc<Store>,
    /// Where entries go.
    pub journal: Journal,
    /// What snapshots lack.
    pub tails: Arc<Tails>,
    /// The time that decisions see.
    pub clock: Arc<dyn Clock>,
}

pub(crate) struct Shared<E: Entity> {
    parts: HostParts,
    options: HostOptions,
    world: Arc<E::World>,
    residents: Residents<E>,
    supervisor: OnceLock<ActorCell>,
    panics: AtomicU64,
    /// Where the actors run, wherever a command comes from.
    runtime: tokio::runtime::Handle,
}

/// All actors of one kind of entity on this node. Clones share them.
pub struct Host<E: Entity> {
    shared: Arc<Shared<E>>,
}

impl<E: Entity> Clone for Host<E> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<E: Entity> Host<E> {
    /// Starts a host with no entity in memory. `world` is what decisions may look at.
    ///
    /// # Errors
    /// [`StoreFault::Stopped`] when the actor system does not start.
    pub async fn start(parts: HostParts, options: HostOptions, world: Arc<E::World>) -> Result<Self, StoreFault> {
        let residents = Residents::new(options.mailbox_max);
        let supervisor = OnceLock::new();
        let shared = Arc::new(Shared {
            parts,
            options,
            world,
            residents,
            supervisor,
            panics: AtomicU64::new(0),
            runtime: tokio::runtime::Handle::current(),
        });
        let cell = supervisor::start(&shared).await?;
        shared.supervisor.get_or_init(|| cell);
        checkpointer::start(&shared);
        Ok(Self { shared })
    }

    /// Has a command decided now, or puts it in its entity's mailbox where others wait; the future is its durable answer. `deadline_ms` is
    /// Unix milliseconds: a command decided later is refused undone.
    ///
    /// # Errors
    /// [`CallFault::Overloaded`] when the mailbox is full: nothing was done.
    pub fn send(
        &self,
        id: u64,
        command: CommandId,
        content: E::Command,
        deadline_ms: Option<u64>,
    ) -> Result<Pending<Answer<E>>, CallFault> {
        self.send_on(id, command, content, Terms::by(deadline_ms))
    }

    /// As [`Self::send`], on these terms.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub fn send_on(
        &self,
        id: u64,
        command: CommandId,
        content: E::Command,
        terms: Terms,
    ) -> Result<Pending<Answer<E>>, CallFault> {
        let _lap = stages::sample(Stage::Route);
        let (reply, pending) = promise();
        let Terms {
            deadline_ms,
            pass,
            bounded_by_sender,
        } = terms;
        let mut asked = Some(Asked {
            command,
            content,
            deadline_ms,
            bounded_by_sender,
            reply: Reply::new(reply, pass),
        });
        let key = EntityKey { kind: E::KIND, id };
        self.at_rest(key, |post, body, room| match asked.take() {
            Some(asked) => body.command(&self.shared, post, asked, room),
            None => Ok(()),
        })?;
        if let Some(asked) = asked {
            self.shared.deliver(key, Message::Command(Box::new(asked)))?;
        }
        Ok(Pending(pending))
    }

    /// Looks at an entity's state after every command sent before; the answer leaves when what it saw
    /// is durable.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub fn read<R: Send + 'static>(
        &self,
        id: u64,
        look: impl FnOnce(&E::State) -> R + Send + 'static,
    ) -> Result<Pending<R>, CallFault> {
        self.read_version(id, move |state, _| look(state))
    }

    /// As [`Self::read`], with the number of entries that the state amounts to.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub fn read_version<R: Send + 'static>(
        &self,
        id: u64,
        look: impl FnOnce(&E::State, u64) -> R + Send + 'static,
    ) -> Result<Pending<R>, CallFault> {
        let (reply, pending) = promise();
        let look = move |state: &E::State, version: u64| {
            let seen = look(state, version);
            let then = move || {
                reply.keep(Ok(seen));
            };
            Box::new(then) as crate::journal::Committed
        };
        let key = EntityKey { kind: E::KIND, id };
        let mut look: Option<Look<E>> = Some(Box::new(look));
        self.at_rest(key, |post, body, room| {
            look.take().map_or(Ok(()), |look| body.read(post, look, room))
        })?;
        if let Some(look) = look {
            self.shared.deliver(key, Message::Read(look))?;
        }
        Ok(Pending(pending))
    }

    /// Acts at once for an entity that is at rest, where the journal has room for what comes of it.
    fn at_rest(
        &self,
        key: EntityKey,
        act: impl FnOnce(&Arc<Post<E>>, &mut Body<E>, &mut Room<'_>) -> Result<(), StoreFault>,
    ) -> Result<(), CallFault> {
        let journal = &self.shared.parts.journal;
        if journal.durability().is_stopped() {
            return Err(CallFault::Unavailable);
        }
        // A snapshot finds its own room: it is seldom due, and what is not used must be given back.
        if let Some(mut room) = journal.try_reserve(1) {
            self.shared
                .act(key, Errand::Use, |post, body| act(post, body, &mut room));
        }
        Ok(())
    }

    /// Entities in memory.
    #[must_use]
    pub fn residents(&self) -> usize {
        self.shared.residents.len()
    }

    /// Actors that run: for entities on their way to memory, and those that more than one sends to at a time.
    #[must_use]
    pub fn actors(&self) -> usize {
        self.shared.residents.actors()
    }

    /// Entities that panicked since the start; each was a bug, stopped alone, and recovers from the journal.
    #[must_use]
    pub fn panics(&self) -> u64 {
        self.shared.panics.load(Ordering::Relaxed)
    }

    /// Has these entities take a snapshot each, and waits until they are readable. One that is busy may take it later.
    ///
    /// # Errors
    /// [`StoreFault::Stopped`] when the journal has stopped.
    pub async fn cover(&self, ids: impl IntoIterator<Item = u64>) -> Result<(), StoreFault> {
        for id in ids {
            // To memory first. One that cannot come is named where it is told what went wrong, and stays as it is.
            if let Ok(there) = self.read(id, |_| ())
                && there.answer().await.is_ok()
            {
                self.shared.request_snapshot(EntityKey { kind: E::KIND, id }).await?;
            }
        }
        self.shared.parts.journal.until_viewed().await
    }

    /// Sends every entity out of memory with a snapshot and waits until all are durable and readable.
    ///
    /// # Errors
    /// [`StoreFault::Stopped`] when the journal has stopped, or what the store says.
    pub async fn stop(&self) -> Result<(), StoreFault> {
        let shared = &self.shared;
        shared.residents.close();
        while shared.residents.len() > 0 {
            for key in shared.residents.keys() {
                shared.leave(key).await?;
            }
            shared.residents.departure().await;
        }
        if let Some(supervisor) = self.shared.supervisor.get() {
            supervisor.stop(None);
        }
        self.shared.parts.journal.until_viewed().await?;
        // So that the next start reads nothing again.
        checkpointer::note(&self.shared)
    }
}

impl<E: Entity> Shared<E> {
    /// Outcomes that an entity holds itself.
    fn outcomes_held(&self) -> usize {
        self.options.outcomes_held.max(E::OUTCOMES_HELD_MIN)
    }

    fn deliver(self: &Arc<Self>, key: EntityKey, message: Message<E>) -> Result<(), CallFault> {
        if self.parts.journal.durability().is_stopped() {
            return Err(CallFault::Unavailable);
        }
        self.residents
            .deliver(key, message, |post| EntityActor::spawn(self, key, post))
    }

    /// Acts for an entity if it is at rest; whether it did. What breaks it is told here, for it has no actor to fail.
    fn act(
        &self,
        key: EntityKey,
        errand: Errand,
        act: impl FnOnce(&Arc<Post<E>>, &mut Body<E>) -> Result<(), StoreFault>,
    ) -> bool {
        match self.residents.act_at_rest(key, errand, act) {
            Ok(acted) => return acted,
            Err(Broken::Fault(fault)) => self.failed(key, &fault),
            Err(Broken::Panic(payload)) => {
                self.panics.fetch_add(1, Ordering::Relaxed);
                self.failed(key, &said(&*payload));
            }
        }
        true
    }

    fn failed(&self, key: EntityKey, why: &dyn std::fmt::Display) {
        tracing::error!(entity = E::NAME, %key, %why, "an entity failed; it recovers from the journal");
    }

    /// Sends an entity out of memory, unless it is in use.
    async fn leave(self: &Arc<Self>, key: EntityKey) -> Result<(), StoreFault> {
        let mut room = self.parts.journal.reserve(SUBMISSIONS).await?;
        let leave = |post: &Arc<Post<E>>, body: &mut Body<E>| {
            body.leave(self, post, None, &mut room);
            Ok(())
        };
        if !self.act(key, Errand::Upkeep, leave) {
            self.residents.tell(key, Message::Leave);
        }
        Ok(())
    }

    /// Asks an entity for a snapshot now, in order with its commands.
    async fn request_snapshot(self: &Arc<Self>, key: EntityKey) -> Result<(), StoreFault> {
        let mut room = self.parts.journal.reserve(SUBMISSIONS).await?;
        if !self.act(key, Errand::Upkeep, |post, body| body.snapshot(self, post, &mut room)) {
            // Refused only when the host is stopping, and then it leaves with one.
            let _ = self.deliver(key, Message::Snapshot);
        }
        Ok(())
    }
}

/// Takes a snapshot of an entity of this kind in a store on which no host is at work, as far as its views have come. It holds
/// as many outcomes as by default; older ones are read from disk by a host that would hold more.
///
/// # Errors
/// When the store fails, or the entity cannot be brought back.
pub fn cover_at_rest<E: Entity>(store: &Store, tails: &Tails, key: EntityKey) -> Result<(), StoreFault> {
    let (after, _) = store.head(store.map().locate(key))?;
    let recall = Recall {
        complete_from: u64::MAX,
        outcomes_held: HostOptions::default().outcomes_held.max(E::OUTCOMES_HELD_MIN),
    };
    let entity = activation::bring_back::<E>(store, tails, key, recall)?;
    write_snapshot(store, key, &entity.encode(after))?;
    tails.cover(key, entity.version);
    Ok(())
}

/// The message of a panic.
fn said(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}

/// A command or question under way.
pub struct Pending<T>(Promised<Result<T, CallFault>>);

impl<T> Pending<T> {
    /// The answer.
    ///
    /// # Errors
    /// [`CallFault::Unknown`] when the actor or the journal stopped before the outcome was known;
    /// [`CallFault::DeadlinePassed`] when it was refused undone.
    pub async fn answer(self) -> Result<T, CallFault> {
        self.0.await.unwrap_or(Err(CallFault::Unknown))
    }
}
