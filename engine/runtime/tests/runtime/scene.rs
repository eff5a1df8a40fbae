//! A node in a folder of its own, with hosts of tallies, and the naive replay that it is compared with.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rocksdb::{DB, Options};
use shardbook_runtime::clock::ManualClock;
use shardbook_runtime::entity::{CommandId, EntityKey, Kind};
use shardbook_runtime::fault::StoreFault;
use shardbook_runtime::host::{Answer, Host, HostOptions};
use shardbook_runtime::journal::{Families, Store, StoreOptions};
use shardbook_runtime::node::{Node, NodeOptions, OnFault};
use shardbook_runtime::router::CallFault;
use shardbook_runtime::slot::{ShardId, SlotMap};
use shardbook_runtime::views::{Projection, Snapshot};

use crate::tally::{self, ALWAYS, Command, LATEST, State, Tally, World};

pub const SHARDS: u16 = 4;

/// An answer as a test compares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    Accepted(State),
    BelowZero(i64),
    IdReused,
    No(CallFault),
}

pub fn said<const KIND: Kind>(answer: Result<Answer<Tally<KIND>>, CallFault>) -> Said {
    match answer {
        Ok(Answer::Accepted(state)) => Said::Accepted(state),
        Ok(Answer::Rejected(rejection)) => Said::BelowZero(rejection.total),
        Ok(Answer::IdReused) => Said::IdReused,
        Err(fault) => Said::No(fault),
    }
}

pub fn map() -> SlotMap {
    SlotMap::try_new(SHARDS).expect("within bounds")
}

pub fn shards() -> impl Iterator<Item = ShardId> {
    (0..SHARDS).map(ShardId)
}

/// The store of a node that does not run, with a folder for what leaves it.
pub fn open_with_archive(data: &Path, folder: &Path) -> Arc<Store> {
    let options = StoreOptions {
        archive: Some(folder.to_owned()),
        ..StoreOptions::default()
    };
    Store::open(data, map(), &options).expect("a store")
}

pub fn key(id: u64) -> EntityKey {
    EntityKey { kind: ALWAYS, id }
}

pub fn named(name: u64) -> CommandId {
    CommandId::from_name(&name.to_le_bytes())
}

/// Leaves an upper bound of time for what must happen, so that a hang is a failure.
pub async fn within<T>(happens: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), happens)
        .await
        .expect("it must happen within a minute")
}

/// Bounds under which nobody leaves memory and nothing is snapshotted unless a test says so.
pub fn calm() -> HostOptions {
    let hour = Duration::from_secs(3_600);
    HostOptions {
        residents_max: 10_000,
        idle: hour,
        checkpoint: hour,
        snapshot_events: 1_000_000,
        ..Default::default()
    }
}

pub fn options(data: &Path) -> NodeOptions {
    let store = StoreOptions {
        cache_bytes: 8 << 20,
        // So little that tests meet lists in memory and on disk.
        lists_bytes_max: 16 << 10,
        ..Default::default()
    };
    NodeOptions {
        data: data.to_owned(),
        shards: map(),
        store,
        queue: 1_024,
    }
}

pub struct Scene {
    pub node: Node,
    pub clock: Arc<ManualClock>,
    pub world: Arc<World>,
    pub faults: Arc<Mutex<Vec<String>>>,
}

impl Scene {
    pub fn open(data: &Path) -> Self {
        Self::try_open(data, Vec::new()).expect("the folder is a store")
    }

    pub fn try_open(data: &Path, projections: Vec<Box<dyn Projection>>) -> Result<Self, StoreFault> {
        Self::try_open_with(data, projections, None)
    }

    /// With the archive of the frames that have left it.
    pub fn try_open_with(
        data: &Path,
        projections: Vec<Box<dyn Projection>>,
        archive: Option<&Path>,
    ) -> Result<Self, StoreFault> {
        let mut options = options(data);
        options.store.archive = archive.map(Path::to_owned);
        let faults = Arc::<Mutex<Vec<String>>>::default();
        let seen = Arc::clone(&faults);
        let on_fault: OnFault = Arc::new(move |fault| seen.lock().expect("not poisoned").push(fault.to_string()));
        let (node, mut follower) = Node::open(&options, projections, vec![ALWAYS], &on_fault, |_, _| ())?;
        std::thread::spawn(move || while follower.blocking_recv().is_some() {});
        Ok(Self {
            node,
            clock: Arc::new(ManualClock::new(1_000)),
            world: Arc::default(),
            faults,
        })
    }

    pub async fn host(&self, options: HostOptions) -> Host<Tally<ALWAYS>> {
        self.host_of(options).await
    }

    pub async fn host_of<const KIND: Kind>(&self, options: HostOptions) -> Host<Tally<KIND>> {
        let clock = Arc::clone(&self.clock);
        Host::start(self.node.parts(clock), options, Arc::clone(&self.world))
            .await
            .expect("a host starts")
    }

    pub fn store(&self) -> &Store {
        self.node.store()
    }

    pub fn snapshot(&self, id: u64) -> Option<Snapshot> {
        let row = self
            .store()
            .get(Families::SNAPSHOTS, &key(id).to_bytes())
            .expect("the store reads")?;
        Some(Snapshot::decode(&row).expect("a snapshot"))
    }

    /// Entities of which the journal has more than their snapshots.
    pub fn uncovered(&self) -> Vec<u64> {
        let held = |id| self.snapshot(id).map_or(0, |snapshot| snapshot.version);
        let all = replay(self.store()).into_iter();
        all.filter(|(id, (_, version))| held(*id) < *version)
            .map(|(id, _)| id)
            .collect()
    }

    pub async fn until_viewed(&self) {
        within(self.node.journal().until_viewed())
            .await
            .expect("the journal goes on");
    }

    /// Goes round by round of the views until the condition holds.
    pub async fn until(&self, holds: impl Fn() -> bool) {
        within(async {
            while !holds() {
                self.until_viewed().await;
            }
        })
        .await;
    }

    /// Stops in order, so that the folder can be opened again.
    pub async fn close<const KIND: Kind>(self, host: Host<Tally<KIND>>) {
        within(host.stop()).await.expect("the journal goes on");
        drop(host);
        let node = self.node;
        within(tokio::task::spawn_blocking(move || node.close()))
            .await
            .expect("no panic")
            .expect("a last flush");
    }
}

/// Sends a command and waits for what is said.
pub async fn ask<const KIND: Kind>(host: &Host<Tally<KIND>>, id: u64, name: u64, content: Command) -> Said {
    match host.send(id, named(name), content, None) {
        Ok(pending) => said(within(pending.answer()).await),
        Err(fault) => Said::No(fault),
    }
}

/// State and number of entries of an entity.
pub async fn look<const KIND: Kind>(host: &Host<Tally<KIND>>, id: u64) -> (State, u64) {
    let pending = host
        .read_version(id, |state, version| (*state, version))
        .expect("room in the mailbox");
    within(pending.answer()).await.expect("the actor is well")
}

/// What a reader of nothing but the journal finds: state and number of entries of each tally.
pub fn replay(store: &Store) -> BTreeMap<u64, (State, u64)> {
    let mut tallies = BTreeMap::<u64, (State, u64)>::new();
    for shard in shards() {
        for frame in store.frames(shard, 1) {
            let frame = frame.expect("a whole frame");
            for entry in frame
                .entries()
                .filter(|entry| [ALWAYS, LATEST].contains(&entry.entry.key.kind))
            {
                let (state, version) = tallies.entry(entry.entry.key.id).or_default();
                assert_eq!(entry.entry.version, *version, "entries of an entity follow each other");
                *version += 1;
                for event in entry.events() {
                    tally::apply(state, tally::decode_event(event).expect("an event"));
                }
            }
        }
    }
    tallies
}

/// Copies the files of a store as a killed process would leave them.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).expect("a new folder");
    for file in std::fs::read_dir(from).expect("the folder is there") {
        let file = file.expect("an entry").path();
        let into = to.join(file.file_name().expect("a name"));
        if file.is_dir() {
            copy(&file, &into);
        } else {
            std::fs::copy(&file, into).expect("a copy");
        }
    }
}

/// Changes a row behind the runtime's back in a closed folder; `None` removes it.
pub fn alter(data: &Path, family: &str, row: &[u8], value: Option<&[u8]>) {
    let (folder, names) = if Families::OF_JOURNAL.contains(&family) {
        (Families::JOURNAL_FOLDER, Families::OF_JOURNAL.as_slice())
    } else {
        (Families::VIEWS_FOLDER, Families::OF_VIEWS.as_slice())
    };
    let names = names.iter().chain(&["default"]);
    let db = DB::open_cf(&Options::default(), data.join(folder), names).expect("a closed store");
    let family = db.cf_handle(family).expect("a family");
    match value {
        Some(value) => db.put_cf(family, row, value).expect("a write"),
        None => db.delete_cf(family, row).expect("a write"),
    }
    db.flush_wal(true).expect("a write");
}
