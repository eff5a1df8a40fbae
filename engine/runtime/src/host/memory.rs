//! What an actor remembers of its latest commands.

use smallvec::SmallVec;

use crate::entity::CommandId;
use crate::journal::Reader;
use crate::views::{Dropped, Remembered, RememberedRef};

/// Outcomes up to which memory is kept as tight as it can be: what an entity at rest has. Each next step is another size for
/// the allocator, which keeps some of each.
const FEW: usize = 32;
/// Heads that lie in the memory itself: of what is held, and of what waits for the views.
const HEADS_HERE: usize = 12;

/// The latest outcomes of an entity.
///
/// There is one of each entry, so that the version of each follows from that of the entity. They lie one after the other as
/// in a snapshot: very many entities are in memory, and a record of its own would be larger than most outcomes.
///
/// Invariant: an outcome is dropped only when it can be read from disk, so that a retry at any moment
/// finds its answer in one of the two.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// The oldest first, behind the bytes of what was let go.
    records: Vec<u8>,
    /// Bytes at the front that were let go.
    gone: u32,
    /// The oldest that came from a snapshot: they can be read from disk.
    restored: u32,
    durable: Durable,
    /// The first bytes of the command of each: nearly every command is new, and is told from those held by these alone, which
    /// of an entity without a crowd lie here.
    heads: SmallVec<[u32; HEADS_HERE]>,
    dropped: Dropped,
}

/// What was last seen to be durable: the entries that bring the entity to this version are in frames up to this one. One such
/// note of all of them at once lets everything go that came before it: would each be noted when it is the oldest, an entity
/// with commands at shorter intervals than the views are behind would hold ever more.
#[derive(Debug, Clone, Copy, Default)]
struct Durable {
    version: u64,
    frame: u64,
}

impl Memory {
    /// What a snapshot remembered: all of it durable and readable.
    pub(super) fn restore(remembered: &[Remembered], dropped: Dropped) -> Self {
        let bytes = |remembered: &Remembered| RememberedRef::HEAD_BYTES + remembered.outcome.len();
        let mut memory = Self {
            records: Vec::with_capacity(remembered.iter().map(bytes).sum()),
            heads: SmallVec::with_capacity(remembered.len()),
            restored: remembered.len() as u32,
            dropped,
            ..Self::default()
        };
        remembered
            .iter()
            .for_each(|remembered| memory.hold(remembered.by_ref()));
        memory
    }

    /// The outcome of a command that is still held.
    pub(super) fn find(&self, command: CommandId) -> Option<RememberedRef<'_>> {
        let sought = head(command);
        if !self.heads.contains(&sought) {
            return None;
        }
        self.iter().find(|remembered| remembered.command == command)
    }

    /// As [`crate::entity::Entity::touch`]: what is looked at for a command and changed by it.
    pub(super) fn touch(&self, command: CommandId) -> u64 {
        let last = self.records.last().copied().unwrap_or(0);
        let of_heads = |first: &u32| {
            let oldest = next(&mut self.reader()).command;
            u64::from(*first) ^ self.dropped.touch_to_insert(oldest)
        };
        let oldest = self.heads.first().map_or(0, of_heads);
        u64::from(last) ^ oldest ^ self.dropped.touch_to_seek(command)
    }

    /// Commands whose outcomes are on disk alone.
    pub(super) fn dropped(&self) -> &Dropped {
        &self.dropped
    }

    /// Holds the outcome of the entity's next entry.
    pub(super) fn hold(&mut self, remembered: RememberedRef<'_>) {
        self.make_room(RememberedRef::HEAD_BYTES + remembered.outcome.bytes.len());
        remembered.put(&mut self.records);
        if self.heads.len() == self.heads.capacity() && self.heads.len() < FEW {
            self.heads.reserve_exact(1);
        }
        self.heads.push(head(remembered.command));
    }

    /// Makes room for so many bytes. What was let go is taken off the front only when there is none. A few outcomes get half
    /// to spare; where many wait for the views as much again, so that each byte is moved a few times.
    fn make_room(&mut self, bytes: usize) {
        if self.records.capacity() - self.records.len() >= bytes {
            return;
        }
        self.records.drain(..self.gone as usize);
        self.gone = 0;
        let live = self.records.len();
        let spare = if self.heads.len() < FEW { live / 2 } else { live };
        let needed = live + bytes + spare;
        self.records.reserve_exact(needed - live);
        // After a crowd of commands that waited for the views.
        if self.records.capacity() / 8 > needed {
            self.records.shrink_to(needed);
        }
    }

    /// Drops the oldest beyond `keep`, as far as the views have them. `version` is that of the entity, `durable_version` what
    /// the journal has of it, `durable` and `viewed` are positions of its shard.
    pub(super) fn trim(&mut self, keep: usize, version: u64, durable_version: u64, durable: u64, viewed: u64) {
        self.let_go(keep, Dropped::insert, |memory, held| {
            if memory.restored > 0 {
                return true;
            }
            let oldest = (version + 1).saturating_sub(held as u64);
            if oldest > memory.durable.version {
                memory.durable = Durable {
                    version: durable_version,
                    frame: durable,
                };
            }
            oldest <= memory.durable.version && memory.durable.frame <= viewed
        });
    }

    /// Drops the oldest beyond `keep` of an entity whose commands are idempotent by their content.
    pub(super) fn trim_freely(&mut self, keep: usize) {
        self.let_go(keep, |_, _| (), |_, _| true);
    }

    /// Drops the oldest beyond `keep`, all of which can be read from disk.
    pub(super) fn trim_readable(&mut self, keep: usize) {
        self.let_go(keep, Dropped::insert, |_, _| true);
    }

    /// Lets the oldest go beyond `keep`, one after the other, while it `may`: asked with how many are held. Their commands are
    /// noted.
    fn let_go(&mut self, keep: usize, note: impl Fn(&mut Dropped, CommandId), may: impl Fn(&mut Self, usize) -> bool) {
        let before = self.heads.len();
        let mut held = before;
        while held > keep && may(self, held) {
            let mut reader = self.reader();
            let oldest = next(&mut reader).command;
            self.gone = (self.records.len() - reader.left()) as u32;
            self.restored = self.restored.saturating_sub(1);
            note(&mut self.dropped, oldest);
            held -= 1;
        }
        self.heads.drain(..before - held);
    }

    fn reader(&self) -> Reader<'_> {
        Reader::new(&self.records[self.gone as usize..])
    }

    /// All that is held, oldest first.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = RememberedRef<'_>> {
        let mut reader = self.reader();
        self.heads.iter().map(move |_| next(&mut reader))
    }
}

fn next<'a>(reader: &mut Reader<'a>) -> RememberedRef<'a> {
    RememberedRef::read(reader).expect("outcomes are held as they were put")
}

fn head(command: CommandId) -> u32 {
    let [a, b, c, d, ..] = command.0;
    u32::from_le_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::Sought;

    fn outcome(name: u8) -> Remembered {
        Remembered {
            command: CommandId([name; 16]),
            fingerprint: name.into(),
            accepted: true,
            outcome: vec![name; name.into()].into(),
        }
    }

    /// Protects a retry from finding its answer nowhere: held until durable, then until viewed.
    #[test]
    fn an_outcome_is_dropped_only_when_the_views_have_it() {
        let mut memory = Memory::default();
        (1..=3).for_each(|name| memory.hold(outcome(name).by_ref()));
        // given (durable version, durable frame, viewed frame) -> what is still held
        let table = [
            ((0, 10, 10), 3, "nothing is durable"),
            (
                (1, 12, 11),
                3,
                "the first is durable in a frame up to 12, the views are at 11",
            ),
            ((2, 15, 12), 2, "the views have reached 12; the second is noted at 15"),
            ((3, 16, 14), 2, "15 is not viewed yet"),
            ((3, 17, 15), 1, "15 is viewed; one is kept by its bound"),
        ];
        for ((version, durable, viewed), held, why) in table {
            memory.trim(1, 3, version, durable, viewed);
            assert_eq!(memory.iter().len(), held, "{why}");
        }
        assert_eq!(memory.dropped().sought(CommandId([1; 16])), Sought::InList);
        assert!(memory.find(CommandId([3; 16])).is_some());
        assert!(memory.find(CommandId([1; 16])).is_none());
    }

    /// Protects memory, and snapshots, of an entity whose commands come faster than the views are told of them: it holds what
    /// came while they fell behind twice, and no more the longer it goes on.
    #[test]
    fn a_crowd_does_not_add_up_while_the_views_are_behind() {
        // given a command in each frame, durable two frames later and viewed so many after that, then held at the most
        for (behind, most) in [(0, 8), (1, 10), (10, 28), (100, 208), (1_000, 2_008)] {
            let mut memory = Memory::default();
            for version in 1..=20_000_u64 {
                memory.hold(outcome(1).by_ref());
                let durable = version.saturating_sub(2);
                memory.trim(8, version, durable, durable, durable.saturating_sub(behind));
                let held = memory.iter().len() as u64;
                assert!(held <= most, "{held} held, the views {behind} frames behind");
                assert!(held >= (behind + 2).min(version), "the views lack what was let go");
            }
        }
    }

    /// Protects retries from another's answer: whatever is held and let go, and however long outcomes are, each that is held
    /// is found as it was, in order, and no other.
    #[test]
    fn what_is_held_is_what_was_put() {
        for keep in [0, 1, 8, 40] {
            let mut memory = Memory::default();
            for name in 1..=200 {
                memory.hold(outcome(name).by_ref());
                memory.trim_freely(keep);
                let first = name - u8::try_from(keep).expect("small").min(name) + 1;
                let held: Vec<u8> = memory.iter().map(|held| held.command.0[0]).collect();
                assert_eq!(held, (first..=name).collect::<Vec<_>>(), "{keep} held after {name}");
                for known in 1..=name {
                    let expected = outcome(known);
                    let found = memory.find(expected.command);
                    let found = found.map(|found| (found.fingerprint, found.outcome.accepted, found.outcome.bytes));
                    let wanted = (known >= first).then_some((expected.fingerprint, true, &*expected.outcome));
                    assert_eq!(found, wanted, "{known} after {name}, {keep} held");
                }
            }
            let all: Vec<_> = (1..=200).map(outcome).collect();
            let restored = Memory::restore(&all, Dropped::None);
            assert_eq!(
                restored.iter().map(|held| held.command).collect::<Vec<_>>(),
                all.iter().map(|held| held.command).collect::<Vec<_>>()
            );
        }
    }

    /// Protects from waiting for views that have it already: what came from a snapshot is let go first and at once.
    #[test]
    fn what_came_from_a_snapshot_is_readable() {
        let mut memory = Memory::restore(&[outcome(1), outcome(2)], Dropped::None);
        memory.hold(outcome(3).by_ref());
        memory.trim(0, 3, 2, 9, 5);
        let held: Vec<u8> = memory.iter().map(|held| held.command.0[0]).collect();
        assert_eq!(held, [3], "the third is in no frame that the views have");
    }

    /// Protects the memory of very many entities: eight outcomes take their own bytes and half as many more.
    #[test]
    fn outcomes_take_little_more_than_their_bytes() {
        let mut memory = Memory::default();
        for name in 0..200 {
            let outcome = Remembered {
                outcome: vec![0; 40].into(),
                ..outcome(name)
            };
            memory.hold(outcome.by_ref());
            memory.trim_freely(8);
        }
        let bytes = memory.records.capacity() + memory.heads.capacity() * 4;
        assert!(
            bytes <= 13 * (RememberedRef::HEAD_BYTES + 40 + 4),
            "{bytes} bytes for 8 outcomes"
        );
    }
}
