//! Which entities are in memory, and how they come and go without a message lost.
//!
//! Invariant: a message is put in a mailbox, and an actor taken off the map, under the lock of the same
//! map entry. So an actor that leaves has an empty mailbox, and whoever comes after starts a new one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use dashmap::{DashMap, Entry};
use foldhash::fast::RandomState;
use ractor::{ActorId, ActorRef};
use tokio::sync::Notify;

use super::actor::{Body, Broken, Message};
use crate::entity::{Entity, EntityKey};
use crate::fault::StoreFault;
use crate::router::CallFault;

/// Where an entity is kept, for whoever may act for it. All in one piece: of very many entities none is in a cache, and each
/// piece is fetched after the one that names it.
pub(super) struct Post<E: Entity> {
    /// Messages in the mailbox, and one for whoever acts for the entity outside it.
    waiting: AtomicU32,
    /// The entity was brought to memory.
    entered: AtomicBool,
    /// Entries of the entity that the journal has.
    durable_version: AtomicU64,
    /// Empty before the entity is in memory, and after it broke. Held for as long as one decision takes.
    body: Mutex<Option<Body<E>>>,
}

impl<E: Entity> Default for Post<E> {
    fn default() -> Self {
        Self {
            waiting: AtomicU32::new(0),
            entered: AtomicBool::new(false),
            durable_version: AtomicU64::new(0),
            body: Mutex::new(None),
        }
    }
}

impl<E: Entity> Post<E> {
    /// Whether the entity was brought to memory, whoever has its body now.
    pub(super) fn was_entered(&self) -> bool {
        self.entered.load(Ordering::Acquire)
    }

    /// The entity is in memory, with so many entries.
    ///
    /// # Errors
    /// As [`Self::body`].
    pub(super) fn enter(&self, body: Body<E>, version: u64) -> Result<(), StoreFault> {
        self.durable_version.store(version, Ordering::Release);
        *self.body()? = Some(body);
        self.entered.store(true, Ordering::Release);
        Ok(())
    }

    /// What is held of the entity.
    ///
    /// # Errors
    /// [`StoreFault::Stopped`] where an actor panicked that had it: it may be half changed.
    pub(super) fn body(&self) -> Result<MutexGuard<'_, Option<Body<E>>>, StoreFault> {
        self.body.lock().map_err(|_| StoreFault::Stopped)
    }

    pub(super) fn durable_version(&self) -> u64 {
        self.durable_version.load(Ordering::Acquire)
    }

    /// The journal has so many entries of the entity.
    pub(super) fn set_durable_version(&self, version: u64) {
        self.durable_version.store(version, Ordering::Release);
    }

    /// A message was handled; whether it was the last.
    pub(super) fn handled(&self) -> bool {
        self.waiting.fetch_sub(1, Ordering::AcqRel) == 1
    }
}

struct Resident<E: Entity> {
    /// `None` at rest.
    actor: Option<ActorRef<Message<E>>>,
    post: Arc<Post<E>>,
    /// Round of the checkpointer in which it was last sent something.
    used: AtomicU32,
}

/// Why somebody acts for an entity at rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Errand {
    /// A command or a question, which keeps the entity in memory.
    Use,
    /// Not a use, and still let in when the host is stopping.
    Upkeep,
}

pub(super) struct Residents<E: Entity> {
    map: DashMap<EntityKey, Resident<E>, RandomState>,
    count: AtomicUsize,
    round: AtomicU32,
    /// The entity of each actor that runs, so that a failed one is found by its id.
    actors: DashMap<ActorId, EntityKey>,
    /// Entities whose last words may not be readable yet: whoever starts one again waits for them.
    departing: DashMap<EntityKey, u64>,
    departures: AtomicU64,
    /// Entities that did not leave with a snapshot. Each is a bug or a fault that was told, so that there are few; they stay.
    broken: DashMap<EntityKey, ()>,
    mailbox_max: u32,
    closed: AtomicBool,
    departed: Notify,
}

impl<E: Entity> Residents<E> {
    pub(super) fn new(mailbox_max: u32) -> Self {
        Self {
            map: DashMap::default(),
            count: AtomicUsize::new(0),
            round: AtomicU32::new(0),
            actors: DashMap::new(),
            departing: DashMap::new(),
            departures: AtomicU64::new(0),
            broken: DashMap::new(),
            mailbox_max,
            closed: AtomicBool::new(false),
            departed: Notify::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Acts for the entity if it is in memory and no message waits for it; whether it did. What others send meanwhile waits
    /// in the mailbox. A panic is caught, for it is the entity's and not the sender's.
    ///
    /// # Errors
    /// What broke the entity: it is out of memory, to be brought back from the journal.
    pub(super) fn act_at_rest(
        &self,
        key: EntityKey,
        errand: Errand,
        act: impl FnOnce(&Arc<Post<E>>, &mut Body<E>) -> Result<(), StoreFault>,
    ) -> Result<bool, Broken> {
        let Some(post) = self.claim(key, errand) else {
            return Ok(false);
        };
        let held = post.body.try_lock().ok();
        let Some(mut held) = held.filter(|held| held.is_some()) else {
            // A message that came since is handled already, or the entity is not in memory.
            post.waiting.fetch_sub(1, Ordering::Release);
            return Ok(false);
        };
        let acted = catch_unwind(AssertUnwindSafe(|| {
            held.as_mut().map_or(Ok(()), |body| act(&post, body))
        }));
        let broken = match acted {
            Ok(Ok(())) => {
                drop(held);
                post.waiting.fetch_sub(1, Ordering::Release);
                return Ok(true);
            }
            Ok(Err(fault)) => Broken::Fault(fault),
            Err(payload) => Broken::Panic(payload),
        };
        // It may be half changed, and nobody is to act for it.
        *held = None;
        drop(held);
        post.waiting.fetch_sub(1, Ordering::Release);
        self.broke(key, &post, broken).map_or(Ok(true), Err)
    }

    /// Counts the sender as a message, where none waits. Under the lock of the entry: who was counted is seen by whoever would
    /// take the entity off the map, so that nobody acts for an entity that has left.
    fn claim(&self, key: EntityKey, errand: Errand) -> Option<Arc<Post<E>>> {
        let resident = self.map.get(&key)?;
        if errand == Errand::Use && self.closed.load(Ordering::Acquire) {
            return None;
        }
        let waiting = &resident.post.waiting;
        (waiting.compare_exchange(0, 1, Ordering::AcqRel, Ordering::Acquire)).ok()?;
        if errand == Errand::Use {
            let round = self.round.load(Ordering::Relaxed);
            resident.used.store(round, Ordering::Relaxed);
        }
        Some(Arc::clone(&resident.post))
    }

    /// Puts a message in the entity's mailbox, starting its actor when there is none.
    pub(super) fn deliver(
        &self,
        key: EntityKey,
        message: Message<E>,
        start: impl Fn(Arc<Post<E>>) -> Result<ActorRef<Message<E>>, CallFault>,
    ) -> Result<(), CallFault> {
        let round = self.round.load(Ordering::Relaxed);
        let entry = self.map.entry(key);
        // Under the lock of the entry: whoever closes and then walks the map sees all that was let in.
        if self.closed.load(Ordering::Acquire) {
            return Err(CallFault::Unavailable);
        }
        let mut resident = match entry {
            Entry::Occupied(occupied) => occupied.into_ref(),
            Entry::Vacant(vacant) => {
                let post = Arc::<Post<E>>::default();
                let resident = Resident {
                    actor: Some(start(Arc::clone(&post))?),
                    post,
                    used: AtomicU32::new(round),
                };
                self.count.fetch_add(1, Ordering::Relaxed);
                vacant.insert(resident)
            }
        };
        resident.used.store(round, Ordering::Relaxed);
        if message.is_bounded() && resident.post.waiting.load(Ordering::Relaxed) >= self.mailbox_max {
            return Err(CallFault::Overloaded);
        }
        self.put(key, resident.value_mut(), message, start)
    }

    /// Puts a message in the mailbox of the actor, or of one started for it.
    fn put(
        &self,
        key: EntityKey,
        resident: &mut Resident<E>,
        message: Message<E>,
        start: impl Fn(Arc<Post<E>>) -> Result<ActorRef<Message<E>>, CallFault>,
    ) -> Result<(), CallFault> {
        let mut message = message;
        // A dead actor is replaced once; the new one then waits for what the dead one left in the journal.
        for _ in 0..2 {
            let actor = match &resident.actor {
                Some(actor) => actor,
                None => resident.actor.insert(start(Arc::clone(&resident.post))?),
            };
            resident.post.waiting.fetch_add(1, Ordering::Relaxed);
            match actor.send_message(message) {
                Ok(()) => return Ok(()),
                Err(ractor::MessagingErr::SendErr(unsent)) => {
                    self.note_break(key);
                    resident.post = Arc::default();
                    resident.actor = None;
                    message = unsent;
                }
                Err(_) => return Err(CallFault::Unavailable),
            }
        }
        Err(CallFault::Unavailable)
    }

    /// Lets an actor go to rest if nothing waits for it; whether it does.
    pub(super) fn rest(&self, key: EntityKey, actor: ActorId) -> bool {
        let Some(mut resident) = self.map.get_mut(&key) else {
            return false;
        };
        let rests = resident.is_of(Some(actor)) && resident.post.waiting.load(Ordering::Acquire) == 0;
        if rests {
            resident.actor = None;
        }
        rests
    }

    /// Takes an entity that broke at rest off the map. If there is an actor by now, it is told to fail of it, with what
    /// waits for it; else what it broke of is given back.
    fn broke(&self, key: EntityKey, post: &Arc<Post<E>>, broken: Broken) -> Option<Broken> {
        let Entry::Occupied(resident) = self.map.entry(key) else {
            return None;
        };
        if !Arc::ptr_eq(&resident.get().post, post) {
            return None;
        }
        match &resident.get().actor {
            Some(actor) => {
                // One that is gone already needs no telling.
                let _ = actor.send_message(Message::Broken(broken));
                None
            }
            None => {
                self.note_break(key);
                resident.remove();
                self.left();
                Some(broken)
            }
        }
    }

    fn note_departure(&self, key: EntityKey) -> u64 {
        let ticket = self.departures.fetch_add(1, Ordering::Relaxed);
        self.departing.insert(key, ticket);
        ticket
    }

    /// As a departure, of an entity that leaves no last words.
    fn note_break(&self, key: EntityKey) {
        self.broken.insert(key, ());
        self.note_departure(key);
    }

    /// Whether the entity broke since the start, so that its snapshot may lack what it did.
    pub(super) fn has_broken(&self, key: EntityKey) -> bool {
        self.broken.contains_key(&key)
    }

    /// Whether the entity was in memory a moment ago, so that its last words may still be on their way.
    pub(super) fn departing(&self, key: EntityKey) -> Option<u64> {
        self.departing.get(&key).map(|ticket| *ticket)
    }

    /// Notes that all that the entity left behind at that departure is readable.
    pub(super) fn arrived(&self, key: EntityKey, ticket: u64) {
        self.departing.remove_if(&key, |_, latest| *latest == ticket);
    }

    /// Takes an entity off the map if nothing waits for it but the one who asks: `actor`, or whoever holds it at rest.
    /// `last_words` gets the ticket of the departure and runs before anyone can start the entity anew.
    pub(super) fn depart(&self, key: EntityKey, actor: Option<ActorId>, last_words: impl FnOnce(u64)) -> bool {
        let gone = self.map.remove_if(&key, |_, resident| {
            let idle = resident.is_of(actor) && resident.post.waiting.load(Ordering::Acquire) == 1;
            if idle {
                last_words(self.note_departure(key));
            }
            idle
        });
        if gone.is_some() {
            self.left();
        }
        gone.is_some()
    }

    /// Notes which entity an actor holds, before its supervisor can hear of it.
    pub(super) fn began(&self, actor: ActorId, key: EntityKey) {
        self.actors.insert(actor, key);
    }

    pub(super) fn actors(&self) -> usize {
        self.actors.len()
    }

    /// Forgets an actor that has ended; tells which entity it held.
    pub(super) fn ended(&self, actor: ActorId) -> Option<EntityKey> {
        self.actors.remove(&actor).map(|(_, key)| key)
    }

    /// Takes a failed actor off the map, unless it was replaced already.
    pub(super) fn bury(&self, key: EntityKey, actor: ActorId) {
        let gone = self.map.remove_if(&key, |_, resident| {
            let same = resident.is_of(Some(actor));
            if same {
                self.note_break(key);
            }
            same
        });
        if gone.is_some() {
            self.left();
        }
    }

    fn left(&self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
        self.departed.notify_waiters();
    }

    /// Begins a new round of use: who should leave, because it was not used for `rounds` rounds or is over the bound.
    pub(super) fn next_round(&self, rounds: u32, residents_max: usize) -> Vec<EntityKey> {
        let round = self.round.fetch_add(1, Ordering::Relaxed) + 1;
        let excess = self.len().saturating_sub(residents_max);
        let mut oldest = round.saturating_sub(rounds);
        let mut leave = usize::MAX;
        if excess > 0 {
            // Room for a twentieth more, so that the next comers do not each push one out.
            leave = excess + residents_max / 20;
            let mut used: Vec<u32> = self
                .map
                .iter()
                .map(|resident| resident.used.load(Ordering::Relaxed))
                .collect();
            let at = leave.min(used.len()).saturating_sub(1);
            if at < used.len() {
                oldest = oldest.max(*used.select_nth_unstable(at).1 + 1);
            }
        }
        self.map
            .iter()
            .filter(|resident| resident.used.load(Ordering::Relaxed) < oldest)
            .take(leave)
            .map(|resident| *resident.key())
            .collect()
    }

    /// Sends a message to the actor of an entity, if it has one.
    pub(super) fn tell(&self, key: EntityKey, message: Message<E>) {
        if let Some(resident) = self.map.get(&key)
            && let Some(actor) = &resident.actor
        {
            resident.post.waiting.fetch_add(1, Ordering::Relaxed);
            if actor.send_message(message).is_err() {
                // It is gone, and is replaced at the next command.
                resident.post.waiting.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }

    /// Entities whose actors may have missed their rest.
    pub(super) fn with_actors(&self) -> Vec<EntityKey> {
        let at_work = self
            .map
            .iter()
            .filter(|resident| resident.actor.is_some() && resident.post.waiting.load(Ordering::Relaxed) == 0);
        at_work.map(|resident| *resident.key()).collect()
    }

    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    pub(super) fn keys(&self) -> Vec<EntityKey> {
        self.map.iter().map(|resident| *resident.key()).collect()
    }

    /// Waits until nobody is left, or for a moment.
    pub(super) async fn departure(&self) {
        let gone = async {
            while self.len() > 0 {
                self.departed.notified().await;
            }
        };
        let _ = tokio::time::timeout(std::time::Duration::from_millis(20), gone).await;
    }
}

impl<E: Entity> Resident<E> {
    /// Whether it has this actor, or none.
    fn is_of(&self, actor: Option<ActorId>) -> bool {
        self.actor.as_ref().map(|held| held.get_id()) == actor
    }
}
