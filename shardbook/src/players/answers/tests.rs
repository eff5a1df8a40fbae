use shardbook_proto::client::v1::Leg;

use super::*;

/// The log is what a crash is judged by: what was appended must be read again, and a damaged line must be named.
#[test]
fn what_is_appended_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("answers.jsonl");
    let leg = Leg {
        event: "e".into(),
        market: 1,
        selection: 2,
        price: "2.50".into(),
    };
    let answered = |id: &str| Answered {
        brand: "demo".into(),
        player: "p-1".into(),
        id: id.into(),
        asked: PlaceBet {
            legs: vec![leg.clone()],
            stake: "1.00".into(),
            ..PlaceBet::default()
        },
        slip: None,
        waited: String::new(),
        bet: Bet {
            bet_id: format!("b-{id}"),
            placed_ms: 1_700_000_000_000,
            ..Bet::default()
        },
    };
    for id in ["1", "2"] {
        AnswerLog::open(&path)
            .expect("opens again")
            .append(&answered(id))
            .expect("is appended");
    }
    assert_eq!(read(&path).expect("is read"), [answered("1"), answered("2")]);

    std::fs::write(&path, "{}\n").expect("is damaged");
    let fault = read(&path).expect_err("is damaged").to_string();
    assert!(fault.contains("answers.jsonl, line 1"), "{fault}");
    assert!(read(&folder.path().join("none")).is_err());
    assert!(AnswerLog::open(&folder.path().join("none/answers")).is_err());
}
