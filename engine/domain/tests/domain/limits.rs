//! The player's own limits.

use proptest::prelude::*;
use shardbook_domain::money::Amount;
use shardbook_domain::player::{Command, Event, LimitKind, Reply, reply};
use shardbook_domain::time::HOUR_MS;

use crate::scene::{START, Scene, bet, check, deposit, minor, on};

fn set(kind: LimitKind, minor_units: i64) -> Command {
    Command::SetLimit {
        kind,
        amount: Some(minor(minor_units).amount()),
    }
}

fn remove(kind: LimitKind) -> Command {
    Command::SetLimit { kind, amount: None }
}

fn stake(amount: &str) -> Command {
    bet(amount, &[(on(1, 1), "2.50")])
}

/// Protects the rule of every regulator: stricter at once, looser only after a day.
#[test]
fn limit_rows() {
    use LimitKind::{StakeDay, StakeMonth, StakePerBet, StakeWeek};
    let rich = || Scene::player_with("1000.00");
    let held = |kind, minor| rich().after(set(kind, minor));
    let spent = |kind| held(kind, 1000).after(stake("8.00"));
    let placed = |available: &'static str| Ok(("BetPlaced", available));
    check(vec![
        ("a limit", rich(), set(StakeDay, 1000), Ok(("LimitSet", "100000 0 0"))),
        ("of nothing", rich(), set(StakeDay, 0), Ok(("LimitSet", "100000 0 0"))),
        ("below nothing", rich(), set(StakeDay, -1), Err("LIMIT_NEGATIVE")),
        (
            "a stranger's",
            Scene::stranger(),
            set(StakeDay, 1),
            Err("NOT_REGISTERED"),
        ),
        (
            "per bet, kept",
            held(StakePerBet, 1000),
            stake("10.00"),
            placed("99000 1000 0"),
        ),
        (
            "per bet, passed",
            held(StakePerBet, 1000),
            stake("10.01"),
            Err("STAKE_LIMIT at most 10.00"),
        ),
        (
            "of nothing binds",
            held(StakePerBet, 0),
            stake("0.10"),
            Err("STAKE_LIMIT at most 0.00"),
        ),
        (
            "of a day, reached",
            spent(StakeDay),
            stake("2.00"),
            placed("99000 1000 0"),
        ),
        (
            "of a day, passed",
            spent(StakeDay),
            stake("2.01"),
            Err("STAKE_LIMIT at most 2.00"),
        ),
        (
            "of a day, next day",
            spent(StakeDay).hours_later(25),
            stake("10.00"),
            placed("98200 1800 0"),
        ),
        (
            "of a week, passed",
            spent(StakeWeek).hours_later(7 * 24 - 1),
            stake("2.01"),
            Err("STAKE_LIMIT at most 2.00"),
        ),
        (
            "of a week, next week",
            spent(StakeWeek).hours_later(8 * 24),
            stake("10.00"),
            placed("98200 1800 0"),
        ),
        (
            "of a month, passed",
            spent(StakeMonth).hours_later(30 * 24 - 1),
            stake("2.01"),
            Err("STAKE_LIMIT at most 2.00"),
        ),
        (
            "of a month, next month",
            spent(StakeMonth).hours_later(31 * 24),
            stake("10.00"),
            placed("98200 1800 0"),
        ),
        (
            "use before the limit counts",
            rich().after(stake("8.00")).after(set(StakeDay, 1000)),
            stake("2.01"),
            Err("STAKE_LIMIT at most 2.00"),
        ),
        (
            "a decrease binds at once",
            held(StakePerBet, 1000).after(set(StakePerBet, 500)),
            stake("5.01"),
            Err("STAKE_LIMIT at most 5.00"),
        ),
        (
            "an increase does not",
            held(StakePerBet, 1000).after(set(StakePerBet, 2000)),
            stake("20.00"),
            Err("STAKE_LIMIT at most 10.00"),
        ),
        (
            "nor within its day",
            held(StakePerBet, 1000).after(set(StakePerBet, 2000)).hours_later(23),
            stake("20.00"),
            Err("STAKE_LIMIT at most 10.00"),
        ),
        (
            "but after it",
            held(StakePerBet, 1000).after(set(StakePerBet, 2000)).hours_later(24),
            stake("20.00"),
            placed("98000 2000 0"),
        ),
        (
            "a removal does not",
            held(StakePerBet, 1000).after(remove(StakePerBet)),
            stake("20.00"),
            Err("STAKE_LIMIT at most 10.00"),
        ),
        (
            "but after a day",
            held(StakePerBet, 1000).after(remove(StakePerBet)).hours_later(24),
            stake("20.00"),
            placed("98000 2000 0"),
        ),
        (
            "a decrease ends a raise",
            held(StakePerBet, 1000)
                .after(set(StakePerBet, 2000))
                .after(set(StakePerBet, 900))
                .hours_later(24),
            stake("9.01"),
            Err("STAKE_LIMIT at most 9.00"),
        ),
        (
            "asking again does not wait anew",
            held(StakePerBet, 1000)
                .after(set(StakePerBet, 2000))
                .hours_later(12)
                .after(set(StakePerBet, 2000))
                .hours_later(12),
            stake("20.00"),
            placed("98000 2000 0"),
        ),
        (
            "stakes are no deposits",
            held(StakeDay, 100),
            deposit("50.00"),
            Ok(("Deposited", "105000 0 0")),
        ),
    ]);
}

/// Protects what the player is told of a limit.
#[test]
fn the_reply_says_what_holds_and_what_follows() {
    let mut scene = Scene::player().after(set(LimitKind::StakeDay, 1000));
    let events = scene.run(&set(LimitKind::StakeDay, 5000)).expect("accepted");
    let Reply::LimitSet {
        kind,
        in_force,
        pending,
    } = reply(&scene.state, &events, &scene.rules)
    else {
        panic!("a limit was set")
    };
    let pending = pending.expect("a raise waits");
    assert_eq!((kind, in_force), (LimitKind::StakeDay, Some(Amount(1000))));
    assert_eq!(
        (pending.amount, pending.from),
        (Some(Amount(5000)), START.plus_ms(24 * HOUR_MS))
    );
    assert_eq!(scene.state.limits().pending(LimitKind::StakeDay, pending.from), None);
    assert_eq!(
        scene.state.limits().in_force(LimitKind::StakeDay, pending.from),
        Some(Amount(5000))
    );
}

proptest! {
    /// Protects rolling limits beside a naive list of all stakes: never more than the limit in any true window.
    #[test]
    fn no_window_holds_more_than_its_limit(steps in prop::collection::vec((0u64..40, 1i64..=800), 1..60)) {
        let windows = [(LimitKind::StakeDay, 24u64, 1500i64), (LimitKind::StakeWeek, 7 * 24, 4000), (LimitKind::StakeMonth, 30 * 24, 9000)];
        let scene = Scene::player_with("1000.00");
        let mut scene = windows.iter().fold(scene, |scene, (kind, _, limit)| scene.after(set(*kind, *limit)));
        let mut taken: Vec<(u64, i64)> = Vec::new();
        for (hours, minor_units) in steps {
            scene = scene.hours_later(hours);
            let asked = stake(&minor(minor_units.max(10)).decimal());
            if let Ok(events) = scene.run(&asked) {
                for event in events {
                    if let Event::BetPlaced { terms, .. } = event {
                        taken.push((terms.placed_at.0, terms.stake.0));
                    }
                }
            }
            for (_, hours, limit) in windows {
                let since = scene.now.0 - hours * HOUR_MS;
                let sum: i64 = taken.iter().filter(|(at, _)| *at > since).map(|(_, amount)| amount).sum();
                prop_assert!(sum <= limit);
            }
        }
        prop_assert!(!taken.is_empty(), "the first stake is below every limit");
    }
}
