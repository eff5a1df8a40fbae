//! Reserving and releasing over all scopes of a bet, and what becomes of leases when nodes and limits change.

use shardbook_domain::exposure::{Exposure, Room, Scope};
use shardbook_domain::ids::EventId;
use shardbook_domain::liability::NodeNo;
use shardbook_domain::money::{Amount, Currency};
use shardbook_liability::Budgets;

use crate::scene::{Scene, bet, eur, market, risk, selection, used};

/// Protects every scope of a bet: the first that is short refuses it, and nothing stays reserved in the others.
#[test]
fn all_scopes_or_none() {
    let event = Scope::Event(EventId(1));
    // The limits, the liability of a bet, and the scope that refuses it with what is missing.
    let table: Vec<(&str, Vec<(Scope, i64)>, i64, Option<(Scope, i64)>)> = vec![
        ("no limits", vec![], i64::MAX, None),
        (
            "fits exactly",
            vec![(market(1), 100), (event, 100), (Scope::Brand, 100)],
            100,
            None,
        ),
        (
            "the selection",
            vec![(selection(1, 1), 99), (Scope::Brand, 500)],
            100,
            Some((selection(1, 1), 1)),
        ),
        (
            "the market",
            vec![(selection(1, 1), 100), (market(1), 40)],
            100,
            Some((market(1), 60)),
        ),
        (
            "the event",
            vec![(market(1), 100), (event, 0), (Scope::Brand, 100)],
            100,
            Some((event, 100)),
        ),
        (
            "the brand",
            vec![(market(1), 100), (Scope::Brand, 99)],
            100,
            Some((Scope::Brand, 1)),
        ),
        (
            "another selection's limit",
            vec![(selection(1, 2), 0), (market(2), 0)],
            100,
            None,
        ),
        ("nothing at stake", vec![(market(1), 0)], 0, None),
        ("less than nothing makes no room", vec![(market(1), 0)], -100, None),
    ];
    for (what, limits, liability, refused) in table {
        let scene = Scene::with(&limits);
        let node = scene.node(1, 1);
        let loads = bet(1, 1, liability);
        let answer = node.reserve_all(&loads, eur());
        let found = answer.map_err(|(scope, shortage)| (scope, shortage.missing.liability.0));
        assert_eq!(found, refused.map_or(Ok(()), Err), "{what}");
        let counted = if refused.is_none() { liability.max(0) } else { 0 };
        for (scope, _) in &limits {
            let of_bet = loads.iter().any(|(of, _)| of == scope);
            assert_eq!(
                used(&node, *scope),
                if of_bet { counted } else { 0 },
                "{what}: {scope:?}"
            );
        }
        node.release_all(&loads, eur());
        assert!(
            limits.iter().all(|(scope, _)| used(&node, *scope) == 0),
            "{what}: settled"
        );
    }
}

/// Protects memory and time from scopes that have no limit.
#[test]
fn no_limit_costs_no_entry() {
    let scene = Scene::with(&[(market(1), 100)]);
    let node = scene.node(1, 1);
    node.reserve_all(&bet(1, 1, 60), eur()).expect("room");
    node.restore(&bet(2, 1, 60), eur());
    assert_eq!((node.leases(), scene.house.desks()), (1, 1));
    assert_eq!(node.room(Scope::Brand, eur()), Room::UNBOUNDED);
    assert_eq!(
        node.room(market(1), eur()),
        Room {
            liability: Amount(40),
            ..Room::UNBOUNDED
        }
    );
}

/// Protects a slip from counting its bets on one market only once, and currencies from each other.
#[test]
fn slips_and_currencies() {
    let scene = Scene::with(&[(market(1), 100)]);
    let node = scene.node(1, 1);
    let slip = [(market(1), risk(60)), (market(1), risk(41))];
    assert!(node.reserve_all(&slip, eur()).is_err());
    assert_eq!(used(&node, market(1)), 0);
    node.reserve_all(&slip[..1], eur()).expect("room");
    let gbp = Currency::new("GBP").expect("known");
    node.reserve_all(&slip[..1], gbp).expect("a limit of its own");
    assert_eq!(used(&node, market(1)), 60);
}

/// Protects nodes that need room from nodes that hold it idle, and `room` from being less than what can be had.
#[test]
fn idle_parts_come_over() {
    let scene = Scene::with(&[(market(1), 1000)]);
    let (a, b, c) = (scene.node(1, 1), scene.node(2, 1), scene.node(3, 1));
    a.reserve_all(&bet(1, 1, 100), eur()).expect("room");
    b.reserve_all(&bet(1, 1, 100), eur()).expect("room");
    assert!(scene.leased(market(1)) > 600, "both hold more than they use");
    assert_eq!(c.room(market(1), eur()).liability, Amount(800));
    c.reserve_all(&bet(1, 1, 800), eur()).expect("all that is idle");
    let refused = a.reserve_all(&bet(1, 1, 1), eur()).expect_err("all is in use");
    assert_eq!((refused.0, refused.1.missing), (market(1), risk(1)));
    assert_eq!(
        [&a, &b, &c].map(|node| node.room(market(1), eur()).liability.0),
        [0, 0, 0]
    );
    c.release_all(&bet(1, 1, 800), eur());
    a.reserve_all(&bet(1, 1, 800), eur())
        .expect("a settled bet makes room for all");
}

/// Protects limits that are changed while bets are open.
#[test]
fn a_limit_changes() {
    let scene = Scene::with(&[(market(1), 1000)]);
    let (a, b) = (scene.node(1, 1), scene.node(2, 1));
    a.reserve_all(&bet(1, 1, 300), eur()).expect("room");
    scene.set(market(1), 200);
    scene.house.refresh_all();
    assert_eq!(scene.leased(market(1)), 300, "only bets that stand");
    assert!(a.reserve_all(&bet(1, 1, 1), eur()).is_err());
    assert!(b.reserve_all(&bet(1, 1, 1), eur()).is_err());
    a.release_all(&bet(1, 1, 300), eur());
    assert_eq!(b.room(market(1), eur()).liability, Amount(200));
    assert!(b.reserve_all(&bet(1, 1, 201), eur()).is_err());
    b.reserve_all(&bet(1, 1, 200), eur()).expect("below the limit again");
    scene.set(market(1), 250);
    a.reserve_all(&bet(1, 1, 50), eur())
        .expect("raised from the next ask on");
}

/// Protects bets that stand over a restart, and the room that the earlier life left idle.
#[test]
fn a_node_restarts() {
    let scene = Scene::with(&[(market(1), 1000), (market(2), 1000)]);
    let (a, b) = (scene.node(1, 1), scene.node(2, 1));
    a.reserve_all(&bet(1, 1, 400), eur()).expect("room");
    a.reserve_all(&bet(2, 1, 400), eur()).expect("room");
    a.release_all(&bet(2, 1, 400), eur());
    drop(a);
    let again = scene.node_with(1, 2, &bet(1, 1, 400));
    assert_eq!((used(&again, market(1)), scene.leased(market(1))), (400, 400));
    assert!(b.reserve_all(&bet(1, 1, 601), eur()).is_err());
    b.reserve_all(&bet(1, 1, 600), eur())
        .expect("what the earlier life held idle");
    b.reserve_all(&bet(2, 1, 1000), eur())
        .expect("also where the new life knows nothing");
    let third = scene.node_with(3, 1, &bet(1, 1, 50));
    assert_eq!(scene.leased(market(1)), 1050, "bets that stand count above the limit");
    third.release_all(&bet(1, 1, 50), eur());
    assert!(again.reserve_all(&bet(1, 1, 1), eur()).is_err(), "not below the limit");
}

/// Protects a limit from bets that a correction opens again: they use what their node holds idle, and what others hold idle
/// is no room any more.
#[test]
fn bets_are_opened_again() {
    let scene = Scene::with(&[(market(1), 1000)]);
    let (a, b) = (scene.node(1, 1), scene.node(2, 1));
    a.reserve_all(&bet(1, 1, 600), eur()).expect("room");
    b.reserve_all(&bet(1, 1, 400), eur()).expect("room");
    a.release_all(&bet(1, 1, 600), eur());
    a.restore(&bet(1, 1, 600), eur());
    assert_eq!(
        scene.leased(market(1)),
        1000,
        "settled and opened again, nothing more is held"
    );
    b.release_all(&bet(1, 1, 400), eur());
    a.restore(&bet(1, 1, 300), eur());
    let room = |node: &Budgets| node.room(market(1), eur()).liability;
    assert_eq!((room(&a), room(&b)), (Amount(100), Amount(100)));
    a.restore(&bet(1, 1, 300), eur());
    assert_eq!((room(&a), room(&b)), (Amount(0), Amount(0)));
    assert!(b.reserve_all(&bet(1, 1, 1), eur()).is_err(), "1200 of 1000 stand");
    assert_eq!(scene.leased(market(1)), 1200);
}

/// Protects open bets whose shard goes to another node.
#[test]
fn a_shard_moves() {
    let scene = Scene::with(&[(market(1), 1000)]);
    let (a, b) = (scene.node(1, 1), scene.node(2, 1));
    a.reserve_all(&bet(1, 1, 900), eur()).expect("room");
    b.restore(&bet(1, 1, 600), eur());
    assert!(
        b.reserve_all(&bet(1, 1, 1), eur()).is_err(),
        "both count it for a moment"
    );
    a.hand_over(&bet(1, 1, 600), eur());
    assert_eq!((used(&a, market(1)), used(&b, market(1))), (300, 600));
    b.reserve_all(&bet(1, 1, 100), eur()).expect("what was left before");
    assert!(a.reserve_all(&bet(1, 1, 1), eur()).is_err());
    b.restore(&bet(1, 1, 300), eur());
    drop(a);
    scene.house.dismiss(NodeNo(1));
    assert_eq!(scene.leased(market(1)), 1000);
}

/// Protects memory from events that are over, and other events from their end.
#[test]
fn events_that_are_over() {
    let all = [
        selection(1, 1),
        market(1),
        Scope::Event(EventId(1)),
        Scope::Brand,
        market(2),
    ];
    let scene = Scene::with(&all.map(|scope| (scope, 1000)));
    let node = scene.node(1, 1);
    node.reserve_all(&bet(1, 1, 100), eur()).expect("room");
    node.reserve_all(&bet(2, 1, 100), eur()).expect("room");
    scene.house.forget(EventId(1));
    assert_eq!((node.leases(), scene.house.desks()), (2, 2));
    node.release_all(&bet(1, 1, 100), eur());
    assert_eq!((used(&node, Scope::Brand), used(&node, market(2))), (100, 100));
    assert_eq!(node.leases(), 2, "a late settlement brings nothing back");
    node.reserve_all(&bet(1, 1, 1000 - 100), eur())
        .expect("a new life of the event");
}

/// Protects R-2 from a node that the end of an event did not reach: the new owner of the limit counts what it holds.
#[test]
fn an_end_that_a_node_missed() {
    let scene = Scene::with(&[(market(1), 1000)]);
    let missed = Budgets::new(NodeNo(1), 1, scene.house.clone());
    missed.reserve_all(&bet(1, 1, 600), eur()).expect("room");
    scene.house.forget(EventId(1));
    assert_eq!(scene.leased(market(1)), 0);
    scene.set(market(1), 500);
    assert!(missed.reserve_all(&bet(1, 1, 300), eur()).is_err());
    assert!(scene.leased(market(1)) >= 600, "what stands, above the new limit");
    assert_eq!(scene.leased(market(1)), missed.held(market(1), eur()).liability.0);
    assert!(scene.node(2, 1).reserve_all(&bet(1, 1, 1), eur()).is_err());
}

/// Protects the owner from a message for every bet, and others from parts that lie idle.
#[test]
fn leases_are_tended() {
    let scene = Scene::with(&[(market(1), 16_000)]);
    let node = scene.node(1, 1);
    node.reserve_all(&bet(1, 1, 15_000), eur()).expect("room");
    node.release_all(&bet(1, 1, 15_000), eur());
    assert!(scene.leased(market(1)) >= 15_000);
    node.tend();
    assert_eq!(scene.leased(market(1)), 0, "what was scarce goes back at once");
    node.tend();
    let ahead = scene.leased(market(1));
    assert!(
        (1_000..=10_000).contains(&ahead),
        "{ahead} asked ahead: a share and not all"
    );
    (0..4).for_each(|_| node.tend());
    let ahead = scene.leased(market(1));
    node.tend();
    assert_eq!(scene.leased(market(1)), ahead, "between the marks nothing is said");
    node.reserve_all(&bet(1, 1, ahead), eur()).expect("what is held");
    node.tend();
    assert!(
        node.held(market(1), eur()).liability.0 > ahead,
        "asked before a bet is short"
    );
}
