//! The rows of one batch, gathered, and then written in the order of their keys.
//!
//! A store inserts rows that come in order much faster than rows that come anyhow, and sums of the same row are added up
//! here, so that a row that every entry adds to is written once a batch.

use std::cmp::Ordering;

use rocksdb::{ColumnFamily, WriteBatch};

use crate::journal::Position;

/// What is done to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Put,
    Delete,
    Add,
    /// Appends to the list of a key.
    Append,
}

/// First bytes of a key that most comparisons look at alone.
const HEAD_BYTES: u32 = 16;

#[derive(Debug, Clone, Copy)]
struct Note {
    /// The first bytes of the key, so that most comparisons touch no other memory.
    head: u128,
    key_at: u32,
    value_at: u32,
    end: u32,
    change: Change,
}

/// Changes of rows of one column family, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    notes: Vec<Note>,
    bytes: Vec<u8>,
    /// Notes of sums, one for each row, to which more can be added: since the first of them nothing else was done to rows.
    sums: Vec<usize>,
}

/// Rows that sums are looked for in; few rows are added to by nearly every entry.
const SUMS_MAX: usize = 16;

/// Bytes gathered before they must be written: offsets have 32 bits.
pub(super) const GATHERED_BYTES_MAX: usize = 1 << 30;

impl Gathered {
    /// Notes a change; key and value are given in parts.
    pub(super) fn note(&mut self, change: Change, key: &[&[u8]], value: &[&[u8]]) {
        if matches!(change, Change::Put | Change::Delete) {
            self.sums.clear();
        }
        let key_at = self.at();
        key.iter().for_each(|part| self.bytes.extend_from_slice(part));
        let value_at = self.at();
        value.iter().for_each(|part| self.bytes.extend_from_slice(part));
        let end = self.at();
        let mut head = [0; HEAD_BYTES as usize];
        let key = &self.bytes[key_at as usize..value_at as usize];
        let taken = key.len().min(head.len());
        head[..taken].copy_from_slice(&key[..taken]);
        self.notes.push(Note {
            head: u128::from_be_bytes(head),
            key_at,
            value_at,
            end,
            change,
        });
    }

    /// Notes that columns are added to a row.
    pub(super) fn add(&mut self, key: &[&[u8]], columns: &[i64]) {
        if self.add_to_sum(key, columns) {
            return;
        }
        if self.sums.len() < SUMS_MAX {
            self.sums.push(self.notes.len());
        }
        self.note(Change::Add, key, &[]);
        for column in columns {
            self.bytes.extend_from_slice(&column.to_le_bytes());
        }
        let end = self.at();
        if let Some(last) = self.notes.last_mut() {
            last.end = end;
        }
    }

    /// Adds to a note that there is already, where it has as many columns and none overflows; whether it did.
    fn add_to_sum(&mut self, key: &[&[u8]], columns: &[i64]) -> bool {
        let is_of_key = |at: &&usize| {
            let note = &self.notes[**at];
            let mut rest = self.key(note);
            let begins = key.iter().all(|part| {
                let begins = rest.strip_prefix(*part);
                rest = begins.unwrap_or_default();
                begins.is_some()
            });
            begins && rest.is_empty()
        };
        let Some(at) = self.sums.iter().find(is_of_key) else {
            return false;
        };
        let note = &self.notes[*at];
        let (sum, rest) = self.bytes[note.value_at as usize..note.end as usize].as_chunks_mut::<8>();
        let fits = |(held, add): (&[u8; 8], &i64)| i64::from_le_bytes(*held).checked_add(*add).is_some();
        if sum.len() != columns.len() || !rest.is_empty() || !sum.iter().zip(columns).all(fits) {
            return false;
        }
        for (held, add) in sum.iter_mut().zip(columns) {
            *held = i64::from_le_bytes(*held).wrapping_add(*add).to_le_bytes();
        }
        true
    }

    fn at(&self) -> u32 {
        u32::try_from(self.bytes.len()).unwrap_or_else(|_| unreachable!("what is gathered is bounded"))
    }

    /// Bytes of keys and values so far.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    fn key(&self, note: &Note) -> &[u8] {
        &self.bytes[note.key_at as usize..note.value_at as usize]
    }

    fn value(&self, note: &Note) -> &[u8] {
        &self.bytes[note.value_at as usize..note.end as usize]
    }

    /// How the keys of notes with the same head compare.
    fn after_heads(&self, one: &Note, other: &Note) -> Ordering {
        let lengths = [one, other].map(|note| note.value_at - note.key_at);
        if lengths.iter().all(|length| *length <= HEAD_BYTES) {
            // Within the head they are the same, so that one begins with the other.
            return lengths[0].cmp(&lengths[1]);
        }
        self.key(one).cmp(self.key(other))
    }

    /// Moves everything into a batch, in the order of the keys; changes of one row keep their order. What is appended to one
    /// key becomes one row, whose key ends with `last`: the last frame of the batch.
    pub(super) fn write(&mut self, family: &ColumnFamily, last: Position, batch: &mut WriteBatch) {
        let mut notes = std::mem::take(&mut self.notes);
        self.sums.clear();
        // `key_at` rises with the time of the change.
        notes.sort_unstable_by(|one, other| {
            (one.head.cmp(&other.head))
                .then_with(|| self.after_heads(one, other))
                .then_with(|| one.key_at.cmp(&other.key_at))
        });
        let (mut sum, mut row) = (Vec::new(), Vec::new());
        let mut at = 0;
        while let Some(note) = notes.get(at) {
            let key = self.key(note);
            at += 1;
            match note.change {
                Change::Put => batch.put_cf(family, key, self.value(note)),
                Change::Delete => batch.delete_cf(family, key),
                Change::Add => {
                    sum.clear();
                    sum.extend_from_slice(self.value(note));
                    while let Some(next) = notes
                        .get(at)
                        .filter(|next| next.change == Change::Add && self.key(next) == key)
                        && add_columns(&mut sum, self.value(next))
                    {
                        at += 1;
                    }
                    batch.merge_cf(family, key, &sum);
                }
                Change::Append => {
                    sum.clear();
                    sum.extend_from_slice(self.value(note));
                    while let Some(next) = notes
                        .get(at)
                        .filter(|next| next.change == Change::Append && self.key(next) == key)
                    {
                        sum.extend_from_slice(self.value(next));
                        at += 1;
                    }
                    row.clear();
                    row.extend_from_slice(key);
                    row.extend_from_slice(&last.to_bytes());
                    batch.put_cf(family, &row, &sum);
                }
            }
        }
        notes.clear();
        self.notes = notes;
        self.bytes.clear();
    }
}

/// Adds little-endian i64 columns; `false`, with nothing changed, where a column would overflow.
pub(crate) fn add_columns(sum: &mut Vec<u8>, operand: &[u8]) -> bool {
    let read = |bytes: &[u8]| {
        let mut column = [0; 8];
        column.copy_from_slice(bytes);
        i64::from_le_bytes(column)
    };
    let fits = sum
        .chunks_exact(8)
        .zip(operand.chunks_exact(8))
        .all(|(held, add)| read(held).checked_add(read(add)).is_some());
    if !fits {
        return false;
    }
    if sum.len() < operand.len() {
        sum.resize(operand.len(), 0);
    }
    for (held, add) in sum.chunks_exact_mut(8).zip(operand.chunks_exact(8)) {
        let total = read(held).wrapping_add(read(add));
        held.copy_from_slice(&total.to_le_bytes());
    }
    true
}
