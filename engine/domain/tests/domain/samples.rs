//! One event of every kind, for the bytes that may never change.

use shardbook_domain::bet::{
    BetStatus, Combinations, DeadHeat, Deduction, Finish, Fund, Leg, LegOutcome, LegResult, PlainBet, PlainResult,
    PricePolicy, Terms,
};
use shardbook_domain::event::{self, Fact, Fixture, FixtureStatus, Line, MarketKey, NewSelection, Origin, Said};
use shardbook_domain::exposure::Load;
use shardbook_domain::ids::{BetNo, EventId, MarketNo, SelectionNo, SelectionRef, SlipNo};
use shardbook_domain::ledger::{Account, Phase, Reason, Transfer, TransferNo};
use shardbook_domain::market::{
    Chance, MarketSettlement, MarketStatus, PriceError, SelectionResult, Why, Window, Withdrawal,
};
use shardbook_domain::money::{Amount, Currency};
use shardbook_domain::player::{
    self, AccountStatus, Approval, AskedBet, AskedStake, Factor, LimitKind, PendingLimit, Rejection, Released, Slip,
    Stage,
};
use shardbook_domain::ratio::Rounding;
use shardbook_domain::rules;
use shardbook_domain::time::Time;

use crate::scene::{minor, price};

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
        E::LegDecided { .. } => "LegDecided",
        E::LinesSettled { .. } => "LinesSettled",
        E::BetRestored { .. } => "BetRestored",
        E::FreeBetGranted { .. } => "FreeBetGranted",
        E::FactorSet { .. } => "FactorSet",
        E::SlipHeld { .. } => "SlipHeld",
        E::SlipApproved { .. } => "SlipApproved",
        E::SlipReleased { .. } => "SlipReleased",
        E::SlipOffered { .. } => "SlipOffered",
        E::CashOutLocked { .. } => "CashOutLocked",
        E::BetCashedOut { .. } => "BetCashedOut",
        E::BetUnsettled { .. } => "BetUnsettled",
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
        E::SettlementChanged { .. } => "SettlementChanged",
        E::RaceDeclared { .. } => "RaceDeclared",
        E::ChancesPosted { .. } => "ChancesPosted",
        E::CashOutSwitched { .. } => "CashOutSwitched",
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
        result: PlainResult { version: 2, outcome },
    }
}

/// Player events by name, of every kind and with every variant of the values in them.
pub fn player() -> Vec<(&'static str, player::Event)> {
    use Account::{BettingResult, CashierClearing, CashierFunds, OpenStakes, PlayerAvailable, PlayerOwes};
    use player::Event as E;
    let hold = |no| transfer(no, PlayerAvailable, OpenStakes, 1000, Reason::Stake, Phase::Pending);
    let released = |phase| transfer(7, PlayerAvailable, OpenStakes, 1000, Reason::Stake, phase);
    let tie = DeadHeat::new(1, 2).expect("a tie");
    let settled = PlainBet {
        terms: terms(1),
        hold: TransferNo(6),
        results: vec![Some(PlainResult {
            version: 1,
            outcome: Some(LegOutcome::Lost),
        })],
        status: BetStatus::Lost,
        returned: Amount::ZERO,
        settled_at: Some(AT),
        settlements: 1,
    };
    let decided = |result, why| E::LegDecided {
        bet: BetNo(5),
        leg: 0,
        result,
        why,
    };
    let waits = |why| decided(LegResult::plain(2, None), why);
    let void = |why| decided(LegResult::plain(2, Some(LegOutcome::Void)), why);
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
        ("LegDecided", waits(Why::NoResult)),
        ("LegDecided.not-confirmed", waits(Why::NotConfirmed)),
        ("LegDecided.rolled-back", waits(Why::RolledBack)),
        (
            "LegDecided.result",
            decided(LegResult::plain(2, Some(LegOutcome::WON)), Why::Result),
        ),
        (
            "LegDecided.first-result",
            decided(LegResult::plain(2, Some(LegOutcome::Lost)), Why::FirstResult),
        ),
        ("LegDecided.withdrawn", void(Why::Withdrawn)),
        ("LegDecided.cancelled", void(Why::Cancelled)),
        ("LegDecided.price-error", void(Why::PriceError)),
        (
            "LegDecided.each-way",
            decided(
                LegResult {
                    version: 3,
                    outcome: Some(LegOutcome::Lost),
                    place: Some(LegOutcome::Won { dead_heat: Some(tie) }),
                    deduction: Deduction(25),
                    corrected: Some(price("2.00")),
                },
                Why::Corrected,
            ),
        ),
        (
            "LinesSettled",
            E::LinesSettled {
                bet: BetNo(5),
                at: AT,
                stake_settled: Amount(600),
                returned: Amount(900),
                refunded: Amount(100),
                transfers: vec![released(Phase::PostPending(TransferNo(6)))],
            },
        ),
        (
            "BetRestored",
            E::BetRestored {
                history: vec![
                    E::BetPlaced {
                        terms: terms(1),
                        hold: hold(6),
                    },
                    decided(LegResult::plain(1, Some(LegOutcome::Lost)), Why::Result),
                    bet_settled(BetStatus::Lost, 0, vec![released(Phase::PostPending(TransferNo(6)))]),
                ],
            },
        ),
        (
            "FreeBetGranted",
            E::FreeBetGranted {
                at: AT,
                amount: Amount(500),
                reason: "welcome".into(),
                transfers: vec![transfer(
                    9,
                    Account::Promotions,
                    Account::PlayerFreeBets,
                    500,
                    Reason::FreeBetGranted,
                    Phase::Posted,
                )],
            },
        ),
        (
            "FactorSet",
            E::FactorSet {
                at: AT,
                sport: "football".into(),
                phase: rules::Phase::InPlay,
                factor: Some(Factor(250)),
                by: "tessa".into(),
            },
        ),
        (
            "FactorSet.removed",
            E::FactorSet {
                at: AT,
                sport: "".into(),
                phase: rules::Phase::PreMatch,
                factor: None,
                by: "tessa".into(),
            },
        ),
        ("SlipHeld.delay", slip_held(Stage::Delay, None)),
        (
            "SlipHeld.referral",
            slip_held(
                Stage::Referral,
                Some(Approval {
                    by: "tessa".into(),
                    priced: true,
                }),
            ),
        ),
        (
            "SlipApproved",
            E::SlipApproved {
                slip: SlipNo(2),
                at: AT,
                until: AT,
                by: "tessa".into(),
            },
        ),
        ("SlipReleased.accepted", slip_released(Released::Accepted)),
        (
            "SlipReleased.refused",
            slip_released(Released::Refused(vec![
                player::Reason::from(Rejection::MarketSuspended { leg: 1 }),
                player::Reason {
                    bet: Some(1),
                    rejection: Rejection::StakeTooLarge { max: minor(900) },
                    max_stake: Some(minor(900)),
                },
            ])),
        ),
        ("SlipReleased.offered", slip_released(Released::Offered)),
        ("SlipReleased.declined", slip_released(Released::Declined)),
        ("SlipReleased.timed-out", slip_released(Released::TimedOut)),
        (
            "SlipOffered",
            E::SlipOffered {
                slip: SlipNo(2),
                at: AT,
                until: AT,
                offer: Box::new(slip()),
                approval: None,
            },
        ),
        (
            "BetUnsettled",
            E::BetUnsettled {
                bet: BetNo(5),
                at: AT,
                was: BetStatus::Void,
                hold: TransferNo(13),
                transfers: vec![hold(13)],
            },
        ),
        (
            "CashOutLocked",
            E::CashOutLocked {
                bet: BetNo(5),
                at: AT,
                until: AT.plus_ms(5_000),
                stake: Amount(400),
                amount: Amount(570),
            },
        ),
        (
            "BetCashedOut",
            E::BetCashedOut {
                bet: BetNo(5),
                at: AT,
                stake: Amount(400),
                paid: Amount(570),
                transfers: vec![
                    released(Phase::PostPending(TransferNo(6))),
                    transfer(8, OpenStakes, BettingResult, 400, Reason::StakeCashedOut, Phase::Posted),
                    transfer(9, BettingResult, PlayerAvailable, 570, Reason::CashOut, Phase::Posted),
                ],
            },
        ),
    ]
}

/// A slip with every variant of the values in it.
pub fn slip() -> Slip {
    let bet = |stake, fund| AskedBet {
        legs: 0b11,
        bankers: 0b01,
        combinations: Combinations::of_sizes(&[1]),
        each_way: true,
        stake,
        fund,
    };
    Slip {
        selections: crate::scene::asked(&[(crate::scene::on(1, 1), "2.50"), (crate::scene::on(2, 1), "2.50")]),
        bets: vec![
            bet(AskedStake::Unit(minor(500)), Fund::Cash),
            bet(AskedStake::Total(minor(1000)), Fund::FreeBet),
        ],
        policy: PricePolicy::Worse,
        reoffer: true,
    }
}

fn slip_held(stage: Stage, approval: Option<Approval>) -> player::Event {
    let hold = |no, purse| transfer(no, purse, Account::OpenStakes, 1000, Reason::SlipHeld, Phase::Pending);
    player::Event::SlipHeld {
        slip: SlipNo(2),
        at: AT,
        until: Time(1_700_000_005_000),
        stage,
        asked: Box::new(slip()),
        load: Load {
            stake: Amount(2000),
            payout: Amount(9000),
            liability: Amount(7000),
        },
        approval,
        transfers: vec![hold(7, Account::PlayerAvailable), hold(8, Account::PlayerFreeBets)],
    }
}

fn slip_released(how: Released) -> player::Event {
    let phase = Phase::VoidPending(TransferNo(7));
    let (purse, open) = (Account::PlayerAvailable, Account::OpenStakes);
    player::Event::SlipReleased {
        slip: SlipNo(2),
        at: AT,
        how,
        by: Some("tessa".into()),
        transfers: vec![transfer(9, purse, open, 1000, Reason::SlipHeld, phase)],
    }
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
    let window = Window {
        from: Some(AT),
        until: None,
    };
    let whole = || MarketSettlement {
        results: vec![
            SelectionResult {
                selection: SelectionNo(1),
                outcome: LegOutcome::WON,
                finish: Some(Finish { position: 1, tied: 1 }),
            },
            SelectionResult {
                selection: SelectionNo(2),
                outcome: LegOutcome::Void,
                finish: None,
            },
        ],
        confirmed: true,
        voids: vec![Window::ALWAYS],
        errors: vec![PriceError {
            selection: SelectionNo(1),
            window,
            price: Some(price("2.50")),
        }],
        withdrawals: vec![Withdrawal {
            selection: SelectionNo(2),
            version: 7,
            price: Some(price("4.00")),
            rule_four: true,
        }],
    };
    let fact = |origin, said| E::SettlementChanged {
        source_time,
        market,
        version,
        result_version: 4,
        fact: Some(Fact { at: AT, origin, said }),
        settlement: None,
    };
    let fed = |said| fact(Origin::Feed, said);
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
        (
            "SettlementChanged.withdrawal",
            E::SettlementChanged {
                source_time,
                market,
                version,
                result_version: 4,
                fact: None,
                settlement: Some(whole()),
            },
        ),
        (
            "SettlementChanged.result",
            fed(Said::Result {
                confirmed: false,
                results: whole().results,
            }),
        ),
        ("SettlementChanged.confirm", fact(Origin::Trader, Said::Confirm)),
        ("SettlementChanged.rollback-result", fed(Said::RollbackResult)),
        (
            "SettlementChanged.cancel",
            fed(Said::Cancel {
                window,
                reason: "ABANDONED".into(),
            }),
        ),
        (
            "SettlementChanged.rollback-cancel",
            fed(Said::RollbackCancel { window }),
        ),
        (
            "SettlementChanged.price-error",
            fed(Said::PriceError {
                error: whole().errors[0],
            }),
        ),
        (
            "SettlementChanged.rollback-price-error",
            fed(Said::RollbackPriceError {
                selection: SelectionNo(1),
                window,
            }),
        ),
        (
            "RaceDeclared",
            E::RaceDeclared {
                source_time,
                market,
                version,
                handicap: true,
            },
        ),
        (
            "ChancesPosted",
            E::ChancesPosted {
                source_time,
                market,
                version,
                chances: vec![
                    (
                        SelectionNo(1),
                        Some(Chance {
                            won: 400_000,
                            half_won: 100_000,
                            void: 50_000,
                            half_lost: 7,
                        }),
                    ),
                    (SelectionNo(2), None),
                ],
            },
        ),
        (
            "CashOutSwitched",
            E::CashOutSwitched {
                source_time,
                market,
                version,
                offered: false,
            },
        ),
    ]
}
