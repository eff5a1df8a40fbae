//! The actor of one entity.
//!
//! What is held of an entity is its [`Body`], and whoever has the body may act for the entity: its actor when it handles a
//! message, or a sender who finds that no message waits. So a command to an entity at rest is decided at once, on the
//! thread that sent it, and costs neither a message nor a change of task; under contention commands go through the mailbox.
//!
//! There is an actor only while there are messages: to bring the entity to memory, and where senders meet. One that has
//! nothing more to do goes to rest and leaves the body where it is, because a task with its queues is larger than most
//! entities.

use std::any::Any;
use std::cell::RefCell;
use std::panic::resume_unwind;
use std::sync::Arc;

use ractor::{Actor, ActorId, ActorProcessingErr, ActorRef, ActorRuntime};

use super::activation::{Activated, activate};
use super::resident::Post;
use super::terms::Reply;
use super::{Answer, Shared};
use crate::entity::{CommandId, Context, Entity, EntityKey, Remember};
use crate::fault::StoreFault;
use crate::journal::{Committed, Entry, Outcome, Room, Submission};
use crate::router::CallFault;
use crate::slot::ShardId;
use crate::stages::{self, Stage};
use crate::views::{Remembered, RememberedRef, Sought, read_outcome};

/// Times that a command is decided before it is sent back as one too many: each time another entity took what it needed,
/// so that a budget under such contention is nearly used up.
const ADMISSIONS_MAX: u32 = 64;

/// A command on its way to its entity.
pub(super) struct Asked<E: Entity> {
    pub(super) command: CommandId,
    pub(super) content: E::Command,
    pub(super) deadline_ms: Option<u64>,
    pub(super) bounded_by_sender: bool,
    pub(super) reply: Reply<E>,
}

pub(super) type Look<E> = Box<dyn FnOnce(&<E as Entity>::State, u64) -> Committed + Send>;

/// What an actor is sent.
pub(super) enum Message<E: Entity> {
    Command(Box<Asked<E>>),
    Read(Look<E>),
    Snapshot,
    Leave,
    /// Go to rest if nothing else waits.
    Rest,
    /// Whoever acted for the entity broke it.
    Broken(Broken),
}

/// Why an entity cannot go on in memory.
pub(super) enum Broken {
    Panic(Box<dyn Any + Send>),
    Fault(StoreFault),
}

impl<E: Entity> Message<E> {
    /// Whether it counts against the bound of the mailbox: upkeep does not, or it would never be let in, nor what its
    /// sender bounds.
    pub(super) fn is_bounded(&self) -> bool {
        match self {
            Self::Command(asked) => !asked.bounded_by_sender,
            Self::Read(_) => true,
            _ => false,
        }
    }
}

pub(super) struct EntityActor<E: Entity> {
    shared: Arc<Shared<E>>,
}

/// What is held of an entity in memory.
pub(super) struct Body<E: Entity> {
    key: EntityKey,
    shard: ShardId,
    entity: Activated<E>,
}

/// What the actor itself knows.
pub(super) struct Desk<E: Entity> {
    key: EntityKey,
    post: Arc<Post<E>>,
}

/// Submissions that one message makes at the most: an entry and a snapshot.
pub(super) const SUBMISSIONS: u32 = 2;

impl<E: Entity> EntityActor<E> {
    /// Starts the actor of an entity; its mailbox is open at once, and handled when the entity is in memory.
    pub(super) fn spawn(
        shared: &Arc<Shared<E>>,
        key: EntityKey,
        post: Arc<Post<E>>,
    ) -> Result<ActorRef<Message<E>>, CallFault> {
        let supervisor = shared.supervisor.get().ok_or(CallFault::Unavailable)?.clone();
        let actor = Self {
            shared: Arc::clone(shared),
        };
        let desk = Desk { key, post };
        // The sender may be on a runtime that ends before the actor does.
        let _entered = shared.runtime.enter();
        let (actor, _) =
            ActorRuntime::spawn_linked_instant(None, actor, desk, supervisor).map_err(|_| CallFault::Unavailable)?;
        Ok(actor)
    }
}

impl<E: Entity> Actor for EntityActor<E> {
    type Msg = Message<E>;
    type State = Desk<E>;
    type Arguments = Desk<E>;

    async fn pre_start(&self, myself: ActorRef<Self::Msg>, desk: Desk<E>) -> Result<Self::State, ActorProcessingErr> {
        self.shared.residents.began(myself.get_id(), desk.key);
        Ok(desk)
    }

    /// Activates here and not before the start: only now does the supervisor hear of a failure.
    async fn post_start(&self, _: ActorRef<Self::Msg>, desk: &mut Self::State) -> Result<(), ActorProcessingErr> {
        if desk.post.was_entered() {
            return Ok(());
        }
        let entity = activate(&self.shared, desk.key).await?;
        let version = entity.version;
        let body = Body {
            key: desk.key,
            shard: self.shared.parts.journal.map().locate(desk.key),
            entity,
        };
        desk.post.enter(body, version)?;
        Ok(())
    }

    async fn handle(
        &self,
        myself: ActorRef<Self::Msg>,
        message: Self::Msg,
        desk: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        let message = match message {
            Message::Broken(Broken::Panic(payload)) => resume_unwind(payload),
            Message::Broken(Broken::Fault(fault)) => return Err(fault.into()),
            message => message,
        };
        let mut room = self.shared.parts.journal.reserve(SUBMISSIONS).await?;
        let (shared, post) = (&self.shared, &desk.post);
        // Where this panics nobody has it again.
        let mut held = post.body()?;
        let body = held.as_mut().ok_or(StoreFault::Stopped)?;
        let _lap = stages::sample(Stage::Route);
        let acted = match message {
            Message::Command(asked) => body.command(shared, post, *asked, &mut room),
            Message::Read(look) => body.read(post, look, &mut room),
            Message::Snapshot => body.snapshot(shared, post, &mut room),
            Message::Leave => {
                if body.leave(shared, post, Some(myself.get_id()), &mut room) {
                    *held = None;
                    myself.stop(None);
                    return Ok(());
                }
                Ok(())
            }
            Message::Rest | Message::Broken(_) => Ok(()),
        };
        if let Err(fault) = acted {
            // It may be half changed, and nobody is to act for it.
            *held = None;
            return Err(fault.into());
        }
        drop(held);
        if desk.post.handled() && self.shared.residents.rest(desk.key, myself.get_id()) {
            myself.stop(None);
        }
        Ok(())
    }
}

thread_local! {
    /// Where an entry is written before it is handed over; what a thread handles needs it one at a time.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

#[derive(Default)]
struct Scratch {
    events: Encoded,
    outcome: Vec<u8>,
    entry: Vec<u8>,
}

/// Bytes of a scratch buffer that are kept for the next entry.
const SCRATCH_KEPT: usize = 64 << 10;

impl Scratch {
    fn clear(&mut self) {
        self.events.ends.clear();
        for bytes in [&mut self.events.bytes, &mut self.outcome, &mut self.entry] {
            bytes.clear();
            bytes.shrink_to(SCRATCH_KEPT);
        }
    }
}

impl<E: Entity> Body<E> {
    pub(super) fn command(
        &mut self,
        shared: &Shared<E>,
        post: &Arc<Post<E>>,
        asked: Asked<E>,
        room: &mut Room<'_>,
    ) -> Result<(), StoreFault> {
        self.touch(asked.command);
        // Counted before anything is changed: later it would wait until every cache has what was.
        let told_of = Arc::clone(post);
        stages::mark(Stage::Route);
        let Asked {
            command,
            content,
            deadline_ms,
            bounded_by_sender: _,
            reply,
        } = asked;
        let now_ms = shared.parts.clock.now_ms();
        let fingerprint = E::fingerprint(&content);
        stages::mark(Stage::Encode);
        if let Some(answer) = self.recall(shared, command, fingerprint)? {
            let then = Box::new(move || {
                reply.send(Ok(answer));
            });
            return room.put(Submission::Then(then));
        }
        // Only now: a command that was carried out before is answered, however late it is asked again.
        if deadline_ms.is_some_and(|deadline| deadline < now_ms) {
            reply.send(Err(CallFault::DeadlinePassed));
            return Ok(());
        }
        let context = Context {
            now_ms,
            shard: self.shard,
            world: &*shared.world,
        };
        let Some(decided) = self.decide(&content, &context) else {
            reply.send(Err(CallFault::Overloaded));
            return Ok(());
        };
        stages::mark(Stage::Decide);
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.clear();
            let (outcome, told) = match decided {
                Ok(events) => {
                    for event in &events {
                        scratch.events.push(|into| E::encode_event(event, into));
                    }
                    stages::mark(Stage::Encode);
                    for event in &events {
                        E::apply(&mut self.entity.state, event);
                    }
                    self.entity.events_since_snapshot += events.len() as u32;
                    let state = &self.entity.state;
                    let told = E::told(self.key, state, &events, context.world);
                    (Ok(E::reply(state, &events, context.world)), told)
                }
                Err(rejection) => (Err(rejection), None),
            };
            stages::mark(Stage::Decide);
            E::encode_outcome(outcome.as_ref(), &mut scratch.outcome);
            let recorded = Outcome {
                accepted: outcome.is_ok(),
                bytes: &scratch.outcome,
            };
            let entry = Entry {
                key: self.key,
                version: self.entity.version,
                command,
                fingerprint,
                at_ms: now_ms,
                outcome: recorded,
            };
            entry.encode(scratch.events.iter(), &mut scratch.entry);
            self.entity.version += 1;
            let version = self.entity.version;
            self.entity.memory.hold(RememberedRef {
                command,
                fingerprint,
                outcome: recorded,
            });
            let then: Committed = Box::new(move || {
                told_of.set_durable_version(version);
                reply.send(Ok(match outcome {
                    Ok(accepted) => Answer::Accepted(accepted),
                    Err(rejection) => Answer::Rejected(rejection),
                }));
                if let Some(tell) = told {
                    tell();
                }
            });
            let since = &mut self.entity.bytes_since_snapshot;
            *since = since.saturating_add(scratch.entry.len() as u32);
            stages::mark(Stage::Encode);
            room.put_entry(self.shard, &scratch.entry, then)
        })?;
        stages::mark(Stage::Write);
        self.trim(shared, post);
        // Where there is no room it is due at the next command again.
        if self.entity.is_snapshot_due(shared.options.snapshot_events) && room.is_for_one_more() {
            self.snapshot(shared, post, room)?;
        }
        stages::mark(Stage::Encode);
        Ok(())
    }

    /// Brings what the command will need from memory, all at once.
    fn touch(&self, command: CommandId) {
        let Activated { state, memory, .. } = &self.entity;
        std::hint::black_box(E::touch(state) ^ memory.touch(command));
    }

    /// Decides until what the decision needs could be taken; `None` when others were faster each time.
    fn decide(
        &self,
        content: &E::Command,
        context: &Context<'_, E::World>,
    ) -> Option<Result<Vec<E::Event>, E::Rejection>> {
        let state = &self.entity.state;
        (0..ADMISSIONS_MAX).find_map(|_| match E::decide(state, content, context) {
            Ok(events) => E::admit(state, &events, context).ok().map(|()| Ok(events)),
            Err(rejection) => Some(Err(rejection)),
        })
    }

    /// The answer to a command whose id was used before.
    fn recall(
        &self,
        shared: &Shared<E>,
        command: CommandId,
        fingerprint: u64,
    ) -> Result<Option<Answer<E>>, StoreFault> {
        let read: Remembered;
        let remembered = match self.entity.memory.find(command) {
            Some(held) => held,
            None if E::REMEMBER == Remember::Always => {
                let listed = match self.entity.memory.dropped().sought(command) {
                    Sought::Nowhere => return Ok(None),
                    Sought::InRows => false,
                    Sought::InList => true,
                };
                let Some(found) = read_outcome(&shared.parts.store, self.key, command, listed)? else {
                    return Ok(None);
                };
                read = found;
                read.by_ref()
            }
            None => return Ok(None),
        };
        if remembered.fingerprint != fingerprint {
            return Ok(Some(Answer::IdReused));
        }
        let outcome = E::decode_outcome(remembered.outcome.accepted, remembered.outcome.bytes);
        let outcome = outcome.map_err(|error| self.damaged(error.0))?;
        Ok(Some(match outcome {
            Ok(reply) => Answer::Accepted(reply),
            Err(rejection) => Answer::Rejected(rejection),
        }))
    }

    fn damaged(&self, why: String) -> StoreFault {
        StoreFault::Corrupt {
            what: "outcome",
            shard: self.shard,
            at: self.key.to_string(),
            why,
        }
    }

    fn trim(&mut self, shared: &Shared<E>, post: &Post<E>) {
        let keep = shared.outcomes_held();
        match E::REMEMBER {
            Remember::Latest => self.entity.memory.trim_freely(keep),
            Remember::Always => {
                let durability = shared.parts.journal.durability();
                let durable_version = post.durable_version();
                let (durable, viewed) = (durability.durable(self.shard), durability.viewed(self.shard));
                let version = self.entity.version;
                self.entity.memory.trim(keep, version, durable_version, durable, viewed);
            }
        }
    }

    pub(super) fn read(&mut self, post: &Post<E>, look: Look<E>, room: &mut Room<'_>) -> Result<(), StoreFault> {
        let then = look(&self.entity.state, self.entity.version);
        stages::mark(Stage::Decide);
        if post.durable_version() == self.entity.version {
            then();
            return Ok(());
        }
        room.put(Submission::Then(then))
    }

    pub(super) fn snapshot(
        &mut self,
        shared: &Shared<E>,
        post: &Post<E>,
        room: &mut Room<'_>,
    ) -> Result<(), StoreFault> {
        if self.entity.version == 0 {
            return Ok(());
        }
        self.trim(shared, post);
        let bytes = self.encode(shared);
        let version = self.entity.version;
        self.entity.events_since_snapshot = 0;
        self.entity.bytes_since_snapshot = 0;
        self.entity.snapshot_bytes = bytes.len() as u32;
        room.put(Submission::Snapshot {
            key: self.key,
            version,
            bytes,
        })
    }

    fn encode(&self, shared: &Shared<E>) -> Vec<u8> {
        // What comes after now is in frames that are not durable yet.
        let after = shared.parts.journal.durability().durable(self.shard);
        self.entity.encode(after)
    }

    /// Leaves memory, unless more than the one who asks is waiting; whether it has left. `actor` is who asks, if one does.
    pub(super) fn leave(
        &mut self,
        shared: &Arc<Shared<E>>,
        post: &Post<E>,
        actor: Option<ActorId>,
        room: &mut Room<'_>,
    ) -> bool {
        self.trim(shared, post);
        let (key, version) = (self.key, self.entity.version);
        let snapshot = self.encode(shared);
        let residents = Arc::clone(shared);
        let last_words = |ticket| {
            // Where the journal has ended, nobody comes after.
            let mut say = |submission| drop(room.put(submission));
            if version > 0 {
                say(Submission::Snapshot {
                    key,
                    version,
                    bytes: snapshot,
                });
            }
            say(Submission::ThenViewed(Box::new(move || {
                residents.residents.arrived(key, ticket)
            })));
        };
        shared.residents.depart(key, actor, last_words)
    }
}

/// The encoded events of one entry in one buffer.
#[derive(Default)]
struct Encoded {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Encoded {
    fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.bytes);
        self.ends.push(self.bytes.len());
    }

    fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.ends.iter().enumerate().map(|(index, end)| {
            let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
            &self.bytes[start..*end]
        })
    }
}
