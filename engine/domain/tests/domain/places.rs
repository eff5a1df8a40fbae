//! How likely a runner is placed.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, Zero};
use proptest::prelude::*;
use shardbook_domain::market::{Chance, place_chance};

/// Protects the price of places: Harville's formula for small fields, worked out by hand, certainty held just below one,
/// and what cannot be reckoned.
#[test]
fn fields_worked_out_by_hand() {
    let eighths = vec![125_000; 7];
    let rows: Vec<(&str, u32, Vec<u32>, u8, Option<u32>)> = vec![
        ("the win itself", 500_000, vec![300_000, 200_000], 1, Some(500_000)),
        // 0.5 + 0.3 x 0.5 / 0.7 + 0.2 x 0.5 / 0.8.
        ("favourite", 500_000, vec![300_000, 200_000], 2, Some(839_286)),
        ("second favourite", 300_000, vec![500_000, 200_000], 2, Some(675_000)),
        ("outsider", 200_000, vec![500_000, 300_000], 2, Some(485_714)),
        ("eight alike", 125_000, eighths, 3, Some(375_000)),
        ("all are placed", 500_000, vec![300_000, 200_000], 3, Some(999_999)),
        ("nobody else", 1_000_000, vec![], 1, Some(999_999)),
        ("a rival who never wins", 600_000, vec![400_000, 0], 2, Some(999_999)),
        ("never wins", 0, vec![600_000, 400_000], 2, None),
        ("the most orders", 24_390, vec![24_390; 39], 4, Some(100_000)),
        ("too many orders", 20_000, vec![20_000; 49], 4, None),
        ("twenty places of fifty", 20_000, vec![20_000; 49], 20, None),
    ];
    for (what, own, rivals, places, expected) in rows {
        assert_eq!(
            place_chance(own, &rivals, places),
            expected.map(Chance::of_winning),
            "{what}"
        );
    }
}

fn whole(number: u64) -> BigRational {
    BigRational::from(BigInt::from(number))
}

/// The same exactly: the sum over every order of the first places in which the runner is.
fn naive(runners: &[u32], places: usize) -> BigRational {
    fn go(left: &[(usize, u32)], so_far: BigRational, places: usize) -> BigRational {
        let all: u64 = left.iter().map(|(_, weight)| u64::from(*weight)).sum();
        let mut sum = BigRational::zero();
        for (at, (runner, weight)) in left.iter().enumerate() {
            let next = &so_far * whole((*weight).into()) / whole(all);
            if *runner == 0 {
                sum += next;
            } else if places > 1 {
                let mut rest = left.to_vec();
                rest.remove(at);
                sum += go(&rest, next, places - 1);
            }
        }
        sum
    }
    let field: Vec<(usize, u32)> = runners.iter().copied().enumerate().collect();
    go(&field, whole(1), places)
}

proptest! {
    /// Protects both sides of a sale from the arithmetic: whatever the field, the chance is the exact one to the nearest
    /// millionth, whichever order the rivals are told in.
    #[test]
    fn as_the_exact_sum(runners in prop::collection::vec(1u32..400_000, 2..7), places in 1u8..5) {
        prop_assume!(usize::from(places) < runners.len());
        let found = place_chance(runners[0], &runners[1..], places).expect("few orders").won;
        let mut other_way: Vec<u32> = runners[1..].to_vec();
        other_way.reverse();
        let exact = naive(&runners, places.into()) * whole(Chance::ONE.into());
        let off = (exact - whole(found.into())).abs();
        prop_assert!(off <= BigRational::new(51.into(), 100.into()), "{found} is off by {off}");
        let again = place_chance(runners[0], &other_way, places).expect("few orders").won;
        prop_assert!(again.abs_diff(found) <= 1);
    }
}
