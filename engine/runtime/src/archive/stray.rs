//! Segments that the chain does not go through: left by a run that was killed, or brought there by someone.

use super::fault::{ArchiveFault, Damage};
use super::folder::Archive;
use super::name::SegmentName;
use crate::fault::StoreFault;
use crate::journal::{Digest, Retired, Store};

impl Store {
    /// What is wrong with segments of the archive that [`Store::frames`] does not read: each must be whole and hold frames of
    /// this store. Nothing where the store was opened without an archive.
    ///
    /// # Errors
    /// When the store fails.
    pub fn stray_segments(&self) -> Result<Vec<ArchiveFault>, StoreFault> {
        let Some(archive) = self.archive() else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        let (mut shard, mut next, mut up_to) = (None, 1, 0);
        for name in archive.segments() {
            if name.shard.0 >= archive.shards() {
                let why = format!("this store has no shard {}", name.shard.0);
                found.push(archive.fault(name, (Damage::Foreign, why)));
                continue;
            }
            if shard != Some(name.shard) {
                let retired = self.retired(name.shard)?;
                (shard, next, up_to) = (Some(name.shard), 1, retired.map_or(0, |Retired { up_to, .. }| up_to));
            }
            // Names are in the order of the chain: of those with the next frame the first is read.
            if name.holds(next) && next <= up_to {
                next = name.last + 1;
                continue;
            }
            match self.same_as(archive, name) {
                Ok(_) => {}
                Err(StoreFault::Archive(fault)) => found.push(fault),
                Err(fault) => return Err(fault),
            }
        }
        Ok(found)
    }

    /// Reads a segment to its end, beside the frames that this store has or had there: the digest of the last.
    pub(super) fn same_as(&self, archive: &Archive, name: SegmentName) -> Result<Digest, StoreFault> {
        let mut segment = archive.segment(name)?;
        let mut stored = self.frames(name.shard, name.first);
        for frame in segment.by_ref() {
            let frame = frame.map_err(|found| archive.fault(name, found))?;
            let same = stored.next().transpose()?.is_some_and(|stored| stored == frame);
            if !same {
                let why = format!("its frame {} is not the one in the store", frame.position().sequence);
                return Err(archive.fault(name, (Damage::Differs, why)).into());
            }
        }
        Ok(segment.at().1)
    }
}
