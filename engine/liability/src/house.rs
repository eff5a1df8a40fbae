//! The owners of all limits in one process.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

use dashmap::DashMap;
use shardbook_domain::exposure::{Load, Scope};
use shardbook_domain::ids::EventId;
use shardbook_domain::liability::{Ask, Granted, Lessor, NodeNo, Recall, Returned};
use shardbook_domain::money::Currency;
use shardbook_domain::rules::Caps;

use crate::owner::{Holder, Limits, Owner};
use crate::{Key, bounds, each, is_of};

/// How often an ask goes round all nodes while each round brings parts in and others are faster to take them.
const ROUNDS: usize = 16;

/// What became of recalls.
enum Recalled<T> {
    /// Enough came back; what was done with it under the same lock.
    Enough(T),
    /// Parts came back, here or to an ask beside this one, and not enough.
    Something,
    /// Nobody holds an idle part.
    Nothing,
}

/// All limits, with what is leased of each to the nodes that joined.
pub struct House {
    limits: Box<dyn Limits>,
    term: AtomicU64,
    desks: DashMap<Key, Mutex<Lessor>>,
    holders: RwLock<BTreeMap<NodeNo, Weak<dyn Holder>>>,
}

impl House {
    /// A house that has leased nothing: its nodes start with it. The epoch is higher than that of any earlier house
    /// that they may remember.
    pub fn new(epoch: u32, limits: impl Limits + 'static) -> House {
        House {
            limits: Box::new(limits),
            // A desk that is dropped and made again is a new owner, hence a counter below the house's epoch.
            term: AtomicU64::new(u64::from(epoch) << 32),
            desks: DashMap::new(),
            holders: RwLock::new(BTreeMap::new()),
        }
    }

    /// A node whose idle parts can be recalled from now on. It must have restored its open bets before; it takes the
    /// place of its earlier life.
    pub fn join(&self, node: NodeNo, holder: Weak<dyn Holder>) {
        let mut holders = self.holders.write().unwrap_or_else(PoisonError::into_inner);
        holders.insert(node, holder);
    }

    /// A node that is gone for good. Its open bets must have been restored on other nodes before.
    pub fn dismiss(&self, node: NodeNo) {
        let mut holders = self.holders.write().unwrap_or_else(PoisonError::into_inner);
        holders.remove(&node);
        drop(holders);
        for key in self.keys() {
            self.known(key, |desk| desk.dismiss(node));
        }
    }

    /// Brings a limit that changed into force at once: what is leased beyond it is recalled as far as it is idle.
    /// Without this call a change is in force from the next ask on.
    pub fn refresh(&self, scope: Scope, currency: Currency) {
        let key = (scope, currency);
        let recalls = self.known(key, |desk| {
            desk.set_limit(self.limits.caps(scope, currency));
            desk.recalls_of_excess()
        });
        self.recall(key, recalls.unwrap_or_default(), |desk| desk.desk().excess(), |_| ());
    }

    /// [`House::refresh`] of every limit, for new rules of the brand.
    pub fn refresh_all(&self) {
        for (scope, currency) in self.keys() {
            self.refresh(scope, currency);
        }
    }

    /// Drops all limits of an event that is over, here and at the nodes.
    pub fn forget(&self, event: EventId) {
        for holder in self.everybody() {
            holder.forget(event);
        }
        self.desks.retain(|(scope, _), _| !is_of(*scope, event));
    }

    /// What is leased of a limit, to all nodes together.
    pub fn leased(&self, scope: Scope, currency: Currency) -> Load {
        self.known((scope, currency), |desk| desk.desk().leased())
            .unwrap_or_default()
    }

    /// Of how many limits a part was leased.
    pub fn desks(&self) -> usize {
        self.desks.len()
    }

    /// Sends recalls one by one and takes in what comes back, until nothing is missing any more.
    fn recall<T>(
        &self,
        key: Key,
        recalls: Vec<Recall>,
        missing: impl Fn(&Lessor) -> Load,
        done: impl Fn(&mut Lessor) -> T,
    ) -> Recalled<T> {
        let mut came = false;
        for recall in recalls {
            let node = recall.granted.node;
            let Some(holder) = self.holder(node) else { continue };
            // What is missing and what was granted may have changed since the list was made.
            let Some(recall) = self.known(key, |desk| desk.recall(node, missing(desk))) else {
                break;
            };
            let returned = holder.recall(key.0, key.1, &recall);
            let (said, known) = (&returned.statement, &recall.granted);
            // Of another life of either, totals are not to be compared.
            came |= (said.epoch, said.term) == (known.epoch, known.term) && said.returned != known.returned;
            let answer = self.known(key, |desk| {
                desk.returned(&returned);
                // Under the same lock, so that nobody else gets what came back.
                (missing(desk) == Load::default()).then(|| done(desk))
            });
            if let Some(answer) = answer.flatten() {
                return Recalled::Enough(answer);
            }
        }
        if came { Recalled::Something } else { Recalled::Nothing }
    }

    fn holder(&self, node: NodeNo) -> Option<Arc<dyn Holder>> {
        let holders = self.holders.read().unwrap_or_else(PoisonError::into_inner);
        holders.get(&node).and_then(Weak::upgrade)
    }

    fn everybody(&self) -> Vec<Arc<dyn Holder>> {
        let holders = self.holders.read().unwrap_or_else(PoisonError::into_inner);
        holders.values().filter_map(Weak::upgrade).collect()
    }

    fn keys(&self) -> Vec<Key> {
        self.desks.iter().map(|entry| *entry.key()).collect()
    }

    fn known<T>(&self, key: Key, act: impl FnOnce(&mut Lessor) -> T) -> Option<T> {
        let desk = self.desks.get(&key)?;
        Some(act(&mut desk.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    fn with<T>(&self, key: Key, act: impl FnOnce(&mut Lessor) -> T) -> T {
        let act = |desk: &Mutex<Lessor>| {
            let mut desk = desk.lock().unwrap_or_else(PoisonError::into_inner);
            // Read under the lock: nobody who read them before a change puts the old ones back.
            desk.set_limit(self.limits.caps(key.0, key.1));
            act(&mut desk)
        };
        if let Some(desk) = self.desks.get(&key) {
            return act(&desk);
        }
        let fresh = || {
            let term = self.term.fetch_add(1, Ordering::Relaxed) + 1;
            Mutex::new(Lessor::new(term, Caps::default()))
        };
        act(&self.desks.entry(key).or_insert_with(fresh))
    }
}

impl Owner for House {
    fn caps(&self, scope: Scope, currency: Currency) -> Caps {
        self.limits.caps(scope, currency)
    }

    /// Recalls what others hold idle before it says that there is not enough.
    fn ask(&self, scope: Scope, currency: Currency, ask: &Ask) -> Option<Granted> {
        let key = (scope, currency);
        for _ in 0..ROUNDS {
            // One look: what is seen as enough is granted before others can take it.
            let next = self.with(key, |desk| match desk.missing(ask) {
                missing if missing == Load::default() => Ok(desk.ask(ask)),
                missing => Err(desk.recalls(ask.statement.node, missing)),
            });
            let recalls = match next {
                Ok(answer) => return Some(answer),
                Err(recalls) => recalls,
            };
            match self.recall(key, recalls, |desk| desk.missing(ask), |desk| desk.ask(ask)) {
                Recalled::Enough(answer) => return Some(answer),
                Recalled::Something => continue,
                Recalled::Nothing => break,
            }
        }
        Some(self.with(key, |desk| desk.ask(ask)))
    }

    fn returned(&self, scope: Scope, currency: Currency, returned: &Returned) -> Option<Granted> {
        let key = (scope, currency);
        let (answer, recalls) = self.with(key, |desk| (desk.returned(returned), desk.recalls_of_excess()));
        // Bets that stand may have come in above the limit: what others hold idle is no room any more.
        self.recall(key, recalls, |desk| desk.desk().excess(), |_| ());
        Some(answer)
    }

    fn left(&self, node: NodeNo, scope: Scope, currency: Currency) -> Load {
        let figures = |desk: &mut Lessor| (desk.desk().left(), desk.desk().excess());
        let Some((left, excess)) = self.known((scope, currency), figures) else {
            return bounds(self.limits.caps(scope, currency));
        };
        let holders = self.holders.read().unwrap_or_else(PoisonError::into_inner);
        let others = holders.iter().filter(|(other, _)| **other != node);
        let others: Vec<Arc<dyn Holder>> = others.filter_map(|(_, holder)| holder.upgrade()).collect();
        drop(holders);
        let idle = others.iter().fold(Load::default(), |sum, other| {
            each(sum, other.spare(scope, currency), i64::saturating_add)
        });
        let free = each(left, idle, i64::saturating_add);
        each(free, excess, |free, excess| (free - excess).max(0))
    }
}
