//! The bytes and codes of stored outcomes, which a repeated command must get again from every later version.

use std::collections::BTreeSet;

use shardbook_domain::bet::NoCashOut;
use shardbook_domain::event::{Rejection as EventRejection, Reply as EventReply};
use shardbook_domain::ids::{BetNo, SlipNo};
use shardbook_domain::money::Amount;
use shardbook_domain::player::{
    Balance, Factor, LimitKind, PendingLimit, PlacedBet, Reason, Rejection, Released, Reply, SlipRefusal, Stage,
};
use shardbook_domain::rules::Phase;
use shardbook_domain::time::Time;

use crate::scene::{minor, price};
use crate::{golden, samples};

fn rejections() -> Vec<(&'static str, Rejection)> {
    use Rejection as R;
    let (bet, slip, leg, until) = (BetNo(3), SlipNo(4), 1, Time(1_700_000_000_000));
    let kind = LimitKind::StakeDay;
    let all = [
        R::NotRegistered,
        R::AccountSuspended,
        R::AccountClosed,
        R::SelfExcluded { until },
        R::CurrencyMismatch {
            wallet: minor(0).currency,
        },
        R::NoLegs,
        R::TooManyLegs { max: 20 },
        R::RelatedLegs { leg, other: 0 },
        R::StakeNotPositive,
        R::StakeTooSmall { min: minor(10) },
        R::StakeTooLarge { max: minor(1_000_000) },
        R::UnknownMarket { leg },
        R::UnknownSelection { leg },
        R::MarketSuspended { leg },
        R::MarketClosed { leg },
        R::MarketResulted { leg },
        R::SelectionRemoved { leg },
        R::NoPrice { leg },
        R::PriceChanged {
            leg,
            now: price("2.40"),
        },
        R::TotalOddsTooHigh { max: 1_000_000 },
        R::StakeLimit { kind, left: minor(500) },
        R::PayoutTooLarge {
            max_payout: minor(50_000_000),
            max_stake: minor(781_250),
        },
        R::InsufficientFunds { available: minor(99) },
        R::AmountNotPositive,
        R::DepositTooSmall { min: minor(100) },
        R::DepositTooLarge { max: minor(10_000_000) },
        R::DepositLimit {
            kind: LimitKind::DepositMonth,
            left: minor(0),
        },
        R::WalletFull,
        R::BadIdentity,
        R::LimitNegative,
        R::ExclusionInThePast,
        R::ExclusionTooShort { until },
        R::BadReason,
        R::UnknownBet { bet },
        R::BetNotHeld { bet },
        R::RecalledOtherBet { bet },
        R::NoLegOnMarket { bet },
        R::ResultIncomplete { leg },
        R::ResultWithoutVersion,
        R::IdentityTaken,
        R::RulesUnknown { version: 300 },
        R::FreeBetAmount { max: minor(1_000_000) },
        R::NoBets,
        R::TooManyBets { max: 50 },
        R::SelectionTwice { leg, other: 0 },
        R::SelectionUnused { leg },
        R::BadCombinations,
        R::TooManyLines { max: 2_500 },
        R::EachWayNotOffered { leg },
        R::StakeNotDivisible {
            lines: 3,
            below: minor(999),
        },
        R::BetsNotTaken { leg },
        R::PlayerCap { max_stake: minor(500) },
        R::LiabilityFull {
            leg: Some(leg),
            max_stake: minor(500),
        },
        R::InsufficientFreeBets { available: minor(99) },
        R::TooManySlips { max: 20 },
        R::UnknownSlip { slip },
        R::TooEarly { until },
        R::TooLate { until },
        R::NotReferred { slip },
        R::NotOffered { slip },
        R::ReferralRejected {
            reason: "too much of it".into(),
        },
        R::BadOffer,
        R::BadTrader,
        R::BadFactor,
        R::NoCashOut(NoCashOut::NotOpen),
        R::NoCashOut(NoCashOut::NotOffered),
        R::NoCashOut(NoCashOut::FreeBet),
        R::NoCashOut(NoCashOut::EachWay),
        R::NoCashOut(NoCashOut::Related { leg, other: 0 }),
        R::NoCashOut(NoCashOut::Suspended { leg }),
        R::NoCashOut(NoCashOut::Closed { leg }),
        R::NoCashOut(NoCashOut::Stopped { leg }),
        R::NoCashOut(NoCashOut::Withdrawn { leg }),
        R::NoCashOut(NoCashOut::NoChance { leg }),
        R::NoCashOut(NoCashOut::TooSmall),
        R::NoCashOut(NoCashOut::WholeOnly),
        R::CashOutStake { max: minor(600) },
        R::CashOutNotLocked { bet },
        R::CashOutExpired { bet, until },
        R::CashOutAmount { kept: minor(570) },
    ];
    all.into_iter().map(|rejection| (rejection.code(), rejection)).collect()
}

/// Several reasons against one slip. Its code is that of the first of them.
fn slip_rejections() -> Vec<(&'static str, Rejection)> {
    let reasons = vec![
        Reason {
            bet: Some(1),
            rejection: Rejection::StakeTooLarge { max: minor(900) },
            max_stake: Some(minor(900)),
        },
        Rejection::MarketSuspended { leg: 2 }.into(),
    ];
    let refusal = SlipRefusal::of(reasons).expect("two reasons");
    vec![("STAKE_TOO_LARGE.slip", Rejection::Slip(Box::new(refusal)))]
}

fn event_rejections() -> Vec<(&'static str, EventRejection)> {
    use EventRejection as R;
    let selection = || "11".into();
    let all = [
        R::SourceTimeWentBack {
            last: Time(1_700_000_000_000),
        },
        R::UnknownEvent,
        R::OtherEvent {
            urn: "bf:event:1".into(),
        },
        R::BadUrn,
        R::BadText {
            field: "reason".into(),
            max: 200,
        },
        R::BadMarketKey,
        R::UnknownMarket,
        R::NoSelections,
        R::TooManyMarkets,
        R::TooManySelections,
        R::UnknownSelection { selection: selection() },
        R::DuplicateSelection { selection: selection() },
        R::SelectionRemoved { selection: selection() },
        R::MarketResulted,
        R::ResultIncomplete { selection: selection() },
        R::RemovedNotVoid { selection: selection() },
        R::NothingToRollBack,
        R::TooManyResults,
        R::BadFinish { selection: selection() },
        R::BadWindow,
        R::NothingToConfirm,
        R::TooManyFacts,
        R::ImpossibleChance { selection: selection() },
    ];
    all.into_iter().map(|rejection| (rejection.code(), rejection)).collect()
}

fn replies() -> Vec<(&'static str, Reply)> {
    let (at, kind) = (Time(1_700_000_000_000), LimitKind::DepositWeek);
    let money = (Amount(9000), Amount(1000), Amount(0));
    let (available, held, owed) = money;
    let balance = Balance {
        currency: minor(0).currency,
        available,
        held,
        owed,
        version: 300,
    };
    let (prices, potential_return) = (vec![price("2.50"), price("1.01")], Amount(2525));
    let pending = Some(PendingLimit { amount: None, from: at });
    vec![
        ("Registered", Reply::Registered { balance }),
        ("Balance", Reply::Balance(balance)),
        (
            "BetPlaced",
            Reply::BetPlaced {
                bet: BetNo(5),
                placed_at: at,
                prices,
                potential_return,
                balance,
            },
        ),
        (
            "LimitSet",
            Reply::LimitSet {
                kind,
                in_force: Some(Amount(500)),
                pending,
            },
        ),
        ("SelfExcluded", Reply::SelfExcluded { until: at }),
        ("Done", Reply::Done),
        (
            "SlipPlaced",
            Reply::SlipPlaced {
                bets: vec![PlacedBet {
                    no: BetNo(5),
                    prices: vec![price("2.50")],
                    stake: Amount(1000),
                    potential_return: Amount(2500),
                }],
                placed_at: at,
                balance,
            },
        ),
        (
            "SlipPending.delay",
            Reply::SlipPending {
                slip: SlipNo(4),
                stage: Stage::Delay,
                until: at,
                balance,
            },
        ),
        (
            "SlipOffered",
            Reply::SlipOffered {
                slip: SlipNo(4),
                until: at,
                offer: Box::new(samples::slip()),
                balance,
            },
        ),
        (
            "SlipRefused",
            Reply::SlipRefused {
                slip: SlipNo(4),
                how: Released::Refused(vec![Rejection::MarketSuspended { leg: 2 }.into()]),
                balance,
            },
        ),
        (
            "FactorSet",
            Reply::FactorSet {
                sport: "football".into(),
                phase: Phase::InPlay,
                factor: Some(Factor(250)),
            },
        ),
        (
            "CashOutLocked",
            Reply::CashOutLocked {
                bet: BetNo(5),
                stake: Amount(400),
                amount: Amount(570),
                until: at,
            },
        ),
        (
            "CashedOut",
            Reply::CashedOut {
                bet: BetNo(5),
                stake: Amount(400),
                paid: Amount(570),
                open_stake: Amount(600),
                balance,
            },
        ),
    ]
}

fn reply_name(reply: &Reply) -> &'static str {
    match reply {
        Reply::Registered { .. } => "Registered",
        Reply::Balance(_) => "Balance",
        Reply::BetPlaced { .. } => "BetPlaced",
        Reply::LimitSet { .. } => "LimitSet",
        Reply::SelfExcluded { .. } => "SelfExcluded",
        Reply::Done => "Done",
        Reply::SlipPlaced { .. } => "SlipPlaced",
        Reply::SlipPending { .. } => "SlipPending",
        Reply::SlipOffered { .. } => "SlipOffered",
        Reply::SlipRefused { .. } => "SlipRefused",
        Reply::FactorSet { .. } => "FactorSet",
        Reply::CashOutLocked { .. } => "CashOutLocked",
        Reply::CashedOut { .. } => "CashedOut",
    }
}

/// Protects outcomes kept with command ids: a retry gets the same refusal from a later version.
#[test]
fn rejections_keep_their_bytes_and_codes() {
    let player = include_str!("../../../../tests/golden/player_rejections.hex");
    golden::check(
        player,
        &[rejections(), slip_rejections()].concat(),
        Rejection::code,
        Rejection::encode,
        Rejection::decode,
    );
    let event = include_str!("../../../../tests/golden/event_rejections.hex");
    golden::check(
        event,
        &event_rejections(),
        EventRejection::code,
        EventRejection::encode,
        EventRejection::decode,
    );
}

/// Protects outcomes kept with command ids: a retry gets the same reply from a later version.
#[test]
fn replies_keep_their_bytes() {
    let player = include_str!("../../../../tests/golden/player_replies.hex");
    golden::check(player, &replies(), reply_name, Reply::encode, Reply::decode);
    let event = include_str!("../../../../tests/golden/event_replies.hex");
    golden::check(
        event,
        &[("Taken", EventReply::Taken { changes: 300 })],
        |_| "Taken",
        EventReply::encode,
        EventReply::decode,
    );
}

/// Protects those who act on refusals: each code and number stands for one thing, and each message says what to do.
#[test]
fn codes_are_unique_and_messages_say_what_to_do() {
    let player = rejections()
        .into_iter()
        .map(|(code, no)| (code, no.number(), no.to_string()));
    let event = event_rejections()
        .into_iter()
        .map(|(code, no)| (code, no.number(), no.to_string()));
    let (player, event): (Vec<_>, Vec<_>) = (player.collect(), event.collect());
    for list in [&player, &event] {
        assert_eq!(list.iter().map(|row| row.0).collect::<BTreeSet<_>>().len(), list.len());
    }
    let numbers: BTreeSet<u16> = player.iter().chain(&event).map(|row| row.1).collect();
    assert_eq!(numbers.len(), player.len() + event.len());
    let listed = include_str!("../../../../docs/errors.md");
    for (code, _, message) in player.iter().chain(&event) {
        assert!(listed.contains(&format!("`{code}`")), "docs/errors.md lists {code}");
        assert!(
            code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'),
            "{code}"
        );
        assert!(
            message.contains([':', ';']),
            "{code} says what is wrong and then what to do: {message}"
        );
    }
}
