//! The open bets of a player.

use std::collections::BTreeMap;
use std::collections::btree_map;
use std::slice;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::bet::Bet;
use crate::ids::BetNo;

/// Most bets that are kept in a plain list: a player who bets by hand has fewer. A new bet goes to its end, which costs less
/// than its place in a tree.
const FEW: usize = 256;
/// Bets left at which a tree becomes a list again: half, so that it does not go to and fro.
const FEW_AGAIN: usize = FEW / 2;

/// Open bets by number. A few are a sorted list that is as long as they are; the first node of a tree would have room for
/// eleven. Many are a tree, so that each of many thousand is found, taken in and let go as fast.
#[derive(Clone, Debug)]
pub(super) struct OpenBets(Kept);

#[derive(Clone, Debug)]
enum Kept {
    /// By number, at most [`FEW`].
    Few(Vec<(BetNo, Box<Bet>)>),
    Many(BTreeMap<BetNo, Box<Bet>>),
}

impl Default for OpenBets {
    fn default() -> OpenBets {
        OpenBets(Kept::Few(Vec::new()))
    }
}

/// However they are kept.
impl PartialEq for OpenBets {
    fn eq(&self, other: &OpenBets) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for OpenBets {}

fn at(bets: &[(BetNo, Box<Bet>)], no: BetNo) -> Result<usize, usize> {
    match bets.last() {
        // A new bet: nothing else of the list is looked at.
        Some((last, _)) if *last < no => Err(bets.len()),
        _ => bets.binary_search_by_key(&no, |(no, _)| *no),
    }
}

impl OpenBets {
    pub(super) fn get(&self, no: BetNo) -> Option<&Bet> {
        match &self.0 {
            Kept::Few(bets) => at(bets, no).ok().map(|at| &*bets[at].1),
            Kept::Many(bets) => bets.get(&no).map(Box::as_ref),
        }
    }

    pub(super) fn get_mut(&mut self, no: BetNo) -> Option<&mut Bet> {
        match &mut self.0 {
            Kept::Few(bets) => at(bets, no).ok().map(|at| &mut *bets[at].1),
            Kept::Many(bets) => bets.get_mut(&no).map(Box::as_mut),
        }
    }

    /// Takes a bet in, under its number.
    pub(super) fn insert(&mut self, bet: Box<Bet>) {
        let no = bet.no();
        match &mut self.0 {
            Kept::Few(bets) => match at(bets, no) {
                Ok(at) => bets[at].1 = bet,
                Err(at) if bets.len() < FEW => {
                    // By half and not twice: most players have one.
                    if bets.len() == bets.capacity() {
                        bets.reserve_exact((bets.len() / 2).max(1));
                    }
                    bets.insert(at, (no, bet));
                }
                Err(_) => {
                    let few = std::mem::take(bets).into_iter();
                    self.0 = Kept::Many(few.chain([(no, bet)]).collect());
                }
            },
            Kept::Many(bets) => {
                bets.insert(no, bet);
            }
        }
    }

    pub(super) fn remove(&mut self, no: BetNo) -> Option<Box<Bet>> {
        match &mut self.0 {
            Kept::Few(bets) => {
                let (_, bet) = bets.remove(at(bets, no).ok()?);
                if bets.is_empty() {
                    *bets = Vec::new();
                }
                Some(bet)
            }
            Kept::Many(bets) => {
                let bet = bets.remove(&no);
                if bets.len() <= FEW_AGAIN {
                    self.0 = Kept::Few(std::mem::take(bets).into_iter().collect());
                }
                bet
            }
        }
    }

    /// All of them, by number.
    pub(super) fn iter(&self) -> Iter<'_> {
        match &self.0 {
            Kept::Few(bets) => Iter::Few(bets.iter()),
            Kept::Many(bets) => Iter::Many(bets.values()),
        }
    }
}

pub(super) enum Iter<'a> {
    Few(slice::Iter<'a, (BetNo, Box<Bet>)>),
    Many(btree_map::Values<'a, BetNo, Box<Bet>>),
}

impl<'a> Iterator for Iter<'a> {
    type Item = &'a Bet;

    fn next(&mut self) -> Option<&'a Bet> {
        match self {
            Iter::Few(bets) => bets.next().map(|(_, bet)| &**bet),
            Iter::Many(bets) => bets.next().map(Box::as_ref),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Iter::Few(bets) => bets.size_hint(),
            Iter::Many(bets) => bets.size_hint(),
        }
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        match self {
            Iter::Few(bets) => bets.next_back().map(|(_, bet)| &**bet),
            Iter::Many(bets) => bets.next_back().map(Box::as_ref),
        }
    }
}

impl ExactSizeIterator for Iter<'_> {}

/// As a map from numbers to bets, however they are kept.
impl Serialize for OpenBets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|bet| (bet.no(), bet)))
    }
}

impl<'de> Deserialize<'de> for OpenBets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<OpenBets, D::Error> {
        let bets = BTreeMap::<BetNo, Box<Bet>>::deserialize(deserializer)?;
        let mut open = OpenBets::default();
        bets.into_values().for_each(|bet| open.insert(bet));
        Ok(open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bet::{Combinations, Fund, Terms};
    use crate::codec;
    use crate::ledger::TransferNo;
    use crate::money::Amount;
    use crate::ratio::Rounding;
    use crate::time::Time;

    fn bet(no: u32) -> Box<Bet> {
        let terms = Terms {
            no: BetNo(no),
            placed_at: Time(1),
            legs: Vec::new().into(),
            combinations: Combinations::of_sizes(&[1]),
            bankers: 0,
            unit_stake: Amount(1),
            stake: Amount(1),
            fund: Fund::Cash,
            max_payout: Amount(1),
            rounding: Rounding::HalfUp,
            rules_version: 1,
        };
        Box::new(Bet::new(terms, TransferNo(u64::from(no))))
    }

    fn bytes(value: &impl Serialize) -> Vec<u8> {
        let mut bytes = Vec::new();
        codec::encode(value, &mut bytes);
        bytes
    }

    /// Protects open bets from being lost or mixed up where a list becomes a tree and a tree a list: whatever comes and goes,
    /// they are what a plain map is, and are written and read as one.
    #[test]
    fn a_list_or_a_tree_is_the_same_map() {
        // Steps of a generator with a full period, so that every number comes and goes, in no order.
        const NUMBERS: u32 = 4 * FEW as u32;
        let numbers = (0..8_000u32).scan(7u32, |last, _| {
            *last = (*last * 29 + 17) % NUMBERS;
            Some(*last)
        });
        let (mut open, mut plain) = (OpenBets::default(), BTreeMap::new());
        let (mut lists, mut trees) = (0, 0);
        for (step, no) in numbers.enumerate() {
            // Waves: as many steps as there are numbers let one in five go, and as many take one in eleven in.
            let lets_go = if (step / NUMBERS as usize).is_multiple_of(2) {
                step % 5 == 0
            } else {
                step % 11 != 0
            };
            if lets_go {
                assert_eq!(open.remove(BetNo(no)), plain.remove(&BetNo(no)), "{no} at step {step}");
            } else {
                open.insert(bet(no));
                plain.insert(BetNo(no), bet(no));
            }
            assert!(open.iter().eq(plain.values().map(Box::as_ref)), "step {step}");
            assert!(
                open.iter().rev().eq(plain.values().rev().map(Box::as_ref)),
                "step {step}"
            );
            assert_eq!(open.iter().len(), plain.len());
            for no in (0..NUMBERS).map(BetNo) {
                assert_eq!(open.get(no), plain.get(&no).map(Box::as_ref));
                assert_eq!(open.get_mut(no).is_some(), plain.contains_key(&no));
            }
            let written = bytes(&open);
            assert_eq!(written, bytes(&plain), "step {step}");
            let read: OpenBets = codec::decode(&written, written.len()).expect("what was written");
            assert_eq!(read, open);
            match &open.0 {
                Kept::Few(bets) => {
                    lists += 1;
                    assert!(
                        bets.len() <= FEW && bets.capacity() <= bets.len() * 2 + FEW / 2,
                        "step {step}"
                    );
                }
                Kept::Many(bets) => {
                    trees += 1;
                    assert!(bets.len() > FEW_AGAIN, "step {step}");
                }
            }
        }
        assert!(lists > 100 && trees > 100, "{lists} steps as a list, {trees} as a tree");
    }
}
