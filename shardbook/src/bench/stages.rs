//! Processor time by the stages of a command's way.

use std::collections::BTreeMap;
use std::time::Duration;

use shardbook_runtime::stages::{Spent, Stage, count, spent};

/// What every stage has spent so far, in the whole process.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stages([Spent; Stage::ALL.len()]);

impl Stages {
    /// From the first look on it is counted.
    pub(super) fn now() -> Self {
        count();
        Self(Stage::ALL.map(spent))
    }

    pub(super) fn since(self, before: Self) -> Self {
        let mut stages = self;
        for (now, before) in stages.0.iter_mut().zip(before.0) {
            *now = now.since(before);
        }
        stages
    }

    /// Processor time of each stage, by its name, as microseconds for each of so many bets.
    pub(super) fn cpu_us_per_bet(&self, bets: f64) -> BTreeMap<&'static str, f64> {
        let named = Stage::ALL.iter().zip(&self.0);
        named
            .map(|(stage, spent)| (stage.name(), micros(spent.cpu) / bets))
            .collect()
    }

    /// How long the journal's thread waited for its syncs, as microseconds for each of so many bets.
    pub(super) fn sync_wait_us_per_bet(&self, bets: f64) -> f64 {
        micros(self.0[Stage::Sync as usize].waited) / bets
    }
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects the table by stage: what was spent before a run is no part of it, and every stage is told under its name.
    #[test]
    fn a_run_has_what_was_spent_in_it() {
        let at = |cpu_us: [u64; Stage::ALL.len()], waited_us| {
            Stages(std::array::from_fn(|stage| Spent {
                cpu: Duration::from_micros(cpu_us[stage]),
                waited: Duration::from_micros(waited_us),
                samples: 1,
            }))
        };
        let before = at([5, 1, 0, 9, 2, 7, 3, 4], 10);
        let run = at([9, 1, 10, 11, 3, 27, 5, 4], 110).since(before);
        let by_stage = run.cpu_us_per_bet(2.0);
        let told: Vec<_> = Stage::ALL.iter().map(|stage| by_stage[stage.name()]).collect();
        assert_eq!(told, [2.0, 0.0, 5.0, 1.0, 0.5, 10.0, 1.0, 0.0]);
        assert_eq!(run.sync_wait_us_per_bet(2.0), 50.0);
    }
}
