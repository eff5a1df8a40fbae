//! Slips of many bets: their shape, their stakes, and every reason against them.

use shardbook_domain::bet::{Combinations, EachWay, Fund};
use shardbook_domain::market::{MarketStatus, Race};
use shardbook_domain::player::{AskedBet, AskedStake, Command, Event, Rejection, Reply, Slip, reply};
use shardbook_domain::rules::Related;

use crate::scene::{
    Scene, asked, bet, check, eur, factor, gbp, grant, lines, minor, on, on_second, place, price, reasons, slip,
};

fn rich() -> Scene {
    Scene::player_with("1000.00")
}

const ONE: &str = "BetPlaced";

/// Protects what is taken: as many bets as were asked for, each with the stake of all of its lines held.
#[test]
fn accepted_rows() {
    let banker = AskedBet {
        bankers: 0b001,
        ..lines(&[0, 1, 2], &[1], "1.00")
    };
    let all: Vec<u8> = (0..20).collect();
    check(vec![
        (
            "a single and a double",
            rich(),
            place(slip(2, &[lines(&[0], &[1], "1.00"), lines(&[0, 1], &[2], "2.00")])),
            Ok(("BetPlaced BetPlaced", "99700 300 0")),
        ),
        (
            "a Trixie: three doubles and a treble",
            rich(),
            place(slip(3, &[lines(&[0, 1, 2], &[2, 3], "1.00")])),
            Ok((ONE, "99600 400 0")),
        ),
        (
            "one banker with each of two others",
            rich(),
            place(slip(3, &[banker])),
            Ok((ONE, "99800 200 0")),
        ),
        (
            "twenty singles: their prices are in no line together",
            rich(),
            place(slip(20, &[lines(&all, &[1], "1.00")])),
            Ok((ONE, "98000 2000 0")),
        ),
        (
            "as many bets as are allowed",
            rich(),
            place(slip(1, &[lines(&[0], &[1], "1.00"); 50])),
            Ok((vec![ONE; 50].join(" ").leak(), "95000 5000 0")),
        ),
    ]);
}

/// Protects the house from slips that are none.
#[test]
fn shape_rows() {
    let one = lines(&[0], &[1], "1.00");
    let with = |change: fn(&mut AskedBet)| {
        let mut bet = lines(&[0, 1, 2], &[2], "1.00");
        change(&mut bet);
        place(slip(3, &[bet]))
    };
    let twice = Slip {
        selections: asked(&[(on(1, 1), "2.50"), (on(1, 1), "2.50")]),
        ..slip(1, &[one, lines(&[1], &[1], "1.00")])
    };
    let all: Vec<u8> = (0..20).collect();
    let in_pounds = AskedBet {
        stake: AskedStake::Unit(gbp("1.00")),
        ..one
    };
    let invalid = || Err("COMBINATIONS_INVALID");
    check(vec![
        ("no bets", rich(), place(slip(1, &[])), Err("NO_BETS")),
        (
            "too many bets",
            rich(),
            place(slip(1, &[one; 51])),
            Err("TOO_MANY_BETS"),
        ),
        ("no selections", rich(), place(slip(0, &[one])), Err("NO_LEGS")),
        (
            "more selections than allowed",
            rich(),
            place(slip(21, &[one])),
            Err("TOO_MANY_LEGS"),
        ),
        (
            "one selection twice",
            rich(),
            place(twice),
            Err("SELECTION_TWICE leg 1"),
        ),
        (
            "a selection that no bet is on",
            rich(),
            place(slip(2, &[one])),
            Err("SELECTION_UNUSED leg 1"),
        ),
        (
            "other money",
            rich(),
            place(slip(1, &[one, in_pounds])),
            Err("CURRENCY_MISMATCH"),
        ),
        (
            "more lines than allowed",
            rich(),
            place(slip(20, &[lines(&all, &[10], "1.00")])),
            Err("TOO_MANY_LINES"),
        ),
        (
            "each-way counts lines twice",
            rich().ruled(|rules| rules.max_lines = 5),
            with(|bet| bet.each_way = true),
            Err("TOO_MANY_LINES"),
        ),
        (
            "no sizes",
            rich(),
            with(|bet| bet.combinations = Combinations::of_sizes(&[])),
            invalid(),
        ),
        (
            "lines of nothing",
            rich(),
            with(|bet| bet.combinations = Combinations::of_sizes(&[0, 1])),
            invalid(),
        ),
        (
            "larger than its legs",
            rich(),
            with(|bet| bet.combinations = Combinations::of_sizes(&[2, 4])),
            invalid(),
        ),
        (
            "larger than its free legs",
            rich(),
            with(|bet| (bet.bankers, bet.combinations) = (1, Combinations::of_sizes(&[3]))),
            invalid(),
        ),
        (
            "nothing but bankers",
            rich(),
            with(|bet| bet.bankers = 0b111),
            invalid(),
        ),
        (
            "a banker that is no leg",
            rich(),
            with(|bet| bet.bankers = 0b1000),
            invalid(),
        ),
    ]);
    let no_legs = rich().decide(&place(slip(1, &[one, lines(&[], &[1], "1.00")])));
    let beyond = rich().decide(&place(slip(1, &[one, lines(&[0, 1], &[2], "1.00")])));
    for refused in [no_legs, beyond] {
        assert_eq!(
            reasons(&refused.expect_err("no legs of the slip")),
            ["bet 1: COMBINATIONS_INVALID"]
        );
    }
}

/// Protects stakes: every line gets the same whole number of minor units, and no line less than the smallest stake.
#[test]
fn stake_rows() {
    let trixie = |stake| {
        place(slip(
            3,
            &[AskedBet {
                stake,
                ..lines(&[0, 1, 2], &[2, 3], "1.00")
            }],
        ))
    };
    let (unit, total) = (
        |stake| AskedStake::Unit(eur(stake)),
        |stake| AskedStake::Total(eur(stake)),
    );
    let held = Ok((ONE, "99600 400 0"));
    check(vec![
        ("of each line", rich(), trixie(unit("1.00")), held),
        ("of all lines", rich(), trixie(total("4.00")), held),
        (
            "the smallest of each",
            rich(),
            trixie(unit("0.10")),
            Ok((ONE, "99960 40 0")),
        ),
        (
            "the smallest of all",
            rich(),
            trixie(total("0.40")),
            Ok((ONE, "99960 40 0")),
        ),
        (
            "a rest",
            rich(),
            trixie(total("4.03")),
            Err("STAKE_NOT_DIVISIBLE at most 4.00"),
        ),
        ("too small a line", rich(), trixie(unit("0.09")), Err("STAKE_TOO_SMALL")),
        (
            "too small a line of all",
            rich(),
            trixie(total("0.39")),
            Err("STAKE_TOO_SMALL"),
        ),
        ("nothing", rich(), trixie(total("0")), Err("STAKE_NOT_POSITIVE")),
        (
            "less than nothing",
            rich(),
            trixie(AskedStake::Unit(minor(-1))),
            Err("STAKE_NOT_POSITIVE"),
        ),
        (
            "an absurd stake",
            rich(),
            trixie(AskedStake::Unit(minor(i64::MAX))),
            Err("STAKE_TOO_LARGE at most 1000.00"),
        ),
        (
            "more than there is: what divides into lines is told",
            Scene::player_with("10.03"),
            trixie(unit("10.00")),
            Err("INSUFFICIENT_FUNDS at most 10.00"),
        ),
    ]);
    let refused = rich().decide(&trixie(total("0.39"))).expect_err("too small");
    assert_eq!(refused, Rejection::StakeTooSmall { min: eur("0.40") });
}

/// Protects each-way bets: they are taken on races alone, with the place terms of the race as it is now, at twice the stake.
#[test]
fn each_way_rows() {
    let each_way = || AskedBet {
        each_way: true,
        ..lines(&[0, 1], &[2], "1.00")
    };
    let race = |handicap, runners| {
        [1, 2].into_iter().fold(rich(), |scene, event| {
            scene.quoted(on(event, 1), |quote| quote.race = Some(Race { handicap, runners }))
        })
    };
    check(vec![
        (
            "two races",
            race(true, 16),
            place(slip(2, &[each_way()])),
            Ok((ONE, "99800 200 0")),
        ),
        (
            "no race",
            race(true, 16).quoted(on(2, 1), |quote| quote.race = None),
            place(slip(2, &[each_way()])),
            Err("EACH_WAY_NOT_OFFERED leg 1"),
        ),
    ]);
    let win_only = (1, 1, 1);
    let rows = [
        (true, 16, (4, 1, 4)),
        (true, 15, (3, 1, 4)),
        (true, 11, (3, 1, 5)),
        (true, 7, (2, 1, 4)),
        (false, 8, (3, 1, 5)),
        (false, 5, (2, 1, 4)),
        (true, 4, win_only),
        (false, 2, win_only),
    ];
    for (handicap, runners, (places, num, den)) in rows {
        let mut scene = race(handicap, runners);
        let events = scene.run(&place(slip(2, &[each_way()]))).expect("taken");
        let [Event::BetPlaced { terms, .. }] = events.as_slice() else {
            panic!("one bet")
        };
        let terms: Vec<_> = terms.legs.iter().map(|leg| leg.each_way).collect();
        assert_eq!(terms, [Some(EachWay { places, num, den }); 2], "{handicap} {runners}");
    }
}

/// Protects the house from lines in which one leg makes another likelier.
#[test]
fn related_rows() {
    let two_markets = || {
        let slip = Slip {
            selections: asked(&[(on(1, 1), "2.50"), (on(2, 1), "2.50"), (on_second(1, 2), "3.00")]),
            ..slip(3, &[])
        };
        move |bet: AskedBet| {
            place(Slip {
                bets: vec![bet],
                ..slip.clone()
            })
        }
    };
    let same_market = place(Slip {
        selections: asked(&[(on(1, 1), "2.50"), (on(1, 2), "3.00")]),
        ..slip(2, &[lines(&[0, 1], &[2], "1.00")])
    });
    let scene = || rich().second_market(1, "TOTALS");
    let independent = |market: &str, with: &str| {
        let (market, with) = (market.into(), with.into());
        scene().ruled(|rules| rules.related = vec![Related { market, with }])
    };
    let (treble, related) = (lines(&[0, 1, 2], &[3], "1.00"), Err("RELATED_LEGS leg 2"));
    let banker = AskedBet {
        bankers: 0b001,
        ..lines(&[0, 1, 2], &[1], "1.00")
    };
    check(vec![
        ("one event in one line", scene(), two_markets()(treble), related),
        (
            "one event in single lines",
            scene(),
            two_markets()(lines(&[0, 1, 2], &[1], "1.00")),
            Ok((ONE, "99700 300 0")),
        ),
        ("a banker is in every line", scene(), two_markets()(banker), related),
        (
            "declared independent",
            independent("MATCH_ODDS", "TOTALS"),
            two_markets()(treble),
            Ok((ONE, "99900 100 0")),
        ),
        (
            "declared the other way round",
            independent("TOTALS", "MATCH_ODDS"),
            two_markets()(treble),
            Ok((ONE, "99900 100 0")),
        ),
        (
            "another pair",
            independent("MATCH_ODDS", "MATCH_ODDS"),
            two_markets()(treble),
            related,
        ),
        (
            "one market is never independent of itself",
            independent("MATCH_ODDS", "MATCH_ODDS"),
            same_market,
            Err("RELATED_LEGS leg 1"),
        ),
    ]);
}

/// Protects the bound on total odds: it is on the longest line, not on all legs.
#[test]
fn total_odds_are_those_of_the_longest_line() {
    let scene = || rich().ruled(|rules| rules.max_total_odds = 15);
    let banker = AskedBet {
        bankers: 0b001,
        ..lines(&[0, 1, 2], &[2], "1.00")
    };
    check(vec![
        (
            "doubles at 6.25",
            scene(),
            place(slip(3, &[lines(&[0, 1, 2], &[2], "1.00")])),
            Ok((ONE, "99700 300 0")),
        ),
        (
            "a treble at 15.625",
            scene(),
            place(slip(3, &[lines(&[0, 1, 2], &[2, 3], "1.00")])),
            Err("TOTAL_ODDS_TOO_HIGH"),
        ),
        (
            "two with a banker",
            scene(),
            place(slip(3, &[banker])),
            Err("TOTAL_ODDS_TOO_HIGH"),
        ),
    ]);
}

/// Protects those who must act on a refusal: all that is wrong is said at once, by bet and leg and in the order of the
/// checks, and nothing of the slip is taken.
#[test]
fn every_reason_is_named() {
    let scene = || {
        Scene::player_with("10.00")
            .market(3, MarketStatus::Suspended)
            .priced(2, "2.40")
            .bounded(|amounts| amounts.max_payout = shardbook_domain::money::Amount(5_000))
            .bounded(|amounts| amounts.max_stake = shardbook_domain::money::Amount(5_000))
    };
    let bets = [
        lines(&[0], &[1], "8.00"),
        lines(&[1, 2], &[2], "3.00"),
        lines(&[0], &[1], "30.00"),
        lines(&[2], &[1], "0.01"),
        lines(&[0], &[2], "1.00"),
    ];
    let refused = scene().decide(&place(slip(3, &bets))).expect_err("much is wrong");
    assert_eq!(
        reasons(&refused),
        [
            "bet 4: COMBINATIONS_INVALID",
            "bet 3: STAKE_TOO_SMALL",
            "MARKET_SUSPENDED leg 2",
            "PRICE_CHANGED leg 1",
            "bet 2: PAYOUT_TOO_LARGE at most 0.00",
            "bet 1: INSUFFICIENT_FUNDS at most 2.00",
            "bet 2: INSUFFICIENT_FUNDS at most 0.00",
        ]
    );
    assert_eq!(refused.code(), "COMBINATIONS_INVALID");
    let one_leg = scene().decide(&place(slip(
        3,
        &[lines(&[0], &[1], "1.00"), lines(&[0, 1, 2], &[1], "1.00")],
    )));
    assert_eq!(
        reasons(&one_leg.expect_err("two legs are wrong")),
        ["MARKET_SUSPENDED leg 2", "PRICE_CHANGED leg 1"]
    );
}

/// Protects the balance: the bets of a slip are paid for together.
#[test]
fn the_bets_of_a_slip_add_up() {
    let two = |first, second| place(slip(1, &[lines(&[0], &[1], first), lines(&[0], &[1], second)]));
    let poor = || Scene::player_with("10.00");
    check(vec![
        (
            "all the money",
            poor(),
            two("4.00", "6.00"),
            Ok(("BetPlaced BetPlaced", "0 1000 0")),
        ),
        (
            "a cent more",
            poor(),
            two("4.00", "6.01"),
            Err("INSUFFICIENT_FUNDS at most 6.00"),
        ),
    ]);
    let limited = poor().after(Command::SetLimit {
        kind: shardbook_domain::player::LimitKind::StakeDay,
        amount: Some(shardbook_domain::money::Amount(500)),
    });
    let refused = limited.decide(&two("4.00", "2.00")).expect_err("above the limit");
    assert_eq!(reasons(&refused), ["bet 1: STAKE_LIMIT at most 1.00"]);
}

/// Protects free bets: they are staked from their own balance and from nothing else.
#[test]
fn free_bet_rows() {
    let free = |stake| AskedBet {
        fund: Fund::FreeBet,
        ..lines(&[0], &[1], stake)
    };
    let granted = || Scene::player_with("10.00").after(grant("5.00"));
    check(vec![
        (
            "all of them",
            granted(),
            place(slip(1, &[free("5.00")])),
            Ok((ONE, "1000 500 0")),
        ),
        (
            "more than there are, though there is money",
            granted(),
            place(slip(1, &[free("5.01")])),
            Err("INSUFFICIENT_FREE_BETS at most 5.00"),
        ),
        (
            "both purses on one slip",
            granted(),
            place(slip(1, &[free("5.00"), lines(&[0], &[1], "10.00")])),
            Ok(("BetPlaced BetPlaced", "0 1500 0")),
        ),
        (
            "twice the same free bets",
            granted(),
            place(slip(1, &[free("3.00"), free("3.00")])),
            Err("INSUFFICIENT_FREE_BETS at most 2.00"),
        ),
        (
            "the smallest stake holds for them too",
            granted(),
            place(slip(1, &[free("0.09")])),
            Err("STAKE_TOO_SMALL"),
        ),
    ]);
}

/// Protects what the player is told of a slip that was taken: each bet with its number, prices, stake and return.
#[test]
fn the_reply_tells_every_bet() {
    let mut scene = rich().after(bet("1.00", &[(on(1, 1), "2.50")]));
    let two = slip(2, &[lines(&[0], &[1], "1.00"), lines(&[0, 1], &[1, 2], "2.00")]);
    let events = scene.run(&place(two)).expect("taken");
    let Reply::SlipPlaced { bets, balance, .. } = reply(&scene.state, &events, &scene.rules) else {
        panic!("two bets were placed")
    };
    let told: Vec<_> = bets
        .into_iter()
        .map(|bet| (bet.no.0, bet.prices, bet.stake.0, bet.potential_return.0))
        .collect();
    let at = price("2.50");
    assert_eq!(told, [(2, vec![at], 100, 250), (3, vec![at, at], 600, 2250)]);
    assert_eq!((balance.available.0, balance.held.0), (99_200, 800));
    let mut scene = rich();
    let events = scene
        .run(&factor("", shardbook_domain::rules::Phase::InPlay, Some(5)))
        .expect("set");
    assert!(matches!(
        reply(&scene.state, &events, &scene.rules),
        Reply::FactorSet { .. }
    ));
}
