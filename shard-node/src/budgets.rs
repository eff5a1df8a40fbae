//! The house's limits on open bets together, as the shards of this node hold them.
//!
//! Every shard is a lessee of its own, as it would be on a node of its own: it takes bets against the part that it holds,
//! and asks the house when that is short. Room is taken after a bet is decided and before it is journaled, and given back
//! by whatever settles the bet. A brand without limits has no leases, and nothing is counted.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use shardbook_domain::bet::{Bet, load_of, releases};
use shardbook_domain::exposure::{Exposure, Load, Room, Scope};
use shardbook_domain::ids::{BetNo, EventId};
use shardbook_domain::liability::{NodeNo, caps_of};
use shardbook_domain::money::{Amount, Currency};
use shardbook_domain::player::{Event, State};
use shardbook_domain::rules::{Caps, RuleBook, Rules};
use shardbook_liability::{Budgets as Leases, Holder, House, Owner};
use shardbook_projections::open;
use shardbook_runtime::entity::{Contended, EntityKey};
use shardbook_runtime::fault::StoreFault;
use shardbook_runtime::journal::Store;
use shardbook_runtime::slot::{ShardId, SlotMap};

use crate::entities::PLAYER;
use crate::recall::recall;
use crate::views::OPEN;

type Loads = BTreeMap<(Currency, Scope), Load>;

/// Between two rounds of asking ahead and giving back.
const TEND: Duration = Duration::from_secs(1);

/// What all shards of this node hold.
pub struct Budgets {
    shards: Vec<ShardBudgets>,
    house: Option<Arc<House>>,
}

/// What one shard holds; nothing where the brand has no limits.
pub struct ShardBudgets {
    leases: Option<Arc<Leases>>,
}

impl std::fmt::Debug for Budgets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let leases = |shard: &ShardBudgets| shard.leases.as_ref().map_or(0, |leases| leases.leases());
        f.debug_list().entries(self.shards.iter().map(leases)).finish()
    }
}

impl Budgets {
    /// The budgets of so many shards by the newest rules, with what the open bets in the store use of them.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) fn open(store: &Store, rules: &RuleBook) -> Result<Self, StoreFault> {
        let map = store.map();
        if !has_limits(rules.current()) {
            let shards = (0..map.shards()).map(|_| ShardBudgets { leases: None }).collect();
            return Ok(Self { shards, house: None });
        }
        // Seconds, so that each life has a higher epoch than the one before.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let epoch = u32::try_from(since.as_secs()).unwrap_or(u32::MAX);
        let amounts = rules.current().clone();
        let limits = move |scope: Scope, currency: Currency| caps_of(&amounts.amounts(currency), scope);
        let house = Arc::new(House::new(epoch, limits));
        let mut shards = Vec::new();
        for (shard, loads) in (0..map.shards()).map(ShardId).zip(open_loads(store, map)?) {
            let node = NodeNo(shard.0.into());
            let owner: Arc<dyn Owner> = Arc::clone(&house) as _;
            let leases = Arc::new(Leases::new(node, epoch, owner));
            for ((currency, scope), load) in loads {
                leases.restore(&[(scope, load)], currency);
            }
            let holder = Arc::downgrade(&leases);
            house.join(node, holder as std::sync::Weak<dyn Holder>);
            shards.push(ShardBudgets { leases: Some(leases) });
        }
        let house = Some(house);
        Ok(Self { shards, house })
    }

    /// Those of a shard.
    pub(crate) fn of(&self, shard: ShardId) -> &ShardBudgets {
        &self.shards[usize::from(shard.0)]
    }

    /// Drops what is kept of an event that is over.
    pub(crate) fn forget(&self, event: EventId) {
        if let Some(house) = &self.house {
            house.forget(event);
        }
    }

    /// What all shards lease of a limit together.
    #[must_use]
    pub fn leased(&self, scope: Scope, currency: Currency) -> Load {
        self.house
            .as_ref()
            .map_or(Load::NONE, |house| house.leased(scope, currency))
    }

    /// Asks ahead and gives back, for ever.
    pub(crate) async fn tend(world: Arc<crate::entities::World>) {
        if world.budgets.house.is_none() {
            return;
        }
        let mut round = tokio::time::interval(TEND);
        loop {
            round.tick().await;
            for leases in world.budgets.shards.iter().filter_map(|shard| shard.leases.as_ref()) {
                leases.tend();
            }
        }
    }
}

impl ShardBudgets {
    /// Takes room for the bets that these events place, and gives back what the others free.
    pub(crate) fn admit(&self, state: &State, events: &[Event]) -> Result<(), Contended> {
        let (Some(leases), Some(profile)) = (&self.leases, state.profile()) else {
            return Ok(());
        };
        let currency = profile.currency;
        let mut taken = BTreeMap::<Scope, Load>::new();
        for event in events {
            if let Event::BetPlaced { terms, .. } = event {
                add(&mut taken, load_of(terms), Load::plus);
            }
        }
        if !taken.is_empty() {
            let taken: Vec<_> = taken.into_iter().collect();
            if is_approved(state, events) {
                leases.restore(&taken, currency);
            } else {
                leases.reserve_all(&taken, currency).map_err(|_| Contended)?;
            }
        }
        // What is freed counts once all events of a bet are through: one that is settled anew frees nothing between.
        let mut freed = BTreeMap::<Scope, Load>::new();
        let mut bets = BTreeMap::<BetNo, Bet>::new();
        for event in events {
            let Some(no) = event.bet() else { continue };
            if let Event::BetRestored { history } = event {
                bets.extend(Bet::fold(history).map(|bet| (no, bet)));
                continue;
            }
            if !bets.contains_key(&no) {
                bets.extend(state.bet(no).map(|bet| (no, bet.into_owned())));
            }
            if let Some(bet) = bets.get_mut(&no) {
                add(&mut freed, releases(bet, event), Load::plus);
                bet.apply(event);
            }
        }
        let (released, loaded) = split(freed);
        leases.release_all(&released, currency);
        leases.restore(&loaded, currency);
        Ok(())
    }
}

/// Whether a trader lets the bets of these events go beyond the limits: they stand then, whatever is left.
fn is_approved(state: &State, events: &[Event]) -> bool {
    events.iter().any(|event| match event {
        Event::SlipApproved { .. } => true,
        Event::SlipReleased { slip, by, .. } => {
            by.is_some() || state.pending_slip(*slip).is_some_and(|slip| slip.approval.is_some())
        }
        _ => false,
    })
}

/// What is freed, and what is loaded again, each where it is not nothing.
fn split(freed: BTreeMap<Scope, Load>) -> (Vec<(Scope, Load)>, Vec<(Scope, Load)>) {
    let part = |load: Load, of: fn(i64) -> i64| Load {
        stake: Amount(of(load.stake.0)),
        payout: Amount(of(load.payout.0)),
        liability: Amount(of(load.liability.0)),
    };
    let all = |of: fn(i64) -> i64| {
        let parts = freed.iter().map(|(scope, load)| (*scope, part(*load, of)));
        parts.filter(|(_, load)| *load != Load::NONE).collect()
    };
    (
        all(|amount| amount.max(0)),
        all(|amount| amount.saturating_neg().max(0)),
    )
}

fn add(sums: &mut BTreeMap<Scope, Load>, loads: Vec<(Scope, Load)>, plus: fn(Load, Load) -> Load) {
    for (scope, load) in loads {
        let sum = sums.entry(scope).or_default();
        *sum = plus(*sum, load);
    }
}

impl Exposure for ShardBudgets {
    fn room(&self, scope: Scope, currency: Currency) -> Room {
        self.leases
            .as_ref()
            .map_or(Room::UNBOUNDED, |leases| leases.room(scope, currency))
    }
}

/// Whether any currency has a limit on open bets of many players together.
pub(crate) fn has_limits(rules: &Rules) -> bool {
    let none = Caps::default();
    rules.amounts.values().any(|amounts| {
        [amounts.selection, amounts.market, amounts.event, amounts.brand]
            .iter()
            .any(|caps| *caps != none)
    })
}

/// What the open bets of each shard load.
fn open_loads(store: &Store, map: SlotMap) -> Result<Vec<Loads>, StoreFault> {
    let mut loads = vec![Loads::new(); usize::from(map.shards())];
    for row in OPEN.scan(store, &[], &[]) {
        let (key, row) = row?;
        let Some((player, no, currency)) = open::read(&key, &row) else {
            continue;
        };
        let Some(bet) = recall(store, player, no)? else {
            continue;
        };
        let shard = map.locate(EntityKey {
            kind: PLAYER,
            id: player.0,
        });
        for (scope, load) in bet.loads() {
            let sum = loads[usize::from(shard.0)].entry((currency, scope)).or_default();
            *sum = sum.plus(load);
        }
    }
    Ok(loads)
}
