//! The results of a mixed day: each market with an early result has it when all its bets are answered.

use std::sync::Arc;
use std::time::Duration;

use super::house::{House, MARKETS};
use super::load::Counts;
use crate::Failure;

/// Between two looks for markets whose bets are all in: a thousand times a second is no load.
const LOOK: Duration = Duration::from_millis(5);

pub(super) struct Day {
    counts: Arc<Counts>,
    short_markets: u32,
    bets_a_short_market: u64,
    /// Markets that have their result.
    resulted: u32,
}

impl Day {
    pub(super) fn new(counts: Arc<Counts>, short_markets: u32, bets_a_short_market: u64) -> Self {
        Self {
            counts,
            short_markets,
            bets_a_short_market,
            resulted: 0,
        }
    }

    /// Gives results as they fall due. Never ends by itself; dropped in the middle of a result, it gives it again.
    pub(super) async fn go_on(&mut self, house: &House) -> Result<(), Failure> {
        loop {
            self.give_due(house).await?;
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Gives every result that is due now.
    pub(super) async fn give_due(&mut self, house: &House) -> Result<(), Failure> {
        while self.is_due() {
            house.result(MARKETS + 1 + self.resulted).await?;
            self.resulted += 1;
        }
        Ok(())
    }

    /// Bets that the results given so far settle. Counted here, as the process of settlement counts repeats too.
    pub(super) fn settled(&self) -> u64 {
        u64::from(self.resulted) * self.bets_a_short_market
    }

    fn is_due(&self) -> bool {
        self.resulted < self.short_markets
            && self.counts.on_short_market(self.resulted as usize) >= self.bets_a_short_market
    }
}
