//! The actor of one entity.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use ractor::{Actor, ActorProcessingErr, ActorRef, ActorRuntime};
use tokio::sync::oneshot;

use super::activation::{Activated, activate};
use super::{Answer, Shared};
use crate::entity::{CommandId, Context, Entity, EntityKey, Remember};
use crate::fault::StoreFault;
use crate::journal::{Committed, Entry, Families, Outcome, Submission};
use crate::router::CallFault;
use crate::slot::ShardId;
use crate::views::{Remembered, encode_snapshot, outcome_key};

/// Times that a command is decided before it is sent back as one too many: each time another entity took what it needed,
/// so that a budget under such contention is nearly used up.
const ADMISSIONS_MAX: u32 = 64;

/// A command on its way to its entity.
pub(super) struct Asked<E: Entity> {
    pub(super) command: CommandId,
    pub(super) content: E::Command,
    pub(super) deadline_ms: Option<u64>,
    pub(super) reply: oneshot::Sender<Result<Answer<E>, CallFault>>,
}

type Look<E> = Box<dyn FnOnce(&<E as Entity>::State, u64) -> Committed + Send>;

/// What an actor is sent.
pub(super) enum Message<E: Entity> {
    Command(Box<Asked<E>>),
    Read(Look<E>),
    Snapshot,
    Leave,
}

impl<E: Entity> Message<E> {
    /// Whether it counts against the bound of the mailbox: upkeep does not, or it would never be let in.
    pub(super) fn is_bounded(&self) -> bool {
        matches!(self, Self::Command(_) | Self::Read(_))
    }
}

pub(super) struct EntityActor<E: Entity> {
    shared: Arc<Shared<E>>,
}

/// What the actor holds.
pub(super) struct Body<E: Entity> {
    key: EntityKey,
    shard: ShardId,
    entity: Activated<E>,
    /// Messages in the mailbox, counted down when handled.
    waiting: Arc<AtomicU32>,
    /// Entries of this entity that the journal has.
    durable_version: Arc<AtomicU64>,
}

impl<E: Entity> EntityActor<E> {
    /// Starts the actor of an entity; its mailbox is open at once, and handled when it is active.
    pub(super) fn spawn(
        shared: &Arc<Shared<E>>,
        key: EntityKey,
        waiting: Arc<AtomicU32>,
    ) -> Result<ActorRef<Message<E>>, CallFault> {
        let supervisor = shared.supervisor.get().ok_or(CallFault::Unavailable)?.clone();
        let actor = Self {
            shared: Arc::clone(shared),
        };
        let (actor, _) = ActorRuntime::spawn_linked_instant(None, actor, (key, waiting), supervisor)
            .map_err(|_| CallFault::Unavailable)?;
        Ok(actor)
    }
}

impl<E: Entity> Actor for EntityActor<E> {
    type Msg = Message<E>;
    type State = Body<E>;
    type Arguments = (EntityKey, Arc<AtomicU32>);

    async fn pre_start(
        &self,
        myself: ActorRef<Self::Msg>,
        (key, waiting): Self::Arguments,
    ) -> Result<Self::State, ActorProcessingErr> {
        self.shared.residents.began(myself.get_id(), key);
        let shard = self.shared.parts.journal.map().locate(key);
        let entity = Activated::default();
        Ok(Body {
            key,
            shard,
            entity,
            waiting,
            durable_version: Arc::default(),
        })
    }

    /// Activates here and not before the start: only now does the supervisor hear of a failure.
    async fn post_start(&self, _: ActorRef<Self::Msg>, body: &mut Self::State) -> Result<(), ActorProcessingErr> {
        body.entity = activate(&self.shared, body.key).await?;
        body.durable_version.store(body.entity.version, Ordering::Release);
        Ok(())
    }

    async fn handle(
        &self,
        myself: ActorRef<Self::Msg>,
        message: Self::Msg,
        body: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Command(asked) => body.command(&self.shared, *asked).await?,
            Message::Read(look) => body.read(&self.shared, look).await?,
            Message::Snapshot => body.snapshot(&self.shared).await?,
            Message::Leave => {
                if body.leave(&self.shared).await? {
                    myself.stop(None);
                }
                return Ok(());
            }
        }
        body.waiting.fetch_sub(1, Ordering::Release);
        Ok(())
    }
}

impl<E: Entity> Body<E> {
    async fn command(&mut self, shared: &Shared<E>, asked: Asked<E>) -> Result<(), StoreFault> {
        let Asked {
            command,
            content,
            deadline_ms,
            reply,
        } = asked;
        let now_ms = shared.parts.clock.now_ms();
        let fingerprint = E::fingerprint(&content);
        if let Some(answer) = self.recall(shared, command, fingerprint)? {
            let then = Box::new(move || {
                let _ = reply.send(Ok(answer));
            });
            return shared.parts.journal.submit(Submission::Then(then)).await;
        }
        // After the recall: a late retry of what was carried out must not hear that it was not.
        // Only now: a command that was carried out before is answered, however late it is asked again.
        if deadline_ms.is_some_and(|deadline| deadline < now_ms) {
            let _ = reply.send(Err(CallFault::DeadlinePassed));
            return Ok(());
        }
        let context = Context {
            now_ms,
            shard: self.shard,
            world: &*shared.world,
        };
        let Some(decided) = self.decide(&content, &context) else {
            let _ = reply.send(Err(CallFault::Overloaded));
            return Ok(());
        };
        let mut encoded = Encoded::default();
        let outcome = match decided {
            Ok(events) => {
                for event in &events {
                    encoded.push(|into| E::encode_event(event, into));
                    E::apply(&mut self.entity.state, event);
                }
                self.entity.events_since_snapshot += events.len() as u32;
                Ok(E::reply(&self.entity.state, &events, context.world))
            }
            Err(rejection) => Err(rejection),
        };
        let mut bytes = Vec::new();
        E::encode_outcome(outcome.as_ref(), &mut bytes);
        let accepted = outcome.is_ok();
        let entry = Entry {
            key: self.key,
            version: self.entity.version,
            command,
            fingerprint,
            at_ms: now_ms,
            outcome: Outcome {
                accepted,
                bytes: &bytes,
            },
        };
        let mut entry_bytes = Vec::with_capacity(64 + bytes.len() + encoded.bytes.len());
        entry.encode(encoded.iter(), &mut entry_bytes);
        self.entity.version += 1;
        let version = self.entity.version;
        let remembered = Remembered {
            command,
            fingerprint,
            accepted,
            outcome: bytes.into(),
        };
        self.entity.memory.hold(remembered, version);
        let durable_version = Arc::clone(&self.durable_version);
        let then: Committed = Box::new(move || {
            durable_version.store(version, Ordering::Release);
            let _ = reply.send(Ok(match outcome {
                Ok(accepted) => Answer::Accepted(accepted),
                Err(rejection) => Answer::Rejected(rejection),
            }));
        });
        shared
            .parts
            .journal
            .submit(Submission::Entry {
                shard: self.shard,
                bytes: entry_bytes,
                then,
            })
            .await?;
        self.trim(shared);
        if self.entity.events_since_snapshot >= shared.options.snapshot_events {
            self.snapshot(shared).await?;
        }
        Ok(())
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
        let read;
        let remembered = match self.entity.memory.find(command) {
            Some(held) => held,
            None if E::REMEMBER == Remember::Always && self.entity.memory.has_dropped() => {
                let row = shared
                    .parts
                    .store
                    .get(Families::OUTCOMES, &outcome_key(self.key, command))?;
                let Some(row) = row else { return Ok(None) };
                read = Remembered::from_row(command, &row).map_err(|error| self.damaged(error.0))?;
                &read
            }
            None => return Ok(None),
        };
        if remembered.fingerprint != fingerprint {
            return Ok(Some(Answer::IdReused));
        }
        let outcome = E::decode_outcome(remembered.accepted, &remembered.outcome);
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

    fn trim(&mut self, shared: &Shared<E>) {
        let keep = shared.options.outcomes_held.max(E::OUTCOMES_HELD_MIN);
        match E::REMEMBER {
            Remember::Latest => self.entity.memory.trim_freely(keep),
            Remember::Always => {
                let durability = shared.parts.journal.durability();
                let durable_version = self.durable_version.load(Ordering::Acquire);
                let (durable, viewed) = (durability.durable(self.shard), durability.viewed(self.shard));
                self.entity.memory.trim(keep, durable_version, durable, viewed);
            }
        }
    }

    async fn read(&mut self, shared: &Shared<E>, look: Look<E>) -> Result<(), StoreFault> {
        let then = look(&self.entity.state, self.entity.version);
        if self.durable_version.load(Ordering::Acquire) == self.entity.version {
            then();
            return Ok(());
        }
        shared.parts.journal.submit(Submission::Then(then)).await
    }

    async fn snapshot(&mut self, shared: &Shared<E>) -> Result<(), StoreFault> {
        if self.entity.version == 0 {
            return Ok(());
        }
        self.trim(shared);
        let bytes = self.encode();
        let version = self.entity.version;
        self.entity.events_since_snapshot = 0;
        shared
            .parts
            .journal
            .submit(Submission::Snapshot {
                key: self.key,
                version,
                bytes,
            })
            .await
    }

    fn encode(&self) -> Vec<u8> {
        let state = |into: &mut Vec<u8>| E::encode_state(&self.entity.state, into);
        encode_snapshot(self.entity.version, self.entity.memory.iter(), state)
    }

    /// Leaves memory, unless messages are waiting.
    async fn leave(&mut self, shared: &Arc<Shared<E>>) -> Result<bool, StoreFault> {
        if self.waiting.load(Ordering::Acquire) > 0 {
            return Ok(false);
        }
        self.trim(shared);
        let (key, version) = (self.key, self.entity.version);
        let snapshot = self.encode();
        let mut permits = shared.parts.journal.reserve(2).await?;
        let residents = Arc::clone(shared);
        let last_words = |ticket| {
            let mut say = |submission| {
                if let Some(permit) = permits.next() {
                    permit.send(submission);
                }
            };
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
        Ok(shared.residents.depart(key, last_words))
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
