//! Lines that must be refused, each with one clear error, and changes that must not reach the book.
use crate::reading::{Stream, definition};

const BOTH: [(u64, &str); 2] = [(1, "ACTIVE"), (2, "ACTIVE")];

/// Protects the book from faulty lines: a stable code, and not half a change.
#[test]
fn faulty_lines_are_refused_whole() {
    let change =
        |rc: &str| format!(r#"{{"op":"mcm","pt":2000,"mc":[{{"id":"1.1","rc":[{{"id":1,"ltp":2.0}},{rc}]}}]}}"#);
    let define = |field: &str, wrong: &str| {
        let definition = definition("OPEN", &BOTH, "");
        assert!(definition.contains(field));
        format!(
            r#"{{"op":"mcm","pt":2000,"mc":[{{"id":"1.2",{}}}]}}"#,
            definition.replace(field, wrong)
        )
    };
    let rows = [
        ("not JSON", "{".to_owned()),
        ("not an object", "[1,2]".to_owned()),
        ("no operation", r#"{"pt":1}"#.to_owned()),
        ("unknown operation", r#"{"op":"ocm","pt":1}"#.to_owned()),
        ("no publish time", r#"{"op":"mcm","mc":[]}"#.to_owned()),
        ("negative publish time", r#"{"op":"mcm","pt":-5}"#.to_owned()),
        (
            "publish time beyond 2100",
            r#"{"op":"mcm","pt":99999999999999}"#.to_owned(),
        ),
        ("price as text", change(r#"{"id":2,"ltp":"2.0"}"#)),
        ("level of one number", change(r#"{"id":2,"atb":[[2.0]]}"#)),
        ("level of three numbers", change(r#"{"id":2,"atb":[[0,2.0,1]]}"#)),
        (
            "price of forty digits",
            change(&format!(r#"{{"id":2,"ltp":1.{}}}"#, "1".repeat(40))),
        ),
        ("negative runner id", change(r#"{"id":-2,"ltp":2.0}"#)),
        ("unknown market status", define(r#""OPEN""#, r#""PAUSED""#)),
        ("unknown runner status", define(r#""ACTIVE""#, r#""TIRED""#)),
        ("wrong market time", define("2017-06-14T18:55:00.000Z", "yesterday")),
        ("event id with a slash", define(r#""9""#, r#""9/../8""#)),
        (
            "market id too long",
            format!(r#"{{"op":"mcm","pt":2000,"mc":[{{"id":"{}"}}]}}"#, "1".repeat(33)),
        ),
        (
            "bet delay of a day",
            define(r#""status":"OPEN""#, r#""betDelay":86400,"status":"OPEN""#),
        ),
        ("market type with a space", define(r#""WIN""#, r#""WIN ONLY""#)),
        ("deep nesting", "[".repeat(100_000)),
    ];
    for (what, line) in rows {
        let mut stream = Stream::new();
        stream.define("OPEN", &BOTH, "");
        let error = stream.raw(&line).expect_err(what);
        assert_eq!(error.code(), "malformed_line", "{what}: {error}");
        assert!(error.to_string().contains("fetch it again"), "{what}: {error}");
        assert_eq!(
            stream.rc(r#"{"id":2,"ltp":3.0}"#),
            ["market 2=2.9"],
            "{what}: the rest of the line was used"
        );
    }
    let error = Stream::new().translator.line(
        shardbook_betfair::Origin {
            source: 0,
            name: "test",
            line: 1,
        },
        b"{\"op\":\"mcm\xff\"}",
    );
    assert_eq!(error.unwrap_err().code(), "invalid_utf8");
}

/// Protects the order of an event: a line from the past is refused, one of the same moment is not.
#[test]
fn time_does_not_go_backwards() {
    let mut stream = Stream::new();
    stream.define("OPEN", &BOTH, "");
    let line = |pt: i64| format!(r#"{{"op":"mcm","pt":{pt},"mc":[{{"id":"1.1","rc":[{{"id":1,"ltp":2.0}}]}}]}}"#);
    let error = stream.raw(&line(1_099)).unwrap_err();
    assert_eq!(error.code(), "time_backwards");
    assert!(error.to_string().contains("sort the file by pt"), "{error}");
    assert_eq!(stream.raw(&line(1_100)).unwrap().len(), 1);
}

/// Protects the book from absurd prices: the line is withdrawn until the runner's next good change.
#[test]
fn absurd_prices_withdraw_the_line() {
    for wrong in [
        r#""ltp":-2.0"#,
        r#""ltp":1.0"#,
        r#""ltp":1001"#,
        r#""atb":[[5000,2]]"#,
        r#""atb":[[3.0,-1]]"#,
        r#""batb":[[0,0.5,1]]"#,
    ] {
        let mut stream = Stream::new();
        stream.define("OPEN", &BOTH, "");
        assert_eq!(stream.rc(r#"{"id":1,"ltp":3.0}"#), ["market 1=2.9"]);
        assert_eq!(stream.rc(&format!(r#"{{"id":1,{wrong}}}"#)), ["market 1=-"], "{wrong}");
        assert_eq!(stream.skipped("price_out_of_bounds"), 1, "{wrong}");
        assert_eq!(stream.rc(r#"{"id":1,"atb":[[2.0,1]]}"#), ["market 1=1.95"], "{wrong}");
    }
}

/// Protects the book from what it was never told of, and says so.
#[test]
fn unknown_things_are_counted_and_not_sent() {
    let mut stream = Stream::new();
    assert_eq!(stream.rc(r#"{"id":1,"ltp":3.0}"#), [""; 0]);
    assert_eq!(stream.skipped("market_without_definition"), 1);
    stream.define("OPEN", &BOTH, "");
    assert_eq!(stream.rc(r#"{"id":7,"ltp":3.0}"#), [""; 0]);
    assert_eq!(stream.skipped("unknown_runner"), 1);
    assert!(stream.report().examples["unknown_runner"][0].contains("test: line 3: market 1.1: runner 7"));
    for kind in [r#","bettingType":"LINE""#, r#","bettingType":"RANGE""#] {
        let definition = definition("OPEN", &BOTH, kind);
        assert_eq!(
            stream.mc(&format!(r#"{{"id":"1.{}",{definition}}}"#, kind.len())),
            [""; 0]
        );
    }
    assert_eq!(stream.skipped("market_not_offered"), 2);
    let empty = definition("OPEN", &[], "");
    assert_eq!(stream.mc(&format!(r#"{{"id":"1.5",{empty}}}"#)), [""; 0]);
    assert_eq!(stream.skipped("market_without_runners"), 1);
}

/// Protects the book from fields and names without end.
#[test]
fn fields_and_names_are_bounded() {
    let mut stream = Stream::new();
    let field: Vec<_> = (0..600).map(|id| (id, "ACTIVE")).collect();
    let name = format!("a\\u0000{}", "é".repeat(200));
    let definition = definition("OPEN", &field, "").replace("Ham 14th Jun", &name);
    let made = stream.mc(&format!(r#"{{"id":"1.1",{definition}}}"#));
    assert!(made[0].len() < 250 && !made[0].contains('\0'), "{}", made[0]);
    assert_eq!(made[1], "market defined:500/1 open pre-match delay:0");
    assert_eq!(stream.noted("too_many_runners"), 100);
    assert_eq!(stream.rc(r#"{"id":555,"ltp":3.0}"#), [""; 0]);
}

/// Protects a market from two voices: only the source that told of it first is heard.
#[test]
fn a_market_has_one_source() {
    let mut stream = Stream::new();
    stream.define("OPEN", &BOTH, "");
    let line = r#"{"op":"mcm","pt":5000,"mc":[{"id":"1.1","rc":[{"id":1,"ltp":2.0}]}]}"#;
    let other = shardbook_betfair::Origin {
        source: 1,
        name: "copy",
        line: 1,
    };
    assert_eq!(stream.translator.line(other, line.as_bytes()).unwrap(), []);
    assert_eq!(stream.skipped("market_in_two_sources"), 1);
}
