//! Power losses: a kill, after which all that was not synced is taken back.

use std::collections::HashMap;
use std::fs::{self, File};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use shardbook::http;

use crate::faulty::Faulty;
use crate::load::Load;
use crate::server::Server;

const SIGKILL: i32 = 9;
/// Bytes of an entry before what it holds, as `tests/faults/src/record.rs` says.
const HEAD: usize = 37;
const WROTE: u8 = 1;
const SYNCED: u8 = 2;
const MADE: u8 = 3;
const RENAMED: u8 = 4;
const REMOVED: u8 = 5;

/// One entry of the record.
struct Entry {
    order: u64,
    kind: u8,
    number: u64,
    offset: u64,
    length: u64,
    bytes: Vec<u8>,
}

impl Entry {
    /// Every whole entry, in order. The last one may be cut: what it speaks of was not done.
    fn read(record: &Path) -> Vec<Self> {
        let all = fs::read(record).expect("a record");
        let (mut rest, mut entries) = (all.as_slice(), Vec::new());
        while let Some((head, left)) = rest.split_first_chunk::<HEAD>() {
            let number = |at: usize| u64::from_le_bytes(head[at..at + 8].try_into().expect("eight bytes"));
            let size = u32::from_le_bytes(head[33..].try_into().expect("four bytes")) as usize;
            let Some((bytes, left)) = left.split_at_checked(size) else {
                break;
            };
            entries.push(Self {
                order: number(0),
                kind: head[8],
                number: number(9),
                offset: number(17),
                length: number(25),
                bytes: bytes.to_vec(),
            });
            rest = left;
        }
        entries.sort_by_key(|entry| entry.order);
        entries
    }

    fn names(&self) -> Vec<PathBuf> {
        let names = self.bytes.split(|byte| *byte == 0);
        names
            .map(|name| String::from_utf8(name.to_vec()).expect("UTF-8").into())
            .collect()
    }
}

/// Whether what was synced stays.
#[derive(Clone, Copy, PartialEq)]
enum Syncs {
    Count,
    AreLies,
}

/// Takes back what is in the record and not durable, the last first; how many writes and names that were.
fn take_back(faulty: &Faulty, record: &Path, syncs: Syncs) -> usize {
    let mut files = HashMap::new();
    open_all(&faulty.path(""), &mut files);
    let mut durable = HashMap::<u64, u64>::new();
    let mut taken = 0;
    for entry in Entry::read(record).iter().rev() {
        if entry.kind == SYNCED {
            let reached = durable.entry(entry.number).or_default();
            *reached = entry.offset.max(*reached);
            continue;
        }
        if syncs == Syncs::Count
            && durable
                .get(&entry.number)
                .is_some_and(|reached| entry.order <= *reached)
        {
            continue;
        }
        taken += 1;
        let names = if entry.kind == WROTE { Vec::new() } else { entry.names() };
        match entry.kind {
            WROTE => {
                if let Some(file) = files.get(&entry.number) {
                    file.write_all_at(&entry.bytes, entry.offset).expect("can be written");
                    file.set_len(entry.length).expect("can be cut");
                }
            }
            MADE if names[0].is_dir() => fs::remove_dir_all(&names[0]).expect("can be removed"),
            // A kill may have come before what an entry speaks of, so there may be nothing to take back.
            MADE => drop(fs::remove_file(&names[0])),
            RENAMED => {
                let _ = fs::rename(&names[1], &names[0]);
                let _ = fs::rename(&names[2], &names[1]);
            }
            REMOVED => drop(fs::rename(&names[1], &names[0])),
            kind => panic!("an entry of kind {kind}"),
        }
    }
    taken
}

/// Every file below a folder, by its number.
fn open_all(folder: &Path, files: &mut HashMap<u64, File>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let about = path.symlink_metadata().expect("is there");
        if about.is_dir() {
            open_all(&path, files);
        } else if about.is_file() {
            let file = File::options().read(true).write(true).open(&path).expect("opens");
            files.insert(about.ino(), file);
        }
    }
}

/// A server whose unsynced bytes are recorded under a new name.
fn recorded(faulty: &Faulty, record: &str, plan: &str) -> Server {
    let mut command = faulty.command(plan);
    command.env("FAULTS_UNSYNCED", faulty.path(record));
    Server::try_start(command).unwrap_or_else(|status| panic!("{status}: {}", faulty.log()))
}

/// Bets with three copies between, each of which moves the journal to another log: a log that was used before is written
/// over, so that taking back must bring old bytes to light.
async fn bets_over_many_logs(server: &Server, load: &mut Load) {
    for round in 0..3 {
        load.bet(server, &format!("r{round}"), 4).await;
        let copied = http::post(server.http, "/checkpoint", Duration::from_secs(30)).await;
        assert!(copied.is_ok(), "{copied:?}");
    }
}

/// Protects every answered bet from a power loss at chosen points: what a disk had not synced is gone, what was answered is
/// there, and the books are proven.
#[tokio::test]
async fn what_was_answered_outlives_what_was_not_synced() {
    let rows = [
        ("at work", "at write data/journal/*.log 30 kill"),
        ("half-way in an append", "at write data/journal/*.log 31 tear"),
        (
            "after an append, before its sync",
            "at write data/journal/*.log 32 kill-after",
        ),
        (
            "after a sync, before the witness",
            "at sync data/journal/*.log 33 kill-after",
        ),
        (
            "after the witness, before the answers",
            "at write data/witness 34 kill-after",
        ),
    ];
    for (when, plan) in rows {
        let faulty = Faulty::new();
        let mut server = recorded(&faulty, "first", plan);
        let mut load = Load::prepare(&server).await;
        bets_over_many_logs(&server, &mut load).await;
        faulty.switch_on("at");
        load.bet(&server, "b", 200).await;
        is_whole_without_power(&faulty, &mut server, &mut load, &["first"], when).await;
    }
}

/// Protects the same when power is lost while all is written out at a stop, in a second life of the house.
#[tokio::test]
async fn a_stop_that_loses_power() {
    let rows = [
        (
            "when a table of the journal is begun",
            "at open data/journal/*.sst 1 kill-after",
        ),
        (
            "before a file of frames is synced",
            "at write data/journal/*.blob 1 kill-after",
        ),
        (
            "before a table of the journal is known",
            "at write data/journal/MANIFEST-* 1 kill-after",
        ),
        (
            "before a table of snapshots is synced",
            "at write data/views/*.sst 1 kill-after",
        ),
        (
            "before a table of snapshots is known",
            "at write data/views/MANIFEST-* 1 kill-after",
        ),
        ("after it is known", "at sync data/views/MANIFEST-* 1 kill-after"),
    ];
    for (when, plan) in rows {
        let faulty = Faulty::new();
        let server = recorded(&faulty, "first", "");
        let mut load = Load::prepare(&server).await;
        server.stopped().await;
        let mut server = recorded(&faulty, "second", plan);
        bets_over_many_logs(&server, &mut load).await;
        load.bet(&server, "last", 2).await;
        // Frames of many entries, which are kept apart.
        load.burst(&server, "many", 30).await;
        faulty.switch_on("at");
        server.terminate();
        is_whole_without_power(&faulty, &mut server, &mut load, &["second", "first"], when).await;
    }
}

async fn is_whole_without_power(faulty: &Faulty, server: &mut Server, load: &mut Load, records: &[&str], when: &str) {
    let status = server.ended().await;
    assert_eq!(
        status.signal(),
        Some(SIGKILL),
        "{when}: not reached, {status}: {}",
        faulty.log()
    );
    let taken: usize = records
        .iter()
        .map(|record| take_back(faulty, &faulty.path(record), Syncs::Count))
        .sum();
    assert!(taken > 0, "{when}: a power loss that takes nothing is none");
    faulty.verify(&format!("power lost {when}"));
    let again = faulty.start();
    load.survives(&again, when).await;
    again.stopped().await;
    faulty.verify(&format!("stopped after a power loss {when}"));
}

/// Protects these tests from proving nothing: on a disk that lies about its syncs the house is gone.
#[tokio::test]
async fn a_disk_that_lies_loses_the_house() {
    let faulty = Faulty::new();
    let server = recorded(&faulty, "first", "");
    Load::prepare(&server).await;
    server.kill();
    assert!(faulty.data().join("journal").join("CURRENT").exists());
    take_back(&faulty, &faulty.path("first"), Syncs::AreLies);
    assert!(!faulty.data().exists());
}
