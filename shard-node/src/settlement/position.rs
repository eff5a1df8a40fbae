//! How far the process has come: frames read, and bets of the market under way.

use std::sync::Arc;

use shardbook_domain::process::settlement::ResultNotice;
use shardbook_runtime::fault::StoreFault;
use shardbook_runtime::journal::Store;
use shardbook_runtime::slot::ShardId;

const NAME: &str = "process/settlement/";
/// The second: the first held keys of rows of one bet each.
const CURSOR: &str = "process/settlement/cursor/2";

/// Positions by shard, and the cursor of the market under way.
pub(super) struct Positions {
    store: Arc<Store>,
    read: Vec<u64>,
    /// Under which name each is noted.
    names: Vec<String>,
    /// Which result, and the key of the last row of bets that all have it.
    cursor: Option<(Vec<u8>, Vec<u8>)>,
}

impl Positions {
    pub(super) fn open(store: Arc<Store>) -> Result<Self, StoreFault> {
        let mut read = Vec::new();
        for shard in (0..store.map().shards()).map(ShardId) {
            read.push(read_up_to(&store, shard)?);
        }
        let cursor = store.note(CURSOR)?.and_then(|row| {
            let (notice, key) = row.split_at_checked(NOTICE_BYTES)?;
            Some((notice.to_vec(), key.to_vec()))
        });
        let names = (0..store.map().shards()).map(|shard| name(ShardId(shard))).collect();
        Ok(Self {
            store,
            read,
            names,
            cursor,
        })
    }

    pub(super) fn of(&self, shard: ShardId) -> u64 {
        self.read[usize::from(shard.0)]
    }

    pub(super) fn sum(&self) -> u64 {
        self.read.iter().sum()
    }

    pub(super) fn advance(&mut self, shard: ShardId, sequence: u64) {
        self.read[usize::from(shard.0)] = sequence;
    }

    pub(super) fn note(&self) -> Result<(), StoreFault> {
        let notes = self.names.iter().zip(&self.read);
        self.store
            .set_notes(notes.map(|(name, read)| (name.as_str(), read.to_le_bytes().to_vec())))
    }

    /// Where to go on with this result, if it was under way.
    pub(super) fn cursor(&self, notice: &ResultNotice) -> Option<Vec<u8>> {
        let (under_way, key) = self.cursor.as_ref()?;
        (*under_way == notice_bytes(notice)).then(|| key.clone())
    }

    pub(super) fn note_cursor(&mut self, notice: &ResultNotice, key: &[u8]) -> Result<(), StoreFault> {
        let notice = notice_bytes(notice);
        self.store.set_note(CURSOR, &[notice.as_slice(), key].concat())?;
        self.cursor = Some((notice, key.to_vec()));
        Ok(())
    }

    pub(super) fn forget_cursor(&mut self) -> Result<(), StoreFault> {
        match self.cursor.take() {
            Some(_) => self.store.set_note(CURSOR, &[]),
            None => Ok(()),
        }
    }
}

/// The frame up to which the process has noted that it has read a shard.
///
/// # Errors
/// When the store fails.
pub(crate) fn read_up_to(store: &Store, shard: ShardId) -> Result<u64, StoreFault> {
    let row = store.note(&name(shard))?;
    Ok(row.and_then(|row| row.try_into().ok()).map_or(0, u64::from_le_bytes))
}

const NOTICE_BYTES: usize = 16;

fn notice_bytes(notice: &ResultNotice) -> Vec<u8> {
    let mut bytes = notice.event.0.to_be_bytes().to_vec();
    bytes.extend_from_slice(&notice.market.0.to_be_bytes());
    bytes.extend_from_slice(&notice.version.to_be_bytes());
    bytes
}

fn name(shard: ShardId) -> String {
    format!("{NAME}{}", shard.0)
}
