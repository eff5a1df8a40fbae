//! The open bets of a player.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::slice;
use std::sync::OnceLock;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::event::Event;
use crate::bet::Bet;
use crate::codec;
use crate::exposure::Load;
use crate::ids::BetNo;
use crate::money::Amount;

/// Most bets that are kept as they are: a player who bets by hand has fewer.
const FEW: usize = 32;
/// Most bets of a block: some kilobytes, of which half are moved when one of its bets goes.
const BLOCK_MAX: usize = 64;

/// Open bets by number. A few are a sorted list that is as long as they are. Those that come when there are more are the bytes
/// that they have in a snapshot: so a snapshot copies them, where to write each anew costs more than to take the bets that came
/// since the last one; and they take less memory. A bet stays as it came, so that no bet pays for those before.
///
/// Invariant: the numbers of the list are below those that are bytes.
#[derive(Clone, Default)]
pub(super) struct OpenBets {
    few: Vec<(BetNo, Box<Bet>)>,
    /// `None` is none.
    many: Option<Box<Many>>,
}

/// However they are kept.
impl PartialEq for OpenBets {
    fn eq(&self, other: &OpenBets) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for OpenBets {}

impl OpenBets {
    /// Where in the list a bet is, or would be.
    fn at(&self, no: BetNo) -> Result<usize, usize> {
        match self.few.last() {
            // A new bet: nothing else of the list is looked at.
            Some((last, _)) if *last < no => Err(self.few.len()),
            _ => self.few.binary_search_by_key(&no, |(no, _)| *no),
        }
    }

    pub(super) fn get(&self, no: BetNo) -> Option<Cow<'_, Bet>> {
        match self.at(no) {
            Ok(at) => Some(Cow::Borrowed(&*self.few[at].1)),
            Err(_) => self.many.as_ref()?.get(no).map(Cow::Owned),
        }
    }

    /// Takes an event into the bet of this number. Whether there is such a bet.
    pub(super) fn apply(&mut self, no: BetNo, event: &Event) -> bool {
        if let Ok(at) = self.at(no) {
            self.few[at].1.apply(event);
            return true;
        }
        let Some(many) = &mut self.many else { return false };
        let Some(mut bet) = many.get(no) else { return false };
        bet.apply(event);
        many.put(&bet);
        true
    }

    /// Takes a bet in, under its number.
    pub(super) fn insert(&mut self, bet: Bet) {
        let no = bet.no();
        match self.at(no) {
            Ok(at) => *self.few[at].1 = bet,
            Err(at) if at == FEW || at == self.few.len() && self.many.is_some() => {
                self.many.get_or_insert_default().put(&bet);
            }
            Err(at) => {
                if self.few.len() == FEW
                    && let Some((_, last)) = self.few.pop()
                {
                    self.many.get_or_insert_default().put(&last);
                }
                // By half and not twice: most players have one.
                if self.few.len() == self.few.capacity() {
                    self.few.reserve_exact((self.few.len() / 2).max(1));
                }
                self.few.insert(at, (no, Box::new(bet)));
            }
        }
    }

    pub(super) fn remove(&mut self, no: BetNo) -> Option<Bet> {
        if let Ok(at) = self.at(no) {
            let (_, bet) = self.few.remove(at);
            if self.few.is_empty() {
                self.few = Vec::new();
            }
            return Some(*bet);
        }
        let many = self.many.as_mut()?;
        let bet = many.remove(no);
        if many.blocks.is_empty() {
            self.many = None;
        }
        bet
    }

    /// All of them, by number.
    pub(super) fn iter(&self) -> Iter<'_> {
        let many = self.many.as_ref();
        Iter {
            few: self.few.iter(),
            many: many.map(|many| many.part(many.blocks.len(), 0)),
        }
    }

    /// Those below a number, by number.
    pub(super) fn before(&self, no: BetNo) -> Iter<'_> {
        let many = self.many.as_ref().map(|many| {
            let (block, at) = many.find(no);
            many.part(block, either(at))
        });
        Iter {
            few: self.few[..either(self.at(no))].iter(),
            many,
        }
    }

    /// What all of them load the player's bounds with.
    pub(super) fn load(&self) -> Load {
        let few = (self.few.iter()).fold(Load::NONE, |sum, (_, bet)| sum.plus(bet.load()));
        self.many.as_ref().map_or(few, |many| few.plus(many.load().load()))
    }

    /// Appends the bytes that it has in a snapshot, those of a map from numbers to bets.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let many = self.many.as_ref();
        codec::encode(&(self.few.len() + many.map_or(0, |many| many.count())), out);
        self.few.iter().for_each(|bet| codec::encode(bet, out));
        let blocks = many.iter().flat_map(|many| &many.blocks);
        blocks.for_each(|block| out.extend_from_slice(&block.bytes));
    }
}

fn either(at: Result<usize, usize>) -> usize {
    at.unwrap_or_else(|at| at)
}

/// Bets as bytes, in blocks by number. No block is empty.
#[derive(Clone, Default)]
struct Many {
    blocks: Vec<Block>,
    /// Found when it is first asked for, by reading each bet, and kept from then on: most houses never ask.
    load: OnceLock<Sum>,
}

impl Many {
    /// The block where a bet is or belongs, and where in it. Where there is no block yet, that is the first.
    fn find(&self, no: BetNo) -> (usize, Result<usize, usize>) {
        let begins_by_then = |block: &Block| block.ends.first().is_some_and(|(first, _)| *first <= no);
        let block = self.blocks.partition_point(begins_by_then).saturating_sub(1);
        let at = self.blocks.get(block).map_or(Err(0), |block| block.find(no));
        (block, at)
    }

    fn load(&self) -> Sum {
        *self.load.get_or_init(|| {
            let mut sum = Sum::default();
            let bets = self.blocks.iter().flat_map(Block::iter);
            bets.for_each(|bet| sum.add(bet.load()));
            sum
        })
    }

    fn count(&self) -> usize {
        self.blocks.iter().map(Block::len).sum()
    }

    fn get(&self, no: BetNo) -> Option<Bet> {
        let (block, at) = self.find(no);
        at.ok().map(|at| self.blocks[block].read(at))
    }

    /// Takes a bet in, in the place of the one that has its number.
    fn put(&mut self, bet: &Bet) {
        let (mut block, at) = self.find(bet.no());
        let place = match at {
            Ok(at) => {
                if let Some(sum) = self.load.get_mut() {
                    sum.take_off(self.blocks[block].read(at).load());
                }
                at..at + 1
            }
            Err(at) => {
                // The newest begins a block of its own, so that those before stay full.
                let begins = at == BLOCK_MAX && block + 1 == self.blocks.len();
                if begins {
                    self.blocks[block].tighten();
                    block += 1;
                }
                if begins || self.blocks.is_empty() {
                    self.blocks.push(Block::default());
                }
                let at = if begins { 0 } else { at };
                at..at
            }
        };
        if let Some(sum) = self.load.get_mut() {
            sum.add(bet.load());
        }
        codec::with_bytes(&(bet.no(), bet), |bytes| {
            self.blocks[block].set(place, Some((bet.no(), bytes)));
        });
        if self.blocks[block].len() > BLOCK_MAX {
            let later = self.blocks[block].split_off(BLOCK_MAX / 2);
            self.blocks.insert(block + 1, later);
        }
    }

    fn remove(&mut self, no: BetNo) -> Option<Bet> {
        let (block, at) = self.find(no);
        let at = at.ok()?;
        let bet = self.blocks[block].read(at);
        if let Some(sum) = self.load.get_mut() {
            sum.take_off(bet.load());
        }
        self.blocks[block].set(at..at + 1, None);
        // What is left of blocks comes together, so that they are never far more than the bets need.
        let first = block.saturating_sub(1);
        for at in [block, first] {
            let together = self.blocks.get(at..at + 2).map(|two| two[0].len() + two[1].len());
            if together.is_some_and(|together| together <= BLOCK_MAX / 2) {
                let later = self.blocks.remove(at + 1);
                self.blocks[at].append(&later);
            }
        }
        if self.blocks.get(block).is_some_and(|block| block.len() == 0) {
            self.blocks.remove(block);
        } else if let Some(block) = self.blocks.get_mut(block) {
            block.tighten_half_empty();
        }
        Some(bet)
    }

    /// The bets of so many blocks, and so many of the next.
    fn part(&self, blocks: usize, more: usize) -> Part<'_> {
        let whole = self.blocks[..blocks].iter().map(|block| (block, block.len()));
        let next = self.blocks.get(blocks).map(|block| (block, more));
        let parts = whole.chain(next);
        let left = parts.clone().map(|(_, bets)| bets).sum();
        let bets = Box::new(parts.flat_map(|(block, bets)| (0..bets).map(|at| block.read(at))));
        Part { bets, left }
    }
}

/// What bets load together: exact, so that what was added can be taken off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    stake: i128,
    payout: i128,
    liability: i128,
}

impl Sum {
    fn add(&mut self, load: Load) {
        self.stake += i128::from(load.stake.0);
        self.payout += i128::from(load.payout.0);
        self.liability += i128::from(load.liability.0);
    }

    fn take_off(&mut self, load: Load) {
        self.stake -= i128::from(load.stake.0);
        self.payout -= i128::from(load.payout.0);
        self.liability -= i128::from(load.liability.0);
    }

    fn load(self) -> Load {
        let bounded = |sum: i128| {
            let end = if sum < 0 { i64::MIN } else { i64::MAX };
            Amount(i64::try_from(sum).unwrap_or(end))
        };
        Load {
            stake: bounded(self.stake),
            payout: bounded(self.payout),
            liability: bounded(self.liability),
        }
    }
}

/// Some bets by number, as they are in a snapshot: each its number and then itself.
#[derive(Clone, Default)]
struct Block {
    /// Of each bet its number and where its bytes end.
    ends: Vec<(BetNo, u32)>,
    bytes: Vec<u8>,
}

impl Block {
    fn len(&self) -> usize {
        self.ends.len()
    }

    fn find(&self, no: BetNo) -> Result<usize, usize> {
        match self.ends.last() {
            Some((last, _)) if *last < no => Err(self.ends.len()),
            _ => self.ends.binary_search_by_key(&no, |(no, _)| *no),
        }
    }

    /// Where the bytes of a bet begin, or where they would.
    fn start(&self, at: usize) -> usize {
        at.checked_sub(1).map_or(0, |before| self.ends[before].1 as usize)
    }

    fn read(&self, at: usize) -> Bet {
        let bytes = &self.bytes[self.start(at)..self.start(at + 1)];
        let read: Result<(BetNo, Bet), _> = codec::decode(bytes, bytes.len());
        read.expect("the bytes were made here from a bet").1
    }

    fn iter(&self) -> impl Iterator<Item = Bet> {
        (0..self.len()).map(|at| self.read(at))
    }

    /// Puts a bet, or none, where these are: one, or none.
    fn set(&mut self, place: Range<usize>, bet: Option<(BetNo, &[u8])>) {
        let (from, to) = (self.start(place.start), self.start(place.end));
        let put = bet.map_or(&[][..], |(_, bytes)| bytes);
        if from == self.bytes.len() {
            self.bytes.extend_from_slice(put);
        } else {
            self.bytes.splice(from..to, put.iter().copied());
        }
        let end = from + put.len();
        let first_moved = place.start + bet.iter().len();
        self.ends.splice(place, bet.map(|(no, _)| (no, position(end))));
        for (_, moved) in &mut self.ends[first_moved..] {
            *moved = position(*moved as usize - to + end);
        }
    }

    /// Takes the bets from this one on off.
    fn split_off(&mut self, at: usize) -> Block {
        let from = self.start(at);
        let bytes = self.bytes.split_off(from);
        let mut ends = self.ends.split_off(at);
        ends.iter_mut().for_each(|(_, end)| *end -= position(from));
        self.tighten();
        Block { ends, bytes }
    }

    fn append(&mut self, later: &Block) {
        let from = position(self.bytes.len());
        self.bytes.extend_from_slice(&later.bytes);
        self.ends.extend(later.ends.iter().map(|(no, end)| (*no, from + end)));
    }

    /// Gives memory back that nothing is in.
    fn tighten(&mut self) {
        self.bytes.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    fn tighten_half_empty(&mut self) {
        if self.bytes.len() < self.bytes.capacity() / 2 {
            self.tighten();
        }
    }
}

fn position(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("bets fit into a snapshot, which is far smaller than this")
}

/// Open bets, those that are bytes read one by one.
pub(super) struct Iter<'a> {
    few: slice::Iter<'a, (BetNo, Box<Bet>)>,
    many: Option<Part<'a>>,
}

/// Some of the bets that are bytes.
struct Part<'a> {
    bets: Box<dyn DoubleEndedIterator<Item = Bet> + 'a>,
    left: usize,
}

impl<'a> Iterator for Iter<'a> {
    type Item = Cow<'a, Bet>;

    fn next(&mut self) -> Option<Cow<'a, Bet>> {
        if let Some((_, bet)) = self.few.next() {
            return Some(Cow::Borrowed(bet));
        }
        let many = self.many.as_mut()?;
        many.left = many.left.saturating_sub(1);
        many.bets.next().map(Cow::Owned)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.few.len() + self.many.as_ref().map_or(0, |many| many.left);
        (left, Some(left))
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        if let Some(many) = &mut self.many
            && let Some(bet) = many.bets.next_back()
        {
            many.left = many.left.saturating_sub(1);
            return Some(Cow::Owned(bet));
        }
        self.few.next_back().map(|(_, bet)| Cow::Borrowed(&**bet))
    }
}

impl ExactSizeIterator for Iter<'_> {}

impl fmt::Debug for OpenBets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// As a map from numbers to bets, however they are kept.
impl Serialize for OpenBets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|bet| (bet.no(), bet)))
    }
}

impl<'de> Deserialize<'de> for OpenBets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<OpenBets, D::Error> {
        let bets = BTreeMap::<BetNo, Bet>::deserialize(deserializer)?;
        let mut open = OpenBets::default();
        bets.into_values().for_each(|bet| open.insert(bet));
        Ok(open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bet::{Combinations, Fund, Leg, LegOutcome, LegResult, Terms};
    use crate::ids::{EventId, MarketNo, SelectionNo, SelectionRef};
    use crate::ledger::TransferNo;
    use crate::market::Why;
    use crate::odds::Odds;
    use crate::ratio::Rounding;
    use crate::time::Time;

    /// An open bet of so many legs, each a line of its own.
    fn bet(no: u32, legs: u8) -> Bet {
        let leg = |at: u8| Leg {
            selection: SelectionRef {
                event: EventId(u64::from(no) * 256 + u64::from(at)),
                market: MarketNo(no),
                selection: SelectionNo(1),
            },
            price: Odds::parse("2.50").expect("a price"),
            market_version: 1,
            each_way: None,
        };
        let terms = Terms {
            no: BetNo(no),
            placed_at: Time(1_700_000_000_000),
            legs: (0..legs).map(leg).collect(),
            combinations: Combinations::of_sizes(&[1]),
            bankers: 0,
            unit_stake: Amount(i64::from(no)),
            stake: Amount(i64::from(no) * i64::from(legs)),
            fund: Fund::Cash,
            max_payout: Amount(1_000_000),
            rounding: Rounding::HalfUp,
            rules_version: 1,
        };
        Bet::new(terms, TransferNo(u64::from(no)))
    }

    fn decided(bet: u32, version: u32) -> Event {
        Event::LegDecided {
            bet: BetNo(bet),
            leg: 0,
            result: LegResult::plain(version, Some(LegOutcome::WON)),
            why: Why::Result,
        }
    }

    fn bytes(value: &impl Serialize) -> Vec<u8> {
        let mut bytes = Vec::new();
        codec::encode(value, &mut bytes);
        bytes
    }

    /// Blocks are in order, none is empty or too long, and what is held beside the bets is bounded by them.
    fn check(many: &Many) {
        let numbers: Vec<BetNo> = many
            .blocks
            .iter()
            .flat_map(|block| block.ends.iter().map(|(no, _)| *no))
            .collect();
        assert!(numbers.is_sorted() && numbers.len() == many.count() && !numbers.is_empty());
        for block in &many.blocks {
            assert!((1..=BLOCK_MAX).contains(&block.len()));
            assert_eq!(block.start(block.len()), block.bytes.len());
        }
        for two in many.blocks.windows(2) {
            assert!(two[0].len() + two[1].len() > BLOCK_MAX / 2, "they would fit into one");
        }
    }

    /// Protects open bets from being lost or mixed up between the list and the bytes, and where blocks are split and come
    /// together: whatever comes, changes and goes, they are what a plain map is, load what its bets load, and are
    /// written and read as one.
    #[test]
    fn a_list_and_bytes_are_the_same_map() {
        // Steps of a generator with a full period, so that every number comes and goes, in no order.
        const NUMBERS: u32 = 512;
        let numbers = (0..6_000u32).scan(7u32, |last, _| {
            *last = (*last * 29 + 17) % NUMBERS;
            Some(*last)
        });
        let (mut open, mut plain) = (OpenBets::default(), BTreeMap::new());
        let (mut lists, mut blocks, mut changes) = (0, 0, 0);
        for (step, no) in (0u32..).zip(numbers) {
            // Waves: as many steps as there are numbers let one in five go, and as many take one in eleven in.
            let lets_go = if (step / NUMBERS).is_multiple_of(2) {
                step % 5 == 0
            } else {
                step % 11 != 0
            };
            let of_this = BetNo(no);
            assert_eq!(open.get(of_this).as_deref(), plain.get(&of_this), "{no} at step {step}");
            if lets_go {
                assert_eq!(open.remove(of_this), plain.remove(&of_this), "{no} at step {step}");
            } else if let Some(bet) = plain.get_mut(&of_this)
                && step % 2 == 0
            {
                // Longer or shorter, as versions are.
                bet.apply(&decided(no, step * step % 70_000));
                assert!(open.apply(of_this, &decided(no, step * step % 70_000)));
                changes += 1;
            } else {
                let bet = bet(no, if step % 7 == 0 { 20 } else { 1 });
                open.insert(bet.clone());
                plain.insert(of_this, bet);
            }
            assert!(!open.apply(BetNo(NUMBERS), &decided(NUMBERS, 1)), "of nobody");
            let before = plain.range(..of_this).map(|(_, bet)| bet);
            assert!(
                open.before(of_this).map(Cow::into_owned).eq(before.cloned()),
                "step {step}"
            );
            assert_eq!(open.before(of_this).len(), plain.range(..of_this).count());
            assert_eq!(open.iter().len(), plain.len());
            // Asked for from some time on: what came before counts as what comes after.
            if step > 1_000 {
                let load = plain.values().fold(Load::NONE, |sum, bet| sum.plus(bet.load()));
                assert_eq!(open.load(), load, "step {step}");
            }
            let written = bytes(&plain);
            let mut copied = Vec::new();
            open.encode(&mut copied);
            assert_eq!(copied, written, "step {step}");
            assert!(open.few.is_sorted_by_key(|(no, _)| *no) && open.few.len() <= FEW);
            match &open.many {
                None => lists += 1,
                Some(many) => {
                    blocks = blocks.max(many.blocks.len());
                    check(many);
                    let (first, last) = (many.blocks[0].ends[0].0, open.few.last());
                    assert!(last.is_none_or(|(last, _)| *last < first), "step {step}");
                }
            }
            if step % 16 != 0 {
                continue;
            }
            assert!(
                open.iter().map(Cow::into_owned).eq(plain.values().cloned()),
                "step {step}"
            );
            assert!(
                open.iter().rev().map(Cow::into_owned).eq(plain.values().rev().cloned()),
                "step {step}"
            );
            assert_eq!(bytes(&open), written, "step {step}");
            let read: OpenBets = codec::decode(&written, written.len()).expect("what was written");
            assert_eq!(read, open);
            let told = serde_json::to_string(&plain).expect("bets for people");
            assert_eq!(serde_json::to_string(&open).expect("bets for people"), told);
        }
        assert!(
            lists > 30 && blocks > 6 && changes > 100,
            "{lists} steps as a list, {blocks} blocks at most, {changes} changes"
        );
    }

    /// Protects memory: bets that come one after the other fill their blocks, and a few that are left keep no room of the many.
    #[test]
    fn blocks_are_full_and_what_is_left_is_small() {
        let mut open = OpenBets::default();
        (1..=1_000).for_each(|no| open.insert(bet(no, 1)));
        let held = |open: &OpenBets| {
            let blocks = &open.many.as_ref().expect("more than a few").blocks;
            let sum = |of: fn(&Block) -> usize| blocks.iter().map(of).sum::<usize>();
            let (room, bytes) = (sum(|block| block.bytes.capacity()), sum(|block| block.bytes.len()));
            (blocks.len(), room, bytes)
        };
        let (blocks, room, bytes) = held(&open);
        assert_eq!(blocks, (1_000 - FEW).div_ceil(BLOCK_MAX));
        assert!(room <= bytes + 2 * bytes / blocks, "{room} bytes for {bytes}");
        (1..=1_000).filter(|no| no % 50 != 0).for_each(|no| {
            assert!(open.remove(BetNo(no)).is_some());
        });
        let (blocks, room, bytes) = held(&open);
        assert!(
            blocks <= 2 && room <= 3 * bytes,
            "{blocks} blocks with {room} bytes for {bytes}"
        );
    }

    /// Protects bounds on what a player may have open from amounts beyond 64 bits: the sum stops there, and comes back when
    /// bets go.
    #[test]
    fn loads_beyond_the_bounds_come_back() {
        let large = Load {
            stake: Amount(i64::MAX),
            payout: Amount(i64::MAX),
            liability: Amount(i64::MIN),
        };
        let mut sum = Sum::default();
        (0..3).for_each(|_| sum.add(large));
        assert_eq!(sum.load(), large);
        (0..2).for_each(|_| sum.take_off(large));
        assert_eq!(sum.load(), large);
        sum.take_off(large);
        assert_eq!(sum.load(), Load::NONE);
    }
}
