//! Random lives of a player beside a naive count of the same money.

use std::collections::BTreeMap;

use proptest::prelude::*;
use shardbook_domain::bet::{Bet, BetStatus, LegOutcome, LegResult};
use shardbook_domain::ids::BetNo;
use shardbook_domain::ledger::Account;
use shardbook_domain::market::MarketSettlement;
use shardbook_domain::player::{Command, Event, Rejection, State};

use crate::scene::{Scene, bet, deposit, minor, on, register, result, settlement, tie};

const EVENTS: u64 = 3;

/// One step of a life. Indices are taken modulo what there is.
#[derive(Clone, Debug)]
enum Step {
    Deposit(i64),
    Withdraw(i64),
    Place {
        stake: i64,
        first: u64,
        legs: u64,
    },
    /// The event's market has a new result version; nobody is told yet.
    Result {
        event: u64,
        outcome: usize,
    },
    /// A bet is told of some version of an event's result, old or new.
    Tell {
        bet: u32,
        event: u64,
        version: u32,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (100i64..20_000).prop_map(Step::Deposit),
        2 => (1i64..30_000).prop_map(Step::Withdraw),
        4 => (1i64..3_000, 0..EVENTS, 1..=EVENTS).prop_map(|(stake, first, legs)| Step::Place { stake, first, legs }),
        3 => (0..EVENTS, 0usize..7).prop_map(|(event, outcome)| Step::Result { event, outcome }),
        8 => (any::<u32>(), 0..EVENTS, any::<u32>()).prop_map(|(bet, event, version)| Step::Tell { bet, event, version }),
    ]
}

/// What may be said of the first selection of a market: seven kinds, the last takes the result back.
fn outcome(kind: usize) -> Option<LegOutcome> {
    let won = LegOutcome::WON;
    [
        won,
        LegOutcome::Lost,
        LegOutcome::Void,
        LegOutcome::HalfWon,
        LegOutcome::HalfLost,
        tie(1, 2),
    ]
    .get(kind)
    .copied()
}

/// A leg in the naive count: its event and the highest result version that the bet was told, with what it said.
type NaiveLeg = (u64, u32, Option<LegOutcome>);

struct NaiveBet {
    stake: i128,
    legs: Vec<NaiveLeg>,
}

impl NaiveBet {
    /// What comes back, in halves to the number of legs; every leg has the price 5/2.
    fn returned(&self) -> Option<i128> {
        if self
            .legs
            .iter()
            .any(|(_, _, outcome)| *outcome == Some(LegOutcome::Lost))
        {
            return Some(0);
        }
        // Of one unit on a leg at 2.50, in quarters.
        let quarters = |outcome| match outcome {
            LegOutcome::Won { dead_heat: None } => 10,
            LegOutcome::Won { .. } => 5,
            LegOutcome::Lost => 0,
            LegOutcome::Void => 4,
            LegOutcome::HalfWon => 7,
            LegOutcome::HalfLost => 2,
        };
        let product = self
            .legs
            .iter()
            .try_fold(self.stake, |product, leg| Some(product * quarters(leg.2?)))?;
        let unit = 4i128.pow(self.legs.len() as u32);
        Some((product * 2 + unit) / (unit * 2))
    }
}

/// The naive count: what came in, what went out, and what every bet stands at.
#[derive(Default)]
struct Naive {
    cashier: i128,
    bets: BTreeMap<u32, NaiveBet>,
    results: BTreeMap<u64, Vec<Option<LegOutcome>>>,
}

impl Naive {
    fn tell(&mut self, bet: u32, event: u64, version: u32) {
        let said = self.results[&event][version as usize - 1];
        let legs = &mut self.bets.get_mut(&bet).expect("a placed bet").legs;
        for leg in legs.iter_mut().filter(|leg| leg.0 == event && leg.1 < version) {
            (leg.1, leg.2) = (version, said);
        }
    }

    fn check(&self, state: &State) -> Result<(), TestCaseError> {
        let ledger = state.ledger();
        let staked: i128 = self.bets.values().map(|bet| bet.stake).sum();
        let open: i128 = self
            .bets
            .values()
            .filter(|bet| bet.returned().is_none())
            .map(|bet| bet.stake)
            .sum();
        let paid: i128 = self.bets.values().filter_map(NaiveBet::returned).sum();
        let (available, owed) = (i128::from(ledger.available().0), i128::from(ledger.owed().0));
        prop_assert_eq!(available - owed, self.cashier - staked + paid);
        prop_assert!(available == 0 || owed == 0, "whoever owes has nothing available");
        prop_assert_eq!(i128::from(ledger.held().0), open);
        let margin = i128::from(ledger.balance(Account::BettingResult).0);
        prop_assert_eq!(staked, paid + margin + open, "stakes in = payouts + margin + open");
        prop_assert_eq!(i128::from(ledger.balance(Account::CashierFunds).0), self.cashier);
        Ok(())
    }
}

/// Tells a bet of a result as a shard does: when it is not held any more, with the bet from history.
fn tell(scene: &mut Scene, no: u32, event: u64, version: u32, said: Option<LegOutcome>) -> Vec<Event> {
    let mut command = match said {
        Some(first) => result(no, event + 1, version, first),
        None => settlement(no, event + 1, version, MarketSettlement::default()),
    };
    let answer = match scene.run(&command) {
        Err(Rejection::BetNotHeld { bet }) => {
            let history = scene.history_of(bet);
            if let Command::ApplyResult { recalled, .. } = &mut command {
                *recalled = Some(history);
            }
            scene.run(&command)
        }
        answer => answer,
    };
    answer.expect("a result of a leg is taken")
}

fn live(steps: &[Step]) -> Result<(Scene, Naive), TestCaseError> {
    let mut scene = Scene::stranger().after(register());
    let mut naive = Naive::default();
    for step in steps {
        match *step {
            Step::Deposit(amount) => {
                scene = scene.after(deposit(&minor(amount).decimal()));
                naive.cashier += i128::from(amount);
            }
            Step::Withdraw(amount) => {
                let affordable = amount <= scene.state.ledger().available().0;
                let answer = scene.run(&Command::Withdraw { amount: minor(amount) });
                prop_assert_eq!(answer.is_ok(), affordable);
                naive.cashier -= if affordable { i128::from(amount) } else { 0 };
            }
            Step::Place { stake, first, legs } => {
                let events: Vec<u64> = (0..legs).map(|leg| (first + leg) % EVENTS).collect();
                let asked: Vec<_> = events.iter().map(|event| (on(event + 1, 1), "2.50")).collect();
                let affordable = stake >= 10 && stake <= scene.state.ledger().available().0;
                let answer = scene.run(&bet(&minor(stake).decimal(), &asked));
                prop_assert_eq!(answer.is_ok(), affordable);
                if affordable {
                    let legs = events.into_iter().map(|event| (event, 0, None)).collect();
                    naive.bets.insert(
                        scene.state.bets_placed(),
                        NaiveBet {
                            stake: stake.into(),
                            legs,
                        },
                    );
                }
            }
            Step::Result { event, outcome: kind } => naive.results.entry(event).or_default().push(outcome(kind)),
            Step::Tell { bet, event, version } => {
                let (placed, versions) = (scene.state.bets_placed(), naive.results.get(&event).map_or(0, Vec::len));
                if placed == 0 || versions == 0 {
                    continue;
                }
                let (bet, version) = (bet % placed + 1, version % versions as u32 + 1);
                if naive.bets[&bet].legs.iter().any(|leg| leg.0 == event) {
                    tell(
                        &mut scene,
                        bet,
                        event,
                        version,
                        naive.results[&event][version as usize - 1],
                    );
                    naive.tell(bet, event, version);
                }
            }
        }
        naive.check(&scene.state)?;
    }
    Ok((scene, naive))
}

/// Tells every bet of the last result of each of its legs.
fn tell_the_last(scene: &mut Scene, naive: &mut Naive) {
    let missing: Vec<(u32, u64)> = naive
        .bets
        .iter()
        .flat_map(|(no, bet)| bet.legs.iter().map(|leg| (*no, leg.0)))
        .collect();
    for (bet, event) in missing {
        let Some(version) = naive.results.get(&event).map(Vec::len) else {
            continue;
        };
        tell(scene, bet, event, version as u32, naive.results[&event][version - 1]);
        naive.tell(bet, event, version as u32);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Protects L-1, L-2, L-3, B-1 and B-2 at every step of any life, J-1, and snapshots.
    #[test]
    fn the_wallet_is_what_the_naive_count_says(steps in prop::collection::vec(step(), 1..120)) {
        let (scene, _) = live(&steps)?;
        let replayed = scene.history.iter().fold(State::default(), |mut state, event| {
            state.apply(event);
            state
        });
        prop_assert_eq!(&replayed, &scene.state, "the state is the sum of its events");
        let mut bytes = Vec::new();
        scene.state.encode(&mut bytes);
        prop_assert!(State::decode(&bytes).is_ok_and(|read| read == scene.state), "a snapshot is the state");
        for event in &scene.history {
            let mut bytes = Vec::new();
            event.encode(&mut bytes);
            prop_assert!(Event::decode(&bytes).is_ok_and(|read| read == *event), "an event is its bytes");
        }
        for no in 1..=scene.state.bets_placed() {
            let folded = scene.folded(BetNo(no)).expect("placed");
            let settled = scene.history.iter().filter(|event| event.bet() == Some(BetNo(no)));
            let settled = settled.filter(|event| matches!(event, Event::BetSettled { .. })).count();
            prop_assert_eq!(folded.settlements() as usize, settled);
            prop_assert!(scene.state.bet(BetNo(no)).is_none_or(|held| *held == folded), "held as history tells it");
        }
    }

    /// Protects settlement from the order in which results, rollbacks and corrections reach the bets: with the same last
    /// versions told, the same money and the same bets.
    #[test]
    fn any_order_of_results_ends_in_the_same_balances(steps in prop::collection::vec(step(), 1..120)) {
        let (mut told, mut naive) = live(&steps)?;
        tell_the_last(&mut told, &mut naive);
        naive.check(&told.state)?;
        let placed = |event: &&Event| matches!(event, Event::BetPlaced { .. } | Event::Deposited { .. } | Event::Withdrawn { .. });
        // The same bets, told nothing on the way and the last versions at the end, with all money that was ever in.
        let mut straight = Scene::player_with("100000.00");
        for event in told.history.iter().filter(placed) {
            if let Event::BetPlaced { terms, .. } = event {
                let asked: Vec<_> = terms.legs.iter().map(|leg| (leg.selection, "2.50")).collect();
                straight = straight.after(bet(&minor(terms.stake.0).decimal(), &asked));
            }
        }
        let mut fresh = Naive { results: naive.results.clone(), ..Naive::default() };
        for (no, bet) in &naive.bets {
            let legs = bet.legs.iter().map(|leg| (leg.0, 0, None)).collect();
            fresh.bets.insert(*no, NaiveBet { stake: bet.stake, legs });
        }
        tell_the_last(&mut straight, &mut fresh);
        // A version that changed nothing may be left out.
        let plain = |result: LegResult| LegResult { version: 0, ..result };
        let result = |result: Option<LegResult>| result.filter(|result| result.outcome.is_some()).map(plain);
        let outcome = |bet: &Bet| (bet.status, bet.returned(), bet.results().map(result).collect::<Vec<_>>());
        for no in (1..=told.state.bets_placed()).map(BetNo) {
            let (left, right) = (told.folded(no).expect("placed"), straight.folded(no).expect("placed"));
            prop_assert_eq!(outcome(&left), outcome(&right));
            prop_assert_eq!(left.is_open(), left.status == BetStatus::Open);
        }
        prop_assert_eq!(told.state.ledger().held(), straight.state.ledger().held());
        let result = |scene: &Scene| scene.state.ledger().balance(Account::BettingResult);
        prop_assert_eq!(result(&told), result(&straight));
    }
}
