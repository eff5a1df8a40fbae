use shardbook_replay::{Marked, Plan, Schedule, Timed};

use crate::play::Match;

/// Many matches as messages in due order.
///
/// With overlap all kick off at once; without, each begins when the one before has ended. A plan that fits a
/// duration stretches by simulated time, for matches are lively throughout.
#[derive(Debug)]
pub struct FixtureList {
    schedule: Schedule<Run>,
}

impl FixtureList {
    /// Matches 0 to `matches - 1` of a seed. Memory is one match each with overlap, else one in all.
    #[must_use]
    pub fn new(seed: u64, matches: u64, plan: Plan) -> Self {
        let runs = if plan.overlap {
            (0..matches).map(|index| Run::new(seed, index, index + 1)).collect()
        } else {
            vec![Run::new(seed, 0, matches)]
        };
        Self {
            schedule: Schedule::new(plan.speed, runs),
        }
    }
}

impl Iterator for FixtureList {
    type Item = Timed;

    fn next(&mut self) -> Option<Timed> {
        self.schedule.next()
    }
}

/// Matches one after the other.
#[derive(Debug)]
struct Run {
    seed: u64,
    next: u64,
    end: u64,
    playing: Option<Match>,
    before_ms: u64,
    total_ms: u64,
}

impl Run {
    fn new(seed: u64, from: u64, end: u64) -> Self {
        let total_ms = (from..end).map(|index| Match::new(seed, index).length_ms()).sum();
        Self {
            seed,
            next: from,
            end,
            playing: None,
            before_ms: 0,
            total_ms,
        }
    }
}

impl Iterator for Run {
    type Item = Marked;

    fn next(&mut self) -> Option<Marked> {
        loop {
            if let Some(playing) = &mut self.playing {
                if let Some(marked) = playing.next() {
                    let elapsed_ms = self.before_ms + marked.elapsed_ms;
                    return Some(Marked {
                        elapsed_ms,
                        index: elapsed_ms,
                        total: self.total_ms,
                        ..marked
                    });
                }
                self.before_ms += playing.length_ms();
                self.playing = None;
            }
            if self.next == self.end {
                return None;
            }
            self.playing = Some(Match::new(self.seed, self.next));
            self.next += 1;
        }
    }
}
