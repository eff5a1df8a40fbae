//! A frame: the entries of one group commit of one shard, chained by digest to the frame before.

use super::codec::{Reader, put_varint};
use super::entry::EntryRef;
use crate::entity::Undecodable;
use crate::fault::StoreFault;
use crate::slot::ShardId;

/// BLAKE3 of a frame without its own last 32 bytes.
pub type Digest = [u8; 32];

/// What stands as the digest before the first frame of a shard.
pub const GENESIS: Digest = [0; 32];

/// The most bytes that a frame holds before it is closed: as large as a record of a replicated journal may be.
pub const FRAME_BYTES_MAX: usize = 512 * 1_024;

const FORMAT: u8 = 1;

/// Where a frame stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The shard.
    pub shard: ShardId,
    /// Counted from 1 without gaps.
    pub sequence: u64,
}

impl Position {
    /// Ten bytes that sort as the position does.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 10] {
        let mut bytes = [0; 10];
        bytes[..2].copy_from_slice(&self.shard.0.to_be_bytes());
        bytes[2..].copy_from_slice(&self.sequence.to_be_bytes());
        bytes
    }

    /// Reads what [`Self::to_bytes`] wrote.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 10]) -> Self {
        let [s0, s1, sequence @ ..] = bytes;
        Self {
            shard: ShardId(u16::from_be_bytes([s0, s1])),
            sequence: u64::from_be_bytes(sequence),
        }
    }
}

/// A frame as it is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    position: Position,
    epoch: u64,
    previous: Digest,
    digest: Digest,
    entry_count: u64,
    entries_at: usize,
    bytes: Vec<u8>,
}

impl Frame {
    /// Reads a frame and checks its own digest and every entry in it.
    ///
    /// # Errors
    /// When the bytes are not exactly a frame.
    pub fn decode(bytes: Vec<u8>) -> Result<Self, Undecodable> {
        let body_length = bytes
            .len()
            .checked_sub(size_of::<Digest>())
            .ok_or_else(|| Undecodable("shorter than a digest".into()))?;
        let (body, digest) = bytes.split_at(body_length);
        let digest: Digest = digest.try_into().map_err(|_| Undecodable("digest".into()))?;
        if *blake3::hash(body).as_bytes() != digest {
            return Err(Undecodable("the digest does not match the bytes".into()));
        }
        let mut reader = Reader::new(body);
        let format = reader.byte("format")?;
        if format != FORMAT {
            return Err(Undecodable(format!("unknown frame format {format}")));
        }
        let shard = ShardId(u16::from_le_bytes(reader.array("shard")?));
        let epoch = reader.varint("epoch")?;
        let sequence = reader.varint("sequence")?;
        let previous = reader.array("previous digest")?;
        let entry_count = reader.varint("entry count")?;
        let entries_at = body_length - reader.left();
        for _ in 0..entry_count {
            EntryRef::read(&mut reader)?;
        }
        if !reader.is_empty() {
            return Err(Undecodable(format!("{} bytes after the last entry", reader.left())));
        }
        Ok(Self {
            position: Position { shard, sequence },
            epoch,
            previous,
            digest,
            entry_count,
            entries_at,
            bytes,
        })
    }

    /// Checks that this frame follows the one before in its chain.
    ///
    /// # Errors
    /// [`StoreFault::Corrupt`] with what differs.
    pub fn follows(&self, sequence: u64, previous: &Digest) -> Result<(), StoreFault> {
        let why = if self.position.sequence != sequence + 1 {
            format!(
                "frame {} follows frame {sequence}: frames are missing or doubled",
                self.position.sequence
            )
        } else if self.previous != *previous {
            "the chain is broken: this frame was written after another past".to_owned()
        } else {
            return Ok(());
        };
        let at = self.position.sequence.to_string();
        Err(StoreFault::Corrupt {
            what: "journal frame",
            shard: self.position.shard,
            at,
            why,
        })
    }

    /// Where it stands.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }

    /// The owner's epoch when it was written.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Its digest, which the next frame carries.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// How many entries it holds.
    #[must_use]
    pub fn entry_count(&self) -> u64 {
        self.entry_count
    }

    /// The bytes as they are on disk.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The entries in order.
    pub fn entries(&self) -> impl Iterator<Item = EntryRef<'_>> {
        let mut reader = Reader::new(&self.bytes[self.entries_at..self.bytes.len() - size_of::<Digest>()]);
        // Both ways to make a frame have walked over every entry, so none of these reads can fail.
        (0..self.entry_count).map_while(move |_| EntryRef::read(&mut reader).ok())
    }
}

/// Makes the frames of a shard, each chained to the one before.
#[derive(Debug)]
pub struct FrameBuilder {
    shard: ShardId,
    epoch: u64,
    sequence: u64,
    previous: Digest,
}

impl FrameBuilder {
    /// A builder that goes on after the frame at `sequence` with the digest `previous`.
    #[must_use]
    pub fn new(shard: ShardId, epoch: u64, sequence: u64, previous: Digest) -> Self {
        Self {
            shard,
            epoch,
            sequence,
            previous,
        }
    }

    /// The sequence of the frame made last.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Makes the next frame of so many encoded entries, one after the other in `entries`.
    pub fn close(&mut self, entries: &[u8], entry_count: u64) -> Frame {
        self.sequence += 1;
        let mut bytes = Vec::with_capacity(entries.len() + 96);
        bytes.push(FORMAT);
        bytes.extend_from_slice(&self.shard.0.to_le_bytes());
        put_varint(self.epoch, &mut bytes);
        put_varint(self.sequence, &mut bytes);
        bytes.extend_from_slice(&self.previous);
        put_varint(entry_count, &mut bytes);
        let entries_at = bytes.len();
        bytes.extend_from_slice(entries);
        let digest = *blake3::hash(&bytes).as_bytes();
        bytes.extend_from_slice(&digest);
        let frame = Frame {
            position: Position {
                shard: self.shard,
                sequence: self.sequence,
            },
            epoch: self.epoch,
            previous: self.previous,
            digest,
            entry_count,
            entries_at,
            bytes,
        };
        self.previous = digest;
        frame
    }
}
