//! Counting by stage, in a process of its own: it is on or off for the whole of one.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use shardbook_runtime::stages::{SAMPLED, Spent, Stage, count, each, mark, sample, spent};

/// A time that every clock sees.
const A_WHILE: Duration = Duration::from_millis(5);
/// Rounds of commands until some are counted: of those that lose their processor on a busy machine none is.
const ROUNDS: u64 = 10_000;

fn busy() {
    (0..200).for_each(|turn| _ = std::hint::black_box(turn));
}

/// A command with a lap within a lap, as one that a service hands to a host.
fn command() {
    let _service = sample(Stage::Route);
    busy();
    mark(Stage::Decode);
    {
        let _host = sample(Stage::Encode);
        busy();
        mark(Stage::Decide);
    }
    busy();
}

/// A group whose thread waits for another, as one that waits for the disk.
fn group() {
    let _lap = each(Stage::Reply);
    mark(Stage::Write);
    let (tell, told) = mpsc::channel();
    let disk = std::thread::spawn(move || {
        let began = Instant::now();
        while began.elapsed() < A_WHILE {
            busy();
        }
        tell.send(())
    });
    told.recv().expect("told");
    mark(Stage::Sync);
    disk.join().expect("ended").expect("heard");
}

/// Protects figures by stage: nothing is counted while it is off; then one command in so many with all its marks, the lap
/// within as a part of the one around it; and every group, where waiting is no processor time. A mark outside counts nothing.
#[test]
fn laps_are_counted_when_asked_for() {
    let all = || Stage::ALL.map(spent);
    let samples = || all().map(|spent| spent.samples);
    (0..2 * SAMPLED).for_each(|_| command());
    group();
    mark(Stage::Views);
    assert_eq!(all(), [Spent::default(); 8], "it is off");

    count();
    let mut rounds = 0;
    while spent(Stage::Decode).samples < 3 {
        assert!(rounds < ROUNDS, "hardly any is counted: {:?}", all());
        (0..SAMPLED).for_each(|_| command());
        rounds += 1;
    }
    mark(Stage::Views);
    // Decode, route, decide, encode; then write, sync, views, reply.
    assert_eq!(samples(), [3, 3, 3, 3, 0, 0, 0, 0]);
    for stage in [Stage::Decode, Stage::Decide, Stage::Route] {
        let Spent { cpu, waited, .. } = spent(stage);
        assert!(
            cpu > Duration::ZERO && waited == Duration::ZERO,
            "{stage:?}: {cpu:?} {waited:?}"
        );
    }

    let before = all();
    (0..2).for_each(|_| group());
    count();
    assert_eq!(samples(), [3, 3, 3, 3, 2, 2, 0, 2]);
    let sync = spent(Stage::Sync).since(before[Stage::Sync as usize]);
    assert!(
        sync.waited > A_WHILE && sync.cpu + sync.waited >= A_WHILE * 2 * 9 / 10,
        "{sync:?}"
    );
}
