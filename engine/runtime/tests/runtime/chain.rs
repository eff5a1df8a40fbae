use std::path::Path;

use shardbook_runtime::fault::StoreFault;
use shardbook_runtime::journal::{Families, Frame, GENESIS, Position, Store};
use tempfile::tempdir;

use crate::scene::{Scene, alter, ask, calm, copy, key, map, shards};
use crate::tally::Command;

const FRAMES: u64 = 6;

fn at(sequence: u64) -> Position {
    Position {
        shard: map().locate(key(1)),
        sequence,
    }
}

/// Reads the whole chain of every shard.
fn walk(store: &Store) -> Result<u64, StoreFault> {
    let mut read = 0;
    for shard in shards() {
        let mut before = (0, GENESIS);
        for frame in store.frames(shard, 1) {
            let frame = frame?;
            frame.follows(before.0, &before.1)?;
            before = (frame.position().sequence, *frame.digest());
            read += 1;
        }
    }
    Ok(read)
}

/// The same frame with another amount in its event, and the digest that belongs to it.
fn forged(frame: &Frame) -> Vec<u8> {
    let mut body = frame.bytes()[..frame.bytes().len() - 32].to_vec();
    *body.last_mut().expect("not empty") ^= 1;
    let digest = *blake3::hash(&body).as_bytes();
    body.extend_from_slice(&digest);
    body
}

/// Protects the past from being changed unseen: whatever is done to a frame, the walk stops there and names it.
#[tokio::test]
async fn an_altered_missing_or_swapped_frame_is_found_and_named() {
    let dir = tempdir().expect("a folder");
    let live = dir.path().join("live");
    let scene = Scene::open(&live);
    let host = scene.host(calm()).await;
    for name in 0..FRAMES {
        ask(&host, 1, name, Command::Add(1)).await;
    }
    let frames: Vec<_> = (1..=FRAMES)
        .map(|sequence| scene.store().frame(at(sequence)).expect("whole"))
        .collect();
    scene.close(host).await;
    let bytes = |sequence: usize| frames[sequence - 1].bytes().to_vec();
    let mut flipped = bytes(3);
    flipped[60] ^= 1;
    type Rows = Vec<(u64, Option<Vec<u8>>)>;
    let table: [(&str, Rows, Result<u64, &str>); 8] = [
        ("nothing is done", vec![], Ok(FRAMES)),
        (
            "a bit is flipped",
            vec![(3, Some(flipped))],
            Err("at 3: the digest does not match"),
        ),
        (
            "a frame is cut",
            vec![(3, Some(bytes(3)[..40].to_vec()))],
            Err("at 3: the digest does not match"),
        ),
        (
            "a frame is forged",
            vec![(3, Some(forged(&frames[2])))],
            Err("at 4: the chain is broken"),
        ),
        (
            "a frame is missing",
            vec![(3, None)],
            Err("at 4: frame 4 follows frame 2"),
        ),
        (
            "the first is missing",
            vec![(1, None)],
            Err("at 2: frame 2 follows frame 0"),
        ),
        (
            "two are swapped",
            vec![(3, Some(bytes(4))), (4, Some(bytes(3)))],
            Err("at 3: it says that it is frame 4"),
        ),
        (
            "one is there twice",
            vec![(7, Some(bytes(6)))],
            Err("at 7: it says that it is frame 6"),
        ),
    ];
    for (what, rows, expected) in table {
        let data = dir.path().join(what);
        copy(&live, &data);
        for (sequence, row) in rows {
            alter(&data, Families::JOURNAL, &at(sequence).to_bytes(), row.as_deref());
        }
        let found = walk(&Store::open_to_read(&data).expect("a store"));
        match (found, expected) {
            (Ok(read), Ok(expected)) => assert_eq!(read, expected, "{what}"),
            (Err(fault), Err(expected)) => assert!(fault.to_string().contains(expected), "{what}: {fault}"),
            (found, _) => panic!("{what}: {found:?}"),
        }
    }
}

fn opens(data: &Path) -> Result<(), String> {
    Scene::try_open(data, Vec::new())
        .map(drop)
        .map_err(|fault| fault.to_string())
}

/// Protects from going on after a lost past: a node does not start on a tail that is not whole.
#[tokio::test]
async fn a_node_refuses_to_start_on_a_broken_tail() {
    let dir = tempdir().expect("a folder");
    let scene = Scene::open(&dir.path().join("live"));
    let host = scene.host(calm()).await;
    for name in 0..FRAMES {
        ask(&host, 1, name, Command::Add(1)).await;
    }
    scene.until_viewed().await;
    let fourth = scene.store().frame(at(4)).expect("whole");
    let table = [
        ("whole", None, Ok(())),
        ("missing", Some(None), Err("frame 5 follows frame 3")),
        ("forged", Some(Some(forged(&fourth))), Err("at 5: the chain is broken")),
    ];
    for (what, row, expected) in table {
        let data = dir.path().join(what);
        copy(scene.store().path(), &data);
        if let Some(row) = row {
            alter(&data, Families::JOURNAL, &at(4).to_bytes(), row.as_deref());
        }
        match (opens(&data), expected) {
            (Ok(()), Ok(())) => {}
            (Err(fault), Err(expected)) => assert!(fault.contains(expected), "{what}: {fault}"),
            (found, _) => panic!("{what}: {found:?}"),
        }
    }
}
