//! Some open bets as one piece of bytes.

use std::ops::Range;

use crate::bet::Bet;
use crate::codec;
use crate::ids::BetNo;

/// Some bets by number, as they are in a snapshot: each its number and then itself.
#[derive(Clone, Default)]
pub(super) struct Block {
    /// Of each bet its number and where its bytes end.
    pub(super) ends: Vec<(BetNo, u32)>,
    pub(super) bytes: Vec<u8>,
}

impl Block {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// As [`super::super::state::State::touch`]: where the next bet is put.
    pub(super) fn touch(&self) -> u64 {
        let last = self.ends.last().map_or(0, |(no, _)| no.0);
        u64::from(last) ^ u64::from(self.bytes.last().copied().unwrap_or(0))
    }

    pub(super) fn find(&self, no: BetNo) -> Result<usize, usize> {
        self.ends.binary_search_by_key(&no, |(no, _)| *no)
    }

    /// Where the bytes of a bet begin, or where they would.
    pub(super) fn start(&self, at: usize) -> usize {
        at.checked_sub(1).map_or(0, |before| self.ends[before].1 as usize)
    }

    pub(super) fn read(&self, at: usize) -> Bet {
        let bytes = &self.bytes[self.start(at)..self.start(at + 1)];
        let read: Result<(BetNo, Bet), _> = codec::decode(bytes, bytes.len());
        read.expect("the bytes were made here from a bet").1
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Bet> {
        (0..self.len()).map(|at| self.read(at))
    }

    /// Puts a bet, or none, where these are: one, or none.
    pub(super) fn set(&mut self, place: Range<usize>, bet: Option<(BetNo, &[u8])>) {
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
    pub(super) fn split_off(&mut self, at: usize) -> Block {
        let from = self.start(at);
        let bytes = self.bytes.split_off(from);
        let mut ends = self.ends.split_off(at);
        ends.iter_mut().for_each(|(_, end)| *end -= position(from));
        self.tighten();
        Block { ends, bytes }
    }

    pub(super) fn append(&mut self, later: &Block) {
        let from = position(self.bytes.len());
        self.bytes.extend_from_slice(&later.bytes);
        self.ends.extend(later.ends.iter().map(|(no, end)| (*no, from + end)));
    }

    /// Gives memory back that nothing is in.
    pub(super) fn tighten(&mut self) {
        self.bytes.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    pub(super) fn tighten_half_empty(&mut self) {
        if self.bytes.len() < self.bytes.capacity() / 2 {
            self.tighten();
        }
    }
}

fn position(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("bets fit into a snapshot, which is far smaller than this")
}
