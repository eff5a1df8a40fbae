//! Images, deltas, suspensions and prices.
use shardbook_betfair::Pricing;
use shardbook_replay::Ladder;

use crate::reading::{Stream, definition};

const BOTH: [(u64, &str); 2] = [(1, "ACTIVE"), (2, "ACTIVE")];

fn open_market() -> Stream {
    let mut stream = Stream::new();
    let first = stream.define("OPEN", &BOTH, "");
    assert_eq!(
        first,
        [
            "fixture horse-racing Ham 14th Jun scheduled",
            "market defined:2/1 open pre-match delay:0"
        ]
    );
    stream
}

/// Protects the ladder cache: the line follows the best price with money on it, level by level.
#[test]
fn lines_follow_the_best_back_price() {
    let mut stream = open_market();
    assert_eq!(stream.rc(r#"{"id":1,"atb":[[3.0,10],[2.9,5.5]]}"#), ["market 1=2.9"]);
    assert_eq!(
        stream.rc(r#"{"id":1,"atb":[[2.9,7]]}"#),
        [""; 0],
        "a worse level changes nothing"
    );
    assert_eq!(
        stream.rc(r#"{"id":1,"atb":[[3.0,0]]}"#),
        ["market 1=2.8"],
        "size 0 removes the level"
    );
    assert_eq!(
        stream.rc(r#"{"id":1,"ltp":9.0}"#),
        [""; 0],
        "last traded does not count beside a ladder"
    );
    assert_eq!(stream.rc(r#"{"id":2,"ltp":9.0}"#), [""; 0]);
    assert_eq!(
        stream.rc(r#"{"id":1,"atb":[[2.9,0]]}"#),
        ["market 1=-"],
        "no money, no line"
    );
}

/// Protects files that hold positions instead of prices: a position is replaced, not added.
#[test]
fn positions_are_replaced() {
    for field in ["batb", "bdatb"] {
        let mut stream = open_market();
        let mut rc = |levels: &str| stream.rc(&format!(r#"{{"id":1,"{field}":{levels}}}"#));
        assert_eq!(rc("[[0,5.0,2],[1,4.0,2]]"), ["market 1=4.8"]);
        assert_eq!(rc("[[0,4.5,2]]"), ["market 1=4.3"]);
        assert_eq!(rc("[[0,4.5,0]]"), ["market 1=3.85"]);
    }
}

/// Protects files with last traded prices alone.
#[test]
fn last_traded_makes_the_line_where_no_ladder_was_seen() {
    let mut stream = open_market();
    assert_eq!(
        stream.rc(r#"{"id":1,"ltp":11.5},{"id":2,"ltp":1.01}"#),
        ["market 1=10.5 2=1.01"]
    );
    assert_eq!(
        stream.rc(r#"{"id":1,"atb":[[2.0,1]]}"#),
        ["market 1=1.95 2=-"],
        "a ladder takes over"
    );
}

/// Protects a client that resubscribed: an image replaces all that was cached, a delta does not.
#[test]
fn an_image_replaces_the_market() {
    let mut stream = open_market();
    stream.rc(r#"{"id":1,"atb":[[3.0,10]]},{"id":2,"atb":[[1.5,10]]}"#);
    let delta = r#"{"id":"1.1","img":false,"rc":[{"id":1,"atb":[[2.5,1]]}]}"#;
    assert_eq!(stream.mc(delta), [""; 0]);
    let definition = definition("OPEN", &BOTH, "");
    let image = format!(r#"{{"id":"1.1","img":true,{definition},"rc":[{{"id":1,"atb":[[2.0,1]]}}]}}"#);
    assert_eq!(stream.mc(&image), ["market 1=1.95 2=-"]);
}

/// Protects bettors from stale prices: a suspension and the lines that come with it are one update.
#[test]
fn suspension_comes_with_its_lines() {
    let mut stream = open_market();
    stream.rc(r#"{"id":1,"atb":[[3.0,10]]}"#);
    let suspended = definition("SUSPENDED", &BOTH, "");
    let line = format!(r#"{{"id":"1.1",{suspended},"rc":[{{"id":1,"atb":[[3.0,0]]}}]}}"#);
    assert_eq!(stream.mc(&line), ["market suspended 1=-"]);
    assert_eq!(
        stream.define("INACTIVE", &BOTH, ""),
        [""; 0],
        "inactive is suspended too"
    );
    let off = r#","inPlay":true,"betDelay":5"#;
    let in_play = [
        "fixture horse-racing Ham 14th Jun in-play",
        "market open in-play delay:5",
    ];
    assert_eq!(stream.define("OPEN", &BOTH, off), in_play);
}

/// Protects bets on a non-runner: it is told once as removed, with its line gone.
#[test]
fn a_removed_runner_is_out() {
    let mut stream = open_market();
    stream.rc(r#"{"id":1,"atb":[[3.0,10]]},{"id":2,"atb":[[3.0,10]]}"#);
    let out = [(1, "ACTIVE"), (2, "REMOVED")];
    assert_eq!(stream.define("OPEN", &out, ""), ["market 2=-!"]);
    assert_eq!(stream.define("OPEN", &out, ""), [""; 0]);
    assert_eq!(
        stream.rc(r#"{"id":2,"atb":[[4.0,10]]}"#),
        [""; 0],
        "money on it makes no line"
    );
}

/// Protects bets on a runner that was removed and came back: void for good, and new bets are on a new selection.
#[test]
fn a_reinstated_runner_is_a_new_selection() {
    let mut stream = open_market();
    let out = [(1, "ACTIVE"), (2, "REMOVED")];
    stream.define("OPEN", &out, "");
    assert_eq!(stream.define("OPEN", &BOTH, ""), ["market defined:3/1"]);
    assert_eq!(stream.rc(r#"{"id":2,"atb":[[4.0,10]]}"#), ["market 2~2=3.85"]);
    stream.define("OPEN", &out, "");
    assert_eq!(stream.define("OPEN", &BOTH, ""), ["market defined:4/1"]);
    assert_eq!(stream.rc(r#"{"id":2,"atb":[[3.0,10]]}"#), ["market 2~3=2.9"]);
    assert_eq!(stream.noted("runner_reinstated"), 2);
    let closed = stream.define("CLOSED", &[(1, "LOSER"), (2, "WINNER")], "");
    assert_eq!(
        closed[..2],
        ["market closed 2~3=-", "result 2=void 2~2=void 1=lost 2~3=won"]
    );
    assert_eq!(stream.noted("runner_without_result"), 0);
}

/// Protects late entries and runners that a definition leaves out.
#[test]
fn selections_are_added_and_never_taken_away() {
    let mut stream = open_market();
    stream.rc(r#"{"id":1,"atb":[[3.0,10]]}"#);
    assert_eq!(
        stream.define("OPEN", &[(2, "ACTIVE"), (3, "ACTIVE")], ""),
        ["market defined:3/1 1=-"]
    );
    assert_eq!(stream.rc(r#"{"id":3,"atb":[[2.0,1]]}"#), ["market 3=1.95"]);
}

/// Protects handicap lines: each runner and handicap is a selection of its own, named by exact digits.
#[test]
fn handicap_lines_are_selections() {
    let mut stream = Stream::new();
    let runners = r#"[{"id":1,"hc":-0.25,"status":"ACTIVE","name":"Home"},{"id":2,"hc":0.25,"status":"ACTIVE"},
        {"id":1,"hc":0,"status":"ACTIVE"},{"id":1,"hc":-1.0,"status":"ACTIVE"}]"#;
    let definition = format!(
        r#"{{"id":"1.1","marketDefinition":{{"eventId":"9","eventTypeId":"1","marketType":"ASIAN_HANDICAP",
        "bettingType":"ASIAN_HANDICAP_DOUBLE_LINE","marketTime":"2025-05-09T19:00:00.000Z","status":"OPEN",
        "runners":{runners}}}}}"#
    );
    let first = stream.mc(&definition.replace('\n', ""));
    assert_eq!(
        first,
        [
            "fixture football football event 9 scheduled",
            "market defined:4/0 open pre-match delay:0"
        ]
    );
    let changes =
        r#"{"id":1,"hc":-0.25,"ltp":2.0},{"id":2,"hc":0.250,"ltp":2.0},{"id":1,"ltp":2.0},{"id":1,"hc":-1,"ltp":3}"#;
    assert_eq!(stream.rc(changes), ["market 1@-0.25=1.95 2@0.25=1.95 1=1.95 1@-1=2.9"]);
    assert_eq!(stream.rc(r#"{"id":2,"hc":0.5,"ltp":2.0}"#), [""; 0]);
    assert_eq!(stream.skipped("unknown_runner"), 1);
}

/// Protects bettors while the exchange says that its data is late (status 503).
#[test]
fn stale_data_suspends_until_fresh() {
    let mut stream = open_market();
    let mut at = |pt: u32, rest: &str| -> Vec<String> {
        let line = format!(r#"{{"op":"mcm","pt":{pt}{rest}}}"#);
        stream.raw(&line).unwrap().iter().map(crate::reading::brief).collect()
    };
    assert_eq!(at(5_000, r#","ct":"HEARTBEAT","status":503"#), ["market suspended"]);
    assert_eq!(
        at(5_001, r#","status":503,"mc":[{"id":"1.1","rc":[{"id":1,"ltp":2.0}]}]"#),
        ["market 1=1.95"]
    );
    assert_eq!(at(5_002, r#","ct":"HEARTBEAT""#), ["market open"]);
}

/// Protects the live connection: its control messages and heartbeats are heard and make nothing.
#[test]
fn control_messages_are_tolerated() {
    let mut stream = open_market();
    for line in [
        r#"{"op":"connection","connectionId":"002-230915140112-174"}"#,
        r#"{"op":"status","id":1,"statusCode":"SUCCESS","connectionClosed":false}"#,
        r#"{"op":"mcm","id":2,"clk":"AAAA","pt":5000,"ct":"HEARTBEAT"}"#,
        r#"{"op":"mcm","id":2,"pt":5000,"ct":"RESUB_DELTA","con":true,"mc":[]}"#,
    ] {
        assert_eq!(stream.raw(line).unwrap(), [], "{line}");
    }
    let refused = r#"{"op":"status","statusCode":"FAILURE","errorCode":"NO_APP_KEY"}"#;
    assert_eq!(stream.raw(refused).unwrap(), []);
    assert_eq!((stream.report().heartbeats, stream.report().conflated), (3, 1));
    assert_eq!(stream.noted("subscription_refused"), 1);
}

/// Protects the meaning of the margin: it is taken from the winnings, then the price goes down to the ladder.
#[test]
fn the_margin_is_taken_from_the_winnings() {
    let rows = [
        (500, "1.01", "1.01"),
        (500, "1.5", "1.47"),
        (500, "2", "1.95"),
        (500, "3", "2.9"),
        (500, "10", "9.4"),
        (500, "1000", "950"),
        (0, "3.05", "3.05"),
        (1_000, "2", "1.9"),
        (9_999, "1000", "1.09"),
    ];
    for (margin_bp, exchange, book) in rows {
        let pricing = Pricing::new(margin_bp, Ladder::exchange()).unwrap();
        let priced = pricing.book(exchange.parse().unwrap()).to_string();
        assert_eq!(priced, book, "{exchange} at {margin_bp} bp");
    }
    let refused = Pricing::new(10_000, Ladder::exchange()).unwrap_err().to_string();
    assert!(refused.contains("500 for 5 %"), "{refused}");
}

/// Protects exactly-once effects: the ids of messages do not depend on when a file is read, and are all different.
#[test]
fn ids_are_stable() {
    let ids = || {
        let mut stream = Stream::new();
        let line = format!(
            r#"{{"op":"mcm","pt":77,"mc":[{{"id":"1.1",{}}},{{"id":"1.2",{}}}]}}"#,
            definition("OPEN", &BOTH, ""),
            definition("OPEN", &BOTH, "")
        );
        stream.raw(&line).unwrap().into_iter().map(|m| m.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(), ["bf:1.1:77:1:0", "bf:1.1:77:1:1", "bf:1.2:77:1:2"]);
    assert_eq!(ids(), ids());
}
