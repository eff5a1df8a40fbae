//! What the journal is known to hold: for each shard the last frame that was synced, in a small file of its own.
//!
//! The store takes a damaged end of its log for a write that was cut off, and drops it. The witness tells the two apart: it
//! is written after each sync and before the answers, so whatever was answered it has seen. A journal that ends before it
//! has lost something. It is not synced itself, so after a power loss it may be older than the journal, and never newer.

use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::frame::{Digest, Frame, Position};
use crate::fault::StoreFault;
use crate::slot::{ShardId, SlotMap};

/// Sequence, digest, and a digest of both with the shard, so that damage is known. A row never spans two sectors or pages: it
/// is written whole or not at all, whatever comes between.
const ROW: usize = 64;
const BODY: usize = 8 + size_of::<Digest>();

/// A frame that was durable once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) position: Position,
    pub(super) digest: Digest,
}

impl Seen {
    fn row(&self) -> [u8; ROW] {
        let mut row = [0; ROW];
        row[..8].copy_from_slice(&self.position.sequence.to_le_bytes());
        row[8..BODY].copy_from_slice(&self.digest);
        let check = check(self.position.shard, &row[..BODY]);
        row[BODY..].copy_from_slice(&check[..ROW - BODY]);
        row
    }
}

fn check(shard: ShardId, body: &[u8]) -> Digest {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"witness").update(&shard.0.to_le_bytes()).update(body);
    *hasher.finalize().as_bytes()
}

/// The open witness.
pub(super) struct Witness {
    file: File,
    path: PathBuf,
    rows: Vec<u8>,
}

impl Witness {
    /// Its name in the folder of a store.
    pub(super) const FILE: &'static str = "witness";

    /// What the witness of a store has seen; nothing where there is none.
    ///
    /// # Errors
    /// When it cannot be read, or is damaged.
    pub(super) fn read(store: &Path) -> Result<Vec<Seen>, StoreFault> {
        let path = store.join(Self::FILE);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(fault("read", &path)(source)),
        };
        let mut seen = Vec::new();
        // What a power loss has left of a new file is zeros: nothing was seen.
        let rows = (0_u16..).map(ShardId).zip(bytes.chunks(ROW));
        for (shard, row) in rows.filter(|(_, row)| row.iter().any(|byte| *byte != 0)) {
            let mut digest = Digest::default();
            let sequence = row.first_chunk().copied().map(u64::from_le_bytes);
            let whole = row.len() == ROW && row[BODY..] == check(shard, &row[..BODY])[..ROW - BODY];
            let (Some(sequence), true) = (sequence, whole) else {
                return Err(StoreFault::Witness { path, shard });
            };
            digest.copy_from_slice(&row[8..BODY]);
            let position = Position { shard, sequence };
            seen.push(Seen { position, digest });
        }
        Ok(seen)
    }

    /// Begins anew with what the journal holds now.
    pub(super) fn begin(store: &Path, map: SlotMap, heads: impl Iterator<Item = Seen>) -> Result<Self, StoreFault> {
        let path = store.join(Self::FILE);
        let mut rows = vec![0; usize::from(map.shards()) * ROW];
        for seen in heads {
            rows[range(seen.position.shard)].copy_from_slice(&seen.row());
        }
        let write = || {
            let file = File::options().create(true).truncate(false).write(true).open(&path)?;
            file.write_all_at(&rows, 0)?;
            file.set_len(rows.len() as u64)?;
            file.sync_all()?;
            Ok(file)
        };
        let file = write().map_err(fault("write", &path))?;
        Ok(Self { file, path, rows })
    }

    /// Notes frames that are durable now.
    pub(super) fn note(&mut self, frames: &[Arc<Frame>]) -> Result<(), StoreFault> {
        let (mut from, mut to) = (self.rows.len(), 0);
        for frame in frames {
            let (position, digest) = (frame.position(), *frame.digest());
            let at = range(position.shard);
            (from, to) = (from.min(at.start), to.max(at.end));
            self.rows[at].copy_from_slice(&Seen { position, digest }.row());
        }
        match self.rows.get(from..to) {
            Some(rows) => self
                .file
                .write_all_at(rows, from as u64)
                .map_err(fault("write", &self.path)),
            None => Ok(()),
        }
    }

    /// Writes a copy into the folder of another store.
    pub(super) fn copy(rows: &[u8], store: &Path) -> Result<(), StoreFault> {
        let path = store.join(Self::FILE);
        std::fs::write(&path, rows).map_err(fault("write", &path))
    }

    /// As it is on disk.
    pub(super) fn rows(&self) -> &[u8] {
        &self.rows
    }
}

fn range(shard: ShardId) -> std::ops::Range<usize> {
    let at = usize::from(shard.0) * ROW;
    at..at + ROW
}

fn fault(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> StoreFault {
    let path = path.to_owned();
    move |source| StoreFault::File { what, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(shard: u16, sequence: u64) -> Seen {
        Seen {
            position: Position {
                shard: ShardId(shard),
                sequence,
            },
            digest: [sequence as u8; 32],
        }
    }

    /// Protects from a witness that says what it has not seen: it is read as it was written, zeros are nothing, and any
    /// changed byte of a row is found.
    #[test]
    fn a_witness_says_what_it_has_seen_or_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let map = SlotMap::try_new(4).expect("within bounds");
        assert_eq!(Witness::read(folder.path()).expect("none"), []);
        let heads = [seen(0, 7), seen(2, 9)];
        Witness::begin(folder.path(), map, heads.into_iter()).expect("a new one");
        assert_eq!(Witness::read(folder.path()).expect("is read"), heads);
        let path = folder.path().join(Witness::FILE);
        let whole = std::fs::read(&path).expect("is there");
        assert_eq!(whole.len(), 4 * ROW);
        for at in (0..ROW).chain(2 * ROW..3 * ROW) {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x20;
            std::fs::write(&path, bytes).expect("can be written");
            let damaged = Witness::read(folder.path()).expect_err("is damaged");
            let shard = ShardId((at / ROW) as u16);
            assert!(
                matches!(damaged, StoreFault::Witness { shard: found, .. } if found == shard),
                "{at}: {damaged}"
            );
        }
        // given what is left of the file, then what it has seen
        let rows: [(&[u8], &[Seen]); 3] = [(&[], &[]), (&[0; 256], &[]), (&whole[..ROW], &heads[..1])];
        for (left, says) in rows {
            std::fs::write(&path, left).expect("can be written");
            assert_eq!(Witness::read(folder.path()).expect("is read"), says);
        }
        std::fs::write(&path, &whole[..ROW / 2]).expect("can be written");
        assert!(Witness::read(folder.path()).is_err(), "half a row");
    }
}
