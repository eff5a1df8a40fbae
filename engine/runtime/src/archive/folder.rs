//! A folder of segments.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::fault::{ArchiveFault, Damage};
use super::name::SegmentName;
use super::segment::Segment;
use crate::fault::StoreFault;
use crate::journal::{Digest, Frame, GENESIS, Position};
use crate::slot::{ShardId, SlotMap};

/// The archive of one store: which segments there are, and how they are read.
#[derive(Debug)]
pub struct Archive {
    folder: PathBuf,
    shards: u16,
    segments: Mutex<BTreeSet<SegmentName>>,
}

/// A segment in a file.
pub(super) type InFile = Segment<BufReader<File>>;

impl Archive {
    /// The archive of a store with these shards, in a folder that is there. Files with other names are left alone.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn open(folder: &Path, map: SlotMap) -> Result<Arc<Self>, ArchiveFault> {
        let unreadable = |error: std::io::Error| unreadable(folder, &error);
        let mut segments = BTreeSet::new();
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            segments.extend(entry.file_name().to_str().and_then(SegmentName::parse));
        }
        Ok(Arc::new(Self {
            folder: folder.to_owned(),
            shards: map.shards(),
            segments: Mutex::new(segments),
        }))
    }

    /// Where it is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Shards of its store.
    pub(super) fn shards(&self) -> u16 {
        self.shards
    }

    /// Every segment by its name, in the order of shards and chains.
    #[must_use]
    pub fn segments(&self) -> Vec<SegmentName> {
        self.names().iter().copied().collect()
    }

    fn names(&self) -> MutexGuard<'_, BTreeSet<SegmentName>> {
        self.segments.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn note(&self, name: SegmentName) {
        self.names().insert(name);
    }

    /// The segments of a shard that hold any of these frames.
    pub(super) fn within(&self, shard: ShardId, first: u64, last: u64) -> Vec<SegmentName> {
        let names = self.names();
        let of_shard = names.iter().filter(|name| name.shard == shard);
        of_shard
            .filter(|name| name.first <= last && name.last >= first)
            .copied()
            .collect()
    }

    fn path(&self, name: SegmentName) -> PathBuf {
        self.folder.join(name.to_string())
    }

    pub(super) fn fault(&self, name: SegmentName, (damage, why): (Damage, String)) -> ArchiveFault {
        let path = self.path(name);
        ArchiveFault { damage, path, why }
    }

    /// Opens a segment: it must hold what its name says, and be of a store of this shape.
    pub(super) fn segment(&self, name: SegmentName) -> Result<InFile, ArchiveFault> {
        let path = self.path(name);
        let file = File::open(&path).map_err(|error| unreadable(&path, &error))?;
        let length = file.metadata().map_err(|error| unreadable(&path, &error))?.len();
        let segment = Segment::open(BufReader::new(file), length).map_err(|found| self.fault(name, found))?;
        let header = segment.header();
        if header.shards != self.shards || header.name.shard.0 >= self.shards {
            let why = format!(
                "it is of shard {} of a store with {} shards, this store has {}",
                header.name.shard.0, header.shards, self.shards
            );
            return Err(self.fault(name, (Damage::Foreign, why)));
        }
        if header.name != name {
            return Err(self.fault(
                name,
                (Damage::Misnamed, format!("it holds what {} should", header.name)),
            ));
        }
        Ok(segment)
    }

    /// Reads a segment to its end: the digest of its last frame.
    pub(super) fn read_through(&self, name: SegmentName) -> Result<Digest, ArchiveFault> {
        let mut segment = self.segment(name)?;
        for frame in segment.by_ref() {
            frame.map_err(|found| self.fault(name, found))?;
        }
        Ok(segment.at().1)
    }

    /// The segment with this frame.
    fn holding(&self, shard: ShardId, sequence: u64) -> Result<SegmentName, ArchiveFault> {
        let held = self
            .names()
            .iter()
            .find(|name| name.shard == shard && name.holds(sequence))
            .copied();
        held.ok_or_else(|| {
            let next = self
                .within(shard, sequence, u64::MAX)
                .first()
                .map(|name| name.first - 1);
            let last = next.map_or("...".to_owned(), |last| format!("{last:020}"));
            ArchiveFault {
                damage: Damage::Missing,
                path: self
                    .folder
                    .join(format!("shard-{:05}-{sequence:020}-{last}.segment", shard.0)),
                why: format!(
                    "frames of shard {} from {sequence} on are archived and not here",
                    shard.0
                ),
            }
        })
    }

    /// One frame, as far as its segment must be read for it.
    ///
    /// # Errors
    /// When it is not there or damaged; the file is named.
    pub fn frame(&self, position: Position) -> Result<Frame, ArchiveFault> {
        let name = self.holding(position.shard, position.sequence)?;
        for frame in self.segment(name)? {
            let frame = frame.map_err(|found| self.fault(name, found))?;
            if frame.position() == position {
                return Ok(frame);
            }
        }
        Err(self.fault(
            name,
            (Damage::Altered, format!("frame {} is not in it", position.sequence)),
        ))
    }

    /// The frames of a shard from `first` to `last`, which must have the digest `end`. Each segment follows the one before in
    /// the chain. After an error nothing more comes.
    pub fn frames(self: &Arc<Self>, shard: ShardId, first: u64, last: u64, end: Digest) -> Frames {
        Frames {
            archive: Arc::clone(self),
            shard,
            next: first,
            last,
            end,
            before: (first <= 1).then_some(GENESIS),
            segment: None,
            ended: first > last,
        }
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> ArchiveFault {
    ArchiveFault {
        damage: Damage::Unreadable,
        path: path.to_owned(),
        why: error.to_string(),
    }
}

/// Frames of an archive in their order; see [`Archive::frames`].
#[derive(Debug)]
pub struct Frames {
    archive: Arc<Archive>,
    shard: ShardId,
    next: u64,
    last: u64,
    end: Digest,
    /// Digest of the frame before the next segment, where it is known.
    before: Option<Digest>,
    segment: Option<InFile>,
    ended: bool,
}

impl Frames {
    fn advance(&mut self) -> Result<Option<Frame>, ArchiveFault> {
        loop {
            let Some(segment) = &mut self.segment else {
                if self.next > self.last {
                    return Ok(None);
                }
                self.segment = Some(self.open()?);
                continue;
            };
            let name = segment.header().name;
            match segment
                .next()
                .transpose()
                .map_err(|found| self.archive.fault(name, found))?
            {
                None => {
                    self.before = Some(segment.at().1);
                    self.segment = None;
                }
                Some(frame) => {
                    let sequence = frame.position().sequence;
                    if sequence == self.last && *frame.digest() != self.end {
                        let why = format!("frame {sequence} is not the one that left this store");
                        return Err(self.archive.fault(name, (Damage::Foreign, why)));
                    }
                    // What a segment holds beyond the last frame is read too: its digest is of all.
                    if (self.next..=self.last).contains(&sequence) {
                        self.next = sequence + 1;
                        return Ok(Some(frame));
                    }
                }
            }
        }
    }

    fn open(&self) -> Result<InFile, ArchiveFault> {
        let name = self.archive.holding(self.shard, self.next)?;
        let segment = self.archive.segment(name)?;
        let follows = name.first != self.next || self.before.is_none_or(|before| before == segment.header().before);
        if follows {
            return Ok(segment);
        }
        let why = format!(
            "it was written after another past than frame {} of this archive",
            self.next - 1
        );
        Err(self.archive.fault(name, (Damage::Foreign, why)))
    }
}

impl Iterator for Frames {
    type Item = Result<Frame, StoreFault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.advance().map_err(StoreFault::Archive).transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}
