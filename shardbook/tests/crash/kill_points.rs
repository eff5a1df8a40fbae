//! Kills at chosen points: between any two steps by which something becomes durable.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use shardbook::http;

use crate::faulty::Faulty;
use crate::load::Load;
use crate::server::{Server, ran, said};

/// Bets of each player after the fault is switched on: more than the house comes to.
const BETS: u32 = 200;
const SIGKILL: i32 = 9;
/// Tables of a family after which they are merged: each start after a kill makes one.
const TABLES_MERGED: usize = 8;

fn was_killed(status: ExitStatus, faulty: &Faulty, when: &str) {
    let log = faulty.log();
    assert_eq!(status.signal(), Some(SIGKILL), "{when}: not reached, {status}: {log}");
}

/// Starts a server that is to be killed, if not while it starts then soon after.
async fn start_killed(faulty: &Faulty, plan: &str, when: &str) {
    faulty.switch_on("at");
    let status = match Server::try_start(faulty.command(plan)) {
        Ok(mut server) => server.ended().await,
        Err(status) => status,
    };
    was_killed(status, faulty, when);
}

/// What a kill has left is proven, served, and proven again.
async fn is_sound(faulty: &Faulty, load: &mut Load, when: &str) {
    faulty.verify(&format!("killed {when}"));
    let again = faulty.start();
    load.survives(&again, when).await;
    again.stopped().await;
    faulty.verify(&format!("stopped after a kill {when}"));
}

/// Protects every answered bet from a kill in the midst of a write to the journal, wherever in it: none is lost, none is
/// doubled, what was not answered is taken once when it is asked again, and the books are proven.
#[tokio::test]
async fn at_each_step_of_an_append() {
    let rows = [
        ("before an append", "at write data/journal/*.log 9 kill"),
        ("between two frames", "at write data/journal/*.log 10 kill"),
        ("half-way in an append", "at write data/journal/*.log 11 tear"),
        (
            "after an append, before its sync",
            "at write data/journal/*.log 12 kill-after",
        ),
        ("at the sync", "at sync data/journal/*.log 13 kill"),
        (
            "after a sync, before the witness",
            "at sync data/journal/*.log 14 kill-after",
        ),
        (
            "after the witness, before the answers",
            "at write data/witness 16 kill-after",
        ),
    ];
    for (when, plan) in rows {
        let faulty = Faulty::new();
        let mut server = faulty.start_with(plan);
        let mut load = Load::prepare(&server).await;
        faulty.switch_on("at");
        load.bet(&server, "b", BETS).await;
        was_killed(server.ended().await, &faulty, when);
        is_sound(&faulty, &mut load, when).await;
    }
}

/// Protects snapshots, read models and the journal's tables from a kill while they are written, as a stop does with all of
/// them: what is not whole is not seen, and is made again from the journal.
#[tokio::test]
async fn at_each_step_of_a_snapshot() {
    let rows = [
        (
            "when a table of the journal is begun",
            "at open data/journal/*.sst 1 kill-after",
        ),
        (
            "half-way in a table of the journal",
            "at write data/journal/*.sst 1 tear",
        ),
        (
            "before a table of the journal is known",
            "at write data/journal/MANIFEST-* 1 tear",
        ),
        (
            "when a table of snapshots is begun",
            "at open data/views/*.sst 1 kill-after",
        ),
        ("half-way in a table of snapshots", "at write data/views/*.sst 1 tear"),
        (
            "before a table of snapshots is synced",
            "at sync data/views/*.sst 1 kill",
        ),
        (
            "before a table of snapshots is known",
            "at write data/views/MANIFEST-* 1 kill",
        ),
        ("half-way in making it known", "at write data/views/MANIFEST-* 1 tear"),
        ("after it is known", "at sync data/views/MANIFEST-* 1 kill-after"),
    ];
    for (when, plan) in rows {
        let faulty = Faulty::new();
        let mut server = faulty.start_with(plan);
        let mut load = Load::prepare(&server).await;
        load.bet(&server, "b", 5).await;
        faulty.switch_on("at");
        server.terminate();
        was_killed(server.ended().await, &faulty, when);
        is_sound(&faulty, &mut load, when).await;
    }
}

/// Protects a house from a kill while it is made: the next start makes it.
#[tokio::test]
async fn while_the_house_is_made() {
    let rows = [
        ("the folder is made", "at mkdir data 1 kill-after"),
        ("the journal's folder is made", "at mkdir data/journal 1 kill-after"),
        ("the journal has no name yet", "at rename data/journal/CURRENT 1 kill"),
        (
            "the journal has its name",
            "at rename data/journal/CURRENT 1 kill-after",
        ),
        (
            "the journal's families are made",
            "at write data/journal/MANIFEST-* 3 tear",
        ),
        ("the views' folder is made", "at mkdir data/views 1 kill"),
        ("the views have their name", "at rename data/views/CURRENT 1 kill-after"),
        ("the shape is noted", "at write data/journal/*.log 1 tear"),
        ("the witness is made", "at write data/witness 1 tear"),
    ];
    for (when, plan) in rows {
        let faulty = Faulty::new();
        start_killed(&faulty, plan, when).await;
        let server = faulty.start();
        let mut load = Load::prepare(&server).await;
        load.survives(&server, when).await;
        server.stopped().await;
        faulty.verify(when);
    }
}

/// Protects a house that was killed from a second kill while it comes back.
#[tokio::test]
async fn while_it_comes_back() {
    let before = Faulty::new();
    let server = before.start();
    let mut load = Load::prepare(&server).await;
    load.bet(&server, "b", 20).await;
    server.kill();
    let rows = [
        ("the log is read", "at open data/journal/*.sst 1 kill"),
        (
            "half-way in a table of what the log held",
            "at write data/journal/*.sst 1 tear",
        ),
        ("the table is synced", "at sync data/journal/*.sst 1 kill-after"),
        (
            "half-way in making the table known",
            "at write data/journal/MANIFEST-* 2 tear",
        ),
        ("a new list of tables is begun", "at rename data/journal/CURRENT 1 kill"),
        (
            "the new list of tables is in force",
            "at rename data/journal/CURRENT 1 kill-after",
        ),
        (
            "the old list of tables goes",
            "at remove data/journal/MANIFEST-* 1 kill",
        ),
        ("the witness begins anew", "at write data/witness 1 tear"),
    ];
    for (when, plan) in rows {
        let faulty = Faulty::with_copy_of(&before.data());
        start_killed(&faulty, plan, when).await;
        is_sound(&faulty, &mut load, when).await;
    }
}

/// Protects tables from a kill while they are merged: the old ones stand until the new one is known.
#[tokio::test]
async fn while_tables_are_merged() {
    // A start writes what a killed server left to two tables, one of frames and one of notes. What comes after is merged.
    let rows = [
        ("a merged table is begun", "at open data/journal/*.sst 3 kill-after"),
        ("a merged table is not synced", "at sync data/journal/*.sst 3 kill"),
        ("the old tables go", "at remove data/journal/*.sst 1 kill"),
    ];
    for (when, plan) in rows {
        let faulty = Faulty::new();
        let server = faulty.start();
        let mut load = Load::prepare(&server).await;
        server.kill();
        faulty.switch_on("at");
        let mut round = 0;
        let status = loop {
            round += 1;
            assert!(round < 3 * TABLES_MERGED, "{when}: not reached: {}", faulty.log());
            let mut server = match Server::try_start(faulty.command(plan)) {
                Ok(server) => server,
                Err(status) => break status,
            };
            load.bet(&server, &format!("r{round}"), 2).await;
            match server.has_ended() {
                Some(status) => break status,
                None => server.kill(),
            }
        };
        was_killed(status, &faulty, when);
        faulty.switch_off("at");
        is_sound(&faulty, &mut load, when).await;
    }
}

/// Protects a house and its copies from a kill while a copy is made: the house is sound, and what is half a copy is not
/// taken for one. Steps of writing to an archive belong here too, once there is one.
#[tokio::test]
async fn while_a_copy_is_made() {
    let rows = [
        ("the copy's folder is made", "at mkdir data.checkpoints/* 1 kill-after"),
        (
            "the views are copied",
            "at rename data.checkpoints/*/views 1 kill-after",
        ),
        (
            "the journal is half copied",
            "at rename data.checkpoints/*/journal 1 kill",
        ),
    ];
    for (when, plan) in rows {
        let faulty = Faulty::new();
        let mut server = faulty.start_with(plan);
        let mut load = Load::prepare(&server).await;
        faulty.switch_on("at");
        let made = http::post(server.http, "/checkpoint", Duration::from_secs(30)).await;
        assert!(made.is_err(), "{when}: {made:?}");
        was_killed(server.ended().await, &faulty, when);
        let copies = std::fs::read_dir(faulty.path("data.checkpoints")).expect("a folder");
        for copy in copies {
            let copy = copy.expect("an entry").path();
            let (_, told) = said(&ran(&["verify", "--data", copy.to_str().expect("UTF-8")]));
            assert!(told.contains("there is no store at"), "{when}: {told}");
        }
        is_sound(&faulty, &mut load, when).await;
    }
}
