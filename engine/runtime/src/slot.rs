//! Where a key lives: 4,096 slots, mapped onto the shards of a deployment.
//!
//! Invariant: the function from key to slot never changes; data on disk depends on it.

use crate::entity::EntityKey;

/// How many slots there are. Final: a deployment may change its shards, never its slots.
pub const SLOTS: u16 = 4_096;

/// One of the [`SLOTS`] parts of the key space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u16);

/// A journal with one owner; the unit of ordering, hashing and moving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShardId(pub u16);

/// The slot of a key: the top 12 bits of the splitmix64 finaliser over id and kind.
#[must_use]
pub fn slot_of(key: EntityKey) -> Slot {
    let mut x = key
        .id
        .wrapping_add((u64::from(key.kind) + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^= x >> 31;
    Slot((x >> 52) as u16)
}

/// The shards of a deployment and the slots that each holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotMap {
    shards: u16,
}

impl SlotMap {
    /// The most shards a deployment may have: each journal syncs by itself, so more would undo group commit.
    pub const SHARDS_MAX: u16 = 256;

    /// A map of all slots onto `shards` shards in contiguous runs; `None` outside `1..=256`.
    #[must_use]
    pub fn try_new(shards: u16) -> Option<Self> {
        (1..=Self::SHARDS_MAX).contains(&shards).then_some(Self { shards })
    }

    /// How many shards there are.
    #[must_use]
    pub fn shards(self) -> u16 {
        self.shards
    }

    /// The shard that holds a slot.
    #[must_use]
    pub fn shard_of(self, slot: Slot) -> ShardId {
        ShardId((u32::from(slot.0) * u32::from(self.shards) / u32::from(SLOTS)) as u16)
    }

    /// The shard that holds a key.
    #[must_use]
    pub fn locate(self, key: EntityKey) -> ShardId {
        self.shard_of(slot_of(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects data on disk: a key keeps its slot for ever.
    #[test]
    fn slots_of_known_keys_never_change() {
        let known = [
            (1, 0, 1_767),
            (1, 1, 3_054),
            (1, u64::MAX, 3_737),
            (2, 0, 108),
            (2, 42, 1_141),
        ];
        let got = known.map(|(kind, id, _)| (kind, id, slot_of(EntityKey { kind, id }).0));
        assert_eq!(got, known);
    }

    /// Protects the balance of shards: sequential ids spread over every slot and every shard.
    #[test]
    fn sequential_keys_spread_evenly() {
        let map = SlotMap::try_new(64).expect("within bounds");
        let mut counts = [0_u32; 64];
        for id in 0..64_000 {
            counts[usize::from(map.locate(EntityKey { kind: 1, id }).0)] += 1;
        }
        assert!(counts.iter().all(|count| (800..1_200).contains(count)), "{counts:?}");
        assert_eq!((SlotMap::try_new(0), SlotMap::try_new(257)), (None, None));
    }
}
