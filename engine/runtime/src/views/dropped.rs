//! Which commands an entity may have carried out whose outcome it does not hold any more.
//!
//! Nearly every command is new. To find that out by a search of the disk would cost more than to carry it out, so an entity
//! keeps Bloom filters of the ids that it has let go: a new id is known to be new, and only one in some thousands is looked
//! for on disk in vain. They are part of the snapshot, so that nothing is read at a start. They hold the ids whose outcomes
//! are in a list; what an entity does after those has a row each, for which the store has filters.

use crate::entity::{CommandId, Undecodable};
use crate::journal::{Reader, put_varint};

/// Ids that were let go. What it says to be new is new; what it does not may be either.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Dropped {
    /// None was.
    #[default]
    None,
    /// Those in the filters, the last of which may have room; and others if they are `full`.
    Some {
        /// Each with twice the room of the one before.
        filters: Vec<Filter>,
        /// There were more than have room.
        full: bool,
    },
    /// From before they were kept: each id is looked for.
    Unknown,
}

/// Where the outcome of an id may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sought {
    /// It is new.
    Nowhere,
    /// In a row of its own.
    InRows,
    /// In the list of the entity, or in a row.
    InList,
}

/// A Bloom filter of ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    ids: u32,
    density: Density,
    words: Box<[u64]>,
}

/// Bits for each id and bits set by each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Density {
    bits: u32,
    probes: u32,
    places: Places,
}

/// Where the bits of an id are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Places {
    /// Each where a part of the id says that no other bit depends on.
    Apart,
    /// In equal steps: in a small filter many ids have the same.
    Steps,
}

/// A full filter has one in forty thousand new ids looked for in vain: few, as a list is searched for each. With few bits set for each id
/// most new ones are told by the first bit that is looked at, and an id that is let go touches little memory.
const DENSITY: Density = Density {
    bits: 32,
    probes: 6,
    places: Places::Apart,
};
/// Of filters from when memory was saved rather: one in two thousand, and in the smallest ten times as many.
const DENSITY_OF_LISTS: Density = Density {
    bits: 16,
    probes: 11,
    places: Places::Steps,
};
/// Of filters from when an outcome had a row: one in a hundred.
const DENSITY_OF_ROWS: Density = Density {
    bits: 10,
    probes: 7,
    places: Places::Steps,
};

/// Bits of an id for each of its places.
const APART_BITS: u32 = 21;
const _: () = assert!(
    DENSITY.probes * APART_BITS <= 128 && (DENSITY.bits * IDS_FIRST) << (FILTERS_MAX - 1) <= 1 << APART_BITS,
    "an id has bits for the places of each probe in the largest filter"
);

/// Ids in the first filter; each next one has room for twice as many.
const IDS_FIRST: u32 = 32;
/// Filters at the most: 8,160 ids in 32 KiB.
const FILTERS_MAX: usize = 8;
const _: () = assert!(
    super::LISTED_MAX <= (IDS_FIRST as u64) * ((1 << FILTERS_MAX) - 1),
    "all that is in a list is in the filters"
);

impl Filter {
    fn new(level: usize, density: Density) -> Self {
        let words = (capacity(level) * density.bits).div_ceil(64);
        Self {
            ids: 0,
            density,
            words: vec![0; words as usize].into(),
        }
    }

    /// The bits of an id, which is a digest already.
    fn bits(&self, id: CommandId) -> impl Iterator<Item = (usize, u64)> + use<> {
        let Density { probes, places, .. } = self.density;
        let (digest, bits) = (u128::from_le_bytes(id.0), self.words.len() as u64 * 64);
        let (first, step) = (digest as u64, (digest >> 64) as u64 | 1);
        // A division takes as long as all else, and is needed only where the bits are no power of two.
        let mask = bits.is_power_of_two().then_some(bits - 1);
        (0..probes).map(move |probe| {
            let at = match places {
                Places::Apart => (digest >> (probe * APART_BITS)) as u64,
                Places::Steps => first.wrapping_add(u64::from(probe).wrapping_mul(step)),
            };
            let bit = mask.map_or_else(|| at % bits, |mask| at & mask);
            ((bit / 64) as usize, 1 << (bit % 64))
        })
    }

    fn insert(&mut self, id: CommandId) {
        for (word, bit) in self.bits(id) {
            self.words[word] |= bit;
        }
        self.ids += 1;
    }

    fn may_hold(&self, id: CommandId) -> bool {
        self.bits(id).all(|(word, bit)| self.words[word] & bit != 0)
    }
}

fn capacity(level: usize) -> u32 {
    IDS_FIRST << level
}

impl Dropped {
    /// Takes in an id that is let go.
    pub(crate) fn insert(&mut self, id: CommandId) {
        let (filters, full) = match self {
            Self::Unknown => return,
            Self::None => {
                *self = Self::Some {
                    filters: Vec::new(),
                    full: false,
                };
                return self.insert(id);
            }
            Self::Some { filters, full } => (filters, full),
        };
        let has_room = |(level, filter): (usize, &Filter)| filter.ids < capacity(level);
        if !filters.iter().enumerate().next_back().is_some_and(has_room) {
            if filters.len() == FILTERS_MAX {
                *full = true;
                return;
            }
            filters.push(Filter::new(filters.len(), DENSITY));
        }
        if let Some(last) = filters.last_mut() {
            last.insert(id);
        }
    }

    /// As [`crate::entity::Entity::touch`]: what [`Self::insert`] changes.
    pub(crate) fn touch_to_insert(&self, id: CommandId) -> u64 {
        let last = self.filters().last();
        last.map_or(0, |last| last.bits(id).fold(0, |sum, (word, _)| sum ^ last.words[word]))
    }

    /// As [`crate::entity::Entity::touch`]: what [`Self::sought`] looks at for a new id.
    pub(crate) fn touch_to_seek(&self, id: CommandId) -> u64 {
        let first = |filter: &Filter| filter.bits(id).next().map_or(0, |(word, _)| filter.words[word]);
        self.filters().iter().map(first).fold(0, |sum, word| sum ^ word)
    }

    fn filters(&self) -> &[Filter] {
        match self {
            Self::Some { filters, .. } => filters,
            Self::None | Self::Unknown => &[],
        }
    }

    /// Where the outcome of an id is to be looked for.
    pub(crate) fn sought(&self, id: CommandId) -> Sought {
        match self {
            Self::None => Sought::Nowhere,
            Self::Some { filters, .. } if filters.iter().any(|filter| filter.may_hold(id)) => Sought::InList,
            Self::Some { full: true, .. } => Sought::InRows,
            Self::Some { full: false, .. } => Sought::Nowhere,
            Self::Unknown => Sought::InList,
        }
    }

    pub(super) fn encode(&self, into: &mut Vec<u8>) {
        let (filters, full) = match self {
            Self::Unknown => return into.push(UNKNOWN),
            Self::None => return into.push(NONE),
            Self::Some { filters, full } => (filters, *full),
        };
        into.push(filters.len() as u8 | OF_DENSITY | if full { FULL } else { 0 });
        for filter in filters {
            into.push(filter.density.bits as u8);
            put_varint(filter.ids.into(), into);
            filter
                .words
                .iter()
                .for_each(|word| into.extend_from_slice(&word.to_le_bytes()));
        }
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, Undecodable> {
        let head = match reader.byte("dropped ids")? {
            NONE => return Ok(Self::None),
            UNKNOWN => return Ok(Self::Unknown),
            head => head,
        };
        let (count, full) = (usize::from(head & !(OF_DENSITY | FULL)), head & FULL != 0);
        if count > FILTERS_MAX || head & OF_DENSITY == 0 && full {
            return Err(Undecodable(format!("dropped ids begin with {head}")));
        }
        let mut filters = Vec::new();
        for level in 0..count {
            let density = match head & OF_DENSITY {
                0 => DENSITY_OF_ROWS,
                _ => {
                    let bits = u32::from(reader.byte("filter")?);
                    let known = [DENSITY, DENSITY_OF_LISTS, DENSITY_OF_ROWS];
                    let density = known.into_iter().find(|density| density.bits == bits);
                    density.ok_or_else(|| Undecodable(format!("{bits} bits for each dropped id in filter {level}")))?
                }
            };
            let mut filter = Filter::new(level, density);
            let ids = reader.varint("dropped ids")?;
            filter.ids = u32::try_from(ids)
                .ok()
                .filter(|ids| *ids <= capacity(level))
                .ok_or_else(|| Undecodable(format!("{ids} dropped ids in filter {level}")))?;
            for word in &mut filter.words {
                *word = u64::from_le_bytes(reader.array("filter")?);
            }
            filters.push(filter);
        }
        Ok(Self::Some { filters, full })
    }
}

/// The first byte: how many filters, or one of these.
const NONE: u8 = 0;
const UNKNOWN: u8 = u8::MAX;
/// Each filter tells its density; those without have that of rows.
const OF_DENSITY: u8 = 0x40;
const FULL: u8 = 0x80;

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: u32) -> CommandId {
        CommandId::from_name(&name.to_le_bytes())
    }

    /// Protects commands from being carried out twice: an id that was let go is never taken for a new one, from memory
    /// or from a snapshot, however many there are; and players from searches: new ids are mostly known to be new.
    #[test]
    fn what_was_let_go_is_never_taken_for_new() {
        let mut dropped = Dropped::default();
        assert_eq!(dropped.sought(id(0)), Sought::Nowhere);
        // so many ids let go -> of 100,000 new ones, at most so many are looked for
        let mut known = 0;
        for (count, vain) in [
            (1, 0),
            (31, 8),
            (32, 8),
            (33, 8),
            (1_000, 25),
            (8_160, 40),
            (8_161, 40),
            (10_000, 40),
        ] {
            (known..count).for_each(|name| dropped.insert(id(name)));
            known = count;
            let mut bytes = Vec::new();
            dropped.encode(&mut bytes);
            let read = Dropped::decode(&mut Reader::new(&bytes)).expect("what was written");
            assert_eq!(read, dropped, "{count}");
            let listed = |name: u32| read.sought(id(name)) == Sought::InList;
            assert!((0..count.min(8_160)).all(listed), "{count}");
            assert!(
                (0..count).all(|name| read.sought(id(name)) != Sought::Nowhere),
                "{count}"
            );
            let looked_for = (1_000_000..1_100_000).filter(|name| listed(*name)).count();
            assert!(looked_for <= vain, "{count}: {looked_for} of 100,000");
        }
    }

    /// Protects stores of before: filters of another density say what they said, and go on.
    #[test]
    fn filters_of_other_densities_are_read() {
        for (density, head) in [(DENSITY_OF_ROWS, vec![1, 20]), (DENSITY_OF_LISTS, vec![0x41, 16, 20])] {
            let mut filter = Filter::new(0, density);
            (0..20).for_each(|name| filter.insert(id(name)));
            let mut bytes = head;
            filter.words.iter().for_each(|word| bytes.extend(word.to_le_bytes()));
            let mut read = Dropped::decode(&mut Reader::new(&bytes)).expect("as it was written");
            (20..100).for_each(|name| read.insert(id(name)));
            let mut again = Vec::new();
            read.encode(&mut again);
            let read = Dropped::decode(&mut Reader::new(&again)).expect("what was written");
            assert!(
                (0..100).all(|name| read.sought(id(name)) == Sought::InList),
                "{density:?}"
            );
        }
    }

    /// Protects from damaged snapshots: bytes that are no filter are refused.
    #[test]
    fn damaged_filters_are_refused() {
        let mut whole = Dropped::default();
        (0..40).for_each(|name| whole.insert(id(name)));
        let mut bytes = Vec::new();
        whole.encode(&mut bytes);
        for length in 0..bytes.len() {
            assert!(Dropped::decode(&mut Reader::new(&bytes[..length])).is_err(), "{length}");
        }
        for (what, bytes) in [
            ("too many filters", vec![9]),
            ("too many ids", vec![1, 33]),
            ("an unknown density", vec![0x41, 12, 1]),
            ("full before it could be", vec![0x81, 1]),
        ] {
            assert!(Dropped::decode(&mut Reader::new(&bytes)).is_err(), "{what}");
        }
    }
}
