//! Kills at chosen points: between any two steps by which something becomes durable.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use shardbook::http;
use shardbook_runtime::archive::SegmentName;
use shardbook_runtime::journal::Store;
use shardbook_runtime::slot::ShardId;

use crate::faulty::Faulty;
use crate::load::Load;
use crate::server::{Server, ran, said};

/// Bets of each player after the fault is switched on: more than the house comes to.
const BETS: u32 = 200;
/// The same where the kill takes a second to come and the disk is slow: as many as a player can pay.
const BETS_WHILE_FRAMES_LEAVE: u32 = 900;
const SIGKILL: i32 = 9;
/// How long a server may take until old frames have left.
const ARCHIVED: Duration = Duration::from_secs(60);
/// Tables of a family after which they are merged: each stop makes one.
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
            "when a file of frames is begun",
            "at open data/journal/*.blob 1 kill-after",
        ),
        ("half-way in a file of frames", "at write data/journal/*.blob 1 tear"),
        (
            "before a file of frames is synced",
            "at sync data/journal/*.blob 1 kill",
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
            "when a file of snapshots is begun",
            "at open data/views/*.blob 1 kill-after",
        ),
        ("half-way in a file of snapshots", "at write data/views/*.blob 1 tear"),
        (
            "before a file of snapshots is synced",
            "at sync data/views/*.blob 1 kill",
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
        // Frames of many entries, which are kept apart.
        load.burst(&server, "many", 30).await;
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
        ("the log is read", "at open data/journal/*.log 1 kill"),
        (
            "half-way in a new list of tables",
            "at write data/journal/MANIFEST-* 1 tear",
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
    // A stop writes two tables, one of frames and one of notes. What comes after is merged.
    let rows = [
        ("a merged table is begun", "at open data/journal/*.sst 3 kill-after"),
        ("a merged table is not synced", "at sync data/journal/*.sst 3 kill"),
        ("the old tables go", "at remove data/journal/*.sst 1 kill"),
    ];
    for (when, plan) in rows {
        let faulty = Faulty::new();
        let server = faulty.start();
        let mut load = Load::prepare(&server).await;
        server.stopped().await;
        let mut round = 0;
        let status = loop {
            round += 1;
            assert!(round < 3 * TABLES_MERGED, "{when}: not reached: {}", faulty.log());
            let mut server = faulty.start_with(plan);
            load.bet(&server, &format!("r{round}"), 2).await;
            faulty.switch_on("at");
            server.terminate();
            let status = server.ended().await;
            faulty.switch_off("at");
            if !status.success() {
                break status;
            }
        };
        was_killed(status, &faulty, when);
        is_sound(&faulty, &mut load, when).await;
    }
}

/// Protects a house and its copies from a kill while a copy is made: the house is sound, and what is half a copy is not
/// taken for one.
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
        let copies = fs::read_dir(faulty.path("data.checkpoints")).expect("a folder");
        for copy in copies {
            let copy = copy.expect("an entry").path();
            let (_, told) = said(&ran(&["verify", "--data", copy.to_str().expect("UTF-8")]));
            assert!(told.contains("there is no store at"), "{when}: {told}");
        }
        is_sound(&faulty, &mut load, when).await;
    }
}

/// Starts a server that lets frames of more than an hour ago leave soon; it must serve.
fn archiving(faulty: &Faulty, mut command: Command) -> Server {
    command
        .env("SHARDBOOK_ARCHIVE__FOLDER", faulty.archive())
        .env("SHARDBOOK_ARCHIVE__OLDER_THAN_H", "1")
        .env("SHARDBOOK_ARCHIVE__FIRST_AFTER_S", "1");
    Server::try_start(command).unwrap_or_else(|status| panic!("{status}: {}", faulty.log()))
}

/// Waits until the archive is so.
async fn until(faulty: &Faulty, when: &str, is_so: impl Fn() -> bool) {
    let (mut tick, began) = (tokio::time::interval(Duration::from_millis(5)), Instant::now());
    while !is_so() {
        let waited = began.elapsed();
        assert!(waited < ARCHIVED, "{when}: not so after {waited:?}: {}", faulty.log());
        tick.tick().await;
    }
}

/// Files of an archive: those that are no segments, and the shards of those that are.
fn in_archive(folder: &Path) -> (usize, BTreeSet<ShardId>) {
    let files = fs::read_dir(folder)
        .expect("a folder")
        .map(|file| file.expect("an entry"));
    let names: Vec<_> = files
        .map(|file| file.file_name().into_string().expect("UTF-8"))
        .collect();
    let segments: Vec<_> = names.iter().filter_map(|name| SegmentName::parse(name)).collect();
    let shards = segments.iter().map(|segment| segment.shard).collect();
    (names.len() - segments.len(), shards)
}

/// The shards of stopped data that this is true of.
fn shards_where(data: &Path, is_so: impl Fn(&Store, ShardId) -> bool) -> BTreeSet<ShardId> {
    let store = Store::open_to_read(data).expect("opens");
    let shards = (0..store.map().shards()).map(ShardId);
    shards.filter(|shard| is_so(&store, *shard)).collect()
}

/// Protects the past from a kill while frames leave for the archive, at each step of it, under load and at rest: every frame
/// is in the archive or in the store, what is half a segment is not taken for one, and the next run goes on.
#[tokio::test]
async fn while_frames_leave() {
    let before = Faulty::new();
    // Two hours ago, so that frames are old enough to leave.
    before.switch_on("past");
    let server = before.start_with("past clock - 1.. shift:-7200");
    let mut load = Load::prepare(&server).await;
    load.bet(&server, "b", 10).await;
    // From now on nothing but the newest frame of a shard is needed.
    server.stopped().await;
    let all = shards_where(&before.data(), |store, shard| store.head(shard).expect("reads").0 > 1);
    assert!(all.len() > 1, "one shard after the other has its frames leave: {all:?}");
    // given the call of the kill, when the archive has so many partial files and segments, and frames have left so many shards
    let rows = [
        (
            "a segment is begun",
            "at open archive/*.partial 1 kill-after",
            (1, 0, 0),
        ),
        ("half-way in a segment", "at write archive/*.partial 1 tear", (1, 0, 0)),
        (
            "before a segment is synced",
            "at sync archive/*.partial 1 kill",
            (1, 0, 0),
        ),
        (
            "before a segment has its name",
            "at rename archive/*.segment 1 kill",
            (1, 0, 0),
        ),
        ("it has its name", "at rename archive/*.segment 1 kill-after", (0, 1, 0)),
        (
            "its name is synced, its frames are here",
            "at sync archive 1 kill-after",
            (0, 1, 0),
        ),
        (
            "half-way in deleting its frames",
            "at write data/journal/*.log 1 tear",
            (0, 1, 0),
        ),
        (
            "they are deleted, and that is not synced",
            "at sync data/journal/*.log 1 kill",
            (0, 1, 1),
        ),
        ("they are deleted", "at sync data/journal/*.log 1 kill-after", (0, 1, 1)),
        (
            "the next segment is begun",
            "at open archive/*.partial 2 kill-after",
            (1, 1, 1),
        ),
        (
            "the next one has its name",
            "at rename archive/*.segment 2 kill-after",
            (0, 2, 1),
        ),
    ];
    for (when, plan, expected) in rows {
        let faulty = Faulty::with_copy_of(&before.data());
        // Bets and a start write the journal too: where its calls are counted there are no bets, and it is counted from when
        // the first segment has its name.
        let at_rest = plan.contains("data/journal");
        let (switch, plan) = match at_rest {
            true => ("named", format!("named sync archive 1 wait:2000; {plan}")),
            false => ("at", format!("{plan}; at sync data/journal/*.log 1.. wait:10")),
        };
        faulty.switch_on(switch);
        let mut server = archiving(&faulty, faulty.command(&plan));
        let mut load = load.clone();
        if at_rest {
            until(&faulty, when, || in_archive(&faulty.archive()).1.len() == 1).await;
            faulty.switch_on("at");
        } else {
            load.bet(&server, "while", BETS_WHILE_FRAMES_LEAVE).await;
            assert!(load.unanswered() > 0, "{when}: all bets were answered before");
        }
        was_killed(server.ended().await, &faulty, when);
        let (partial, segments) = in_archive(&faulty.archive());
        let left = shards_where(&faulty.data(), |store, shard| {
            store.retired(shard).expect("reads").is_some()
        });
        assert_eq!((partial, segments.len(), left.len()), expected, "{when}");
        faulty.verify_with_archive(&format!("killed {when}"));

        let again = archiving(&faulty, faulty.sound());
        load.survives(&again, when).await;
        until(&faulty, when, || in_archive(&faulty.archive()) == (0, all.clone())).await;
        load.survives(&again, when).await;
        again.stopped().await;
        faulty.verify_with_archive(&format!("stopped after a kill {when}"));
    }
}
