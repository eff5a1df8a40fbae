//! Final runner status as results.
use crate::reading::Stream;

fn closed(runners: &[(u64, &str)], more: &str) -> (Vec<String>, Stream) {
    let mut stream = Stream::new();
    let open: Vec<_> = runners.iter().map(|&(id, _)| (id, "ACTIVE")).collect();
    stream.define("OPEN", &open, more);
    stream.rc(r#"{"id":1,"ltp":3.0}"#);
    let made = stream.define("CLOSED", runners, more);
    let (last, first) = made.split_last().unwrap();
    assert_eq!(last, "fixture horse-racing Ham 14th Jun ended");
    assert!(
        first[0].starts_with("market closed 1=-"),
        "lines are withdrawn with the close: {first:?}"
    );
    (first[1..].to_vec(), stream)
}

/// Protects the payout of every way in which the exchange ends a market.
#[test]
fn markets_end_in_their_result() {
    let rows: [(&[(u64, &str)], &str); 6] = [
        (&[(1, "WINNER"), (2, "LOSER")], "result 1=won 2=lost"),
        (
            &[(1, "LOSER"), (2, "PLACED"), (3, "REMOVED")],
            "result 1=lost 2=won 3=void",
        ),
        (
            &[(1, "WINNER"), (2, "WINNER"), (3, "LOSER")],
            "result 1=won(1/2) 2=won(1/2) 3=lost",
        ),
        (&[(1, "WINNER"), (2, "REMOVED_VACANT")], "result 1=won 2=void"),
        (&[(1, "ACTIVE"), (2, "HIDDEN")], "void: settled without result"),
        (&[(1, "REMOVED"), (2, "REMOVED")], "void: settled without result"),
    ];
    for (runners, expected) in rows {
        assert_eq!(closed(runners, "").0, [expected]);
    }
}

/// Protects place markets: several winners are no dead heat, and a tie that cannot be told is noted.
#[test]
fn several_winners_are_paid_whole() {
    let two = r#","numberOfWinners":2"#;
    let place = |runners: &[(u64, &str)]| {
        let mut stream = Stream::new();
        let line = format!(
            r#"{{"op":"mcm","pt":1,"mc":[{{"id":"1.1",{}}}]}}"#,
            crate::reading::definition("CLOSED", runners, "").replace(r#","numberOfWinners":1"#, two)
        );
        let made = stream
            .raw(&line)
            .unwrap()
            .iter()
            .map(crate::reading::brief)
            .collect::<Vec<_>>();
        (made[2].clone(), stream.noted("dead_heat_tie_unknown"))
    };
    let won = place(&[(1, "WINNER"), (2, "WINNER"), (3, "LOSER")]);
    assert_eq!(won, ("result 1=won 2=won 3=lost".to_owned(), 0));
    let tied = place(&[(1, "WINNER"), (2, "WINNER"), (3, "WINNER")]);
    assert_eq!(tied, ("result 1=won 2=won 3=won".to_owned(), 1));
}

/// Protects bets on runners that the exchange leaves without a status: void, and noted.
#[test]
fn runners_without_a_result_are_noted() {
    let (made, stream) = closed(&[(1, "WINNER"), (2, "ACTIVE")], "");
    assert_eq!(made, ["result 1=won 2=void"]);
    assert_eq!(stream.noted("runner_without_result"), 1);
    let (made, stream) = closed(&[(1, "LOSER"), (2, "LOSER")], "");
    assert_eq!(made, ["result 1=lost 2=lost"]);
    assert_eq!(stream.noted("result_without_winner"), 1);
}

/// Protects a settled market: nothing follows its close but another result, and the first is taken back before.
#[test]
fn only_another_result_follows_the_close() {
    let (_, mut stream) = closed(&[(1, "WINNER"), (2, "LOSER")], "");
    assert_eq!(stream.rc(r#"{"id":1,"ltp":2.0}"#), [""; 0]);
    assert_eq!(stream.define("OPEN", &[(1, "ACTIVE"), (2, "ACTIVE")], ""), [""; 0]);
    assert_eq!(stream.skipped("after_close"), 2);
    assert_eq!(
        stream.define("CLOSED", &[(1, "WINNER"), (2, "LOSER")], r#","version":2"#),
        [""; 0]
    );
    let other = stream.define("CLOSED", &[(1, "LOSER"), (2, "WINNER")], "");
    assert_eq!(other, ["rollback", "result 1=lost 2=won"]);
    assert_eq!((stream.report().settled, stream.report().results), (1, 2));
}
