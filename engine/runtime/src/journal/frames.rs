//! Frames in an open database.

use rocksdb::{ColumnFamily, DB, IteratorMode, ReadOptions};

use super::frame::{Digest, Frame, GENESIS, Position};
use super::store::{Families, after_prefix};
use crate::fault::StoreFault;
use crate::slot::ShardId;

/// The last frame of a shard: its sequence and digest, or the genesis.
pub(super) fn head_of(journal: &DB, shard: ShardId) -> Result<(u64, Digest), StoreFault> {
    let prefix = shard.0.to_be_bytes();
    let mut options = ReadOptions::default();
    options.set_iterate_lower_bound(prefix.to_vec());
    options.set_iterate_upper_bound(after_prefix(&prefix).unwrap_or_else(|| vec![0xFF; 16]));
    let mut rows = journal.iterator_cf_opt(family_of(journal), options, IteratorMode::End);
    match rows.next() {
        None => Ok((0, GENESIS)),
        Some(row) => {
            let (key, bytes) = row.map_err(StoreFault::io("scan"))?;
            let frame = decode_frame(shard, &key, bytes.into_vec())?;
            Ok((frame.position().sequence, *frame.digest()))
        }
    }
}

/// One frame, checked by its own digest.
pub(super) fn frame_of(journal: &DB, position: Position) -> Result<Frame, StoreFault> {
    let key = position.to_bytes();
    match journal
        .get_cf(family_of(journal), key)
        .map_err(StoreFault::io("read"))?
    {
        Some(bytes) => decode_frame(position.shard, &key, bytes),
        None => Err(StoreFault::Corrupt {
            what: "journal",
            shard: position.shard,
            at: position.sequence.to_string(),
            why: "the frame is missing".into(),
        }),
    }
}

fn family_of(journal: &DB) -> &ColumnFamily {
    // Every journal is opened with it.
    journal
        .cf_handle(Families::JOURNAL)
        .unwrap_or_else(|| unreachable!("the journal is always open"))
}

/// The frame in a row, checked by its own digest and by its key.
pub(super) fn decode_frame(shard: ShardId, key: &[u8], bytes: Vec<u8>) -> Result<Frame, StoreFault> {
    let corrupt = |at: String, why: String| StoreFault::Corrupt {
        what: "journal frame",
        shard,
        at,
        why,
    };
    let key: [u8; 10] = key
        .try_into()
        .map_err(|_| corrupt(format!("{key:02x?}"), "the key is not a position".into()))?;
    let position = Position::from_bytes(key);
    let frame = Frame::decode(bytes).map_err(|error| corrupt(position.sequence.to_string(), error.0))?;
    if frame.position() != position {
        let why = format!(
            "it says that it is frame {} of shard {}",
            frame.position().sequence,
            frame.position().shard.0
        );
        return Err(corrupt(position.sequence.to_string(), why));
    }
    Ok(frame)
}
