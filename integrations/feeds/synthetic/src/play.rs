use std::collections::VecDeque;

use shardbook_proto::provider::v1::feed_message::Body;
use shardbook_proto::provider::v1::{FeedMessage, Fixture, FixtureStatus};
use shardbook_replay::Marked;

use crate::book::{Book, result, rollback};
use crate::chance::Chance;
use crate::market::{Facts, Market};
use crate::model::{Outlook, Score};
use crate::teams;

/// Simulated time goes in steps of ten seconds.
const TICK_S: u32 = 10;
/// First prices come ten minutes before kick-off.
const KICK_OFF_S: u32 = 600;
const HALF_S: u32 = 2_700;
const BREAK_S: u32 = 900;
const REQUOTE_S: u32 = 30;
/// How long play stands still for a goal, and for a red card.
const GOAL_CHECK_S: u32 = 40;
const CARD_S: u32 = 30;
/// Kick-off of match 0: 2026-01-03 15:00 UTC, Unix milliseconds.
const FIRST_KICK_OFF_MS: i64 = 1_767_452_400_000;
/// Goals of one match, so that memory is bounded whatever is drawn.
const MOST_GOALS: usize = 20;

/// What is out of the ordinary about a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Twist {
    /// Nothing.
    None,
    /// Play ends for good in the second half; what is undecided is void. One match in 50.
    Abandoned,
    /// The match odds are first resulted wrongly, then rolled back and resulted anew. One in 40.
    WrongResult,
}

/// One match, as messages in the order of their time.
#[derive(Debug)]
pub struct Match {
    event: String,
    chance: Chance,
    twist: Twist,
    clock: Clock,
    name: String,
    kick_off_ms: i64,
    /// Goals expected of each team over 90 minutes.
    rates: [f64; 2],
    so_far: SoFar,
    book: Book,
    now_s: u32,
    /// Play and prices stand still until then.
    held_until_s: Option<u32>,
    status: FixtureStatus,
    ready: VecDeque<Marked>,
    sent: u64,
    over: bool,
}

/// What was played so far.
#[derive(Debug, Default)]
struct SoFar {
    score: Score,
    half_time: Option<Score>,
    /// Scorers in order: `true` is home.
    goals: Vec<bool>,
}

impl SoFar {
    fn facts(&self, full_time: bool) -> Facts<'_> {
        Facts {
            score: self.score,
            half_time: self.half_time,
            goals: &self.goals,
            full_time,
        }
    }
}

/// Seconds since the first message at which each phase begins.
#[derive(Debug)]
struct Clock {
    half_time_s: u32,
    second_half_s: u32,
    full_time_s: u32,
    end_s: u32,
}

impl Match {
    /// The match of this number of a seed.
    #[must_use]
    pub fn new(seed: u64, index: u64) -> Self {
        let mut chance = Chance::new(seed, index);
        let teams = teams::draw(&mut chance);
        let rates = [chance.between(0.8, 2.4), chance.between(0.6, 2.0)];
        let stoppage = [60 * chance.below(4) as u32, 60 * (1 + chance.below(6) as u32)];
        let half_time_s = KICK_OFF_S + HALF_S + stoppage[0];
        let second_half_s = half_time_s + BREAK_S;
        let twist = match (chance.one_in(50), chance.one_in(40)) {
            (true, _) => Twist::Abandoned,
            (false, true) => Twist::WrongResult,
            (false, false) => Twist::None,
        };
        let whole = second_half_s + HALF_S + stoppage[1];
        let abandoned = second_half_s + TICK_S * (1 + chance.below(u64::from(HALF_S / TICK_S)) as u32);
        let full_time_s = if twist == Twist::Abandoned { abandoned } else { whole };
        let clock = Clock {
            half_time_s,
            second_half_s,
            full_time_s,
            end_s: full_time_s + 180,
        };
        let [home, away] = &teams;
        Self {
            event: format!("syn:{seed}:{index}"),
            chance,
            twist,
            clock,
            name: format!("{home} v {away}"),
            kick_off_ms: FIRST_KICK_OFF_MS.saturating_add_unsigned(index.min(1 << 20) * 86_400_000),
            rates,
            so_far: SoFar::default(),
            book: Book::new(teams),
            now_s: 0,
            held_until_s: None,
            status: FixtureStatus::Scheduled,
            ready: VecDeque::new(),
            sent: 0,
            over: false,
        }
    }

    /// What is out of the ordinary about it.
    #[must_use]
    pub fn twist(&self) -> Twist {
        self.twist
    }

    /// Its length in simulated milliseconds, from the first message to the last.
    #[must_use]
    pub fn length_ms(&self) -> u64 {
        u64::from(self.clock.end_s) * 1_000
    }

    /// Goals of home and away so far.
    #[must_use]
    pub fn score(&self) -> (u32, u32) {
        (self.so_far.score.home, self.so_far.score.away)
    }

    fn tick(&mut self) {
        let now = self.now_s;
        let Clock {
            half_time_s,
            second_half_s,
            full_time_s,
            end_s,
        } = self.clock;
        if now == 0 {
            self.tell_fixture();
            self.quote();
        } else if now == KICK_OFF_S {
            self.status = FixtureStatus::InPlay;
            self.tell_fixture();
            self.hold(TICK_S);
        } else if now == half_time_s {
            self.so_far.half_time = Some(self.so_far.score);
            self.hold(60);
            self.settle(false);
        } else if now == second_half_s {
            self.hold(TICK_S);
        } else if now == full_time_s {
            let suspended = self.book.suspend();
            self.tell(suspended);
            self.held_until_s = Some(u32::MAX);
        } else if now == full_time_s + 30 {
            self.finish();
        } else if now == end_s {
            self.correct();
            self.over = true;
        } else if self.held_until_s == Some(now) {
            self.held_until_s = None;
            self.settle(false);
            self.offer_next_goal();
            self.quote();
        } else if self.held_until_s.is_none() {
            let playing = (KICK_OFF_S..half_time_s).contains(&now) || (second_half_s..full_time_s).contains(&now);
            if playing {
                self.play();
            }
            if self.held_until_s.is_none() && now.is_multiple_of(REQUOTE_S) {
                self.quote();
            }
        }
        self.now_s += TICK_S;
    }

    fn play(&mut self) {
        let per_tick = f64::from(TICK_S) / f64::from(2 * HALF_S);
        let drawn = self.chance.unit();
        let [home, away] = self.rates.map(|rate| rate * per_tick);
        if drawn < home + away {
            if self.so_far.goals.len() == MOST_GOALS {
                return;
            }
            let of_home = drawn < home;
            self.so_far.goals.push(of_home);
            *(if of_home {
                &mut self.so_far.score.home
            } else {
                &mut self.so_far.score.away
            }) += 1;
            self.hold(GOAL_CHECK_S);
            self.tell_fixture();
        } else if drawn > 1.0 - 0.2 * per_tick {
            let (sent_off, other) = if self.chance.one_in(2) { (0, 1) } else { (1, 0) };
            self.rates[sent_off] *= 0.7;
            self.rates[other] *= 1.2;
            self.hold(CARD_S);
        }
    }

    /// Suspends everything until `seconds` from now, or until the next phase if that comes before.
    fn hold(&mut self, seconds: u32) {
        let suspended = self.book.suspend();
        self.tell(suspended);
        self.held_until_s = Some(self.now_s + seconds);
    }

    fn quote(&mut self) {
        let Clock {
            half_time_s,
            second_half_s,
            full_time_s,
            ..
        } = self.clock;
        let expected_end = if self.twist == Twist::Abandoned {
            second_half_s + HALF_S
        } else {
            full_time_s
        };
        let left = |from: u32, to: u32| f64::from(to.saturating_sub(self.now_s.max(from)));
        let first = left(KICK_OFF_S, half_time_s);
        let second = left(second_half_s, expected_end);
        let drift = self.chance.between(0.97, 1.03);
        let goals = |seconds: f64| self.rates.map(|rate| rate * drift * seconds / f64::from(2 * HALF_S));
        let full = Outlook::new(self.so_far.score, goals(first + second));
        let half = Outlook::new(self.so_far.score, goals(first));
        let lines = self.book.quote(&full, &half, self.status == FixtureStatus::InPlay);
        self.tell(lines);
    }

    fn settle(&mut self, full_time: bool) {
        let settled = self.book.settle(self.so_far.facts(full_time));
        self.tell(settled);
    }

    fn offer_next_goal(&mut self) {
        let next = Market::NextGoal(self.so_far.goals.len() as u32 + 1);
        if !self.book.offers(next) {
            self.book.offer(next);
        }
    }

    fn finish(&mut self) {
        match self.twist {
            Twist::Abandoned => {
                self.settle(false);
                let voided = self.book.abandon();
                self.tell(voided);
            }
            Twist::None => self.settle(true),
            Twist::WrongResult => {
                let facts = self.so_far.facts(true);
                let wrong = Score {
                    home: facts.score.away + 1,
                    away: facts.score.home,
                };
                let first = result(Market::MatchOdds, Facts { score: wrong, ..facts });
                let mut settled = self.book.settle(facts);
                let right = result(Market::MatchOdds, facts);
                if let (Some(first), Some(right)) = (first, right) {
                    settled
                        .iter_mut()
                        .filter(|body| **body == right)
                        .for_each(|body| *body = first.clone());
                }
                self.tell(settled);
            }
        }
    }

    fn correct(&mut self) {
        if self.twist == Twist::WrongResult {
            let right = result(Market::MatchOdds, self.so_far.facts(true));
            self.tell([rollback(Market::MatchOdds)].into_iter().chain(right).collect());
        }
        self.status = FixtureStatus::Ended;
        self.tell_fixture();
    }

    fn tell_fixture(&mut self) {
        let fixture = Fixture {
            sport: "football".to_owned(),
            competition: "Synthetic League".to_owned(),
            name: self.name.clone(),
            starts_ms: self.kick_off_ms,
            status: self.status.into(),
            scoreboard: format!("{}-{}", self.so_far.score.home, self.so_far.score.away),
        };
        self.tell(vec![Body::Fixture(fixture)]);
    }

    fn tell(&mut self, bodies: Vec<Body>) {
        let elapsed_ms = u64::from(self.now_s) * 1_000;
        let source_ms = self.kick_off_ms + (i64::from(self.now_s) - i64::from(KICK_OFF_S)) * 1_000;
        for body in bodies {
            let message = FeedMessage {
                id: format!("{}:{}", self.event, self.sent),
                event: self.event.clone(),
                source_ms,
                received_us: 0,
                body: Some(body),
            };
            self.sent += 1;
            self.ready.push_back(Marked {
                elapsed_ms,
                index: elapsed_ms,
                total: self.length_ms(),
                message,
            });
        }
    }
}

impl Iterator for Match {
    type Item = Marked;

    fn next(&mut self) -> Option<Marked> {
        while self.ready.is_empty() && !self.over {
            self.tick();
        }
        self.ready.pop_front()
    }
}
