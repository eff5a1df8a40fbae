//! The open bets of a player.

mod block;
mod many;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::slice;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use self::many::{Many, Part};
use super::event::Event;
use crate::bet::Bet;
use crate::codec;
use crate::exposure::Load;
use crate::ids::BetNo;

/// Most bets that are kept as they are: a player who bets by hand has fewer.
const FEW: usize = 32;

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

    /// As [`super::state::State::touch`]: where the next bet is put.
    pub(super) fn touch(&self) -> u64 {
        let few = self.few.last().map_or(0, |(no, _)| no.0);
        let last = self.many.as_ref().and_then(|many| many.blocks.last());
        u64::from(few) ^ last.map_or(0, |last| last.touch())
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
        self.many.as_ref().map_or(few, |many| few.plus(many.load()))
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

/// Open bets, those that are bytes read one by one.
pub(super) struct Iter<'a> {
    few: slice::Iter<'a, (BetNo, Box<Bet>)>,
    many: Option<Part<'a>>,
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
    use super::block::Block;
    use super::many::BLOCK_MAX;
    use super::*;
    use crate::bet::{Combinations, Fund, Leg, LegOutcome, LegResult, Terms};
    use crate::ids::{EventId, MarketNo, SelectionNo, SelectionRef};
    use crate::ledger::TransferNo;
    use crate::market::Why;
    use crate::money::Amount;
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
            blocks <= 1 + 2 * (1_000 / 50) / (BLOCK_MAX / 2) && room <= 3 * bytes,
            "{blocks} blocks with {room} bytes for {bytes}"
        );
    }
}
