use std::time::Duration;

use shardbook_runtime::entity::Kind;
use shardbook_runtime::host::{Host, HostOptions};
use shardbook_runtime::journal::Families;
use tempfile::tempdir;

use crate::scene::{Said, Scene, ask, calm, key, look, map, named, said, within};
use crate::tally::{ALWAYS, Command, LATEST, Tally};

const COMMANDS: [Command; 9] = [
    Command::Add(10),
    Command::Add(-11),
    Command::Burst(3),
    Command::Add(0),
    Command::Burst(0),
    Command::Add(-14),
    Command::Add(-13),
    Command::Add(-1),
    Command::Add(5),
];

fn totals() -> [Result<i64, i64>; 9] {
    [Ok(10), Err(10), Ok(13), Ok(13), Ok(13), Err(13), Ok(0), Err(0), Ok(5)]
}

async fn retry_all<const KIND: Kind>(host: &Host<Tally<KIND>>, first: &[Said], when: &str) {
    for (name, (command, first)) in (0..).zip(COMMANDS.iter().zip(first)) {
        assert_eq!(ask(host, 1, name, *command).await, *first, "{command:?} again {when}");
        let other = Command::Add(1_000 + name as i64);
        assert_eq!(
            ask(host, 1, name, other).await,
            Said::IdReused,
            "other content with the id of {command:?} {when}"
        );
    }
    assert_eq!(
        look(host, 1).await.1,
        COMMANDS.len() as u64,
        "nothing was done again {when}"
    );
}

/// Protects customers from paying twice: a retry gets the first answer, a rejection too, at any later time;
/// and an id cannot be used for anything else.
#[tokio::test]
async fn a_retry_gets_the_first_answer_for_ever() {
    let dir = tempdir().expect("a folder");
    let scene = Scene::open(dir.path());
    let moment = Duration::from_millis(1);
    let options = HostOptions {
        outcomes_held: 2,
        idle: moment,
        checkpoint: moment,
        ..calm()
    };
    let host = scene.host(options.clone()).await;
    let pending: Vec<_> = (0..)
        .zip(COMMANDS)
        .map(|(name, command)| host.send(1, named(name), command, None).expect("room"))
        .collect();
    // Sent while the first is on its way to the disk.
    let again = host.send(1, named(0), COMMANDS[0], None).expect("room");
    let mut first = Vec::new();
    for pending in pending {
        first.push(said(within(pending.answer()).await));
    }
    let heard = first.iter().map(|said| match said {
        Said::Accepted(state) => Ok(state.total),
        Said::BelowZero(total) => Err(*total),
        other => panic!("{other:?}"),
    });
    assert_eq!(heard.collect::<Vec<_>>(), totals());
    assert_eq!(said(within(again.answer()).await), first[0]);
    retry_all(&host, &first, "at once").await;

    scene.until(|| host.residents() == 0).await;
    retry_all(&host, &first, "after it has left memory").await;
    scene.until(|| host.residents() == 0).await;
    let held = scene.snapshot(1).expect("it left with a snapshot").remembered;
    assert_eq!(held.len(), 2, "older outcomes are on disk alone");
    retry_all(&host, &first, "from disk").await;
    scene.close(host).await;

    let scene = Scene::open(dir.path());
    let host = scene.host(options).await;
    retry_all(&host, &first, "after a restart").await;
}

/// Protects the same answer for ever: a rejection is an entry of its own, without events.
#[tokio::test]
async fn a_rejection_is_recorded() {
    let dir = tempdir().expect("a folder");
    let scene = Scene::open(dir.path());
    let host = scene.host(calm()).await;
    assert_eq!(ask(&host, 1, 1, Command::Add(-1)).await, Said::BelowZero(0));
    assert!(matches!(ask(&host, 1, 2, Command::Add(3)).await, Said::Accepted(_)));
    assert_eq!(
        ask(&host, 1, 1, Command::Add(-1)).await,
        Said::BelowZero(0),
        "though it could be done now"
    );
    let frame = scene
        .store()
        .frames(map().locate(key(1)), 1)
        .next()
        .expect("a frame")
        .expect("whole");
    let entry = frame.entries().next().expect("an entry");
    assert_eq!((entry.entry.outcome.accepted, entry.event_count()), (false, 0));
}

/// Protects the disk from outcomes that nobody will ask for: such a kind remembers its latest ones alone.
#[tokio::test]
async fn a_kind_idempotent_by_content_keeps_its_latest_outcomes_alone() {
    let dir = tempdir().expect("a folder");
    let scene = Scene::open(dir.path());
    let host: Host<Tally<LATEST>> = scene
        .host_of(HostOptions {
            outcomes_held: 2,
            ..calm()
        })
        .await;
    for name in 0..4 {
        ask(&host, 1, name, Command::Add(1)).await;
    }
    let again = ask(&host, 1, 3, Command::Add(1)).await;
    assert!(matches!(again, Said::Accepted(state) if state.total == 4), "{again:?}");
    let anew = ask(&host, 1, 0, Command::Add(1)).await;
    assert!(matches!(anew, Said::Accepted(state) if state.total == 5), "{anew:?}");
    scene.until_viewed().await;
    let outcomes = |kind| {
        scene.store().flush().expect("a flush");
        let lists = scene.store().scan(Families::OUTCOMES, &[0xE0, kind], &[]);
        lists.count() + scene.store().scan(Families::OUTCOMES, &[kind], &[]).count()
    };
    assert_eq!(outcomes(LATEST), 0);
    let other: Host<Tally<ALWAYS>> = scene.host(calm()).await;
    ask(&other, 1, 0, Command::Add(1)).await;
    scene.until_viewed().await;
    assert_eq!(outcomes(ALWAYS), 1);
}
