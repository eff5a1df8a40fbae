//! Lists that are gathered over many batches: what is put once for each command, and seldom read.
//!
//! A row for each of a hundred thousand commands a second would cost more than to decide them. So what belongs together is
//! gathered in memory until much has come, and then written as one row for each list. Until then it is read from here.
//!
//! Who reads waits for nobody who writes: what is being made into rows stays readable meanwhile, and a lock is held for one
//! element at a time, of one part of the lists.
//!
//! Invariant: the rows of a shard's lists and the position up to which they hold the journal are written in one batch. So a
//! crash takes what is in memory and no more, and a start reads it again from the journal.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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

/// Elements by list.
#[derive(Debug, Default)]
struct Elements {
    of_outcomes: HashMap<Box<[u8]>, Vec<u8>, RandomState>,
    of_views: HashMap<Box<[u8]>, Vec<u8>, RandomState>,
}

impl Elements {
    fn of(&self, of: ListOf) -> &HashMap<Box<[u8]>, Vec<u8>, RandomState> {
        match of {
            ListOf::Outcomes => &self.of_outcomes,
            ListOf::View => &self.of_views,
        }
    }

    fn of_mut(&mut self, of: ListOf) -> &mut HashMap<Box<[u8]>, Vec<u8>, RandomState> {
        match of {
            ListOf::Outcomes => &mut self.of_outcomes,
            ListOf::View => &mut self.of_views,
        }
    }

    /// Of which nothing is left but the memory of lists that much was put into: that will soon be used again.
    fn emptied(mut self) -> Self {
        for of in ListOf::ALL {
            let lists = self.of_mut(of);
            lists.retain(|_, elements| {
                let much = elements.len() >= MUCH;
                elements.clear();
                much
            });
            lists.shrink_to(lists.len() * 2);
        }
        self
    }

    /// Takes over the lists of others in place of its own.
    fn take_over(&mut self, others: Self) {
        let Self { of_outcomes, of_views } = others;
        self.of_outcomes.extend(of_outcomes);
        self.of_views.extend(of_views);
    }
}

/// A part of the lists of a shard.
#[derive(Debug, Default)]
struct Part {
    now: Elements,
    /// What is being made into rows.
    leaving: Arc<Elements>,
}

/// Bytes of elements of a list from which on its memory is kept for the next: some elements. Of very many players each has
/// one or two, and others the next time.
const MUCH: usize = 256;

/// Parts of the lists of a shard: a reader hardly ever meets the writer.
const PARTS: usize = 16;

fn part_of(list: &[u8]) -> usize {
    usize::from(list.iter().fold(0, |part, byte| part ^ byte)) % PARTS
}

/// What is counted of the lists of one shard that are not written yet.
#[derive(Debug, Default)]
struct Counted {
    bytes: usize,
    /// Bytes of the frames whose elements are here: a start reads them again.
    frames: usize,
    /// How far each view is noted here or written, and the version of its rows.
    noted: BTreeMap<ViewName, (u32, u64)>,
}

/// The lists of one shard that are not written yet.
#[derive(Debug, Default)]
struct OfShard {
    parts: [Mutex<Part>; PARTS],
    /// Held by whoever adds or lets leave, from the first element of a frame to its note.
    counted: Mutex<Counted>,
    /// Held while rows are written.
    writing: Mutex<()>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl OfShard {
    /// Lets all elements leave for their rows, and tells what was counted.
    fn leave(&self) -> (Vec<Arc<Elements>>, Counted) {
        let mut counted = lock(&self.counted);
        let leave = |part: &Mutex<Part>| {
            let part = &mut *lock(part);
            part.leaving = Arc::new(std::mem::take(&mut part.now));
            Arc::clone(&part.leaving)
        };
        let leaving = self.parts.iter().map(leave).collect();
        (leaving, std::mem::take(&mut *counted))
    }

    /// They are rows, and need not be here any more.
    fn have_left(&self, leaving: Vec<Arc<Elements>>) {
        for (part, left) in self.parts.iter().zip(leaving) {
            // Freed without a reader waiting.
            let held = std::mem::take(&mut lock(part).leaving);
            drop(held);
            if let Ok(left) = Arc::try_unwrap(left) {
                let mut again = left.emptied();
                let mut part = lock(part);
                // In a few milliseconds little has come.
                again.take_over(std::mem::take(&mut part.now));
                part.now = again;
            }
        }
    }
}

/// The lists of a shard, for the one who adds to them.
pub(crate) struct Gathering<'l> {
    parts: &'l [Mutex<Part>; PARTS],
    /// Bytes of elements since the last frame.
    added: Cell<usize>,
    counted: MutexGuard<'l, Counted>,
}

impl Gathering<'_> {
    /// Adds an element to a list: the end of its key, and what it holds; each key and value in parts.
    pub(super) fn add(&self, of: ListOf, list: &[&[u8]], element: &[u8], value: &[&[u8]]) {
        // Keys are short, and most lists are known.
        let mut key = [0; LIST_KEY_MAX];
        let mut length = 0;
        for part in list {
            key[length..length + part.len()].copy_from_slice(part);
            length += part.len();
        }
        let key = &key[..length];
        let mut part = lock(&self.parts[part_of(key)]);
        let lists = part.now.of_mut(of);
        let added = match lists.get_mut(key) {
            Some(elements) => put_element(element, value, elements),
            None => {
                let mut elements = Vec::new();
                let added = put_element(element, value, &mut elements);
                lists.insert(key.into(), elements);
                added + length
            }
        };
        self.added.set(self.added.get() + added);
    }

    /// Notes that the elements of a frame are here, which may be none.
    pub(super) fn pass(&mut self, bytes: usize) {
        self.counted.bytes += self.added.take();
        self.counted.frames += bytes;
    }

    /// Notes that a view has given all its elements up to a frame.
    pub(super) fn note(&mut self, view: ViewName, version: u32, sequence: u64) {
        self.counted.noted.insert(view, (version, sequence));
    }
}

/// The lists of a store that are not written yet.
#[derive(Debug)]
pub(crate) struct Lists {
    shards: Vec<OfShard>,
    /// What each shard may gather.
    bytes_max: usize,
}

impl Lists {
    pub(crate) fn new(map: SlotMap, bytes_max: usize) -> Self {
        let shards: Vec<_> = (0..map.shards()).map(|_| OfShard::default()).collect();
        let bytes_max = bytes_max / shards.len();
        Self { shards, bytes_max }
    }

    /// The lists of a shard, for one at a time to add to, frame by frame.
    pub(super) fn of(&self, shard: ShardId) -> Gathering<'_> {
        let OfShard { parts, counted, .. } = &self.shards[usize::from(shard.0)];
        let counted = lock(counted);
        Gathering {
            parts,
            added: Cell::new(0),
            counted,
        }
    }

    /// Whether as much has come together as may, or the journal has gone on for as long as a start may read again.
    pub(super) fn is_full(&self, shard: ShardId) -> bool {
        let counted = lock(&self.shards[usize::from(shard.0)].counted);
        counted.bytes >= self.bytes_max || counted.frames >= self.bytes_max.saturating_mul(FRAMES_FACTOR)
    }

    /// Writes the lists of a shard; how many rows and bytes.
    pub(crate) fn write(&self, store: &Store, shard: ShardId) -> Result<(u64, u64), StoreFault> {
        let of_shard = &self.shards[usize::from(shard.0)];
        let _writing = lock(&of_shard.writing);
        let (leaving, counted) = of_shard.leave();
        let sequence = counted.noted.values().map(|(_, sequence)| *sequence).max();
        // Nothing is added without a note.
        let Some(sequence) = sequence else {
            of_shard.have_left(leaving);
            return Ok((0, 0));
        };
        let last = Position { shard, sequence };
        let mut batch = WriteBatch::with_capacity_bytes(counted.bytes * 5 / 4);
        let mut row = Vec::new();
        for of in ListOf::ALL {
            let lists = leaving.iter().flat_map(|part| part.of(of));
            let mut lists: Vec<_> = lists.filter(|(_, elements)| !elements.is_empty()).collect();
            lists.sort_unstable_by_key(|(list, _)| *list);
            for (list, elements) in lists {
                row.clear();
                row.extend_from_slice(list);
                row.extend_from_slice(&last.to_bytes());
                batch.put_cf(store.family(of.family()), &row, elements);
            }
        }
        for (view, (version, sequence)) in &counted.noted {
            positions::write(store, &mut batch, *view, *version, shard, *sequence);
        }
        let written = (batch.len() as u64, batch.size_in_bytes() as u64);
        // Until they are rows they stay here: whoever looks here and then on disk finds each at least once. Where that fails
        // they stay for good, and the house stops.
        store.write_views(batch)?;
        of_shard.have_left(leaving);
        Ok(written)
    }

    /// Shows the elements of a list that are not written yet.
    fn look(
        &self,
        shard: ShardId,
        of: ListOf,
        list: &[u8],
        mut look: impl FnMut(&[u8]) -> Result<ControlFlow<()>, Undecodable>,
    ) -> Result<ControlFlow<()>, Undecodable> {
        let part = lock(&self.shards[usize::from(shard.0)].parts[part_of(list)]);
        for elements in [&part.now, &*part.leaving] {
            if let Some(held) = elements.of(of).get(list)
                && look(held)?.is_break()
            {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
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

#[cfg(test)]
mod tests {
    use super::*;

    const SHARD: ShardId = ShardId(0);
    const VIEW: ViewName = ViewName(9);

    fn shown(lists: &Lists, list: &[u8]) -> Vec<u8> {
        let mut shown = Vec::new();
        let all = lists.look(SHARD, ListOf::View, list, |row| {
            for element in elements(row, 1) {
                shown.extend_from_slice(element?.0);
            }
            Ok(ControlFlow::Continue(()))
        });
        assert!(all.expect("what was put").is_continue());
        shown.sort_unstable();
        shown
    }

    /// Protects answers to retries and pages of lists from an element that is nowhere for a moment, and those who ask for them
    /// from waiting for the views: an element is shown from when it was added until it is a row, whatever the writer holds.
    #[test]
    fn what_is_made_into_rows_is_shown_meanwhile() {
        let lists = Lists::new(SlotMap::try_new(1).expect("a shard"), 100);
        let of_shard = &lists.shards[0];
        let mut sequence = 0;
        let mut frame = |added: &[(&[u8], u8)]| {
            let mut gathering = lists.of(SHARD);
            sequence += 1;
            for (list, element) in added {
                gathering.add(ListOf::View, &[list], &[*element], &[b"value"]);
                assert!(shown(&lists, list).contains(element), "while a frame is added");
            }
            gathering.pass(30);
            gathering.note(VIEW, 1, sequence);
        };
        frame(&[(b"a", 1), (b"b", 2)]);
        assert!(!lists.is_full(SHARD));
        let (leaving, counted) = of_shard.leave();
        assert_eq!(counted.noted[&VIEW], (1, 1));
        // Bytes of the first element of a list count its key.
        assert_eq!((counted.bytes, counted.frames), (2 * (1 + 1 + 1 + 5), 30));
        frame(&[(b"a", 3)]);
        assert_eq!((shown(&lists, b"a"), shown(&lists, b"b")), (vec![1, 3], vec![2]));
        of_shard.have_left(leaving);
        assert_eq!((shown(&lists, b"a"), shown(&lists, b"b")), (vec![3], vec![]));
        let (leaving, counted) = of_shard.leave();
        assert_eq!(counted.noted[&VIEW], (1, 2));
        assert_eq!(shown(&lists, b"a"), [3]);
        of_shard.have_left(leaving);
        assert_eq!(shown(&lists, b"a"), []);
        (0..15).for_each(|element| frame(&[(b"c", element)]));
        assert!(lists.is_full(SHARD), "15 elements of 7 bytes, and a key");
        // Without a frame nothing is noted, and nothing is written.
        of_shard.have_left(of_shard.leave().0);
        assert!(of_shard.leave().1.noted.is_empty());
    }
}
