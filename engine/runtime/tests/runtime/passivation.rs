use std::time::Duration;

use shardbook_runtime::host::HostOptions;
use shardbook_runtime::views::needed;
use tempfile::tempdir;

use crate::scene::{Said, Scene, ask, calm, look, named, replay, said, shards, within};
use crate::tally::Command;

const MOMENT: Duration = Duration::from_millis(1);

/// Protects memory from customers who have left: an idle entity goes with a snapshot, and comes back whole.
#[tokio::test]
async fn an_idle_entity_leaves_memory_and_comes_back_the_same() {
    let dir = tempdir().expect("a folder");
    let scene = Scene::open(dir.path());
    let host = scene
        .host(HostOptions {
            idle: MOMENT,
            checkpoint: MOMENT,
            ..calm()
        })
        .await;
    for round in 1..=5 {
        for id in 0..10 {
            ask(&host, id, round * 100 + id, Command::Add(id as i64)).await;
        }
        scene.until(|| host.residents() == 0).await;
        scene.until_viewed().await;
        for id in 0..10 {
            assert_eq!(
                scene.snapshot(id).map(|snapshot| snapshot.version),
                Some(round),
                "entity {id}"
            );
        }
        assert!(scene.uncovered().is_empty(), "the snapshots cover everything");
    }
    for id in 0..10 {
        assert_eq!(look(&host, id).await, replay(scene.store())[&id]);
    }
}

/// Protects the memory of the node: entities beyond the bound leave though they are not idle.
#[tokio::test]
async fn residents_beyond_the_bound_leave_memory() {
    let dir = tempdir().expect("a folder");
    let scene = Scene::open(dir.path());
    let host = scene
        .host(HostOptions {
            residents_max: 5,
            checkpoint: MOMENT,
            ..calm()
        })
        .await;
    let pending: Vec<_> = (0..40)
        .map(|id| host.send(id, named(id), Command::Add(id as i64), None).expect("room"))
        .collect();
    for pending in pending {
        within(pending.answer()).await.expect("a well actor");
    }
    scene.until(|| host.residents() <= 5).await;
    for id in 0..40 {
        let (state, version) = look(&host, id).await;
        assert_eq!((state.total, version), (id as i64, 1));
    }
}

/// Protects from a command lost between an actor that leaves and the one that comes after it: many tasks,
/// hardly any room, and a plain count must agree.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_racing_with_passivation_are_never_lost() {
    const IDS: u64 = 7;
    let dir = tempdir().expect("a folder");
    let scene = Scene::open(dir.path());
    let options = HostOptions {
        residents_max: 1,
        idle: MOMENT,
        checkpoint: MOMENT,
        outcomes_held: 1,
        ..calm()
    };
    let host = scene
        .host(HostOptions {
            snapshot_events: 3,
            ..options
        })
        .await;
    let tasks = (0..8_u64).map(|task| {
        let host = host.clone();
        tokio::spawn(async move {
            let mut counts = [0_i64; IDS as usize];
            for round in 0..100 {
                let burst: Vec<_> = (0..1 + (round + task) % 4)
                    .map(|place| {
                        let id = (round * 5 + place + task) % IDS;
                        let name = named(task << 32 | round << 8 | place);
                        (id, host.send(id, name, Command::Add(1), None).expect("room"))
                    })
                    .collect();
                for (id, pending) in burst {
                    let said = said(within(pending.answer()).await);
                    assert!(matches!(said, Said::Accepted(_)), "{said:?}");
                    counts[id as usize] += 1;
                }
            }
            counts
        })
    });
    let mut model = [0_i64; IDS as usize];
    for task in tasks.collect::<Vec<_>>() {
        let counts = within(task).await.expect("every command is accepted");
        model.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
    }
    for (id, expected) in (0..).zip(model) {
        let (state, version) = look(&host, id).await;
        assert_eq!((state.total, version), (expected, expected as u64), "entity {id}");
        assert_eq!(replay(scene.store())[&id], (state, version), "entity {id}");
    }
    scene.close(host).await;
}

/// Protects an orderly stop: all that was sent before is answered, every entity is at rest, and later
/// commands are refused undone.
#[tokio::test]
async fn a_stop_answers_what_was_sent_and_leaves_nothing_uncovered() {
    let dir = tempdir().expect("a folder");
    let scene = Scene::open(dir.path());
    let host = scene.host(calm()).await;
    let pending: Vec<_> = (0..50)
        .map(|name| host.send(name % 5, named(name), Command::Add(1), None).expect("room"))
        .collect();
    within(host.stop()).await.expect("the journal goes on");
    for pending in pending {
        assert!(matches!(said(within(pending.answer()).await), Said::Accepted(_)));
    }
    assert_eq!(
        ask(&host, 1, 1_000, Command::Add(1)).await,
        Said::No(shardbook_runtime::router::CallFault::Unavailable)
    );
    assert_eq!(host.residents(), 0);
    assert!(scene.uncovered().is_empty());
    scene.store().flush().expect("as a node that is closed does");
    let read_again = needed(scene.store(), &[]).expect("the store reads").0;
    let durability = scene.node.journal().durability();
    let written: Vec<_> = shards().map(|shard| durability.durable(shard)).collect();
    assert_eq!(read_again, written, "the next start reads nothing again");
    let replayed = replay(scene.store());
    for id in 0..5 {
        assert_eq!(scene.snapshot(id).map(|snapshot| snapshot.version), Some(10));
        assert_eq!(replayed[&id].1, 10);
    }
    scene.close(host).await;
}

/// Protects the memory of a node with very many players: who is in memory and has nothing to do has no actor, whichever way
/// the last command came, and a stop asks each of them once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_at_rest_has_no_actor() {
    const IDS: u64 = 5_000;
    let dir = tempdir().expect("a folder");
    let scene = Scene::open(dir.path());
    let host = scene
        .host(HostOptions {
            checkpoint: MOMENT,
            ..calm()
        })
        .await;
    // A first command brings an entity to memory; the next ones find it at rest, or wait for each other.
    for (round, burst) in [(0, 1), (1, 1), (2, 5)] {
        for ids in (0..IDS).collect::<Vec<_>>().chunks(500) {
            let pending: Vec<_> = ids
                .iter()
                .flat_map(|id| (0..burst).map(move |place| (id, place)))
                .map(|(id, place)| {
                    let name = named(round << 32 | place << 16 | id);
                    host.send(*id, name, Command::Add(1), None).expect("room")
                })
                .collect();
            for pending in pending {
                let said = said(within(pending.answer()).await);
                assert!(matches!(said, Said::Accepted(_)), "{said:?}");
            }
        }
        scene.until(|| host.actors() == 0).await;
        assert_eq!(host.residents(), IDS as usize);
    }
    for id in [0, IDS / 2, IDS - 1] {
        assert_eq!(look(&host, id).await.0.total, 7);
    }
    within(host.stop()).await.expect("the journal goes on");
    assert_eq!((host.residents(), host.actors()), (0, 0));
    assert!(scene.uncovered().is_empty());
    scene.close(host).await;
}
