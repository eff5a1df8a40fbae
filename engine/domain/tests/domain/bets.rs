//! Settlement arithmetic.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::ToPrimitive;
use proptest::prelude::*;
use shardbook_domain::bet::{BetStatus, Combinations, Fund, Leg, LegOutcome, LegResult, Standing, Terms};
use shardbook_domain::ids::BetNo;
use shardbook_domain::money::Amount;
use shardbook_domain::odds::Odds;
use shardbook_domain::ratio::{Ratio, Rounding};
use shardbook_domain::rules::Rules;
use shardbook_domain::time::Time;

use crate::scene::{on, price, tie};

fn terms(unit: i64, combinations: Combinations, prices: &[Odds]) -> Terms {
    let leg = |(event, price): (usize, &Odds)| Leg {
        selection: on(event as u64, 1),
        price: *price,
        market_version: 1,
        each_way: None,
    };
    Terms {
        no: BetNo(1),
        placed_at: Time(1),
        legs: prices.iter().enumerate().map(leg).collect(),
        combinations,
        bankers: 0,
        unit_stake: Amount(unit),
        stake: Amount(unit * combinations.count(prices.len()) as i64),
        fund: Fund::Cash,
        max_payout: Amount(i64::MAX),
        rounding: Rounding::HalfUp,
        rules_version: 1,
    }
}

/// How a bet stands by these outcomes, whatever else the brand's rules are.
fn standing(terms: &Terms, outcome: impl Fn(usize) -> Option<LegOutcome>) -> Standing {
    let results: Vec<_> = (0..terms.legs.len())
        .map(|leg| outcome(leg).map(|outcome| LegResult::plain(1, Some(outcome))))
        .collect();
    terms.standing(&results, Amount::ZERO, &Rules::default())
}

fn returned(terms: &Terms, outcomes: &[LegOutcome]) -> (BetStatus, i64) {
    let settled = standing(terms, |leg| Some(outcomes[leg]));
    (settled.status, settled.returned.0)
}

/// Protects the payouts of the trade's own examples.
#[test]
fn vectors_of_the_trade() {
    use BetStatus::{Lost, PartlyWon, Void, Won};
    use LegOutcome as O;
    type Row<'a> = (&'a str, i64, &'a [&'a str], &'a [LegOutcome], (BetStatus, i64));
    let rows: &[Row<'_>] = &[
        ("single won", 1000, &["2.50"], &[O::WON], (Won, 2500)),
        ("single lost", 1000, &["2.50"], &[O::Lost], (Lost, 0)),
        ("single void", 1000, &["2.50"], &[O::Void], (Void, 1000)),
        (
            "quarter line half won",
            1000,
            &["1.90"],
            &[O::HalfWon],
            (PartlyWon, 1450),
        ),
        (
            "quarter line half lost",
            1000,
            &["1.90"],
            &[O::HalfLost],
            (PartlyWon, 500),
        ),
        (
            "place part, two tied for the last place",
            2000,
            &["5.00"],
            &[tie(1, 2)],
            (PartlyWon, 5000),
        ),
        (
            "three tied for two places",
            900,
            &["3.00"],
            &[tie(2, 3)],
            (PartlyWon, 1800),
        ),
        (
            "a dead heat may lose money",
            1000,
            &["1.50"],
            &[tie(1, 2)],
            (PartlyWon, 750),
        ),
        ("double won", 1000, &["2.50", "3.00"], &[O::WON, O::WON], (Won, 7500)),
        (
            "double with a void leg",
            1000,
            &["2.50", "3.00"],
            &[O::WON, O::Void],
            (Won, 2500),
        ),
        (
            "double half lost, half lost",
            1000,
            &["2.00", "2.00"],
            &[O::HalfLost, O::HalfLost],
            (PartlyWon, 250),
        ),
        ("no float would say 11300", 10_000, &["1.13"], &[O::WON], (Won, 11_300)),
        ("a half cent goes up", 1, &["2.50"], &[O::WON], (Won, 3)),
        (
            "rounded once: 1.11 x 1.11 of 0.50",
            50,
            &["1.11", "1.11"],
            &[O::WON, O::WON],
            (Won, 62),
        ),
    ];
    for (what, stake, prices, outcomes, expected) in rows {
        let prices: Vec<Odds> = prices.iter().map(|text| price(text)).collect();
        let terms = terms(*stake, Combinations::all_of(prices.len()), &prices);
        assert_eq!(returned(&terms, outcomes), *expected, "{what}");
    }
}

/// Protects the number of bets in the named combinations.
#[test]
fn named_combinations_count() {
    let rows: &[(&str, usize, &[usize], u64)] = &[
        ("single", 1, &[1], 1),
        ("accumulator", 20, &[20], 1),
        ("trixie", 3, &[2, 3], 4),
        ("patent", 3, &[1, 2, 3], 7),
        ("yankee", 4, &[2, 3, 4], 11),
        ("lucky 15", 4, &[1, 2, 3, 4], 15),
        ("canadian", 5, &[2, 3, 4, 5], 26),
        ("lucky 31", 5, &[1, 2, 3, 4, 5], 31),
        ("heinz", 6, &[2, 3, 4, 5, 6], 57),
        ("lucky 63", 6, &[1, 2, 3, 4, 5, 6], 63),
        ("super heinz", 7, &[2, 3, 4, 5, 6, 7], 120),
        ("goliath", 8, &[2, 3, 4, 5, 6, 7, 8], 247),
    ];
    for (name, legs, sizes, count) in rows {
        assert_eq!(Combinations::of_sizes(sizes).count(*legs), *count, "{name}");
    }
}

/// Protects the three rules of rounding at their edge.
#[test]
fn rounding_rows() {
    use Rounding::{Down, HalfEven, HalfUp};
    let rows = [
        (5, HalfUp, 3),
        (5, HalfEven, 2),
        (5, Down, 2),
        (7, HalfUp, 4),
        (7, HalfEven, 4),
        (7, Down, 3),
    ];
    for (halves, rounding, expected) in rows {
        assert_eq!(
            Ratio::new(halves, 2).of_minor(1, rounding),
            Some(expected),
            "{halves}/2 {rounding:?}"
        );
    }
    assert_eq!(Ratio::new(u64::MAX, 1).of_minor(2, HalfUp), None);
    assert_eq!(Ratio::ONE.of_minor(-1, HalfUp), None);
}

/// Protects the house's bound and the player's stake: a win is capped, but never below the stake.
#[test]
fn the_cap_holds() {
    let mut capped = terms(1000, Combinations::all_of(1), &[price("10.00")]);
    capped.max_payout = Amount(5000);
    assert_eq!(returned(&capped, &[LegOutcome::WON]), (BetStatus::Won, 5000));
    assert_eq!(capped.potential_return(&Rules::default()), Amount(5000));
    capped.max_payout = Amount(1);
    assert_eq!(returned(&capped, &[LegOutcome::WON]), (BetStatus::Won, 1000));
}

/// Protects early settlement: only what no leg to come can change.
#[test]
fn a_bet_that_can_win_no_more_is_lost() {
    let prices = ["2.00", "2.00", "2.00"].map(price);
    let known = |first: Option<LegOutcome>| move |leg: usize| if leg == 0 { first } else { None };
    let accumulator = terms(100, Combinations::all_of(3), &prices);
    let lost = standing(&accumulator, known(Some(LegOutcome::Lost)));
    assert_eq!((lost.status, lost.returned), (BetStatus::Lost, Amount::ZERO));
    assert_eq!(standing(&accumulator, known(Some(LegOutcome::WON))), Standing::OPEN);
    assert_eq!(standing(&accumulator, known(None)), Standing::OPEN);
    let trixie = terms(100, Combinations::of_sizes(&[2, 3]), &prices);
    assert_eq!(standing(&trixie, known(Some(LegOutcome::Lost))), Standing::OPEN);
    let two_lost = standing(&trixie, |leg| (leg < 2).then_some(LegOutcome::Lost));
    assert_eq!(two_lost.status, BetStatus::Lost);
    let mut banker = trixie.clone();
    (banker.combinations, banker.bankers) = (Combinations::of_sizes(&[1]), 0b001);
    assert_eq!(standing(&banker, known(Some(LegOutcome::Lost))).status, BetStatus::Lost);
}

fn outcome() -> impl Strategy<Value = LegOutcome> {
    prop_oneof![
        3 => Just(LegOutcome::WON),
        1 => Just(LegOutcome::Lost),
        1 => Just(LegOutcome::Void),
        1 => Just(LegOutcome::HalfWon),
        1 => Just(LegOutcome::HalfLost),
        1 => (1u16..4, 1u16..4).prop_map(|(places, more)| tie(places, places + more)),
    ]
}

fn ratio(num: u64, den: u64) -> BigRational {
    BigRational::new(BigInt::from(num), BigInt::from(den))
}

/// The factor of a leg, written down once more and differently: what comes back of one unit, half by half.
fn naive_factor(price: Odds, outcome: LegOutcome) -> BigRational {
    let odds = ratio(price.num().into(), price.den().into());
    let (half, one) = (ratio(1, 2), ratio(1, 1));
    match outcome {
        LegOutcome::Won { dead_heat: None } => odds,
        LegOutcome::Won { dead_heat: Some(tie) } => odds * ratio(tie.places().into(), tie.runners().into()),
        LegOutcome::Lost => ratio(0, 1),
        LegOutcome::Void => one,
        LegOutcome::HalfWon => &half * odds + &half * one,
        LegOutcome::HalfLost => half,
    }
}

/// Every combination by itself.
fn naive_return(unit: i64, sizes: &[usize], bankers: u64, factors: &[BigRational]) -> i64 {
    let banker = |leg: usize| bankers >> leg & 1 == 1;
    let mut sum = ratio(0, 1);
    for lines in 0u64..1 << factors.len() {
        let chosen = |leg: usize| lines >> leg & 1 == 1;
        let free = (0..factors.len()).filter(|leg| chosen(*leg) && !banker(*leg)).count();
        if (0..factors.len()).all(|leg| !banker(leg) || chosen(leg)) && sizes.contains(&free) {
            sum += (0..factors.len())
                .filter(|leg| chosen(*leg))
                .fold(ratio(1, 1), |product, leg| product * &factors[leg]);
        }
    }
    let doubled = sum * ratio(unit as u64 * 2, 1) + ratio(1, 1);
    (doubled / ratio(2, 1)).to_integer().to_i64().expect("small stakes")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Protects the arithmetic of every bet type beside a naive sum over all combinations in big rationals.
    #[test]
    fn any_bet_returns_what_the_naive_sum_does(
        legs in prop::collection::vec((10_001u32..200_000, outcome()), 1..8),
        sizes in prop::collection::btree_set(1usize..8, 1..4),
        bankers in 0u64..4,
        unit in 1i64..100_000,
    ) {
        let prices: Vec<Odds> = legs.iter().map(|(num, _)| Odds::ratio(*num, 10_000).expect("a price")).collect();
        let bankers = if legs.len() > 2 { bankers } else { 0 };
        let free = legs.len() - bankers.count_ones() as usize;
        let sizes: Vec<usize> = sizes.into_iter().map(|size| size.min(free)).collect();
        let mut terms = terms(unit, Combinations::of_sizes(&sizes), &prices);
        terms.bankers = bankers;
        terms.stake = Amount(unit * terms.combinations.count(free) as i64);
        let factors: Vec<BigRational> = legs.iter().zip(&prices).map(|((_, outcome), price)| naive_factor(*price, *outcome)).collect();
        let expected = naive_return(unit, &sizes, bankers, &factors);
        let settled = standing(&terms, |leg| Some(legs[leg].1));
        prop_assert_eq!(settled.returned.0, expected);
        let best: Vec<BigRational> = prices.iter().map(|price| naive_factor(*price, LegOutcome::WON)).collect();
        prop_assert_eq!(terms.potential_return(&Rules::default()).0, naive_return(unit, &sizes, bankers, &best));
    }

    /// Protects accumulators too long for 128 bits: still exact.
    #[test]
    fn long_accumulators_stay_exact(nums in prop::collection::vec(10_001u32..10_400, 40..=63), unit in 1i64..1_000_000) {
        let prices: Vec<Odds> = nums.iter().map(|num| Odds::ratio(*num, 10_000).expect("a price")).collect();
        let terms = terms(unit, Combinations::all_of(prices.len()), &prices);
        let product = prices.iter().fold(ratio(1, 1), |product, price| product * naive_factor(*price, LegOutcome::WON));
        let doubled = product * ratio(unit as u64 * 2, 1) + ratio(1, 1);
        let expected = (doubled / ratio(2, 1)).to_integer().to_i64().expect("small stakes");
        prop_assert_eq!(terms.potential_return(&Rules::default()).0, expected);
    }

    /// Protects the order of fractions.
    #[test]
    fn fractions_order_as_numbers_do(a in 0u64..1000, b in 1u64..1000, c in 0u64..1000, d in 1u64..1000) {
        let (left, right) = (Ratio::new(a, b), Ratio::new(c, d));
        prop_assert_eq!(left.cmp(&right), (a * d).cmp(&(c * b)));
        prop_assert_eq!(left.plus(&right), right.plus(&left));
        prop_assert_eq!(left.times(&right), right.times(&left));
    }
}
