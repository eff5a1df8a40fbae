//! Random lives of bets that are sold in parts, beside a naive count of the same money.

use std::collections::BTreeMap;

use proptest::prelude::*;
use shardbook_domain::bet::{BetStatus, LegOutcome};
use shardbook_domain::ids::BetNo;
use shardbook_domain::ledger::Account;
use shardbook_domain::market::{Chance, MarketSettlement};
use shardbook_domain::player::{Event, State};

use crate::scene::{Scene, bet, lock, minor, on, result, sell, settlement};

const EVENTS: u64 = 3;

/// One step of a life. Indices are taken modulo what there is.
#[derive(Clone, Debug)]
enum Step {
    Place {
        stake: i64,
        first: u64,
        legs: u64,
    },
    /// An event looks otherwise.
    Move {
        event: u64,
        won: u32,
    },
    /// The player asks for the price of a share of the open stake.
    Ask {
        bet: u32,
        percent: i64,
    },
    /// The player sells at the price that is kept, if there is one.
    Sell {
        bet: u32,
    },
    /// A bet is told of a new result of an event, or that it was taken back.
    Tell {
        bet: u32,
        event: u64,
        outcome: usize,
    },
    Wait {
        seconds: u64,
    },
    Withdraw {
        amount: i64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (10i64..3_000, 0..EVENTS, 1..=EVENTS).prop_map(|(stake, first, legs)| Step::Place { stake, first, legs }),
        3 => (0..EVENTS, 0u32..=1_000_000).prop_map(|(event, won)| Step::Move { event, won }),
        6 => (any::<u32>(), 1i64..=100).prop_map(|(bet, percent)| Step::Ask { bet, percent }),
        8 => any::<u32>().prop_map(|bet| Step::Sell { bet }),
        6 => (any::<u32>(), 0..EVENTS, 0usize..6).prop_map(|(bet, event, outcome)| Step::Tell { bet, event, outcome }),
        1 => (0u64..4).prop_map(|seconds| Step::Wait { seconds }),
        1 => (1i64..50_000).prop_map(|amount| Step::Withdraw { amount }),
    ]
}

/// What may be said of the first selection of a market; the last takes the result back.
fn outcome(kind: usize) -> Option<LegOutcome> {
    use LegOutcome::{HalfLost, HalfWon, Lost, Void};
    [LegOutcome::WON, Lost, Void, HalfWon, HalfLost].get(kind).copied()
}

#[derive(Default)]
struct NaiveBet {
    stake: i128,
    sold: i128,
    paid: i128,
    /// By event the last that the bet was told.
    legs: BTreeMap<u64, Option<LegOutcome>>,
}

impl NaiveBet {
    /// What comes back of the stake that was not sold; every leg has the price 5/2.
    fn returned(&self) -> Option<i128> {
        let quarters = |outcome| match outcome {
            LegOutcome::Won { .. } => 10,
            LegOutcome::Lost => 0,
            LegOutcome::Void => 4,
            LegOutcome::HalfWon => 7,
            LegOutcome::HalfLost => 2,
        };
        if self.sold == self.stake || self.legs.values().any(|outcome| *outcome == Some(LegOutcome::Lost)) {
            return Some(0);
        }
        let mut outcomes = self.legs.values();
        let product = outcomes.try_fold(self.stake - self.sold, |product, leg| Some(product * quarters((*leg)?)))?;
        let unit = 4i128.pow(self.legs.len() as u32);
        Some((product * 2 + unit) / (unit * 2))
    }
}

/// The naive count: what came in at the cashier less what went out, and every bet.
#[derive(Default)]
struct Naive {
    cashier: i128,
    versions: u32,
    bets: BTreeMap<u32, NaiveBet>,
}

impl Naive {
    fn check(&self, state: &State) -> Result<(), TestCaseError> {
        let sum = |part: fn(&NaiveBet) -> i128| self.bets.values().map(part).sum::<i128>();
        let open = sum(|bet| bet.returned().map_or(bet.stake - bet.sold, |_| 0));
        let returned = sum(|bet| bet.returned().unwrap_or(0));
        let (stakes, paid) = (sum(|bet| bet.stake), sum(|bet| bet.paid));
        let ledger = state.ledger();
        let margin = i128::from(ledger.balance(Account::BettingResult).0);
        prop_assert_eq!(i128::from(ledger.held().0), open);
        prop_assert_eq!(
            stakes,
            returned + paid + margin + open,
            "stakes in = payouts + cash-outs + margin + open"
        );
        let player = i128::from(ledger.available().0) - i128::from(ledger.owed().0);
        prop_assert_eq!(player, self.cashier - stakes + returned + paid);
        for (no, naive) in &self.bets {
            if let Some(bet) = state.bet(BetNo(*no)) {
                prop_assert_eq!(i128::from(bet.cashed_stake().0), naive.sold);
                prop_assert_eq!(i128::from(bet.cashed_paid().0), naive.paid);
                prop_assert_eq!(bet.is_open(), naive.returned().is_none());
                prop_assert_eq!(bet.status == BetStatus::CashedOut, naive.sold == naive.stake);
                prop_assert_eq!(i128::from(bet.returned().0), naive.returned().unwrap_or(0));
            }
        }
        Ok(())
    }
}

/// Carries the steps out, with the books checked after each.
fn live(steps: &[Step]) -> Result<Scene, TestCaseError> {
    let mut scene = Scene::player_with("1000.00");
    let mut naive = Naive {
        cashier: 100_000,
        ..Naive::default()
    };
    for step in steps {
        let placed = scene.state.bets_placed();
        let one_of = |bet: u32| (placed > 0).then(|| bet % placed.max(1) + 1);
        match *step {
            Step::Place { stake, first, legs } => {
                let events: Vec<u64> = (0..legs).map(|leg| (first + leg) % EVENTS + 1).collect();
                let asked: Vec<_> = events.iter().map(|event| (on(*event, 1), "2.50")).collect();
                let affordable = stake <= scene.state.ledger().available().0;
                prop_assert_eq!(scene.run(&bet(&minor(stake).decimal(), &asked)).is_ok(), affordable);
                if affordable {
                    let legs = events.into_iter().map(|event| (event, None)).collect();
                    let stake = stake.into();
                    naive.bets.insert(
                        placed + 1,
                        NaiveBet {
                            stake,
                            legs,
                            ..NaiveBet::default()
                        },
                    );
                }
            }
            Step::Move { event, won } => {
                scene = scene.chance(on(event + 1, 1), Some(Chance::of_winning(won)));
            }
            Step::Ask { bet, percent } => {
                let Some(bet) = one_of(bet) else { continue };
                let open = naive.bets[&bet].stake - naive.bets[&bet].sold;
                let stake = (open as i64 * percent / 100).max(1);
                let answer = scene.run(&lock(bet, Some(&minor(stake).decimal())));
                let expected = naive.bets[&bet].returned().is_none();
                let too_small = answer
                    .as_ref()
                    .is_err_and(|refused| refused.code() == "CASH_OUT_TOO_SMALL");
                prop_assert_eq!(answer.is_ok() || too_small, expected);
            }
            Step::Sell { bet } => {
                let Some(bet) = one_of(bet) else { continue };
                let Some(kept) = scene.state.cash_out_lock(BetNo(bet)) else {
                    continue;
                };
                let answer = scene.run(&sell(bet, &minor(kept.amount.0).decimal()));
                prop_assert_eq!(answer.is_ok(), scene.now < kept.until);
                if let Ok(events) = answer {
                    let [Event::BetCashedOut { stake, paid, .. }] = events.as_slice() else {
                        return Err(TestCaseError::fail("a sale is one event"));
                    };
                    prop_assert_eq!((*stake, *paid), (kept.stake, kept.amount));
                    let sold = naive.bets.get_mut(&bet).expect("placed");
                    (sold.sold, sold.paid) = (sold.sold + i128::from(stake.0), sold.paid + i128::from(paid.0));
                }
            }
            Step::Tell {
                bet,
                event,
                outcome: kind,
            } => {
                let Some(bet) = one_of(bet) else { continue };
                let event = event + 1;
                let Some(leg) = naive.bets.get_mut(&bet).and_then(|bet| bet.legs.get_mut(&event)) else {
                    continue;
                };
                *leg = outcome(kind);
                naive.versions += 1;
                let mut told = match outcome(kind) {
                    Some(outcome) => result(bet, event, naive.versions, outcome),
                    None => settlement(bet, event, naive.versions, MarketSettlement::default()),
                };
                if let shardbook_domain::player::Command::ApplyResult { recalled, .. } = &mut told {
                    *recalled = Some(scene.history_of(BetNo(bet)));
                }
                let kept = scene.state.cash_out_lock(BetNo(bet));
                let events = scene
                    .run(&told)
                    .map_err(|refused| TestCaseError::fail(refused.to_string()))?;
                // A price is kept while nothing of the bet changes.
                let kept = kept.filter(|_| events.is_empty());
                prop_assert_eq!(scene.state.cash_out_lock(BetNo(bet)), kept);
            }
            Step::Wait { seconds } => scene = scene.seconds_later(seconds),
            Step::Withdraw { amount } => {
                let command = crate::scene::withdraw(&minor(amount).decimal());
                naive.cashier -= scene.run(&command).map_or(0, |_| i128::from(amount));
            }
        }
        naive.check(&scene.state)?;
    }
    Ok(scene)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Protects B-2 with cash-out, L-1 and L-2 at every step of any life, J-1, and snapshots: stakes in are payouts,
    /// cash-outs, margin and open stakes, whatever results and corrections come before, between and after the sales.
    #[test]
    fn sold_bets_keep_the_books(steps in prop::collection::vec(step(), 1..150)) {
        let scene = live(&steps)?;
        let replayed = scene.history.iter().fold(State::default(), |mut state, event| {
            state.apply(event);
            state
        });
        prop_assert_eq!(&replayed, &scene.state, "the state is the sum of its events");
        let mut bytes = Vec::new();
        scene.state.encode(&mut bytes);
        prop_assert!(State::decode(&bytes).is_ok_and(|read| read == scene.state), "a snapshot is the state");
        for no in (1..=scene.state.bets_placed()).map(BetNo) {
            let folded = scene.folded(no).expect("placed");
            prop_assert!(scene.state.bet(no).is_none_or(|held| *held == folded), "held as history tells it");
        }
    }
}
