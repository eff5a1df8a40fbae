use std::path::{Path, PathBuf};

use shardbook_runtime::fault::StoreFault;
use shardbook_runtime::host::HostOptions;
use shardbook_runtime::journal::{Families, GENESIS, Store, StoreOptions};
use shardbook_runtime::slot::SlotMap;
use tempfile::tempdir;

use crate::scene::{Scene, alter, ask, calm, copy, look, map, replay, shards};
use crate::tally::Command;

/// The log that is being written.
fn log(data: &Path) -> PathBuf {
    let files = std::fs::read_dir(data.join(Families::JOURNAL_FOLDER))
        .expect("the folder is there")
        .map(|file| file.expect("an entry").path());
    files
        .filter(|file| file.extension().is_some_and(|name| name == "log"))
        .max()
        .expect("a log")
}

/// Protects everything answered from a kill: what the files hold at that moment brings back the same states
/// and the same answers.
#[tokio::test]
async fn a_killed_node_comes_back_with_all_that_was_answered() {
    let dir = tempdir().expect("a folder");
    let scene = Scene::open(&dir.path().join("live"));
    let options = HostOptions {
        snapshot_events: 7,
        outcomes_held: 3,
        ..calm()
    };
    let host = scene.host(options.clone()).await;
    let commands: Vec<_> = (0..60_u64)
        .map(|name| (name % 5, name, Command::Add(name as i64 % 9 - 3)))
        .collect();
    let mut answers = Vec::new();
    for (id, name, command) in &commands {
        answers.push(ask(&host, *id, *name, *command).await);
    }
    scene.until_viewed().await;
    copy(scene.store().path(), &dir.path().join("killed"));

    let killed = Scene::open(&dir.path().join("killed"));
    let revived = killed.host(options).await;
    for id in 0..5 {
        assert_eq!(look(&revived, id).await, look(&host, id).await, "entity {id}");
    }
    for ((id, name, command), answer) in commands.iter().zip(answers) {
        assert_eq!(
            ask(&revived, *id, *name, *command).await,
            answer,
            "command {name} again"
        );
    }
    assert_eq!(killed.node.journal().durability().lag(), 0);
}

/// Protects from views that run ahead of the journal: wherever the log is cut, the cut is told, and what comes back
/// without the witness is a whole chain, and states are a replay of it and of nothing else.
#[tokio::test]
async fn a_log_cut_anywhere_brings_back_a_prefix() {
    let dir = tempdir().expect("a folder");
    let scene = Scene::open(&dir.path().join("live"));
    let host = scene
        .host(HostOptions {
            snapshot_events: 5,
            ..calm()
        })
        .await;
    for name in 0..40 {
        ask(&host, name % 3, name, Command::Burst(2)).await;
    }
    scene.until_viewed().await;
    let all = replay(scene.store());
    let mut lost = Vec::new();
    for cut in [0, 1, 30, 300, 900, 2_500, 6_000] {
        let data = dir.path().join(format!("cut-{cut}"));
        copy(scene.store().path(), &data);
        let log = std::fs::File::options().write(true).open(log(&data)).expect("a log");
        let length = log.metadata().expect("a length").len();
        log.set_len(length - cut).expect("a shorter log");
        match Scene::try_open(&data, Vec::new()) {
            Ok(_) => assert_eq!(cut, 0, "a log that ends before what was seen is served"),
            Err(fault) => assert!(matches!(fault, StoreFault::Regressed { .. }), "cut {cut}: {fault}"),
        }
        std::fs::remove_file(data.join("witness")).expect("a witness");

        let left = Scene::open(&data);
        let revived = left.host(calm()).await;
        let replayed = replay(left.store());
        for id in 0..3 {
            let (state, version) = look(&revived, id).await;
            assert_eq!(
                replayed.get(&id).copied().unwrap_or_default(),
                (state, version),
                "cut {cut}, entity {id}"
            );
            assert!(version <= all[&id].1);
        }
        for shard in shards() {
            let mut before = (0, GENESIS);
            for frame in left.store().frames(shard, 1) {
                let frame = frame.expect("whole");
                frame.follows(before.0, &before.1).expect("a whole chain");
                before = (frame.position().sequence, *frame.digest());
            }
        }
        lost.push(
            all.values().map(|(_, version)| version).sum::<u64>()
                - replayed.values().map(|(_, version)| version).sum::<u64>(),
        );
    }
    assert_eq!(lost[0], 0, "nothing was cut");
    assert!(
        lost.is_sorted() && lost.last() > Some(&0),
        "the cuts go into the frames: {lost:?}"
    );
}

/// Protects data from a program that would read it wrongly: another layout or number of shards is refused.
#[tokio::test]
async fn a_store_of_another_shape_is_refused() {
    let dir = tempdir().expect("a folder");
    let data = dir.path().join("store");
    assert!(matches!(Store::open_to_read(&data), Err(StoreFault::Missing { .. })));
    Store::open(&data, map(), &StoreOptions::default()).expect("a new store");
    let other = SlotMap::try_new(8).expect("within bounds");
    let refused = Store::open(&data, other, &StoreOptions::default());
    assert!(
        matches!(refused, Err(StoreFault::ShardsDiffer { stored: 4, asked: 8 })),
        "{refused:?}"
    );
    assert_eq!(Store::open_to_read(&data).expect("a store").map(), map());
    alter(&data, Families::META, b"layout", Some(&9_u32.to_le_bytes()));
    for refused in [
        Store::open(&data, map(), &StoreOptions::default()),
        Store::open_to_read(&data),
    ] {
        assert!(
            matches!(refused, Err(StoreFault::LayoutDiffers { stored: 9, .. })),
            "{refused:?}"
        );
    }
}
