//! How large a bet may be: the player's factor and bounds, the house's budgets, and the maximum that is told.

use proptest::prelude::*;
use shardbook_domain::bet::{Combinations, Fund};
use shardbook_domain::exposure::Scope;
use shardbook_domain::ids::{EventId, MarketNo};
use shardbook_domain::market::Race;
use shardbook_domain::money::Amount;
use shardbook_domain::player::{AskedBet, AskedStake, Command, LimitKind, Rejection, Slip};
use shardbook_domain::ratio::Rounding;
use shardbook_domain::rules::Phase::{InPlay, PreMatch};

use crate::scene::{Scene, asked, bet, check, factor, grant, lines, minor, on, place, price, reasons, slip, void};

fn rich() -> Scene {
    Scene::player_with("100000.00")
}

fn single(stake: &str) -> Command {
    bet(stake, &[(on(1, 1), "2.50")])
}

const TAKEN: (&str, &str) = ("BetPlaced", "9990000 10000 0");

/// Protects the trader's word on a player: per sport and phase, the tightest over the legs, and nothing at zero.
#[test]
fn factor_rows() {
    let set = |sport, phase, permille| rich().after(factor(sport, phase, Some(permille)));
    let double = || bet("100.01", &[(on(1, 1), "2.50"), (on(2, 1), "2.50")]);
    let tennis = |scene: Scene| {
        scene.quoted(on(2, 1), |quote| {
            quote.sport = shardbook_domain::market::NameKey::of("tennis")
        })
    };
    let rows = vec![
        (
            "a hundredth",
            set("football", PreMatch, 10),
            single("100.00"),
            Ok(TAKEN),
        ),
        (
            "a cent more",
            set("football", PreMatch, 10),
            single("100.01"),
            Err("STAKE_TOO_LARGE at most 100.00"),
        ),
        (
            "of another sport",
            set("tennis", PreMatch, 10),
            single("100.00"),
            Ok(TAKEN),
        ),
        (
            "of another phase",
            set("football", InPlay, 10),
            single("100.00"),
            Ok(TAKEN),
        ),
        (
            "of every sport",
            set("", PreMatch, 10),
            single("100.01"),
            Err("STAKE_TOO_LARGE at most 100.00"),
        ),
        (
            "its own before that of every sport",
            set("", PreMatch, 10).after(factor("football", PreMatch, Some(1_000))),
            single("100.00"),
            Ok(TAKEN),
        ),
        (
            "the tightest over the legs",
            tennis(set("tennis", PreMatch, 10)),
            double(),
            Err("STAKE_TOO_LARGE at most 100.00"),
        ),
        (
            "double: more than the rules",
            set("", PreMatch, 2_000),
            single("20000.01"),
            Err("STAKE_TOO_LARGE at most 20000.00"),
        ),
        (
            "what may be won is scaled too",
            set("", PreMatch, 10)
                .bounded(|amounts| amounts.max_payout = Amount(1_000_000))
                .bounded(|amounts| amounts.max_stake = Amount(1_000_000)),
            single("40.01"),
            Err("PAYOUT_TOO_LARGE at most 40.00"),
        ),
        (
            "zero",
            set("football", PreMatch, 0),
            single("1.00"),
            Err("BETS_NOT_TAKEN leg 0"),
        ),
        (
            "removed",
            set("football", PreMatch, 0).after(factor("football", PreMatch, None)),
            single("100.00"),
            Ok(TAKEN),
        ),
    ];
    check(rows);
}

/// Protects the setting of factors.
#[test]
fn set_factor_rows() {
    let named = |by: &str| Command::SetFactor {
        sport: "football".to_owned(),
        phase: PreMatch,
        permille: Some(1),
        by: by.to_owned(),
    };
    let many = (0..64).fold(rich(), |scene, sport| {
        scene.after(factor(&format!("sport {sport}"), PreMatch, Some(1)))
    });
    let money = "10000000 0 0";
    let rows = vec![
        (
            "set",
            rich(),
            factor("football", InPlay, Some(100_000)),
            Ok(("FactorSet", money)),
        ),
        (
            "the same again",
            rich().after(factor("", InPlay, Some(5))),
            factor("", InPlay, Some(5)),
            Ok(("", money)),
        ),
        (
            "removed where there is none",
            rich(),
            factor("", InPlay, None),
            Ok(("", money)),
        ),
        (
            "too high",
            rich(),
            factor("", InPlay, Some(100_001)),
            Err("FACTOR_INVALID"),
        ),
        (
            "too long a sport",
            rich(),
            factor(&"x".repeat(65), InPlay, Some(1)),
            Err("FACTOR_INVALID"),
        ),
        (
            "no sport's name",
            rich(),
            factor("foot\nball", InPlay, Some(1)),
            Err("FACTOR_INVALID"),
        ),
        (
            "too many",
            many,
            factor("football", PreMatch, Some(1)),
            Err("FACTOR_INVALID"),
        ),
        ("by nobody", rich(), named(""), Err("TRADER_INVALID")),
        (
            "a stranger",
            Scene::stranger(),
            factor("", InPlay, Some(1)),
            Err("NOT_REGISTERED"),
        ),
    ];
    check(rows);
}

/// Protects the house from one player: all open bets together are bounded by stake, payout and liability.
#[test]
fn player_cap_rows() {
    let stake = |cap: i64| rich().bounded(|amounts| amounts.player.stake = Some(Amount(cap)));
    let payout = |cap: i64| rich().bounded(|amounts| amounts.player.payout = Some(Amount(cap)));
    let liability = |cap: i64| rich().bounded(|amounts| amounts.player.liability = Some(Amount(cap)));
    let one = || single("60.00");
    let two = place(slip(1, &[lines(&[0], &[1], "60.00"), lines(&[0], &[1], "60.00")]));
    let rows = vec![
        ("stake at the bound", stake(10_000), single("100.00"), Ok(TAKEN)),
        (
            "stake above it",
            stake(9_999),
            single("100.00"),
            Err("PLAYER_CAP at most 99.99"),
        ),
        ("payout at the bound", payout(25_000), single("100.00"), Ok(TAKEN)),
        (
            "payout above it",
            payout(24_999),
            single("100.00"),
            Err("PLAYER_CAP at most 99.99"),
        ),
        ("liability at the bound", liability(15_000), single("100.00"), Ok(TAKEN)),
        (
            "liability above it",
            liability(14_999),
            single("100.00"),
            Err("PLAYER_CAP at most 99.99"),
        ),
        (
            "open bets count",
            stake(10_000).after(one()),
            single("40.01"),
            Err("PLAYER_CAP at most 40.00"),
        ),
        (
            "so does their liability",
            liability(15_000).after(one()),
            single("40.01"),
            Err("PLAYER_CAP at most 40.00"),
        ),
        (
            "none is left",
            stake(6_000).after(one()),
            single("1.00"),
            Err("PLAYER_CAP at most 0.00"),
        ),
        (
            "settled bets do not",
            stake(10_000).after(one()).after(void(1, 1, 1)),
            single("100.00"),
            Ok(("BetPlaced", "9990000 10000 0")),
        ),
        (
            "bets of one slip add up",
            stake(10_000),
            two,
            Err("PLAYER_CAP at most 40.00"),
        ),
        (
            "slips that wait count",
            stake(10_000).in_play(1..=1, 5).after(one()),
            single("40.01"),
            Err("PLAYER_CAP at most 40.00"),
        ),
        (
            "scaled by the factor",
            stake(10_000).after(factor("", PreMatch, Some(500))),
            single("50.01"),
            Err("PLAYER_CAP at most 50.00"),
        ),
    ];
    check(rows);
}

/// Protects the house's budgets on selections, markets, sporting events and all bets: the leg is named whose budget is too
/// small, and a multiple needs room on every leg for all that it may come to.
#[test]
fn liability_rows() {
    let (event, market) = (EventId(2), MarketNo(1));
    let scopes = [
        Scope::Selection(on(2, 1)),
        Scope::Market { event, market },
        Scope::Event(event),
    ];
    let double = |stake| bet(stake, &[(on(1, 1), "2.50"), (on(2, 1), "2.50")]);
    for scope in scopes {
        let left = || rich().budgeted(scope, 52_500);
        let two = place(slip(2, &[lines(&[1], &[1], "300.00"), lines(&[0, 1], &[2], "20.00")]));
        check(vec![
            ("within", left(), double("100.00"), Ok(TAKEN)),
            (
                "a cent above",
                left(),
                double("100.01"),
                Err("LIABILITY_FULL leg 1 at most 100.00"),
            ),
            ("another event", left(), single("100.00"), Ok(TAKEN)),
            (
                "bets of one slip add up",
                left(),
                two,
                Err("LIABILITY_FULL leg 1 at most 14.28"),
            ),
            (
                "none is left",
                rich().budgeted(scope, -1),
                double("1.00"),
                Err("LIABILITY_FULL leg 1 at most 0.00"),
            ),
        ]);
    }
    let brand = rich().budgeted(Scope::Brand, 15_000);
    check(vec![(
        "all bets",
        brand,
        single("100.01"),
        Err("LIABILITY_FULL at most 100.00"),
    )]);
}

/// Protects the order of the checks on stakes and what is told where several fail: the largest stake that passes them all.
#[test]
fn the_tightest_bound_is_told_with_each() {
    let scene = Scene::player_with("30.00")
        .bounded(|amounts| (amounts.max_stake, amounts.max_payout) = (Amount(5_000), Amount(10_000)))
        .bounded(|amounts| amounts.player.stake = Some(Amount(4_500)))
        .budgeted(Scope::Selection(on(1, 1)), 3_000)
        .after(Command::SetLimit {
            kind: LimitKind::StakePerBet,
            amount: Some(Amount(4_000)),
        });
    let refused = scene.decide(&single("60.00")).expect_err("too much of all");
    assert_eq!(
        reasons(&refused),
        [
            "bet 0: STAKE_LIMIT at most 20.00",
            "bet 0: PLAYER_CAP at most 20.00",
            "bet 0: LIABILITY_FULL leg 0 at most 20.00",
            "bet 0: STAKE_TOO_LARGE at most 20.00",
            "bet 0: PAYOUT_TOO_LARGE at most 20.00",
            "bet 0: INSUFFICIENT_FUNDS at most 20.00",
        ]
    );
    assert!(scene.decide(&single("20.00")).is_ok());
    assert_eq!(refused.max_stake(), Some(minor(2_000)));
}

/// Protects the question before a bet: it says the range of stakes, the lines, the return and the prices of now, and what
/// is against the bet at any stake.
#[test]
fn the_range_is_told_before_placing() {
    let scene = || rich().bounded(|amounts| amounts.max_payout = Amount(1_000_000));
    let double = slip(2, &[lines(&[0, 1], &[1, 2], "0.00")]);
    let told = scene().priced(2, "2.00").most(&double).expect("a price on each leg");
    let [range] = told.as_slice() else { panic!("one bet") };
    // 2.50 + 2.00 + 5.00 of each unit.
    assert_eq!(
        (range.lines, range.min.0, range.max.0, range.max_return.0),
        (3, 30, 315_789, 999_999)
    );
    assert_eq!(range.prices, [price("2.50"), price("2.00")]);
    let closed = scene()
        .market(1, shardbook_domain::market::MarketStatus::Closed)
        .most(&double);
    assert_eq!(closed, Err(Rejection::MarketClosed { leg: 0 }));
    assert_eq!(Scene::stranger().most(&double), Err(Rejection::NotRegistered));
    let broke = Scene::player()
        .most(&double)
        .expect("nothing is against the bet but money");
    assert_eq!(broke[0].max, Amount::ZERO);
}

/// A bet and the bounds around it.
#[derive(Clone, Debug)]
struct Around {
    prices: Vec<u32>,
    sizes: u64,
    banker: bool,
    each_way: bool,
    free: bool,
    rounding: Rounding,
    bounds: [Option<i64>; 8],
    permille: u32,
}

fn around() -> impl Strategy<Value = Around> {
    let rounding = prop_oneof![Just(Rounding::HalfUp), Just(Rounding::HalfEven), Just(Rounding::Down)];
    let bounds = prop::array::uniform8(prop::option::of(1i64..200_000));
    let prices = prop::collection::vec(10_001u32..300_000, 1..5);
    (
        prices,
        1u64..32,
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        rounding,
        bounds,
        1u32..3_000,
    )
        .prop_map(
            |(prices, sizes, banker, each_way, free, rounding, bounds, permille)| Around {
                prices,
                sizes,
                banker,
                each_way,
                free,
                rounding,
                bounds,
                permille,
            },
        )
}

fn scene_of(around: &Around) -> (Scene, Slip) {
    let legs = around.prices.len();
    let banker = around.banker && legs > 1;
    let free = legs - usize::from(banker);
    let sizes: Vec<usize> = (1..=free).filter(|size| around.sizes >> (size - 1) & 1 == 1).collect();
    let sizes = if sizes.is_empty() { vec![free] } else { sizes };
    let [
        max_stake,
        max_payout,
        cap_stake,
        cap_payout,
        cap_liability,
        selection,
        brand,
        own,
    ] = around.bounds;
    let mut scene = Scene::player_with("1500.00")
        .after(grant("700.00"))
        .ruled(|rules| rules.rounding = around.rounding);
    for (event, price) in (1..).zip(&around.prices) {
        scene = scene.quoted(on(event, 1), |quote| {
            quote.price = Some(shardbook_domain::odds::Odds::ratio(*price, 10_000).expect("a price"));
            quote.race = Some(Race {
                handicap: true,
                runners: 9,
            });
        });
    }
    scene = scene.bounded(|amounts| {
        amounts.max_payout = Amount(max_payout.unwrap_or(50_000_000));
        amounts.max_stake = Amount(max_stake.unwrap_or(1_000_000)).min(amounts.max_payout);
        amounts.player.stake = cap_stake.map(Amount);
        amounts.player.payout = cap_payout.map(Amount);
        amounts.player.liability = cap_liability.map(Amount);
    });
    for (scope, budget) in [(Scope::Selection(on(1, 1)), selection), (Scope::Brand, brand)] {
        if let Some(budget) = budget {
            scene = scene.budgeted(scope, budget);
        }
    }
    if let Some(own) = own {
        let (kind, amount) = (LimitKind::StakeDay, Some(Amount(own)));
        scene = scene.after(Command::SetLimit { kind, amount });
    }
    let scene = scene.after(factor("", PreMatch, Some(around.permille)));
    let bet = AskedBet {
        legs: (1 << legs) - 1,
        bankers: u64::from(banker),
        combinations: Combinations::of_sizes(&sizes),
        each_way: around.each_way,
        stake: AskedStake::Unit(minor(1)),
        fund: if around.free { Fund::FreeBet } else { Fund::Cash },
    };
    let texts: Vec<String> = around
        .prices
        .iter()
        .map(|price| format!("{}.{:04}", price / 10_000, price % 10_000))
        .collect();
    let legs: Vec<_> = (1..)
        .zip(&texts)
        .map(|(event, text)| (on(event, 1), text.as_str()))
        .collect();
    let slip = Slip {
        selections: asked(&legs),
        ..slip(0, &[bet])
    };
    (scene, slip)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Protects the maximum that is told, before placing and in a refusal: exactly that is taken, one minor unit more on
    /// each line is not.
    #[test]
    fn the_maximum_passes_and_one_unit_more_does_not(around in around()) {
        let (scene, slip) = scene_of(&around);
        let range = scene.most(&slip).expect("nothing but the size is against it")[0].clone();
        let lines = i64::from(range.lines);
        let staking = |stake| {
            let mut slip = slip.clone();
            slip.bets[0].stake = stake;
            scene.decide(&place(slip))
        };
        prop_assert_eq!(range.max.0 % lines, 0);
        if range.max > Amount::ZERO {
            prop_assert!(range.max >= range.min);
            let taken = staking(AskedStake::Total(minor(range.max.0)));
            prop_assert!(taken.is_ok(), "{:?}", taken);
        }
        let beyond = (range.max.0 / lines + 1).max(range.min.0 / lines);
        let refused = staking(AskedStake::Unit(minor(beyond))).expect_err("one unit more");
        prop_assert_eq!(refused.max_stake(), Some(minor(range.max.0)));
    }
}
