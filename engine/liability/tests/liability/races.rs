//! Many threads of many nodes at one limit.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use shardbook_domain::exposure::{Exposure, Load, Scope};
use shardbook_domain::ids::EventId;
use shardbook_domain::liability::{Ask, Granted, NodeNo, Recall, Returned};
use shardbook_domain::money::{Amount, Currency};
use shardbook_domain::rules::Caps;
use shardbook_liability::{Budgets, Holder, House, Owner};

use crate::scene::{Scene, bet, eur, market, used};

const NODES: u32 = 8;
const THREADS: u64 = 3;
const STEPS: u64 = 4_000;
const LIMIT: i64 = 20_000;

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// What really is reserved, counted beside the system: after it said yes, and before it is told of a release. So it
/// never counts more than is reserved.
#[derive(Default)]
struct Count {
    reserved: AtomicI64,
    taken: AtomicU64,
    refused: AtomicU64,
}

/// One thread of a node: the bets that it leaves open.
fn hammer(scene: &Scene, node: &Budgets, count: &Count, seed: u64) -> Vec<(u32, i64)> {
    let mut dice = Dice(seed);
    let mut open: Vec<(u32, i64)> = Vec::new();
    for step in 0..STEPS {
        if dice.below(5) < 3 {
            let (no, liability) = (1 + dice.below(3) as u32, 1 + dice.below(900) as i64);
            if node.reserve_all(&bet(1, no, liability), eur()).is_ok() {
                let reserved = count.reserved.fetch_add(liability, Ordering::SeqCst) + liability;
                assert!(reserved <= LIMIT, "{reserved} reserved of {LIMIT}");
                count.taken.fetch_add(1, Ordering::Relaxed);
                open.push((no, liability));
            } else {
                count.refused.fetch_add(1, Ordering::Relaxed);
            }
        } else if !open.is_empty() {
            let (no, liability) = open.swap_remove(dice.below(open.len() as u64) as usize);
            count.reserved.fetch_sub(liability, Ordering::SeqCst);
            node.release_all(&bet(1, no, liability), eur());
        }
        if step % 64 == seed % 64 {
            node.tend();
            scene.house.refresh_all();
            assert!(node.room(market(1), eur()).liability <= Amount(LIMIT));
        }
    }
    open
}

/// Protects R-2 when all threads of all nodes reserve and release at once: at no moment is more reserved than the limit,
/// and in the end every count agrees.
#[test]
fn threads_never_pass_the_limit() {
    let scene = Scene::with(&[(market(1), LIMIT), (Scope::Brand, LIMIT * 2)]);
    let nodes: Vec<Arc<Budgets>> = (1..=NODES).map(|no| scene.node(no, 1)).collect();
    let count = Count::default();
    let open: Vec<(usize, Vec<(u32, i64)>)> = thread::scope(|threads| {
        let (scene, count, nodes) = (&scene, &count, &nodes);
        let hammers: Vec<_> = (0..u64::from(NODES) * THREADS)
            .map(|at| {
                let node = (at % u64::from(NODES)) as usize;
                (node, threads.spawn(move || hammer(scene, &nodes[node], count, at + 1)))
            })
            .collect();
        let join = |(node, hammer): (usize, thread::ScopedJoinHandle<_>)| (node, hammer.join().expect("kept"));
        hammers.into_iter().map(join).collect()
    });
    let (taken, refused) = (
        count.taken.load(Ordering::Relaxed),
        count.refused.load(Ordering::Relaxed),
    );
    assert!(
        taken > 1_000 && refused > 1_000,
        "{taken} taken and {refused} refused: the limit was in play"
    );

    let left_open: i64 = open
        .iter()
        .flat_map(|(_, bets)| bets)
        .map(|(_, liability)| liability)
        .sum();
    for scope in [market(1), Scope::Brand] {
        let in_use: i64 = nodes.iter().map(|node| used(node, scope)).sum();
        assert_eq!((in_use, count.reserved.load(Ordering::SeqCst)), (left_open, left_open));
        let held: i64 = nodes.iter().map(|node| node.held(scope, eur()).liability.0).sum();
        assert_eq!(scene.leased(scope), held, "the house counts what the nodes hold");
    }
    let room = LIMIT - left_open;
    assert_eq!(nodes[0].room(market(1), eur()).liability, Amount(room));
    assert!(
        nodes[0].reserve_all(&bet(1, 1, room + 1), eur()).is_err(),
        "one more than there is"
    );
    nodes[0]
        .reserve_all(&bet(1, 1, room), eur())
        .expect("exactly what there is");
    nodes[0].release_all(&bet(1, 1, room), eur());

    for (node, bets) in &open {
        for (no, liability) in bets {
            nodes[*node].release_all(&bet(1, *no, *liability), eur());
        }
    }
    nodes[1]
        .reserve_all(&bet(1, 1, LIMIT), eur())
        .expect("the whole limit again");
}

/// Protects bets that fit from being refused by the race: while half of the limit is left, no thread is refused. After
/// the race, the rest is there to the last unit, whoever holds it.
#[test]
fn what_fits_is_taken() {
    const BETS: i64 = 500;
    let need = i64::from(NODES) * THREADS as i64 * BETS * 7;
    let scene = Scene::with(&[(market(1), need * 2)]);
    let nodes: Vec<Arc<Budgets>> = (1..=NODES).map(|no| scene.node(no, 1)).collect();
    thread::scope(|threads| {
        for node in nodes.iter().flat_map(|node| [node; THREADS as usize]) {
            let all = move || (0..BETS).for_each(|_| node.reserve_all(&bet(1, 1, 7), eur()).expect("room for all"));
            threads.spawn(all);
        }
    });
    for (at, _) in (0..need / 7).enumerate() {
        let node = &nodes[at % nodes.len()];
        node.reserve_all(&bet(1, 1, 7), eur()).expect("room to the end");
    }
    assert_eq!(scene.leased(market(1)), need * 2);
    assert!(nodes[0].reserve_all(&bet(1, 1, 1), eur()).is_err());
}

/// A house whose way is slow: while an ask is on it, something else happens once.
struct SlowWay {
    house: Arc<House>,
    meanwhile: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Owner for SlowWay {
    fn caps(&self, scope: Scope, currency: Currency) -> Caps {
        self.house.caps(scope, currency)
    }

    fn ask(&self, scope: Scope, currency: Currency, ask: &Ask) -> Option<Granted> {
        let meanwhile = self.meanwhile.lock().expect("not poisoned").take();
        if let Some(meanwhile) = meanwhile {
            meanwhile();
        }
        self.house.ask(scope, currency, ask)
    }

    fn returned(&self, scope: Scope, currency: Currency, returned: &Returned) -> Option<Granted> {
        self.house.returned(scope, currency, returned)
    }

    fn left(&self, node: NodeNo, scope: Scope, currency: Currency) -> Load {
        self.house.left(node, scope, currency)
    }
}

/// Protects a bet whose ask is overtaken by that of a bet beside it on its node: it gets no part by that ask, and takes
/// what is still idle on another node by the next. Where nothing is, it is refused.
#[test]
fn an_overtaken_ask_is_no_refusal() {
    // What is idle elsewhere when two bets of 7 come, and whether both fit.
    for (idle, both) in [(7, false), (13, false), (14, true), (15, true), (1_000, true)] {
        let scene = Scene::with(&[(market(1), 100_000)]);
        let elsewhere = scene.node(2, 1);
        elsewhere.reserve_all(&bet(1, 1, 7), eur()).expect("the first");
        let held = elsewhere.held(market(1), eur()).liability.0;
        let in_use = held - idle - 7;
        elsewhere.reserve_all(&bet(1, 1, in_use), eur()).expect("what it holds");
        let way = Arc::new(SlowWay {
            house: scene.house.clone(),
            meanwhile: Mutex::default(),
        });
        let node = Arc::new(Budgets::new(NodeNo(1), 1, way.clone()));
        // An open bet, by which the house and the node know each other.
        node.restore(&bet(1, 1, 1), eur());
        scene.set(market(1), held + 1);

        let beside = node.clone();
        let overtake = move || beside.reserve_all(&bet(1, 1, 7), eur()).expect("the faster one");
        *way.meanwhile.lock().expect("not poisoned") = Some(Box::new(overtake));
        let slower = node.reserve_all(&bet(1, 1, 7), eur());
        assert_eq!(slower.is_ok(), both, "{idle} idle elsewhere");
        let taken = if both { 14 } else { 7 };
        assert_eq!(used(&node, market(1)), 1 + taken);
        assert!(scene.leased(market(1)) <= held + 1, "never above the limit");
    }
}

/// A node that gives up idle parts, and on whose way to the house something else happens once.
struct SlowAnswer {
    node: Arc<Budgets>,
    meanwhile: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Holder for SlowAnswer {
    fn recall(&self, scope: Scope, currency: Currency, recall: &Recall) -> Returned {
        let returned = self.node.recall(scope, currency, recall);
        let meanwhile = self.meanwhile.lock().expect("not poisoned").take();
        if let Some(meanwhile) = meanwhile {
            meanwhile();
        }
        returned
    }

    fn spare(&self, scope: Scope, currency: Currency) -> Load {
        self.node.spare(scope, currency)
    }

    fn forget(&self, event: EventId) {
        self.node.forget(event);
    }
}

/// Protects a bet for which a part was called back that bets of a third node took on its way: what is still idle is
/// called back too.
#[test]
fn a_part_taken_by_others_is_no_refusal() {
    // What is idle on a node, what bets of another take on the way, and whether 7 more fit.
    for (idle, others, fits) in [(21, 14, true), (20, 14, false), (21, 7, true), (1_000, 993, true)] {
        let scene = Scene::with(&[(market(1), 100_000)]);
        let [node, third] = [1, 3].map(|no| scene.node(no, 1));
        let holder = scene.node(2, 1);
        holder.reserve_all(&bet(1, 1, 7), eur()).expect("the first");
        let held = holder.held(market(1), eur()).liability.0;
        holder
            .reserve_all(&bet(1, 1, held - idle - 7), eur())
            .expect("what it holds");
        scene.set(market(1), held);

        let take = move || {
            (0..others / 7).for_each(|_| third.reserve_all(&bet(1, 1, 7), eur()).expect("there is room"));
            let rest = others % 7;
            third.reserve_all(&bet(1, 1, rest), eur()).expect("there is room");
        };
        let slow: Arc<dyn Holder> = Arc::new(SlowAnswer {
            node: holder,
            meanwhile: Mutex::new(Some(Box::new(take))),
        });
        scene.house.join(NodeNo(2), Arc::downgrade(&slow));
        let answer = node.reserve_all(&bet(1, 1, 7), eur());
        assert_eq!(answer.is_ok(), fits, "{idle} idle, {others} taken");
        assert!(scene.leased(market(1)) <= held, "never above the limit");
    }
}
