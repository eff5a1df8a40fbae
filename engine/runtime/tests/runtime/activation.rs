use std::time::Duration;

use proptest::prelude::*;
use shardbook_runtime::host::HostOptions;
use tempfile::tempdir;

use crate::scene::{Scene, ask, calm, key, look, replay};
use crate::tally::{self, Command};

/// Protects the time of an activation: a snapshot comes after so many events, however many commands made them.
#[tokio::test]
async fn a_snapshot_is_taken_each_so_many_events() {
    let dir = tempdir().expect("a folder");
    let scene = Scene::open(dir.path());
    let host = scene
        .host(HostOptions {
            snapshot_events: 10,
            ..calm()
        })
        .await;
    let tails = scene.node.parts(scene.clock.clone()).tails;
    // command -> version of the latest snapshot, frames after it
    let table = [
        (Command::Burst(4), None, 1),
        (Command::Add(-9), None, 2),
        (Command::Burst(4), None, 3),
        (Command::Burst(2), Some(4), 0),
        (Command::Burst(9), Some(4), 1),
        (Command::Burst(0), Some(4), 2),
        (Command::Add(1), Some(7), 0),
        (Command::Burst(30), Some(8), 0),
    ];
    for (name, (command, version, tail)) in (0..).zip(table) {
        ask(&host, 1, name, command).await;
        scene.until_viewed().await;
        let got = scene.snapshot(1);
        assert_eq!(
            got.as_ref().map(|snapshot| snapshot.version),
            version,
            "after {command:?}, command {name}"
        );
        assert_eq!(tails.of(key(1)).len(), tail, "after {command:?}, command {name}");
        if let Some(snapshot) = got.filter(|_| tail == 0) {
            assert_eq!(tally::decode_state(&snapshot.state), Ok(replay(scene.store())[&1].0));
        }
    }
}

/// Protects the time of a restart: rounds of snapshots cover what is dirty, though nobody leaves memory.
#[tokio::test]
async fn tails_are_empty_after_rounds_of_the_checkpointer() {
    let dir = tempdir().expect("a folder");
    let scene = Scene::open(&dir.path().join("live"));
    let host = scene
        .host(HostOptions {
            checkpoint: Duration::from_millis(1),
            replay_bytes_max: 0,
            ..calm()
        })
        .await;
    for id in 0..20 {
        ask(&host, id, id, Command::Add(1)).await;
    }
    let tails = scene.node.parts(scene.clock.clone()).tails;
    scene.until(|| tails.is_empty()).await;
    assert_eq!(host.residents(), 20);
    scene
        .store()
        .checkpoint(&dir.path().join("copy"))
        .expect("a new folder");

    let copy = Scene::open(&dir.path().join("copy"));
    let tails = copy.node.parts(copy.clock.clone()).tails;
    // A restart has nothing to replay, and finds that out beside its work.
    copy.until(|| tails.is_empty()).await;
    let host = copy.host(calm()).await;
    for id in 0..20 {
        assert_eq!(look(&host, id).await, replay(copy.store())[&id]);
    }
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        (-20_i64..30).prop_map(Command::Add),
        (0_u32..6).prop_map(Command::Burst)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(12) })]

    /// Protects the meaning of the journal: wherever the snapshots happen to stand, snapshot plus tail is
    /// the same as a replay of everything.
    #[test]
    fn snapshot_and_tail_equal_a_full_replay(
        commands in prop::collection::vec((0_u64..4, command()), 1..40),
        snapshot_events in 1_u32..12,
        outcomes_held in 1_usize..4,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let dir = tempdir().expect("a folder");
            let scene = Scene::open(&dir.path().join("live"));
            let host = scene.host(HostOptions { snapshot_events, outcomes_held, ..calm() }).await;
            for (name, (id, command)) in (0..).zip(&commands) {
                ask(&host, *id, name, *command).await;
            }
            scene.until_viewed().await;
            scene.store().checkpoint(&dir.path().join("copy")).expect("a new folder");
            let copy = Scene::open(&dir.path().join("copy"));
            let revived = copy.host(HostOptions { outcomes_held, ..calm() }).await;
            for (id, replayed) in replay(copy.store()) {
                assert_eq!(look(&host, id).await, replayed, "held, entity {id}");
                assert_eq!(look(&revived, id).await, replayed, "activated, entity {id}");
            }
        });
    }
}
