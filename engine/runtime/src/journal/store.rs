//! The disk of a node: its two databases and their column families.
//!
//! The journal has a database of its own, so that a synced write of frames never waits behind rows that are inserted into
//! views. The views have no log: they are a function of the journal, each family reaches the disk together with the
//! positions of its rows, and what a crash takes of them is read again from the journal.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rocksdb::{
    Cache, ColumnFamily, DB, FlushOptions, IteratorMode, Options, ReadOptions, WriteBatch, WriteOptions,
    checkpoint::Checkpoint,
};

use super::frame::{Digest, Frame, Position};
use super::frames::{decode_frame, head_of};
use super::options::{StoreOptions, journal_families, journal_options, views_families, views_options};
use super::recent::Recent;
use super::regression::{refuse_regressed, still_there};
use super::witness::{Seen, Witness};
use crate::archive::Archive;
use crate::fault::StoreFault;
use crate::slot::{ShardId, SlotMap};
use crate::views::Lists;

/// Names of the column families.
#[derive(Debug, Clone, Copy)]
pub struct Families;

impl Families {
    /// Frames by shard and sequence: the truth.
    pub const JOURNAL: &'static str = "journal";
    /// The latest snapshot of each entity.
    pub const SNAPSHOTS: &'static str = "snapshots";
    /// Outcomes by entity and command id.
    pub const OUTCOMES: &'static str = "outcomes";
    /// Rows of the projections.
    pub const VIEWS: &'static str = "views";
    /// Layout, number of shards, notes of processes.
    pub const META: &'static str = "meta";

    /// Families of the journal's database, in the folder [`Self::JOURNAL_FOLDER`].
    pub const OF_JOURNAL: [&'static str; 2] = [Self::JOURNAL, Self::META];
    /// Families of the views' database, in the folder [`Self::VIEWS_FOLDER`].
    pub const OF_VIEWS: [&'static str; 3] = [Self::SNAPSHOTS, Self::OUTCOMES, Self::VIEWS];
    /// The folder of the journal's database within a store.
    pub const JOURNAL_FOLDER: &'static str = "journal";
    /// The folder of the views' database within a store.
    pub const VIEWS_FOLDER: &'static str = "views";
}

const LAYOUT: u32 = 2;
/// The layout that had journal and views in one database, at the root of the folder.
const LAYOUT_OF_ONE: u32 = 1;
const META_LAYOUT: &[u8] = b"layout";
const META_SHARDS: &[u8] = b"shards";

/// A row: key and value.
pub type Row = (Box<[u8]>, Box<[u8]>);

/// The open store of a node.
pub struct Store {
    journal: DB,
    views: DB,
    path: PathBuf,
    map: SlotMap,
    recent: Recent,
    lists: Lists,
    /// Of a store that is written.
    witness: Option<Mutex<Witness>>,
    /// Where frames are that have left the store.
    pub(super) archive: Option<Arc<Archive>>,
    /// Held while a copy is made, and while frames leave.
    pub(super) copying: Mutex<()>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("path", &self.path)
            .field("shards", &self.map.shards())
            .finish()
    }
}

impl Store {
    /// Opens the store at `path`, making it when there is none.
    ///
    /// # Errors
    /// When it cannot be opened, was made for another number of shards or another layout, or has lost the end of its journal.
    pub fn open(path: &Path, map: SlotMap, options: &StoreOptions) -> Result<Arc<Self>, StoreFault> {
        refuse_older(path)?;
        std::fs::create_dir_all(path).map_err(|source| StoreFault::Folder {
            path: path.to_owned(),
            source,
        })?;
        // Before it is opened to be written, which would drop what follows a damaged place in a log.
        refuse_regressed(path, options)?;
        let cache = Cache::new_lru_cache(options.cache_bytes);
        let open = |folder: &str, db: Options, families| {
            let path = path.join(folder);
            DB::open_cf_descriptors(&made_when_missing(db), &path, families)
                .map_err(|source| StoreFault::Open { path, source })
        };
        let journal = open(
            Families::JOURNAL_FOLDER,
            journal_options(options),
            journal_families(options, &cache),
        )?;
        let views = open(Families::VIEWS_FOLDER, views_options(), views_families(options, &cache))?;
        let archive = options.archive.as_ref().map(|folder| Archive::open(folder, map));
        let mut store = Self {
            journal,
            views,
            path: path.to_owned(),
            map,
            recent: Recent::new(map),
            lists: Lists::new(map, options.lists_bytes_max),
            witness: None,
            archive: archive.transpose()?,
            copying: Mutex::default(),
        };
        match store.stored_shards()? {
            Some(stored) if stored != map.shards() => {
                return Err(StoreFault::ShardsDiffer {
                    stored,
                    asked: map.shards(),
                });
            }
            Some(_) => {}
            None => {
                let mut batch = WriteBatch::default();
                batch.put_cf(store.family(Families::META), META_LAYOUT, LAYOUT.to_le_bytes());
                batch.put_cf(store.family(Families::META), META_SHARDS, map.shards().to_le_bytes());
                store.write_journal(batch, true)?;
            }
        }
        let heads = (0..map.shards()).map(ShardId).map(|shard| {
            let (sequence, digest) = store.head(shard)?;
            let position = Position { shard, sequence };
            Ok(Seen { position, digest })
        });
        let heads: Vec<_> = heads.collect::<Result<_, StoreFault>>()?;
        let written = heads.into_iter().filter(|seen| seen.position.sequence > 0);
        store.witness = Some(Mutex::new(Witness::begin(path, map, written)?));
        sync_names(path)?;
        Ok(Arc::new(store))
    }

    /// Opens a store that nobody writes, such as a checkpoint, for reading.
    ///
    /// # Errors
    /// When there is none, or it has another layout.
    pub fn open_to_read(path: &Path) -> Result<Arc<Self>, StoreFault> {
        Self::open_to_read_with(path, None)
    }

    /// As [`Self::open_to_read`], with the archive of the frames that have left it.
    ///
    /// # Errors
    /// As [`Self::open_to_read`], or when the folder of the archive cannot be read.
    pub fn open_to_read_with(path: &Path, archive: Option<&Path>) -> Result<Arc<Self>, StoreFault> {
        refuse_older(path)?;
        let folder = |name: &str| path.join(name);
        if ![Families::JOURNAL_FOLDER, Families::VIEWS_FOLDER]
            .iter()
            .all(|name| folder(name).join("CURRENT").exists())
        {
            return Err(StoreFault::Missing { path: path.to_owned() });
        }
        let options = StoreOptions::default();
        let cache = Cache::new_lru_cache(options.cache_bytes);
        let open = |name: &str, db: Options, families| {
            let path = folder(name);
            DB::open_cf_descriptors_read_only(&db, &path, families, false)
                .map_err(|source| StoreFault::Open { path, source })
        };
        let one = SlotMap::try_new(1).unwrap_or_else(|| unreachable!());
        let mut store = Self {
            journal: open(
                Families::JOURNAL_FOLDER,
                journal_options(&options),
                journal_families(&options, &cache),
            )?,
            views: open(
                Families::VIEWS_FOLDER,
                views_options(),
                views_families(&options, &cache),
            )?,
            path: path.to_owned(),
            map: one,
            recent: Recent::new(one),
            lists: Lists::new(one, 0),
            witness: None,
            archive: None,
            copying: Mutex::default(),
        };
        let shards = store.stored_shards()?.and_then(SlotMap::try_new);
        store.map = shards.ok_or_else(|| StoreFault::Missing { path: path.to_owned() })?;
        store.lists = Lists::new(store.map, 0);
        let archive = archive.map(|folder| Archive::open(folder, store.map));
        store.archive = archive.transpose()?;
        Ok(Arc::new(store))
    }

    fn stored_shards(&self) -> Result<Option<u16>, StoreFault> {
        let Some(layout) = self.get(Families::META, META_LAYOUT)? else {
            return Ok(None);
        };
        let stored = layout.try_into().map_or(0, u32::from_le_bytes);
        if stored != LAYOUT {
            return Err(StoreFault::LayoutDiffers { stored, known: LAYOUT });
        }
        Ok(self
            .get(Families::META, META_SHARDS)?
            .and_then(|bytes| bytes.try_into().ok())
            .map(u16::from_le_bytes))
    }

    /// Where the store is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The shards that it holds.
    #[must_use]
    pub fn map(&self) -> SlotMap {
        self.map
    }

    pub(super) fn db_of(&self, family: &str) -> &DB {
        if Families::OF_JOURNAL.contains(&family) {
            &self.journal
        } else {
            &self.views
        }
    }

    pub(crate) fn family(&self, name: &str) -> &ColumnFamily {
        // Every family is opened with the store.
        self.db_of(name)
            .cf_handle(name)
            .unwrap_or_else(|| unreachable!("family {name} is always open"))
    }

    /// Reads one row.
    ///
    /// # Errors
    /// When the store fails.
    pub fn get(&self, family: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreFault> {
        self.db_of(family)
            .get_cf(self.family(family), key)
            .map_err(StoreFault::io("read"))
    }

    /// Writes to families of the journal's database.
    pub(crate) fn write_journal(&self, batch: WriteBatch, sync: bool) -> Result<(), StoreFault> {
        let mut options = WriteOptions::default();
        options.set_sync(sync);
        self.journal.write_opt(batch, &options).map_err(StoreFault::io("write"))
    }

    /// Writes to families of the views' database: readable at once, on disk with the next flush.
    pub(crate) fn write_views(&self, batch: WriteBatch) -> Result<(), StoreFault> {
        let mut options = WriteOptions::default();
        options.disable_wal(true);
        self.views
            .write_opt(batch, &options)
            .map_err(StoreFault::io("write views"))
    }

    /// What is on its way to lists of the views.
    pub(crate) fn lists(&self) -> &Lists {
        &self.lists
    }

    /// Keeps a frame that has become durable, for those who will read it next.
    pub(super) fn keep(&self, frame: &Arc<Frame>) {
        self.recent.keep(frame);
    }

    /// Something small that a process has noted under a name, such as how far it has come.
    ///
    /// # Errors
    /// When the store fails.
    pub fn note(&self, name: &str) -> Result<Option<Vec<u8>>, StoreFault> {
        self.get(Families::META, &note_key(name))
    }

    /// Notes something small. It is as durable as the journal's next frame: a process that finds an
    /// older note must be able to go over the stretch again.
    ///
    /// # Errors
    /// When the store fails.
    pub fn set_note(&self, name: &str, value: &[u8]) -> Result<(), StoreFault> {
        let mut batch = WriteBatch::default();
        batch.put_cf(self.family(Families::META), note_key(name), value);
        self.write_journal(batch, false)
    }

    /// Notes several small things at once; as [`Self::set_note`].
    ///
    /// # Errors
    /// When the store fails.
    pub fn set_notes<'n>(&self, notes: impl IntoIterator<Item = (&'n str, Vec<u8>)>) -> Result<(), StoreFault> {
        let mut batch = WriteBatch::default();
        for (name, value) in notes {
            batch.put_cf(self.family(Families::META), note_key(name), value);
        }
        self.write_journal(batch, false)
    }

    /// Rows whose key begins with `prefix`, from `from` on, in key order.
    pub fn scan<'s>(
        &'s self,
        family: &str,
        prefix: &[u8],
        from: &[u8],
    ) -> impl Iterator<Item = Result<Row, StoreFault>> + use<'s> {
        let mut options = ReadOptions::default();
        if let Some(end) = after_prefix(prefix) {
            options.set_iterate_upper_bound(end);
        }
        let mode = IteratorMode::From(from.max(prefix), rocksdb::Direction::Forward);
        self.db_of(family)
            .iterator_cf_opt(self.family(family), options, mode)
            .map(|row| row.map_err(StoreFault::io("scan")))
    }

    /// Rows whose key begins with `prefix` and is below `before`, from the last one back.
    pub fn scan_back<'s>(
        &'s self,
        family: &str,
        prefix: &[u8],
        before: &[u8],
    ) -> impl Iterator<Item = Result<Row, StoreFault>> + use<'s> {
        let mut options = ReadOptions::default();
        options.set_iterate_lower_bound(prefix.to_vec());
        options.set_iterate_upper_bound(before.to_vec());
        self.db_of(family)
            .iterator_cf_opt(self.family(family), options, IteratorMode::End)
            .map(|row| row.map_err(StoreFault::io("scan")))
    }

    /// One frame.
    ///
    /// # Errors
    /// When it is missing or damaged, or has left the store and no archive is given.
    pub fn frame(&self, position: Position) -> Result<Arc<Frame>, StoreFault> {
        if let Some(frame) = self.recent.find(position) {
            return Ok(frame);
        }
        let key = position.to_bytes();
        match self.get(Families::JOURNAL, &key)? {
            Some(bytes) => decode_frame(position.shard, &key, bytes).map(Arc::new),
            None => self.archived_frame(position).map(Arc::new),
        }
    }

    /// The last frame of a shard: its sequence and digest, or the genesis.
    ///
    /// # Errors
    /// When the store fails or the frame is damaged.
    pub fn head(&self, shard: ShardId) -> Result<(u64, Digest), StoreFault> {
        head_of(&self.journal, shard)
    }

    /// The newest time in the journal, Unix milliseconds; 0 while it is empty.
    ///
    /// # Errors
    /// When the store fails or a last frame is damaged.
    pub fn latest_ms(&self) -> Result<u64, StoreFault> {
        let mut latest = 0;
        for shard in (0..self.map.shards()).map(ShardId) {
            let (sequence, _) = self.head(shard)?;
            if sequence > 0 {
                let frame = self.frame(Position { shard, sequence })?;
                let times = frame.entries().map(|entry| entry.entry.at_ms);
                latest = times.fold(latest, u64::max);
            }
        }
        Ok(latest)
    }

    /// What the witness has seen of the journal and the journal does not hold any more; empty when it holds all.
    ///
    /// # Errors
    /// When the witness cannot be read.
    pub fn regressions(&self) -> Result<Vec<StoreFault>, StoreFault> {
        let seen = Witness::read(&self.path)?;
        let missing = seen
            .iter()
            .filter_map(|seen| still_there(&self.journal, &self.path, seen).err());
        Ok(missing.collect())
    }

    /// Has the witness see frames that are durable now.
    pub(super) fn witness(&self, frames: &[Arc<Frame>]) -> Result<(), StoreFault> {
        match &self.witness {
            Some(witness) => witness.lock().unwrap_or_else(PoisonError::into_inner).note(frames),
            None => Ok(()),
        }
    }

    /// Writes a consistent copy of the whole store, as hard links where the file system allows.
    ///
    /// # Errors
    /// When the folder exists already or the store fails.
    pub fn checkpoint(&self, into: &Path) -> Result<(), StoreFault> {
        std::fs::create_dir(into).map_err(|source| StoreFault::Folder {
            path: into.to_owned(),
            source,
        })?;
        let _copying = self.copying.lock().unwrap_or_else(PoisonError::into_inner);
        // The witness first, then the views: a copy of the journal may be ahead of them, never behind.
        if let Some(witness) = &self.witness {
            let rows = witness.lock().unwrap_or_else(PoisonError::into_inner).rows().to_vec();
            Witness::copy(&rows, into)?;
        }
        for (db, folder) in [
            (&self.views, Families::VIEWS_FOLDER),
            (&self.journal, Families::JOURNAL_FOLDER),
        ] {
            let checkpoint = Checkpoint::new(db).map_err(StoreFault::io("checkpoint"))?;
            checkpoint
                .create_checkpoint(into.join(folder))
                .map_err(StoreFault::io("checkpoint"))?;
        }
        Ok(())
    }

    /// Waits until all that was written is in tables and the log is small.
    ///
    /// # Errors
    /// When the store fails.
    pub fn flush(&self) -> Result<(), StoreFault> {
        for shard in (0..self.map.shards()).map(ShardId) {
            self.lists.write(self, shard, || ())?;
        }
        self.flush_families(&self.journal, &Families::OF_JOURNAL)?;
        self.flush_families(&self.views, &Families::OF_VIEWS)
    }

    /// Brings the snapshots to the disk.
    pub(crate) fn flush_snapshots(&self) -> Result<(), StoreFault> {
        self.flush_families(&self.views, &[Families::SNAPSHOTS])
    }

    fn flush_families(&self, db: &DB, names: &[&str]) -> Result<(), StoreFault> {
        let families: Vec<_> = names.iter().map(|name| self.family(name)).collect();
        let families: Vec<_> = families.iter().collect();
        db.flush_cfs_opt(&families, &FlushOptions::default())
            .map_err(StoreFault::io("flush"))
    }
}

/// A store of the first layout is named as what it is, not as a folder without a store.
fn refuse_older(path: &Path) -> Result<(), StoreFault> {
    if path.join("CURRENT").exists() {
        return Err(StoreFault::LayoutDiffers {
            stored: LAYOUT_OF_ONE,
            known: LAYOUT,
        });
    }
    Ok(())
}

/// The names of a store's folders become durable with the folders that they are in.
fn sync_names(path: &Path) -> Result<(), StoreFault> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for folder in [Some(path.as_path()), path.parent()].into_iter().flatten() {
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(|source| StoreFault::File {
            what: "sync",
            path: folder.to_owned(),
            source,
        })?;
    }
    Ok(())
}

fn made_when_missing(mut options: Options) -> Options {
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    options
}

pub(super) fn note_key(name: &str) -> Vec<u8> {
    [b"note/", name.as_bytes()].concat()
}

/// The first key after every key with this prefix.
pub(crate) fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != 0xFF)?;
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    Some(end)
}
