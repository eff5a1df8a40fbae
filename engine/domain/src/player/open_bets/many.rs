//! Open bets as bytes.

use std::sync::OnceLock;

use super::block::Block;
use crate::bet::Bet;
use crate::codec;
use crate::exposure::Load;
use crate::ids::BetNo;
use crate::money::Amount;

/// Most bets of a block: about a kilobyte. Half of it is moved when one of its bets goes, and while it grows it needs new memory
/// twice as large each time: of players who bet alike all need it at once, so that it is to be little.
pub(super) const BLOCK_MAX: usize = 16;

/// Bets as bytes, in blocks by number. No block is empty.
#[derive(Clone, Default)]
pub(super) struct Many {
    pub(super) blocks: Vec<Block>,
    /// Found when it is first asked for, by reading each bet, and kept from then on: most houses never ask.
    load: OnceLock<Sum>,
}

impl Many {
    /// The block where a bet is or belongs, and where in it. Where there is no block yet, that is the first.
    pub(super) fn find(&self, no: BetNo) -> (usize, Result<usize, usize>) {
        if let Some(last) = self.blocks.last()
            && last.ends.last().is_some_and(|(last, _)| *last < no)
        {
            // A new bet: no other block is looked at.
            return (self.blocks.len() - 1, Err(last.len()));
        }
        let begins_by_then = |block: &Block| block.ends.first().is_some_and(|(first, _)| *first <= no);
        let block = self.blocks.partition_point(begins_by_then).saturating_sub(1);
        let at = self.blocks.get(block).map_or(Err(0), |block| block.find(no));
        (block, at)
    }

    pub(super) fn load(&self) -> Load {
        let read = || {
            let mut sum = Sum::default();
            let bets = self.blocks.iter().flat_map(Block::iter);
            bets.for_each(|bet| sum.add(bet.load()));
            sum
        };
        self.load.get_or_init(read).load()
    }

    pub(super) fn count(&self) -> usize {
        self.blocks.iter().map(Block::len).sum()
    }

    pub(super) fn get(&self, no: BetNo) -> Option<Bet> {
        let (block, at) = self.find(no);
        at.ok().map(|at| self.blocks[block].read(at))
    }

    /// Takes a bet in, in the place of the one that has its number.
    pub(super) fn put(&mut self, bet: &Bet) {
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

    pub(super) fn remove(&mut self, no: BetNo) -> Option<Bet> {
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
    pub(super) fn part(&self, blocks: usize, more: usize) -> Part<'_> {
        let whole = self.blocks[..blocks].iter().map(|block| (block, block.len()));
        let next = self.blocks.get(blocks).map(|block| (block, more));
        let parts = whole.chain(next);
        let left = parts.clone().map(|(_, bets)| bets).sum();
        let bets = Box::new(parts.flat_map(|(block, bets)| (0..bets).map(|at| block.read(at))));
        Part { bets, left }
    }
}

/// Some of the bets that are bytes.
pub(super) struct Part<'a> {
    pub(super) bets: Box<dyn DoubleEndedIterator<Item = Bet> + 'a>,
    pub(super) left: usize,
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

#[cfg(test)]
mod tests {
    use super::*;

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
