//! How far each view has read each shard, and rows held in memory for a comparison.

use std::collections::BTreeMap;

use super::Projection;
use crate::archive::Needed;
use crate::fault::StoreFault;
use crate::journal::{Families, Store};
use crate::slot::ShardId;

/// Version of the rows of the runtime's own views.
pub(super) const OWN_VERSION: u32 = 1;

/// Names a view in its position rows: the prefix of a projection, or one of the views of the runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ViewName(pub u8);

impl ViewName {
    /// The outcomes by command id.
    pub const OUTCOMES: Self = Self(0xF0);
    /// Up to where every entity is covered by its snapshot, but for what lists tell of.
    pub const SNAPSHOTS: Self = Self(0xF1);
    /// Up to where outcomes in lists do not tell of which frame they are.
    pub(super) const WITHOUT_PLACES: Self = Self(0xF2);
}

/// No row of a view and no key of an entity begins with it.
pub(super) const RESERVED: u8 = 0;

/// Each position is in the family of the rows that it speaks of: a family reaches the disk as it stood at one moment.
fn family(view: ViewName) -> &'static str {
    match view {
        ViewName::OUTCOMES | ViewName::WITHOUT_PLACES => Families::OUTCOMES,
        ViewName::SNAPSHOTS => Families::SNAPSHOTS,
        _ => Families::VIEWS,
    }
}

fn key(view: ViewName, shard: ShardId) -> [u8; 4] {
    let [high, low] = shard.0.to_be_bytes();
    [RESERVED, view.0, high, low]
}

/// The sequence that a view has read up to, if it was made by this version.
pub(super) fn read(store: &Store, view: ViewName, version: u32, shard: ShardId) -> Result<Option<u64>, StoreFault> {
    let Some(row) = store.get(family(view), &key(view, shard))? else {
        return Ok(None);
    };
    let Some((stored, sequence)) = row.split_at_checked(4) else {
        return Ok(None);
    };
    if stored != version.to_le_bytes() {
        return Ok(None);
    }
    Ok(sequence.try_into().ok().map(u64::from_le_bytes))
}

/// The frame of a shard up to which a projection has been read into its rows.
///
/// # Errors
/// When the store fails.
pub fn projection_position(store: &Store, view: &dyn Projection, shard: ShardId) -> Result<u64, StoreFault> {
    Ok(read(store, ViewName(view.prefix()), view.version(), shard)?.unwrap_or(0))
}

/// The frame of a shard up to which outcomes by command id have been written.
///
/// # Errors
/// When the store fails.
pub fn outcomes_position(store: &Store, shard: ShardId) -> Result<u64, StoreFault> {
    Ok(read(store, ViewName::OUTCOMES, OWN_VERSION, shard)?.unwrap_or(0))
}

/// The frame of a shard up to which outcomes in lists do not tell of which frame they are; `None` where none does.
pub(super) fn without_places(store: &Store, shard: ShardId) -> Result<Option<u64>, StoreFault> {
    read(store, ViewName::WITHOUT_PLACES, OWN_VERSION, shard)
}

/// For each shard the oldest frame that these views need at a start: what any of them has read last, or what no snapshot
/// covers yet. Where a view of another version was kept, everything.
///
/// # Errors
/// When the store fails.
pub fn needed(store: &Store, projections: &[Box<dyn Projection>]) -> Result<Needed, StoreFault> {
    let own = [ViewName::OUTCOMES, ViewName::SNAPSHOTS].map(|name| (name, OWN_VERSION));
    let views = projections.iter().map(|view| (ViewName(view.prefix()), view.version()));
    let views: Vec<_> = views.chain(own).collect();
    let mut oldest = Vec::new();
    for shard in (0..store.map().shards()).map(ShardId) {
        let mut needed = u64::MAX;
        for (name, version) in &views {
            needed = needed.min(read(store, *name, *version, shard)?.unwrap_or(0));
        }
        oldest.push(needed);
    }
    Ok(Needed(oldest))
}

/// Sets a view's position in the batch that holds its rows.
pub(super) fn write(
    store: &Store,
    batch: &mut rocksdb::WriteBatch,
    view: ViewName,
    version: u32,
    shard: ShardId,
    sequence: u64,
) {
    let mut row = version.to_le_bytes().to_vec();
    row.extend_from_slice(&sequence.to_le_bytes());
    batch.put_cf(store.family(family(view)), key(view, shard), row);
}

/// Rows of one projection rebuilt in memory.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct MemoryRows {
    /// Key with prefix, and value.
    pub rows: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl MemoryRows {
    pub(super) fn put(&mut self, key: &[u8], value: &[u8]) {
        self.rows.insert(key.to_vec(), value.to_vec());
    }

    pub(super) fn delete(&mut self, key: &[u8]) {
        self.rows.remove(key);
    }

    pub(super) fn add(&mut self, key: &[u8], columns: &[i64]) {
        let row = self.rows.entry(key.to_vec()).or_default();
        if row.len() < columns.len() * 8 {
            row.resize(columns.len() * 8, 0);
        }
        for (held, add) in row.chunks_exact_mut(8).zip(columns) {
            let mut column = [0; 8];
            column.copy_from_slice(held);
            held.copy_from_slice(&i64::from_le_bytes(column).wrapping_add(*add).to_le_bytes());
        }
    }
}
