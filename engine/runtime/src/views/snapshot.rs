//! A snapshot of an entity: its state, and what its actor remembers of the latest commands.

use super::Dropped;
use super::outcomes::OutcomeRow;
use crate::entity::{CommandId, Undecodable};
use crate::journal::{Outcome, Reader, put_bytes, put_varint};

/// The outcome of a command that an actor still holds itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// The command.
    pub command: CommandId,
    /// Digest of its content.
    pub fingerprint: u64,
    /// Whether it was carried out.
    pub accepted: bool,
    /// The encoded reply or rejection.
    pub outcome: Box<[u8]>,
}

impl Remembered {
    /// The outcome, borrowed.
    #[must_use]
    pub fn outcome(&self) -> Outcome<'_> {
        Outcome {
            accepted: self.accepted,
            bytes: &self.outcome,
        }
    }

    pub(crate) fn by_ref(&self) -> RememberedRef<'_> {
        RememberedRef {
            command: self.command,
            fingerprint: self.fingerprint,
            outcome: self.outcome(),
        }
    }

    /// Reads a row of the outcomes.
    ///
    /// # Errors
    /// When the row is damaged.
    pub fn from_row(command: CommandId, row: &[u8]) -> Result<Self, Undecodable> {
        let row = OutcomeRow::read(row)?;
        Ok(Self {
            command,
            fingerprint: row.fingerprint,
            accepted: row.outcome.accepted,
            outcome: row.outcome.bytes.into(),
        })
    }
}

/// The same where it lies: in memory as in a snapshot.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RememberedRef<'a> {
    pub(crate) command: CommandId,
    pub(crate) fingerprint: u64,
    pub(crate) outcome: Outcome<'a>,
}

impl<'a> RememberedRef<'a> {
    /// Bytes that it takes beside its outcome, at the most: id, fingerprint, flag and length.
    pub(crate) const HEAD_BYTES: usize = 16 + 8 + 1 + 5;

    pub(crate) fn put(self, into: &mut Vec<u8>) {
        into.extend_from_slice(&self.command.0);
        into.extend_from_slice(&self.fingerprint.to_le_bytes());
        into.push(u8::from(self.outcome.accepted));
        put_bytes(self.outcome.bytes, into);
    }

    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, Undecodable> {
        Ok(Self {
            command: CommandId(reader.array("command id")?),
            fingerprint: u64::from_le_bytes(reader.array("fingerprint")?),
            outcome: Outcome {
                accepted: reader.flag("outcome")?,
                bytes: reader.bytes("outcome")?,
            },
        })
    }
}

/// An entity at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Snapshot {
    /// Entries of the entity so far.
    pub version: u64,
    /// Entries that it lacks are in later frames of the shard than this one.
    pub after: u64,
    /// The latest outcomes, oldest first.
    pub remembered: Vec<Remembered>,
    /// Commands whose outcomes are on disk alone.
    pub dropped: Dropped,
    /// The encoded state.
    pub state: Vec<u8>,
}

const FORMAT: u8 = 3;
/// Before it was noted after which frame there is more.
const FORMAT_WITHOUT_AFTER: u8 = 2;
/// Before commands were noted whose outcomes are on disk alone.
const FORMAT_WITHOUT_DROPPED: u8 = 1;

impl Snapshot {
    /// Writes the snapshot as it is in its row.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let remembered = self.remembered.iter().map(Remembered::by_ref);
        encode(self.version, self.after, remembered, &self.dropped, |into| {
            into.extend_from_slice(&self.state)
        })
    }

    /// Reads of a row how many entries it amounts to.
    pub(super) fn version_of(bytes: &[u8]) -> Result<u64, Undecodable> {
        let (_, version) = Self::begin(&mut Reader::new(bytes))?;
        Ok(version)
    }

    fn begin(reader: &mut Reader<'_>) -> Result<(u8, u64), Undecodable> {
        let format = reader.byte("format")?;
        if ![FORMAT, FORMAT_WITHOUT_AFTER, FORMAT_WITHOUT_DROPPED].contains(&format) {
            return Err(Undecodable(format!("unknown snapshot format {format}")));
        }
        Ok((format, reader.varint("version")?))
    }

    /// Reads a row.
    ///
    /// # Errors
    /// When the bytes are not a snapshot.
    pub fn decode(bytes: &[u8]) -> Result<Self, Undecodable> {
        let mut reader = Reader::new(bytes);
        let (format, version) = Self::begin(&mut reader)?;
        let after = match format {
            FORMAT => reader.varint("frame")?,
            _ => 0,
        };
        let count = reader.varint("remembered")?;
        let mut remembered = Vec::new();
        for _ in 0..count {
            let read = RememberedRef::read(&mut reader)?;
            remembered.push(Remembered {
                command: read.command,
                fingerprint: read.fingerprint,
                accepted: read.outcome.accepted,
                outcome: read.outcome.bytes.into(),
            });
        }
        let dropped = match format {
            FORMAT | FORMAT_WITHOUT_AFTER => Dropped::decode(&mut reader)?,
            _ if version > remembered.len() as u64 => Dropped::Unknown,
            _ => Dropped::None,
        };
        let state = reader.take(reader.left(), "state")?.to_vec();
        Ok(Self {
            version,
            after,
            remembered,
            dropped,
            state,
        })
    }
}

/// Writes a snapshot without first copying the state: of so many entries, where those after are in later frames than this.
pub(crate) fn encode<'r>(
    version: u64,
    after: u64,
    remembered: impl ExactSizeIterator<Item = RememberedRef<'r>>,
    dropped: &Dropped,
    state: impl FnOnce(&mut Vec<u8>),
) -> Vec<u8> {
    let mut bytes = vec![FORMAT];
    put_varint(version, &mut bytes);
    put_varint(after, &mut bytes);
    put_varint(remembered.len() as u64, &mut bytes);
    for outcome in remembered {
        outcome.put(&mut bytes);
    }
    dropped.encode(&mut bytes);
    state(&mut bytes);
    bytes
}
