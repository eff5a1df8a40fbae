//! The thread that writes the views behind the journal.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rocksdb::WriteBatch;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::{mpsc, watch};

use super::gathered::{Change, GATHERED_BYTES_MAX, Gathered};
use super::outcomes::{At, outcome_list, put_head};
use super::positions::{self, OWN_VERSION, ViewName};
use super::projection::Kept;
use super::stretch::Stretch;
use super::{LISTED_MAX, ListOf, Projection, Rows, Snapshot, Tails, outcome_key};
use crate::entity::{EntityKey, Kind};
use crate::fault::StoreFault;
use crate::journal::{Committed, Durability, Families, Followed, Frame, GENESIS, Position, Store};
use crate::slot::ShardId;
use crate::stages::{self, Stage};

/// The most frames taken into one batch of rows: bounds the memory of a batch.
const BATCH_MAX: usize = 1_024;
/// Bytes of rows after which a batch is written: bounds its memory, and how long readers of views wait for it.
const BATCH_BYTES: usize = 256 << 10;
/// Pauses in which a batch may grow, and how long each is: the most that a row comes later for it.
const GATHER_ROUNDS: u32 = 4;
const GATHER_PAUSE: Duration = Duration::from_millis(2);
/// Entities whose tails are looked at after a start between two batches: some hundred microseconds.
const COVERED_AT_ONCE: usize = 64;
/// Entries that must have come since the last pause, or there is no load to gather from.
const GATHER_ENTRIES_MIN: u64 = 32;
const _: () = assert!(BATCH_BYTES < GATHERED_BYTES_MAX / 2, "a frame more has room");

/// How far the views have come that are brought up to the journal, over all shards.
struct Told<F>(Mutex<(u64, u64, F)>);

impl<F: FnMut(u64, u64)> Told<F> {
    fn to(progress: F) -> Self {
        Self(Mutex::new((0, 0, progress)))
    }

    fn lock(&self) -> MutexGuard<'_, (u64, u64, F)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A shard has so many frames more.
    fn begin(&self, frames: u64) {
        self.lock().1 += frames;
    }

    /// So many frames more were read.
    fn read(&self, frames: u64) {
        if frames == 0 {
            return;
        }
        let (read, all, progress) = &mut *self.lock();
        *read += frames;
        progress(*read, *all);
    }
}

/// The views of a node, brought up to the journal when opened.
pub struct Views {
    store: Arc<Store>,
    projections: Arc<[Box<dyn Projection>]>,
    remember: Vec<Kind>,
    /// Of each shard the frame up to which outcomes in lists do not tell their place.
    without_places: Vec<u64>,
    /// Of each shard the frame after which nobody asks where entries are but lists: up to it they tell no place, or tell of
    /// frames that have left the store.
    listed_from: Vec<u64>,
    tails: Arc<Tails>,
}

impl Views {
    /// Opens the views and brings them up to the end of the journal. `remember` names the kinds of
    /// entity whose outcomes are kept for ever. `progress` is told of frames read and frames in all. Shards know nothing of
    /// each other and are read side by side, as many as there are processors.
    ///
    /// # Errors
    /// When the store fails or the journal is damaged.
    pub fn open(
        store: Arc<Store>,
        projections: Vec<Box<dyn Projection>>,
        remember: Vec<Kind>,
        progress: impl FnMut(u64, u64) + Send,
    ) -> Result<Self, StoreFault> {
        let tails = Arc::new(Tails::new(store.map()));
        let without_places = |shard| {
            let noted = positions::without_places(&store, shard)?;
            let written = positions::read(&store, ViewName::OUTCOMES, OWN_VERSION, shard)?;
            Ok(noted.or(written).unwrap_or(0))
        };
        let shards = (0..store.map().shards()).map(ShardId);
        let without_places = shards.map(without_places).collect::<Result<Vec<_>, StoreFault>>()?;
        let listed_from = |(shard, without_places): (u16, &u64)| {
            let left = store.retired(ShardId(shard))?.map_or(0, |retired| retired.up_to);
            Ok(left.max(*without_places))
        };
        let listed_from = (0..)
            .zip(&without_places)
            .map(listed_from)
            .collect::<Result<_, StoreFault>>()?;
        let views = Self {
            store,
            projections: projections.into(),
            remember,
            without_places,
            listed_from,
            tails,
        };
        views.drop_outdated()?;
        let shards = Mutex::new((0..views.store.map().shards()).map(ShardId));
        let told = Told::to(progress);
        let work = || {
            let next = || shards.lock().unwrap_or_else(PoisonError::into_inner).next();
            while let Some(shard) = next() {
                views.catch_up(shard, &told)?;
            }
            Ok(())
        };
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..workers).map(|_| scope.spawn(work)).collect();
            let ended = others.into_iter().map(|other| match other.join() {
                Ok(ended) => ended,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            std::iter::once(work()).chain(ended).collect::<Result<(), StoreFault>>()
        })?;
        Ok(views)
    }

    /// Notes up to where every entity is covered by its snapshot, of a store on which no host is at work.
    ///
    /// # Errors
    /// When the store fails.
    pub fn note_covered(&self) -> Result<(), StoreFault> {
        let shards = (0..self.store.map().shards()).map(ShardId);
        let heads = shards
            .map(|shard| Ok(self.store.head(shard)?.0))
            .collect::<Result<Vec<_>, StoreFault>>()?;
        note_covered(&self.store, &self.tails.covered(&heads))
    }

    /// What is in the journal but in no snapshot.
    #[must_use]
    pub fn tails(&self) -> Arc<Tails> {
        Arc::clone(&self.tails)
    }

    /// Views that write rows with each batch, and those that gather lists.
    fn views(&self, gathered: bool) -> impl Iterator<Item = (ViewName, u32)> {
        let gathers = |view: &dyn Projection| matches!(view.kept(), Kept::Gathered(_));
        self.projections
            .iter()
            .filter(move |view| gathers(&***view) == gathered)
            .map(|view| (ViewName(view.prefix()), view.version()))
            .chain(gathered.then_some((ViewName::OUTCOMES, OWN_VERSION)))
    }

    fn names(&self) -> impl Iterator<Item = (ViewName, u32)> {
        let own = [ViewName::OUTCOMES, ViewName::SNAPSHOTS].map(|name| (name, OWN_VERSION));
        self.projections
            .iter()
            .map(|view| (ViewName(view.prefix()), view.version()))
            .chain(own)
    }

    /// A projection whose version has changed begins again from nothing, over all shards.
    fn drop_outdated(&self) -> Result<(), StoreFault> {
        for view in self.projections.iter() {
            let name = ViewName(view.prefix());
            let shards = || (0..self.store.map().shards()).map(ShardId);
            let mut known = true;
            for shard in shards() {
                let empty = self.store.head(shard)?.0 == 0;
                known &= empty || positions::read(&self.store, name, view.version(), shard)?.is_some();
            }
            if known {
                continue;
            }
            // Before anything is dropped: what cannot be made again is kept.
            self.store.needs_every_frame()?;
            tracing::info!(view = view.name(), "rebuilding the view from the journal");
            let mut batch = WriteBatch::default();
            let end = [view.prefix() + 1];
            batch.delete_range_cf(
                self.store.family(Families::VIEWS),
                [view.prefix()].as_slice(),
                end.as_slice(),
            );
            for shard in shards() {
                positions::write(&self.store, &mut batch, name, view.version(), shard, 0);
            }
            self.store.write_views(batch)?;
        }
        Ok(())
    }

    fn catch_up(&self, shard: ShardId, told: &Told<impl FnMut(u64, u64)>) -> Result<(), StoreFault> {
        let mut at = BTreeMap::new();
        for (name, version) in self.names() {
            at.insert(name, positions::read(&self.store, name, version, shard)?.unwrap_or(0));
        }
        // A view of lists writes rows late: that it has none yet must not look like rows of another version.
        let mut batch = WriteBatch::default();
        for (name, version) in self.views(true) {
            positions::write(&self.store, &mut batch, name, version, shard, at[&name]);
        }
        let without_places = self.without_places[usize::from(shard.0)];
        let name = ViewName::WITHOUT_PLACES;
        positions::write(&self.store, &mut batch, name, OWN_VERSION, shard, without_places);
        self.store.write_views(batch)?;
        let in_rows = self.views(true).map(|(name, _)| at[&name]).max().unwrap_or(0);
        self.store.lists().were_written(shard, in_rows);
        let (head, _) = self.store.head(shard)?;
        let first = at.values().copied().min().unwrap_or(0);
        let covered = at.get(&ViewName::SNAPSHOTS).copied().unwrap_or(0);
        let mut before = match first {
            0 => GENESIS,
            sequence => *self.store.frame(Position { shard, sequence })?.digest(),
        };
        told.begin(head - first);
        let mut made = Made::default();
        let mut read = first;
        for (frame, sequence) in self.store.frames(shard, first + 1).zip(first..) {
            let frame = frame?;
            frame.follows(sequence, &before)?;
            before = *frame.digest();
            let sequence = frame.position().sequence;
            self.project(&frame, &mut made, |name| {
                at.get(&name).is_some_and(|read| *read < sequence)
            })?;
            if sequence > covered {
                self.tails.extend(frame.position(), made.entries.drain(..));
            }
            if self.store.lists().is_full(shard) {
                self.store.lists().write(&self.store, shard, || ())?;
            }
            if made.len() > BATCH_BYTES {
                self.finish(&mut made, shard, sequence, &at)?;
                told.read(sequence - read);
                read = sequence;
            }
        }
        told.read(head - read);
        self.finish(&mut made, shard, head, &at)
    }

    fn finish(
        &self,
        made: &mut Made,
        shard: ShardId,
        sequence: u64,
        at: &BTreeMap<ViewName, u64>,
    ) -> Result<(), StoreFault> {
        let mut batch = made.take(&self.store);
        for (name, version) in self.views(false) {
            let read = at.get(&name).copied().unwrap_or(0).max(sequence);
            positions::write(&self.store, &mut batch, name, version, shard, read);
        }
        self.store.write_views(batch)
    }

    /// After a start the tails hold everything since the last position noted: drops what snapshots hold. To be brought to
    /// memory an entity needs none of that, so that nobody waits for it.
    fn forget_covered(&self, keys: &[EntityKey]) -> Result<(), StoreFault> {
        for key in keys {
            if let Some(snapshot) = read_snapshot(&self.store, *key)? {
                self.tails.cover(*key, snapshot.version);
            }
        }
        Ok(())
    }

    fn project(&self, frame: &Frame, made: &mut Made, wants: impl Fn(ViewName) -> bool) -> Result<(), StoreFault> {
        made.last = Some(frame.position());
        let Position { shard, sequence } = frame.position();
        let mut lists = self.store.lists().of(shard);
        let outcomes = wants(ViewName::OUTCOMES);
        let lists_tell = sequence > self.listed_from[usize::from(shard.0)];
        made.entries.clear();
        for entry in frame.entries() {
            let (key, version) = (entry.entry.key, entry.entry.version);
            let remembered = self.remember.contains(&key.kind);
            let listed = remembered && version < LISTED_MAX;
            if !(listed && lists_tell) {
                made.entries.push((key, version + 1));
            }
            if outcomes && remembered {
                let command = entry.entry.command;
                made.head.clear();
                put_head(&entry, listed.then_some(At { sequence, version }), &mut made.head);
                let row: [&[u8]; 2] = [&made.head, entry.entry.outcome.bytes];
                if listed {
                    let list: [&[u8]; 1] = [&outcome_list(key)];
                    lists.add(ListOf::Outcomes, &list, &command.0, &row);
                } else {
                    made.outcomes.note(Change::Put, &[&outcome_key(key, command)], &row);
                }
            }
            for view in self.projections.iter().filter(|view| wants(ViewName(view.prefix()))) {
                let mut rows = Rows::of_store(view.as_ref(), &mut made.rows, &lists);
                view.project(&entry, &mut rows)
                    .map_err(|error| damaged(frame, view.name(), error.0))?;
            }
        }
        lists.pass(frame.bytes().len());
        for (name, version) in self.views(true).filter(|(name, _)| wants(*name)) {
            lists.note(name, version, sequence);
        }
        Ok(())
    }

    /// Starts the thread that follows the journal. It ends when the journal ends, or at the first
    /// fault. `viewed` is told whenever new frames are readable.
    ///
    /// # Panics
    /// When the system cannot start a thread.
    pub fn spawn(
        self,
        mut followed: mpsc::Receiver<Followed>,
        durability: Arc<Durability>,
        viewed: watch::Sender<()>,
        on_fault: impl FnOnce(StoreFault) + Send + 'static,
    ) -> JoinHandle<()> {
        let thread = std::thread::Builder::new().name("views".into());
        let run = move || {
            crate::priority::give_way();
            let mut taken = Vec::new();
            let mut made = Made::default();
            let mut uncovered = self.tails.keys();
            while next(&mut followed, &mut taken, uncovered.is_empty()) {
                let some = uncovered.split_off(uncovered.len().saturating_sub(COVERED_AT_ONCE));
                if let Err(fault) = self.forget_covered(&some) {
                    on_fault(fault);
                    return;
                }
                gather(&mut followed, &mut taken);
                let mut rest = taken.drain(..);
                let mut stretch = Stretch::beginning(&durability);
                while let Some(first) = rest.next() {
                    let batch = std::iter::once(first).chain(rest.by_ref());
                    let _lap = stages::each(Stage::Views);
                    if let Err(fault) = self.write(batch, &mut made, &durability, &mut stretch) {
                        on_fault(fault);
                        return;
                    }
                    viewed.send_replace(());
                }
            }
        };
        thread
            .spawn(run)
            .unwrap_or_else(|fault| panic!("cannot start the views thread: {fault}"))
    }

    /// Writes what follows, up to the bound of a batch.
    fn write(
        &self,
        following: impl Iterator<Item = Followed>,
        made: &mut Made,
        durability: &Durability,
        stretch: &mut Stretch<'_>,
    ) -> Result<(), StoreFault> {
        let mut read = BTreeMap::<ShardId, u64>::new();
        let mut covered = Vec::<(EntityKey, u64)>::new();
        let mut then = Vec::<Committed>::new();
        for followed in following {
            match followed {
                Followed::Frame(frame) => {
                    self.project(&frame, made, |_| true)?;
                    self.tails.extend(frame.position(), made.entries.drain(..));
                    read.insert(frame.position().shard, frame.position().sequence);
                }
                Followed::Snapshot { key, version, bytes } => {
                    made.snapshots.note(Change::Put, &[&key.to_bytes()], &[&bytes]);
                    covered.push((key, version));
                }
                Followed::Then(run) => then.push(run),
            }
            stretch.rest();
            if made.len() > BATCH_BYTES {
                break;
            }
        }
        let mut batch = made.take(&self.store);
        for (shard, sequence) in &read {
            for (name, version) in self.views(false) {
                positions::write(&self.store, &mut batch, name, version, *shard, *sequence);
            }
        }
        durability.count_rows(batch.len() as u64, batch.size_in_bytes() as u64);
        self.store.write_views(batch)?;
        stretch.rest();
        // One shard at a time: they fill up together, and what follows waits for it.
        if let Some(shard) = read.keys().find(|shard| self.store.lists().is_full(**shard)) {
            let (rows, bytes) = self.store.lists().write(&self.store, *shard, || stretch.rest())?;
            durability.count_rows(rows, bytes);
        }
        for (key, version) in covered {
            self.tails.cover(key, version);
        }
        for (shard, sequence) in read {
            durability.set_viewed(shard, sequence);
        }
        for run in then {
            run();
        }
        Ok(())
    }
}

/// Takes what follows, and waits for it where nothing else is to be done; `false` at the end.
fn next(followed: &mut mpsc::Receiver<Followed>, taken: &mut Vec<Followed>, wait: bool) -> bool {
    if wait {
        return followed.blocking_recv_many(taken, BATCH_MAX) > 0;
    }
    while taken.len() < BATCH_MAX {
        match followed.try_recv() {
            Ok(next) => taken.push(next),
            Err(TryRecvError::Empty) => break,
            Err(TryRecvError::Disconnected) => return !taken.is_empty(),
        }
    }
    true
}

/// While frames keep coming, lets some more come: rows of a large batch are inserted much faster than those of many small
/// ones. Whoever waits for the views is not kept waiting.
fn gather(followed: &mut mpsc::Receiver<Followed>, taken: &mut Vec<Followed>) {
    let mut seen = 0;
    for _ in 0..GATHER_ROUNDS {
        let new = &taken[seen..];
        let waited_for = new.iter().any(|followed| matches!(followed, Followed::Then(_)));
        let entries: u64 = new.iter().map(Followed::entries).sum();
        if waited_for || entries < GATHER_ENTRIES_MIN || taken.len() >= BATCH_MAX {
            return;
        }
        seen = taken.len();
        std::thread::sleep(GATHER_PAUSE);
        while taken.len() < BATCH_MAX
            && let Ok(next) = followed.try_recv()
        {
            taken.push(next);
        }
    }
}

/// Rows that are made and not written yet.
#[derive(Default)]
struct Made {
    /// The last frame of the batch: no earlier batch has a name that is as high, even of a view that had read less.
    last: Option<Position>,
    /// The entities of the last frame of which no list tells, and to how many entries it brings each.
    entries: Vec<(EntityKey, u64)>,
    /// What stands before the outcome of the entry that is read.
    head: Vec<u8>,
    rows: Gathered,
    outcomes: Gathered,
    snapshots: Gathered,
}

impl Made {
    fn len(&self) -> usize {
        self.rows.len() + self.outcomes.len() + self.snapshots.len()
    }

    fn take(&mut self, store: &Store) -> WriteBatch {
        let mut batch = WriteBatch::with_capacity_bytes(self.len() * 2);
        // Without a frame there are no lists.
        let last = self.last.take().unwrap_or(Position {
            shard: ShardId(0),
            sequence: 0,
        });
        self.rows.write(store.family(Families::VIEWS), last, &mut batch);
        self.outcomes.write(store.family(Families::OUTCOMES), last, &mut batch);
        self.snapshots
            .write(store.family(Families::SNAPSHOTS), last, &mut batch);
        batch
    }
}

pub(super) fn damaged(frame: &Frame, view: &str, why: String) -> StoreFault {
    let at = frame.position().sequence.to_string();
    let why = format!("{view} cannot read an event: {why}");
    StoreFault::Corrupt {
        what: "journal entry",
        shard: frame.position().shard,
        at,
        why,
    }
}

/// Notes up to where every entity is covered by its snapshot, so that a restart begins there.
pub(crate) fn note_covered(store: &Store, covered: &[u64]) -> Result<(), StoreFault> {
    let mut batch = WriteBatch::default();
    for (shard, sequence) in (0_u16..).map(ShardId).zip(covered) {
        positions::write(store, &mut batch, ViewName::SNAPSHOTS, OWN_VERSION, shard, *sequence);
    }
    store.write_views(batch)
}

/// The latest snapshot of an entity.
pub(crate) fn read_snapshot(store: &Store, key: EntityKey) -> Result<Option<Snapshot>, StoreFault> {
    let Some(row) = snapshot_row(store, key)? else {
        return Ok(None);
    };
    let decoded = Snapshot::decode(&row).map(Some);
    decoded.map_err(|error| corrupt_snapshot(store, key, error.0))
}

/// Writes a snapshot of an entity of a store on which no host is at work.
pub(crate) fn write_snapshot(store: &Store, key: EntityKey, row: &[u8]) -> Result<(), StoreFault> {
    let mut batch = WriteBatch::default();
    batch.put_cf(store.family(Families::SNAPSHOTS), key.to_bytes(), row);
    store.write_views(batch)
}

/// Entries that the latest snapshot of an entity amounts to; 0 where there is none.
pub(crate) fn snapshot_version(store: &Store, key: EntityKey) -> Result<u64, StoreFault> {
    let Some(row) = snapshot_row(store, key)? else {
        return Ok(0);
    };
    Snapshot::version_of(&row).map_err(|error| corrupt_snapshot(store, key, error.0))
}

/// The row of the latest snapshot of an entity.
///
/// # Errors
/// When the store fails; where its file is damaged, which the store may not name, the fault names the entity.
pub fn snapshot_row(store: &Store, key: EntityKey) -> Result<Option<Vec<u8>>, StoreFault> {
    let named = |fault| match fault {
        StoreFault::Io { source, .. } if source.kind() == rocksdb::ErrorKind::Corruption => {
            let why = format!(
                "{source}; the folder views can be moved away, it is made anew from the journal at the next start"
            );
            corrupt_snapshot(store, key, why)
        }
        other => other,
    };
    store.get(Families::SNAPSHOTS, &key.to_bytes()).map_err(named)
}

fn corrupt_snapshot(store: &Store, key: EntityKey, why: String) -> StoreFault {
    StoreFault::Corrupt {
        what: "snapshot",
        shard: store.map().locate(key),
        at: key.to_string(),
        why,
    }
}
