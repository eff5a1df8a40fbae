//! Due times and ladders in the trade's words.
use std::time::Duration;

use proptest::prelude::*;
use rust_decimal::Decimal;
use shardbook_proto::provider::v1::FeedMessage;
use shardbook_replay::{Band, Ladder, LadderError, Marked, Rate, Schedule, Speed};

fn track(name: &'static str, marks: &[(u64, u64)]) -> std::vec::IntoIter<Marked> {
    let total = marks.len() as u64;
    let marked = |&(elapsed_ms, index)| Marked {
        elapsed_ms,
        index,
        total,
        message: FeedMessage {
            id: format!("{name}{index}"),
            ..Default::default()
        },
    };
    marks.iter().map(marked).collect::<Vec<_>>().into_iter()
}

fn played(speed: Speed, tracks: Vec<std::vec::IntoIter<Marked>>) -> Vec<(u64, String)> {
    Schedule::new(speed, tracks)
        .map(|t| (t.due.as_millis() as u64, t.message.id))
        .collect()
}

/// Protects the due times of each speed: a multiple of real time, everything at once, and fit by position.
#[test]
fn speeds_place_messages() {
    let tracks = || {
        vec![
            track("a", &[(0, 0), (60_000, 1)]),
            track("b", &[(0, 0), (30_000, 1), (90_000, 2)]),
        ]
    };
    let ids = |speed: &str| played(speed.parse().unwrap(), tracks());
    let own = |list: &[(u64, &str)]| list.iter().map(|&(due, id)| (due, id.to_owned())).collect::<Vec<_>>();
    assert_eq!(
        ids("1x"),
        own(&[(0, "a0"), (0, "b0"), (30_000, "b1"), (60_000, "a1"), (90_000, "b2")])
    );
    assert_eq!(
        ids("60x"),
        own(&[(0, "a0"), (0, "b0"), (500, "b1"), (1_000, "a1"), (1_500, "b2")])
    );
    assert_eq!(
        ids("max"),
        own(&[(0, "a0"), (0, "b0"), (0, "b1"), (0, "a1"), (0, "b2")])
    );
    let fit = played(Speed::Fit(Duration::from_secs(6)), tracks());
    assert_eq!(
        fit,
        own(&[(0, "a0"), (0, "b0"), (2_000, "b1"), (3_000, "a1"), (4_000, "b2")])
    );
}

/// Protects the reading of speeds, and that a wrong one is refused with what to give instead.
#[test]
fn speeds_are_read() {
    for (text, thousandths) in [
        ("1x", 1_000),
        ("60x", 60_000),
        ("0.5x", 500),
        ("1.25x", 1_250),
        ("0.001x", 1),
    ] {
        assert_eq!(
            text.parse(),
            Ok(Speed::Real(Rate::from_thousandths(thousandths).unwrap())),
            "{text}"
        );
        assert_eq!(text.parse::<Speed>().unwrap().to_string(), text);
    }
    for wrong in [
        "",
        "x",
        "0x",
        "0.000x",
        "-1x",
        "1",
        "1.0001x",
        ".5x",
        "1e3x",
        "fast",
        "9999999x",
        "99999999999x",
    ] {
        let refused = wrong.parse::<Speed>().unwrap_err().to_string();
        assert!(refused.contains("such as 1x"), "{wrong}: {refused}");
    }
}

/// Protects the exchange ladder: a price goes down to the nearest step and never below 1.01.
#[test]
fn prices_snap_down_to_the_ladder() {
    let rows = [
        ("0.5", "1.01"),
        ("1", "1.01"),
        ("1.0095", "1.01"),
        ("1.999", "1.99"),
        ("2", "2"),
        ("2.019", "2"),
        ("2.02", "2.02"),
        ("3.04", "3"),
        ("4.09", "4"),
        ("6.19", "6"),
        ("10.49", "10"),
        ("20.99", "20"),
        ("31.9", "30"),
        ("54.9", "50"),
        ("109", "100"),
        ("999", "990"),
        ("1000", "1000"),
        ("5000", "1000"),
    ];
    for (price, snapped) in rows {
        let price: Decimal = price.parse().unwrap();
        assert_eq!(Ladder::exchange().snap_down(price).to_string(), snapped, "{price}");
    }
}

/// Protects against ladders that would snap nowhere.
#[test]
fn wrong_ladders_are_refused() {
    let band = |upto: &str, step: &str| Band {
        upto: upto.parse().unwrap(),
        step: step.parse().unwrap(),
    };
    assert_eq!(Ladder::new(vec![]), Err(LadderError::Empty));
    for falling in [vec![band("1", "0.1")], vec![band("3", "0.1"), band("2", "0.1")]] {
        assert!(matches!(Ladder::new(falling), Err(LadderError::NotRising { .. })));
    }
    for step in ["0", "-0.1", "0.3"] {
        assert!(
            matches!(Ladder::new(vec![band("2", step)]), Err(LadderError::Step { .. })),
            "{step}"
        );
    }
    let quarters = Ladder::new(vec![band("3", "0.25")]).unwrap();
    assert_eq!(quarters.snap_down(Decimal::new(199, 2)).to_string(), "1.75");
}

proptest! {
    /// Protects the player and the house: a snapped price is on the ladder, not above the asked one, and snapping
    /// again changes nothing.
    #[test]
    fn snapping_is_down_and_stable(micros in 1_010_000_i64..=1_000_000_000) {
        let ladder = Ladder::exchange();
        let price = Decimal::new(micros, 6);
        let snapped = ladder.snap_down(price);
        prop_assert!(snapped <= price && snapped >= Ladder::LOWEST);
        prop_assert_eq!(ladder.snap_down(snapped), snapped);
    }
}
