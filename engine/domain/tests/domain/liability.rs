//! What the owner of a limit leases, and what a node may do with its lease.

use shardbook_domain::exposure::{Load, Scope};
use shardbook_domain::ids::{EventId, MarketNo};
use shardbook_domain::liability::{Desk, Lease, NodeNo, caps_of};
use shardbook_domain::money::{Amount, Currency};
use shardbook_domain::rules::{AmountRules, Caps};

use crate::scene::on;

pub const A: NodeNo = NodeNo(1);
pub const B: NodeNo = NodeNo(2);
pub const C: NodeNo = NodeNo(3);

pub fn load(stake: i64, payout: i64, liability: i64) -> Load {
    Load {
        stake: Amount(stake),
        payout: Amount(payout),
        liability: Amount(liability),
    }
}

/// A load that weighs in the liability alone.
pub fn risk(liability: i64) -> Load {
    load(0, 0, liability)
}

/// A limit on the liability alone.
pub fn at_most(liability: i64) -> Caps {
    Caps {
        liability: Some(Amount(liability)),
        ..Caps::default()
    }
}

enum At {
    Grant(NodeNo, i64),
    Back(NodeNo, i64),
    Restore(NodeNo, i64),
    Limit(i64),
    Dismiss(NodeNo),
}

use At::{Back, Dismiss, Grant, Limit, Restore};

/// Protects R-2 at the owner: grants end at the limit, nobody gets all of it, and what stands counts.
#[test]
fn desk_rows() {
    // The limit, what happens, the answer to the last grant, and what is leased, left and beyond the limit.
    let table: Vec<(&str, i64, Vec<At>, i64, [i64; 3])> = vec![
        (
            "the want and half of the rest",
            1000,
            vec![Grant(A, 100)],
            550,
            [550, 450, 0],
        ),
        (
            "a share for each that came",
            1000,
            vec![Grant(A, 100), Grant(B, 50)],
            150,
            [700, 300, 0],
        ),
        ("all of it is wanted", 1000, vec![Grant(A, 1000)], 1000, [1000, 0, 0]),
        ("more than all", 1000, vec![Grant(A, 1001)], 1000, [1000, 0, 0]),
        (
            "nothing is left",
            1000,
            vec![Grant(A, 1000), Grant(B, 1)],
            0,
            [1000, 0, 0],
        ),
        ("nothing is wanted", 1000, vec![Grant(A, 0)], 0, [0, 1000, 0]),
        ("less than nothing", 1000, vec![Grant(A, -5)], 0, [0, 1000, 0]),
        (
            "the last part only as wanted",
            1600,
            vec![Grant(A, 1500), Grant(B, 10)],
            10,
            [1510 + 50, 40, 0],
        ),
        ("a limit of nothing", 0, vec![Grant(A, 1)], 0, [0, 0, 0]),
        (
            "what came back is there for others",
            1000,
            vec![Grant(A, 1000), Back(A, 600), Grant(B, 600)],
            600,
            [1000, 0, 0],
        ),
        (
            "more than it holds does not come back",
            1000,
            vec![Grant(A, 550), Back(A, 5000), Back(B, 7), Grant(C, 1000)],
            1000,
            [1000, 0, 0],
        ),
        (
            "less than nothing does not come back",
            1000,
            vec![Grant(A, 1000), Back(A, -9)],
            1000,
            [1000, 0, 0],
        ),
        (
            "raised",
            1000,
            vec![Grant(A, 1000), Limit(1200), Grant(B, 200)],
            200,
            [1200, 0, 0],
        ),
        (
            "lowered, nothing more",
            1000,
            vec![Grant(A, 1000), Limit(400), Grant(B, 1)],
            0,
            [1000, 0, 600],
        ),
        (
            "lowered and not yet below",
            1000,
            vec![Grant(A, 1000), Limit(400), Back(A, 600), Grant(B, 1)],
            0,
            [400, 0, 0],
        ),
        (
            "lowered and below",
            1000,
            vec![Grant(A, 1000), Limit(400), Back(A, 610), Grant(B, 11)],
            10,
            [400, 0, 0],
        ),
        (
            "what stands counts",
            1000,
            vec![Restore(A, 900), Grant(B, 200)],
            100,
            [1000, 0, 0],
        ),
        (
            "above the limit too",
            1000,
            vec![Restore(A, 1500), Grant(B, 1)],
            0,
            [1500, 0, 500],
        ),
        (
            "once only",
            1000,
            vec![Restore(A, 300), Restore(A, 300), Grant(B, 700)],
            700,
            [1000, 0, 0],
        ),
        (
            "of a node that is gone",
            1000,
            vec![Grant(A, 1000), Dismiss(A), Grant(B, 1000)],
            1000,
            [1000, 0, 0],
        ),
    ];
    for (what, limit, steps, answer, figures) in table {
        let mut desk = Desk::new(at_most(limit));
        let mut last = risk(0);
        for step in steps {
            match step {
                Grant(node, want) => last = desk.grant(node, risk(want)),
                Back(node, part) => desk.give_back(node, risk(part)),
                Restore(node, used) => desk.restore(node, risk(used)),
                Limit(limit) => desk.set_limit(at_most(limit)),
                Dismiss(node) => desk.dismiss(node),
            }
        }
        assert_eq!(last.liability, Amount(answer), "{what}: granted");
        let found = [desk.leased(), desk.left(), desk.excess()].map(|load| load.liability.0);
        assert_eq!(found, figures, "{what}: leased, left, beyond");
    }
}

/// Protects each measure from the others, and one without a limit from ever being short.
#[test]
fn measures_are_apart() {
    let caps = Caps {
        stake: Some(Amount(100)),
        payout: None,
        liability: Some(Amount(10)),
    };
    let mut desk = Desk::new(caps);
    let granted = desk.grant(A, load(40, 1_000_000_000, 50));
    assert_eq!((granted.stake, granted.liability), (Amount(70), Amount(10)));
    assert!(granted.payout > Amount(i64::MAX / 4), "half of what a load can say");
    assert_eq!(
        desk.grant(B, load(30, 0, 0)),
        load(30, 0, 0),
        "the others are not wanted"
    );
}

/// Protects nodes that need room from those that hold it idle: all of them are asked, the largest first.
#[test]
fn recalls_go_to_those_who_hold() {
    let mut desk = Desk::new(at_most(1000));
    desk.restore(A, risk(100));
    desk.restore(B, risk(700));
    desk.restore(C, risk(200));
    assert_eq!(desk.recalls(Some(C), risk(300)), vec![(B, risk(300)), (A, risk(100))]);
    assert_eq!(desk.recalls(Some(B), risk(50)), vec![(C, risk(50)), (A, risk(50))]);
    assert_eq!(desk.recalls(Some(C), risk(0)), vec![]);
    assert_eq!(desk.recalls(None, risk(10)).len(), 3, "a lowered limit asks everybody");
}

enum Do {
    Extend(i64),
    Take(i64),
    /// Refused, and so much is missing.
    Short(i64, i64),
    Free(i64),
    Stand(i64),
    Return(i64, i64),
}

/// Protects R-2 at the node: it never uses more than it holds, and settled bets make room again.
#[test]
fn lease_rows() {
    use Do::{Extend, Free, Return, Short, Stand, Take};
    let table: Vec<(&str, Vec<Do>, [i64; 3])> = vec![
        ("a new lease is empty", vec![Short(1, 1)], [0, 0, 0]),
        ("nothing fits into nothing", vec![Take(0)], [0, 0, 0]),
        ("to the last", vec![Extend(100), Take(60), Take(40)], [100, 100, 0]),
        ("one more", vec![Extend(100), Take(60), Short(41, 1)], [100, 60, 40]),
        (
            "a refusal takes nothing",
            vec![Extend(100), Short(101, 1), Take(100)],
            [100, 100, 0],
        ),
        (
            "less than nothing makes no room",
            vec![Extend(100), Take(-50), Take(100), Short(1, 1)],
            [100, 100, 0],
        ),
        (
            "a settled bet makes room",
            vec![Extend(100), Take(100), Free(30), Take(30)],
            [100, 100, 0],
        ),
        (
            "no more than was used",
            vec![Extend(100), Take(10), Free(500), Short(101, 1)],
            [100, 0, 100],
        ),
        (
            "unused parts go back",
            vec![Extend(100), Take(70), Return(20, 20)],
            [80, 70, 10],
        ),
        (
            "used ones do not",
            vec![Extend(100), Take(70), Return(90, 30), Short(1, 1)],
            [70, 70, 0],
        ),
        ("bets that stand", vec![Stand(500), Short(1, 1)], [500, 500, 0]),
        ("and end", vec![Stand(500), Free(500), Return(500, 500)], [0, 0, 0]),
        (
            "in what is unused first",
            vec![Extend(100), Take(70), Free(70), Stand(60), Short(41, 1)],
            [100, 60, 40],
        ),
        (
            "and above it",
            vec![Extend(100), Take(70), Stand(60), Short(1, 1)],
            [130, 130, 0],
        ),
    ];
    for (what, steps, figures) in table {
        let mut lease = Lease::default();
        for step in steps {
            match step {
                Extend(part) => lease.extend(risk(part)),
                Take(part) => assert!(lease.reserve(risk(part)).is_ok(), "{what}: {part} fits"),
                Short(part, missing) => {
                    let shortage = lease.reserve(risk(part)).expect_err(what);
                    assert_eq!(shortage.missing, risk(missing), "{what}: missing");
                }
                Free(part) => lease.release(risk(part)),
                Stand(part) => lease.restore(risk(part)),
                Return(at_most, given) => assert_eq!(lease.give_back(risk(at_most)), risk(given), "{what}: given"),
            }
        }
        let found = [lease.held(), lease.used(), lease.spare()].map(|load| load.liability.0);
        assert_eq!(found, figures, "{what}: held, used, unused");
    }
}

/// Protects a bet that is short in one measure from taking room in the others.
#[test]
fn all_measures_or_none() {
    let mut lease = Lease::default();
    lease.extend(load(10, 100, 90));
    let shortage = lease.reserve(load(5, 120, 115)).expect_err("too much");
    assert_eq!(shortage.missing, load(0, 20, 25));
    assert_eq!(lease.used(), load(0, 0, 0));
    assert!(lease.reserve(load(10, 100, 90)).is_ok());
}

/// Protects the bus from an ask or a return for every bet: between the marks nothing is said.
#[test]
fn water_marks() {
    // What is unused at an allowance of 100; what is wanted and what goes back.
    let table = [
        (0, Some(25), None),
        (24, Some(1), None),
        (25, None, None),
        (200, None, None),
        (201, None, Some(101)),
        (1000, None, Some(900)),
    ];
    for (unused, wants, surplus) in table {
        let mut lease = Lease::default();
        lease.extend(risk(unused));
        lease.set_allowance(risk(100));
        assert_eq!(lease.wants(), wants.map(risk), "{unused} unused: wanted");
        assert_eq!(lease.surplus(), surplus.map(risk), "{unused} unused: too much");
    }
    let mut scarce = Lease::default();
    scarce.extend(risk(5));
    scarce.set_allowance(risk(0));
    assert_eq!(
        (scarce.wants(), scarce.surplus()),
        (None, Some(risk(5))),
        "all that is idle goes back"
    );
}

/// Protects each level of the rules from being taken for another.
#[test]
fn limits_of_a_scope() {
    let rules = AmountRules {
        selection: at_most(1),
        market: at_most(2),
        event: at_most(3),
        brand: at_most(4),
        ..AmountRules::default_for(Currency::new("EUR").expect("known"))
    };
    let selection = on(7, 1);
    let (event, market) = (EventId(7), MarketNo(1));
    let scopes = [
        Scope::Selection(selection),
        Scope::Market { event, market },
        Scope::Event(event),
        Scope::Brand,
    ];
    assert_eq!(scopes.map(|scope| caps_of(&rules, scope)), [1, 2, 3, 4].map(at_most));
    assert!(scopes.is_sorted(), "from the narrowest to the widest");
}
