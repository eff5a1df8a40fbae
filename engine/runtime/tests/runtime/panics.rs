use std::time::Duration;

use shardbook_runtime::host::HostOptions;
use shardbook_runtime::journal::Families;
use shardbook_runtime::router::CallFault;
use shardbook_runtime::views::{Dropped, Snapshot};
use tempfile::tempdir;

use crate::scene::{Said, Scene, alter, ask, calm, key, look, named, replay, said, within};
use crate::tally::Command;

const UNKNOWN: Said = Said::No(CallFault::Unknown);

fn total(said: Said) -> i64 {
    match said {
        Said::Accepted(state) => state.total,
        other => panic!("{other:?}"),
    }
}

/// Protects everyone else from a bug: the entity that panics stops alone, and the next command finds the
/// state as the journal has it, with all that was on its way to the disk. What waited in the mailbox of its actor stops with
/// it; at rest, nothing waits.
#[tokio::test]
async fn a_panic_stops_one_actor_and_its_journal_brings_it_back() {
    let dir = tempdir().expect("a folder");
    let scene = Scene::open(dir.path());
    let host = scene.host(calm()).await;
    let mut sum = 0;
    // The first comes while the entity is brought to memory, the others find it at rest.
    for (round, bug, waits) in [
        (0, Command::Panic, true),
        (1, Command::Break, false),
        (2, Command::Panic, false),
    ] {
        let first = round * 100;
        let send = |id, name, command| host.send(id, named(first + name), command, None).expect("room");
        let before: Vec<_> = (0..3).map(|name| send(1, name, Command::Add(1))).collect();
        let other = send(2, 10, Command::Add(1));
        let bug = send(1, 11, bug);
        let behind = send(1, 12, Command::Add(1_000));
        for pending in before {
            sum += 1;
            assert_eq!(total(said(within(pending.answer()).await)), sum);
        }
        assert_eq!(said(within(bug.answer()).await), UNKNOWN);
        let behind = said(within(behind.answer()).await);
        if waits {
            assert_eq!(behind, UNKNOWN, "it was waiting when the actor stopped");
        } else {
            sum += 1_000;
            assert_eq!(total(behind), sum, "it came after, and found the entity anew");
        }
        assert_eq!(
            total(said(within(other.answer()).await)),
            round as i64 + 1,
            "another entity goes on"
        );

        assert_eq!(look(&host, 1).await.0.total, sum, "no half of the entry that broke");
        scene.until(|| host.panics() == round + 1).await;
    }
    assert_eq!(look(&host, 1).await, replay(scene.store())[&1]);
    assert_eq!(host.residents(), 2);
    scene.close(host).await;
}

/// Protects a node from one bad row: an entity that cannot be activated answers Unknown, the others go on,
/// and the host can still be stopped.
#[tokio::test]
async fn an_entity_that_cannot_be_activated_hinders_nobody() {
    let dir = tempdir().expect("a folder");
    let scene = Scene::open(dir.path());
    let host = scene.host(calm()).await;
    for id in [1, 2] {
        ask(&host, id, id, Command::Add(5)).await;
    }
    scene.close(host).await;
    let damaged = Snapshot {
        version: 1,
        after: 0,
        remembered: Vec::new(),
        dropped: Dropped::None,
        state: b"no state".to_vec(),
    };
    alter(
        dir.path(),
        Families::SNAPSHOTS,
        &key(1).to_bytes(),
        Some(&damaged.encode()),
    );

    let scene = Scene::open(dir.path());
    let host = scene.host(calm()).await;
    for name in 10..13 {
        assert_eq!(ask(&host, 1, name, Command::Add(1)).await, UNKNOWN);
        assert_eq!(total(ask(&host, 2, name, Command::Add(1)).await), name as i64 - 4);
    }
    scene.until(|| host.residents() == 1).await;
    assert_eq!(host.panics(), 0, "a damaged row is a fault and no bug");
    assert!(scene.faults.lock().expect("not poisoned").is_empty());
    scene.close(host).await;
}

/// Protects commands that race with a failing actor: each is carried out once or not at all, as it says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_among_panics_are_done_once_or_not_at_all() {
    let dir = tempdir().expect("a folder");
    let scene = Scene::open(dir.path());
    let moment = Duration::from_millis(1);
    let host = scene
        .host(HostOptions {
            idle: moment,
            checkpoint: moment,
            ..calm()
        })
        .await;
    let tasks = (0..4_u64).map(|task| {
        let host = host.clone();
        tokio::spawn(async move {
            let mut sum = 0;
            for count in 0..60 {
                let name = task * 1_000 + count;
                if count % 10 == task {
                    ask(&host, 1, 500_000 + name, Command::Panic).await;
                }
                while ask(&host, 1, name, Command::Add(1)).await == UNKNOWN {}
                sum += 1;
            }
            sum
        })
    });
    let mut sum = 0;
    for task in tasks.collect::<Vec<_>>() {
        sum += within(task).await.expect("no panic in a test task");
    }
    let (state, version) = look(&host, 1).await;
    assert_eq!((state.total, version), (sum, sum as u64), "each command is there once");
    assert!(host.panics() > 0);
}
