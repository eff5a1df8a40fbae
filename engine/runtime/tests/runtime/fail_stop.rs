use std::sync::{Arc, Mutex};

use shardbook_runtime::clock::ManualClock;
use shardbook_runtime::entity::Undecodable;
use shardbook_runtime::fault::StoreFault;
use shardbook_runtime::host::{Host, HostParts};
use shardbook_runtime::journal::{Committer, EntryRef, Followed, Store, StoreOptions};
use shardbook_runtime::node::{Node, OnFault};
use shardbook_runtime::router::CallFault;
use shardbook_runtime::views::{Projection, Rows, Views};
use tempfile::tempdir;
use tokio::sync::mpsc;

use crate::scene::{Said, Scene, ask, calm, look, map, named, options, replay, said, within};
use crate::tally::{ALWAYS, Command, Tally, World};

const UNKNOWN: Said = Said::No(CallFault::Unknown);
const UNAVAILABLE: Said = Said::No(CallFault::Unavailable);

fn follow() -> mpsc::Sender<Followed> {
    let (sender, mut followed) = mpsc::channel(16);
    std::thread::spawn(move || {
        while let Some(followed) = followed.blocking_recv() {
            if let Followed::Then(run) = followed {
                run();
            }
        }
    });
    sender
}

/// Protects from answers that no disk holds: after a failed append nothing is answered, what waits is
/// Unknown, what comes is refused, and the fault is told once. The append fails for real: the store was
/// opened for reading.
#[tokio::test]
async fn a_failed_append_stops_everything() {
    let dir = tempdir().expect("a folder");
    let data = dir.path().join("data");
    let scene = Scene::open(&data);
    let host = scene.host(calm()).await;
    let first = ask(&host, 1, 1, Command::Add(5)).await;
    scene.close(host).await;

    let store = Store::open_to_read(&data).expect("a store");
    let before = replay(&store);
    let empty = Store::open(&dir.path().join("empty"), map(), &StoreOptions::default()).expect("a new store");
    let tails = Views::open(empty, Vec::new(), Vec::new(), |_, _| ())
        .expect("no rows")
        .tails();
    let faults = Arc::<Mutex<Vec<StoreFault>>>::default();
    let told = Arc::clone(&faults);
    let on_fault = move |fault| told.lock().expect("not poisoned").push(fault);
    let (journal, committer) =
        Committer::try_new(Arc::clone(&store), vec![follow(), follow()], 16, on_fault).expect("a whole journal");
    let thread = committer.spawn();
    let (world, durability) = (Arc::<World>::default(), Arc::clone(journal.durability()));
    let clock = Arc::new(ManualClock::new(1_000));
    let parts = HostParts {
        store: Arc::clone(&store),
        journal,
        tails,
        clock,
    };
    let host: Host<Tally<ALWAYS>> = Host::start(parts, calm(), Arc::clone(&world)).await.expect("a host");

    assert_eq!(look(&host, 1).await, before[&1], "what is durable can be read");
    assert_eq!(
        ask(&host, 1, 1, Command::Add(5)).await,
        first,
        "and a retry is answered"
    );
    let send = |(id, name)| host.send(id, named(name), Command::Add(1), None);
    // The last is a retry of the first while that is on its way to the disk.
    let [first, others @ ..] = [(1, 10), (1, 11), (2, 12), (3, 14), (1, 10)].map(send);
    let read = host.read(1, |state| *state);
    let first = first.expect("the journal has not failed yet");
    assert_eq!(said(within(first.answer()).await), UNKNOWN);
    for other in others {
        // Those that came when the append had failed are refused.
        match other {
            Ok(pending) => assert_eq!(said(within(pending.answer()).await), UNKNOWN),
            Err(fault) => assert_eq!(fault, CallFault::Unavailable),
        }
    }
    match read {
        Ok(read) => assert_eq!(
            within(read.answer()).await,
            Err(CallFault::Unknown),
            "a read of what is not durable"
        ),
        Err(fault) => assert_eq!(fault, CallFault::Unavailable),
    }
    assert!(durability.is_stopped());
    let decided = world.decisions();
    for (id, name, command) in [
        (1, 1, Command::Add(5)),
        (1, 20, Command::Add(1)),
        (4, 21, Command::Add(1)),
    ] {
        assert_eq!(ask(&host, id, name, command).await, UNAVAILABLE);
    }
    assert_eq!(host.read(1, |_| ()).err(), Some(CallFault::Unavailable));
    assert!(
        matches!(within(host.stop()).await, Err(StoreFault::Stopped)),
        "a stop ends, and says that it is none"
    );
    assert_eq!((world.decisions(), host.panics()), (decided, 0));
    drop(host);
    within(tokio::task::spawn_blocking(move || thread.join()))
        .await
        .expect("joined")
        .expect("no panic");
    let faults = faults.lock().expect("not poisoned");
    assert!(
        matches!(faults.as_slice(), [StoreFault::Io { what: "write", .. }]),
        "{faults:?}"
    );
    assert_eq!(replay(&store), before, "nothing was written");
}

/// Protects the meaning of Unknown: when the journal stops between write and answer, the command was carried
/// out, and its id finds the answer after the restart.
#[tokio::test]
async fn an_unknown_outcome_is_learned_with_the_same_id_after_a_restart() {
    let dir = tempdir().expect("a folder");
    let faults = Arc::<Mutex<Vec<String>>>::default();
    let told = Arc::clone(&faults);
    let on_fault: OnFault = Arc::new(move |fault| told.lock().expect("not poisoned").push(fault.to_string()));
    let (node, follower) =
        Node::open(&options(dir.path()), Vec::new(), vec![ALWAYS], &on_fault, |_, _| ()).expect("a new store");
    drop(follower);
    let parts = node.parts(Arc::new(ManualClock::new(1_000)));
    let host: Host<Tally<ALWAYS>> = Host::start(parts, calm(), Arc::default()).await.expect("a host");
    assert_eq!(ask(&host, 1, 1, Command::Add(5)).await, UNKNOWN);
    assert_eq!(ask(&host, 1, 2, Command::Add(5)).await, UNAVAILABLE);
    assert!(within(host.stop()).await.is_err());
    drop(host);
    within(tokio::task::spawn_blocking(move || node.close()))
        .await
        .expect("joined")
        .expect("a last flush");
    assert_eq!(faults.lock().expect("not poisoned").len(), 1);

    let scene = Scene::open(dir.path());
    let host = scene.host(calm()).await;
    for name in [1, 2] {
        let answer = ask(&host, 1, name, Command::Add(5)).await;
        assert!(
            matches!(answer, Said::Accepted(state) if state.total == 5 * name as i64),
            "{answer:?}"
        );
    }
    assert_eq!(look(&host, 1).await.1, 2, "the first was not done again");
}

/// A view that cannot read anything.
struct Blind;

impl Projection for Blind {
    fn prefix(&self) -> u8 {
        b'b'
    }
    fn name(&self) -> &'static str {
        "blind"
    }
    fn version(&self) -> u32 {
        1
    }
    fn project(&self, _: &EntryRef<'_>, _: &mut Rows<'_>) -> Result<(), Undecodable> {
        Err(Undecodable("too dark".into()))
    }
}

/// Protects readers from views that stand still unseen: a view that fails stops the node, and is told once.
#[tokio::test]
async fn a_failed_view_stops_the_node() {
    let dir = tempdir().expect("a folder");
    let scene = Scene::try_open(dir.path(), vec![Box::new(Blind)]).expect("a new store");
    let host = scene.host(calm()).await;
    let mut name = 0;
    let last = loop {
        name += 1;
        match ask(&host, 1, name, Command::Add(1)).await {
            Said::Accepted(_) => {}
            other => break other,
        }
    };
    assert_eq!(last, UNKNOWN);
    assert_eq!(ask(&host, 1, name, Command::Add(1)).await, UNAVAILABLE);
    assert!(within(host.stop()).await.is_err());
    drop(host);
    let Scene { node, faults, .. } = scene;
    within(tokio::task::spawn_blocking(move || node.close()))
        .await
        .expect("joined")
        .expect("a last flush");
    let faults = faults.lock().expect("not poisoned");
    assert!(
        matches!(faults.as_slice(), [fault] if fault.contains("blind cannot read an event: too dark")),
        "{faults:?}"
    );
}
