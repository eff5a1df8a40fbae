//! A simulated week: many events, players of several currencies, thousands of bets, and all that goes wrong with results;
//! with the house's books proven from the ledgers after every step.

use std::collections::BTreeMap;

use shardbook_domain::bet::{Fund, LegOutcome};
use shardbook_domain::event::{Origin, Ruling, SourceStatus};
use shardbook_domain::market::Window;
use shardbook_domain::money::Currency;
use shardbook_domain::player::{Event, State};
use shardbook_domain::rules::{Rules, Shortfall};
use shardbook_domain::time::{DAY_MS, HOUR_MS, Time};

use crate::scene::{START, price};
use crate::trading::{Trading, posted, ruled, voided_in};
use crate::world::{Punter, Sums, World};

const DAYS: u64 = 7;
/// Events of a day: they open at midnight and are over at the end of it.
const DAILY: usize = 8;
const CURRENCIES: [&str; 3] = ["EUR", "GBP", "JPY"];
const PUNTERS: usize = 21;
/// Steps of a day.
const STEPS: u64 = 2_000;

/// Repeatable chance: xorshift.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }
}

/// The week as it goes on, with the books of every player as last proven.
struct Week {
    dice: Dice,
    world: World,
    books: Vec<Sums>,
    now: Time,
    free: bool,
    busiest: usize,
}

impl Week {
    fn new(seed: u64, free: bool) -> Week {
        let punter = |at: usize| {
            let rules = Rules {
                settle_unconfirmed: at.is_multiple_of(2),
                settle_lines_early: at.is_multiple_of(3),
                shortfall: if at.is_multiple_of(5) {
                    Shortfall::WriteOff
                } else {
                    Shortfall::Owe
                },
                ..Rules::default()
            };
            let mut punter = Punter::new(CURRENCIES[at % CURRENCIES.len()], &rules);
            (0..5).for_each(|_| punter.deposit(100_000));
            punter.grant(if punter.currency().decimals() == 0 {
                5_000
            } else {
                50_000
            });
            punter
        };
        let events = DAYS as usize * DAILY;
        Week {
            dice: Dice(seed),
            world: World::new(events, (0..PUNTERS).map(punter).collect()),
            books: vec![Sums::default(); PUNTERS],
            now: START,
            free,
            busiest: 0,
        }
    }

    /// Proves one player's books, and with them the house's in every currency.
    fn prove(&mut self, punter: usize) {
        self.books[punter] = self.world.punters[punter].books();
        let mut house: BTreeMap<Currency, Sums> = BTreeMap::new();
        for (punter, books) in self.world.punters.iter().zip(&self.books) {
            let sums = house.entry(punter.currency()).or_default();
            sums.staked += books.staked;
            sums.open += books.open;
            sums.returned += books.returned;
            sums.refunded += books.refunded;
            sums.margin += books.margin;
        }
        for (currency, sums) in house {
            let out = sums.returned + sums.refunded + sums.margin + sums.open;
            assert_eq!(
                sums.staked, out,
                "{currency}: stakes in = payouts + house result + open"
            );
        }
    }

    /// An event of today or, seldom, of any day before.
    fn event(&mut self, day: usize) -> usize {
        let first = if self.dice.one_in(10) { 0 } else { day * DAILY };
        let span = (day + 1) * DAILY - first;
        first + self.dice.below(span as u64) as usize
    }

    fn bet(&mut self, day: usize) {
        let punter = self.dice.below(PUNTERS as u64) as usize;
        let first = day * DAILY + self.dice.below(DAILY as u64) as usize;
        let legs = 1 + self.dice.below(4) as usize;
        let (dice, ahead) = (&mut self.dice, DAYS as usize * DAILY);
        let picks: Vec<(usize, u32)> = (0..legs)
            .map(|leg| ((first + leg) % ahead, 1 + dice.below(3) as u32))
            .collect();
        let fund = if self.free && self.dice.one_in(4) {
            Fund::FreeBet
        } else {
            Fund::Cash
        };
        let (every_size, unit) = (self.dice.one_in(3), 10 + self.dice.below(2_000) as i64);
        self.world.place(punter, self.now, fund, &picks, every_size, unit);
        self.prove(punter);
    }

    fn cashier(&mut self) {
        let punter = self.dice.below(PUNTERS as u64) as usize;
        let amount = 100 + self.dice.below(40_000) as i64;
        match self.dice.below(3) {
            0 => self.world.punters[punter].withdraw(amount * 3),
            1 => self.world.punters[punter].deposit(amount),
            _ => self.world.punters[punter].grant(1 + amount / 20),
        }
        self.prove(punter);
    }

    /// Prices move, a selection is withdrawn, a market is suspended or opened.
    fn trade(&mut self, day: usize) {
        let event = day * DAILY + self.dice.below(DAILY as u64) as usize;
        let market = self.world.events[event].market("M");
        if market.is_decided() {
            return;
        }
        let id = ["1", "2", "3"][self.dice.below(3) as usize];
        let gone = market.selection_of(id).is_some_and(|selection| selection.removed);
        let runners = market.runners();
        let odds = ["1.40", "2.00", "2.75", "4.50", ""];
        let change = match self.dice.below(20) {
            0 if runners > 2 => posted("M", None, &[(id, "out")]),
            1 => posted("M", Some(SourceStatus::Suspended), &[]),
            _ if gone => posted("M", Some(SourceStatus::Open), &[]),
            _ => posted("M", Some(SourceStatus::Open), &[(id, self.dice.pick(&odds))]),
        };
        let at = self.now.max(self.world.events[event].state.source_time());
        self.world.says(event, at, &change);
    }

    /// Something is said of a settlement, now or as of some hours ago, by the feed or by a trader.
    fn rule(&mut self, event: usize) {
        let outcomes = [
            LegOutcome::WON,
            LegOutcome::WON,
            LegOutcome::Lost,
            LegOutcome::HalfWon,
            LegOutcome::Void,
        ];
        let market = self.world.events[event].market("M");
        let gone: Vec<bool> = market.selections.iter().map(|selection| selection.removed).collect();
        let mut outcome = |at: usize| {
            if gone[at] {
                LegOutcome::Void
            } else {
                self.dice.pick(&outcomes)
            }
        };
        let outcomes = [outcome(0), outcome(1), outcome(2)];
        let named = [("1", outcomes[0]), ("2", outcomes[1]), ("3", outcomes[2])];
        let from = START.plus_ms(self.dice.below(DAYS * 24) * HOUR_MS);
        let window = match self.dice.below(3) {
            0 => Window::ALWAYS,
            _ => Window {
                from: Some(from),
                until: Some(from.plus_ms(6 * HOUR_MS)),
            },
        };
        let selection = "1".to_owned();
        let right = self.dice.one_in(2).then(|| price("1.25"));
        let ruling = match self.dice.below(20) {
            0..=8 => ruled(&named, self.dice.one_in(2)),
            9..=11 => Ruling::ConfirmResult,
            12..=13 => Ruling::RollbackResult,
            14..=15 => voided_in(window),
            16 => Ruling::RollbackVoid { window: Window::ALWAYS },
            17..=18 => Ruling::CorrectPrice {
                selection,
                window,
                price: right,
            },
            _ => Ruling::RollbackCorrection { selection, window },
        };
        let origin = if self.dice.one_in(8) {
            Origin::Trader
        } else {
            Origin::Feed
        };
        let ago = if self.dice.one_in(3) {
            self.dice.below(8 * HOUR_MS)
        } else {
            0
        };
        let at = Time(self.now.0.saturating_sub(ago));
        self.world.rules(event, at, origin, ruling);
    }

    /// Takes an event's notices to its bets: the last, or an old one again, to all or to some.
    fn deliver(&mut self, event: usize) {
        let known = self.world.notices[event].len();
        if known == 0 {
            return;
        }
        let (again, all) = (self.dice.one_in(5), self.dice.one_in(2));
        let at = if again {
            self.dice.below(known as u64) as usize
        } else {
            known - 1
        };
        let notice = self.world.notices[event][at].clone();
        for (punter, bet) in self.world.bets_on(event) {
            if all || self.dice.one_in(3) {
                self.world.punters[punter].tell(bet, &notice);
                self.prove(punter);
            }
        }
    }

    fn live(&mut self) {
        for day in 0..DAYS as usize {
            for step in 0..STEPS {
                self.now = START.plus_ms(day as u64 * DAY_MS + step * (DAY_MS / STEPS));
                match self.dice.below(100) {
                    0..=69 => self.bet(day),
                    70..=79 => self.trade(day),
                    80..=83 => self.cashier(),
                    84..=91 if step > STEPS / 3 => {
                        let event = self.event(day);
                        self.rule(event);
                    }
                    _ => {
                        let event = self.event(day);
                        self.deliver(event);
                    }
                }
                let held = self
                    .world
                    .punters
                    .iter()
                    .map(|punter| punter.scene.state.open_bets().len());
                self.busiest = self.busiest.max(held.max().unwrap_or(0));
            }
        }
    }

    /// Everything gets a result that is final, and every bet is told.
    fn end(&mut self) {
        self.now = START.plus_ms(DAYS * DAY_MS);
        for event in 0..DAYS as usize * DAILY {
            let market = self.world.events[event].market("M");
            let last = |at: usize, outcome| match market.selections[at].removed {
                true => LegOutcome::Void,
                false => outcome,
            };
            let (won, lost) = (LegOutcome::WON, LegOutcome::Lost);
            let named = [("1", last(0, won)), ("2", last(1, lost)), ("3", last(2, lost))];
            self.world.rules(event, self.now, Origin::Feed, ruled(&named, true));
            let by_hand = ruled(&named, true);
            self.world.rules(event, self.now, Origin::Trader, by_hand);
            for (punter, bet) in self.world.bets_on(event) {
                let notice = self.world.notices[event].last().cloned().expect("a result");
                self.world.punters[punter].tell(bet, &notice);
                self.prove(punter);
            }
        }
    }
}

/// Lives a week and proves that nothing is lost, made or left over.
pub fn a_week_adds_up(seed: u64, free: bool) {
    let mut week = Week::new(seed, free);
    week.live();
    let open_before: i128 = week.books.iter().map(|sums| sums.open).sum();
    assert!(open_before > 0, "a week ends with bets open");
    week.end();
    let bets: usize = week.world.punters.iter().map(|punter| punter.bets.len()).sum();
    assert!(bets > 3_000, "seed {seed}: only {bets} bets, too few to show anything");
    assert!(week.busiest > 20, "seed {seed}: nobody had many bets open");
    for (punter, books) in week.world.punters.iter().zip(&week.books) {
        assert_eq!(books.open, 0, "seed {seed}: all is settled");
        assert_eq!(punter.scene.state.open_bets().len(), 0);
        for bet in punter.bets.values() {
            assert_eq!(
                bet.standing(&punter.scene.rules),
                bet.settled(),
                "seed {seed}: a bet is settled as it stands"
            );
        }
        let replayed = punter.scene.history.iter().fold(State::default(), |mut state, event| {
            state.apply(event);
            state
        });
        assert_eq!(
            replayed, punter.scene.state,
            "seed {seed}: the state is the sum of its events"
        );
    }
    let corrected = week.world.punters.iter().flat_map(|punter| punter.bets.values());
    assert!(
        corrected.filter(|bet| bet.settlements() > 1).count() > 500,
        "seed {seed}: many bets were settled anew"
    );
    let histories = week.world.punters.iter().flat_map(|punter| &punter.scene.history);
    let recalled = histories
        .filter(|event| matches!(event, Event::BetRestored { .. }))
        .count();
    assert!(recalled > 500, "seed {seed}: many had to be read back from history");
    let decided = |event: &Trading| event.market("M").is_decided();
    assert!(week.world.events.iter().all(decided));
}

/// Protects the house's and the players' money through a week of trading: stakes in = payouts + house result + open, in
/// every currency and after every step.
#[test]
fn a_week_of_bets_adds_up() {
    for seed in [7, 2_026] {
        a_week_adds_up(seed, false);
    }
}
