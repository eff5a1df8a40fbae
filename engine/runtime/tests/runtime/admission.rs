//! What a decision needs of the world beside the state.

use crate::scene::{Said, Scene, calm, named, said, within};
use crate::tally::Command;

/// Protects common budgets and those who ask for them: a decision whose need was taken by another is made again, and what
/// it comes to is carried out once.
#[tokio::test(flavor = "multi_thread")]
async fn a_decision_that_lost_a_race_is_made_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let scene = Scene::open(folder.path());
    let host = scene.host(calm()).await;
    scene.world.contend(3);
    let answer = within(host.send(1, named(1), Command::Add(5), None).expect("room").answer()).await;
    assert!(matches!(said(answer), Said::Accepted(state) if state.total == 5));
    assert_eq!(scene.world.decisions(), 4);
}

/// Protects a command that loses every race: nothing of it is carried out or recorded, and the same id is decided when it
/// comes again.
#[tokio::test(flavor = "multi_thread")]
async fn one_that_loses_every_race_can_come_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let scene = Scene::open(folder.path());
    let host = scene.host(calm()).await;
    scene.world.contend(u64::MAX);
    let send = || host.send(1, named(1), Command::Add(5), None).expect("room").answer();
    let lost = said(within(send()).await);
    assert_eq!(lost, Said::No(shardbook_runtime::router::CallFault::Overloaded));
    scene.world.contend(0);
    assert!(matches!(said(within(send()).await), Said::Accepted(state) if state.total == 5));
}
