//! What a book may rely on of generated matches, over many seeds.
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;
use prost::Message;
use shardbook_proto::provider::v1::feed_message::Body;
use shardbook_proto::provider::v1::{FeedMarketStatus, FeedMessage, FixtureStatus, Outcome};
use shardbook_replay::{Ladder, Plan, Speed};
use shardbook_synthetic::{FixtureList, Match, Twist};

/// What became of one market.
#[derive(Debug, Default)]
struct Seen {
    open: bool,
    closed: bool,
    selections: Vec<String>,
    priced: BTreeSet<String>,
    results: Vec<Vec<String>>,
    rolled_back: usize,
    void: bool,
}

/// Plays a match to its end, checking each message on the way.
fn play(seed: u64, index: u64) -> (Match, BTreeMap<(String, String), Seen>, String) {
    let mut playing = Match::new(seed, index);
    let mut markets: BTreeMap<(String, String), Seen> = BTreeMap::new();
    let mut scoreboard = String::new();
    let (mut latest, mut ids, mut ended) = (0, BTreeSet::new(), false);
    let mut suspended_for_goal = true;
    for marked in playing.by_ref() {
        let message = marked.message;
        assert!(!ended, "{} follows the end", message.id);
        assert!(
            message.source_ms >= latest && ids.insert(message.id.clone()),
            "{}",
            message.id
        );
        assert!(marked.index <= marked.total);
        latest = message.source_ms;
        let key = |key: Option<shardbook_proto::provider::v1::MarketKey>| {
            let key = key.expect("every body names its market");
            (key.r#type, key.specifiers)
        };
        match message.body.expect("every message has a body") {
            Body::Fixture(fixture) => {
                if !scoreboard.is_empty() && fixture.scoreboard != scoreboard {
                    assert!(suspended_for_goal, "a goal is told before the markets are suspended");
                }
                ended = fixture.status() == FixtureStatus::Ended;
                scoreboard = fixture.scoreboard;
            }
            Body::Market(update) => {
                let status = update.status();
                let market = markets.entry(key(update.key)).or_default();
                assert!(!market.closed, "nothing follows the close");
                if let Some(definition) = update.definition {
                    assert!(market.selections.is_empty(), "defined twice");
                    market.selections = definition.selections.into_iter().map(|s| s.id).collect();
                    assert_eq!(status, FeedMarketStatus::Open);
                }
                match status {
                    FeedMarketStatus::Open => market.open = true,
                    FeedMarketStatus::Suspended => market.open = false,
                    FeedMarketStatus::Closed => market.closed = true,
                    FeedMarketStatus::Unchanged => assert!(market.open, "lines only move while open"),
                }
                assert_eq!(update.in_play.map(|on| if on { 5 } else { 0 }), update.bet_delay_s);
                for line in update.lines {
                    assert!(
                        market.selections.contains(&line.selection),
                        "defined before its first line"
                    );
                    if line.price.is_empty() {
                        market.priced.remove(&line.selection);
                        continue;
                    }
                    let price = line.price.parse().expect("a decimal price");
                    assert_eq!(Ladder::exchange().snap_down(price).to_string(), line.price);
                    market.priced.insert(line.selection);
                }
                assert!(
                    !market.closed || market.priced.is_empty(),
                    "lines are withdrawn with the close"
                );
            }
            Body::Result(result) => {
                let market = markets.get_mut(&key(result.key)).expect("a known market");
                assert!(market.closed);
                let told: Vec<_> = result.selections.iter().map(|s| s.selection.clone()).collect();
                assert_eq!(told, market.selections, "every selection has its result");
                let won = result.selections.iter().filter(|s| s.outcome() == Outcome::Won);
                market.results.push(won.map(|s| s.selection.clone()).collect());
            }
            Body::Rollback(rollback) => {
                let market = markets.get_mut(&key(rollback.key)).expect("a known market");
                market.rolled_back += 1;
                assert_eq!(market.rolled_back, market.results.len());
            }
            Body::Void(void) => {
                let market = markets.get_mut(&key(void.key)).expect("a known market");
                assert!(market.closed && market.results.is_empty());
                market.void = true;
            }
            other => panic!("a match tells no {other:?}"),
        }
        suspended_for_goal = markets.values().all(|market| !market.open);
    }
    assert!(ended, "a match ends");
    (playing, markets, scoreboard)
}

/// The winners of a market by the final score, worked out apart from the generator.
fn winners(market: &str, specifiers: &str, home: u32, away: u32) -> Option<Vec<&'static str>> {
    let result = if home > away {
        "home"
    } else if home < away {
        "away"
    } else {
        "draw"
    };
    Some(match market {
        "MATCH_ODDS" => vec![result],
        "DOUBLE_CHANCE" => match result {
            "home" => vec!["home_draw", "home_away"],
            "draw" => vec!["home_draw", "draw_away"],
            _ => vec!["home_away", "draw_away"],
        },
        "BOTH_TEAMS_TO_SCORE" => vec![if home > 0 && away > 0 { "yes" } else { "no" }],
        "OVER_UNDER" => {
            let line: u32 = specifiers
                .strip_prefix("total=")
                .unwrap()
                .strip_suffix(".5")
                .unwrap()
                .parse()
                .unwrap();
            vec![if home + away > line { "over" } else { "under" }]
        }
        _ => return None,
    })
}

fn check(seed: u64, index: u64) -> Twist {
    let (playing, markets, scoreboard) = play(seed, index);
    let (home, away) = playing.score();
    assert_eq!(scoreboard, format!("{home}-{away}"));
    let mut scorers = BTreeMap::new();
    for ((kind, specifiers), seen) in &markets {
        let place = format!("{seed}:{index} {kind} {specifiers} at {home}-{away}: {seen:?}");
        assert!(seen.closed, "left open: {place}");
        assert_eq!(
            seen.results.len(),
            usize::from(!seen.void) + seen.rolled_back,
            "{place}"
        );
        let last = seen.results.last();
        match playing.twist() {
            Twist::None => assert!(!seen.void && seen.rolled_back == 0, "{place}"),
            Twist::Abandoned => assert_eq!(seen.rolled_back, 0, "{place}"),
            Twist::WrongResult => {
                let wrong = usize::from(kind == "MATCH_ODDS");
                assert!(!seen.void && seen.rolled_back == wrong, "{place}");
                assert!(wrong == 0 || seen.results[0] != seen.results[1], "{place}");
            }
        }
        if let (Some(won), Some(expected)) = (last, winners(kind, specifiers, home, away)) {
            assert_eq!(*won, expected, "{place}");
        }
        if let (Some(won), "NEXT_GOAL") = (last, kind.as_str()) {
            *scorers.entry(won[0].clone()).or_insert(0) += 1;
        }
    }
    let goals = |team: &str| scorers.get(team).copied().unwrap_or(0);
    assert_eq!(
        (goals("home"), goals("away")),
        (home, away),
        "goals by the markets of each goal"
    );
    playing.twist()
}

/// Protects every payout of a generated match, and that abandoned and wrongly resulted matches are among them.
#[test]
fn two_hundred_matches_settle_by_their_score() {
    let twists: Vec<Twist> = (0..200).map(|index| check(7, index)).collect();
    for twist in [Twist::None, Twist::Abandoned, Twist::WrongResult] {
        assert!(twists.contains(&twist), "no match is {twist:?}");
    }
}

/// Protects repeatability: the same seed makes the same bytes, another seed or number makes others.
#[test]
fn a_seed_makes_the_same_bytes() {
    let bytes = |seed, index| {
        Match::new(seed, index)
            .map(|m| m.message.encode_to_vec())
            .collect::<Vec<_>>()
    };
    assert_eq!(bytes(1, 2), bytes(1, 2));
    let prices = |seed, index| {
        let lines = |body| {
            if let Some(Body::Market(update)) = body {
                update.lines
            } else {
                Vec::new()
            }
        };
        Match::new(seed, index)
            .flat_map(|m| lines(m.message.body))
            .map(|line| line.price)
            .collect::<Vec<_>>()
    };
    assert_ne!(prices(1, 2), prices(2, 2));
    assert_ne!(prices(1, 2), prices(1, 3));
}

/// Protects the plan: overlapped matches trade at once, others one after the other, and a fit ends in time.
#[test]
fn matches_follow_the_plan() {
    let due = |speed: Speed, overlap: bool| {
        let list = FixtureList::new(3, 4, 0, Plan { speed, overlap });
        list.map(|timed| (timed.due, timed.message))
            .collect::<Vec<(Duration, FeedMessage)>>()
    };
    let switches =
        |played: &[(Duration, FeedMessage)]| played.windows(2).filter(|w| w[0].1.event != w[1].1.event).count();
    let at_once = due(Speed::Max, true);
    let in_turn = due(Speed::Max, false);
    assert_eq!(at_once.len(), in_turn.len());
    assert!(switches(&at_once) > 100);
    assert_eq!(switches(&in_turn), 3);
    let whole = Duration::from_secs(60);
    for overlap in [false, true] {
        let fit = due(Speed::Fit(whole), overlap);
        assert!(fit.is_sorted_by_key(|(due, _)| *due));
        assert!(fit.last().unwrap().0 > whole * 9 / 10 && fit.last().unwrap().0 <= whole);
    }
    let real = due("60x".parse().unwrap(), true);
    let longest = (0..4).map(|index| Match::new(3, index).length_ms()).max().unwrap();
    assert_eq!(real.last().unwrap().0, Duration::from_millis(longest) / 60);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Protects the book from any seed: definitions first, goals behind a suspension, valid prices, results by the score.
    #[test]
    fn any_match_is_sound(seed in any::<u64>(), index in any::<u64>()) {
        check(seed, index);
    }
}
