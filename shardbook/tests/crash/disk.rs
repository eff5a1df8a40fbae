//! Disks that are full, fail, cannot be written, or are slow.

use std::time::{Duration, Instant};

use shardbook::http;

use crate::faulty::Faulty;
use crate::load::Load;
use crate::server::Server;

/// Bets of each player after the fault is switched on: more than the house comes to.
const BETS: u32 = 400;
/// Exit code after a fault of disk or journal.
const EXIT_FAULT: i32 = 74;

/// Asks after the health of a server until it ends; the last that it said of a fault.
async fn last_words(address: std::net::SocketAddr) -> String {
    let mut said = String::new();
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    loop {
        tick.tick().await;
        match http::get(address, "/healthz", Duration::from_secs(5)).await {
            Ok(_) => {}
            Err(failure) if failure.to_string().contains("stopped: ") => said = failure.to_string(),
            Err(_) => return said,
        }
    }
}

/// Protects every answered bet from a disk that takes no more: the append that failed is not answered, nothing after it is,
/// the reason is told with what to do, and when the disk is well again everything answered is there.
#[tokio::test]
async fn an_append_that_fails_stops_the_house() {
    let rows = [
        ("a full disk", "at write data/journal/*.log 9.. ENOSPC", "[DISK_FULL]"),
        (
            "a disk that is full in the midst of an append",
            "at write data/journal/*.log 9 short; at write data/journal/*.log 9.. ENOSPC",
            "[DISK_FULL]",
        ),
        ("a failing disk", "at write data/journal/*.log 9.. EIO", "[DISK_FAILED]"),
        ("one failed sync", "at sync data/journal/*.log 9 EIO", "[DISK_FAILED]"),
        (
            "a disk that turned read-only",
            "at write data/journal/*.log 9.. EROFS",
            "[DISK_READ_ONLY]",
        ),
        (
            "a full disk under the witness",
            "at write data/witness 9.. ENOSPC",
            "[DISK_FULL]",
        ),
    ];
    for (what, plan, told) in rows {
        let faulty = Faulty::new();
        let server = faulty.start_with(plan);
        let mut load = Load::prepare(&server).await;
        faulty.switch_on("at");
        let health = tokio::spawn(last_words(server.http));
        load.bet(&server, "b", BETS).await;
        stops(&faulty, server, &load, what, told).await;
        let health = health.await.expect("no panic");
        assert!(health.contains("503"), "{what}: /healthz says {health:?}");
        comes_back(&faulty, &mut load, what).await;
    }
}

/// Protects the journal from views that cannot be written: the house stops and says so, and the next start makes the views
/// from the journal.
#[tokio::test]
async fn views_that_cannot_be_written_stop_the_house() {
    let rows = [
        ("a full disk", "at write data/views/*.sst 1.. ENOSPC", "[DISK_FULL]"),
        ("a failing disk", "at sync data/views/*.sst 1.. EIO", "[DISK_FAILED]"),
    ];
    for (what, plan, told) in rows {
        let faulty = Faulty::new();
        let mut command = faulty.command(plan);
        // A snapshot with every event, and the least memory for them: they must go to disk during the test.
        command
            .env("SHARDBOOK_NODE__SNAPSHOT_EVENTS", "1")
            .env("SHARDBOOK_NODE__VIEWS_MEMTABLE_BYTES", "8388608");
        let server = Server::try_start(command).unwrap_or_else(|status| panic!("{status}: {}", faulty.log()));
        let mut load = Load::prepare(&server).await;
        faulty.switch_on("at");
        load.bet(&server, "b", 10 * BETS).await;
        stops(&faulty, server, &load, what, told).await;
        comes_back(&faulty, &mut load, what).await;
    }
}

async fn stops(faulty: &Faulty, mut server: Server, load: &Load, what: &str, told: &str) {
    let status = server.ended().await;
    let log = faulty.log();
    assert_eq!(status.code(), Some(EXIT_FAULT), "{what}: {status}: {log}");
    let named = format!("error: the node on {} has stopped: ", faulty.data().display());
    let errors: Vec<_> = log.lines().filter(|line| line.starts_with("error: ")).collect();
    assert!(
        matches!(errors[..], [error] if error.starts_with(&named) && error.contains(told)),
        "{what}: {log}"
    );
    assert!(!log.contains("panicked"), "{what}: {log}");
    let half = |code: &&String| !["UNKNOWN", "UNAVAILABLE"].contains(&code.as_str());
    assert_eq!(
        load.refused.iter().find(half),
        None,
        "{what}: a refusal that is none of a stopped house"
    );
}

async fn comes_back(faulty: &Faulty, load: &mut Load, what: &str) {
    faulty.verify(what);
    let server = faulty.start();
    load.survives(&server, what).await;
    server.stopped().await;
    faulty.verify(what);
}

/// Protects operators from guessing: on a disk that cannot be written no house starts, and what is wrong is told in one
/// line; what was there is unhurt.
#[tokio::test]
async fn no_house_starts_on_a_disk_that_cannot_be_written() {
    let before = Faulty::new();
    let server = before.start();
    let mut load = Load::prepare(&server).await;
    server.stopped().await;
    let rows = [
        (
            "a read-only journal",
            "at open data/journal/* 1.. EROFS",
            "[DISK_READ_ONLY]",
        ),
        ("read-only views", "at open data/views/* 1.. EROFS", "[DISK_READ_ONLY]"),
        ("a full disk", "at write data/*/* 1.. ENOSPC", "[DISK_FULL]"),
        (
            "a full disk under the views",
            "at write data/views/* 1.. ENOSPC",
            "[DISK_FULL]",
        ),
    ];
    for (what, plan, told) in rows {
        let faulty = Faulty::with_copy_of(&before.data());
        faulty.switch_on("at");
        let started = Server::try_start(faulty.command(plan));
        let status = started.err().unwrap_or_else(|| panic!("{what}: it serves"));
        let log = faulty.log();
        assert_eq!(status.code(), Some(1), "{what}: {log}");
        let errors: Vec<_> = log.lines().filter(|line| line.starts_with("error: ")).collect();
        assert!(
            matches!(errors[..], [error] if error.contains(told) && error.contains("data")),
            "{what}: {log}"
        );
        faulty.switch_off("at");
        comes_back(&faulty, &mut load, what).await;
    }
}

/// Protects a stop on a disk that is full: it ends with what is wrong, and nothing is lost.
#[tokio::test]
async fn a_stop_on_a_full_disk_says_so() {
    for plan in [
        "at write data/views/*.sst 1.. ENOSPC",
        "at write data/journal/*.sst 1.. ENOSPC",
    ] {
        let faulty = Faulty::new();
        let mut server = faulty.start_with(plan);
        let mut load = Load::prepare(&server).await;
        load.bet(&server, "b", 2).await;
        faulty.switch_on("at");
        server.terminate();
        let status = server.ended().await;
        let log = faulty.log();
        assert_eq!(status.code(), Some(1), "{plan}: {status}: {log}");
        assert!(log.contains("error: ") && log.contains("[DISK_FULL]"), "{plan}: {log}");
        comes_back(&faulty, &mut load, plan).await;
    }
}

/// Protects the journal when its tables cannot be written: a copy is refused, and the house stops before more is answered
/// than its log can hold.
#[tokio::test]
async fn tables_of_the_journal_that_cannot_be_written_stop_the_house() {
    let rows = [
        ("a full disk", "at write data/journal/*.sst 1.. ENOSPC", "[DISK_FULL]"),
        ("a failing disk", "at sync data/journal/*.sst 1.. EIO", "[DISK_FAILED]"),
    ];
    for (what, plan, told) in rows {
        let faulty = Faulty::new();
        let server = faulty.start_with(plan);
        let mut load = Load::prepare(&server).await;
        faulty.switch_on("at");
        // A copy has the journal's rows written to tables first.
        let copied = http::post(server.http, "/checkpoint", Duration::from_secs(30)).await;
        let refused = copied.expect_err("no copy").to_string();
        assert!(refused.contains("STORE_FAULT"), "{what}: {refused}");
        load.bet(&server, "b", BETS).await;
        stops(&faulty, server, &load, what, told).await;
        comes_back(&faulty, &mut load, what).await;
    }
}

/// Protects players from a slow disk: their answers are late and right, those that come too late are UNKNOWN and are learned
/// with the same id, what waited too long is not done, and the house stays up.
#[tokio::test]
async fn a_slow_disk_makes_answers_late_and_nothing_else() {
    const SYNC: Duration = Duration::from_secs(1);
    // given what a client waits for, and bets one after the other or at once, then the refusals that may be
    let late = &["UNKNOWN", "DEADLINE_PASSED"][..];
    let rows = [
        ("there is time", 5_000, 2, 0, &[][..]),
        ("there is not", 300, 1, 0, &late[..1]),
        ("there is not, and no room either", 300, 0, 60, late),
    ];
    for (what, patience, each, at_once, may_be) in rows {
        let faulty = Faulty::new();
        let mut command = faulty.command("slow sync data/journal/*.log 1.. wait:1000");
        command
            .env("SHARDBOOK_GATEWAY__COMMAND_TIMEOUT_MS", patience.to_string())
            .env("SHARDBOOK_NODE__QUEUE", "64");
        let server = Server::try_start(command).unwrap_or_else(|status| panic!("{status}: {}", faulty.log()));
        let mut load = Load::prepare(&server).await;
        faulty.switch_on("slow");
        let began = Instant::now();
        load.bet(&server, "b", each).await;
        if at_once > 0 {
            load.burst(&server, "burst", at_once).await;
        }
        let other = load.refused.iter().find(|code| !may_be.contains(&code.as_str()));
        assert_eq!(other, None, "{what}");
        assert_eq!(load.refused.is_empty(), may_be.is_empty(), "{what}");
        assert!(
            !may_be.is_empty() || began.elapsed() >= SYNC * each,
            "{what}: {:?}",
            began.elapsed()
        );
        assert_eq!(
            http::get(server.http, "/healthz", SYNC).await.expect("is up"),
            "serving\n",
            "{what}"
        );
        faulty.switch_off("slow");
        load.survives(&server, what).await;
        server.stopped().await;
        faulty.verify(what);
    }
}
