//! Placing bets.

use shardbook_domain::bet::PricePolicy;
use shardbook_domain::market::MarketStatus;
use shardbook_domain::money::Amount;
use shardbook_domain::player::{AskedLeg, Command, Reply, Slip, reply};
use shardbook_domain::rules::AmountRules;

use crate::scene::{Scene, bet, bet_taking, check, gbp, minor, on, price};

fn rich() -> Scene {
    Scene::player_with("1000.00")
}

fn single(stake: &str) -> Command {
    bet(stake, &[(on(1, 1), "2.50")])
}

fn accumulator(legs: u64) -> Command {
    let legs: Vec<_> = (1..=legs).map(|event| (on(event, 1), "2.50")).collect();
    bet("1.00", &legs)
}

fn staking(stake: shardbook_domain::money::Money) -> Command {
    let legs = vec![AskedLeg {
        selection: on(1, 1),
        price: price("2.50"),
    }];
    Command::PlaceSlip(Slip::of_one(legs, stake, PricePolicy::Exact))
}

/// Protects what is taken and held.
#[test]
fn accepted_rows() {
    check(vec![
        ("a single", rich(), single("10.00"), Ok(("BetPlaced", "99000 1000 0"))),
        (
            "an accumulator of two",
            rich(),
            accumulator(2),
            Ok(("BetPlaced", "99900 100 0")),
        ),
        (
            "an accumulator of nine",
            rich(),
            accumulator(9),
            Ok(("BetPlaced", "99900 100 0")),
        ),
        (
            "the smallest stake",
            rich(),
            single("0.10"),
            Ok(("BetPlaced", "99990 10 0")),
        ),
        (
            "all the money",
            Scene::player_with("10.00"),
            single("10.00"),
            Ok(("BetPlaced", "0 1000 0")),
        ),
        (
            "twice the same bet",
            rich().after(single("1.00")),
            single("1.00"),
            Ok(("BetPlaced", "99800 200 0")),
        ),
    ]);
}

/// Protects the shape and the stake of a bet.
#[test]
fn shape_and_stake_rows() {
    let same_event = bet("1.00", &[(on(1, 1), "2.50"), (on(2, 1), "2.50"), (on(1, 2), "3.00")]);
    check(vec![
        ("a stranger", Scene::stranger(), single("1.00"), Err("NOT_REGISTERED")),
        ("other money", rich(), staking(gbp("1.00")), Err("CURRENCY_MISMATCH")),
        ("no legs", rich(), bet("1.00", &[]), Err("NO_LEGS")),
        ("more legs than allowed", rich(), accumulator(21), Err("TOO_MANY_LEGS")),
        ("two legs on one event", rich(), same_event, Err("RELATED_LEGS leg 2")),
        ("no stake", rich(), single("0"), Err("STAKE_NOT_POSITIVE")),
        (
            "a negative stake",
            rich(),
            staking(minor(-100)),
            Err("STAKE_NOT_POSITIVE"),
        ),
        (
            "below the smallest stake",
            rich(),
            single("0.09"),
            Err("STAKE_TOO_SMALL"),
        ),
        (
            "above the largest stake",
            Scene::player_with("100000.00"),
            single("10000.01"),
            Err("STAKE_TOO_LARGE at most 10000.00"),
        ),
        (
            "above the largest stake and the balance: what would pass both is told",
            rich(),
            single("10000.01"),
            Err("STAKE_TOO_LARGE at most 1000.00"),
        ),
        (
            "an absurd stake",
            rich(),
            staking(minor(i64::MAX)),
            Err("STAKE_TOO_LARGE at most 1000.00"),
        ),
        (
            "more than there is",
            Scene::player_with("10.00"),
            single("10.01"),
            Err("INSUFFICIENT_FUNDS at most 10.00"),
        ),
    ]);
}

/// Protects the check of the market, leg by leg.
#[test]
fn market_rows() {
    let two = || bet("1.00", &[(on(1, 1), "2.50"), (on(2, 1), "2.50")]);
    let in_status = |status| rich().market(2, status);
    let rows = vec![
        (
            "unknown event",
            rich(),
            bet("1.00", &[(on(1, 1), "2.50"), (on(99, 1), "2.50")]),
            Err("MARKET_UNKNOWN leg 1"),
        ),
        (
            "unknown selection",
            rich(),
            bet("1.00", &[(on(1, 4), "2.50")]),
            Err("SELECTION_UNKNOWN leg 0"),
        ),
        (
            "suspended",
            in_status(MarketStatus::Suspended),
            two(),
            Err("MARKET_SUSPENDED leg 1"),
        ),
        (
            "closed",
            in_status(MarketStatus::Closed),
            two(),
            Err("MARKET_CLOSED leg 1"),
        ),
        (
            "resulted",
            in_status(MarketStatus::Resulted),
            two(),
            Err("MARKET_RESULTED leg 1"),
        ),
        (
            "void",
            in_status(MarketStatus::Void),
            two(),
            Err("MARKET_RESULTED leg 1"),
        ),
        (
            "withdrawn selection",
            rich().quoted(on(2, 1), |quote| quote.removed = true),
            two(),
            Err("SELECTION_REMOVED leg 1"),
        ),
        (
            "no price",
            rich().quoted(on(2, 1), |quote| quote.price = None),
            two(),
            Err("NO_PRICE leg 1"),
        ),
    ];
    check(rows);
}

/// Protects the player's choice which changes of price are taken.
#[test]
fn price_rows() {
    use PricePolicy::{Any, Better, Exact};
    let now = |now: &str| {
        let now = price(now);
        rich().quoted(on(1, 1), move |quote| quote.price = Some(now))
    };
    let asked = |policy| bet_taking(policy, "1.00", &[(on(1, 1), "2.50")]);
    let placed = Ok(("BetPlaced", "99900 100 0"));
    check(vec![
        ("exact, unmoved", now("2.50"), asked(Exact), placed),
        (
            "exact, better",
            now("2.60"),
            asked(Exact),
            Err("PRICE_CHANGED leg 0 now 2.60"),
        ),
        (
            "exact, worse",
            now("2.40"),
            asked(Exact),
            Err("PRICE_CHANGED leg 0 now 2.40"),
        ),
        ("better, unmoved", now("2.50"), asked(Better), placed),
        ("better, better", now("2.60"), asked(Better), placed),
        (
            "better, worse",
            now("2.4999"),
            asked(Better),
            Err("PRICE_CHANGED leg 0 now 2.4999"),
        ),
        ("any, better", now("2.60"), asked(Any), placed),
        ("any, worse", now("1.01"), asked(Any), placed),
    ]);
}

/// Protects the house: total odds and payout of one ticket are bounded, and the refusal says what would be taken.
#[test]
fn payout_rows() {
    let very_rich = || Scene::player_with("100000.00");
    let capped = |payout| {
        very_rich().ruled(move |rules| {
            let amounts = AmountRules {
                max_payout: Amount(payout),
                ..rules.amounts(minor(0).currency)
            };
            rules.amounts.insert(minor(0).currency, amounts);
        })
    };
    check(vec![
        (
            "total odds too high",
            very_rich(),
            accumulator(20),
            Err("TOTAL_ODDS_TOO_HIGH"),
        ),
        (
            "payout at the bound",
            capped(10_000),
            single("40.00"),
            Ok(("BetPlaced", "9996000 4000 0")),
        ),
        (
            "payout above it",
            capped(10_000),
            single("40.01"),
            Err("PAYOUT_TOO_LARGE at most 40.00"),
        ),
        (
            "rounded down",
            capped(10_001),
            single("100.00"),
            Err("PAYOUT_TOO_LARGE at most 40.00"),
        ),
        (
            "never above the largest stake",
            very_rich(),
            bet(
                "10000.00",
                &[(on(1, 3), "4.00"), (on(2, 3), "4.00"), (on(3, 3), "4.00")],
            ),
            Err("PAYOUT_TOO_LARGE at most 7812.50"),
        ),
    ]);
}

/// Protects the order of checks: of several reasons the first in the list is told.
#[test]
fn the_first_reason_is_told() {
    let bad_all = || bet("0", &[(on(1, 1), "9.00"), (on(99, 1), "2.50"), (on(1, 2), "2.50")]);
    let bad_stake = || bet("0", &[(on(1, 1), "9.00"), (on(99, 1), "2.50")]);
    let bad_market = || bet("5000.00", &[(on(2, 1), "9.00"), (on(99, 1), "2.50")]);
    let bad_price = || bet("5000.00", &[(on(1, 1), "9.00"), (on(2, 1), "2.50")]);
    let poor = || Scene::player_with("1.00");
    check(vec![
        (
            "related legs before stake",
            poor(),
            bad_all(),
            Err("RELATED_LEGS leg 2"),
        ),
        ("stake before market", poor(), bad_stake(), Err("STAKE_NOT_POSITIVE")),
        (
            "unknown leg 1 before suspended leg 0",
            poor().market(2, MarketStatus::Suspended),
            bad_market(),
            Err("MARKET_UNKNOWN leg 1"),
        ),
        (
            "suspended leg 1 before price of leg 0",
            poor().market(2, MarketStatus::Suspended),
            bad_price(),
            Err("MARKET_SUSPENDED leg 1"),
        ),
        (
            "price before money",
            poor(),
            bad_price(),
            Err("PRICE_CHANGED leg 0 now 2.50"),
        ),
    ]);
}

/// Protects what the player is told of a taken bet: the prices taken, not the prices asked.
#[test]
fn the_reply_tells_the_prices_taken() {
    let mut scene = rich().quoted(on(1, 1), |quote| quote.price = Some(price("2.60")));
    let events = scene.run(&bet_taking(
        PricePolicy::Any,
        "10.00",
        &[(on(1, 1), "2.50"), (on(2, 2), "3.00")],
    ));
    let Reply::BetPlaced {
        bet,
        prices,
        potential_return,
        balance,
        ..
    } = reply(&scene.state, &events.expect("taken"), &scene.rules)
    else {
        panic!("a bet was placed")
    };
    assert_eq!(
        (bet.0, prices, potential_return.0),
        (1, vec![price("2.60"), price("3.00")], 7800)
    );
    assert_eq!(
        (balance.available.0, balance.held.0, balance.version),
        (99_000, 1000, 2)
    );
    let held = scene.state.bet(bet).expect("held");
    assert_eq!((held.terms.rules_version, held.terms.legs[0].market_version), (1, 7));
}

/// Protects the meaning of a repeated command id: same content, same number; any other content, another number.
#[test]
fn fingerprints_tell_contents_apart() {
    assert_eq!(single("1.00").fingerprint(), single("1.00").fingerprint());
    let others = [
        single("1.01"),
        accumulator(1),
        accumulator(2),
        staking(gbp("1.00")),
        Command::Deposit { amount: minor(100) },
    ];
    let mut numbers: Vec<u64> = others.iter().map(Command::fingerprint).collect();
    numbers.push(bet_taking(PricePolicy::Any, "1.00", &[(on(1, 1), "2.50")]).fingerprint());
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 6);
}
