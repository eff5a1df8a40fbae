//! Real files of the exchange, where they are present: translated, each ends in its own final runner status.
use std::collections::BTreeMap;
use std::path::PathBuf;

use shardbook_betfair::{FinalMarket, Limits, Options, Pricing, Replay, final_markets};
use shardbook_proto::provider::v1::feed_message::Body;
use shardbook_proto::provider::v1::{FeedMarketStatus, FeedMessage, Outcome, SelectionResult};
use shardbook_replay::{Plan, Speed};

fn files() -> Vec<PathBuf> {
    let data = std::env::var_os("SHARDBOOK_DATA").map_or_else(|| "../../../../shared/data".into(), PathBuf::from);
    let folder = data.join("betfair");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!(
            "skipped: no real files in {}; set SHARDBOOK_DATA to the data folder",
            folder.display()
        );
        return Vec::new();
    };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn played(files: &[PathBuf], overlap: bool) -> (Vec<FeedMessage>, shardbook_betfair::Report) {
    let plan = Plan {
        speed: Speed::Max,
        overlap,
    };
    let options = Options {
        pricing: Pricing::default(),
        plan,
        limits: Limits::default(),
        strict: true,
    };
    let mut replay = Replay::open(files, &options).unwrap();
    let messages: Vec<_> = replay.by_ref().map(|timed| timed.message).collect();
    assert!(replay.stopped().is_none(), "{:?}", replay.stopped());
    assert_eq!(replay.report().lines, replay.lines());
    (messages, replay.report())
}

/// What bettors are paid by: the last result of each market. Of a runner that was removed and reinstated, the last
/// selection counts.
fn settled(messages: &[FeedMessage]) -> BTreeMap<String, BTreeMap<String, Outcome>> {
    let runner = |result: &SelectionResult| {
        let runner = result.selection.split('~').next().unwrap_or_default();
        (runner.to_owned(), result.outcome())
    };
    let mut settled = BTreeMap::new();
    for message in messages {
        if let Some(Body::Result(result)) = &message.body {
            let market = result
                .key
                .as_ref()
                .unwrap()
                .specifiers
                .strip_prefix("market=")
                .unwrap()
                .to_owned();
            let outcomes = result.selections.iter().map(runner).collect();
            settled.insert(market, outcomes);
        }
    }
    settled
}

fn expected(market: &FinalMarket) -> BTreeMap<String, Outcome> {
    let outcome = |status: &String| match status.as_str() {
        "WINNER" | "PLACED" => Outcome::Won,
        "LOSER" => Outcome::Lost,
        "REMOVED" => Outcome::Void,
        other => panic!("a closed market left a runner {other}"),
    };
    market
        .runners
        .iter()
        .map(|(selection, status)| (selection.clone(), outcome(status)))
        .collect()
}

/// Protects every payout: translating a real file ends in the results that the exchange itself paid by.
#[test]
fn real_files_end_in_their_final_runner_status() {
    for file in files() {
        let oracle = final_markets(&file, Limits::default()).unwrap();
        let closed: BTreeMap<_, _> = oracle
            .iter()
            .filter(|(_, m)| m.status == "CLOSED")
            .map(|(id, m)| (id.clone(), expected(m)))
            .collect();
        let (messages, report) = played(std::slice::from_ref(&file), false);
        assert_eq!(settled(&messages), closed, "{}", file.display());
        assert_eq!(report.settled as usize, closed.len(), "{}", file.display());
        assert_eq!(report.markets as usize, oracle.len(), "{}", file.display());
        println!("{}: {report:?}", file.file_name().unwrap().to_string_lossy());
    }
}

/// Protects the book: over all real files at once, definitions come first, prices are on the ladder, time does not
/// go backwards, nothing but results follows a close, and no id comes twice.
#[test]
fn real_files_make_a_sound_stream() {
    let files = files();
    for overlap in [false, true] {
        let (messages, _) = played(&files, overlap);
        let mut ids = std::collections::BTreeSet::new();
        let mut time: BTreeMap<String, i64> = BTreeMap::new();
        let mut status: BTreeMap<String, FeedMarketStatus> = BTreeMap::new();
        let ladder = shardbook_replay::Ladder::exchange();
        for message in &messages {
            assert!(ids.insert(message.id.clone()), "{} twice", message.id);
            let latest = time.entry(message.event.clone()).or_default();
            assert!(message.source_ms >= *latest, "{} goes back in time", message.id);
            *latest = message.source_ms;
            let Some(Body::Market(update)) = &message.body else {
                continue;
            };
            let market = update.key.clone().unwrap().specifiers;
            match status.get(&market) {
                None => assert!(update.definition.is_some(), "{} is of no known market", message.id),
                Some(known) => assert_ne!(*known, FeedMarketStatus::Closed, "{} after the close", message.id),
            }
            if update.status() != FeedMarketStatus::Unchanged || !status.contains_key(&market) {
                status.insert(market, update.status());
            }
            for line in update.lines.iter().filter(|line| !line.price.is_empty()) {
                let price = line.price.parse().unwrap();
                assert_eq!(ladder.snap_down(price).to_string(), line.price, "{}", message.id);
            }
        }
    }
}
