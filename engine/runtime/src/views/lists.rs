//! Lists that are gathered over many batches: what is put once for each command, and seldom read.
//!
//! A row for each of a hundred thousand commands a second would cost more than to decide them. So what belongs together is
//! gathered in memory until much has come, and then written as one row for each list. Until then it is read from here.
//!
//! Invariant: the rows of a shard's lists and the position up to which they hold the journal are written in one batch. So a
//! crash takes what is in memory and no more, and a start reads it again from the journal.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};

use foldhash::fast::RandomState;
use rocksdb::WriteBatch;

use super::positions::{self, ViewName};
use super::projection::LIST_SUFFIX;
use crate::entity::Undecodable;
use crate::fault::StoreFault;
use crate::journal::{Families, Position, Reader, Store, put_varint};
use crate::slot::{ShardId, SlotMap};

/// What a list belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListOf {
    /// The outcomes of commands.
    Outcomes,
    /// A projection; keys begin with its prefix.
    View,
}

impl ListOf {
    const ALL: [Self; 2] = [Self::Outcomes, Self::View];

    pub(super) fn family(self) -> &'static str {
        match self {
            Self::Outcomes => Families::OUTCOMES,
            Self::View => Families::VIEWS,
        }
    }
}

/// The lists of one shard that are not written yet.
#[derive(Debug, Default)]
pub(crate) struct Gathering {
    of_outcomes: HashMap<Box<[u8]>, Vec<u8>, RandomState>,
    of_views: HashMap<Box<[u8]>, Vec<u8>, RandomState>,
    bytes: usize,
    /// Bytes of the frames whose elements are here: a start reads them again.
    frames: usize,
    /// How far each view is noted here or written, and the version of its rows.
    noted: BTreeMap<ViewName, (u32, u64)>,
}

impl Gathering {
    fn lists(&self, of: ListOf) -> &HashMap<Box<[u8]>, Vec<u8>, RandomState> {
        match of {
            ListOf::Outcomes => &self.of_outcomes,
            ListOf::View => &self.of_views,
        }
    }

    fn lists_mut(&mut self, of: ListOf) -> &mut HashMap<Box<[u8]>, Vec<u8>, RandomState> {
        match of {
            ListOf::Outcomes => &mut self.of_outcomes,
            ListOf::View => &mut self.of_views,
        }
    }

    /// Adds an element to a list: the end of its key, and what it holds; each key and value in parts.
    pub(super) fn add(&mut self, of: ListOf, list: &[&[u8]], element: &[u8], value: &[&[u8]]) {
        // Keys are short, and most lists are known.
        let mut key = [0; LIST_KEY_MAX];
        let mut length = 0;
        for part in list {
            key[length..length + part.len()].copy_from_slice(part);
            length += part.len();
        }
        let key = &key[..length];
        let lists = self.lists_mut(of);
        let added = match lists.get_mut(key) {
            Some(elements) => put_element(element, value, elements),
            None => {
                let mut elements = Vec::new();
                let added = put_element(element, value, &mut elements);
                lists.insert(key.into(), elements);
                added + length
            }
        };
        self.bytes += added;
    }

    /// Notes that the elements of a frame are here, which may be none.
    pub(super) fn pass(&mut self, bytes: usize) {
        self.frames += bytes;
    }

    /// Notes that a view has given all its elements up to a frame. Nobody may write between those of one frame.
    pub(super) fn note(&mut self, view: ViewName, version: u32, sequence: u64) {
        self.noted.insert(view, (version, sequence));
    }
}

/// The lists of a store that are not written yet.
#[derive(Debug)]
pub(crate) struct Lists {
    shards: Vec<Mutex<Gathering>>,
    /// What each shard may gather.
    bytes_max: usize,
}

impl Lists {
    pub(crate) fn new(map: SlotMap, bytes_max: usize) -> Self {
        let shards: Vec<_> = (0..map.shards()).map(|_| Mutex::default()).collect();
        let bytes_max = bytes_max / shards.len();
        Self { shards, bytes_max }
    }

    /// The lists of a shard, for one at a time.
    pub(super) fn of(&self, shard: ShardId) -> MutexGuard<'_, Gathering> {
        let gathering = &self.shards[usize::from(shard.0)];
        gathering.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether as much has come together as may, or the journal has gone on for as long as a start may read again.
    pub(super) fn is_full(&self, shard: ShardId) -> bool {
        let gathering = self.of(shard);
        gathering.bytes >= self.bytes_max || gathering.frames >= self.bytes_max.saturating_mul(FRAMES_FACTOR)
    }

    /// Writes the lists of a shard; how many rows and bytes.
    pub(crate) fn write(&self, store: &Store, shard: ShardId) -> Result<(u64, u64), StoreFault> {
        // Held until they are rows: whoever looks here and then on disk finds each at least once.
        let mut gathering = self.of(shard);
        if gathering.noted.is_empty() {
            return Ok((0, 0));
        }
        let sequence = gathering.noted.values().map(|(_, sequence)| *sequence).max();
        let last = Position {
            shard,
            sequence: sequence.unwrap_or(0),
        };
        let mut batch = WriteBatch::with_capacity_bytes(gathering.bytes * 5 / 4);
        let mut row = Vec::new();
        for of in ListOf::ALL {
            let lists = gathering.lists(of).iter().map(|(list, elements)| (&**list, elements));
            let mut lists: Vec<_> = lists.filter(|(_, elements)| !elements.is_empty()).collect();
            lists.sort_unstable_by_key(|(list, _)| *list);
            for (list, elements) in lists {
                row.clear();
                row.extend_from_slice(list);
                row.extend_from_slice(&last.to_bytes());
                batch.put_cf(store.family(of.family()), &row, elements);
            }
        }
        for (view, (version, sequence)) in &gathering.noted {
            positions::write(store, &mut batch, *view, *version, shard, *sequence);
        }
        let written = (batch.len() as u64, batch.size_in_bytes() as u64);
        store.write_views(batch)?;
        for of in ListOf::ALL {
            // What was used since the last time will soon be used again, and has its memory already.
            gathering.lists_mut(of).retain(|_, elements| {
                let used = !elements.is_empty();
                elements.clear();
                used
            });
        }
        (gathering.bytes, gathering.frames) = (0, 0);
        gathering.noted.clear();
        Ok(written)
    }

    /// Shows the elements of a list that are not written yet.
    fn look(
        &self,
        shard: ShardId,
        of: ListOf,
        list: &[u8],
        look: impl FnOnce(&[u8]) -> Result<ControlFlow<()>, Undecodable>,
    ) -> Result<ControlFlow<()>, Undecodable> {
        let gathering = self.of(shard);
        gathering
            .lists(of)
            .get(list)
            .map_or(Ok(ControlFlow::Continue(())), |held| look(held))
    }
}

/// Bytes of journal for each byte of elements that may be gathered: most frames of bets have more of those than bytes, those
/// of feeds have none.
const FRAMES_FACTOR: usize = 4;
/// Bytes of the key of a list at the most.
const LIST_KEY_MAX: usize = 32;

/// Writes an element of a list as it is in its row; how many bytes.
fn put_element(element: &[u8], value: &[&[u8]], into: &mut Vec<u8>) -> usize {
    let before = into.len();
    into.extend_from_slice(element);
    put_varint(value.iter().map(|part| part.len() as u64).sum(), into);
    value.iter().for_each(|part| into.extend_from_slice(part));
    into.len() - before
}

/// The elements of a row: each with the end of its key, of so many bytes, and what it holds.
pub(super) fn elements(row: &[u8], element: usize) -> impl Iterator<Item = Result<(&[u8], &[u8]), Undecodable>> {
    let mut reader = Reader::new(row);
    std::iter::from_fn(move || {
        if reader.is_empty() {
            return None;
        }
        let mut read = || Ok((reader.take(element, "element")?, reader.bytes("element")?));
        let read = read();
        if read.is_err() {
            reader = Reader::new(&[]);
        }
        Some(read)
    })
}

impl Store {
    /// Shows each element of a gathered list: the end of its key, of so many bytes, and what it holds, until `look` breaks.
    /// An element that is being written just now may be shown twice; they are in no order.
    ///
    /// # Errors
    /// When the store fails or a row is damaged.
    pub fn elements(
        &self,
        of: ListOf,
        shard: ShardId,
        list: &[u8],
        element: usize,
        mut look: impl FnMut(&[u8], &[u8]) -> ControlFlow<()>,
    ) -> Result<(), StoreFault> {
        let mut each = |row: &[u8]| {
            for read in elements(row, element) {
                let (key, value) = read?;
                if look(key, value).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            Ok(ControlFlow::Continue(()))
        };
        let damaged = |error: Undecodable| StoreFault::Corrupt {
            what: "list",
            shard,
            at: format!("{list:02x?}"),
            why: error.0,
        };
        if self
            .lists()
            .look(shard, of, list, &mut each)
            .map_err(damaged)?
            .is_break()
        {
            return Ok(());
        }
        for row in self.scan(of.family(), list, &[]) {
            let (key, value) = row?;
            if key.len() == list.len() + LIST_SUFFIX && each(&value).map_err(damaged)?.is_break() {
                return Ok(());
            }
        }
        Ok(())
    }
}
