//! What `shardbook inspect` shows, beside a live server.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::server::{EVENT, PLAYERS, Server, ran, said};

/// The records of each kind.
fn records(arguments: &[&str]) -> BTreeMap<String, Vec<Value>> {
    let output = ran(&[arguments, &["--json"]].concat());
    let (out, err) = said(&output);
    assert!(output.status.success(), "{arguments:?}: {err}");
    let mut records: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in out.lines() {
        let record: Value = serde_json::from_str(line).expect("one object a line");
        let kind = record["record"].as_str().expect("tells what it is").to_owned();
        records.entry(kind).or_default().push(record);
    }
    records
}

/// Protects whoever looks into a dispute: wallet, bet, lines and journal are shown as they are, also while the server
/// runs, as text and as JSON.
#[tokio::test]
async fn player_event_and_journal() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let server = Server::start(&data);
    server.trade().await;
    let data = data.to_str().expect("UTF-8");

    let player = records(&["inspect", "--data", data, "player", "acme/p3"]);
    assert_eq!(player["player"][0]["bets_placed"], 1);
    let available = player["account"]
        .iter()
        .find(|account| account["account"] == "PlayerAvailable");
    assert_eq!(available.expect("the account")["balance"], "13.00");
    let bet = &player["bet"][0];
    assert_eq!(
        (&bet["status"], &bet["stake"], &bet["returned"]),
        (&"Won".into(), &"2.00".into(), &"5.00".into())
    );
    assert_eq!(bet["legs"][0]["price"], "2.50");
    let of_bet: Vec<_> = player["bet_event"]
        .iter()
        .flat_map(|told| told["event"].as_object())
        .collect();
    let kinds: Vec<_> = of_bet.iter().flat_map(|event| event.keys()).collect();
    assert_eq!(kinds, ["BetPlaced", "LegDecided", "BetSettled"]);

    let event = records(&["inspect", "--data", data, "event", EVENT]);
    assert_eq!(event["event"][0]["fixture"]["name"], "Home v Away");
    assert_eq!(event["market"][0]["status"], "Resulted");
    let posted = event["change"]
        .iter()
        .find_map(|change| change["change"].get("LinesPosted"));
    assert_eq!(posted.expect("the lines")["lines"][1]["price"], "2.50");

    let journal = records(&["inspect", "--data", data, "journal", "--limit", "1000"]);
    let placed = journal["entry"]
        .iter()
        .filter(|entry| entry["events"][0].get("BetPlaced").is_some());
    assert_eq!(placed.count(), PLAYERS as usize);
    assert_eq!(
        records(&["inspect", "--data", data, "journal", "--limit", "3"])["frame"].len(),
        3
    );

    for (what, shown) in [
        (
            vec!["player", "acme/p3"],
            vec![
                "PlayerAvailable",
                "13.00 EUR",
                "BetSettled",
                "stake 2.00 EUR, returned 5.00",
            ],
        ),
        (
            vec!["event", EVENT],
            vec!["Home v Away", "LinesPosted", "team home", "Resulted"],
        ),
        (vec!["journal", "--shard", "0"], vec!["shard 0 frame 1", "digest"]),
    ] {
        let output = ran(&[&["inspect", "--data", data], what.as_slice()].concat());
        let (out, err) = said(&output);
        assert!(output.status.success(), "{err}");
        shown
            .iter()
            .for_each(|text| assert!(out.contains(text), "{text:?} is not in {out}"));
    }
    for (what, told) in [
        (vec!["player", "acme/nobody"], "knows no player acme/nobody"),
        (vec!["player", "acme"], "BRAND/PLAYER"),
        (vec!["event", "t:event:9"], "knows no event t:event:9"),
        (vec!["journal", "--shard", "4"], "there is no shard 4"),
    ] {
        let output = ran(&[&["inspect", "--data", data], what.as_slice()].concat());
        let (_, err) = said(&output);
        assert_eq!(output.status.code(), Some(1), "{what:?}");
        assert!(err.contains(told), "{told:?} is not in {err}");
    }
    server.stop();
}
