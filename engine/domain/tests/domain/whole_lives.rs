//! Whole lives of a player beside events whose settlement comes in any order: the same messages, the same balances.

use proptest::prelude::*;
use proptest::sample::Index;
use shardbook_domain::bet::{Bet, BetStatus, Deduction, Fund, LegOutcome};
use shardbook_domain::event::{Origin, Ruling};
use shardbook_domain::market::Window;
use shardbook_domain::odds::Odds;
use shardbook_domain::rules::{Rules, Shortfall};
use shardbook_domain::time::Time;

use crate::scene::{START, price};
use crate::trading::{posted, ruled, voided_in, window};
use crate::world::{Punter, World};

const EVENTS: usize = 3;
/// Seconds in which bets are taken and selections withdrawn, before there is any result.
const TRADED: u64 = 10;

/// A bet as it is wished for: when, from which purse, on which events from the first on, which selections, of every size.
#[derive(Clone, Debug)]
pub struct Wish {
    second: u64,
    free: bool,
    first: usize,
    picks: Vec<u32>,
    every_size: bool,
    unit: i64,
}

/// What happens beside the bets, each at a second.
#[derive(Clone, Debug)]
pub struct Life {
    rules: Rules,
    bets: Vec<Wish>,
    /// Selection 2 or 3 of an event is withdrawn.
    withdrawn: Vec<(u64, usize, u32)>,
    said: Vec<(u64, usize, Ruling)>,
    cash_out: Vec<(u64, i64)>,
}

fn ruling() -> impl Strategy<Value = Ruling> {
    let windows = prop_oneof![
        Just(Window::ALWAYS),
        Just(window(Some(2), Some(5))),
        Just(window(Some(4), None))
    ];
    let outcome = prop_oneof![
        4 => Just(LegOutcome::WON),
        4 => Just(LegOutcome::Lost),
        1 => Just(LegOutcome::HalfWon),
        1 => Just(LegOutcome::HalfLost),
        1 => Just(LegOutcome::Void)
    ];
    let right = prop_oneof![Just(None), Just(Some(price("1.50")))];
    prop_oneof![
        6 => (outcome.clone(), outcome, any::<bool>()).prop_map(|(first, second, confirmed)| {
            ruled(&[("1", first), ("2", second), ("3", LegOutcome::Lost)], confirmed)
        }),
        2 => Just(Ruling::ConfirmResult),
        2 => Just(Ruling::RollbackResult),
        2 => windows.clone().prop_map(voided_in),
        2 => windows.clone().prop_map(|window| Ruling::RollbackVoid { window }),
        1 => (windows.clone(), right).prop_map(|(window, price): (Window, Option<Odds>)| {
            let selection = "1".to_owned();
            Ruling::CorrectPrice { selection, window, price }
        }),
        1 => windows.prop_map(|window| {
            let selection = "1".to_owned();
            Ruling::RollbackCorrection { selection, window }
        }),
    ]
}

/// Lives with bets from both purses, or of money alone.
pub fn lives(free: bool) -> impl Strategy<Value = Life> {
    let picks = prop::collection::vec(1u32..4, 1..=EVENTS);
    let wish = (0..TRADED, any::<bool>(), 0..EVENTS, picks, any::<bool>(), 10i64..2_000);
    let wish = wish.prop_map(move |(second, from_free, first, picks, every_size, unit)| Wish {
        second,
        free: free && from_free,
        first,
        picks,
        every_size,
        unit,
    });
    let rules = (any::<bool>(), any::<bool>(), any::<bool>());
    let rules = rules.prop_map(|(settle_unconfirmed, settle_lines_early, owe)| Rules {
        settle_unconfirmed,
        settle_lines_early,
        shortfall: if owe { Shortfall::Owe } else { Shortfall::WriteOff },
        ..Rules::default()
    });
    (
        rules,
        prop::collection::vec(wish, 1..16),
        prop::collection::vec((0..TRADED, 0..EVENTS, 2u32..4), 0..3),
        prop::collection::vec((TRADED..40, 0..EVENTS, ruling()), 0..24),
        prop::collection::vec((0u64..45, 1i64..200_000), 0..6),
    )
        .prop_map(|(rules, bets, withdrawn, said, cash_out)| Life {
            rules,
            bets,
            withdrawn,
            said,
            cash_out,
        })
}

fn at(second: u64) -> Time {
    START.plus_ms(second * 1_000)
}

impl Life {
    fn begin(&self) -> World {
        let mut anna = Punter::new("EUR", &self.rules);
        anna.deposit(2_000_000);
        anna.grant(500_000);
        World::new(EVENTS, vec![anna])
    }

    /// Lets a second of trading pass: withdrawals of selections first, then bets, then money out.
    fn trade(&self, world: &mut World, second: u64) {
        for (_, event, selection) in self.withdrawn.iter().filter(|row| row.0 == second) {
            let out = [(selection.to_string(), "out")];
            let lines = [(out[0].0.as_str(), out[0].1)];
            world.says(*event, at(second), &posted("M", None, &lines));
        }
        for wish in self.bets.iter().filter(|wish| wish.second == second) {
            let fund = if wish.free { Fund::FreeBet } else { Fund::Cash };
            let events = (0..wish.picks.len()).map(|leg| (wish.first + leg) % EVENTS);
            let picks: Vec<(usize, u32)> = events.zip(wish.picks.iter().copied()).collect();
            world.place(0, at(second), fund, &picks, wish.every_size, wish.unit);
            world.punters[0].books();
        }
    }

    fn pay_out(&self, world: &mut World, second: u64) {
        for (_, amount) in self.cash_out.iter().filter(|row| row.0 == second) {
            world.punters[0].withdraw(*amount);
            world.punters[0].books();
        }
    }

    /// The ruling, made to fit: a withdrawn selection has no outcome but void.
    fn ruling(&self, said: &(u64, usize, Ruling)) -> Ruling {
        let mut ruling = said.2.clone();
        if let Ruling::Result { results, .. } = &mut ruling {
            let gone = |id: &str| {
                self.withdrawn
                    .iter()
                    .any(|row| row.1 == said.1 && row.2.to_string() == id)
            };
            results
                .iter_mut()
                .filter(|result| gone(&result.selection))
                .for_each(|result| result.outcome = LegOutcome::Void);
        }
        ruling
    }

    fn hear(&self, world: &mut World, said: &(u64, usize, Ruling)) {
        world.rules(said.1, at(said.0), Origin::Feed, self.ruling(said));
    }

    /// Everything in its time, every bet told at once.
    fn in_order(&self) -> World {
        let mut world = self.begin();
        for second in 0..45 {
            self.trade(&mut world, second);
            for said in self.said.iter().filter(|said| said.0 == second) {
                self.hear(&mut world, said);
            }
            for event in 0..EVENTS {
                world.settle(event);
                world.punters[0].books();
            }
            self.pay_out(&mut world, second);
        }
        world
    }

    /// The same bets; settlement comes in the order of `order`, some of it again, and bets are told of old and new versions
    /// as `tells` picks. In the end everything has come, and every bet is told of everything, the latest first.
    fn in_any_order(&self, order: &[Index], tells: &[(Index, Index)]) -> World {
        let mut world = self.begin();
        for second in 0..TRADED {
            self.trade(&mut world, second);
            self.pay_out(&mut world, second);
        }
        let some = order
            .iter()
            .filter(|_| !self.said.is_empty())
            .map(|pick| pick.get(&self.said));
        let sequence: Vec<_> = some.chain(self.said.iter().rev()).collect();
        let share = tells.len() / sequence.len().max(1) + 1;
        let mut tells = tells.chunks(share);
        let mut second = TRADED;
        for said in sequence {
            self.hear(&mut world, said);
            for (bet, notice) in tells.next().unwrap_or_default() {
                tell_some(&mut world, said.1, bet, notice);
                world.punters[0].books();
            }
            self.pay_out(&mut world, second);
            second += 1;
        }
        for second in second.min(45)..45 {
            self.pay_out(&mut world, second);
        }
        for event in 0..EVENTS {
            for notice in world.notices[event].clone().iter().rev() {
                for (punter, bet) in world.bets_on(event) {
                    world.punters[punter].tell(bet, notice);
                    world.punters[punter].books();
                }
            }
        }
        world
    }
}

/// Tells one of the bets on an event of one of its versions, old or new.
fn tell_some(world: &mut World, event: usize, bet: &Index, notice: &Index) {
    let (bets, notices) = (world.bets_on(event), &world.notices[event]);
    if bets.is_empty() || notices.is_empty() {
        return;
    }
    let ((punter, bet), notice) = (*bet.get(&bets), notice.get(notices).clone());
    world.punters[punter].tell(bet, &notice);
}

type Stands = (
    BetStatus,
    i64,
    i64,
    i64,
    Vec<Option<(Option<LegOutcome>, Deduction, Option<Odds>)>>,
);

/// How a bet ended, apart from how it came there.
fn ended(bet: &Bet) -> Stands {
    let results = bet.results().map(|result| {
        // A leg that was never told of anything and one that has no result are the same.
        let result = result.filter(|result| result.outcome.is_some());
        result.map(|result| (result.outcome, result.deduction, result.corrected))
    });
    let amounts = (bet.stake_settled().0, bet.returned().0, bet.refunded().0);
    (bet.status, amounts.0, amounts.1, amounts.2, results.collect())
}

/// Lives both and compares them.
pub fn both_ways_end_alike(life: &Life, order: &[Index], tells: &[(Index, Index)]) -> Result<(), TestCaseError> {
    let (straight, shuffled) = (life.in_order(), life.in_any_order(order, tells));
    let settlements = |world: &World| {
        let markets = world.events.iter().map(|event| event.market("M").settlement.clone());
        markets.collect::<Vec<_>>()
    };
    prop_assert_eq!(settlements(&straight), settlements(&shuffled));
    let (left, right) = (&straight.punters[0], &shuffled.punters[0]);
    prop_assert_eq!(left.bets.len(), right.bets.len());
    for (bet, other) in left.bets.values().zip(right.bets.values()) {
        prop_assert_eq!(ended(bet), ended(other));
        prop_assert_eq!(
            bet.standing(&life.rules),
            bet.settled(),
            "a bet is settled as it stands"
        );
    }
    if life.rules.shortfall == Shortfall::Owe {
        prop_assert_eq!(left.wealth(), right.wealth());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Protects balances from the order and repetition of results, cancels, rollbacks, resettlements and of what bets are
    /// told, for singles, multiples and systems; with the books proven after every step.
    #[test]
    fn any_order_of_settlement_ends_in_the_same_balances(
        life in lives(false),
        order in prop::collection::vec(any::<Index>(), 0..20),
        tells in prop::collection::vec(any::<(Index, Index)>(), 0..80),
    ) {
        both_ways_end_alike(&life, &order, &tells)?;
    }
}
