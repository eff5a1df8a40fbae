//! Which commands an entity may have carried out whose outcome it does not hold any more.
//!
//! Nearly every command is new. To find that out by a search of the disk would cost more than to carry it out, so an entity
//! keeps a Bloom filter of the ids that it has let go: a new id is known to be new, and only one in some hundred is looked
//! for on disk in vain. It is part of the snapshot, so that nothing is read at a start.

use crate::entity::{CommandId, Undecodable};
use crate::journal::{Reader, put_varint};

/// Ids that were let go. What it says to be new is new; what it does not may be either.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Dropped {
    /// None was.
    #[default]
    None,
    /// Those in the filters, the last of which has room.
    Some(Vec<Filter>),
    /// Too many to be kept, or from before they were: each id is looked for.
    Unknown,
}

/// A Bloom filter of ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    ids: u32,
    words: Box<[u64]>,
}

/// Ids in the first filter; each next one has room for twice as many.
const IDS_FIRST: u32 = 32;
/// Filters at the most: 4,064 ids in 5 KiB. An entity with more is asked for on disk, and pays for it itself.
const FILTERS_MAX: usize = 7;
/// Bits for each id, and bits set by each: one in a hundred ids that are new is looked for in vain.
const BITS_PER_ID: u32 = 10;
const PROBES: u64 = 7;

impl Filter {
    fn new(level: usize) -> Self {
        let words = (capacity(level) * BITS_PER_ID).div_ceil(64);
        Self {
            ids: 0,
            words: vec![0; words as usize].into(),
        }
    }

    /// The bits of an id, which is a digest already.
    fn bits(&self, id: CommandId) -> impl Iterator<Item = (usize, u64)> + use<> {
        let half = |at: usize| {
            let mut half = [0; 8];
            half.copy_from_slice(&id.0[at..at + 8]);
            u64::from_le_bytes(half)
        };
        let (first, step, bits) = (half(0), half(8) | 1, self.words.len() as u64 * 64);
        (0..PROBES).map(move |probe| {
            let bit = first.wrapping_add(probe.wrapping_mul(step)) % bits;
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
        let filters = match self {
            Self::Unknown => return,
            Self::None => {
                *self = Self::Some(Vec::new());
                return self.insert(id);
            }
            Self::Some(filters) => filters,
        };
        let full = |(level, filter): (usize, &Filter)| filter.ids >= capacity(level);
        if filters.iter().enumerate().next_back().is_none_or(full) {
            if filters.len() == FILTERS_MAX {
                *self = Self::Unknown;
                return;
            }
            filters.push(Filter::new(filters.len()));
        }
        if let Some(last) = filters.last_mut() {
            last.insert(id);
        }
    }

    /// Whether the id may have been let go; `false` is certain.
    pub(crate) fn may_hold(&self, id: CommandId) -> bool {
        match self {
            Self::None => false,
            Self::Some(filters) => filters.iter().any(|filter| filter.may_hold(id)),
            Self::Unknown => true,
        }
    }

    pub(super) fn encode(&self, into: &mut Vec<u8>) {
        let filters = match self {
            Self::Unknown => return into.push(u8::MAX),
            Self::None => return into.push(0),
            Self::Some(filters) => filters,
        };
        into.push(filters.len() as u8);
        for filter in filters {
            put_varint(filter.ids.into(), into);
            filter
                .words
                .iter()
                .for_each(|word| into.extend_from_slice(&word.to_le_bytes()));
        }
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, Undecodable> {
        let count = match reader.byte("dropped ids")? {
            0 => return Ok(Self::None),
            u8::MAX => return Ok(Self::Unknown),
            count => usize::from(count),
        };
        if count > FILTERS_MAX {
            return Err(Undecodable(format!("{count} filters of dropped ids")));
        }
        let mut filters = Vec::new();
        for level in 0..count {
            let mut filter = Filter::new(level);
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
        Ok(Self::Some(filters))
    }
}

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
        assert!(!dropped.may_hold(id(0)));
        // so many ids let go -> of 1,000 new ones, at most so many are looked for
        for (count, vain) in [
            (1, 5),
            (31, 30),
            (32, 30),
            (33, 30),
            (1_000, 60),
            (4_064, 80),
            (4_065, 1_000),
            (6_000, 1_000),
        ] {
            let known = match &dropped {
                Dropped::Some(filters) => filters.iter().map(|filter| filter.ids).sum(),
                _ => 0,
            };
            (known.min(count)..count).for_each(|name| dropped.insert(id(name)));
            let mut bytes = Vec::new();
            dropped.encode(&mut bytes);
            let read = Dropped::decode(&mut Reader::new(&bytes)).expect("what was written");
            assert_eq!(read, dropped, "{count}");
            assert!((0..count).all(|name| read.may_hold(id(name))), "{count}");
            let looked_for = (1_000_000..1_001_000).filter(|name| read.may_hold(id(*name))).count();
            assert!(looked_for <= vain, "{count}: {looked_for} of 1,000");
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
        for (what, bytes) in [("too many filters", vec![8]), ("too many ids", vec![1, 33])] {
            assert!(Dropped::decode(&mut Reader::new(&bytes)).is_err(), "{what}");
        }
    }
}
