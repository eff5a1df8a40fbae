use std::collections::BTreeMap;
use std::path::Path;

use shardbook_runtime::entity::Undecodable;
use shardbook_runtime::journal::{EntryRef, Families, Store};
use shardbook_runtime::views::{
    Difference, Kept, Projection, Rebuilt, Remembered, Rows, list_row, outcome_row, outcomes_position,
    projection_position, read_outcome,
};
use tempfile::tempdir;

use crate::scene::{Scene, alter, ask, calm, copy, key, map, named, shards, within};
use crate::tally::{self, Command, Event};

/// Per tally: entries and total times a factor, and its latest version.
struct Sums {
    version: u32,
    factor: i64,
}

/// One row for each entry, never changed.
struct Marks;

/// A list for even and one for odd tallies: each entry by tally and version.
struct Members;

impl Projection for Members {
    fn prefix(&self) -> u8 {
        b'l'
    }
    fn name(&self) -> &'static str {
        "members"
    }
    fn version(&self) -> u32 {
        1
    }
    fn rows_are_final(&self) -> bool {
        true
    }
    fn kept(&self) -> Kept {
        Kept::Lists(2)
    }
    fn project(&self, entry: &EntryRef<'_>, rows: &mut Rows<'_>) -> Result<(), Undecodable> {
        let (id, version) = (entry.entry.key.id as u8, entry.entry.version as u8);
        rows.put(&[id % 2, id, version], &[]);
        Ok(())
    }
}

/// The lists of a store, by their keys, and in how many rows they are.
fn lists(store: &Store) -> (BTreeMap<u8, Vec<[u8; 2]>>, usize) {
    let (mut lists, mut count) = (BTreeMap::<u8, Vec<[u8; 2]>>::new(), 0);
    for row in store.scan(Families::VIEWS, b"l", &[]) {
        let (key, value) = row.expect("the store reads");
        let (list, elements) = list_row(&key, &value, 2).expect("a row of a list");
        let elements = elements.map(|element| [element[0], element[1]]);
        lists.entry(list[1]).or_default().extend(elements);
        count += 1;
    }
    (lists, count)
}

fn totals(entry: &EntryRef<'_>) -> Result<i64, Undecodable> {
    let mut sum = 0;
    for event in entry.events() {
        if let Event::Added(by) = tally::decode_event(event)? {
            sum += by;
        }
    }
    Ok(sum)
}

impl Projection for Sums {
    fn prefix(&self) -> u8 {
        b's'
    }
    fn name(&self) -> &'static str {
        "sums"
    }
    fn version(&self) -> u32 {
        self.version
    }
    fn project(&self, entry: &EntryRef<'_>, rows: &mut Rows<'_>) -> Result<(), Undecodable> {
        let id = entry.entry.key.id as u8;
        rows.add(&[b'+', id], &[1, totals(entry)? * self.factor]);
        rows.put(&[b'=', id], &entry.entry.version.to_le_bytes());
        Ok(())
    }
}

impl Projection for Marks {
    fn prefix(&self) -> u8 {
        b'm'
    }
    fn name(&self) -> &'static str {
        "marks"
    }
    fn version(&self) -> u32 {
        1
    }
    fn rows_are_final(&self) -> bool {
        true
    }
    fn project(&self, entry: &EntryRef<'_>, rows: &mut Rows<'_>) -> Result<(), Undecodable> {
        rows.put(
            &[entry.entry.key.id as u8, entry.entry.version as u8],
            &entry.entry.command.0,
        );
        Ok(())
    }
}

pub fn sums(version: u32, factor: i64) -> Vec<Box<dyn Projection>> {
    vec![Box::new(Sums { version, factor }), Box::new(Marks)]
}

fn open(data: &Path, projections: Vec<Box<dyn Projection>>) -> Scene {
    Scene::try_open(data, projections).expect("a store")
}

pub fn columns(store: &Store, id: u8) -> Option<[i64; 2]> {
    let row = store
        .get(Families::VIEWS, &[b's', b'+', id])
        .expect("the store reads")?;
    Some([&row[..8], &row[8..]].map(|column| i64::from_le_bytes(column.try_into().expect("two columns"))))
}

fn differences(store: &Store) -> Vec<Difference> {
    let views: [&dyn Projection; 2] = [&Sums { version: 1, factor: 1 }, &Marks];
    let mut rebuilt = Rebuilt::default();
    for shard in shards() {
        for frame in store.frames(shard, 1) {
            let frame = frame.expect("whole");
            for view in views {
                rebuilt.add(view, &frame).expect("events of ours");
            }
        }
    }
    views
        .iter()
        .filter_map(|view| rebuilt.difference(store, *view).expect("the store reads"))
        .collect()
}

/// Protects readers of the views: rows follow the journal, positions say how far, the lag goes to zero,
/// and whoever waits is told.
#[tokio::test]
async fn rows_follow_the_journal() {
    let dir = tempdir().expect("a folder");
    let scene = open(dir.path(), sums(1, 1));
    let host = scene.host(calm()).await;
    let durability = scene.node.journal().durability();
    let mut viewed = scene.node.viewed();
    for round in 1..=5 {
        viewed.borrow_and_update();
        for id in 0..6 {
            ask(&host, id, round * 10 + id, Command::Add(id as i64)).await;
            ask(&host, id, round * 10 + id + 1_000, Command::Add(-1_000)).await;
        }
        scene.until_viewed().await;
        within(viewed.changed()).await.expect("the views go on");
        for id in 0..6 {
            let got = columns(scene.store(), id as u8);
            assert_eq!(
                got,
                Some([2 * round as i64, (round * id) as i64]),
                "entity {id}, round {round}"
            );
        }
        assert_eq!(durability.lag(), 0);
        for shard in shards() {
            let at = durability.durable(shard);
            assert_eq!(durability.viewed(shard), at);
            assert_eq!(
                projection_position(scene.store(), &Marks, shard).expect("the store reads"),
                at
            );
            let outcomes = outcomes_position(scene.store(), shard).expect("the store reads");
            assert!(outcomes <= at, "lists are written later: {outcomes} of {at}");
        }
    }
    scene.store().flush().expect("a flush");
    for shard in shards() {
        let outcomes = outcomes_position(scene.store(), shard).expect("the store reads");
        assert_eq!(outcomes, durability.durable(shard), "a flush writes what was gathered");
    }
    assert_eq!(differences(scene.store()), []);
}

/// A view that adds to rows, puts and deletes them, and adds to one row from all shards.
struct Mixed;

impl Projection for Mixed {
    fn prefix(&self) -> u8 {
        b'x'
    }
    fn name(&self) -> &'static str {
        "mixed"
    }
    fn version(&self) -> u32 {
        1
    }
    fn project(&self, entry: &EntryRef<'_>, rows: &mut Rows<'_>) -> Result<(), Undecodable> {
        let (id, version) = (entry.entry.key.id as u8, entry.entry.version as i64);
        rows.add(b"*", &[1, totals(entry)?]);
        match version % 5 {
            3 => rows.put(&[b'=', id], &version.to_le_bytes()),
            4 => rows.delete(&[b'=', id]),
            _ if version % 2 == 1 => rows.add(&[b'=', id], &[version]),
            _ => rows.add(&[b'=', id], &[version, 1]),
        }
        Ok(())
    }
}

/// Protects the sums of the house from what is saved on them: in one large batch as entry by entry, sums come to the same, and
/// what is put or deleted between stays between.
#[tokio::test]
async fn sums_of_a_batch_are_those_of_its_entries() {
    let dir = tempdir().expect("a folder");
    let scene = open(dir.path(), Vec::new());
    let host = scene.host(calm()).await;
    for name in 0..6 * 18 {
        ask(&host, name % 6, name, Command::Add(name as i64)).await;
    }
    scene.close(host).await;
    let scene = open(dir.path(), vec![Box::new(Mixed)]);
    let mut rebuilt = Rebuilt::default();
    for shard in shards() {
        for frame in scene.store().frames(shard, 1) {
            rebuilt.add(&Mixed, &frame.expect("whole")).expect("events of ours");
        }
    }
    assert_eq!(
        rebuilt.difference(scene.store(), &Mixed).expect("the store reads"),
        None
    );
    let sum = scene.store().get(Families::VIEWS, b"x*").expect("the store reads");
    let expected = [108_i64, (0..108).sum()].map(i64::to_le_bytes).concat();
    assert_eq!(sum, Some(expected));
}

/// Protects bets from being missed by a result: whatever batches entries came in, and wherever a crash cut them, each is once
/// in its list, and what is missing or doubled is found by the comparison.
#[tokio::test]
async fn lists_hold_each_element_once() {
    let dir = tempdir().expect("a folder");
    let live = dir.path().join("live");
    let scene = open(&live, vec![Box::new(Members)]);
    let host = scene.host(calm()).await;
    let mut expected = BTreeMap::<u8, Vec<[u8; 2]>>::new();
    // Together, then one by one; a copy taken between is what a kill would leave.
    for round in 0..20_u8 {
        let pending: Vec<_> = (0..40_u8)
            .map(|id| {
                expected.entry(id % 2).or_default().push([id, round]);
                let name = named(u64::from(round) << 8 | u64::from(id));
                host.send(id.into(), name, Command::Add(1), None).expect("room")
            })
            .collect();
        for pending in pending {
            within(pending.answer()).await.expect("a well actor");
        }
        if round == 10 {
            scene.until_viewed().await;
            scene.store().flush().expect("a flush");
        }
    }
    let killed = dir.path().join("killed");
    copy(&live, &killed);
    scene.close(host).await;
    expected.values_mut().for_each(|list| list.sort_unstable());
    for data in [&live, &killed] {
        let scene = open(data, vec![Box::new(Members)]);
        let host = scene.host(calm()).await;
        let (mut found, rows) = lists(scene.store());
        found.values_mut().for_each(|list| list.sort_unstable());
        assert!(found == expected, "{found:?}");
        assert!(rows < 800, "elements that came together are in one row: {rows} rows");
        assert_eq!(list_differences(scene.store()), []);
        scene.close(host).await;
    }
    let (first, value) = {
        let store = Store::open_to_read(&live).expect("a store");
        let mut rows = store.scan(Families::VIEWS, b"l", &[]);
        rows.next().expect("a row").expect("the store reads")
    };
    let other = [b"l\x00".as_slice(), &[0xFF; 10]].concat();
    let table: [(&str, &[u8], Option<&[u8]>); 4] = [
        ("a row is missing", &first, None),
        ("an element is missing", &first, Some(&value[2..])),
        ("half an element is missing", &first, Some(&value[1..])),
        ("an element is doubled", &other, Some(&value[..2])),
    ];
    for (what, row, value) in table {
        let data = dir.path().join(what);
        copy(&live, &data);
        alter(&data, Families::VIEWS, row, value);
        let found = list_differences(&Store::open_to_read(&data).expect("a store"));
        assert_eq!(found.len(), 1, "{what}");
    }
}

fn list_differences(store: &Store) -> Vec<Difference> {
    let mut rebuilt = Rebuilt::default();
    for shard in shards() {
        for frame in store.frames(shard, 1) {
            rebuilt.add(&Members, &frame.expect("whole")).expect("events of ours");
        }
    }
    let difference = rebuilt.difference(store, &Members).expect("the store reads");
    difference.into_iter().collect()
}

/// Protects retries of long ago: each outcome is found, in memory and on disk, rejections too.
#[tokio::test]
async fn every_outcome_is_found() {
    let dir = tempdir().expect("a folder");
    let scene = Scene::open(dir.path());
    let host = scene.host(calm()).await;
    ask(&host, 1, 1, Command::Add(3)).await;
    ask(&host, 1, 2, Command::Add(-4)).await;
    scene.until_viewed().await;
    let mut outcomes = Vec::new();
    for frame in scene.store().frames(map().locate(key(1)), 1) {
        for entry in frame.expect("whole").entries() {
            for written in [false, true] {
                if written {
                    scene.store().flush().expect("a flush");
                }
                let got = read_outcome(scene.store(), entry.entry.key, entry.entry.command, true);
                let remembered = Remembered::from_row(entry.entry.command, &outcome_row(&entry));
                assert_eq!(got.expect("the store reads"), remembered.ok(), "written: {written}");
            }
            outcomes.push(entry.entry.outcome.accepted);
        }
    }
    assert_eq!(outcomes, [true, false]);
    let never = read_outcome(scene.store(), key(1), named(3), true);
    assert_eq!(never.expect("the store reads"), None);
}

/// Protects readers from rows that mean something else: a new version of a view, or a new view, is made
/// from the whole journal, and the old rows are gone.
#[tokio::test]
async fn a_view_of_another_version_is_rebuilt() {
    let dir = tempdir().expect("a folder");
    let scene = open(dir.path(), Vec::new());
    let host = scene.host(calm()).await;
    for id in 0..6 {
        ask(&host, id, id, Command::Add(id as i64 + 1)).await;
    }
    scene.close(host).await;
    // version of the view, factor -> the factor that its rows show
    let table = [
        (1, 1, 1, "a new view"),
        (1, 50, 1, "the same version is not read again"),
        (2, 10, 10, "a higher version"),
        (1, 3, 3, "an older program"),
    ];
    for (version, factor, shown, what) in table {
        let scene = open(dir.path(), sums(version, factor));
        let host = scene.host(calm()).await;
        for id in 0..6 {
            assert_eq!(
                columns(scene.store(), id as u8),
                Some([1, shown * (id as i64 + 1)]),
                "{what}, entity {id}"
            );
        }
        assert_eq!(scene.store().scan(Families::VIEWS, b"m", &[]).count(), 6);
        scene.close(host).await;
    }
}

/// Protects from views that were changed by hand or by a bug: the comparison with rebuilt rows finds them.
#[tokio::test]
async fn an_altered_row_is_found_by_the_comparison() {
    let dir = tempdir().expect("a folder");
    let live = dir.path().join("live");
    let scene = open(&live, sums(1, 1));
    let host = scene.host(calm()).await;
    for id in 0..6 {
        ask(&host, id, id, Command::Add(id as i64)).await;
    }
    scene.close(host).await;
    let found = |view, rows, first: Option<&[u8]>| {
        vec![Difference {
            view,
            rows,
            first: first.map(<[u8]>::to_vec),
        }]
    };
    let table: [(&str, Vec<(&[u8], Option<&[u8]>)>, Vec<Difference>); 8] = [
        ("nothing", vec![], vec![]),
        (
            "a sum",
            vec![(b"s+\x02", Some(&[1; 16]))],
            found("sums", 1, Some(b"s+\x02")),
        ),
        (
            "a sum is missing",
            vec![(b"s+\x03", None)],
            found("sums", 1, Some(b"s+\x03")),
        ),
        (
            "a sum too many",
            vec![(b"s+\x09", Some(&[0; 16]))],
            found("sums", 1, Some(b"s+\x09")),
        ),
        (
            "two rows",
            vec![(b"s=\x05", None), (b"s+\x01", Some(b""))],
            found("sums", 2, Some(b"s+\x01")),
        ),
        ("a mark", vec![(b"m\x01\x00", Some(b"other"))], found("marks", 1, None)),
        ("a mark is missing", vec![(b"m\x01\x00", None)], found("marks", 1, None)),
        ("another view's row", vec![(b"n", Some(b"x"))], vec![]),
    ];
    for (what, rows, expected) in table {
        let data = dir.path().join(what);
        copy(&live, &data);
        for (row, value) in rows {
            alter(&data, Families::VIEWS, row, value);
        }
        assert_eq!(
            differences(&Store::open_to_read(&data).expect("a store")),
            expected,
            "{what}"
        );
    }
}
