//! The bytes of a segment.
//!
//! ```text
//! magic            8 bytes   "SHBKSEGM"
//! version          1 byte    1
//! shards           2 bytes   shards of the store
//! shard            2 bytes
//! first            8 bytes   sequence of the first frame
//! last             8 bytes   sequence of the last frame
//! before          32 bytes   digest of the frame before the first; zeros before frame 1
//! for each frame   4 bytes   its length, then its bytes as they are in the journal
//! digest          32 bytes   BLAKE3 of all bytes before it
//! ```
//!
//! Numbers are little-endian. The frames chain from `before` on, each to the one before.

use std::io::{Read, Write};

use super::fault::Damage;
use super::name::SegmentName;
use crate::journal::{Digest, FRAME_BYTES_MAX, Frame};
use crate::slot::ShardId;

const MAGIC: [u8; 8] = *b"SHBKSEGM";
const VERSION: u8 = 1;
/// Bytes before the first frame.
const HEADER_BYTES: usize = 61;
/// The most bytes of one frame that are read: a frame is closed at [`FRAME_BYTES_MAX`], and one entry alone may be larger.
pub const FRAME_LENGTH_MAX: u32 = 32 * FRAME_BYTES_MAX as u32;
/// Bounds of the bytes of frames in a segment. A smaller one makes many files; of a larger one much is read for one frame.
pub const SEGMENT_BYTES: std::ops::RangeInclusive<u64> = 1 << 16..=1 << 30;

/// Bytes of a segment that are handed to the disk at once.
const BYTES_PER_SYNC: u64 = 1 << 20;

/// What stands before the frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Shards of the store that wrote it.
    pub shards: u16,
    /// Which frames it holds.
    pub name: SegmentName,
    /// Digest of the frame before the first.
    pub before: Digest,
}

impl Header {
    fn to_bytes(self) -> [u8; HEADER_BYTES] {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend_from_slice(&MAGIC);
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.shards.to_le_bytes());
        bytes.extend_from_slice(&self.name.shard.0.to_le_bytes());
        bytes.extend_from_slice(&self.name.first.to_le_bytes());
        bytes.extend_from_slice(&self.name.last.to_le_bytes());
        bytes.extend_from_slice(&self.before);
        let mut whole = [0; HEADER_BYTES];
        whole.copy_from_slice(&bytes);
        whole
    }

    fn from_bytes(bytes: &[u8; HEADER_BYTES]) -> Result<Self, Found> {
        fn part<const N: usize>(bytes: &[u8; HEADER_BYTES], at: usize) -> [u8; N] {
            let mut part = [0; N];
            part.copy_from_slice(&bytes[at..at + N]);
            part
        }
        if part::<8>(bytes, 0) != MAGIC {
            return Err((Damage::NoSegment, "it does not begin as a segment does".into()));
        }
        if bytes[8] != VERSION {
            let why = format!("it is of version {}, this program reads version {VERSION}", bytes[8]);
            return Err((Damage::NoSegment, why));
        }
        let name = SegmentName {
            shard: ShardId(u16::from_le_bytes(part(bytes, 11))),
            first: u64::from_le_bytes(part(bytes, 13)),
            last: u64::from_le_bytes(part(bytes, 21)),
        };
        if name.first == 0 || name.last < name.first {
            let why = format!("its header says that it holds frames {} to {}", name.first, name.last);
            return Err((Damage::Altered, why));
        }
        Ok(Self {
            shards: u16::from_le_bytes(part(bytes, 9)),
            name,
            before: part(bytes, 29),
        })
    }
}

/// What is wrong with the bytes.
pub(super) type Found = (Damage, String);

/// Writes a segment.
#[derive(Debug)]
pub struct SegmentWriter<W> {
    to: W,
    hasher: blake3::Hasher,
    bytes: u64,
    /// Of these, what has been brought to the disk.
    synced: u64,
}

impl<W: Write> SegmentWriter<W> {
    /// Begins one.
    ///
    /// # Errors
    /// When the bytes cannot be written.
    pub fn new(to: W, header: &Header) -> std::io::Result<Self> {
        let hasher = blake3::Hasher::new();
        let mut writer = Self {
            to,
            hasher,
            bytes: 0,
            synced: 0,
        };
        writer.put(&header.to_bytes())?;
        Ok(writer)
    }

    /// Adds the next frame. Gives what it writes to whenever that should be brought to the disk.
    ///
    /// # Errors
    /// When the bytes cannot be written, or the frame is larger than [`FRAME_LENGTH_MAX`].
    pub fn frame(&mut self, frame: &Frame) -> std::io::Result<Option<&mut W>> {
        let length = u32::try_from(frame.bytes().len())
            .ok()
            .filter(|length| *length <= FRAME_LENGTH_MAX);
        let length = length.ok_or_else(|| std::io::Error::other("a frame is too large for a segment"))?;
        self.put(&length.to_le_bytes())?;
        self.put(frame.bytes())?;
        if self.bytes - self.synced < BYTES_PER_SYNC {
            return Ok(None);
        }
        self.synced = self.bytes;
        Ok(Some(&mut self.to))
    }

    /// Ends it; all bytes are handed on, and their number is given.
    ///
    /// # Errors
    /// When the bytes cannot be written.
    pub fn finish(mut self) -> std::io::Result<(W, u64)> {
        let digest = *self.hasher.finalize().as_bytes();
        self.put(&digest)?;
        self.to.flush()?;
        Ok((self.to, self.bytes))
    }

    fn put(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        self.to.write_all(bytes)
    }
}

/// A segment that is being read, frame by frame: each is checked by its own digest and its place in the chain, and after the
/// last the digest of the whole. It holds one frame in memory.
#[derive(Debug)]
pub struct Segment<R> {
    from: R,
    hasher: blake3::Hasher,
    header: Header,
    /// Sequence and digest of the frame read last.
    at: (u64, Digest),
    /// Bytes that the source has yet.
    left: u64,
    ended: bool,
}

impl<R: Read> Segment<R> {
    /// Reads the header of a segment of so many bytes in all.
    ///
    /// # Errors
    /// What is wrong with the bytes.
    pub fn open(mut from: R, length: u64) -> Result<Self, (Damage, String)> {
        let mut bytes = [0; HEADER_BYTES];
        let mut left = length;
        let mut hasher = blake3::Hasher::new();
        take(&mut from, &mut left, &mut bytes, "header")?;
        hasher.update(&bytes);
        let header = Header::from_bytes(&bytes)?;
        Ok(Self {
            from,
            hasher,
            header,
            at: (header.name.first - 1, header.before),
            left,
            ended: false,
        })
    }

    /// What stands before the frames.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Sequence and digest of the frame read last; before the first, of the one before it.
    #[must_use]
    pub fn at(&self) -> (u64, Digest) {
        self.at
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, Found> {
        let name = self.header.name;
        if self.at.0 == name.last {
            return self.end().map(|()| None);
        }
        let sequence = self.at.0 + 1;
        let mut length = [0; 4];
        let what = format!("frame {sequence}");
        take(&mut self.from, &mut self.left, &mut length, &what)?;
        self.hasher.update(&length);
        let length = u32::from_le_bytes(length);
        if length > FRAME_LENGTH_MAX {
            let why = format!("frame {sequence} would have {length} bytes");
            return Err((Damage::Altered, why));
        }
        if u64::from(length) > self.left {
            return Err(ends_early(&what, self.left));
        }
        let mut bytes = vec![0; length as usize];
        take(&mut self.from, &mut self.left, &mut bytes, &what)?;
        self.hasher.update(&bytes);
        let altered = |why: String| (Damage::Altered, format!("frame {sequence}: {why}"));
        let frame = Frame::decode(bytes).map_err(|error| altered(error.0))?;
        if frame.position().shard != name.shard {
            return Err(altered(format!("it is of shard {}", frame.position().shard.0)));
        }
        let (before, digest) = self.at;
        frame
            .follows(before, &digest)
            .map_err(|fault| altered(fault.to_string()))?;
        self.at = (sequence, *frame.digest());
        Ok(Some(frame))
    }

    fn end(&mut self) -> Result<(), Found> {
        let mut digest = [0; size_of::<Digest>()];
        take(&mut self.from, &mut self.left, &mut digest, "digest")?;
        if digest != *self.hasher.finalize().as_bytes() {
            return Err((Damage::Altered, "its digest does not match its bytes".into()));
        }
        if self.left > 0 {
            let why = format!("{} bytes stand after its digest", self.left);
            return Err((Damage::Altered, why));
        }
        Ok(())
    }
}

impl<R: Read> Iterator for Segment<R> {
    type Item = Result<Frame, (Damage, String)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.next_frame().transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}

/// Fills `bytes`, if so many are left.
fn take(from: &mut impl Read, left: &mut u64, bytes: &mut [u8], what: &str) -> Result<(), Found> {
    let rest = left.checked_sub(bytes.len() as u64);
    *left = rest.ok_or_else(|| ends_early(what, *left))?;
    from.read_exact(bytes).map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => ends_early(what, 0),
        _ => (Damage::Unreadable, error.to_string()),
    })
}

fn ends_early(what: &str, left: u64) -> Found {
    (
        Damage::Truncated,
        format!("it ends within its {what}, {left} bytes are left"),
    )
}
