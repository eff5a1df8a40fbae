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
    /// Bytes of the element at the end of each key, where all rows are elements of lists: put once, without a value. Elements
    /// that come together are then kept in one row ([`list_row`]), which is much cheaper than a row for each.
    fn list_element(&self) -> Option<usize> {
        None
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
    list_element: Option<usize>,
    into: Sink<'b>,
}

/// Bytes that end the key of a row of list elements: the position of a frame.
const LIST_SUFFIX: usize = 10;

/// The key of the list, and its elements, of a row of a view whose rows are lists of elements of so many bytes; `None` when
/// it is no such row. The list of a key is in several rows, in the order in which they were made.
#[must_use]
pub fn list_row<'r>(
    key: &'r [u8],
    value: &'r [u8],
    element: usize,
) -> Option<(&'r [u8], impl ExactSizeIterator<Item = &'r [u8]> + use<'r>)> {
    let (list, _) = key.split_at_checked(key.len().checked_sub(LIST_SUFFIX)?)?;
    let elements = value.chunks_exact(element);
    elements.remainder().is_empty().then_some((list, elements))
}

enum Sink<'b> {
    Gathered(&'b mut Gathered),
    Memory(&'b mut super::positions::MemoryRows),
}

impl<'b> Rows<'b> {
    pub(super) fn gathered(view: &dyn Projection, rows: &'b mut Gathered) -> Self {
        Self {
            prefix: view.prefix(),
            list_element: view.list_element(),
            into: Sink::Gathered(rows),
        }
    }

    pub(super) fn memory(view: &dyn Projection, rows: &'b mut super::positions::MemoryRows) -> Self {
        Self {
            prefix: view.prefix(),
            list_element: None,
            into: Sink::Memory(rows),
        }
    }

    /// Sets a row.
    ///
    /// # Panics
    /// When a view of lists puts a row with a value, or a key that is shorter than an element.
    pub fn put(&mut self, key: &[u8], value: &[u8]) {
        let element = self.list_element;
        let prefix = &[self.prefix];
        if let (Some(element), Sink::Gathered(rows)) = (element, &mut self.into) {
            assert!(value.is_empty(), "an element of a list has no value");
            let (list, element) = key.split_at(key.len() - element);
            return rows.note(Change::Append, &[prefix, list], &[element]);
        }
        let key: [&[u8]; 2] = [prefix, key];
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
