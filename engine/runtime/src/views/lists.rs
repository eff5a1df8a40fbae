//! Lists that are gathered over many batches: what is put once for each command, and seldom read.
//!
//! A row for each of a hundred thousand commands a second would cost more than to decide them. So what belongs together is
//! gathered in memory until much has come, and then written as one row for each list. Until then it is read from here.
//!
//! Who reads hardly ever waits for who writes: what is being made into rows stays readable meanwhile, and the lock is held
//! while the elements of one frame are copied, which were made without it.
//!
//! Invariant: the rows of a view's lists of a shard and the position up to which they hold the journal are written in one
//! batch. So a crash takes what is in memory and no more, and a start reads it again from the journal.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rocksdb::WriteBatch;

use super::positions::{self, ViewName};
use super::projection::LIST_SUFFIX;
use crate::entity::Undecodable;
use crate::fault::StoreFault;
use crate::journal::{Families, Position, Reader, Store, VARINT_BYTES_MAX, put_varint};
use crate::slot::{ShardId, SlotMap};

/// What a list belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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

/// Elements of many lists, one after the other as they came.
///
/// There is no index: what is put a hundred thousand times a second goes to the end of a few buffers, and who looks for a list
/// goes over one of them.
#[derive(Debug, Default)]
struct Elements(Vec<u8>);

/// An element as it is in the row of its list, and which list that is.
#[derive(Debug, Clone, Copy)]
struct Element<'e> {
    of: ListOf,
    list: &'e [u8],
    bytes: &'e [u8],
    /// All of it as it is held.
    held: &'e [u8],
}

/// Before each element: what its list belongs to, bytes of the key of the list, bytes of the element.
const HEAD_BYTES: usize = 6;

impl<'e> Element<'e> {
    fn of_list(&self) -> (ListOf, &'e [u8]) {
        (self.of, self.list)
    }

    fn view(&self) -> ViewName {
        match self.of {
            ListOf::Outcomes => ViewName::OUTCOMES,
            ListOf::View => ViewName(self.list[0]),
        }
    }
}

impl Elements {
    /// Adds an element to a list: the end of its key, and what it holds in parts.
    fn add(&mut self, of: ListOf, list: &[u8], element: &[u8], value: &[&[u8]]) {
        let into = &mut self.0;
        into.reserve(HEAD_BYTES + list.len() + element.len() + VARINT_BYTES_MAX + parts_len(value));
        into.extend_from_slice(&[of as u8, list.len() as u8, 0, 0, 0, 0]);
        into.extend_from_slice(list);
        let at = into.len();
        into.extend_from_slice(element);
        put_varint(parts_len(value) as u64, into);
        value.iter().for_each(|part| into.extend_from_slice(part));
        let added = into.len() - at;
        let length = at - list.len() - 4;
        into[length..length + 4].copy_from_slice(&(added as u32).to_le_bytes());
    }

    fn iter(&self) -> impl Iterator<Item = Element<'_>> {
        let mut rest = &*self.0;
        std::iter::from_fn(move || {
            let held = rest;
            let ([of, list, length @ ..], after) = rest.split_first_chunk::<HEAD_BYTES>()?;
            let (list, after) = after.split_at(usize::from(*list));
            let (bytes, after) = after.split_at(u32::from_le_bytes(*length) as usize);
            rest = after;
            let of = ListOf::ALL[usize::from(*of)];
            let held = &held[..held.len() - after.len()];
            Some(Element { of, list, bytes, held })
        })
    }
}

fn parts_len(value: &[&[u8]]) -> usize {
    value.iter().map(|part| part.len()).sum()
}

/// A part of the lists of a shard.
#[derive(Debug, Default)]
struct Part {
    now: Elements,
    /// What is being made into rows.
    leaving: Arc<Elements>,
}

/// Parts of the lists of a shard: who looks for a list goes over some tens of kilobytes.
const PARTS: usize = 256;

/// Under one lock and not one each: to take a lock where no cache holds it takes longer than to add an element, and what
/// comes after has to wait for it.
type Parts = [Part; PARTS];

fn part_of(list: &[u8]) -> usize {
    usize::from(list.iter().fold(0, |part, byte| part ^ byte)) % PARTS
}

/// What is counted of the lists of one shard that are not written yet.
#[derive(Debug, Default)]
struct Counted {
    bytes: usize,
    /// Bytes of the frames whose elements are here: a start reads them again.
    frames: usize,
    /// Bytes that count as gathered though they never came: shards that began together would be full together for ever.
    head_start: usize,
    /// How far each view is noted here or written, and the version of its rows.
    noted: BTreeMap<ViewName, (u32, u64)>,
    /// Empty, and as large as the elements of a frame were.
    frame: Elements,
}

/// The lists of one shard that are not written yet.
#[derive(Debug)]
struct OfShard {
    parts: Mutex<Box<Parts>>,
    /// Held by whoever adds or lets leave, from the first element of a frame to its note.
    counted: Mutex<Counted>,
    /// Held while rows are written.
    writing: Mutex<()>,
    /// The last frame of which anything is in a row.
    in_rows: AtomicU64,
}

impl Default for OfShard {
    fn default() -> Self {
        Self {
            parts: Mutex::new(Box::new(std::array::from_fn(|_| Part::default()))),
            counted: Mutex::default(),
            writing: Mutex::default(),
            // Until it is told otherwise.
            in_rows: AtomicU64::new(u64::MAX),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl OfShard {
    /// Lets all elements leave for their rows, and tells what was counted.
    fn leave(&self) -> (Vec<Arc<Elements>>, Counted) {
        let mut counted = lock(&self.counted);
        let leave = |part: &mut Part| {
            part.leaving = Arc::new(std::mem::take(&mut part.now));
            Arc::clone(&part.leaving)
        };
        let leaving = lock(&self.parts).iter_mut().map(leave).collect();
        (leaving, std::mem::take(&mut *counted))
    }

    /// They are rows, and need not be here any more. The memory of each part is used again, up to so many bytes.
    fn have_left(&self, leaving: Vec<Arc<Elements>>, kept: usize) {
        for (number, left) in leaving.into_iter().enumerate() {
            // Freed without a reader waiting.
            let held = std::mem::take(&mut lock(&self.parts)[number].leaving);
            drop(held);
            if let Ok(Elements(mut again)) = Arc::try_unwrap(left) {
                again.clear();
                again.shrink_to(kept);
                let now = &mut lock(&self.parts)[number].now.0;
                // In a few milliseconds little has come.
                again.extend_from_slice(now);
                *now = again;
            }
        }
    }
}

/// The lists of a shard, for the one who adds to them.
pub(crate) struct Gathering<'l> {
    parts: &'l Mutex<Box<Parts>>,
    /// Since the last frame.
    added: RefCell<Elements>,
    counted: MutexGuard<'l, Counted>,
}

impl Gathering<'_> {
    /// Adds an element to a list: the end of its key, and what it holds; each key and value in parts.
    pub(super) fn add(&self, of: ListOf, list: &[&[u8]], element: &[u8], value: &[&[u8]]) {
        let mut key = [0; LIST_KEY_MAX];
        let mut length = 0;
        for part in list {
            key[length..length + part.len()].copy_from_slice(part);
            length += part.len();
        }
        let key = &key[..length];
        self.added.borrow_mut().add(of, key, element, value);
    }

    /// Notes that the elements of a frame are here, which may be none: now they are shown.
    pub(super) fn pass(&mut self, bytes: usize) {
        let mut parts = lock(self.parts);
        let mut frame = self.added.take();
        for added in frame.iter() {
            parts[part_of(added.list)].now.0.extend_from_slice(added.held);
            self.counted.bytes += added.bytes.len();
        }
        drop(parts);
        self.counted.frames += bytes;
        frame.0.clear();
        self.counted.frame = frame;
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
        let count = usize::from(map.shards());
        let bytes_max = bytes_max / count;
        let of_shard = |number| {
            let head_start = bytes_max * number / count;
            OfShard {
                counted: Mutex::new(Counted {
                    head_start,
                    ..Counted::default()
                }),
                ..OfShard::default()
            }
        };
        let shards = (0..count).map(of_shard).collect();
        Self { shards, bytes_max }
    }

    /// The lists of a shard, for one at a time to add to, frame by frame.
    pub(super) fn of(&self, shard: ShardId) -> Gathering<'_> {
        let OfShard { parts, counted, .. } = &self.shards[usize::from(shard.0)];
        let mut counted = lock(counted);
        let added = RefCell::new(std::mem::take(&mut counted.frame));
        Gathering { parts, added, counted }
    }

    /// Whether as much has come together as may, or the journal has gone on for as long as a start may read again.
    pub(super) fn is_full(&self, shard: ShardId) -> bool {
        let counted = lock(&self.shards[usize::from(shard.0)].counted);
        let left = self.bytes_max - counted.head_start;
        counted.bytes >= left || counted.frames >= left.saturating_mul(FRAMES_FACTOR)
    }

    /// Writes the lists of a shard, and calls `between` wherever it may be interrupted for a while; how many rows and bytes.
    pub(crate) fn write(
        &self,
        store: &Store,
        shard: ShardId,
        mut between: impl FnMut(),
    ) -> Result<(u64, u64), StoreFault> {
        let of_shard = &self.shards[usize::from(shard.0)];
        let _writing = lock(&of_shard.writing);
        let (leaving, mut counted) = of_shard.leave();
        let sequence = counted.noted.values().map(|(_, sequence)| *sequence).max();
        // Nothing is added without a note.
        let Some(sequence) = sequence else {
            of_shard.have_left(leaving, self.kept());
            return Ok((0, 0));
        };
        let last = Position { shard, sequence };
        // A part fits the nearest cache, and the lists of all parts are far fewer than their elements.
        let sorted: Vec<Vec<_>> = leaving
            .iter()
            .map(|part| {
                let mut elements: Vec<_> = part.iter().collect();
                elements.sort_by_key(Element::of_list);
                between();
                elements
            })
            .collect();
        let of_one = |a: &Element<'_>, b: &Element<'_>| a.of_list() == b.of_list();
        let mut lists: Vec<_> = sorted.iter().flat_map(|elements| elements.chunk_by(of_one)).collect();
        lists.sort_unstable_by_key(|list| list[0].of_list());
        let mut written = (0, 0);
        // Until they are rows they stay here: whoever looks here and then on disk finds each at least once. Where that fails
        // they stay for good, and the house stops.
        let mut write = |batch: WriteBatch| {
            written.0 += batch.len() as u64;
            written.1 += batch.size_in_bytes() as u64;
            store.write_views(batch)
        };
        let (mut row, mut held) = (Vec::new(), Vec::new());
        for of_view in lists.chunk_by(|a, b| a[0].view() == b[0].view()) {
            let mut batch = WriteBatch::default();
            for elements in of_view {
                let (of, list) = elements[0].of_list();
                row.clear();
                row.extend_from_slice(list);
                row.extend_from_slice(&last.to_bytes());
                held.clear();
                elements
                    .iter()
                    .for_each(|element| held.extend_from_slice(element.bytes));
                batch.put_cf(store.family(of.family()), &row, &held);
                between();
            }
            let view = of_view[0][0].view();
            if let Some((version, sequence)) = counted.noted.remove(&view) {
                positions::write(store, &mut batch, view, version, shard, sequence);
            }
            write(batch)?;
            between();
        }
        // Of views that have come as far and had nothing to say.
        let mut batch = WriteBatch::default();
        for (view, (version, sequence)) in counted.noted {
            positions::write(store, &mut batch, view, version, shard, sequence);
        }
        write(batch)?;
        of_shard.in_rows.store(sequence, Ordering::Release);
        of_shard.have_left(leaving, self.kept());
        Ok(written)
    }

    /// Tells of a store that was opened up to which frame rows were written before.
    pub(super) fn were_written(&self, shard: ShardId, sequence: u64) {
        self.shards[usize::from(shard.0)]
            .in_rows
            .store(sequence, Ordering::Release);
    }

    /// Whether there may be rows with elements of frames after this one. To be asked after [`Self::look`].
    fn has_rows_after(&self, shard: ShardId, sequence: u64) -> bool {
        self.shards[usize::from(shard.0)].in_rows.load(Ordering::Acquire) > sequence
    }

    /// Shows the elements of a list that are not written yet.
    fn look(
        &self,
        shard: ShardId,
        of: ListOf,
        list: &[u8],
        mut look: impl FnMut(&[u8]) -> Result<ControlFlow<()>, Undecodable>,
    ) -> Result<ControlFlow<()>, Undecodable> {
        let mut each = |elements: &Elements| {
            let held = elements.iter().filter(|element| element.of_list() == (of, list));
            for element in held {
                if look(element.bytes)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            Ok(ControlFlow::Continue(()))
        };
        let parts = lock(&self.shards[usize::from(shard.0)].parts);
        let part = &parts[part_of(list)];
        let leaving = Arc::clone(&part.leaving);
        if each(&part.now)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        drop(parts);
        each(&leaving)
    }

    /// Bytes that a part keeps for the next elements: twice its share.
    fn kept(&self) -> usize {
        self.bytes_max / PARTS * 2
    }
}

/// Bytes of journal for each byte of elements that may be gathered: most frames of bets have more of those than bytes, those
/// of feeds have none.
const FRAMES_FACTOR: usize = 4;
/// Bytes of the key of a list at the most.
const LIST_KEY_MAX: usize = 32;

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
        look: impl FnMut(&[u8], &[u8]) -> ControlFlow<()>,
    ) -> Result<(), StoreFault> {
        self.elements_after(of, shard, list, element, 0, look)
    }

    /// As [`Self::elements`], at least those of frames after this one.
    pub(crate) fn elements_after(
        &self,
        of: ListOf,
        shard: ShardId,
        list: &[u8],
        element: usize,
        sequence: u64,
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
        if !self.lists().has_rows_after(shard, sequence) {
            return Ok(());
        }
        // The key of a row ends with the last frame that it holds.
        let sequence = sequence + 1;
        let from = [list, &Position { shard, sequence }.to_bytes()].concat();
        for row in self.scan(of.family(), list, &from) {
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
    use super::super::positions::OWN_VERSION;
    use super::*;
    use crate::journal::StoreOptions;

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

    /// Protects bets from the rows of all shards being made at once: shards that gather as much as each other are full at
    /// different times, and go on so.
    #[test]
    fn shards_are_full_one_after_the_other() {
        let lists = Lists::new(SlotMap::try_new(4).expect("shards"), 4 * 700);
        let shards = [0, 1, 2, 3].map(ShardId);
        let mut full = Vec::new();
        for sequence in 1..=250 {
            for shard in shards {
                let mut gathering = lists.of(shard);
                gathering.add(ListOf::View, &[b"a"], &[1], &[b"value"]);
                gathering.pass(0);
                gathering.note(VIEW, 1, sequence);
                drop(gathering);
                if lists.is_full(shard) {
                    let of_shard = &lists.shards[usize::from(shard.0)];
                    of_shard.have_left(of_shard.leave().0, 0);
                    full.push((sequence, shard.0));
                }
            }
        }
        // Each 100 elements of 7 bytes from the first time on.
        let at = [
            (25, 3),
            (50, 2),
            (75, 1),
            (100, 0),
            (125, 3),
            (150, 2),
            (175, 1),
            (200, 0),
            (225, 3),
            (250, 2),
        ];
        assert_eq!(full, at);
    }

    /// Protects lists from elements that a start after a crash would not read again, or would add twice: whenever the writer
    /// rests, the position of each view is on disk where its rows are and only there, and what is in no row is shown.
    #[test]
    fn rows_come_with_the_position_of_their_view() {
        let folder = tempfile::tempdir().expect("a folder");
        let map = SlotMap::try_new(1).expect("a shard");
        let store = Store::open(folder.path(), map, &StoreOptions::default()).expect("opens");
        let lists = Lists::new(map, 100);
        let last = Position {
            shard: SHARD,
            sequence: 7,
        };
        let views = [
            (ViewName::OUTCOMES, ListOf::Outcomes, b"\x01player"),
            (ViewName(1), ListOf::View, b"\x01player"),
            (ViewName(2), ListOf::View, b"\x02market"),
        ];
        let silent = ViewName(3);
        let mut gathering = lists.of(SHARD);
        for (view, of, list) in views {
            gathering.add(of, &[list], &[1], &[b"value"]);
            gathering.note(view, OWN_VERSION, last.sequence);
        }
        gathering.note(silent, OWN_VERSION, last.sequence);
        gathering.pass(30);
        drop(gathering);
        let position = |view| positions::read(&store, view, OWN_VERSION, SHARD).expect("a position");
        let written = || {
            views.map(|(view, of, list)| {
                let row = store.get(of.family(), &[list.as_slice(), &last.to_bytes()].concat());
                let written = row.expect("is looked for").is_some();
                assert_eq!(position(view), written.then_some(last.sequence), "{view:?}");
                written
            })
        };
        let mut seen = vec![written()];
        let rows = lists.write(&store, SHARD, || {
            assert_eq!(shown(&lists, b"\x02market"), [1], "until all are rows");
            seen.push(written());
        });
        assert_eq!(rows.expect("written").0, 3 + 4, "rows and positions");
        seen.push(written());
        seen.dedup();
        let one_after_the_other = [
            [false, false, false],
            [true, false, false],
            [true, true, false],
            [true, true, true],
        ];
        assert_eq!(seen, one_after_the_other);
        assert_eq!(position(silent), Some(last.sequence));
        assert_eq!(shown(&lists, b"\x02market"), []);
    }

    /// Protects answers to retries and pages of lists from an element that is nowhere for a moment, and those who ask for them
    /// from waiting for the views: an element is shown from when its frame was added until it is a row, whatever the writer holds.
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
                assert!(!shown(&lists, list).contains(element), "before the whole frame");
            }
            gathering.pass(30);
            for (list, element) in added {
                assert!(shown(&lists, list).contains(element), "a frame that is added");
            }
            gathering.note(VIEW, 1, sequence);
        };
        frame(&[(b"a", 1), (b"b", 2)]);
        assert!(!lists.is_full(SHARD));
        let (leaving, counted) = of_shard.leave();
        assert_eq!(counted.noted[&VIEW], (1, 1));
        assert_eq!((counted.bytes, counted.frames), (2 * (1 + 1 + 5), 30));
        frame(&[(b"a", 3)]);
        assert_eq!((shown(&lists, b"a"), shown(&lists, b"b")), (vec![1, 3], vec![2]));
        of_shard.have_left(leaving, 0);
        assert_eq!((shown(&lists, b"a"), shown(&lists, b"b")), (vec![3], vec![]));
        let (leaving, counted) = of_shard.leave();
        assert_eq!(counted.noted[&VIEW], (1, 2));
        assert_eq!(shown(&lists, b"a"), [3]);
        of_shard.have_left(leaving, 0);
        assert_eq!(shown(&lists, b"a"), []);
        (0..15).for_each(|element| frame(&[(b"c", element)]));
        assert!(lists.is_full(SHARD), "15 elements of 7 bytes");
        // Without a frame nothing is noted, and nothing is written.
        of_shard.have_left(of_shard.leave().0, 0);
        assert!(of_shard.leave().1.noted.is_empty());
    }
}
