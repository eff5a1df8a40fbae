//! What bets load the house's budgets with, and release again.

use std::collections::BTreeMap;

use shardbook_domain::bet::{Bet, Fund, LegOutcome, load_of, releases};
use shardbook_domain::exposure::{Exposure, Load, Room, Scope, Unbounded};
use shardbook_domain::ids::{EventId, MarketNo};
use shardbook_domain::market::Race;
use shardbook_domain::money::Amount;
use shardbook_domain::player::{AskedBet, Command, Event};

use crate::scene::{Scene, grant, lines, on, place, result, rollback, slip, void};

fn load(stake: i64, payout: i64, liability: i64) -> Load {
    Load {
        stake: Amount(stake),
        payout: Amount(payout),
        liability: Amount(liability),
    }
}

fn placed(scene: &mut Scene, bet: AskedBet, events: u64) -> Vec<(Scope, Load)> {
    let events = scene.run(&place(slip(events, &[bet]))).expect("taken");
    let [Event::BetPlaced { terms, .. }] = events.as_slice() else {
        panic!("one bet")
    };
    load_of(terms)
}

/// Protects the budgets: every leg's selection, market and event and the brand carry all that a bet may come to, each once.
#[test]
fn load_rows() {
    let race = Some(Race {
        handicap: false,
        runners: 8,
    });
    let scene = || {
        Scene::player_with("100.00")
            .after(grant("100.00"))
            .quoted(on(1, 1), |quote| quote.race = race)
    };
    let single = lines(&[0], &[1], "1.00");
    let each_way = AskedBet {
        each_way: true,
        ..single
    };
    let free = AskedBet {
        fund: Fund::FreeBet,
        ..single
    };
    let rows = [
        ("a single at 2.50", single, 1, 4, load(100, 250, 150)),
        ("a double", lines(&[0, 1], &[2], "1.00"), 2, 7, load(100, 625, 525)),
        (
            "a double and its singles",
            lines(&[0, 1], &[1, 2], "1.00"),
            2,
            7,
            load(300, 1125, 825),
        ),
        (
            "each-way: 2.50 and a fifth of 1.50 and the stake",
            each_way,
            1,
            4,
            load(200, 380, 180),
        ),
        (
            "a free bet: its winnings, all of them lost",
            free,
            1,
            4,
            load(100, 150, 150),
        ),
    ];
    for (what, bet, events, scopes, load) in rows {
        let loads = placed(&mut scene(), bet, events);
        assert_eq!(loads.len(), scopes, "{what}");
        assert!(loads.iter().all(|(_, found)| *found == load), "{what}: {loads:?}");
        let touched: BTreeMap<Scope, Load> = loads.into_iter().collect();
        let (event, market) = (EventId(1), MarketNo(1));
        for scope in [
            Scope::Selection(on(1, 1)),
            Scope::Market { event, market },
            Scope::Event(event),
            Scope::Brand,
        ] {
            assert!(touched.contains_key(&scope), "{what}: {scope:?}");
        }
    }
    let mut capped = scene().bounded(|amounts| amounts.max_payout = Amount(1_000_000));
    assert_eq!(placed(&mut capped, single, 1)[0].1, load(100, 250, 150));
}

/// Protects the budgets from leaks: what a bet loads is what it releases over its life, whatever corrections come.
#[test]
fn a_settled_bet_has_released_what_it_loaded() {
    let won = LegOutcome::WON;
    let lives: Vec<(&str, Vec<Command>, bool)> = vec![
        ("placed", vec![], true),
        ("one leg won", vec![result(1, 1, 1, won)], true),
        ("both won", vec![result(1, 1, 1, won), result(1, 2, 1, won)], false),
        ("lost early", vec![result(1, 1, 1, LegOutcome::Lost)], false),
        ("void", vec![void(1, 1, 1), void(1, 2, 1)], false),
        (
            "taken back",
            vec![result(1, 1, 1, LegOutcome::Lost), rollback(1, 1, 2)],
            true,
        ),
        (
            "corrected",
            vec![
                result(1, 1, 1, LegOutcome::Lost),
                result(1, 1, 2, won),
                result(1, 2, 1, won),
            ],
            false,
        ),
    ];
    for (what, commands, open) in lives {
        let double = place(slip(2, &[lines(&[0, 1], &[2], "1.00")]));
        let scene = commands
            .into_iter()
            .fold(Scene::player_with("10.00").after(double), Scene::after);
        let mut loaded: BTreeMap<Scope, Load> = BTreeMap::new();
        let mut bet: Option<Bet> = None;
        for event in scene.history.iter().filter(|event| event.bet().is_some()) {
            match (&mut bet, event) {
                (None, Event::BetPlaced { terms, hold }) => {
                    loaded.extend(load_of(terms));
                    bet = Some(Bet::new(terms.clone(), hold.no));
                }
                (Some(bet), event) => {
                    for (scope, released) in releases(bet, event) {
                        let left = loaded[&scope].less(released);
                        loaded.insert(scope, left);
                    }
                    bet.apply(event);
                }
                (None, event) => panic!("{event:?} before the bet"),
            }
        }
        let left = if open { load(100, 625, 525) } else { Load::NONE };
        assert_eq!(loaded.len(), 7);
        assert!(loaded.values().all(|found| *found == left), "{what}: {loaded:?}");
    }
}

/// Protects the arithmetic of rooms: what is unbounded stays so, and what is used up holds nothing.
#[test]
fn room_rows() {
    let euro = crate::scene::minor(0).currency;
    assert_eq!(Unbounded.room(Scope::Brand, euro), Room::UNBOUNDED);
    assert_eq!(Room::UNBOUNDED.after(load(1, 2, 3)), Room::UNBOUNDED);
    let room = Room {
        stake: Amount(10),
        ..Room::UNBOUNDED
    };
    assert!(room.holds(load(10, i64::MAX, i64::MAX)) && !room.holds(load(11, 0, 0)));
    assert!(!room.after(load(10, 0, 0)).holds(load(1, 0, 0)));
    assert_eq!(Room::UNBOUNDED.narrower(room), room);
    assert_eq!(load(i64::MAX, 0, 0).plus(load(1, 0, 0)).stake, Amount(i64::MAX));
}
