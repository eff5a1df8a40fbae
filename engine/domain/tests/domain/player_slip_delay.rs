//! The delay in play: stakes are held, and price and status are looked at again when it is over.

use shardbook_domain::bet::{Fund, PricePolicy};
use shardbook_domain::ids::SlipNo;
use shardbook_domain::market::{MarketStatus, NameKey};
use shardbook_domain::money::Amount;
use shardbook_domain::player::{AccountStatus, AskedBet, Command, LimitKind, Released, Reply, Stage, reply};
use shardbook_domain::rules::{AmountRules, DelayRule, Phase};

use crate::scene::{
    START, Scene, bet, bet_taking, check, decide_slip, grant, lines, on, place, reason, result, slip, withdraw,
};

fn single() -> Command {
    bet("10.00", &[(on(1, 1), "2.50")])
}

/// The market is in play with a delay of five seconds.
fn in_play() -> Scene {
    Scene::player_with("100.00").in_play(1..=1, 5)
}

/// A slip waits in play.
fn waiting() -> Scene {
    in_play().after(single())
}

fn due() -> Scene {
    waiting().seconds_later(5)
}

const HELD: (&str, &str) = ("SlipHeld", "9000 1000 0");
const PLACED: (&str, &str) = ("BetPlaced", "9000 1000 0");
const TAKEN: (&str, &str) = ("SlipReleased BetPlaced", "9000 1000 0");
const LET_GO: (&str, &str) = ("SlipReleased", "10000 0 0");

/// Protects the house in play: the longest delay of the market and the rules is waited for, with the stakes held.
#[test]
fn who_waits() {
    let rule = |sport: &str, phase, seconds| DelayRule {
        sport: sport.into(),
        phase,
        seconds,
    };
    let ruled = |scene: Scene, rules: Vec<DelayRule>| scene.ruled(|of_brand| of_brand.delays = rules);
    let before = || Scene::player_with("100.00");
    check(vec![
        ("in play", in_play(), single(), Ok(HELD)),
        (
            "before the event",
            before().quoted(on(1, 1), |quote| quote.bet_delay_s = 5),
            single(),
            Ok(PLACED),
        ),
        (
            "in play without delay",
            before().in_play(1..=1, 0),
            single(),
            Ok(PLACED),
        ),
        (
            "by rule",
            ruled(before().in_play(1..=1, 0), vec![rule("football", Phase::InPlay, 3)]),
            single(),
            Ok(HELD),
        ),
        (
            "by the rule of every sport",
            ruled(before(), vec![rule("", Phase::PreMatch, 3)]),
            single(),
            Ok(HELD),
        ),
        (
            "the rule of another sport",
            ruled(before(), vec![rule("tennis", Phase::PreMatch, 3)]),
            single(),
            Ok(PLACED),
        ),
        (
            "the rule of another phase",
            ruled(before(), vec![rule("", Phase::InPlay, 3)]),
            single(),
            Ok(PLACED),
        ),
        (
            "what is refused does not wait",
            in_play().market(1, MarketStatus::Suspended),
            single(),
            Err("MARKET_SUSPENDED leg 0"),
        ),
        (
            "nor what cannot be paid",
            Scene::player_with("9.99").in_play(1..=1, 5),
            single(),
            Err("INSUFFICIENT_FUNDS at most 9.99"),
        ),
    ]);
    let rules = vec![
        rule("", Phase::InPlay, 3),
        rule("football", Phase::InPlay, 8),
        rule("tennis", Phase::InPlay, 9),
    ];
    for (market, longest) in [(5, 8), (12, 12)] {
        let scene = ruled(Scene::player_with("100.00").in_play(1..=1, market), rules.clone()).after(single());
        assert_eq!(scene.state.due(), Some((START.plus_ms(longest * 1_000), SlipNo(1))));
    }
}

/// Protects bets from past-posting: when the delay is over everything is looked at again.
#[test]
fn rows_when_it_is_over() {
    let repriced = |policy, now| {
        let waiting = in_play().after(bet_taking(policy, "10.00", &[(on(1, 1), "2.50")]));
        waiting.seconds_later(5).priced(1, now)
    };
    let limited = due().after(Command::SetLimit {
        kind: LimitKind::StakePerBet,
        amount: Some(Amount(999)),
    });
    check(vec![
        (
            "too early",
            waiting().seconds_later(4),
            decide_slip(1),
            Err("SLIP_TOO_EARLY"),
        ),
        ("exactly equal", due(), decide_slip(1), Ok(TAKEN)),
        ("long after", waiting().hours_later(9), decide_slip(1), Ok(TAKEN)),
        (
            "not any more in play",
            due().quoted(on(1, 1), |quote| quote.in_play = false),
            decide_slip(1),
            Ok(TAKEN),
        ),
        (
            "suspended",
            due().market(1, MarketStatus::Suspended),
            decide_slip(1),
            Ok(LET_GO),
        ),
        (
            "closed",
            due().market(1, MarketStatus::Closed),
            decide_slip(1),
            Ok(LET_GO),
        ),
        (
            "resulted",
            due().market(1, MarketStatus::Resulted),
            decide_slip(1),
            Ok(LET_GO),
        ),
        (
            "exact, moved up",
            repriced(PricePolicy::Exact, "2.52"),
            decide_slip(1),
            Ok(LET_GO),
        ),
        (
            "exact, moved down",
            repriced(PricePolicy::Exact, "2.48"),
            decide_slip(1),
            Ok(LET_GO),
        ),
        (
            "better, moved up",
            repriced(PricePolicy::Better, "2.52"),
            decide_slip(1),
            Ok(TAKEN),
        ),
        (
            "better, moved down",
            repriced(PricePolicy::Better, "2.48"),
            decide_slip(1),
            Ok(LET_GO),
        ),
        (
            "within the tolerance",
            repriced(PricePolicy::Exact, "2.48").ruled(|rules| rules.price_tolerance = 100),
            decide_slip(1),
            Ok(TAKEN),
        ),
        ("the player's own limit came down", limited, decide_slip(1), Ok(LET_GO)),
        (
            "the player excluded themselves",
            due().after(Command::SelfExclude {
                until: START.plus_ms(u64::MAX / 2),
            }),
            decide_slip(1),
            Ok(LET_GO),
        ),
        (
            "the account is suspended",
            due().after(Command::SetStatus {
                status: AccountStatus::Suspended,
                reason: "review".to_owned(),
            }),
            decide_slip(1),
            Ok(LET_GO),
        ),
        (
            "decided already",
            due().after(decide_slip(1)),
            decide_slip(1),
            Ok(("", "9000 1000 0")),
        ),
        (
            "refused already",
            due().market(1, MarketStatus::Closed).after(decide_slip(1)),
            decide_slip(1),
            Ok(("", "10000 0 0")),
        ),
        ("no such slip", due(), decide_slip(2), Err("SLIP_UNKNOWN")),
        ("no slip 0", due(), decide_slip(0), Err("SLIP_UNKNOWN")),
        ("a stranger", Scene::stranger(), decide_slip(1), Err("NOT_REGISTERED")),
    ]);
}

/// Protects the player's money while it waits: it can be neither staked again nor withdrawn, and it is let go once.
#[test]
fn held_money_is_held() {
    check(vec![
        (
            "withdrawn",
            waiting(),
            withdraw("90.01"),
            Err("INSUFFICIENT_FUNDS at most 90.00"),
        ),
        (
            "what is free is",
            waiting(),
            withdraw("90.00"),
            Ok(("Withdrawn", "0 1000 0")),
        ),
        (
            "taken though nothing else is left",
            waiting().after(withdraw("90.00")).seconds_later(5),
            decide_slip(1),
            Ok(("SlipReleased BetPlaced", "0 1000 0")),
        ),
        (
            "staked again",
            waiting(),
            bet("90.01", &[(on(2, 1), "2.50")]),
            Err("INSUFFICIENT_FUNDS at most 90.00"),
        ),
    ]);
}

/// Protects a slip that waited from being counted against itself, and free bets while they wait.
#[test]
fn what_waits_counts_once() {
    let capped = |cap: i64| {
        let bound = |amounts: &mut AmountRules| amounts.player.stake = Some(Amount(cap));
        in_play().bounded(bound).after(single()).seconds_later(5)
    };
    let free = AskedBet {
        fund: Fund::FreeBet,
        ..lines(&[0], &[1], "5.00")
    };
    let granted = || in_play().after(grant("5.00"));
    let free = || place(slip(1, &[free]));
    check(vec![
        ("exactly the bound", capped(1_000), decide_slip(1), Ok(TAKEN)),
        (
            "the bound came down",
            capped(1_000).bounded(|amounts| amounts.player.stake = Some(Amount(999))),
            decide_slip(1),
            Ok(LET_GO),
        ),
        ("free bets wait", granted(), free(), Ok(("SlipHeld", "10000 500 0"))),
        (
            "and are not there twice",
            granted().after(free()),
            free(),
            Err("INSUFFICIENT_FREE_BETS at most 0.00"),
        ),
        (
            "and are taken",
            granted().after(free()).seconds_later(5),
            decide_slip(1),
            Ok(("SlipReleased BetPlaced", "10000 500 0")),
        ),
        (
            "or let go",
            granted().after(free()).seconds_later(5).priced(1, "2.40"),
            decide_slip(1),
            Ok(("SlipReleased", "10000 0 0")),
        ),
    ]);
}

/// Protects the house: what a player came to owe while a slip waited is paid from what is let go.
#[test]
fn debts_are_paid_from_what_is_let_go() {
    let won = result(1, 2, 1, shardbook_domain::bet::LegOutcome::WON);
    let lost = result(1, 2, 2, shardbook_domain::bet::LegOutcome::Lost);
    // 10.00 on event 2 wins 25.00; of the 25.00 15.00 are withdrawn and 10.00 wait when it turns out to have lost.
    let scene = Scene::player_with("10.00")
        .after(bet("10.00", &[(on(2, 1), "2.50")]))
        .after(won)
        .after(withdraw("15.00"));
    let owing = scene.in_play(1..=1, 5).after(single()).after(lost).seconds_later(5);
    assert_eq!(owing.money(), "0 1000 2500");
    let closed = MarketStatus::Closed;
    check(vec![(
        "refused",
        owing.market(1, closed),
        decide_slip(1),
        Ok(("SlipReleased", "0 0 1500")),
    )]);
}

/// Protects the bets that are taken after a delay: they have the time, the prices and the numbers of their acceptance.
#[test]
fn terms_are_those_of_acceptance() {
    let mut scene = in_play()
        .after(bet_taking(PricePolicy::Any, "10.00", &[(on(1, 1), "2.50")]))
        .after(bet("1.00", &[(on(2, 1), "2.50")]))
        .seconds_later(6)
        .priced(1, "2.60");
    let events = scene.run(&decide_slip(1)).expect("taken");
    let Reply::BetPlaced {
        bet, placed_at, prices, ..
    } = reply(&scene.state, &events, &scene.rules)
    else {
        panic!("a bet was placed")
    };
    assert_eq!((bet.0, placed_at), (2, START.plus_ms(6_000)));
    assert_eq!(prices, [crate::scene::price("2.60")]);
    assert_eq!(scene.state.due(), None);
}

/// Protects what the player is told: that the slip waits and until when, and then every reason why it was not taken.
#[test]
fn the_reply_says_what_is_waited_for() {
    let mut scene = in_play().in_play(2..=2, 7);
    let two = slip(2, &[lines(&[0], &[1], "1.00"), lines(&[0, 1], &[2], "2.00")]);
    let events = scene.run(&place(two)).expect("held");
    let Reply::SlipPending {
        slip,
        stage,
        until,
        balance,
    } = reply(&scene.state, &events, &scene.rules)
    else {
        panic!("the slip waits")
    };
    assert_eq!((slip, stage, until), (SlipNo(1), Stage::Delay, START.plus_ms(7_000)));
    assert_eq!((balance.available.0, balance.held.0), (9_700, 300));
    let mut scene = scene
        .seconds_later(7)
        .market(1, MarketStatus::Suspended)
        .market(2, MarketStatus::Closed);
    let events = scene.run(&decide_slip(1)).expect("decided");
    let Reply::SlipRefused {
        how: Released::Refused(reasons),
        ..
    } = reply(&scene.state, &events, &scene.rules)
    else {
        panic!("the slip is refused")
    };
    let reasons: Vec<String> = reasons.iter().map(reason).collect();
    assert_eq!(reasons, ["MARKET_SUSPENDED leg 0", "MARKET_CLOSED leg 1"]);
}

/// Protects memory: so many slips of a player wait and no more.
#[test]
fn so_many_slips_wait() {
    let small = || bet("0.10", &[(on(1, 1), "2.50")]);
    let full = || (0..20).fold(in_play(), |scene, _| scene.after(small()));
    check(vec![
        ("one more", full(), small(), Err("TOO_MANY_SLIPS")),
        (
            "one that does not wait",
            full(),
            bet("0.10", &[(on(2, 1), "2.50")]),
            Ok(("BetPlaced", "9790 210 0")),
        ),
        (
            "after one is decided",
            full().seconds_later(5).after(decide_slip(7)),
            small(),
            Ok(("SlipHeld", "9790 210 0")),
        ),
    ]);
    assert_eq!(
        full()
            .quoted(on(1, 1), |quote| quote.sport = NameKey::of("x"))
            .state
            .pending_slips()
            .len(),
        20
    );
}

/// Protects the words that a player is told: a market that was known when the slip came is closed when its event is over,
/// and only one that was never known is not.
#[test]
fn a_market_that_is_over_is_closed() {
    check(vec![(
        "never known",
        in_play().over(1),
        single(),
        Err("MARKET_UNKNOWN leg 0"),
    )]);
    let mut scene = due().over(1);
    let events = scene.run(&decide_slip(1)).expect("decided");
    let Reply::SlipRefused {
        how: Released::Refused(reasons),
        balance,
        ..
    } = reply(&scene.state, &events, &scene.rules)
    else {
        panic!("the slip is refused")
    };
    assert_eq!(reasons.iter().map(reason).collect::<Vec<_>>(), ["MARKET_CLOSED leg 0"]);
    assert_eq!((balance.available.0, balance.held.0), (10_000, 0));
}
