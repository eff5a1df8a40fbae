//! What a book may rely on of generated races, over many seeds.
use std::collections::BTreeMap;

use proptest::prelude::*;
use prost::Message;
use shardbook_proto::provider::v1::feed_message::Body;
use shardbook_proto::provider::v1::{FeedMarketStatus, FixtureStatus, Outcome};
use shardbook_replay::{Ladder, Plan, Speed};
use shardbook_synthetic::{FixtureList, Race};

/// What a race turned out to have.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Found {
    non_runners: usize,
    handicap: bool,
    /// The place that is shared, from 1; 0 for none.
    shared: u32,
}

/// Runs a race to its end, checking each message on the way.
fn check(seed: u64, index: u64) -> Found {
    let race = Race::new(seed, index);
    let (announced, shares) = (race.has_non_runner(), race.has_dead_heat());
    let (mut found, mut latest, mut ended) = (Found::default(), 0, false);
    let mut status = FeedMarketStatus::Unchanged;
    // Runner by saddle cloth: its price, `None` once it is out.
    let mut runners: BTreeMap<String, Option<String>> = BTreeMap::new();
    let mut resulted = false;
    for marked in race {
        let message = marked.message;
        assert!(!ended && message.source_ms >= latest, "{}", message.id);
        assert!(marked.index <= marked.total);
        latest = message.source_ms;
        match message.body.expect("a body") {
            Body::Fixture(fixture) => ended = fixture.status() == FixtureStatus::Ended,
            Body::Market(update) => {
                assert_ne!(status, FeedMarketStatus::Closed, "nothing follows the close");
                if let Some(definition) = update.definition.clone() {
                    assert!(runners.is_empty(), "defined twice");
                    found.handicap = definition.race.expect("declared as a race").handicap;
                    let names: Vec<_> = definition.selections.iter().map(|one| &one.name).collect();
                    assert!(
                        (1..names.len()).all(|at| !names[..at].contains(&names[at])),
                        "{names:?}"
                    );
                    runners = definition
                        .selections
                        .iter()
                        .map(|one| (one.id.clone(), Some(String::new())))
                        .collect();
                }
                match update.status() {
                    FeedMarketStatus::Unchanged => {}
                    changed => status = changed,
                }
                for line in update.lines {
                    let runner = runners.get_mut(&line.selection).expect("a runner");
                    assert!(runner.is_some(), "a runner that is out has no line any more");
                    if line.removed {
                        assert_eq!(
                            status,
                            FeedMarketStatus::Suspended,
                            "nobody bets while a runner is taken out"
                        );
                        found.non_runners += 1;
                        *runner = None;
                    } else {
                        if !line.price.is_empty() {
                            let price = line.price.parse().expect("a decimal price");
                            assert_eq!(Ladder::exchange().snap_down(price).to_string(), line.price);
                        }
                        *runner = Some(line.price);
                    }
                }
            }
            Body::Result(result) => {
                assert!(status == FeedMarketStatus::Closed && !std::mem::replace(&mut resulted, true));
                let positions: Vec<(u32, u32)> = result.selections.iter().map(|one| (one.position, one.tied)).collect();
                assert_eq!(positions.len(), runners.len(), "every runner has its result");
                for one in &result.selections {
                    let out = runners[&one.selection].is_none();
                    let expected = match (out, one.position) {
                        (true, _) => Outcome::Void,
                        (false, 1) => Outcome::Won,
                        (false, _) => Outcome::Lost,
                    };
                    assert_eq!((one.outcome(), one.position == 0), (expected, out), "{one:?}");
                    let halves = if one.position == 1 && one.tied == 2 {
                        (1, 2)
                    } else {
                        (0, 0)
                    };
                    assert_eq!((one.dead_heat_places, one.dead_heat_runners), halves);
                }
                let mut taken: Vec<u32> = Vec::new();
                for (position, tied) in positions.into_iter().filter(|(position, _)| *position > 0) {
                    found.shared = if tied > 0 { position } else { found.shared };
                    taken.push(position);
                }
                taken.sort_unstable();
                let mut places: Vec<u32> = (1..=taken.len() as u32).collect();
                if found.shared > 0 {
                    places[found.shared as usize] = found.shared;
                }
                assert_eq!(taken, places, "each place once, a shared one twice");
            }
            other => panic!("a race tells no {other:?}"),
        }
    }
    assert!(ended && resulted, "a race ends with its result");
    assert!(
        runners.values().flatten().all(String::is_empty),
        "lines are withdrawn with the close"
    );
    assert_eq!((found.non_runners > 0, found.shared > 0), (announced, shares));
    found
}

/// Protects every payout on a race, and that the rare cases are among them: non-runners, dead heats for the win and for a
/// place, handicaps and others.
#[test]
fn two_hundred_races_finish() {
    let found: Vec<Found> = (0..200).map(|index| check(7, index)).collect();
    for (what, some) in [
        ("non-runner", found.iter().any(|race| race.non_runners == 1)),
        ("full field", found.iter().any(|race| race.non_runners == 0)),
        ("dead heat for the win", found.iter().any(|race| race.shared == 1)),
        ("dead heat for a place", found.iter().any(|race| race.shared > 1)),
        ("handicap", found.iter().any(|race| race.handicap)),
        ("no handicap", found.iter().any(|race| !race.handicap)),
    ] {
        assert!(some, "no race has a {what}");
    }
}

/// Protects repeatability and the plan: the same seed makes the same bytes, another makes others, and races run beside the
/// matches of the list, which they do not change.
#[test]
fn races_follow_seed_and_plan() {
    let bytes =
        |seed, index| -> Vec<Vec<u8>> { Race::new(seed, index).map(|one| one.message.encode_to_vec()).collect() };
    assert_eq!(bytes(1, 2), bytes(1, 2));
    assert_ne!(bytes(1, 2)[1..], bytes(2, 2)[1..]);
    let plan = Plan {
        speed: Speed::Max,
        overlap: false,
    };
    let list = |races| -> Vec<String> {
        FixtureList::new(3, 2, races, plan)
            .map(|timed| timed.message.id)
            .collect()
    };
    let (matches, both) = (list(0), list(2));
    assert_eq!(both[..matches.len()], matches);
    let races = both[matches.len()..].iter().filter(|id| id.starts_with("syn:3:race:"));
    assert!(races.count() == both.len() - matches.len() && both.len() > matches.len() + 100);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Protects the book from any seed.
    #[test]
    fn any_race_is_sound(seed in any::<u64>(), index in any::<u64>()) {
        check(seed, index);
    }
}
