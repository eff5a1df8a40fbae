//! Random lives of slips that wait, among bets, results and withdrawals.

use proptest::prelude::*;
use shardbook_domain::bet::{Fund, LegOutcome};
use shardbook_domain::ids::SlipNo;
use shardbook_domain::money::Amount;
use shardbook_domain::player::{AskedBet, AskedStake, Command, Event, ReferralAnswer, Slip, Stage, State};
use shardbook_domain::rules::ReferralRules;

use crate::scene::{Scene, answer, grant, lines, minor, on, place, refer, result, slip};

/// One step of a life. Indices are taken modulo what there is.
#[derive(Clone, Debug)]
enum Step {
    Place {
        units: Vec<i64>,
        sizes: usize,
        free: bool,
        reoffer: bool,
    },
    Withdraw(i64),
    Price {
        event: u64,
        hundredths: u32,
    },
    InPlay {
        event: u64,
        in_play: bool,
    },
    Later(u64),
    DecideDue,
    Trader {
        slip: usize,
        kind: usize,
        unit: i64,
    },
    Answer {
        slip: usize,
        accept: bool,
    },
    Result {
        bet: u32,
        event: u64,
        version: u32,
        won: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let units = prop::collection::vec(10i64..4_000, 1..4);
    prop_oneof![
        6 => (units, 0usize..3, any::<bool>(), any::<bool>()).prop_map(|(units, sizes, free, reoffer)| Step::Place { units, sizes, free, reoffer }),
        1 => (1i64..20_000).prop_map(Step::Withdraw),
        1 => (1u64..=2, 245u32..255).prop_map(|(event, hundredths)| Step::Price { event, hundredths }),
        2 => (1u64..=2, any::<bool>()).prop_map(|(event, in_play)| Step::InPlay { event, in_play }),
        3 => (1u64..20).prop_map(Step::Later),
        4 => Just(Step::DecideDue),
        3 => (any::<usize>(), 0usize..3, 10i64..4_000).prop_map(|(slip, kind, unit)| Step::Trader { slip, kind, unit }),
        3 => (any::<usize>(), any::<bool>()).prop_map(|(slip, accept)| Step::Answer { slip, accept }),
        2 => (any::<u32>(), 1u64..=2, 1u32..4, any::<bool>()).prop_map(|(bet, event, version, won)| Step::Result { bet, event, version, won }),
    ]
}

fn asked(units: &[i64], sizes: usize, free: bool, reoffer: bool) -> Slip {
    let sizes: &[usize] = [&[1][..], &[2], &[1, 2]][sizes];
    let bet = |(at, unit): (usize, &i64)| AskedBet {
        stake: AskedStake::Unit(minor(*unit)),
        fund: if free && at == 0 { Fund::FreeBet } else { Fund::Cash },
        ..lines(&[0, 1], sizes, "1.00")
    };
    let bets: Vec<AskedBet> = units.iter().enumerate().map(bet).collect();
    Slip {
        reoffer,
        ..slip(2, &bets)
    }
}

/// A slip in this stage.
fn in_stage(scene: &Scene, stage: Stage, at: usize) -> Option<(u32, Vec<AskedBet>)> {
    let waiting = scene.state.pending_slips().filter(|(_, slip)| slip.stage == stage);
    let waiting: Vec<_> = waiting.map(|(no, slip)| (no.0, slip.asked.bets.clone())).collect();
    (!waiting.is_empty()).then(|| waiting[at % waiting.len()].clone())
}

fn take(scene: &mut Scene, step: &Step) {
    let command = match step {
        Step::Place {
            units,
            sizes,
            free,
            reoffer,
        } => place(asked(units, *sizes, *free, *reoffer)),
        Step::Withdraw(amount) => Command::Withdraw { amount: minor(*amount) },
        Step::DecideDue => match scene.state.due() {
            Some((_, slip)) => Command::DecideSlip { slip },
            None => return,
        },
        Step::Trader { slip, kind, unit } => {
            let Some((slip, bets)) = in_stage(scene, Stage::Referral, *slip) else {
                return;
            };
            let reason = "no".to_owned();
            let stakes = bets.iter().map(|bet| minor(*unit * bet.lines())).collect();
            let prices = Vec::new();
            let answers = [
                ReferralAnswer::Accept,
                ReferralAnswer::Reject { reason },
                ReferralAnswer::Offer { stakes, prices },
            ];
            refer(slip, answers[*kind].clone())
        }
        Step::Answer { slip, accept } => match in_stage(scene, Stage::Offer, *slip) {
            Some((slip, _)) => answer(slip, *accept),
            None => return,
        },
        Step::Result {
            bet,
            event,
            version,
            won,
        } => {
            let placed = scene.state.bets_placed();
            let no = bet % placed.max(1) + 1;
            result(
                no,
                *event,
                *version,
                if *won { LegOutcome::WON } else { LegOutcome::Lost },
            )
        }
        Step::Price { .. } | Step::InPlay { .. } | Step::Later(_) => return,
    };
    // Refusals are as good as anything else; the scene proves the wallet after every command.
    let _ = scene.run(&command);
}

fn live(steps: &[Step]) -> Scene {
    let mut scene = Scene::player_with("300.00").after(grant("100.00")).bounded(|amounts| {
        amounts.max_stake = Amount(2_000);
        amounts.player.liability = Some(Amount(30_000));
    });
    scene = scene.ruled(|rules| {
        rules.reoffer_s = 10;
        rules.price_tolerance = 100;
        rules.referral = ReferralRules {
            seconds: 15,
            up_to_percent: 300,
        };
    });
    for step in steps {
        scene = match step {
            Step::Price { event, hundredths } => {
                let now = format!("{}.{:02}", hundredths / 100, hundredths % 100);
                scene.priced(*event, &now)
            }
            Step::InPlay { event, in_play } => scene.quoted(on(*event, 1), |quote| {
                (quote.in_play, quote.bet_delay_s) = (*in_play, 5);
            }),
            Step::Later(seconds) => scene.seconds_later(*seconds),
            step => {
                take(&mut scene, step);
                scene
            }
        };
    }
    scene
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Protects L-1, L-2, B-1 and J-1 in any life of slips that wait: the wallet adds up after every command (the scene
    /// checks it), nobody who owes has money, the state is the sum of its events, each slip ends once, and snapshots and
    /// events are read back as they were.
    #[test]
    fn slips_that_wait_keep_the_wallet(steps in prop::collection::vec(step(), 1..80)) {
        let scene = live(&steps);
        let ledger = scene.state.ledger();
        prop_assert!(ledger.available() == Amount::ZERO || ledger.owed() == Amount::ZERO, "whoever owes has nothing available");
        let replayed = scene.history.iter().fold(State::default(), |mut state, event| {
            state.apply(event);
            state
        });
        prop_assert_eq!(&replayed, &scene.state);
        let mut bytes = Vec::new();
        scene.state.encode(&mut bytes);
        prop_assert!(State::decode(&bytes).is_ok_and(|read| read == scene.state));
        for event in &scene.history {
            let mut bytes = Vec::new();
            event.encode(&mut bytes);
            prop_assert!(Event::decode(&bytes).is_ok_and(|read| read == *event));
        }
        for no in (1..=scene.state.slips_numbered()).map(SlipNo) {
            // It began to wait once more than it ended while it waits, and as often when it does not.
            let mut waits = 0i32;
            for event in &scene.history {
                match event {
                    Event::SlipHeld { slip, .. } | Event::SlipOffered { slip, .. } if *slip == no => waits = 1,
                    Event::SlipReleased { slip, .. } if *slip == no => {
                        prop_assert_eq!(waits, 1, "only what waits is released");
                        waits = 0;
                    }
                    _ => {}
                }
            }
            prop_assert_eq!(waits == 1, scene.state.pending_slip(no).is_some());
        }
        let placed = scene.history.iter().filter(|event| matches!(event, Event::BetPlaced { .. })).count();
        prop_assert_eq!(placed, scene.state.bets_placed() as usize);
    }
}
