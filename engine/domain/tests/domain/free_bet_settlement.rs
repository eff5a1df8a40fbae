//! Settlement of bets from the free bets, and of lines that are decided while others wait.

use proptest::prelude::*;
use proptest::sample::Index;
use shardbook_domain::bet::{BetStatus, Fund, Leg, LegOutcome};
use shardbook_domain::ids::BetNo;
use shardbook_domain::ledger::Account;
use shardbook_domain::player::{Command, Event};

use crate::scene::{Scene, check, eur, on, price, result, rollback, void, withdraw};
use crate::week::a_week_adds_up;
use crate::whole_lives::{both_ways_end_alike, lives};

const WON: LegOutcome = LegOutcome::WON;
const LOST: LegOutcome = LegOutcome::Lost;
const SETTLED: &str = "LegDecided BetSettled";
const CORRECTED: &str = "LegDecided BetUnsettled BetSettled";
const REOPENED: &str = "LegDecided BetUnsettled";

/// The first selections of these events at 2.50.
fn legs(events: &[u64]) -> Vec<Leg> {
    let leg = |event: &u64| Leg {
        selection: on(*event, 1),
        price: price("2.50"),
        market_version: 7,
        each_way: None,
    };
    events.iter().map(leg).collect()
}

/// A player with 100.00 and free bets of 50.00.
fn player() -> Scene {
    let (amount, reason) = (eur("50.00"), "welcome".to_owned());
    Scene::player_with("100.00").after(Command::GrantFreeBet { amount, reason })
}

/// A free bet of 10.00 on one event.
fn single() -> Scene {
    let mut scene = player();
    scene.take(Fund::FreeBet, legs(&[1]), &[1], 1_000);
    scene
}

/// A Trixie over events 1 to 3, 10.00 a line, whose lines are settled as they are decided.
fn trixie(fund: Fund) -> Scene {
    let mut scene = player().ruled(|rules| rules.settle_lines_early = true);
    scene.take(fund, legs(&[1, 2, 3]), &[2, 3], 1_000);
    scene
}

/// `free bets, then money` as the tables show it.
fn free(scene: &Scene) -> i64 {
    scene.state.free_bets().0
}

/// Protects what a free bet pays: its winnings alone; and that void gives the free bet back.
#[test]
fn free_singles() {
    check(vec![
        ("won", single(), result(1, 1, 1, WON), Ok((SETTLED, "11500 0 0"))),
        ("lost", single(), result(1, 1, 1, LOST), Ok((SETTLED, "10000 0 0"))),
        ("void", single(), void(1, 1, 1), Ok((SETTLED, "10000 0 0"))),
        (
            "won, then lost",
            single().after(result(1, 1, 1, WON)),
            result(1, 1, 2, LOST),
            Ok((CORRECTED, "10000 0 0")),
        ),
        (
            "won, then void",
            single().after(result(1, 1, 1, WON)),
            void(1, 1, 2),
            Ok((CORRECTED, "10000 0 0")),
        ),
        (
            "void, then won",
            single().after(void(1, 1, 1)),
            result(1, 1, 2, WON),
            Ok((CORRECTED, "11500 0 0")),
        ),
        (
            "void, taken back",
            single().after(void(1, 1, 1)),
            rollback(1, 1, 2),
            Ok((REOPENED, "10000 1000 0")),
        ),
        (
            "void, told again",
            single().after(void(1, 1, 1)),
            void(1, 1, 2),
            Ok(("", "10000 0 0")),
        ),
    ]);
    let rows = [
        ("open", single(), 4_000),
        ("won", single().after(result(1, 1, 1, WON)), 4_000),
        ("lost", single().after(result(1, 1, 1, LOST)), 4_000),
        ("void", single().after(void(1, 1, 1)), 5_000),
        (
            "void, taken back",
            single().after(void(1, 1, 1)).after(rollback(1, 1, 2)),
            4_000,
        ),
        (
            "void, then won",
            single().after(void(1, 1, 1)).after(result(1, 1, 2, WON)),
            4_000,
        ),
        (
            "won, then void",
            single().after(result(1, 1, 1, WON)).after(void(1, 1, 2)),
            5_000,
        ),
    ];
    for (what, scene, left) in rows {
        assert_eq!(free(&scene), left, "{what}");
    }
}

/// Protects players whose void free bet was staked again before it was taken back: the house grants it anew, and the money
/// of a win that is gone is owed as any other.
#[test]
fn free_bets_that_are_gone() {
    let mut scene = single().after(void(1, 1, 1));
    scene.take(Fund::FreeBet, legs(&[2]), &[1], 5_000);
    assert_eq!(free(&scene), 0);
    let scene = scene.after(rollback(1, 1, 2));
    assert_eq!((scene.money().as_str(), free(&scene)), ("10000 6000 0", 0));
    assert_eq!(scene.state.ledger().balance(Account::Promotions).0, 6_000);
    let lost = scene.after(result(1, 1, 3, LOST)).after(result(2, 2, 1, LOST));
    assert_eq!(lost.state.ledger().balance(Account::BettingResult).0, 6_000);
    let spent = single().after(result(1, 1, 1, WON)).after(withdraw("115.00"));
    check(vec![(
        "won and spent, then void",
        spent,
        void(1, 1, 2),
        Ok((CORRECTED, "0 0 1500")),
    )]);
}

/// Protects bets of many lines: each line is paid when it is decided, and the bet is settled with the last.
#[test]
fn lines_are_settled_as_they_are_decided() {
    let two_won = |fund| trixie(fund).after(result(1, 1, 1, WON)).after(result(1, 2, 1, WON));
    let lines = "LegDecided LinesSettled";
    let (cash, free_bet) = (Fund::Cash, Fund::FreeBet);
    check(vec![
        (
            "one won: no line is decided",
            trixie(cash),
            result(1, 1, 1, WON),
            Ok(("LegDecided", "6000 4000 0")),
        ),
        (
            "one lost: three lines are",
            trixie(cash),
            result(1, 1, 1, LOST),
            Ok((lines, "6000 1000 0")),
        ),
        (
            "two won: the first double",
            trixie(cash).after(result(1, 1, 1, WON)),
            result(1, 2, 1, WON),
            Ok((lines, "12250 3000 0")),
        ),
        (
            "and all won",
            two_won(cash),
            result(1, 3, 1, WON),
            Ok((SETTLED, "40375 0 0")),
        ),
        (
            "and the third lost",
            two_won(cash),
            result(1, 3, 1, LOST),
            Ok((SETTLED, "12250 0 0")),
        ),
        (
            "one of them taken back",
            two_won(cash),
            rollback(1, 1, 2),
            Ok((REOPENED, "6000 4000 0")),
        ),
        (
            "one of them lost after all",
            two_won(cash),
            result(1, 1, 2, LOST),
            Ok(("LegDecided BetUnsettled LinesSettled", "6000 1000 0")),
        ),
        (
            "free: two won",
            trixie(free_bet).after(result(1, 1, 1, WON)),
            result(1, 2, 1, WON),
            Ok((lines, "15250 3000 0")),
        ),
        (
            "free: two void",
            trixie(free_bet).after(void(1, 1, 1)),
            void(1, 2, 1),
            Ok((lines, "10000 3000 0")),
        ),
        (
            "free: all void",
            trixie(free_bet).after(void(1, 1, 1)).after(void(1, 2, 1)),
            void(1, 3, 1),
            Ok((SETTLED, "10000 0 0")),
        ),
    ]);
    let singles_and_double = || {
        let mut scene = player().ruled(|rules| rules.settle_lines_early = true);
        scene.take(Fund::FreeBet, legs(&[1, 2]), &[1, 2], 1_000);
        scene.after(result(1, 1, 1, LegOutcome::HalfLost))
    };
    check(vec![(
        "free: a line that paid nothing is void after all",
        singles_and_double(),
        void(1, 1, 2),
        Ok(("LegDecided BetUnsettled LinesSettled", "10000 2000 0")),
    )]);
    assert_eq!(
        (
            free(&singles_and_double()),
            free(&singles_and_double().after(void(1, 1, 2)))
        ),
        (2_000, 3_000)
    );
    let void_line = trixie(free_bet).after(void(1, 1, 1)).after(void(1, 2, 1));
    assert_eq!(free(&void_line), 2_000, "the stake of one line is back");
    let all_void = void_line.after(void(1, 3, 1));
    assert_eq!(free(&all_void), 5_000);
    let bet = all_void.state.bet(BetNo(1)).expect("held");
    assert_eq!(
        (bet.status, bet.refunded().0, bet.returned().0),
        (BetStatus::Void, 4_000, 0)
    );
    assert_eq!(all_void.folded(BetNo(1)).as_ref(), Some(&*bet));
    let mut again = all_void;
    assert_eq!(again.run(&void(1, 3, 1)).map(|events: Vec<Event>| events.len()), Ok(0));
}

/// Protects the house's and the players' money through a week with free bets.
#[test]
fn a_week_with_free_bets_adds_up() {
    a_week_adds_up(11, true);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Protects balances from the order of settlement as the lives of cash bets do, with free bets among them.
    #[test]
    fn any_order_ends_in_the_same_free_bets(
        life in lives(true),
        order in prop::collection::vec(any::<Index>(), 0..20),
        tells in prop::collection::vec(any::<(Index, Index)>(), 0..80),
    ) {
        both_ways_end_alike(&life, &order, &tells)?;
    }
}
