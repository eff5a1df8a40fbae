//! Which entities are in memory, and how they come and go without a message lost.
//!
//! Invariant: a message is put in a mailbox, and an actor taken off the map, under the lock of the same
//! map entry. So an actor that leaves has an empty mailbox, and whoever comes after starts a new one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};

use dashmap::{DashMap, Entry};
use ractor::{ActorId, ActorRef};
use tokio::sync::{Notify, OwnedMutexGuard};

use super::actor::{Body, Broken, Held, Message};
use crate::entity::{Entity, EntityKey};
use crate::fault::StoreFault;
use crate::router::CallFault;

pub(super) struct Resident<E: Entity> {
    actor: ActorRef<Message<E>>,
    /// Messages in the mailbox, and one for whoever acts for the entity outside it.
    waiting: Arc<AtomicU32>,
    held: Held<E>,
    /// Round of the checkpointer in which it was last sent something.
    used: AtomicU32,
}

/// An entity at rest, held by a sender who acts for it. Others who send to it meanwhile wait in its mailbox.
pub(super) struct AtRest<E: Entity> {
    /// `None` only after it broke.
    body: OwnedMutexGuard<Option<Box<Body<E>>>>,
    actor: ActorRef<Message<E>>,
    waiting: Arc<AtomicU32>,
}

impl<E: Entity> AtRest<E> {
    /// Acts for the entity. If that breaks it, its actor fails with it.
    pub(super) fn act(mut self, act: impl FnOnce(&mut Body<E>) -> Result<(), StoreFault>) {
        if let Some(body) = self.body.take() {
            match body.act(act) {
                Ok(body) => *self.body = Some(body),
                Err(broken) => self.fail(broken),
            }
        }
        let Self { body, waiting, .. } = self;
        drop(body);
        waiting.fetch_sub(1, Ordering::Release);
    }

    fn fail(&self, broken: Broken) {
        // An actor that is gone already needs no telling.
        let _ = self.actor.send_message(Message::Broken(broken));
    }
}

pub(super) struct Residents<E: Entity> {
    map: DashMap<EntityKey, Resident<E>>,
    count: AtomicUsize,
    round: AtomicU32,
    /// The entity of each actor that runs, so that a failed one is found by its id.
    actors: DashMap<ActorId, EntityKey>,
    /// Entities whose last words may not be readable yet: whoever starts one again waits for them.
    departing: DashMap<EntityKey, u64>,
    departures: AtomicU64,
    mailbox_max: u32,
    closed: AtomicBool,
    departed: Notify,
}

impl<E: Entity> Residents<E> {
    pub(super) fn new(mailbox_max: u32) -> Self {
        Self {
            map: DashMap::new(),
            count: AtomicUsize::new(0),
            round: AtomicU32::new(0),
            actors: DashMap::new(),
            departing: DashMap::new(),
            departures: AtomicU64::new(0),
            mailbox_max,
            closed: AtomicBool::new(false),
            departed: Notify::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// The entity, if it is in memory and no message waits for it: whoever gets it acts before any message sent after.
    pub(super) fn at_rest(&self, key: EntityKey) -> Option<AtRest<E>> {
        let resident = self.map.get(&key)?;
        if self.closed.load(Ordering::Acquire) || resident.waiting.load(Ordering::Acquire) > 0 {
            return None;
        }
        let body = Arc::clone(&resident.held).try_lock_owned().ok()?;
        // Seen again with the body in hand: a message that came in between goes first.
        if body.is_none()
            || (resident.waiting)
                .compare_exchange(0, 1, Ordering::AcqRel, Ordering::Acquire)
                .is_err()
        {
            return None;
        }
        resident
            .used
            .store(self.round.load(Ordering::Relaxed), Ordering::Relaxed);
        Some(AtRest {
            body,
            actor: resident.actor.clone(),
            waiting: Arc::clone(&resident.waiting),
        })
    }

    /// Puts a message in the entity's mailbox, starting its actor when there is none.
    pub(super) fn deliver(
        &self,
        key: EntityKey,
        message: Message<E>,
        start: impl Fn(Arc<AtomicU32>, Held<E>) -> Result<ActorRef<Message<E>>, CallFault>,
    ) -> Result<(), CallFault> {
        let mut message = message;
        let round = self.round.load(Ordering::Relaxed);
        let entry = self.map.entry(key);
        // Under the lock of the entry: whoever closes and then walks the map sees all that was let in.
        if self.closed.load(Ordering::Acquire) {
            return Err(CallFault::Unavailable);
        }
        let mut resident = match entry {
            Entry::Occupied(occupied) => occupied.into_ref(),
            Entry::Vacant(vacant) => {
                let (waiting, held) = (Arc::<AtomicU32>::default(), Held::<E>::default());
                let resident = Resident {
                    actor: start(Arc::clone(&waiting), Arc::clone(&held))?,
                    waiting,
                    held,
                    used: AtomicU32::new(round),
                };
                self.count.fetch_add(1, Ordering::Relaxed);
                vacant.insert(resident)
            }
        };
        resident.used.store(round, Ordering::Relaxed);
        // A dead actor is replaced once; the new one then waits for what the dead one left in the journal.
        for _ in 0..2 {
            if message.is_bounded() && resident.waiting.load(Ordering::Relaxed) >= self.mailbox_max {
                return Err(CallFault::Overloaded);
            }
            resident.waiting.fetch_add(1, Ordering::Relaxed);
            match resident.actor.send_message(message) {
                Ok(()) => return Ok(()),
                Err(ractor::MessagingErr::SendErr(unsent)) => {
                    self.note_departure(key);
                    resident.waiting = Arc::default();
                    resident.held = Held::<E>::default();
                    resident.actor = start(Arc::clone(&resident.waiting), Arc::clone(&resident.held))?;
                    message = unsent;
                }
                Err(_) => return Err(CallFault::Unavailable),
            }
        }
        Err(CallFault::Unavailable)
    }

    fn note_departure(&self, key: EntityKey) -> u64 {
        let ticket = self.departures.fetch_add(1, Ordering::Relaxed);
        self.departing.insert(key, ticket);
        ticket
    }

    /// Whether the entity was in memory a moment ago, so that its last words may still be on their way.
    pub(super) fn departing(&self, key: EntityKey) -> Option<u64> {
        self.departing.get(&key).map(|ticket| *ticket)
    }

    /// Notes that all that the entity left behind at that departure is readable.
    pub(super) fn arrived(&self, key: EntityKey, ticket: u64) {
        self.departing.remove_if(&key, |_, latest| *latest == ticket);
    }

    /// Takes an actor off the map if nothing waits for it. `last_words` gets the ticket of the departure
    /// and runs before anyone can start the entity anew.
    pub(super) fn depart(&self, key: EntityKey, last_words: impl FnOnce(u64)) -> bool {
        let gone = self.map.remove_if(&key, |_, resident| {
            let idle = resident.waiting.load(Ordering::Acquire) == 0;
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

    /// Forgets an actor that has ended; tells which entity it held.
    pub(super) fn ended(&self, actor: ActorId) -> Option<EntityKey> {
        self.actors.remove(&actor).map(|(_, key)| key)
    }

    /// Takes a failed actor off the map, unless it was replaced already.
    pub(super) fn bury(&self, key: EntityKey, actor: ActorId) {
        let gone = self.map.remove_if(&key, |_, resident| {
            let same = resident.actor.get_id() == actor;
            if same {
                self.note_departure(key);
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

    /// Begins a new round of use, and asks to leave who was not used for `rounds` rounds, or is over the bound.
    pub(super) fn next_round(&self, rounds: u32, residents_max: usize) {
        let round = self.round.fetch_add(1, Ordering::Relaxed) + 1;
        let excess = self.len().saturating_sub(residents_max);
        let mut oldest = round.saturating_sub(rounds);
        if excess > 0 {
            // Room for a twentieth more, so that the next comers do not each push one out.
            let leave = excess + residents_max / 20;
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
        let mut left = if excess > 0 {
            excess + residents_max / 20
        } else {
            usize::MAX
        };
        for resident in &self.map {
            if resident.used.load(Ordering::Relaxed) < oldest && left > 0 {
                left -= 1;
                let _ = resident.actor.send_message(Message::Leave);
            }
        }
    }

    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// Asks everyone to leave; how many are still here.
    pub(super) fn passivate_all(&self) -> usize {
        for resident in &self.map {
            let _ = resident.actor.send_message(Message::Leave);
        }
        self.map.len()
    }

    /// Waits a moment for departures.
    pub(super) async fn departure(&self) {
        let _ = tokio::time::timeout(std::time::Duration::from_millis(20), self.departed.notified()).await;
    }
}
