//! The contract of a read model.

use super::gathered::{Change, Gathered};
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
}

enum Sink<'b> {
    Gathered(&'b mut Gathered),
    Memory(&'b mut super::positions::MemoryRows),
}

impl<'b> Rows<'b> {
    pub(super) fn gathered(prefix: u8, rows: &'b mut Gathered) -> Self {
        let into = Sink::Gathered(rows);
        Self { prefix, into }
    }

    pub(super) fn memory(prefix: u8, rows: &'b mut super::positions::MemoryRows) -> Self {
        let into = Sink::Memory(rows);
        Self { prefix, into }
    }

    /// Sets a row.
    pub fn put(&mut self, key: &[u8], value: &[u8]) {
        let key: [&[u8]; 2] = [&[self.prefix], key];
        match &mut self.into {
            Sink::Gathered(rows) => rows.note(Change::Put, &key, &[value]),
            Sink::Memory(rows) => rows.put(&key.concat(), value),
        }
    }

    /// Removes a row.
    pub fn delete(&mut self, key: &[u8]) {
        let key: [&[u8]; 2] = [&[self.prefix], key];
        match &mut self.into {
            Sink::Gathered(rows) => rows.note(Change::Delete, &key, &[]),
            Sink::Memory(rows) => rows.delete(&key.concat()),
        }
    }

    /// Adds to the columns of a row; a row that is not there counts as zeros.
    pub fn add(&mut self, key: &[u8], columns: &[i64]) {
        let key: [&[u8]; 2] = [&[self.prefix], key];
        match &mut self.into {
            Sink::Gathered(rows) => rows.add(&key, columns),
            Sink::Memory(rows) => rows.add(&key.concat(), columns),
        }
    }
}
