use shardbook_replay::{Marked, Plan, Schedule, Timed};

use crate::play::Match;
use crate::race::Race;

/// Many matches and races as messages in due order.
///
/// With overlap all begin at once; without, each begins when the one before has ended. A plan that fits a
/// duration stretches by simulated time, for matches are lively throughout.
#[derive(Debug)]
pub struct FixtureList {
    schedule: Schedule<Run>,
}

impl FixtureList {
    /// Matches 0 to `matches - 1` and races 0 to `races - 1` of a seed. Memory is one event each with overlap, else one in
    /// all.
    #[must_use]
    pub fn new(seed: u64, matches: u64, races: u64, plan: Plan) -> Self {
        let all = Fixtures { seed, matches };
        let count = matches.saturating_add(races);
        let runs = if plan.overlap {
            (0..count).map(|number| Run::new(all, number, number + 1)).collect()
        } else {
            vec![Run::new(all, 0, count)]
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

/// The events of a seed by number: so many matches, then races.
#[derive(Clone, Copy, Debug)]
struct Fixtures {
    seed: u64,
    matches: u64,
}

impl Fixtures {
    fn event(self, number: u64) -> Event {
        match number.checked_sub(self.matches) {
            None => Event::Match(Box::new(Match::new(self.seed, number))),
            Some(race) => Event::Race(Box::new(Race::new(self.seed, race))),
        }
    }
}

#[derive(Debug)]
enum Event {
    Match(Box<Match>),
    Race(Box<Race>),
}

impl Event {
    fn length_ms(&self) -> u64 {
        match self {
            Self::Match(playing) => playing.length_ms(),
            Self::Race(running) => running.length_ms(),
        }
    }
}

impl Iterator for Event {
    type Item = Marked;

    fn next(&mut self) -> Option<Marked> {
        match self {
            Self::Match(playing) => playing.next(),
            Self::Race(running) => running.next(),
        }
    }
}

/// Events one after the other.
#[derive(Debug)]
struct Run {
    all: Fixtures,
    next: u64,
    end: u64,
    playing: Option<Event>,
    before_ms: u64,
    total_ms: u64,
}

impl Run {
    fn new(all: Fixtures, from: u64, end: u64) -> Self {
        let total_ms = (from..end).map(|number| all.event(number).length_ms()).sum();
        Self {
            all,
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
            self.playing = Some(self.all.event(self.next));
            self.next += 1;
        }
    }
}
