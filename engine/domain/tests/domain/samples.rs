//! One event of every kind, for the bytes that may never change.

use shardbook_domain::bet::{BetStatus, Combinations, DeadHeat, Fund, Leg, LegOutcome, LegResult, Terms};
use shardbook_domain::event::{self, Fixture, FixtureStatus, Line, MarketKey, NewSelection};
use shardbook_domain::ids::{BetNo, EventId, MarketNo, SelectionNo, SelectionRef};
use shardbook_domain::ledger::{Account, Phase, Reason, Transfer, TransferNo};
use shardbook_domain::market::MarketStatus;
use shardbook_domain::money::{Amount, Currency};
use shardbook_domain::player::{self, AccountStatus, LimitKind, PendingLimit};
use shardbook_domain::ratio::Rounding;
use shardbook_domain::time::Time;

use crate::scene::price;

/// The name of an event's kind. A new kind does not compile until it has one, and then needs a golden line.
pub fn player_name(event: &player::Event) -> &'static str {
    use player::Event as E;
    match event {
        E::Registered { .. } => "Registered",
        E::Deposited { .. } => "Deposited",
        E::Withdrawn { .. } => "Withdrawn",
        E::BetPlaced { .. } => "BetPlaced",
        E::LegResulted { .. } => "LegResulted",
        E::BetSettled { .. } => "BetSettled",
        E::BetReopened { .. } => "BetReopened",
        E::BetRecalled { .. } => "BetRecalled",
        E::LimitSet { .. } => "LimitSet",
        E::SelfExcluded { .. } => "SelfExcluded",
        E::StatusSet { .. } => "StatusSet",
    }
}

/// The name of an event's kind, as [`player_name`].
pub fn event_name(event: &event::Event) -> &'static str {
    use event::Event as E;
    match event {
        E::FixtureUpdated { .. } => "FixtureUpdated",
        E::MarketOpened { .. } => "MarketOpened",
        E::DefinitionChanged { .. } => "DefinitionChanged",
        E::SelectionsAdded { .. } => "SelectionsAdded",
        E::MarketStatusChanged { .. } => "MarketStatusChanged",
        E::MarketInPlayChanged { .. } => "MarketInPlayChanged",
        E::BetDelayChanged { .. } => "BetDelayChanged",
        E::SelectionRemoved { .. } => "SelectionRemoved",
        E::LinesPosted { .. } => "LinesPosted",
        E::MarketResulted { .. } => "MarketResulted",
        E::ResultRolledBack { .. } => "ResultRolledBack",
        E::MarketVoided { .. } => "MarketVoided",
    }
}

const AT: Time = Time(1_700_000_000_000);

fn transfer(no: u64, debit: Account, credit: Account, amount: i64, reason: Reason, phase: Phase) -> Transfer {
    Transfer {
        no: TransferNo(no),
        debit,
        credit,
        amount: Amount(amount),
        reason,
        phase,
    }
}

fn terms(legs: u64) -> Terms {
    let leg = |event| Leg {
        selection: SelectionRef {
            event: EventId(event),
            market: MarketNo(3),
            selection: SelectionNo(2),
        },
        price: price("2.50"),
        market_version: 300,
        each_way: None,
    };
    Terms {
        no: BetNo(5),
        placed_at: AT,
        legs: (1..=legs).map(leg).collect(),
        combinations: Combinations::all_of(legs as usize),
        bankers: 0,
        unit_stake: Amount(1000),
        stake: Amount(1000),
        fund: Fund::Cash,
        max_payout: Amount(50_000_000),
        rounding: Rounding::HalfUp,
        rules_version: 1,
    }
}

fn results(outcome: Option<LegOutcome>) -> player::Event {
    player::Event::LegResulted {
        bet: BetNo(5),
        leg: 0,
        result: LegResult { version: 2, outcome },
    }
}

/// Player events by name, of every kind and with every variant of the values in them.
pub fn player() -> Vec<(&'static str, player::Event)> {
    use Account::{BettingResult, CashierClearing, CashierFunds, OpenStakes, PlayerAvailable, PlayerOwes};
    use player::Event as E;
    let hold = |no| transfer(no, PlayerAvailable, OpenStakes, 1000, Reason::Stake, Phase::Pending);
    let released = |phase| transfer(7, PlayerAvailable, OpenStakes, 1000, Reason::Stake, phase);
    let tie = DeadHeat::new(1, 2).expect("a tie");
    let mut settled = shardbook_domain::bet::Bet::new(terms(1), TransferNo(6));
    settled.results[0] = Some(LegResult {
        version: 1,
        outcome: Some(LegOutcome::Lost),
    });
    (settled.status, settled.settled_at, settled.settlements) = (BetStatus::Lost, Some(AT), 1);
    let limit = |kind, in_force, pending| E::LimitSet {
        at: AT,
        kind,
        in_force,
        pending,
    };
    let status = |status| E::StatusSet {
        at: AT,
        status,
        reason: "review".into(),
    };
    let bet_settled = |status, returned, transfers| {
        let returned = Amount(returned);
        E::BetSettled {
            bet: BetNo(5),
            at: AT,
            status,
            returned,
            transfers,
        }
    };
    vec![
        (
            "Registered",
            E::Registered {
                at: AT,
                brand: "acme".into(),
                reference: "anna".into(),
                currency: Currency::new("EUR").expect("known"),
            },
        ),
        (
            "Deposited",
            E::Deposited {
                at: AT,
                amount: Amount(5000),
                transfers: vec![
                    transfer(1, CashierFunds, CashierClearing, 5000, Reason::CashierIn, Phase::Posted),
                    transfer(
                        2,
                        CashierClearing,
                        PlayerAvailable,
                        5000,
                        Reason::Deposit,
                        Phase::Posted,
                    ),
                    transfer(3, PlayerAvailable, PlayerOwes, 100, Reason::DebtPaid, Phase::Posted),
                ],
            },
        ),
        (
            "Withdrawn",
            E::Withdrawn {
                at: AT,
                amount: Amount(200),
                transfers: vec![
                    transfer(
                        4,
                        PlayerAvailable,
                        CashierClearing,
                        200,
                        Reason::Withdrawal,
                        Phase::Posted,
                    ),
                    transfer(5, CashierClearing, CashierFunds, 200, Reason::CashierOut, Phase::Posted),
                ],
            },
        ),
        (
            "BetPlaced.single",
            E::BetPlaced {
                terms: terms(1),
                hold: hold(6),
            },
        ),
        (
            "BetPlaced.accumulator",
            E::BetPlaced {
                terms: terms(3),
                hold: hold(6),
            },
        ),
        ("LegResulted.won", results(Some(LegOutcome::WON))),
        (
            "LegResulted.dead-heat",
            results(Some(LegOutcome::Won { dead_heat: Some(tie) })),
        ),
        ("LegResulted.lost", results(Some(LegOutcome::Lost))),
        ("LegResulted.void", results(Some(LegOutcome::Void))),
        ("LegResulted.half-won", results(Some(LegOutcome::HalfWon))),
        ("LegResulted.half-lost", results(Some(LegOutcome::HalfLost))),
        ("LegResulted.taken-back", results(None)),
        (
            "BetSettled.won",
            bet_settled(
                BetStatus::Won,
                2500,
                vec![
                    released(Phase::PostPending(TransferNo(6))),
                    transfer(8, OpenStakes, BettingResult, 1000, Reason::StakeSettled, Phase::Posted),
                    transfer(9, BettingResult, PlayerAvailable, 2500, Reason::Payout, Phase::Posted),
                ],
            ),
        ),
        (
            "BetSettled.partly-won",
            bet_settled(
                BetStatus::PartlyWon,
                500,
                vec![released(Phase::PostPending(TransferNo(6)))],
            ),
        ),
        (
            "BetSettled.lost",
            bet_settled(BetStatus::Lost, 0, vec![released(Phase::PostPending(TransferNo(6)))]),
        ),
        (
            "BetSettled.void",
            bet_settled(BetStatus::Void, 1000, vec![released(Phase::VoidPending(TransferNo(6)))]),
        ),
        (
            "BetReopened",
            E::BetReopened {
                bet: BetNo(5),
                at: AT,
                hold: TransferNo(13),
                transfers: vec![
                    transfer(
                        10,
                        PlayerAvailable,
                        BettingResult,
                        2000,
                        Reason::PayoutReversed,
                        Phase::Posted,
                    ),
                    transfer(11, PlayerOwes, BettingResult, 500, Reason::DebtRaised, Phase::Posted),
                    transfer(
                        12,
                        BettingResult,
                        PlayerAvailable,
                        1000,
                        Reason::StakeReopened,
                        Phase::Posted,
                    ),
                    hold(13),
                ],
            },
        ),
        ("BetRecalled", E::BetRecalled { bet: Box::new(settled) }),
        (
            "LimitSet.stake-per-bet",
            limit(LimitKind::StakePerBet, Some(Amount(1000)), None),
        ),
        ("LimitSet.stake-day", limit(LimitKind::StakeDay, None, None)),
        (
            "LimitSet.stake-week",
            limit(
                LimitKind::StakeWeek,
                Some(Amount(1)),
                Some(PendingLimit { amount: None, from: AT }),
            ),
        ),
        (
            "LimitSet.stake-month",
            limit(LimitKind::StakeMonth, Some(Amount(0)), None),
        ),
        (
            "LimitSet.deposit-day",
            limit(
                LimitKind::DepositDay,
                Some(Amount(7)),
                Some(PendingLimit {
                    amount: Some(Amount(9)),
                    from: AT,
                }),
            ),
        ),
        (
            "LimitSet.deposit-week",
            limit(LimitKind::DepositWeek, Some(Amount(7)), None),
        ),
        (
            "LimitSet.deposit-month",
            limit(LimitKind::DepositMonth, Some(Amount(7)), None),
        ),
        (
            "SelfExcluded",
            E::SelfExcluded {
                at: AT,
                until: Time(1_800_000_000_000),
            },
        ),
        ("StatusSet.active", status(AccountStatus::Active)),
        ("StatusSet.suspended", status(AccountStatus::Suspended)),
        ("StatusSet.closed", status(AccountStatus::Closed)),
    ]
}

/// Events of a sporting event by name, of every kind and with every variant of the values in them.
pub fn event() -> Vec<(&'static str, event::Event)> {
    use event::Event as E;
    let (source_time, market, version) = (AT, MarketNo(3), 300);
    let fixture = |status| E::FixtureUpdated {
        source_time,
        fixture: Fixture {
            urn: "bf:event:1".into(),
            sport: "tennis".into(),
            competition: "".into(),
            name: "A v B".into(),
            starts_at: AT,
            status,
            scoreboard: "6-4 2-1".into(),
        },
    };
    let selection = |source: &str, name: &str| NewSelection {
        source: source.into(),
        name: name.into(),
    };
    let status = |status| E::MarketStatusChanged {
        source_time,
        market,
        version,
        status,
    };
    let tie = LegOutcome::Won {
        dead_heat: Some(DeadHeat::new(1, 2).expect("a tie")),
    };
    let outcomes = [
        LegOutcome::WON,
        tie,
        LegOutcome::Lost,
        LegOutcome::Void,
        LegOutcome::HalfWon,
        LegOutcome::HalfLost,
    ];
    let outcomes = (1..).map(SelectionNo).zip(outcomes).collect();
    let key = MarketKey {
        kind: "MATCH_ODDS".into(),
        specifiers: "market=1.5".into(),
    };
    vec![
        ("FixtureUpdated.scheduled", fixture(FixtureStatus::Scheduled)),
        ("FixtureUpdated.in-play", fixture(FixtureStatus::InPlay)),
        ("FixtureUpdated.ended", fixture(FixtureStatus::Ended)),
        (
            "MarketOpened",
            E::MarketOpened {
                source_time,
                market,
                version: 1,
                key,
                name: "Match odds".into(),
                winners: 1,
                selections: vec![selection("11", "A"), selection("12", "B")],
            },
        ),
        (
            "DefinitionChanged",
            E::DefinitionChanged {
                source_time,
                market,
                version,
                name: "Match Odds".into(),
                winners: 2,
            },
        ),
        (
            "SelectionsAdded",
            E::SelectionsAdded {
                source_time,
                market,
                version,
                selections: vec![selection("13@-0.25", "C")],
            },
        ),
        ("MarketStatusChanged.open", status(MarketStatus::Open)),
        ("MarketStatusChanged.suspended", status(MarketStatus::Suspended)),
        ("MarketStatusChanged.closed", status(MarketStatus::Closed)),
        (
            "MarketInPlayChanged",
            E::MarketInPlayChanged {
                source_time,
                market,
                version,
                in_play: true,
            },
        ),
        (
            "BetDelayChanged",
            E::BetDelayChanged {
                source_time,
                market,
                version,
                seconds: 5,
            },
        ),
        (
            "SelectionRemoved",
            E::SelectionRemoved {
                source_time,
                market,
                version,
                selection: SelectionNo(2),
            },
        ),
        (
            "LinesPosted",
            E::LinesPosted {
                source_time,
                market,
                version,
                lines: vec![
                    Line {
                        selection: SelectionNo(1),
                        price: Some(price("1.01")),
                    },
                    Line {
                        selection: SelectionNo(2),
                        price: None,
                    },
                ],
            },
        ),
        (
            "MarketResulted",
            E::MarketResulted {
                source_time,
                market,
                version,
                result_version: 1,
                outcomes,
            },
        ),
        (
            "ResultRolledBack",
            E::ResultRolledBack {
                source_time,
                market,
                version,
                result_version: 2,
            },
        ),
        (
            "MarketVoided",
            E::MarketVoided {
                source_time,
                market,
                version,
                result_version: 3,
                reason: "ABANDONED".into(),
            },
        ),
    ]
}
