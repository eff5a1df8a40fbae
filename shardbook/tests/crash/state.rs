//! The bench of a large state, made small.

use serde_json::Value;

use crate::server::{ran, said};

/// Protects the figures of a large state: every part runs to its end in processes of its own, every bet is settled, the
/// killed house serves again, and each count of players is in memory; a folder that is in use already is refused.
#[test]
fn a_small_state_has_every_figure() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (data, json) = (folder.path().join("data"), folder.path().join("state.json"));
    let [data, json] = [&data, &json].map(|path| path.to_str().expect("UTF-8"));
    let small = "bench state --players 300 --bets 2000 --residents 100,300,1000 --in-flight 64 --shards 2";
    let arguments: Vec<_> = small.split(' ').chain(["--data", data, "--json", json]).collect();
    let output = ran(&arguments);
    assert!(output.status.success(), "{}", said(&output).1);
    let told: Value = serde_json::from_slice(&std::fs::read(json).expect("written")).expect("JSON");
    assert_eq!(
        (told["players"].as_u64(), told["bets"].as_u64()),
        (Some(300), Some(2_000))
    );
    assert_eq!(told["runs"].as_array().map(Vec::len), Some(20));
    for key in [
        "/growth/cpu_ratio",
        "/growth/first_fifth/placed_per_s",
        "/growth/last_fifth/cpu_us_per_bet_settled",
        "/restart/after_kill_s",
        "/restart/after_stop_s",
        "/disk_before_compaction/journal",
        "/disk_after_compaction/views",
        "/journal_bytes_per_bet",
        "/residents/100/activation_p99_ms",
        "/residents/300/bytes_per_player_empty_slip",
    ] {
        assert!(told.pointer(key).and_then(Value::as_f64) > Some(0.0), "{key} in {told}");
    }
    let counts: Vec<_> = told["residents"].as_object().expect("counts").keys().collect();
    assert_eq!(counts, ["100", "300"], "as many as there are players, and no more");
    let left = std::fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(left, 2, "copies and logs are gone");

    let again = ran(&arguments);
    assert!(!again.status.success());
    assert!(said(&again).1.contains("choose an empty folder"), "{}", said(&again).1);
}
