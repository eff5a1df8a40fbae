//! Outcomes of commands on disk: for retries of long ago, and for where the entries of an entity are.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::{ListOf, Remembered, Snapshot};
use crate::entity::{CommandId, EntityKey, Undecodable};
use crate::fault::StoreFault;
use crate::journal::{EntryRef, Families, Outcome, Position, Reader, Store, put_varint};
use crate::slot::ShardId;

/// Entries of an entity from its first on whose outcomes are gathered in a list; those after have a row each. A search of a
/// list goes over the whole of it, so that it must not grow for ever; and up to here [`super::Dropped`] says whether to search.
pub(crate) const LISTED_MAX: u64 = 8_000;
/// What the list of outcomes of an entity begins with: no kind of entity is that high.
pub(super) const LISTED: u8 = 0xE0;
/// Bytes of the end of the key of an outcome in its list: the command.
pub(super) const LISTED_ELEMENT: usize = 16;

/// The list of outcomes of an entity.
pub(super) fn outcome_list(key: EntityKey) -> [u8; 10] {
    let mut list = [LISTED; 10];
    list[1..].copy_from_slice(&key.to_bytes());
    list
}

/// The outcome of a command that is on disk, or on its way there. `listed` says whether it may be in the list.
///
/// # Errors
/// When the store fails or a row is damaged.
pub fn read_outcome(
    store: &Store,
    key: EntityKey,
    command: CommandId,
    listed: bool,
) -> Result<Option<Remembered>, StoreFault> {
    let mut found = None;
    let shard = store.map().locate(key);
    if listed {
        store.elements(
            ListOf::Outcomes,
            shard,
            &outcome_list(key),
            LISTED_ELEMENT,
            |of, row| {
                if *of != command.0 {
                    return ControlFlow::Continue(());
                }
                found = Some(row.to_vec());
                ControlFlow::Break(())
            },
        )?;
    }
    let row = match found {
        Some(row) => Some(row),
        None => store.get(Families::OUTCOMES, &outcome_key(key, command))?,
    };
    let read = row.map(|row| Remembered::from_row(command, &row)).transpose();
    read.map_err(|error| damaged(shard, key, error.0))
}

fn damaged(shard: ShardId, key: EntityKey, why: String) -> StoreFault {
    StoreFault::Corrupt {
        what: "outcome",
        shard,
        at: key.to_string(),
        why,
    }
}

/// The frames with entries of an entity that its snapshot lacks, in order, as far as its list tells.
///
/// # Errors
/// When the store fails or a row is damaged.
pub(crate) fn listed_tail(
    store: &Store,
    key: EntityKey,
    snapshot: &Snapshot,
) -> Result<BTreeSet<Position>, StoreFault> {
    let shard = store.map().locate(key);
    let (mut frames, mut unreadable) = (BTreeSet::new(), None);
    let look = |_: &[u8], row: &[u8]| match OutcomeRow::read(row) {
        Ok(OutcomeRow { at: Some(at), .. }) => {
            if at.version >= snapshot.version {
                let sequence = at.sequence;
                frames.insert(Position { shard, sequence });
            }
            ControlFlow::Continue(())
        }
        Ok(_) => ControlFlow::Continue(()),
        Err(error) => {
            unreadable = Some(error.0);
            ControlFlow::Break(())
        }
    };
    let list = outcome_list(key);
    store.elements_after(ListOf::Outcomes, shard, &list, LISTED_ELEMENT, snapshot.after, look)?;
    unreadable.map_or(Ok(frames), |why| Err(damaged(shard, key, why)))
}

/// The row of an outcome that is in no list: entity, then command.
#[must_use]
pub fn outcome_key(key: EntityKey, command: CommandId) -> [u8; 25] {
    let mut row = [0; 25];
    row[..9].copy_from_slice(&key.to_bytes());
    row[9..].copy_from_slice(&command.0);
    row
}

/// What is remembered of a command, as it is in a row of its own: without the place of its entry.
#[must_use]
pub fn outcome_row(entry: &EntryRef<'_>) -> Vec<u8> {
    let mut row = Vec::new();
    put_head(entry, None, &mut row);
    row.extend_from_slice(entry.entry.outcome.bytes);
    row
}

/// Writes what stands before the outcome's own bytes in its row: the fingerprint, what follows, and the place of the entry
/// where the row is in a list.
pub(super) fn put_head(entry: &EntryRef<'_>, at: Option<At>, into: &mut Vec<u8>) {
    into.extend_from_slice(&entry.entry.fingerprint.to_le_bytes());
    let accepted = if entry.entry.outcome.accepted { ACCEPTED } else { 0 };
    let Some(At { sequence, version }) = at else {
        return into.push(accepted);
    };
    into.push(accepted | TELLS_PLACE);
    put_varint(sequence, into);
    put_varint(version, into);
}

/// The flags of a row: accepted; the place of the entry comes before the outcome.
const ACCEPTED: u8 = 1;
const TELLS_PLACE: u8 = 2;

/// Where the entry of a command is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct At {
    /// The frame of its shard.
    pub(super) sequence: u64,
    /// Entries of the entity before it.
    pub(super) version: u64,
}

/// A row of the outcomes, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OutcomeRow<'r> {
    pub(super) fingerprint: u64,
    /// Rows of lists tell it, but for those from before they did.
    pub(super) at: Option<At>,
    pub(super) outcome: Outcome<'r>,
}

impl<'r> OutcomeRow<'r> {
    /// # Errors
    /// When the row is damaged.
    pub(super) fn read(row: &'r [u8]) -> Result<Self, Undecodable> {
        let mut reader = Reader::new(row);
        let fingerprint = u64::from_le_bytes(reader.array("fingerprint")?);
        let flags = reader.byte("outcome")?;
        if flags & !(ACCEPTED | TELLS_PLACE) != 0 {
            return Err(Undecodable(format!("an outcome begins with {flags}")));
        }
        let mut at = None;
        if flags & TELLS_PLACE != 0 {
            let (sequence, version) = (reader.varint("frame")?, reader.varint("version")?);
            at = Some(At { sequence, version });
        }
        let outcome = Outcome {
            accepted: flags & ACCEPTED != 0,
            bytes: reader.take(reader.left(), "outcome")?,
        };
        Ok(Self {
            fingerprint,
            at,
            outcome,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Entry, FrameBuilder};

    const AT: At = At {
        sequence: 70_000,
        version: 300,
    };
    /// Fingerprint, flags, frame, version, and the outcome itself.
    const LISTED_ROW: &[u8] = b"\x18\x17\x16\x15\x14\x13\x12\x11\x03\xf0\xa2\x04\xac\x02yes";
    const OWN_ROW: &[u8] = b"\x18\x17\x16\x15\x14\x13\x12\x11\x01yes";

    /// Protects retries and activations of long after: outcomes with a place and without keep their bytes, and say the same.
    #[test]
    fn rows_keep_their_bytes() {
        let outcome = Outcome {
            accepted: true,
            bytes: b"yes",
        };
        let entry = Entry {
            key: EntityKey { kind: 7, id: 1 },
            version: AT.version,
            command: CommandId([0xC1; 16]),
            fingerprint: 0x1112_1314_1516_1718,
            at_ms: 1,
            outcome,
        };
        let mut bytes = Vec::new();
        entry.encode(std::iter::empty(), &mut bytes);
        let frame = FrameBuilder::new(ShardId(0), 1, 0, [0; 32]).close(&bytes, 1);
        let read = frame.entries().next().expect("an entry");
        for (at, row) in [(Some(AT), LISTED_ROW), (None, OWN_ROW)] {
            let mut written = Vec::new();
            put_head(&read, at, &mut written);
            written.extend_from_slice(read.entry.outcome.bytes);
            assert_eq!(written, row);
            let fingerprint = entry.fingerprint;
            assert_eq!(
                OutcomeRow::read(row),
                Ok(OutcomeRow {
                    fingerprint,
                    at,
                    outcome
                })
            );
        }
    }

    /// Protects from damaged rows: one that is cut before its outcome, or says what no version says, is refused.
    #[test]
    fn damaged_rows_are_refused() {
        for row in [LISTED_ROW, OWN_ROW] {
            let head = row.len() - b"yes".len();
            assert!((0..head).all(|length| OutcomeRow::read(&row[..length]).is_err()));
        }
        let mut flags = OWN_ROW.to_vec();
        flags[8] = 4;
        assert!(OutcomeRow::read(&flags).is_err());
    }
}
