//! Kills at chosen points: between any two steps by which something becomes durable.

use std::os::unix::process::ExitStatusExt;

use crate::faulty::Faulty;
use crate::load::Load;
use crate::server::Server;

/// Bets of each player after the fault is switched on: more than the house comes to.
const BETS: u32 = 200;
const SIGKILL: i32 = 9;

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
            "after a sync, before the answers",
            "at sync data/journal/*.log 14 kill-after",
        ),
    ];
    for (when, plan) in rows {
        let faulty = Faulty::new();
        let mut server = faulty.start_with(plan);
        let mut load = Load::prepare(&server).await;
        faulty.switch_on("at");
        load.bet(&server, "b", BETS).await;
        killed_and_sound(&faulty, &mut server, &mut load, when).await;
    }
}

async fn killed_and_sound(faulty: &Faulty, server: &mut Server, load: &mut Load, when: &str) {
    let t = std::time::Instant::now();
    let status = server.ended().await;
    assert_eq!(
        status.signal(),
        Some(SIGKILL),
        "{when}: not reached, {status}: {}",
        faulty.log()
    );
    eprintln!("{when} ended {:?} answered {}", t.elapsed(), load.answered.len());
    faulty.verify(&format!("killed {when}"));
    eprintln!("verify {:?}", t.elapsed());
    let again = faulty.start();
    eprintln!("start {:?}", t.elapsed());
    load.survives(&again, when).await;
    eprintln!("surv {:?}", t.elapsed());
    again.stop();
    eprintln!("stop {:?}", t.elapsed());
    faulty.verify(&format!("stopped after a kill {when}"));
}
