//! Flipped bits: found, named, and never served.

use std::fs;
use std::path::Path;

use shardbook::players::dice::Dice;
use shardbook_runtime::journal::Store;
use shardbook_runtime::slot::ShardId;

use crate::faulty::Faulty;
use crate::load::Load;
use crate::server::Server;

/// A house that was killed, with all its bets in the log of the journal, and one that was stopped, with all in tables.
async fn killed_and_stopped() -> (Faulty, Faulty, Load) {
    let stopped = Faulty::new();
    let server = stopped.start();
    let mut load = Load::prepare(&server).await;
    load.bet(&server, "b", 20).await;
    // Frames of many entries, which are kept apart from the tables.
    load.burst(&server, "many", 30).await;
    server.kill();
    let killed = Faulty::with_copy_of(&stopped.data());
    // The players come back to memory, so that the stop leaves snapshots of them.
    let server = stopped.start();
    load.survives(&server, "after the kill").await;
    server.stopped().await;
    (killed, stopped, load)
}

fn flip(file: &Path, at: usize) {
    let mut bytes = fs::read(file).expect("can be read");
    bytes[at] ^= 0x10;
    fs::write(file, bytes).expect("can be written");
}

/// How a start on damaged data ended, and what it said.
async fn refused(faulty: &Faulty, what: &str) -> String {
    match Server::try_start(faulty.sound()) {
        Ok(_) => panic!("{what}: it serves"),
        Err(status) => assert_eq!(status.code(), Some(1), "{what}: {}", faulty.log()),
    }
    let log = faulty.log();
    assert!(!log.contains("panicked"), "{what}: {log}");
    log
}

/// Where a flipped bit is.
#[derive(Clone, Copy)]
enum Place {
    /// So many thousandths into the file.
    Thousandths(usize),
    /// In the digest of the frame that was written last.
    LastFrame,
}

impl Place {
    fn within(self, file: &Path, data: &Path) -> usize {
        let bytes = fs::read(file).expect("can be read");
        match self {
            Self::Thousandths(thousandths) => bytes.len() * thousandths / 1_000,
            Self::LastFrame => {
                let store = Store::open_to_read(data).expect("opens");
                let shards = (0..store.map().shards()).map(ShardId);
                let heads = shards.map(|shard| store.head(shard).expect("is whole").1);
                let at = heads.filter_map(|digest| bytes.windows(digest.len()).position(|window| window == digest));
                at.max().expect("a frame that is in one piece")
            }
        }
    }
}

/// Protects what was answered from damage that looks like a write cut short: a bit that is flipped in a log or a table of
/// the journal, in its list of tables or in the witness is found by verify and by the start, which name the file.
#[tokio::test]
async fn damage_of_the_journal_is_named_and_not_served() {
    use Place::{LastFrame, Thousandths};
    let (killed, stopped, _) = killed_and_stopped().await;
    let log = ["journal", ".log"];
    // given the file and where the bit is, then what is named and the code
    let rows = [
        (
            "early in the log",
            &killed,
            log,
            Thousandths(200),
            [".log", "[JOURNAL_REGRESSED]"],
        ),
        (
            "in the midst of the log",
            &killed,
            log,
            Thousandths(500),
            [".log", "[JOURNAL_REGRESSED]"],
        ),
        (
            "in the last frame",
            &killed,
            log,
            LastFrame,
            [".log", "[JOURNAL_REGRESSED]"],
        ),
        (
            "in the tables",
            &stopped,
            ["journal", "MANIFEST"],
            Thousandths(500),
            ["MANIFEST", "[FILE_DAMAGED]"],
        ),
        (
            "in the witness",
            &stopped,
            ["witness", ""],
            Thousandths(100),
            ["witness", "[WITNESS_DAMAGED]"],
        ),
    ];
    for (what, before, file, place, named) in rows {
        let faulty = Faulty::with_copy_of(&before.data());
        let file = faulty.files(&file).pop().expect("a file");
        flip(&file, place.within(&file, &faulty.data()));
        let (code, told) = faulty.verified();
        assert_eq!(code, Some(1), "{what}: {told}");
        let log = refused(&faulty, what).await;
        for text in named {
            assert!(told.contains(text), "{what}: {text} is not in {told}");
            assert!(log.contains(text), "{what}: {text} is not in {log}");
        }
    }
}

/// Protects what was answered from any flipped bit of any file: verify or the start says so, and what is served all the same
/// is right or refused, never wrong. Where both are content, nothing is lost.
#[tokio::test]
async fn any_flipped_bit_is_found_or_changes_nothing() {
    const TRIALS: u64 = 24;
    let (killed, stopped, mut load) = killed_and_stopped().await;
    let mut dice = Dice::new(7, 0);
    let mut found = 0;
    for trial in 0..TRIALS {
        let before = if dice.percent(50) { &killed } else { &stopped };
        let faulty = Faulty::with_copy_of(&before.data());
        let file = dice.pick(&faulty.files(&[])).cloned().expect("a file");
        let length = fs::metadata(&file).expect("is there").len();
        if length == 0 {
            continue;
        }
        let at = dice.below(length);
        flip(&file, at as usize);
        let what = format!("trial {trial}: byte {at} of {}", file.display());
        let (code, told) = faulty.verified();
        if code != Some(0) {
            found += 1;
            assert!(
                told.contains("DISCREPANCY") || told.contains("error: "),
                "{what}: {told}"
            );
        }
        match Server::try_start(faulty.sound()) {
            Ok(server) if code == Some(0) => {
                load.survives(&server, &what).await;
                server.stopped().await;
            }
            Ok(server) => {
                load.is_right_or_refused(&server, &what).await;
                server.kill();
            }
            Err(status) => assert_eq!(status.code(), Some(1), "{what}: {}", faulty.log()),
        }
        assert!(!faulty.log().contains("panicked"), "{what}: {}", faulty.log());
    }
    assert!(found >= TRIALS / 4, "hardly any flip was found: {found} of {TRIALS}");
}

/// Protects a house from one damaged table or file of values of its views: verify names the file, players whose rows are in it are refused and
/// not served something else, and without the views' folder they are made anew from the journal.
#[tokio::test]
async fn damage_of_views_is_refused_where_it_is_read_and_made_good_from_the_journal() {
    let (_, stopped, mut load) = killed_and_stopped().await;
    let (tables, values) = (stopped.files(&["views", ".sst"]), stopped.files(&["views", ".blob"]));
    assert!(!values.is_empty(), "snapshots are kept in files of their own");
    for table in tables.into_iter().chain(values) {
        let faulty = Faulty::with_copy_of(&stopped.data());
        let name = table.file_name().expect("a name").to_string_lossy().into_owned();
        // The first block of a table holds rows, the first bytes of the other files a value.
        flip(&faulty.data().join("views").join(&name), 40);
        // The store does not name a file of values: the house names the entity.
        let named = if name.ends_with(".blob") {
            "corrupt snapshot in shard"
        } else {
            &name
        };
        let (code, told) = faulty.verified();
        assert_eq!((code, told.contains(named)), (Some(1), true), "{name}: {told}");
        match Server::try_start(faulty.sound()) {
            Ok(server) => {
                let refused = load.is_right_or_refused(&server, &name).await;
                let expected = ["UNKNOWN", "UNAVAILABLE", "the connection ended"];
                assert!(
                    refused.iter().all(|code| expected.contains(&code.as_str())),
                    "{name}: {refused:?}"
                );
                assert!(
                    refused.is_empty() || faulty.log().contains(named),
                    "{name}: {}",
                    faulty.log()
                );
                server.kill();
            }
            Err(status) => {
                assert_eq!(status.code(), Some(1), "{name}: {}", faulty.log());
                assert!(faulty.log().contains(named), "{name}: {}", faulty.log());
            }
        }
        fs::rename(faulty.data().join("views"), faulty.path("views-damaged")).expect("can be moved");
        let server = faulty.start();
        load.survives(&server, &name).await;
        server.stopped().await;
        faulty.verify(&name);
    }
}

/// Protects what was answered from damage of the files that hold the frames of many: verify names the shard and the frame, a
/// start that needs the frame says so, and what is served all the same is right or refused.
#[tokio::test]
async fn damage_of_a_file_of_frames_is_named_and_not_served() {
    let (_, stopped, load) = killed_and_stopped().await;
    let files = stopped.files(&["journal", ".blob"]);
    assert!(!files.is_empty(), "frames of many are in files of their own");
    for file in files {
        for thousandths in [100, 500, 900] {
            let faulty = Faulty::with_copy_of(&stopped.data());
            let name = file.file_name().expect("a name").to_string_lossy().into_owned();
            let what = format!("{name} at {thousandths}");
            let file = faulty.data().join("journal").join(&name);
            flip(&file, Place::Thousandths(thousandths).within(&file, &faulty.data()));
            let (code, told) = faulty.verified();
            assert_eq!(code, Some(1), "{what}: {told}");
            for named in ["J-3 at shard", ".blob", "[FILE_DAMAGED]"] {
                assert!(told.contains(named), "{what}: {named} is not in {told}");
            }
            match Server::try_start(faulty.sound()) {
                Ok(server) => {
                    load.is_right_or_refused(&server, &what).await;
                    server.kill();
                }
                Err(status) => {
                    assert_eq!(status.code(), Some(1), "{what}: {}", faulty.log());
                    assert!(faulty.log().contains("[FILE_DAMAGED]"), "{what}: {}", faulty.log());
                }
            }
            assert!(!faulty.log().contains("panicked"), "{what}: {}", faulty.log());

            // As the error says: the same file of a copy.
            let faulty = Faulty::with_copy_of(&faulty.data());
            fs::copy(
                stopped.data().join("journal").join(&name),
                faulty.data().join("journal").join(&name),
            )
            .expect("copied");
            faulty.verify(&what);
        }
    }
}
