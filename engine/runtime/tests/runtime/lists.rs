use std::collections::BTreeMap;
use std::ops::ControlFlow;

use shardbook_runtime::entity::{EntityKey, Undecodable};
use shardbook_runtime::host::Host;
use shardbook_runtime::journal::{EntryRef, Families, Frame, Store};
use shardbook_runtime::views::{Difference, Kept, ListOf, Projection, Rebuilt, Rows, outcomes_position};
use tempfile::tempdir;

use crate::scene::{Scene, alter, ask, calm, copy, key, look, map, named, said, shards, within};
use crate::tally::{Command, LATEST, Tally};

/// What happened to each tally: its entries with their commands.
struct Diary;

/// By version.
type Found = BTreeMap<u16, Vec<u8>>;

const ELEMENT: usize = 2;

impl Projection for Diary {
    fn prefix(&self) -> u8 {
        b'd'
    }
    fn name(&self) -> &'static str {
        "diary"
    }
    fn version(&self) -> u32 {
        1
    }
    fn rows_are_final(&self) -> bool {
        true
    }
    fn kept(&self) -> Kept {
        Kept::Gathered(ELEMENT)
    }
    fn project(&self, entry: &EntryRef<'_>, rows: &mut Rows<'_>) -> Result<(), Undecodable> {
        let [high, low] = (entry.entry.version as u16).to_be_bytes();
        rows.put(&[entry.entry.key.id as u8, high, low], &entry.entry.command.0);
        Ok(())
    }
}

fn diary(store: &Store, id: u8) -> Found {
    let mut found = Found::new();
    let shard = map().locate(key(id.into()));
    let read = store.elements(ListOf::View, shard, &[b'd', id], ELEMENT, |element, value| {
        let version = u16::from_be_bytes([element[0], element[1]]);
        found.insert(version, value.to_vec());
        ControlFlow::Continue(())
    });
    read.expect("the store reads");
    found
}

fn add_outcomes(rebuilt: &mut Rebuilt, store: &Store, frame: &Frame) {
    for entry in frame.entries() {
        let added = rebuilt.add_outcome(store, frame.position(), &entry);
        added.expect("the store reads");
    }
}

fn differences(store: &Store) -> Vec<Difference> {
    let mut rebuilt = Rebuilt::default();
    for shard in shards() {
        let outcomes = outcomes_position(store, shard).expect("the store reads");
        for frame in store.frames(shard, 1) {
            let frame = frame.expect("whole");
            rebuilt.add(&Diary, &frame).expect("events of ours");
            if frame.position().sequence <= outcomes {
                add_outcomes(&mut rebuilt, store, &frame);
            }
        }
    }
    let diary = rebuilt.difference(store, &Diary).expect("the store reads");
    let outcomes = rebuilt.outcomes_difference(store).expect("the store reads");
    diary.into_iter().chain(outcomes).collect()
}

/// Protects the history of bets and retries of long ago from lists that are written late: whatever came together, and
/// wherever a crash cut it, each element is found and is there once; one that is missing, doubled or altered is noticed.
#[tokio::test]
async fn gathered_lists_hold_each_element_once() {
    let dir = tempdir().expect("a folder");
    let live = dir.path().join("live");
    let scene = Scene::try_open(&live, vec![Box::new(Diary)]).expect("a store");
    let host = scene.host(calm()).await;
    let mut expected = BTreeMap::<u8, Found>::new();
    let killed = |at: u8| dir.path().join(format!("killed at {at}"));
    for round in 0..20_u8 {
        for id in 0..40_u8 {
            let name = u64::from(round) << 8 | u64::from(id);
            let list = expected.entry(id).or_default();
            list.insert(round.into(), named(name).0.to_vec());
            ask(&host, id.into(), name, Command::Add(1)).await;
        }
        scene.until_viewed().await;
        for (id, list) in &expected {
            assert_eq!(diary(scene.store(), *id), *list, "as soon as it is viewed, tally {id}");
        }
        if round == 7 || round == 13 {
            // What was written late reaches the disk at a moment of its own.
            scene.store().flush().expect("a flush");
        }
        if round == 9 {
            copy(&live, &killed(round));
        }
    }
    copy(&live, &killed(20));
    scene.close(host).await;
    let rows = |data: &std::path::Path| {
        let store = Store::open_to_read(data).expect("a store");
        let count = |family, prefix: &[u8]| store.scan(family, prefix, &[]).count();
        (count(Families::VIEWS, b"d"), count(Families::OUTCOMES, &[0xE0]))
    };
    let (diaries, outcomes) = rows(&live);
    assert!(
        diaries < 400 && outcomes < 400,
        "800 elements are in {diaries} and {outcomes} rows"
    );
    for (data, rounds) in [(live.clone(), 20), (killed(9), 10), (killed(20), 20)] {
        let scene = Scene::try_open(&data, vec![Box::new(Diary)]).expect("a store");
        let host = scene.host(calm()).await;
        for (id, list) in &mut expected.clone() {
            list.retain(|round, _| *round < rounds);
            assert_eq!(diary(scene.store(), *id), *list, "{}, tally {id}", data.display());
        }
        scene.close(host).await;
        let store = Store::open_to_read(&data).expect("a store");
        assert_eq!(differences(&store), [], "{}", data.display());
    }

    let first = |family, prefix: &[u8]| {
        let store = Store::open_to_read(&live).expect("a store");
        let row = store.scan(family, prefix, &[]).next();
        row.expect("a row").expect("the store reads")
    };
    for (family, prefix) in [(Families::VIEWS, b"d".as_slice()), (Families::OUTCOMES, &[0xE0])] {
        let (row, value) = first(family, prefix);
        let mut other = row.to_vec();
        *other.last_mut().expect("a position") ^= 0xFF;
        let mut altered = value.to_vec();
        *altered.last_mut().expect("an element") ^= 1;
        let table: [(&str, &[u8], Option<&[u8]>); 5] = [
            ("a row is missing", &row, None),
            ("a row is cut off", &row, Some(&value[..value.len() - 1])),
            ("a row is empty", &row, Some(&[])),
            ("a row is doubled", &other, Some(&value)),
            ("an element is altered", &row, Some(&altered)),
        ];
        for (what, row, value) in table {
            let data = dir.path().join(format!("{family}: {what}"));
            copy(&live, &data);
            alter(&data, family, row, value);
            let found = differences(&Store::open_to_read(&data).expect("a store"));
            assert_eq!(found.len(), 1, "{family}: {what}");
        }
    }
    // A command, a length, a fingerprint and a flag stand before the frame of the first outcome.
    let (row, value) = first(Families::OUTCOMES, &[0xE0]);
    let mut altered = value.to_vec();
    altered[16 + 1 + 8 + 1] ^= 1;
    let data = dir.path().join("another frame");
    copy(&live, &data);
    alter(&data, Families::OUTCOMES, &row, Some(&altered));
    let found = differences(&Store::open_to_read(&data).expect("a store"));
    let found: Vec<_> = found.iter().map(|difference| difference.view).collect();
    assert_eq!(found, ["places of entries"]);
}

/// Protects a busy entity from searches that grow with its past, and its retries from that: outcomes after so many entries
/// have a row each, and all of them are found. After a kill it comes back whole, wherever its entries are told.
#[tokio::test]
async fn outcomes_of_a_long_life_have_rows() {
    let dir = tempdir().expect("a folder");
    let live = dir.path().join("live");
    let scene = Scene::open(&live);
    let host = scene.host(calm()).await;
    for names in (0..8_200_u64).collect::<Vec<_>>().chunks(500) {
        let sent = names
            .iter()
            .map(|name| host.send(1, named(*name), Command::Add(1), None));
        let sent: Vec<_> = sent.map(|sent| sent.expect("room")).collect();
        for pending in sent {
            within(pending.answer()).await.expect("a well actor");
        }
    }
    scene.until_viewed().await;
    scene.store().flush().expect("a flush");
    let rows = scene.store().scan(Families::OUTCOMES, &key(1).to_bytes(), &[]).count();
    assert_eq!(rows, 200, "those after the 8,000th entry");
    assert_eq!(differences_of_outcomes(scene.store()), []);
    for name in [0, 1, 4_000, 7_999, 8_000, 8_100, 8_199] {
        let again = within(host.send(1, named(name), Command::Add(1), None).expect("room").answer()).await;
        let state = match said(again) {
            crate::scene::Said::Accepted(state) => state,
            other => panic!("{other:?}"),
        };
        assert_eq!(state.total, name as i64 + 1, "as it was answered the first time");
    }
    let killed = dir.path().join("killed");
    copy(&live, &killed);
    let copied = Scene::open(&killed);
    let revived = copied.host(calm()).await;
    assert_eq!(look(&revived, 1).await, look(&host, 1).await);
    assert_eq!(look(&revived, 1).await.1, 8_200);
    copied.close(revived).await;
    scene.close(host).await;
}

/// Protects restarts: where a journal goes on without an element of a list, as that of a feed does, a start does not read all
/// of it again.
#[tokio::test]
async fn a_journal_without_elements_is_read_once() {
    let dir = tempdir().expect("a folder");
    let scene = Scene::open(dir.path());
    let host: Host<Tally<LATEST>> = scene.host_of(calm()).await;
    for name in 0..600 {
        ask(&host, 1, name, Command::Add(1)).await;
    }
    scene.until_viewed().await;
    let shard = map().locate(EntityKey { kind: LATEST, id: 1 });
    let position = outcomes_position(scene.store(), shard).expect("the store reads");
    let head = scene.node.journal().durability().durable(shard);
    assert!(position > head / 2, "{position} of {head}");
    scene.close(host).await;
}

fn differences_of_outcomes(store: &Store) -> Vec<Difference> {
    let mut rebuilt = Rebuilt::default();
    for shard in shards() {
        for frame in store.frames(shard, 1) {
            let frame = frame.expect("whole");
            add_outcomes(&mut rebuilt, store, &frame);
        }
    }
    rebuilt
        .outcomes_difference(store)
        .expect("the store reads")
        .into_iter()
        .collect()
}
