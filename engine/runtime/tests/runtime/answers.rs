use shardbook_runtime::entity::CommandId;
use shardbook_runtime::host::HostOptions;
use shardbook_runtime::router::CallFault;
use tempfile::tempdir;

use crate::scene::{Said, Scene, ask, calm, key, look, map, named, replay, said, within};
use crate::tally::{self, Command, Event, State};

fn after(amounts: impl IntoIterator<Item = i64>) -> State {
    let mut state = State::default();
    amounts
        .into_iter()
        .for_each(|by| tally::apply(&mut state, Event::Added(by)));
    state
}

fn is_in_journal(scene: &Scene, id: u64, command: CommandId) -> bool {
    let frames = scene.store().frames(map().locate(key(id)), 1);
    frames
        .map(|frame| frame.expect("whole"))
        .any(|frame| frame.entries().any(|entry| entry.entry.command == command))
}

/// Protects the order of a customer's commands: each is decided on the state that the one before left.
#[tokio::test]
async fn commands_of_one_entity_are_carried_out_in_the_order_sent() {
    let dir = tempdir().expect("a folder");
    let scene = Scene::open(dir.path());
    let host = scene.host(calm()).await;
    let send = |by| host.send(1, named(by as u64), Command::Add(by), None).expect("room");
    let pending: Vec<_> = (1..=300).map(send).collect();
    for (count, pending) in (1..).zip(pending) {
        assert_eq!(said(within(pending.answer()).await), Said::Accepted(after(1..=count)));
    }
    assert_eq!(look(&host, 1).await, (after(1..=300), 300));
}

/// Protects from an answer to what a crash could take back: when it arrives, its frame is in the store.
#[tokio::test]
async fn an_answer_leaves_only_when_its_frame_is_written() {
    let dir = tempdir().expect("a folder");
    let scene = Scene::open(dir.path());
    let host = scene.host(calm()).await;
    for round in 0..10 {
        let names = (0..20).map(|id| (id, round * 20 + id));
        let send = |(id, name)| {
            (
                id,
                name,
                host.send(id, named(name), Command::Add(1), None).expect("room"),
            )
        };
        let pending: Vec<_> = names.map(send).collect();
        for (id, name, pending) in pending {
            within(pending.answer()).await.expect("a well actor");
            assert!(
                is_in_journal(&scene, id, named(name)),
                "command {name} was answered before it was written"
            );
        }
    }
    assert!(
        !is_in_journal(&scene, 1, named(1_000)),
        "a command that was never sent is not found"
    );
}

/// Protects a reader from what may never have happened: it sees all sent before it, and that is durable.
#[tokio::test]
async fn a_read_sees_what_was_sent_before_it_and_only_when_durable() {
    let dir = tempdir().expect("a folder");
    let scene = Scene::open(dir.path());
    let host = scene.host(calm()).await;
    for round in 1..=20 {
        let name = round as u64 * 10;
        let sent = host.send(1, named(name), Command::Add(round), None).expect("room");
        let read = host.read_version(1, |state, version| (*state, version)).expect("room");
        let later = host.send(1, named(name + 1), Command::Add(-round), None).expect("room");
        let (state, version) = within(read.answer()).await.expect("a well actor");
        assert_eq!((state.total, version), (round, round as u64 * 2 - 1));
        assert!(
            replay(scene.store())[&1].1 >= version,
            "what was read is in the journal"
        );
        for pending in [sent, later] {
            within(pending.answer()).await.expect("a well actor");
        }
    }
}

/// Protects the memory of a hot entity: beyond the bound a command is refused and leaves no trace.
#[tokio::test]
async fn a_full_mailbox_refuses_and_nothing_is_done() {
    let dir = tempdir().expect("a folder");
    let scene = Scene::open(dir.path());
    let host = scene
        .host(HostOptions {
            mailbox_max: 3,
            ..calm()
        })
        .await;
    // On this thread the actor does not run before the first await.
    let send = |name| host.send(1, named(name), Command::Add(1), None);
    let pending: Vec<_> = (0..3).map(|name| send(name).expect("room")).collect();
    assert_eq!(send(3).err(), Some(CallFault::Overloaded));
    assert_eq!(host.read(1, |_| ()).err(), Some(CallFault::Overloaded));
    assert!(
        host.send(2, named(4), Command::Add(1), None).is_ok(),
        "another entity has room"
    );
    for pending in pending {
        within(pending.answer()).await.expect("a well actor");
    }
    assert_eq!(look(&host, 1).await, (after([1, 1, 1]), 3));
    assert!(!is_in_journal(&scene, 1, named(3)));
    assert_eq!(
        ask(&host, 1, 3, Command::Add(7)).await,
        Said::Accepted(after([1, 1, 1, 7])),
        "the id is still free"
    );
}

/// Protects a caller that has given up: what is decided too late is not done, and says so.
#[tokio::test]
async fn a_command_after_its_deadline_is_not_carried_out() {
    let dir = tempdir().expect("a folder");
    let scene = Scene::open(dir.path());
    let host = scene.host(calm()).await;
    let ask_by = async |name, deadline| {
        let pending = host.send(1, named(name), Command::Add(1), deadline).expect("room");
        said(within(pending.answer()).await)
    };
    let passed = Said::No(CallFault::DeadlinePassed);
    // The clock stands at 1,000.
    assert_eq!(ask_by(1, Some(999)).await, passed);
    assert_eq!(
        (scene.world.decisions(), is_in_journal(&scene, 1, named(1))),
        (0, false)
    );
    assert_eq!(ask_by(2, Some(1_000)).await, Said::Accepted(after([1])));
    assert_eq!(ask_by(3, None).await, Said::Accepted(after([1, 1])));
    assert_eq!(
        ask_by(1, None).await,
        Said::Accepted(after([1, 1, 1])),
        "the id is still free"
    );
    scene.clock.advance(1);
    assert_eq!(ask_by(4, Some(1_000)).await, passed);
    assert_eq!(
        ask_by(2, Some(1_000)).await,
        Said::Accepted(after([1])),
        "a late retry hears that it was done"
    );
    assert_eq!(look(&host, 1).await.1, 3);
}
