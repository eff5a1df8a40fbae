use std::time::Duration;

use proptest::prelude::*;
use shardbook_runtime::host::{Host, HostOptions};
use tempfile::tempdir;

use crate::scene::{Scene, ask, calm, look, replay};
use crate::tally::{self, Command, LATEST, Tally};

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
    // command -> version of the latest snapshot, entries after it; the first may come earlier
    let table = [
        (Command::Burst(10), Some(1), 0),
        (Command::Burst(4), Some(1), 1),
        (Command::Add(-9), Some(1), 2),
        (Command::Burst(4), Some(1), 3),
        (Command::Burst(2), Some(5), 0),
        (Command::Burst(9), Some(5), 1),
        (Command::Burst(0), Some(5), 2),
        (Command::Add(1), Some(8), 0),
        // Events of a burst have no bytes, so that the state is larger than what came since: up to seven times as many.
        (Command::Burst(30), Some(8), 1),
        (Command::Burst(40), Some(10), 0),
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
        let (state, entries) = replay(scene.store())[&1];
        let after = entries - version.unwrap_or(0);
        assert_eq!(after, tail, "after {command:?}, command {name}");
        if let Some(snapshot) = got.filter(|_| tail == 0) {
            assert_eq!(tally::decode_state(&snapshot.state), Ok(state));
        }
    }
}

/// Protects everybody from a burst of snapshots: entities that began together and do as much take theirs at different times,
/// each as often as the others.
#[tokio::test]
async fn snapshots_of_those_who_began_together_are_spread() {
    const IDS: u64 = 60;
    let dir = tempdir().expect("a folder");
    let scene = Scene::open(dir.path());
    let options = HostOptions {
        snapshot_events: 10,
        ..calm()
    };
    let host = scene.host(options).await;
    let mut taken = Vec::new();
    for round in 1..=30 {
        for id in 0..IDS {
            ask(&host, id, round << 8 | id, Command::Add(1)).await;
        }
        scene.until_viewed().await;
        let versions = (0..IDS).filter_map(|id| scene.snapshot(id).map(|snapshot| snapshot.version));
        taken.push(versions.filter(|version| *version == round).count() as u64);
    }
    assert!(taken.iter().all(|taken| *taken <= IDS / 4), "{taken:?}");
    assert_eq!(taken.iter().sum::<u64>(), IDS * 3, "{taken:?}");
}

/// Protects the time of a restart: of a kind of which no list tells, rounds of snapshots cover what is dirty, though nobody
/// leaves memory.
#[tokio::test]
async fn tails_are_empty_after_rounds_of_the_checkpointer() {
    let dir = tempdir().expect("a folder");
    let scene = Scene::open(&dir.path().join("live"));
    let host: Host<Tally<LATEST>> = scene
        .host_of(HostOptions {
            checkpoint: Duration::from_millis(1),
            replay_bytes_max: 0,
            ..calm()
        })
        .await;
    for id in 0..20 {
        ask(&host, id, id, Command::Add(1)).await;
    }
    let tails = scene.node.parts(scene.clock.clone()).tails;
    scene.until_viewed().await;
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
    let host: Host<Tally<LATEST>> = copy.host_of(calm()).await;
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
    /// the same as a replay of everything; and wherever lists became rows.
    #[test]
    fn snapshot_and_tail_equal_a_full_replay(
        commands in prop::collection::vec((0_u64..4, command()), 1..40),
        snapshot_events in 1_u32..12,
        outcomes_held in 1_usize..4,
        written in prop::collection::btree_set(0_usize..40, 0..3),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let dir = tempdir().expect("a folder");
            let scene = Scene::open(&dir.path().join("live"));
            let host = scene.host(HostOptions { snapshot_events, outcomes_held, ..calm() }).await;
            for (name, (id, command)) in commands.iter().enumerate() {
                ask(&host, *id, name as u64, *command).await;
                if written.contains(&name) {
                    // What lists hold becomes rows.
                    scene.until_viewed().await;
                    scene.store().flush().expect("a flush");
                }
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
