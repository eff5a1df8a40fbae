//! A house with limits that can be changed, its nodes, and bets on one market.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use shardbook_domain::exposure::{Load, Scope};
use shardbook_domain::ids::{EventId, MarketNo, SelectionNo, SelectionRef};
use shardbook_domain::liability::NodeNo;
use shardbook_domain::money::{Amount, Currency};
use shardbook_domain::rules::Caps;
use shardbook_liability::{Budgets, Holder, House, Owner};

/// Limits on the liability, by scope; the others have none.
pub type Table = Arc<RwLock<BTreeMap<Scope, i64>>>;

pub struct Scene {
    pub house: Arc<House>,
    pub limits: Table,
}

pub fn eur() -> Currency {
    Currency::new("EUR").expect("known")
}

pub fn market(event: u64) -> Scope {
    Scope::Market {
        event: EventId(event),
        market: MarketNo(1),
    }
}

pub fn selection(event: u64, selection: u32) -> Scope {
    Scope::Selection(SelectionRef {
        event: EventId(event),
        market: MarketNo(1),
        selection: SelectionNo(selection),
    })
}

/// A load that weighs in the liability alone.
pub fn risk(liability: i64) -> Load {
    Load {
        liability: Amount(liability),
        ..Load::default()
    }
}

/// A bet on a selection of an event's market, in all its scopes.
pub fn bet(event: u64, no: u32, liability: i64) -> [(Scope, Load); 4] {
    let scopes = [
        selection(event, no),
        market(event),
        Scope::Event(EventId(event)),
        Scope::Brand,
    ];
    scopes.map(|scope| (scope, risk(liability)))
}

impl Scene {
    pub fn with(limits: &[(Scope, i64)]) -> Scene {
        let limits: Table = Arc::new(RwLock::new(limits.iter().copied().collect()));
        let table = limits.clone();
        let caps = move |scope: Scope, _: Currency| Caps {
            liability: table.read().expect("not poisoned").get(&scope).map(|cap| Amount(*cap)),
            ..Caps::default()
        };
        Scene {
            house: Arc::new(House::new(1, caps)),
            limits,
        }
    }

    /// A node that joined, in a life of its own.
    pub fn node(&self, no: u32, epoch: u32) -> Arc<Budgets> {
        self.node_with(no, epoch, &[])
    }

    /// A node that joined with open bets.
    pub fn node_with(&self, no: u32, epoch: u32, open: &[(Scope, Load)]) -> Arc<Budgets> {
        let owner: Arc<dyn Owner> = self.house.clone();
        let node = Arc::new(Budgets::new(NodeNo(no), epoch, owner));
        node.restore(open, eur());
        let holder: Arc<dyn Holder> = node.clone();
        self.house.join(NodeNo(no), Arc::downgrade(&holder));
        node
    }

    pub fn set(&self, scope: Scope, limit: i64) {
        self.limits.write().expect("not poisoned").insert(scope, limit);
    }

    pub fn leased(&self, scope: Scope) -> i64 {
        self.house.leased(scope, eur()).liability.0
    }
}

pub fn used(node: &Budgets, scope: Scope) -> i64 {
    node.used(scope, eur()).liability.0
}
