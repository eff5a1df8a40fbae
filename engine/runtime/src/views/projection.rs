//! The contract of a read model.

use super::gathered::{Change, Gathered};
use super::lists::{Gathering, ListOf};
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
    /// How its rows are kept, where they are final.
    fn kept(&self) -> Kept {
        Kept::Rows
    }
    /// The rows of one entry.
    ///
    /// # Errors
    /// When an event of the entry cannot be read; the views stop, for the journal is damaged.
    fn project(&self, entry: &EntryRef<'_>, rows: &mut Rows<'_>) -> Result<(), Undecodable>;
}

/// How the rows of a view are kept. Those that are put once may be elements of lists, which are much cheaper than a row for
/// each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// As they are put.
    Rows,
    /// As elements without a value, of so many bytes at the end of their keys: those that come together are one row
    /// ([`list_row`]).
    Lists(usize),
    /// As elements with a value, whose keys end with so many bytes, of lists of one shard each: gathered in memory over many
    /// batches, and read with [`crate::journal::Store::elements`].
    Gathered(usize),
}

/// Where a projection writes. Keys are without its prefix.
pub struct Rows<'b> {
    prefix: u8,
    kept: Kept,
    into: Sink<'b>,
}

/// Bytes that end the key of a row of list elements: the position of a frame.
pub(super) const LIST_SUFFIX: usize = 10;

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
    Store {
        rows: &'b mut Gathered,
        lists: &'b Gathering<'b>,
    },
    Memory(&'b mut super::positions::MemoryRows),
}

impl<'b> Rows<'b> {
    /// Into rows of the batch and lists of the shard.
    pub(super) fn of_store(view: &dyn Projection, rows: &'b mut Gathered, lists: &'b Gathering<'b>) -> Self {
        Self {
            prefix: view.prefix(),
            kept: view.kept(),
            into: Sink::Store { rows, lists },
        }
    }

    pub(super) fn memory(view: &dyn Projection, rows: &'b mut super::positions::MemoryRows) -> Self {
        Self {
            prefix: view.prefix(),
            kept: Kept::Rows,
            into: Sink::Memory(rows),
        }
    }

    /// Sets a row.
    ///
    /// # Panics
    /// When a view of lists without values puts a row with one, or a key that is shorter than an element.
    pub fn put(&mut self, key: &[u8], value: &[u8]) {
        let prefix: &[u8] = &[self.prefix];
        match (&mut self.into, self.kept) {
            (Sink::Store { rows, .. }, Kept::Rows) => rows.note(Change::Put, &[prefix, key], &[value]),
            (Sink::Store { rows, .. }, Kept::Lists(element)) => {
                assert!(value.is_empty(), "an element of such a list has no value");
                let (list, element) = key.split_at(key.len() - element);
                rows.note(Change::Append, &[prefix, list], &[element]);
            }
            (Sink::Store { lists, .. }, Kept::Gathered(element)) => {
                let (list, element) = key.split_at(key.len() - element);
                lists.add(ListOf::View, &[prefix, list], element, &[value]);
            }
            (Sink::Memory(rows), _) => rows.put(&[prefix, key].concat(), value),
        }
    }

    /// Removes a row.
    pub fn delete(&mut self, key: &[u8]) {
        let key: [&[u8]; 2] = [&[self.prefix], key];
        match &mut self.into {
            Sink::Store { rows, .. } => rows.note(Change::Delete, &key, &[]),
            Sink::Memory(rows) => rows.delete(&key.concat()),
        }
    }

    /// Adds to the columns of a row; a row that is not there counts as zeros.
    pub fn add(&mut self, key: &[u8], columns: &[i64]) {
        let key: [&[u8]; 2] = [&[self.prefix], key];
        match &mut self.into {
            Sink::Store { rows, .. } => rows.add(&key, columns),
            Sink::Memory(rows) => rows.add(&key.concat(), columns),
        }
    }
}
