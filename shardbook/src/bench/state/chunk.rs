//! What the bets of one chunk cost, and whether later ones cost more.

use serde::{Deserialize, Serialize};

/// Parts of the history that are set beside each other: the first and the last of so many.
const PARTS: usize = 5;

/// Figures of some bets. Processor time is of the whole process, clients included, with what is written behind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Cost {
    pub(super) placed_per_s: f64,
    pub(super) settled_per_s: f64,
    pub(super) cpu_us_per_bet_placed: f64,
    pub(super) cpu_us_per_bet_settled: f64,
    /// Bytes of journal frames, placement and settlement.
    pub(super) journal_bytes_per_bet: f64,
}

impl Cost {
    /// The mean of chunks of the same size; rates by the time that all took.
    fn mean(chunks: &[Self]) -> Self {
        let count = chunks.len().max(1) as f64;
        let mean = |pick: fn(&Self) -> f64| chunks.iter().map(pick).sum::<f64>() / count;
        let rate = |pick: fn(&Self) -> f64| count / chunks.iter().map(|chunk| 1.0 / pick(chunk)).sum::<f64>();
        Self {
            placed_per_s: rate(|chunk| chunk.placed_per_s),
            settled_per_s: rate(|chunk| chunk.settled_per_s),
            cpu_us_per_bet_placed: mean(|chunk| chunk.cpu_us_per_bet_placed),
            cpu_us_per_bet_settled: mean(|chunk| chunk.cpu_us_per_bet_settled),
            journal_bytes_per_bet: mean(|chunk| chunk.journal_bytes_per_bet),
        }
    }

    fn cpu_us(&self) -> f64 {
        self.cpu_us_per_bet_placed + self.cpu_us_per_bet_settled
    }
}

/// The beginning of the history beside its end.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Growth {
    pub(super) first_fifth: Cost,
    pub(super) last_fifth: Cost,
    /// Processor time of a bet, placed and settled, at the end as a part of that at the beginning.
    pub(super) cpu_ratio: f64,
}

impl Growth {
    pub(super) fn of(chunks: &[Cost]) -> Self {
        let part = chunks.len().div_ceil(PARTS);
        let first_fifth = Cost::mean(&chunks[..part]);
        let last_fifth = Cost::mean(&chunks[chunks.len() - part..]);
        Self {
            first_fifth,
            last_fifth,
            cpu_ratio: last_fifth.cpu_us() / first_fifth.cpu_us(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects the claim that a bet costs the same however long the history is: beginning and end are what they are
    /// called, and a slow chunk weighs by the time that it took.
    #[test]
    fn the_first_fifth_is_set_beside_the_last() {
        let chunk = |per_s: f64, cpu: f64| Cost {
            placed_per_s: per_s,
            settled_per_s: per_s,
            cpu_us_per_bet_placed: cpu,
            cpu_us_per_bet_settled: cpu / 2.0,
            journal_bytes_per_bet: 200.0,
        };
        let mut chunks = vec![chunk(1_000.0, 10.0); 10];
        chunks[8] = chunk(100.0, 20.0);
        chunks[9] = chunk(50.0, 40.0);
        let growth = Growth::of(&chunks);
        assert_eq!(growth.first_fifth, chunk(1_000.0, 10.0));
        assert!((growth.last_fifth.placed_per_s - 2.0 / (1.0 / 100.0 + 1.0 / 50.0)).abs() < 1e-9);
        assert!((growth.cpu_ratio - 3.0).abs() < 1e-9);
        assert!((Growth::of(&chunks[..1]).cpu_ratio - 1.0).abs() < 1e-9);
    }
}
