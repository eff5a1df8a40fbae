//! What one node holds of all limits.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dashmap::DashMap;
use shardbook_domain::exposure::{Exposure, Load, Room, Scope};
use shardbook_domain::ids::EventId;
use shardbook_domain::liability::{Granted, Lessee, NodeNo, Recall, Returned, Shortage};
use shardbook_domain::money::Currency;
use shardbook_domain::rules::Caps;

use crate::owner::{Holder, Owner};
use crate::{Key, bounds, each, is_of};

/// How often a bet asks before it is refused, while the owner has enough and threads beside it are faster.
const ROUNDS: usize = 16;

/// Leases of one node, for all its threads.
pub struct Budgets {
    node: NodeNo,
    epoch: AtomicU64,
    owner: Arc<dyn Owner>,
    leases: DashMap<Key, Mutex<Lessee>>,
}

impl Budgets {
    /// A node that holds nothing. The epoch is one that no earlier life of this node had, and higher.
    pub fn new(node: NodeNo, epoch: u32, owner: Arc<dyn Owner>) -> Budgets {
        Budgets {
            node,
            // A lease that is dropped and made again is a new life too, hence a counter below the node's epoch.
            epoch: AtomicU64::new(u64::from(epoch) << 32),
            owner,
            leases: DashMap::new(),
        }
    }

    /// Takes room for a bet, or all bets of a slip, in all scopes or in none. Scopes are tried as they are listed: give
    /// the narrowest first, which is short most often. Fails with the first that is short and with what is missing
    /// there.
    ///
    /// Bets that race for the last part of a limit may be refused though one of them would have fitted: one that will
    /// be refused holds room in the scopes before that for a moment, and a part on its way to a node is nobody's. The
    /// other way round, more than fits, does not happen.
    pub fn reserve_all(&self, loads: &[(Scope, Load)], currency: Currency) -> Result<(), (Scope, Shortage)> {
        for (at, (scope, load)) in loads.iter().enumerate() {
            if let Err(shortage) = self.reserve((*scope, currency), *load) {
                self.release_all(&loads[..at], currency);
                return Err((*scope, shortage));
            }
        }
        Ok(())
    }

    /// Gives back the room of a bet that was reserved or restored here. Scopes that are forgotten are passed over.
    pub fn release_all(&self, loads: &[(Scope, Load)], currency: Currency) {
        for (scope, load) in loads {
            if let Some(lease) = self.leases.get(&(*scope, currency)) {
                lock(&lease).release(*load);
            }
        }
    }

    /// Counts bets that stand whether or not there is room: open ones at the node's start or of a shard that came here,
    /// and those that a correction opened again. The owner is told at once. Give the sum of many bets where there are
    /// many.
    pub fn restore(&self, loads: &[(Scope, Load)], currency: Currency) {
        for (scope, load) in loads {
            let key = (*scope, currency);
            if self.leases.contains_key(&key) || self.is_bounded(key) {
                self.with(key, |lease| lease.restore(*load));
                self.confirm(key);
            }
        }
    }

    /// Gives back what bets of a shard used that went to another node. That node must have restored them before.
    pub fn hand_over(&self, loads: &[(Scope, Load)], currency: Currency) {
        for (scope, load) in loads {
            let key = (*scope, currency);
            if self.leases.contains_key(&key) {
                self.with(key, |lease| {
                    lease.release(*load);
                    lease.give_back(*load);
                });
                self.confirm(key);
            }
        }
    }

    /// Keeps leases between their marks: asks ahead where little is unused, gives back where much is, and repeats what
    /// had no answer.
    pub fn tend(&self) {
        let keys: Vec<Key> = self.leases.iter().map(|entry| *entry.key()).collect();
        for key in keys {
            let Some((ask, returned)) = self.known(key, |lease| {
                let surplus = lease.lease().surplus();
                let returned = surplus.map(|surplus| lease.give_back(surplus));
                let wants = lease.lease().wants();
                let ask = lease.unanswered().or_else(|| wants.map(|wants| lease.ask(wants)));
                (ask, returned.or_else(|| lease.unconfirmed()))
            }) else {
                continue;
            };
            let answers = [
                returned.and_then(|returned| self.owner.returned(key.0, key.1, &returned)),
                ask.and_then(|ask| self.owner.ask(key.0, key.1, &ask)),
            ];
            for answer in answers.into_iter().flatten() {
                self.hear(key.0, key.1, &answer);
            }
        }
    }

    /// Takes in an answer that came after the call was over.
    pub fn hear(&self, scope: Scope, currency: Currency, answer: &Granted) {
        self.known((scope, currency), |lease| lease.hear(answer));
    }

    /// What open bets of this node use of a limit.
    pub fn used(&self, scope: Scope, currency: Currency) -> Load {
        self.known((scope, currency), |lease| lease.lease().used())
            .unwrap_or_default()
    }

    /// What this node holds of a limit.
    pub fn held(&self, scope: Scope, currency: Currency) -> Load {
        self.known((scope, currency), |lease| lease.lease().held())
            .unwrap_or_default()
    }

    /// Of how many limits this node keeps a part.
    pub fn leases(&self) -> usize {
        self.leases.len()
    }

    fn reserve(&self, key: Key, load: Load) -> Result<(), Shortage> {
        let known = self.known(key, |lease| lease.reserve(load));
        let mut short = match known {
            Some(Ok(())) => return Ok(()),
            Some(Err(shortage)) => shortage,
            None if !self.is_bounded(key) => return Ok(()),
            None => Shortage { missing: load },
        };
        for _ in 0..ROUNDS {
            let ask = self.with(key, |lease| lease.ask(short.missing));
            let Some(answer) = self.owner.ask(key.0, key.1, &ask) else {
                return Err(short);
            };
            let again = self.with(key, |lease| {
                lease.hear(&answer);
                lease.reserve(load)
            });
            let Err(shortage) = again else { return Ok(()) };
            short = shortage;
            // Without a word of the owner on this ask or a later one, more asks are no use now. An ask that was overtaken
            // by one of a thread beside got nothing of its own, which says nothing of the limit.
            let heard = answer.term == ask.statement.term && answer.epoch == ask.statement.epoch;
            let gone = each(short.missing, answer.short.load(), i64::min) != Load::default();
            if heard && (answer.answered < ask.number || gone) {
                break;
            }
        }
        Err(short)
    }

    /// Tells the owner what is held, until it has confirmed it or does not answer.
    fn confirm(&self, key: Key) {
        // The first answer may only say who the owner is.
        for _ in 0..2 {
            let said = self.known(key, |lease| lease.unconfirmed()).flatten();
            let Some(answer) = said.and_then(|said| self.owner.returned(key.0, key.1, &said)) else {
                return;
            };
            self.hear(key.0, key.1, &answer);
        }
    }

    fn is_bounded(&self, key: Key) -> bool {
        self.owner.caps(key.0, key.1) != Caps::default()
    }

    fn known<T>(&self, key: Key, act: impl FnOnce(&mut Lessee) -> T) -> Option<T> {
        self.leases.get(&key).map(|lease| act(&mut lock(&lease)))
    }

    fn with<T>(&self, key: Key, act: impl FnOnce(&mut Lessee) -> T) -> T {
        if let Some(lease) = self.leases.get(&key) {
            return act(&mut lock(&lease));
        }
        let fresh = || {
            let epoch = self.epoch.fetch_add(1, Ordering::Relaxed) + 1;
            Mutex::new(Lessee::new(self.node, epoch))
        };
        let lease = self.leases.entry(key).or_insert_with(fresh);
        act(&mut lock(&lease))
    }
}

impl Exposure for Budgets {
    /// What is unused here and what the owner could still give. Others take room at the same time: only
    /// [`Budgets::reserve_all`] decides.
    fn room(&self, scope: Scope, currency: Currency) -> Room {
        let caps = self.owner.caps(scope, currency);
        if caps == Caps::default() {
            return Room::UNBOUNDED;
        }
        let left = self.owner.left(self.node, scope, currency);
        let room = each(self.spare(scope, currency), left, i64::saturating_add);
        let room = each(room, bounds(caps), |room, cap| if cap == i64::MAX { cap } else { room });
        Room {
            stake: room.stake,
            payout: room.payout,
            liability: room.liability,
        }
    }
}

impl Holder for Budgets {
    /// A node that knows nothing of the lease says so in a new life, which frees what it held in an earlier one.
    fn recall(&self, scope: Scope, currency: Currency, recall: &Recall) -> Returned {
        self.with((scope, currency), |lease| lease.recalled(recall))
    }

    fn spare(&self, scope: Scope, currency: Currency) -> Load {
        self.known((scope, currency), |lease| lease.lease().spare())
            .unwrap_or_default()
    }

    fn forget(&self, event: EventId) {
        self.leases.retain(|(scope, _), _| !is_of(*scope, event));
    }
}

fn lock(lease: &Mutex<Lessee>) -> MutexGuard<'_, Lessee> {
    lease.lock().unwrap_or_else(PoisonError::into_inner)
}
