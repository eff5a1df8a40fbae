//! What a bet returns, computed once more in the plainest way.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, ToPrimitive, Zero};
use shardbook_proto::client::v1::BetStatus;

/// What became of a leg; `None` while it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Open,
    Won,
    /// Won in a tie of so many for one place.
    Tied(u32),
    Lost,
    Void,
}

/// A decimal such as `2.50` as an exact ratio.
pub fn exact(decimal: &str) -> BigRational {
    let (whole, part) = decimal.split_once('.').unwrap_or((decimal, ""));
    let digits: BigInt = format!("{whole}{part}").parse().expect("digits");
    BigRational::new(digits, BigInt::from(10).pow(part.len() as u32))
}

/// Status and return in cents of a single or accumulator; legs are price and fate.
pub fn settled(stake: &str, legs: &[(&str, Fate)]) -> (BetStatus, i64) {
    if legs.iter().any(|(_, fate)| *fate == Fate::Lost) {
        return (BetStatus::Lost, 0);
    }
    if legs.iter().any(|(_, fate)| *fate == Fate::Open) {
        return (BetStatus::Open, 0);
    }
    let factor = legs
        .iter()
        .fold(BigRational::one(), |factor, (price, fate)| match fate {
            Fate::Won => factor * exact(price),
            Fate::Tied(runners) => factor * exact(price) / BigInt::from(*runners),
            _ => factor,
        });
    let status = if legs.iter().all(|(_, fate)| *fate == Fate::Void) {
        BetStatus::Void
    } else if legs.iter().any(|(_, fate)| matches!(fate, Fate::Tied(_))) {
        BetStatus::PartlyWon
    } else {
        BetStatus::Won
    };
    (status, half_up(exact(stake) * factor * BigInt::from(100)))
}

/// Cents of a decimal.
pub fn cents(decimal: &str) -> i64 {
    (exact(decimal) * BigInt::from(100))
        .to_integer()
        .to_i64()
        .expect("fits")
}

/// Whole cents, halves up.
pub fn half_up(cents: BigRational) -> i64 {
    assert!(cents >= BigRational::zero());
    (cents + BigRational::new(1.into(), 2.into()))
        .floor()
        .to_integer()
        .to_i64()
        .expect("fits")
}

/// Protects the oracle of these tests from its own mistakes.
#[test]
fn known_returns() {
    type Row<'a> = (&'a str, &'a [(&'a str, Fate)], BetStatus, i64);
    let rows: [Row<'_>; 8] = [
        ("10.00", &[("2.50", Fate::Won)], BetStatus::Won, 2_500),
        ("10.00", &[("2.50", Fate::Lost)], BetStatus::Lost, 0),
        ("10.00", &[("2.50", Fate::Void)], BetStatus::Void, 1_000),
        (
            "10.00",
            &[("2.50", Fate::Won), ("1.50", Fate::Void)],
            BetStatus::Won,
            2_500,
        ),
        (
            "10.00",
            &[("2.50", Fate::Open), ("1.50", Fate::Lost)],
            BetStatus::Lost,
            0,
        ),
        (
            "10.00",
            &[("2.50", Fate::Open), ("1.50", Fate::Won)],
            BetStatus::Open,
            0,
        ),
        ("10.00", &[("2.50", Fate::Tied(2))], BetStatus::PartlyWon, 1_250),
        ("0.15", &[("1.70", Fate::Won)], BetStatus::Won, 26),
    ];
    for (stake, legs, status, returned) in rows {
        assert_eq!(settled(stake, legs), (status, returned), "{stake} on {legs:?}");
    }
}
