//! The contract of a read model.

use rocksdb::{ColumnFamily, WriteBatch};

use crate::entity::Undecodable;
use crate::journal::EntryRef;

/// A read model: rows made from the entries of the journal, in the order of each shard.
///
/// Rows of different shards may be written in any order, so a row that many shards write must be a sum
/// ([`Rows::add`]).
pub trait Projection: Send + Sync + 'static {
    /// The first byte of its rows; unique, never changed.
    fn prefix(&self) -> u8;
    /// For logs and tools.
    fn name(&self) -> &'static str;
    /// Raised when the rows mean something else: the view is then rebuilt from the journal.
    fn version(&self) -> u32;
    /// Whether each row is put once and never changed, deleted or added to. Such a view may be as large
    /// as the journal; it is then compared by digest instead of row by row.
    fn rows_are_final(&self) -> bool {
        false
    }
    /// The rows of one entry.
    ///
    /// # Errors
    /// When an event of the entry cannot be read; the views stop, for the journal is damaged.
    fn project(&self, entry: &EntryRef<'_>, rows: &mut Rows<'_>) -> Result<(), Undecodable>;
}

/// Where a projection writes. Keys are without its prefix.
pub struct Rows<'b> {
    prefix: u8,
    into: Sink<'b>,
    key: Vec<u8>,
}

enum Sink<'b> {
    Batch(&'b mut WriteBatch, &'b ColumnFamily),
    Memory(&'b mut super::positions::MemoryRows),
}

impl<'b> Rows<'b> {
    pub(super) fn batch(prefix: u8, batch: &'b mut WriteBatch, family: &'b ColumnFamily) -> Self {
        Self {
            prefix,
            into: Sink::Batch(batch, family),
            key: Vec::new(),
        }
    }

    pub(super) fn memory(prefix: u8, rows: &'b mut super::positions::MemoryRows) -> Self {
        Self {
            prefix,
            into: Sink::Memory(rows),
            key: Vec::new(),
        }
    }

    fn prefixed(&mut self, key: &[u8]) {
        self.key.clear();
        self.key.push(self.prefix);
        self.key.extend_from_slice(key);
    }

    /// Sets a row.
    pub fn put(&mut self, key: &[u8], value: &[u8]) {
        self.prefixed(key);
        match &mut self.into {
            Sink::Batch(batch, family) => batch.put_cf(*family, &self.key, value),
            Sink::Memory(rows) => rows.put(&self.key, value),
        }
    }

    /// Removes a row.
    pub fn delete(&mut self, key: &[u8]) {
        self.prefixed(key);
        match &mut self.into {
            Sink::Batch(batch, family) => batch.delete_cf(*family, &self.key),
            Sink::Memory(rows) => rows.delete(&self.key),
        }
    }

    /// Adds to the columns of a row; a row that is not there counts as zeros.
    pub fn add(&mut self, key: &[u8], columns: &[i64]) {
        self.prefixed(key);
        let operand: Vec<u8> = columns.iter().flat_map(|column| column.to_le_bytes()).collect();
        match &mut self.into {
            Sink::Batch(batch, family) => batch.merge_cf(*family, &self.key, &operand),
            Sink::Memory(rows) => rows.add(&self.key, columns),
        }
    }
}
