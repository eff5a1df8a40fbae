//! The contract of an entity: one shape for everything that decides.
//!
//! An entity is two functions. [`Entity::decide`] looks at the state and a command and says what
//! happens, or why not; it runs until what it needs could be taken ([`Entity::admit`]). [`Entity::apply`] carries an event into the state; it runs when
//! the event is decided and again at each replay, and cannot fail. The journal holds events, never
//! commands, so that a replay never decides anew with newer rules.

use std::fmt;

use crate::slot::ShardId;

/// What kind of entity a key belongs to. Stable: it is part of every key on disk.
pub type Kind = u8;

/// Names one entity of the deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityKey {
    /// The kind, as [`Entity::KIND`].
    pub kind: Kind,
    /// The id within the kind.
    pub id: u64,
}

impl EntityKey {
    /// Nine bytes that sort as the key does.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 9] {
        let mut bytes = [self.kind; 9];
        bytes[1..].copy_from_slice(&self.id.to_be_bytes());
        bytes
    }

    /// Reads what [`Self::to_bytes`] wrote.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 9]) -> Self {
        let [kind, id @ ..] = bytes;
        Self {
            kind,
            id: u64::from_be_bytes(id),
        }
    }
}

impl fmt::Display for EntityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{:016x}", self.kind, self.id)
    }
}

/// Names one command for ever: the key of its recorded outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId(pub [u8; 16]);

impl CommandId {
    /// The id of an outside name, such as the client's own id of its command.
    #[must_use]
    pub fn from_name(name: &[u8]) -> Self {
        let digest = blake3::hash(name);
        let mut id = [0; 16];
        id.copy_from_slice(&digest.as_bytes()[..16]);
        Self(id)
    }
}

/// Bytes that could not be read as what they should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Undecodable(pub String);

/// What a decision may know besides the state: given, never fetched.
#[derive(Debug)]
pub struct Context<'a, W> {
    /// Unix milliseconds; the only clock that a decision sees.
    pub now_ms: u64,
    /// The shard of the entity.
    pub shard: ShardId,
    /// The replicas and rules of this node, as they stand now.
    pub world: &'a W,
}

/// How long the outcome of a command is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remember {
    /// For ever: a retry at any later time gets the same answer.
    Always,
    /// Only the latest: for commands that are idempotent by their content.
    Latest,
}

/// What a decision counted on has been taken by another entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contended;

/// An entity: state that one actor holds, decided one command at a time.
pub trait Entity: Send + Sync + 'static {
    /// The kind in every key of these entities. Unique and never changed.
    const KIND: Kind;
    /// For logs and tools.
    const NAME: &'static str;
    /// How long outcomes are kept.
    const REMEMBER: Remember;
    /// Outcomes that an entity holds itself at the least: as many as a sender of [`Remember::Latest`]
    /// commands may repeat after it lost the connection.
    const OUTCOMES_HELD_MIN: usize = 0;
    /// What is held; [`Default`] is the entity before its first event.
    type State: Default + Send + 'static;
    /// What is asked.
    type Command: Send + 'static;
    /// What happened.
    type Event: Send + 'static;
    /// What an accepted command answers.
    type Reply: Send + 'static;
    /// Why a command was refused: a recorded outcome, never a failure.
    type Rejection: Send + 'static;
    /// What decisions may look at; shared by all entities of the kind.
    type World: Send + Sync + 'static;

    /// Says what happens. Pure: the same arguments give the same answer.
    ///
    /// # Errors
    /// The rejection, which becomes the recorded outcome of the command.
    fn decide(
        state: &Self::State,
        command: &Self::Command,
        context: &Context<'_, Self::World>,
    ) -> Result<Vec<Self::Event>, Self::Rejection>;

    /// Takes what the events need of the world beside the state, such as a share of a common budget, and gives back what
    /// they free; called once between [`Entity::decide`] and [`Entity::apply`], and never when the journal is replayed.
    /// Of what is taken by one entity another has nothing, so that a decision on what was there a moment ago may not hold
    /// any more.
    ///
    /// # Errors
    /// [`Contended`] when it is gone, and nothing was taken: the command is then decided again.
    fn admit(
        _state: &Self::State,
        _events: &[Self::Event],
        _context: &Context<'_, Self::World>,
    ) -> Result<(), Contended> {
        Ok(())
    }

    /// Carries an event into the state. Cannot fail.
    fn apply(state: &mut Self::State, event: &Self::Event);

    /// Reads something of each piece of memory that most commands need, before they do. Of very many entities none is in a
    /// cache: pieces that are asked for together come in the time of one, and those that are found one after the other, each
    /// when it is needed, in the time of all. What it answers means nothing.
    fn touch(_state: &Self::State) -> u64 {
        0
    }

    /// The answer to an accepted command, from its events and the state after them.
    fn reply(state: &Self::State, events: &[Self::Event], world: &Self::World) -> Self::Reply;

    /// What is told to those who listen once these events are durable, made from the state right after them: a later look
    /// would see what came since. Not for a replay. It runs on the thread of the journal, and so only hands something on.
    fn told(
        _key: EntityKey,
        _state: &Self::State,
        _events: &[Self::Event],
        _world: &Self::World,
    ) -> Option<Box<dyn FnOnce() + Send>> {
        None
    }

    /// A digest of the command's content, to tell a retry from another command with the same id.
    fn fingerprint(command: &Self::Command) -> u64;

    /// Writes an event as it stays in the journal.
    fn encode_event(event: &Self::Event, into: &mut Vec<u8>);
    /// Reads an event of any version ever written.
    ///
    /// # Errors
    /// When the bytes are not an event.
    fn decode_event(bytes: &[u8]) -> Result<Self::Event, Undecodable>;
    /// Writes a snapshot of the state.
    fn encode_state(state: &Self::State, into: &mut Vec<u8>);
    /// Reads a snapshot.
    ///
    /// # Errors
    /// When the bytes are not a state.
    fn decode_state(bytes: &[u8]) -> Result<Self::State, Undecodable>;
    /// Writes an outcome for later retries.
    fn encode_outcome(outcome: Result<&Self::Reply, &Self::Rejection>, into: &mut Vec<u8>);
    /// Reads an outcome; `accepted` tells which of the two it is.
    ///
    /// # Errors
    /// When the bytes are not an outcome.
    fn decode_outcome(accepted: bool, bytes: &[u8]) -> Result<Result<Self::Reply, Self::Rejection>, Undecodable>;
}
