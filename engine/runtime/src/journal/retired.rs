//! Frames that have left the store for the archive.
//!
//! How far that is stands in the journal's own database, and is written in one batch with the deletion: a kill leaves both or
//! neither. A note is never ahead of what is verified in the archive.

use std::sync::{Arc, PoisonError};

use rocksdb::{DB, WriteBatch};

use super::frame::{Digest, Frame, Position};
use super::frames::decode_frame;
use super::store::{Families, Store, note_key};
use crate::archive::Archive;
use crate::fault::StoreFault;
use crate::slot::ShardId;

/// How far the frames of a shard have left the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retired {
    /// Sequence of the last frame that left.
    pub up_to: u64,
    /// Its digest, which the first frame in the store carries.
    pub digest: Digest,
}

fn note_name(shard: ShardId) -> String {
    format!("archive/{}", shard.0)
}

/// How far the frames of a shard have left an open journal; `None` while it has all.
pub(super) fn retired_in(journal: &DB, shard: ShardId) -> Result<Option<Retired>, StoreFault> {
    let name = note_name(shard);
    let notes = journal.cf_handle(Families::META);
    let notes = notes.unwrap_or_else(|| unreachable!("notes are always open with the journal"));
    let Some(row) = journal.get_cf(notes, note_key(&name)).map_err(StoreFault::io("read"))? else {
        return Ok(None);
    };
    let (up_to, digest) = row.split_at_checked(8).unwrap_or((&row, &[]));
    match (up_to.try_into().map(u64::from_le_bytes), digest.try_into()) {
        (Ok(up_to), Ok(digest)) => Ok(Some(Retired { up_to, digest })),
        _ => Err(StoreFault::Corrupt {
            what: "note of archived frames",
            shard,
            at: name,
            why: format!("it has {} bytes", row.len()),
        }),
    }
}

impl Store {
    /// The archive that the store was opened with.
    #[must_use]
    pub fn archive(&self) -> Option<&Arc<Archive>> {
        self.archive.as_ref()
    }

    /// How far the frames of a shard have left the store; `None` while it has all.
    ///
    /// # Errors
    /// When the store fails or the note is damaged.
    pub fn retired(&self, shard: ShardId) -> Result<Option<Retired>, StoreFault> {
        retired_in(self.db_of(Families::JOURNAL), shard)
    }

    /// Refuses what needs every frame, where some have left and no archive is given.
    ///
    /// # Errors
    /// [`StoreFault::Archived`], naming the first such shard.
    pub fn needs_every_frame(&self) -> Result<(), StoreFault> {
        if self.archive.is_some() {
            return Ok(());
        }
        for shard in (0..self.map().shards()).map(ShardId) {
            if let Some(Retired { up_to, .. }) = self.retired(shard)? {
                return Err(StoreFault::Archived { shard, up_to });
            }
        }
        Ok(())
    }

    /// Deletes the frames of a shard up to this one, which the archive holds, and notes that.
    pub(crate) fn retire(&self, shard: ShardId, retired: Retired) -> Result<(), StoreFault> {
        let Retired { up_to, digest } = retired;
        let at = |sequence| Position { shard, sequence }.to_bytes();
        let mut batch = WriteBatch::default();
        batch.delete_range_cf(self.family(Families::JOURNAL), at(0), at(up_to + 1));
        let note = [up_to.to_le_bytes().as_slice(), &digest].concat();
        batch.put_cf(self.family(Families::META), note_key(&note_name(shard)), note);
        // A copy of the store is of one moment in this.
        let _copying = self.copying.lock().unwrap_or_else(PoisonError::into_inner);
        self.write_journal(batch, true)
    }

    /// Gives back the files that hold nothing but frames that have left; what is in others goes when they are merged.
    pub(crate) fn drop_retired_files(&self) -> Result<(), StoreFault> {
        for shard in (0..self.map().shards()).map(ShardId) {
            let Some(Retired { up_to, .. }) = self.retired(shard)? else {
                continue;
            };
            let at = |sequence| Position { shard, sequence }.to_bytes();
            self.db_of(Families::JOURNAL)
                .delete_file_in_range_cf(self.family(Families::JOURNAL), at(0), at(up_to))
                .map_err(StoreFault::io("delete files"))?;
        }
        Ok(())
    }

    /// The frames of a shard from `sequence` on, each checked by its own digest: those that have left the store from the
    /// archive. Without one they are an error, after which those in the store come.
    pub fn frames(&self, shard: ShardId, sequence: u64) -> impl Iterator<Item = Result<Frame, StoreFault>> + use<'_> {
        let (retired, rows) = loop {
            let before = self.retired(shard);
            let left = before
                .as_ref()
                .ok()
                .copied()
                .flatten()
                .map_or(0, |retired| retired.up_to);
            let from = Position {
                shard,
                sequence: sequence.max(left + 1),
            };
            let rows = self.scan(Families::JOURNAL, &shard.0.to_be_bytes(), &from.to_bytes());
            // What is read is as it was when the scan began. Frames that left between are looked for again.
            let unchanged = match (&before, self.retired(shard)) {
                (Ok(before), Ok(after)) => *before == after,
                _ => true,
            };
            if unchanged {
                break (before, rows);
            }
        };
        let first = sequence.max(1);
        let (archived, missing) = match retired {
            Err(fault) => (None, Some(fault)),
            Ok(Some(Retired { up_to, digest })) if first <= up_to => match &self.archive {
                Some(archive) => (Some(archive.frames(shard, first, up_to, digest)), None),
                None => (None, Some(StoreFault::Archived { shard, up_to })),
            },
            Ok(_) => (None, None),
        };
        let rows = rows.map(move |row| {
            let (key, bytes) = row?;
            decode_frame(shard, &key, bytes.into_vec())
        });
        let archived = archived.into_iter().flatten();
        missing.map(Err).into_iter().chain(archived).chain(rows)
    }

    /// A frame that is not in the store.
    pub(super) fn archived_frame(&self, position: Position) -> Result<Frame, StoreFault> {
        let Position { shard, sequence } = position;
        match (self.retired(shard)?, &self.archive) {
            (Some(Retired { up_to, .. }), Some(archive)) if sequence <= up_to => Ok(archive.frame(position)?),
            (Some(Retired { up_to, .. }), None) if sequence <= up_to => Err(StoreFault::Archived { shard, up_to }),
            _ => Err(StoreFault::Corrupt {
                what: "journal",
                shard,
                at: sequence.to_string(),
                why: "the frame is missing".into(),
            }),
        }
    }
}
