//! The engine beside the naive settlement, a million slips of every type.

use std::collections::BTreeMap;

use shardbook_domain::bet::{
    BetStatus, Combinations, DeadHeat, Deduction, EachWay, Fund, Leg, LegOutcome, LegResult, Terms,
};
use shardbook_domain::ids::BetNo;
use shardbook_domain::money::Amount;
use shardbook_domain::odds::Odds;
use shardbook_domain::ratio::Rounding;
use shardbook_domain::rules::{Boost, LuckyBonus, Rules};
use shardbook_domain::time::Time;

use crate::naive;
use crate::scene::on;

/// Slips by their number; slip `n` is made of the seed `n` alone.
const SLIPS: u64 = 1_000_000;

/// A small generator of our own: the same slips on every machine.
struct Dice(u64);

impl Dice {
    fn of(seed: u64) -> Dice {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03);
        (0..4).for_each(|_| {
            dice.roll();
        });
        dice
    }

    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// From `low` to `high`, both included.
    fn from(&mut self, low: u64, high: u64) -> u64 {
        low + (self.roll() >> 8) % (high - low + 1)
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.from(1, count) == 1
    }

    fn price(&mut self) -> Odds {
        let (num, den) = match self.from(0, 9) {
            0 => (self.from(1, 40), self.from(1, 20)),
            1 => (self.from(1, 100), 10_000),
            2 => (self.from(900, 99_900), 100),
            _ => (self.from(1, 900), 100),
        };
        Odds::ratio((num + den) as u32, den as u32).expect("a price")
    }

    fn outcome(&mut self) -> LegOutcome {
        match self.from(0, 15) {
            0..=7 => LegOutcome::WON,
            8..=10 => LegOutcome::Lost,
            11 => LegOutcome::Void,
            12 => LegOutcome::HalfWon,
            13 => LegOutcome::HalfLost,
            _ => {
                let places = self.from(1, 3) as u16;
                let dead_heat = DeadHeat::new(places, places + self.from(1, 3) as u16).ok();
                LegOutcome::Won { dead_heat }
            }
        }
    }
}

#[derive(Debug)]
struct Slip {
    terms: Terms,
    results: Vec<Option<LegResult>>,
    cashed: Amount,
    rules: Rules,
}

/// Legs, bankers and sizes: mostly what players stake, sometimes what hardly anyone does.
fn shape(dice: &mut Dice) -> (usize, u64, Vec<usize>) {
    let full = |legs: usize, smallest: usize| (legs, 0, (smallest..=legs).collect());
    let accumulator = |legs: u64| (legs as usize, 0, vec![legs as usize]);
    match dice.from(0, 999) {
        0..=349 => accumulator(1),
        350..=499 => accumulator(2),
        500..=639 => accumulator(dice.from(3, 6)),
        640..=699 => full(3, 2),
        700..=749 => full(3, 1),
        750..=799 => full(4, 2),
        800..=829 => full(4, 1),
        830..=839 => full(5, dice.from(1, 2) as usize),
        840..=842 => full(6, dice.from(1, 2) as usize),
        843 if dice.one_in(4) => full(7, 2),
        844 if dice.one_in(8) => full(8, 2),
        845..=847 => accumulator(dice.from(7, 20)),
        848 if dice.one_in(8) => accumulator(dice.from(21, 63)),
        849 if dice.one_in(40) => {
            // The largest that the lines allow: pairs, or all but one, of up to 63.
            let legs = dice.from(40, 63) as usize;
            let size = if dice.one_in(2) { 2 } else { legs - 1 };
            (legs, 0, vec![size])
        }
        _ => {
            let legs = dice.from(2, 5) as usize;
            let bankers = if dice.one_in(2) {
                dice.from(0, (1 << (legs - 1)) - 1)
            } else {
                0
            };
            let free = legs - bankers.count_ones() as usize;
            let mut sizes: Vec<usize> = (1..=free).filter(|_| dice.one_in(2)).collect();
            if sizes.is_empty() {
                sizes.push(dice.from(1, free as u64) as usize);
            }
            (legs, bankers, sizes)
        }
    }
}

fn rules(dice: &mut Dice) -> Rules {
    let mut rules = Rules {
        settle_lines_early: dice.one_in(2),
        each_way: Vec::new(),
        ..Rules::default()
    };
    rules.rule_four.scale.clear();
    if dice.one_in(3) {
        let (first, second) = (dice.from(2, 3) as u16, dice.from(4, 6) as u16);
        let row = |legs, percent| Boost { legs, percent };
        rules.boosts = vec![
            row(first, dice.from(1, 20) as u16),
            row(second, dice.from(20, 100) as u16),
        ];
        rules.boost_min_price = Odds::ratio(dice.from(101, 200) as u32, 100).expect("a price");
    }
    if dice.one_in(2) {
        rules.bonuses = (3..=6)
            .map(|selections| LuckyBonus {
                selections,
                one_winner: dice.from(1, 4) as u16 * 100,
                all_winners: dice.from(0, 25) as u16,
            })
            .collect();
    }
    rules
}

fn slip(seed: u64) -> Slip {
    let mut dice = Dice::of(seed);
    let (legs, bankers, sizes) = shape(&mut dice);
    let each_way = dice.one_in(3);
    let combinations = Combinations::of_sizes(&sizes);
    let leg = |at: usize, dice: &mut Dice| Leg {
        selection: on(at as u64, 1),
        price: dice.price(),
        market_version: 1,
        each_way: each_way.then(|| EachWay {
            places: dice.from(1, 4) as u8,
            num: 1,
            den: dice.from(1, 5) as u8,
        }),
    };
    let legs: Vec<Leg> = (0..legs).map(|at| leg(at, &mut dice)).collect();
    let free = legs.len() - bankers.count_ones() as usize;
    let lines: i64 = sizes
        .iter()
        .map(|size| naive_binomial(free as i64, *size as i64))
        .sum::<i64>()
        * (1 + i64::from(each_way));
    let unit = if dice.one_in(4) {
        dice.from(1, 9)
    } else {
        dice.from(10, 100_000)
    } as i64;
    // All alike in some slips: bonuses depend on it.
    let alike = dice.one_in(6);
    let complete = dice.one_in(2) || dice.one_in(2);
    let loser = dice.one_in(12);
    let only = dice.from(0, legs.len() as u64 - 1) as usize;
    let result = |at: usize, dice: &mut Dice| {
        if !complete && dice.one_in(3) {
            return None;
        }
        let outcome = match () {
            () if alike => LegOutcome::WON,
            () if loser && at != only => LegOutcome::Lost,
            () => dice.outcome(),
        };
        let outcome = (complete || !dice.one_in(8)).then_some(outcome);
        Some(LegResult {
            version: 1,
            outcome,
            place: outcome.filter(|_| each_way).map(|outcome| match outcome {
                LegOutcome::Void => outcome,
                _ if alike => LegOutcome::WON,
                _ => dice.outcome(),
            }),
            deduction: Deduction(if dice.one_in(4) { dice.from(1, 90) as u8 } else { 0 }),
            corrected: dice.one_in(12).then(|| dice.price()),
        })
    };
    let results = (0..legs.len()).map(|at| result(at, &mut dice)).collect();
    let stake = unit * lines;
    let cashed = match dice.from(0, 15) {
        0 | 1 => dice.from(0, stake as u64) as i64,
        2 if dice.one_in(8) => stake,
        _ => 0,
    };
    Slip {
        terms: Terms {
            no: BetNo(1),
            placed_at: Time(1),
            legs: legs.into(),
            combinations,
            bankers,
            unit_stake: Amount(unit),
            stake: Amount(stake),
            fund: if dice.one_in(4) { Fund::FreeBet } else { Fund::Cash },
            max_payout: Amount(if dice.one_in(10) {
                dice.from(1, 1_000_000) as i64
            } else {
                1_000_000_000_000
            }),
            rounding: [Rounding::HalfUp, Rounding::HalfEven, Rounding::Down][dice.from(0, 2) as usize],
            rules_version: 1,
        },
        results,
        cashed: Amount(cashed),
        rules: rules(&mut dice),
    }
}

/// Pascal's rule, on small numbers.
fn naive_binomial(of: i64, size: i64) -> i64 {
    (0..size.min(of - size)).fold(1, |ways, at| ways * (of - at) / (at + 1))
}

/// Protects every rule of settlement at once: the engine and the naive settlement agree on a million slips of every type,
/// with voids, halves, dead heats, Rule 4, corrected prices, each-way, free bets, boosts and bonuses, results that are not
/// all known, both ways to settle lines, and stake bought back.
#[test]
fn a_million_slips_stand_as_the_naive_settlement_says() {
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for seed in 0..SLIPS {
        let slip = slip(seed);
        let engine = slip.terms.standing(&slip.results, slip.cashed, &slip.rules);
        let naive = naive::standing(&slip.terms, &slip.results, slip.cashed.0, &slip.rules);
        assert_eq!(engine, naive, "seed {seed}: {slip:#?}");
        let kind = format!("{:?} {:?}", slip.terms.fund, naive.status);
        *seen.entry(kind).or_default() += 1;
    }
    // Two funds by six statuses: dice that never fall on one would prove nothing of it.
    assert!(seen.len() == 12 && seen.values().all(|count| *count > 200), "{seen:?}");
}

/// Protects what a person is shown: the working of a slip comes to what it is settled at, and its lines are those of the
/// naive enumeration in number and in what they hold.
#[test]
fn workings_come_to_what_is_settled() {
    for seed in 0..40_000 {
        let slip = slip(seed);
        let standing = slip.terms.standing(&slip.results, slip.cashed, &slip.rules);
        let working = slip
            .terms
            .working(&slip.results, slip.cashed, &slip.rules)
            .expect("few lines");
        assert_eq!(working.standing, standing, "seed {seed}: {slip:#?}");
        let mut shown: Vec<Vec<usize>> = working
            .lines
            .iter()
            .map(|line| working.legs_of(line.line).map(|leg| leg.leg).collect())
            .collect();
        let mut naive = naive::combinations(&slip.terms);
        if slip.terms.is_each_way() {
            naive.extend(naive.clone());
        }
        naive.iter_mut().for_each(|line| line.sort());
        naive.sort();
        shown.sort();
        assert_eq!(shown, naive, "seed {seed}");
        assert_eq!(slip.terms.lines(), naive.len() as u64, "seed {seed}");
        let text = working.text(crate::scene::eur("1").currency, |leg| format!("leg {leg}"));
        assert!(text.lines().count() > working.lines.len(), "seed {seed}: {text}");
    }
}

/// Protects the promise at acceptance: no results return more than the potential return says, and the largest unit stake
/// stays within the payout while one minor unit more does not.
#[test]
fn nothing_returns_more_than_was_promised() {
    for seed in 0..60_000 {
        let mut slip = slip(seed);
        // A corrected price is a shorter one; the dice know nothing of that.
        slip.results
            .iter_mut()
            .flatten()
            .for_each(|result| result.corrected = None);
        (slip.rules.settle_lines_early, slip.cashed) = (true, Amount::ZERO);
        let standing = slip.terms.standing(&slip.results, Amount::ZERO, &slip.rules);
        let most = slip.terms.potential_return(&slip.rules);
        assert!(
            standing.returned <= most,
            "seed {seed}: {standing:?} above {most:?} {slip:#?}"
        );
        slip.terms.rounding = Rounding::Down;
        let payout = Amount(1_000_000);
        let unit = slip.terms.max_stake(payout, &slip.rules);
        let at = |unit: i64| {
            let mut terms = slip.terms.clone();
            terms.unit_stake = Amount(unit);
            terms.uncapped_return(&slip.rules).map(|amount| amount.0)
        };
        assert!(at(unit.0).is_some_and(|returned| returned <= payout.0), "seed {seed}");
        assert!(
            at(unit.0 + 1).is_none_or(|returned| returned >= payout.0),
            "seed {seed}"
        );
    }
}

/// Protects players from being paid twice or in the wrong order: as results come one by one, what is settled early only
/// grows, and in the end it is what settling at once gives.
#[test]
fn early_settlement_grows_to_the_whole() {
    for seed in 0..40_000 {
        let mut slip = slip(seed);
        slip.rules.settle_lines_early = true;
        let mut before = slip
            .terms
            .standing(&vec![None; slip.results.len()], slip.cashed, &slip.rules);
        let mut known = vec![None; slip.results.len()];
        for (at, result) in slip.results.iter().enumerate() {
            known[at] = *result;
            let now = slip.terms.standing(&known, slip.cashed, &slip.rules);
            let grows = now.stake_settled >= before.stake_settled && now.returned >= before.returned;
            assert!(grows, "seed {seed}: {before:?} then {now:?} {slip:#?}");
            before = now;
        }
        slip.rules.settle_lines_early = false;
        let at_once = slip.terms.standing(&slip.results, slip.cashed, &slip.rules);
        if at_once.status != BetStatus::Open {
            assert_eq!(before, at_once, "seed {seed}: {slip:#?}");
        }
    }
}
