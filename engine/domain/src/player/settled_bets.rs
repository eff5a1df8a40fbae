//! The settled bets of a player that are held.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::event::Event;
use super::state::SETTLED_BETS_HELD;
use crate::bet::Bet;
use crate::codec;
use crate::ids::BetNo;

/// The latest settled bets, the one settled last at the end. They are hardly ever looked at, and every player has some: each
/// is held as the bytes that it has in a snapshot, which is a fraction of the memory of a bet and is written as it is.
///
/// Both lists are exactly as long as what is in them, and none takes memory for no bet.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct SettledBets {
    /// Of each bet its number and where its bytes end.
    ends: Box<[(BetNo, u32)]>,
    /// The bytes of all bets, one after the other.
    bytes: Box<[u8]>,
}

impl SettledBets {
    /// How many are held.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// All of them, each read as it is asked for.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = Bet> + ExactSizeIterator {
        (0..self.len()).map(|at| self.read(at))
    }

    /// The bet of this number.
    pub(super) fn get(&self, no: BetNo) -> Option<Bet> {
        self.at(no).map(|at| self.read(at))
    }

    /// Takes a bet in as the latest; the oldest goes where there are [`SETTLED_BETS_HELD`].
    pub(super) fn push(&mut self, bet: &Bet) {
        let over = (self.len() + 1).saturating_sub(SETTLED_BETS_HELD);
        *self = codec::with_bytes(bet, |latest| {
            SettledBets::of(self.parts().skip(over).chain([(bet.no(), latest)]))
        });
    }

    /// Lets the bet of this number go.
    pub(super) fn remove(&mut self, no: BetNo) -> Option<Bet> {
        let gone = self.at(no)?;
        let bet = self.read(gone);
        let others = self.parts().enumerate().filter(|(at, _)| *at != gone);
        *self = SettledBets::of(others.map(|(_, part)| part));
        Some(bet)
    }

    /// Takes an event into the bet of this number, which keeps its place. Whether there is such a bet.
    pub(super) fn apply(&mut self, no: BetNo, event: &Event) -> bool {
        let Some(changed) = self.at(no) else { return false };
        let mut bet = self.read(changed);
        bet.apply(event);
        *self = codec::with_bytes(&bet, |now| {
            let parts = self.parts().enumerate();
            SettledBets::of(parts.map(|(at, part)| if at == changed { (no, now) } else { part }))
        });
        true
    }

    /// Appends the bytes that it has in a snapshot, those of a list of bets.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        codec::encode(&self.len(), out);
        out.extend_from_slice(&self.bytes);
    }

    /// Bytes of memory beside itself.
    pub(super) fn memory(&self) -> usize {
        size_of_val(&*self.ends) + self.bytes.len()
    }

    fn at(&self, no: BetNo) -> Option<usize> {
        self.ends.iter().position(|(held, _)| *held == no)
    }

    fn part(&self, at: usize) -> &[u8] {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before].1);
        &self.bytes[start as usize..self.ends[at].1 as usize]
    }

    fn parts(&self) -> impl Iterator<Item = (BetNo, &[u8])> + Clone {
        let numbers = self.ends.iter().enumerate();
        numbers.map(|(at, (no, _))| (*no, self.part(at)))
    }

    fn read(&self, at: usize) -> Bet {
        let bytes = self.part(at);
        codec::decode(bytes, bytes.len()).expect("the bytes were made here from a bet")
    }

    /// Measured first, so that nothing is allocated beyond what is held: an allocator may leave a list that is cut to its
    /// length all the room that it had.
    fn of<'a>(parts: impl Iterator<Item = (BetNo, &'a [u8])> + Clone) -> SettledBets {
        let mut ends = Vec::with_capacity(parts.clone().count());
        let mut bytes = Vec::with_capacity(parts.clone().map(|(_, part)| part.len()).sum());
        for (no, part) in parts {
            bytes.extend_from_slice(part);
            ends.push((no, end(&bytes)));
        }
        SettledBets {
            ends: ends.into(),
            bytes: bytes.into(),
        }
    }
}

fn end(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).expect("bets fit into a snapshot, which is far smaller than this")
}

impl fmt::Debug for SettledBets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// As a list of bets, in whatever format.
impl Serialize for SettledBets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for SettledBets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SettledBets, D::Error> {
        let bets = Vec::<Bet>::deserialize(deserializer)?;
        let mut bytes = Vec::new();
        let ends = bets.iter().map(|bet| {
            codec::encode(bet, &mut bytes);
            (bet.no(), end(&bytes))
        });
        let ends = ends.collect();
        let bytes = bytes.as_slice().into();
        Ok(SettledBets { ends, bytes })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::bet::{BetStatus, Combinations, Fund, Leg, LegOutcome, LegResult, Terms};
    use crate::ids::{EventId, MarketNo, SelectionNo, SelectionRef};
    use crate::ledger::TransferNo;
    use crate::market::Why;
    use crate::money::Amount;
    use crate::odds::Odds;
    use crate::ratio::Rounding;
    use crate::time::Time;

    /// A settled bet of so many legs, each with the longest numbers.
    fn bet(no: u32, legs: u8) -> Bet {
        let leg = |at: u8| Leg {
            selection: SelectionRef {
                event: EventId(u64::MAX - u64::from(at)),
                market: MarketNo(u32::MAX),
                selection: SelectionNo(u32::MAX),
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
            unit_stake: Amount(1),
            stake: Amount(i64::from(legs)),
            fund: Fund::Cash,
            max_payout: Amount(i64::MAX),
            rounding: Rounding::HalfUp,
            rules_version: 1,
        };
        let mut bet = Bet::new(terms, TransferNo(u64::from(no)));
        (0..legs).for_each(|leg| bet.apply(&decided(no, leg, 1)));
        bet.apply(&Event::BetSettled {
            bet: BetNo(no),
            at: Time(1_700_000_000_000),
            status: BetStatus::Lost,
            returned: Amount::ZERO,
            transfers: Vec::new(),
        });
        bet
    }

    fn decided(bet: u32, leg: u8, version: u32) -> Event {
        Event::LegDecided {
            bet: BetNo(bet),
            leg,
            result: LegResult::plain(version, Some(LegOutcome::Lost)),
            why: Why::Result,
        }
    }

    fn bytes(value: &impl Serialize) -> Vec<u8> {
        let mut bytes = Vec::new();
        codec::encode(value, &mut bytes);
        bytes
    }

    /// Protects settled bets from being lost or mixed up among their bytes: whatever comes, changes and goes, in whatever
    /// place, they are what a plain list of bets is, and are written and read as one, in our bytes and for people.
    #[test]
    fn bytes_are_the_same_list() {
        // Steps of a generator with a full period, of whose numbers there are more than are held: every one comes, changes and
        // goes, in no order.
        let numbers = (0..2_000u32).scan(7u32, |last, _| {
            *last = (*last * 29 + 17) % 64;
            Some(*last % 12)
        });
        let (mut settled, mut plain) = (SettledBets::default(), VecDeque::new());
        let (mut full, mut empty, mut changes) = (0, 0, 0);
        for (step, no) in (0u32..).zip(numbers) {
            // Waves: of 64 steps that let none go, and 64 that let all go that are there.
            let lets_go = step / 64 % 2 == 1;
            let at = plain.iter().position(|bet: &Bet| bet.no() == BetNo(no));
            let known = at.map(|at| plain[at].clone());
            assert_eq!(settled.get(BetNo(no)), known, "{no} at step {step}");
            match at {
                Some(at) if lets_go => {
                    plain.remove(at);
                    assert_eq!(settled.remove(BetNo(no)), known, "{no} at step {step}");
                }
                Some(at) => {
                    // Longer with each step, as versions are.
                    let event = decided(no, 0, step * step);
                    plain[at].apply(&event);
                    assert!(settled.apply(BetNo(no), &event));
                    changes += 1;
                }
                None if lets_go => {
                    assert_eq!(settled.remove(BetNo(no)), None);
                    assert!(!settled.apply(BetNo(no), &decided(no, 0, step)));
                }
                None => {
                    // Of one leg, and of so many that the bytes are not short.
                    let bet = bet(no, if step % 3 == 0 { 20 } else { 1 });
                    if plain.len() == SETTLED_BETS_HELD {
                        plain.pop_front();
                    }
                    settled.push(&bet);
                    plain.push_back(bet);
                }
            }
            full += u32::from(plain.len() == SETTLED_BETS_HELD);
            empty += u32::from(plain.is_empty());
            assert!(settled.iter().eq(plain.iter().cloned()), "step {step}");
            assert!(settled.iter().rev().eq(plain.iter().rev().cloned()), "step {step}");
            assert_eq!(settled.iter().len(), plain.len());
            let written = bytes(&plain);
            assert_eq!(bytes(&settled), written, "step {step}");
            let mut spliced = Vec::new();
            settled.encode(&mut spliced);
            assert_eq!(spliced, written, "step {step}");
            assert_eq!(codec::decode(&written, written.len()).as_ref(), Ok(&settled));
            let told = serde_json::to_string(&plain).expect("bets for people");
            assert_eq!(serde_json::to_string(&settled).expect("bets for people"), told);
            assert_eq!(serde_json::from_str::<SettledBets>(&told).expect("bets"), settled);
            assert_eq!(
                settled.memory(),
                written.len() - 1 + plain.len() * size_of::<(BetNo, u32)>(),
                "step {step}"
            );
        }
        assert!(
            full > 100 && empty > 100 && changes > 100,
            "{full} steps full, {empty} empty, {changes} changes"
        );
    }

    /// Protects starts from damaged snapshots: what is no list of bets is refused when it is read, not when a bet is looked
    /// at.
    #[test]
    fn what_is_no_bet_is_refused_at_once() {
        let whole = bytes(&vec![bet(1, 1), bet(2, 2)]);
        let read = |bytes: &[u8]| codec::decode::<SettledBets>(bytes, bytes.len());
        assert_eq!(read(&whole).map(|settled| settled.len()), Ok(2));
        for cut in 0..whole.len() {
            assert!(read(&whole[..cut]).is_err(), "cut at {cut}");
        }
        let more = [&[3], &whole[1..]].concat();
        assert!(read(&more).is_err(), "a bet more than there is");
    }
}
