//! Which changes of price are taken.

use proptest::prelude::*;
use shardbook_domain::bet::PricePolicy::{self, Any, Better, Exact, Worse};
use shardbook_domain::odds::{Format, Odds};
use shardbook_domain::player::{Command, Event};

use crate::scene::{Scene, bet_taking, check, on};

fn now(price: &str) -> Scene {
    Scene::player_with("10.00").priced(1, price)
}

/// Protects the player's choice in each direction, and what the brand lets pass.
#[test]
fn policy_rows() {
    let moved = |rows: [(PricePolicy, &str, bool); 12], tolerance: u16| {
        for (policy, price, taken) in rows {
            let told: &str = format!("PRICE_CHANGED leg 0 now {price}").leak();
            let then = if taken {
                Ok(("BetPlaced", "900 100 0"))
            } else {
                Err(told)
            };
            let scene = now(price).ruled(|rules| rules.price_tolerance = tolerance);
            let command = bet_taking(policy, "1.00", &[(on(1, 1), "2.50")]);
            check(vec![(format!("{policy:?} at {price}").leak(), scene, command, then)]);
        }
    };
    moved(
        [
            (Exact, "2.50", true),
            (Exact, "2.60", false),
            (Exact, "2.40", false),
            (Better, "2.50", true),
            (Better, "2.60", true),
            (Better, "2.40", false),
            (Worse, "2.50", true),
            (Worse, "2.60", false),
            (Worse, "2.40", true),
            (Any, "2.50", true),
            (Any, "2.60", true),
            (Any, "2.40", true),
        ],
        0,
    );
    // One percent of 2.50 is 0.025.
    moved(
        [
            (Exact, "2.475", true),
            (Exact, "2.4749", false),
            (Exact, "2.51", false),
            (Exact, "2.50", true),
            (Better, "2.475", true),
            (Better, "2.4749", false),
            (Better, "2.51", true),
            (Better, "2.48", true),
            (Worse, "2.475", true),
            (Worse, "2.51", false),
            (Worse, "1.01", true),
            (Any, "1.01", true),
        ],
        100,
    );
}

/// Protects the house: a price that fell within the tolerance is not the price that is struck.
#[test]
fn a_tolerated_bet_is_struck_at_the_price_now() {
    let mut scene = now("2.48").ruled(|rules| rules.price_tolerance = 100);
    let events = scene
        .run(&bet_taking(Exact, "1.00", &[(on(1, 1), "2.50")]))
        .expect("taken");
    let [Event::BetPlaced { terms, .. }] = events.as_slice() else {
        panic!("one bet")
    };
    assert_eq!(terms.legs[0].price, crate::scene::price("2.48"));
}

proptest! {
    /// Protects the policies at every pair of prices: by the two directions and the share that a price fell, counted apart.
    #[test]
    fn policies_are_what_a_naive_count_says(now in 10_001u32..50_000, asked in 10_001u32..50_000, tolerance in 0u16..=1_000) {
        let odds = |price| Odds::ratio(price, 10_000).expect("a price");
        for (policy, higher, lower) in [(Exact, false, false), (Better, true, false), (Any, true, true), (Worse, false, true)] {
            prop_assert_eq!((policy.higher(), policy.lower()), (higher, lower));
            let fell = asked.saturating_sub(now);
            let tolerated = u64::from(fell) * 10_000 <= u64::from(asked) * u64::from(tolerance);
            let naive = now == asked || (now > asked && higher) || (now < asked && (lower || tolerated));
            prop_assert_eq!(policy.takes_within(odds(now), odds(asked), tolerance), naive);
            prop_assert_eq!(policy.takes(odds(now), odds(asked)), policy.takes_within(odds(now), odds(asked), 0));
        }
    }
}

/// Protects players whose format rounds: a price means the one that is shown as it and no other, and where nothing is
/// rounded it means itself.
#[test]
fn prices_mean_what_is_shown() {
    use Format::{Decimal, Indonesian, Malay, Moneyline};
    let taken = || Ok(("BetPlaced", "900 100 0"));
    let rows = [
        (Moneyline, "+163", "2.625", taken()),
        (Moneyline, "+163", "2.63", taken()),
        (Moneyline, "+162", "2.625", Err("PRICE_CHANGED leg 0 now 2.625")),
        (Moneyline, "+163", "2.64", Err("PRICE_CHANGED leg 0 now 2.64")),
        (Indonesian, "-1.1111", "1.90", taken()),
        (Indonesian, "-1.1111", "1.91", Err("PRICE_CHANGED leg 0 now 1.91")),
        (Malay, "-0.6154", "2.625", taken()),
        (Malay, "-0.6153", "2.625", Err("PRICE_CHANGED leg 0 now 2.625")),
        (Decimal, "2.63", "2.625", Err("PRICE_CHANGED leg 0 now 2.625")),
    ];
    for (format, asked, price, then) in rows {
        let Command::PlaceSlip(mut slip) = bet_taking(Exact, "1.00", &[(on(1, 1), "2.50")]) else {
            unreachable!("a bet is a slip of one")
        };
        slip.selections[0].price = format.parse(asked).expect("a price");
        let what = format!("{asked} as {format} at {price}").leak();
        check(vec![(what, now(price), Command::PlaceShownSlip { slip, format }, then)]);
    }
}
