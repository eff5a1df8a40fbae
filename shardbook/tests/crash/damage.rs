//! Damage of files is found and named.

use std::fs;
use std::path::{Path, PathBuf};

use shardbook_runtime::journal::{Families, Store};
use shardbook_runtime::slot::ShardId;
use tempfile::TempDir;

use crate::server::{Server, ran, said};

/// The data of a server that traded and was stopped.
async fn traded(folder: &TempDir) -> PathBuf {
    let data = folder.path().join("data");
    let server = Server::start(&data);
    server.trade().await;
    server.stop();
    data
}

fn tables(data: &Path) -> Vec<PathBuf> {
    let folders = [Families::JOURNAL_FOLDER, Families::VIEWS_FOLDER].map(|folder| data.join(folder));
    let files = folders
        .iter()
        .flat_map(|folder| fs::read_dir(folder).expect("a folder"))
        .map(|entry| entry.expect("an entry").path());
    files
        .filter(|file| file.extension().is_some_and(|end| end == "sst"))
        .collect()
}

/// Shard, sequence and bytes of the last frame of the first shard that has one.
fn some_frame(data: &Path) -> (u16, u64, Vec<u8>) {
    let store = Store::open_to_read(data).expect("opens");
    let mut frames = (0..store.map().shards()).flat_map(|shard| store.frames(ShardId(shard), 1).last());
    let frame = frames.next().expect("a frame").expect("is whole");
    (
        frame.position().shard.0,
        frame.position().sequence,
        frame.bytes().to_vec(),
    )
}

/// Exit code and both outputs of `shardbook verify`.
fn verified(data: &Path) -> (Option<i32>, String) {
    let output = ran(&["verify", "--data", data.to_str().expect("UTF-8")]);
    let (out, err) = said(&output);
    assert!(!err.contains("panicked"), "{err}");
    (output.status.code(), out + &err)
}

/// Protects the past: one flipped byte in one frame of the journal is found, and its shard and frame are named.
#[tokio::test]
async fn a_flipped_byte_in_a_frame() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = traded(&folder).await;
    assert_eq!(verified(&data).0, Some(0), "sound before");
    let (shard, sequence, frame) = some_frame(&data);
    let mut flipped = 0;
    for table in tables(&data) {
        let mut bytes = fs::read(&table).expect("can be read");
        if let Some(at) = bytes.windows(frame.len()).position(|window| window == frame) {
            bytes[at + frame.len() / 2] ^= 1;
            fs::write(&table, bytes).expect("can be written");
            flipped += 1;
        }
    }
    assert_eq!(flipped, 1, "the frame is in one table");
    let (code, told) = verified(&data);
    assert_eq!(code, Some(1), "{told}");
    assert!(
        told.contains(&format!("J-3 at shard {shard}")),
        "frame {sequence} of shard {shard} is damaged: {told}"
    );
}

/// Protects against a folder that was copied half: each file that is cut short is found, with a name and no panic.
#[tokio::test]
async fn files_cut_short() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = traded(&folder).await;
    for table in tables(&data) {
        let whole = fs::read(&table).expect("can be read");
        fs::write(&table, &whole[..whole.len() / 2]).expect("can be written");
        let (code, told) = verified(&data);
        assert_eq!(code, Some(1), "{} cut short: {told}", table.display());
        let name = table.file_name().expect("a name").to_string_lossy().into_owned();
        assert!(told.contains(&name), "{name} is not named: {told}");
        fs::write(&table, whole).expect("can be written");
    }
    assert_eq!(verified(&data).0, Some(0), "sound again");
    fs::remove_file(data.join(Families::JOURNAL_FOLDER).join("CURRENT")).expect("is there");
    let (code, told) = verified(&data);
    assert_eq!(code, Some(1));
    assert!(told.contains("there is no store at"), "{told}");
}
