//! How frames leave a store: segment by segment, each written, synced, read back and only then deleted.
//!
//! A frame leaves when every entity that it names has a snapshot of what it says, so that nobody is brought to memory from
//! the archive. Which entities hold frames back is told ([`Retention::holding`]).
//!
//! A kill at any moment loses nothing. Before a segment has its name there is a partial file, which the next run writes
//! anew; after that there is a whole segment whose frames are in the store too, which the next run compares and takes as it
//! is; the deletion and the note of it are one write.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use foldhash::fast::RandomState;
use rustix::fs::{Advice, fadvise};

use super::fault::{ArchiveFault, Damage};
use super::folder::Archive;
use super::name::SegmentName;
use super::segment::{Header, SegmentWriter};
use crate::entity::EntityKey;
use crate::fault::StoreFault;
use crate::journal::{Digest, Families, Frame, GENESIS, Retired, Store};
use crate::slot::ShardId;
use crate::views::snapshot_version;

/// What stays in the store of what nothing needs any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Frames with an entry of this moment or later, Unix milliseconds.
    Since(u64),
    /// The newest frames, so many bytes of all shards together and of each the same.
    Bytes(u64),
}

/// For each shard the oldest frame that anything in the store needs yet. It stays, and all after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needed(pub Vec<u64>);

impl Needed {
    /// Keeps what another reader needs too: so far it has read each shard.
    #[must_use]
    pub fn and_read(mut self, read: &[u64]) -> Self {
        for (needed, read) in self.0.iter_mut().zip(read) {
            *needed = (*needed).min(*read);
        }
        self
    }
}

/// A segment that has left the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its frames.
    pub name: SegmentName,
    /// Bytes of its file; 0 when it was there already, from a run that was killed.
    pub bytes: u64,
}

/// What a run came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    /// Segments written.
    pub written: u64,
    /// Segments that were there already.
    pub found: u64,
    /// Frames that left the store.
    pub frames: u64,
    /// Bytes of files written.
    pub bytes: u64,
}

/// Frames of a shard that are to leave.
#[derive(Debug, Clone, Copy)]
struct Due {
    shard: ShardId,
    /// The frame that left last.
    before: (u64, Digest),
    /// The last frame that nothing needs.
    free: u64,
    /// The last frame that is to leave, where that is known before its time is read.
    last: u64,
}

/// One run over all shards.
#[derive(Debug)]
pub struct Retention {
    store: Arc<Store>,
    archive: Arc<Archive>,
    keep: Keep,
    segment_bytes: u64,
    due: VecDeque<Due>,
    /// Shards of which no more can leave, as far as was looked.
    ended: VecDeque<Due>,
    report: Report,
    snapshots: Snapshots,
    holding: BTreeSet<EntityKey>,
}

/// Entities that are told at once to hold frames back, and whose snapshots are known at once.
const HOLDING_MAX: usize = 65_536;

/// Entries that the snapshots of entities amount to, as far as they were looked at. They may amount to more by now.
#[derive(Debug, Default)]
struct Snapshots(HashMap<EntityKey, u64, RandomState>);

impl Snapshots {
    /// Whether the snapshot of an entity has this entry of it.
    fn have(&mut self, store: &Store, key: EntityKey, version: u64) -> Result<bool, StoreFault> {
        if self.0.get(&key).is_some_and(|held| *held > version) {
            return Ok(true);
        }
        if self.0.len() >= HOLDING_MAX {
            self.0.clear();
        }
        let held = snapshot_version(store, key)?;
        self.0.insert(key, held);
        Ok(held > version)
    }
}

impl Retention {
    /// Begins a run on a store that was opened with its archive. `needed` was read from this store; what it rests on is
    /// brought to the disk here. Segments hold up to `segment_bytes` of frames, and at least one.
    ///
    /// # Errors
    /// When store or archive fail, or the archive is not the one to which frames of this store have gone before.
    pub fn begin(store: &Arc<Store>, needed: &Needed, keep: Keep, segment_bytes: u64) -> Result<Self, StoreFault> {
        let archive = store.archive().ok_or_else(|| ArchiveFault {
            damage: Damage::Unreadable,
            path: Default::default(),
            why: "the store was opened without an archive".into(),
        })?;
        // Positions of views are on disk with the tables that they are in, and only then.
        store.flush()?;
        remove_partial(archive.folder())?;
        let mut due = VecDeque::new();
        for (shard, needed) in (0..store.map().shards()).map(ShardId).zip(&needed.0) {
            let retired = store.retired(shard)?;
            if let Some(Retired { up_to, .. }) = retired {
                belongs(archive, shard, up_to)?;
            }
            let before = retired.map_or((0, GENESIS), |retired| (retired.up_to, retired.digest));
            let free = (*needed).min(store.head(shard)?.0).saturating_sub(1);
            let last = match keep {
                Keep::Since(_) => free,
                Keep::Bytes(bytes) => free.min(store.beyond_newest(shard, bytes / u64::from(store.map().shards()))?),
            };
            due.push_back(Due {
                shard,
                before,
                free,
                last,
            });
        }
        Ok(Self {
            store: Arc::clone(store),
            archive: Arc::clone(archive),
            keep,
            segment_bytes,
            due,
            ended: VecDeque::new(),
            report: Report::default(),
            snapshots: Snapshots::default(),
            holding: BTreeSet::new(),
        })
    }

    /// Entities that hold frames back which could leave otherwise: those of the next segment of each shard. Complete when
    /// there is no further [`Self::step`]; once they have snapshots, [`Self::go_on`].
    pub fn holding(&self) -> impl ExactSizeIterator<Item = EntityKey> {
        self.holding.iter().copied()
    }

    /// Looks again where frames were held back: [`Self::step`] has more to do if they are no longer.
    pub fn go_on(&mut self) {
        self.due.append(&mut self.ended);
        self.holding.clear();
    }

    /// Whether every entity in a frame has a snapshot of what it says; those that have none hold it back.
    fn is_covered(&mut self, frame: &Frame) -> Result<bool, StoreFault> {
        let mut covered = true;
        for entry in frame.entries() {
            let (key, version) = (entry.entry.key, entry.entry.version);
            if !self.snapshots.have(&self.store, key, version)? {
                self.holding.insert(key);
                covered = false;
            }
        }
        Ok(covered)
    }

    /// Lets the frames of one segment leave; `None` when there is nothing more to do.
    ///
    /// # Errors
    /// When store or archive fail, or a file is there that holds something else. What has left stays where it is, and the
    /// next run goes on there.
    pub fn step(&mut self) -> Result<Option<Step>, StoreFault> {
        while let Some(due) = self.due.front().copied() {
            let Some((step, digest)) = self.segment(due)? else {
                self.ended.extend(self.due.pop_front());
                continue;
            };
            let SegmentName { shard, first, last } = step.name;
            // The snapshots that frames of it leave for.
            self.store.flush_snapshots()?;
            self.store.retire(shard, Retired { up_to: last, digest })?;
            if let Some(due) = self.due.front_mut() {
                due.before = (last, digest);
            }
            self.report.frames += last - first + 1;
            self.report.bytes += step.bytes;
            match step.bytes {
                0 => self.report.found += 1,
                _ => self.report.written += 1,
            }
            return Ok(Some(step));
        }
        Ok(None)
    }

    /// Ends the run: the disk has back the files in which nothing is left.
    ///
    /// # Errors
    /// When the store fails.
    pub fn finish(self) -> Result<Report, StoreFault> {
        self.store.drop_retired_files()?;
        Ok(self.report)
    }

    /// As [`Self::finish`], and what is left of the journal is written anew, so that all the room is given back: for a store
    /// that does not serve.
    ///
    /// # Errors
    /// When the store fails.
    pub fn finish_compacted(self) -> Result<Report, StoreFault> {
        let (store, frames) = (Arc::clone(&self.store), self.report.frames);
        let report = self.finish()?;
        if frames > 0 {
            store.flush()?;
            store.compact_family(Families::JOURNAL);
        }
        Ok(report)
    }

    /// The next segment of a shard, whole and verified in the archive, and the digest of its last frame.
    fn segment(&mut self, due: Due) -> Result<Option<(Step, Digest)>, StoreFault> {
        let Due { shard, before, .. } = due;
        let first = before.0 + 1;
        if let Some(name) = self.archive.within(shard, first, u64::MAX).first().copied() {
            if name.first != first {
                let why = format!("frame {first} of shard {} is the next that is to leave", shard.0);
                return Err(self.archive.fault(name, (Damage::Differs, why)).into());
            }
            let digest = self.store.same_as(&self.archive, name)?;
            // Whoever left it may have been killed before it was on the disk.
            let path = self.archive.folder().join(name.to_string());
            sync(&path)?;
            sync(self.archive.folder())?;
            let mut free = name.last <= due.free;
            let store = Arc::clone(&self.store);
            for frame in store.frames(shard, first).take((name.last - first + 1) as usize) {
                free &= self.is_covered(&frame?)?;
            }
            return Ok(free.then_some((Step { name, bytes: 0 }, digest)));
        }
        let Some((last, digest)) = self.plan(due)? else {
            return Ok(None);
        };
        let name = SegmentName { shard, first, last };
        let header = Header {
            shards: self.archive.shards(),
            name,
            before: before.1,
        };
        let bytes = self.write(&header)?;
        let path = self.archive.folder().join(name.to_string());
        let read = self.read_back(name, &path, digest);
        if let Err(fault) = read {
            // It was written a moment ago, and nothing has been deleted for it.
            let _ = std::fs::remove_file(&path);
            return Err(fault.into());
        }
        self.archive.note(name);
        Ok(Some((Step { name, bytes }, digest)))
    }

    /// Up to which frame the next segment goes, and the digest of that one.
    fn plan(&mut self, due: Due) -> Result<Option<(u64, Digest)>, StoreFault> {
        let (mut at, mut last, mut bytes) = (due.before, due.before, 0);
        let store = Arc::clone(&self.store);
        for frame in store.frames(due.shard, due.before.0 + 1) {
            let frame = frame?;
            frame.follows(at.0, &at.1)?;
            let (before, sequence) = (at.0, frame.position().sequence);
            bytes += frame.bytes().len() as u64;
            let full = before > due.before.0 && bytes > self.segment_bytes;
            if sequence > due.last || full || self.is_kept(&frame) {
                break;
            }
            at = (sequence, *frame.digest());
            if self.is_covered(&frame)? && last.0 == before {
                last = at;
            } else if last.0 > due.before.0 || self.holding.len() >= HOLDING_MAX {
                // Where nothing can leave, the rest of the segment is looked at: all who hold it back are told together.
                break;
            }
        }
        Ok((last.0 > due.before.0).then_some(last))
    }

    fn is_kept(&self, frame: &Frame) -> bool {
        match self.keep {
            Keep::Since(moment) => frame.entries().any(|entry| entry.entry.at_ms >= moment),
            Keep::Bytes(_) => false,
        }
    }

    /// Writes a segment under a name of no meaning, brings it to the disk and gives it its own.
    fn write(&self, header: &Header) -> Result<u64, StoreFault> {
        let SegmentName { shard, first, last } = header.name;
        let folder = self.archive.folder();
        let partial = folder.join(header.name.partial());
        let failed = |error: std::io::Error| unwritable(&partial, &error);
        let file = File::create(&partial).map_err(failed)?;
        let mut writer = SegmentWriter::new(BufWriter::new(file), header).map_err(failed)?;
        for frame in self.store.frames(shard, first).take((last - first + 1) as usize) {
            if let Some(buffer) = writer.frame(&frame?).map_err(failed)? {
                // Evenly: what is handed to the disk at once stands in the way of the next sync of the journal.
                buffer
                    .flush()
                    .and_then(|()| buffer.get_ref().sync_data())
                    .map_err(failed)?;
            }
        }
        let (mut buffer, bytes) = writer.finish().map_err(failed)?;
        buffer.flush().map_err(failed)?;
        buffer.get_ref().sync_all().map_err(failed)?;
        let path = folder.join(header.name.to_string());
        std::fs::rename(&partial, &path).map_err(failed)?;
        sync(folder)?;
        Ok(bytes)
    }

    /// Reads a segment that was written, from the disk where the system heeds that, and follows its chain to the end.
    fn read_back(&self, name: SegmentName, path: &Path, digest: Digest) -> Result<(), ArchiveFault> {
        let file = File::open(path).map_err(|error| unwritable(path, &error))?;
        // Advice only: a system that does not take it reads from memory what is on disk too.
        let _ = fadvise(&file, 0, None, Advice::DontNeed);
        if self.archive.read_through(name)? == digest {
            return Ok(());
        }
        Err(self
            .archive
            .fault(name, (Damage::Altered, "it is not what was written".into())))
    }
}

impl Store {
    /// The last frame of a shard that is not among the newest, which have so many bytes together.
    fn beyond_newest(&self, shard: ShardId, bytes: u64) -> Result<u64, StoreFault> {
        let (prefix, mut kept, head) = (shard.0.to_be_bytes(), 0, self.head(shard)?.0);
        let end = crate::journal::after_prefix(&prefix).unwrap_or_else(|| vec![0xFF; 16]);
        let mut last = head;
        for row in self.scan_back(Families::JOURNAL, &prefix, &end) {
            kept += row?.1.len() as u64;
            if kept > bytes {
                return Ok(last);
            }
            last = last.saturating_sub(1);
        }
        Ok(0)
    }
}

/// The archive must hold what left last: frames of one store in two folders could not be found again.
fn belongs(archive: &Archive, shard: ShardId, up_to: u64) -> Result<(), ArchiveFault> {
    if archive.within(shard, up_to, up_to).is_empty() {
        return Err(ArchiveFault {
            damage: Damage::Missing,
            path: archive.folder().to_owned(),
            why: format!(
                "frames of shard {} up to {up_to} have gone to an archive that is not here",
                shard.0
            ),
        });
    }
    Ok(())
}

/// What a run that was killed had not finished is written again.
fn remove_partial(folder: &Path) -> Result<(), ArchiveFault> {
    let failed = |error: std::io::Error| unwritable(folder, &error);
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_name().to_str().is_some_and(SegmentName::is_partial) {
            std::fs::remove_file(entry.path()).map_err(|error| unwritable(&entry.path(), &error))?;
        }
    }
    Ok(())
}

/// Brings a file, or the names in a folder, to the disk.
fn sync(path: &Path) -> Result<(), ArchiveFault> {
    let synced = File::open(path).and_then(|file| file.sync_all());
    synced.map_err(|error| unwritable(path, &error))
}

fn unwritable(path: &Path, error: &std::io::Error) -> ArchiveFault {
    ArchiveFault {
        damage: Damage::Unreadable,
        path: path.to_owned(),
        why: error.to_string(),
    }
}
