use std::collections::BTreeMap;

use proptest::prelude::*;
use shardbook_runtime::entity::Undecodable;
use shardbook_runtime::journal::{EntryRef, Families, Submission};
use shardbook_runtime::slot::ShardId;
use shardbook_runtime::views::{Projection, Rebuilt, Rows};
use tempfile::tempdir;

use crate::frames::Record;
use crate::scene::{Scene, key, named};

/// What is done to a row; the event of an entry is its script.
#[derive(Debug, Clone)]
enum Step {
    Put(u8, Vec<i64>),
    Add(u8, Vec<i64>),
    Delete(u8),
    /// Everything goes to tables, so that the next steps meet rows there.
    Flush,
}

fn bytes(columns: &[i64]) -> Vec<u8> {
    columns.iter().flat_map(|column| column.to_le_bytes()).collect()
}

impl Step {
    fn encode(&self) -> Vec<u8> {
        match self {
            Self::Put(row, columns) => [&[0, *row], bytes(columns).as_slice()].concat(),
            Self::Add(row, columns) => [&[1, *row], bytes(columns).as_slice()].concat(),
            Self::Delete(row) => vec![2, *row],
            Self::Flush => Vec::new(),
        }
    }
}

struct Scripted;

impl Projection for Scripted {
    fn prefix(&self) -> u8 {
        b'c'
    }
    fn name(&self) -> &'static str {
        "scripted"
    }
    fn version(&self) -> u32 {
        1
    }
    fn project(&self, entry: &EntryRef<'_>, rows: &mut Rows<'_>) -> Result<(), Undecodable> {
        for event in entry.events() {
            let [step, row, rest @ ..] = event else {
                return Err(Undecodable("not a step".into()));
            };
            let columns = rest
                .chunks_exact(8)
                .map(|column| i64::from_le_bytes(column.try_into().expect("eight bytes")));
            match step {
                0 => rows.put(&[*row], rest),
                1 => rows.add(&[*row], &columns.collect::<Vec<_>>()),
                _ => rows.delete(&[*row]),
            }
        }
        Ok(())
    }
}

fn step() -> impl Strategy<Value = Step> {
    let columns = || prop::collection::vec(-1_000_000_000_000_i64..1_000_000_000_000, 1..4);
    prop_oneof![
        6 => (0_u8..4, columns()).prop_map(|(row, columns)| Step::Add(row, columns)),
        2 => (0_u8..4, columns()).prop_map(|(row, columns)| Step::Put(row, columns)),
        1 => (0_u8..4).prop_map(Step::Delete),
        1 => Just(Step::Flush),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(16) })]

    /// Protects the house's sums: rows merged by the store, rows rebuilt in memory and a plain model agree.
    #[test]
    fn merged_rows_rebuilt_rows_and_a_plain_model_agree(steps in prop::collection::vec(step(), 1..60)) {
        let dir = tempdir().expect("a folder");
        let scene = Scene::try_open(dir.path(), vec![Box::new(Scripted)]).expect("a store");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let mut model = BTreeMap::<u8, Vec<i64>>::new();
        for (version, step) in (0..).zip(&steps) {
            match step {
                Step::Put(row, columns) => drop(model.insert(*row, columns.clone())),
                Step::Add(row, columns) => {
                    let held = model.entry(*row).or_default();
                    held.resize(held.len().max(columns.len()), 0);
                    held.iter_mut().zip(columns).for_each(|(held, add)| *held += add);
                }
                Step::Delete(row) => drop(model.remove(row)),
                Step::Flush => {
                    runtime.block_on(scene.until_viewed());
                    scene.store().flush().expect("the store writes");
                    continue;
                }
            }
            let record = Record {
                key: key(1),
                version,
                command: named(version).0,
                fingerprint: 0,
                at_ms: 0,
                accepted: true,
                outcome: Vec::new(),
                events: vec![step.encode()],
            };
            let entry = Submission::Entry { shard: ShardId(0), bytes: record.encode(), then: Box::new(|| ()) };
            runtime.block_on(scene.node.journal().submit(entry)).expect("the journal goes on");
        }
        runtime.block_on(scene.until_viewed());
        let rows = scene.store().scan(Families::VIEWS, b"c", &[]).map(|row| row.expect("the store reads"));
        let live: BTreeMap<_, _> = rows.map(|(key, value)| (key[1], value.into_vec())).collect();
        let expected: BTreeMap<_, _> = model.iter().map(|(row, columns)| (*row, bytes(columns))).collect();
        prop_assert_eq!(live, expected);
        let mut rebuilt = Rebuilt::default();
        for frame in scene.store().frames(ShardId(0), 1) {
            rebuilt.add(&Scripted, &frame.expect("whole")).expect("steps of ours");
        }
        prop_assert_eq!(rebuilt.difference(scene.store(), &Scripted).expect("the store reads"), None);
    }
}
