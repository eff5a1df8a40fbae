//! Where the entries of an entity are: told by the list of its outcomes.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use shardbook_runtime::archive::{Keep, Retention};
use shardbook_runtime::host::{HostOptions, cover_at_rest};
use shardbook_runtime::journal::{Families, Store};
use shardbook_runtime::views::{Snapshot, Views, needed};
use tempfile::tempdir;

use crate::archive::SEGMENT;
use crate::scene::{SHARDS, Scene, alter, ask, calm, copy, key, look, map, open_with_archive, options, replay, shards};
use crate::tally::{ALWAYS, Command, LATEST, Tally};

const IDS: u64 = 12;

/// Commands of all tallies in turn, and the files as a kill leaves them: nobody has a snapshot.
async fn killed(data: &Path, rounds: u64) {
    let live = data.with_extension("live");
    let scene = Scene::open(&live);
    let noting = HostOptions {
        checkpoint: Duration::from_millis(1),
        replay_bytes_max: u64::MAX,
        ..calm()
    };
    let host = scene.host(noting).await;
    for name in 0..IDS * rounds {
        ask(&host, name % IDS, name, Command::Add(name as i64)).await;
    }
    scene.until_viewed().await;
    scene.store().flush().expect("a flush");
    let durability = scene.node.journal().durability();
    let written: Vec<_> = shards().map(|shard| durability.durable(shard)).collect();
    // The upkeep notes that no snapshot is missed.
    let noted = || needed(scene.store(), &[]).expect("the store reads").0 == written;
    scene.until(noted).await;
    scene.store().flush().expect("a flush");
    copy(&live, data);
    scene.close(host).await;
}

fn read_at_start(data: &Path) -> u64 {
    let store = Store::open(data, map(), &options(data).store).expect("a store");
    let mut read = 0;
    Views::open(store, Vec::new(), vec![ALWAYS], |done, _| read = done).expect("views");
    read
}

/// Protects the time of a restart, and a house of very many players from a snapshot for each few bets: what lists tell of is
/// not read again, though no snapshot has it.
#[tokio::test]
async fn a_start_reads_what_no_list_tells() {
    let dir = tempdir().expect("a folder");
    let data = dir.path().join("data");
    killed(&data, 10).await;
    assert_eq!(read_at_start(&data), 0, "all is in rows");
    let scene = Scene::open(&data);
    let host = scene.host(calm()).await;
    for id in 0..IDS {
        assert_eq!(look(&host, id).await, replay(scene.store())[&id]);
        ask(&host, id, 1_000 + id, Command::Add(1)).await;
    }
    scene.until_viewed().await;
    assert_eq!(scene.uncovered(), (0..IDS).collect::<Vec<_>>());
    let again = dir.path().join("again");
    copy(&data, &again);
    assert_eq!(read_at_start(&again), IDS, "what came since");
}

/// A row of a list of outcomes as it was before places were told: id, length, fingerprint and flag, and the outcome.
fn without_places(row: &[u8]) -> Vec<u8> {
    let (mut rest, mut older) = (row, Vec::new());
    while let Some((id, after)) = rest.split_at_checked(16) {
        let (held, after) = after[1..].split_at(usize::from(after[0]));
        let (head, place) = held.split_at(9);
        assert_eq!(head[8] & 2, 2, "tells its place");
        let mut outcome = place;
        for _ in 0..2 {
            let number = outcome.iter().position(|byte| byte & 0x80 == 0).expect("an end");
            outcome = &outcome[number + 1..];
        }
        older.extend_from_slice(id);
        older.push((9 + outcome.len()) as u8);
        older.extend_from_slice(&head[..8]);
        older.push(head[8] & 1);
        older.extend_from_slice(outcome);
        rest = after;
    }
    older
}

/// Protects stores of before: lists that tell no place are read, entities come back from the journal, and from then on places
/// are told; through another kill too.
#[tokio::test]
async fn a_store_from_before_places_comes_back() {
    let dir = tempdir().expect("a folder");
    let data = dir.path().join("data");
    killed(&data, 10).await;
    let rows: Vec<_> = {
        let store = Store::open_to_read(&data).expect("a store");
        let rows = store.scan(Families::OUTCOMES, &[0xE0], &[]);
        rows.map(|row| row.expect("the store reads")).collect()
    };
    assert!(!rows.is_empty());
    for (row, value) in &rows {
        alter(&data, Families::OUTCOMES, row, Some(&without_places(value)));
    }
    for shard in shards() {
        let [high, low] = shard.0.to_be_bytes();
        alter(&data, Families::OUTCOMES, &[0, 0xF2, high, low], None);
        // What no snapshot covered was noted then.
        alter(&data, Families::SNAPSHOTS, &[0, 0xF1, high, low], None);
    }
    let again = dir.path().join("again");
    for (data, round) in [(&data, 0), (&again, 1)] {
        let scene = Scene::open(data);
        let host = scene.host(calm()).await;
        for id in 0..IDS {
            assert_eq!(look(&host, id).await, replay(scene.store())[&id], "round {round}");
            let new = 1_000 * (round + 1) + id;
            ask(&host, id, new, Command::Add(1)).await;
            let first = ask(&host, id, id, Command::Add(id as i64)).await;
            assert!(matches!(first, crate::scene::Said::Accepted(_)), "{first:?}");
        }
        scene.until_viewed().await;
        assert_eq!(scene.uncovered().len(), IDS as usize);
        if round == 0 {
            scene.store().flush().expect("a flush");
            copy(data, &again);
        }
    }
}

/// What was killed, with a folder for what leaves it, and with nothing noted that a start would read.
struct AtRest {
    store: Arc<Store>,
    views: Views,
}

impl AtRest {
    fn open(data: &Path, folder: &Path) -> Self {
        std::fs::create_dir(folder).expect("a new folder");
        let store = open_with_archive(data, folder);
        let views = Views::open(Arc::clone(&store), Vec::new(), vec![ALWAYS], |_, _| ()).expect("views");
        views.note_covered().expect("a write");
        Self { store, views }
    }

    fn begin(&self, segment_bytes: u64) -> Retention {
        let needed = needed(&self.store, &[]).expect("the store reads");
        Retention::begin(&self.store, &needed, Keep::Bytes(0), segment_bytes).expect("a run")
    }

    fn cover(&self, id: u64) {
        cover_at_rest::<Tally<ALWAYS>>(&self.store, &self.views.tails(), key(id)).expect("a snapshot");
    }
}

/// All segments that can leave, and who holds frames back after them.
fn leave(retention: &mut Retention) -> Vec<u64> {
    while retention.step().expect("a segment").is_some() {}
    retention.holding().map(|key| key.id).collect()
}

/// Protects players who were in memory at a kill from an archive that is not there: a frame stays until everyone in it has a
/// snapshot of what it says, who has none is told, and then all of it leaves.
#[tokio::test]
async fn who_has_no_snapshot_holds_frames_back() {
    let dir = tempdir().expect("a folder");
    let (data, folder) = (dir.path().join("data"), dir.path().join("archive"));
    killed(&data, 10).await;
    let house = AtRest::open(&data, &folder);
    let mut retention = house.begin(1);
    assert_eq!(
        leave(&mut retention).len(),
        usize::from(SHARDS),
        "no further than a segment"
    );
    assert_eq!(retention.finish().expect("it ends").frames, 0, "nothing has left");
    let mut retention = house.begin(1 << 20);
    // One after the other: the first frame of a shard is held by one of them.
    for id in 0..IDS {
        assert_eq!(leave(&mut retention), (id..IDS).collect::<Vec<_>>());
        house.cover(id);
        retention.go_on();
    }
    assert_eq!(leave(&mut retention), [0; 0]);
    let left = retention.finish().expect("it ends").frames;
    assert_eq!(left, IDS * 10 - u64::from(SHARDS), "the newest of each shard stays");
    drop(house);
    // As a kill leaves it: what the snapshots say is on the disk, or the frames would be missed now.
    let after = dir.path().join("after");
    copy(&data, &after);
    let scene = Scene::open(&after);
    let host = scene.host(calm()).await;
    for id in 0..IDS {
        let (state, version) = look(&host, id).await;
        let total: i64 = (0..10).map(|turn| (turn * IDS + id) as i64).sum();
        assert_eq!((state.total, version), (total, 10), "tally {id}");
        let again = ask(&host, id, id, Command::Add(id as i64)).await;
        assert!(
            matches!(again, crate::scene::Said::Accepted(state) if state.total == id as i64),
            "{again:?}"
        );
    }
    scene.close(host).await;
}

/// Protects what an operator archives after a kill from staying whole for the sake of those whom no list tells of: once they
/// have snapshots it leaves, and they come back without it.
#[tokio::test]
async fn who_is_in_no_list_leaves_once_covered() {
    let dir = tempdir().expect("a folder");
    let [live, data, after] = ["live", "data", "after"].map(|name| dir.path().join(name));
    let scene = Scene::open(&live);
    let host = scene.host_of::<LATEST>(calm()).await;
    for name in 0..IDS * 10 {
        ask(&host, name % IDS, name, Command::Add(name as i64)).await;
    }
    scene.until_viewed().await;
    scene.store().flush().expect("a flush");
    copy(&live, &data);
    scene.close(host).await;
    let house = AtRest::open(&data, &dir.path().join("archive"));
    let mut retention = house.begin(SEGMENT);
    assert_eq!(leave(&mut retention), [0; 0]);
    assert_eq!(retention.finish().expect("it ends").frames, 0, "no frame is free");
    let tails = house.views.tails();
    assert_eq!(tails.len() as u64, IDS);
    for key in tails.keys() {
        cover_at_rest::<Tally<LATEST>>(&house.store, &tails, key).expect("a snapshot");
    }
    assert!(tails.is_empty());
    house.views.note_covered().expect("a write");
    let mut retention = house.begin(SEGMENT);
    assert_eq!(leave(&mut retention), [0; 0]);
    let left = retention.finish().expect("it ends").frames;
    let used = shards().filter(|shard| house.store.head(*shard).expect("a head").0 > 0);
    assert_eq!(left, IDS * 10 - used.count() as u64, "the newest of each shard stays");
    drop((tails, house));
    copy(&data, &after);
    let scene = Scene::open(&after);
    let host = scene.host_of::<LATEST>(calm()).await;
    for id in 0..IDS {
        let (state, version) = look(&host, id).await;
        let total: i64 = (0..10).map(|turn| (turn * IDS + id) as i64).sum();
        assert_eq!((state.total, version), (total, 10), "tally {id}");
    }
    scene.close(host).await;
}

/// Protects a running node's old frames from staying for ever: who holds them back takes a snapshot when asked, in memory or
/// not.
#[tokio::test]
async fn who_holds_frames_back_takes_a_snapshot_when_asked() {
    let dir = tempdir().expect("a folder");
    let data = dir.path().join("data");
    killed(&data, 3).await;
    let scene = Scene::open(&data);
    let host = scene.host(calm()).await;
    look(&host, 1).await;
    assert_eq!(scene.uncovered(), (0..IDS).collect::<Vec<_>>());
    host.cover([1, 2, 3]).await.expect("the journal goes on");
    let rest: Vec<_> = (0..IDS).filter(|id| ![1, 2, 3].contains(id)).collect();
    assert_eq!(scene.uncovered(), rest);
    let Snapshot { version, after, .. } = scene.snapshot(2).expect("it has one");
    let durable = scene.node.journal().durability().durable(map().locate(key(2)));
    assert_eq!((version, after), (3, durable));
    scene.close(host).await;
}

/// Protects a store whose views were made anew with its archive: until snapshots have what left, a start without the archive
/// is refused and nobody is missed later; then it serves without.
#[tokio::test]
async fn views_made_anew_do_not_forget_what_left() {
    let dir = tempdir().expect("a folder");
    let (data, folder) = (dir.path().join("data"), dir.path().join("archive"));
    killed(&data, 10).await;
    let expected = replay(&Store::open_to_read(&data).expect("a store"));
    {
        let house = AtRest::open(&data, &folder);
        (0..IDS).for_each(|id| house.cover(id));
        assert_eq!(leave(&mut house.begin(SEGMENT)), [0; 0]);
    }
    std::fs::remove_dir_all(data.join(Families::VIEWS_FOLDER)).expect("moved away");
    {
        let scene = Scene::try_open_with(&data, Vec::new(), Some(&folder)).expect("made anew");
        let host = scene.host(calm()).await;
        scene.close(host).await;
    }
    assert!(
        Scene::try_open(&data, Vec::new()).is_err(),
        "the past is needed and not here"
    );
    {
        let scene = Scene::try_open_with(&data, Vec::new(), Some(&folder)).expect("made anew");
        let rounds = HostOptions {
            checkpoint: Duration::from_millis(1),
            replay_bytes_max: 0,
            ..calm()
        };
        let host = scene.host(rounds).await;
        scene.until(|| scene.uncovered().is_empty()).await;
        scene.close(host).await;
    }
    let scene = Scene::open(&data);
    let host = scene.host(calm()).await;
    for id in 0..IDS {
        assert_eq!(look(&host, id).await, expected[&id]);
    }
    scene.close(host).await;
}
