use crate::server::{ran, said};

/// Protects every answered bet from a crash: twenty kills under load; after each all answered bets are there once, and
/// the books are proven.
#[test]
fn twenty_kills_lose_and_double_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let report = folder.path().join("chaos.json");
    let output = ran(&[
        "chaos",
        "--loops",
        "20",
        "--fresh-every",
        "5",
        "--at-once",
        "4",
        "--seed",
        "20",
        "--json",
        report.to_str().expect("UTF-8"),
    ]);
    let (out, err) = said(&output);
    assert!(output.status.success(), "{out}\n{err}");
    let report: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&report).expect("a report")).expect("is JSON");
    assert_eq!(report["loops"], 20);
    assert_eq!(report["off"], serde_json::json!([]));
    assert!(report["verified"].as_u64() >= Some(20), "{report}");
    assert!(
        report["bets_answered"].as_u64() >= Some(1_000),
        "hardly any load: {report}"
    );
    println!("{out}");
}
