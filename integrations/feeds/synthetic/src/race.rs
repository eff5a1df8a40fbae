use std::collections::VecDeque;

use rust_decimal::Decimal;
use shardbook_proto::provider::v1::feed_message::Body;
use shardbook_proto::provider::v1::{
    FeedMarketStatus, FeedMessage, Fixture, FixtureStatus, MarketDefinition, MarketKey, MarketResult, MarketUpdate,
    Outcome, PostedLine, Race as Kind, SelectionDefinition, SelectionResult,
};
use shardbook_replay::{Ladder, Marked};

use crate::book::price;
use crate::chance::Chance;
use crate::runners;

/// Simulated time goes in steps of ten seconds.
const TICK_S: u32 = 10;
/// The race is off twenty minutes after its first prices.
const OFF_S: u32 = 1_200;
const REQUOTE_S: u32 = 20;
/// How long the market stands still for a withdrawal.
const WITHDRAWAL_S: u32 = 40;
/// From the off to the result, and from there to the end.
const RUN_S: u32 = 150;
const WEIGHED_IN_S: u32 = 60;
/// The off of race 0: 2026-01-03 14:10 UTC, Unix milliseconds.
const FIRST_OFF_MS: i64 = 1_767_449_400_000;
/// Draws of races are apart from those of matches of the same number.
const STREAM: u64 = 1 << 40;

/// One horse race with its win market, as messages in the order of their time. The market is declared as a race, so that
/// each-way bets are taken on it and a non-runner deducts by Rule 4.
#[derive(Debug)]
pub struct Race {
    event: String,
    chance: Chance,
    name: String,
    off_ms: i64,
    handicap: bool,
    ladder: Ladder,
    runners: Vec<Runner>,
    withdrawal: Option<Withdrawal>,
    /// The first of two neighbours in the order of finish, from 0, who share a place.
    tie: Option<usize>,
    now_s: u32,
    status: FixtureStatus,
    open: bool,
    ready: VecDeque<Marked>,
    sent: u64,
    over: bool,
}

#[derive(Debug)]
struct Runner {
    name: String,
    /// How good it is, beside the others.
    strength: f64,
    price: Option<Decimal>,
    removed: bool,
}

/// A runner that does not come under starter's orders.
#[derive(Clone, Copy, Debug)]
struct Withdrawal {
    runner: usize,
    at_s: u32,
}

impl Race {
    /// The race of this number of a seed.
    #[must_use]
    pub fn new(seed: u64, index: u64) -> Self {
        let mut chance = Chance::new(seed, STREAM.wrapping_add(index));
        let course = runners::course(&mut chance);
        let field = 5 + chance.below(12) as usize;
        let names = runners::draw(&mut chance, field);
        let runner = |name: String, chance: &mut Chance| Runner {
            name,
            strength: chance.between(0.3, 3.0) * chance.between(0.5, 1.5),
            price: None,
            removed: false,
        };
        let runners: Vec<Runner> = names.into_iter().map(|name| runner(name, &mut chance)).collect();
        let withdrawal = chance.one_in(2).then(|| Withdrawal {
            runner: chance.below(field as u64) as usize,
            at_s: 300 + TICK_S * chance.below(60) as u32,
        });
        Self {
            event: format!("syn:{seed}:race:{index}"),
            tie: chance.one_in(4).then(|| chance.below(3) as usize),
            handicap: chance.one_in(2),
            chance,
            name: format!("{course} race {}", index % 8 + 1),
            off_ms: FIRST_OFF_MS.saturating_add_unsigned(index.min(1 << 20) * 86_400_000),
            ladder: Ladder::exchange(),
            runners,
            withdrawal,
            now_s: 0,
            status: FixtureStatus::Scheduled,
            open: false,
            ready: VecDeque::new(),
            sent: 0,
            over: false,
        }
    }

    /// Whether a runner is withdrawn before the off.
    #[must_use]
    pub fn has_non_runner(&self) -> bool {
        self.withdrawal.is_some()
    }

    /// Whether two runners share one of the first places.
    #[must_use]
    pub fn has_dead_heat(&self) -> bool {
        self.tie.is_some()
    }

    /// Its length in simulated milliseconds, from the first message to the last.
    #[must_use]
    pub fn length_ms(&self) -> u64 {
        u64::from(OFF_S + RUN_S + WEIGHED_IN_S) * 1_000
    }

    fn tick(&mut self) {
        let now = self.now_s;
        let withdrawn = |after: u32| self.withdrawal.is_some_and(|withdrawal| withdrawal.at_s + after == now);
        if now == 0 {
            self.tell_fixture();
            self.quote(Some(self.definition()));
        } else if withdrawn(0) {
            self.withdraw();
        } else if withdrawn(WITHDRAWAL_S) {
            self.quote(None);
        } else if now == OFF_S {
            self.status = FixtureStatus::InPlay;
            self.tell_fixture();
            self.close();
        } else if now == OFF_S + RUN_S {
            let result = self.finish();
            self.tell(result);
        } else if now == OFF_S + RUN_S + WEIGHED_IN_S {
            self.status = FixtureStatus::Ended;
            self.tell_fixture();
            self.over = true;
        } else if self.open && now.is_multiple_of(REQUOTE_S) {
            self.quote(None);
        }
        self.now_s += TICK_S;
    }

    fn definition(&self) -> MarketDefinition {
        let selection = |(number, runner): (usize, &Runner)| SelectionDefinition {
            id: id(number),
            name: runner.name.clone(),
        };
        MarketDefinition {
            name: "Win".to_owned(),
            winners: 1,
            selections: self.runners.iter().enumerate().map(selection).collect(),
            race: Some(Kind {
                handicap: self.handicap,
            }),
        }
    }

    /// Posts the lines that moved, and opens the market where it is not.
    fn quote(&mut self, definition: Option<MarketDefinition>) {
        for runner in &mut self.runners {
            runner.strength *= self.chance.between(0.96, 1.04);
        }
        let all: f64 = self.running().map(|(_, runner)| runner.strength).sum();
        let of = |runner: &Runner| (!runner.removed).then(|| price(runner.strength / all, &self.ladder));
        let prices: Vec<_> = self.runners.iter().map(|runner| of(runner).flatten()).collect();
        let lines = self.moved(&prices);
        let opened = !std::mem::replace(&mut self.open, true);
        if opened || !lines.is_empty() {
            let status = if opened {
                FeedMarketStatus::Open
            } else {
                FeedMarketStatus::Unchanged
            };
            self.update(definition, status, lines);
        }
    }

    /// The market stands still, one runner is out, and the others are priced anew after that.
    fn withdraw(&mut self) {
        let Some(Withdrawal { runner, .. }) = self.withdrawal else {
            return;
        };
        self.open = false;
        self.update(None, FeedMarketStatus::Suspended, Vec::new());
        self.runners[runner].removed = true;
        self.runners[runner].price = None;
        let out = PostedLine {
            selection: id(runner),
            price: String::new(),
            removed: true,
        };
        self.update(None, FeedMarketStatus::Unchanged, vec![out]);
    }

    fn close(&mut self) {
        self.open = false;
        let lines = self.moved(&vec![None; self.runners.len()]);
        self.update(None, FeedMarketStatus::Closed, lines);
    }

    fn moved(&mut self, prices: &[Option<Decimal>]) -> Vec<PostedLine> {
        let runners = self.runners.iter_mut().zip(prices).enumerate();
        let line = |(number, (runner, price)): (usize, (&mut Runner, &Option<Decimal>))| {
            (std::mem::replace(&mut runner.price, *price) != *price).then(|| PostedLine {
                selection: id(number),
                price: price.map(|price| price.to_string()).unwrap_or_default(),
                removed: false,
            })
        };
        runners.filter_map(line).collect()
    }

    fn running(&self) -> impl Iterator<Item = (usize, &Runner)> {
        self.runners.iter().enumerate().filter(|(_, runner)| !runner.removed)
    }

    /// Each place is drawn by strength among those who are left.
    fn finish(&mut self) -> Body {
        let mut left: Vec<(usize, f64)> = self
            .running()
            .map(|(number, runner)| (number, runner.strength))
            .collect();
        let mut order = Vec::with_capacity(left.len());
        while !left.is_empty() {
            let all: f64 = left.iter().map(|(_, strength)| strength).sum();
            let mut drawn = self.chance.unit() * all;
            let next = left.iter().position(|(_, strength)| {
                drawn -= strength;
                drawn < 0.0
            });
            order.push(left.swap_remove(next.unwrap_or(0)).0);
        }
        let result = |number: usize| {
            let Some(at) = order.iter().position(|runner| *runner == number) else {
                return SelectionResult {
                    selection: id(number),
                    outcome: Outcome::Void.into(),
                    ..SelectionResult::default()
                };
            };
            let shared = self.tie.filter(|tie| (*tie..=tie + 1).contains(&at));
            let position = shared.unwrap_or(at) as u32 + 1;
            let won = position == 1;
            let tied = if shared.is_some() { 2 } else { 0 };
            SelectionResult {
                selection: id(number),
                outcome: if won { Outcome::Won } else { Outcome::Lost }.into(),
                dead_heat_places: u32::from(won && tied > 0),
                dead_heat_runners: if won { tied } else { 0 },
                position,
                tied,
            }
        };
        Body::Result(MarketResult {
            key: Some(key()),
            selections: (0..self.runners.len()).map(result).collect(),
            unconfirmed: false,
        })
    }

    fn update(&mut self, definition: Option<MarketDefinition>, status: FeedMarketStatus, lines: Vec<PostedLine>) {
        self.tell(Body::Market(MarketUpdate {
            key: Some(key()),
            definition,
            status: status.into(),
            in_play: None,
            bet_delay_s: None,
            lines,
        }));
    }

    fn tell_fixture(&mut self) {
        let fixture = Fixture {
            sport: "horse racing".to_owned(),
            competition: "Synthetic Turf".to_owned(),
            name: self.name.clone(),
            starts_ms: self.off_ms,
            status: self.status.into(),
            scoreboard: String::new(),
        };
        self.tell(Body::Fixture(fixture));
    }

    fn tell(&mut self, body: Body) {
        let elapsed_ms = u64::from(self.now_s) * 1_000;
        let source_ms = self.off_ms + (i64::from(self.now_s) - i64::from(OFF_S)) * 1_000;
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

fn key() -> MarketKey {
    MarketKey {
        r#type: "WIN".to_owned(),
        specifiers: String::new(),
    }
}

/// Saddle cloths are numbered from 1.
fn id(runner: usize) -> String {
    (runner + 1).to_string()
}

impl Iterator for Race {
    type Item = Marked;

    fn next(&mut self) -> Option<Marked> {
        while self.ready.is_empty() && !self.over {
            self.tick();
        }
        self.ready.pop_front()
    }
}
