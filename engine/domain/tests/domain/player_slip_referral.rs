//! Referral: a trader is asked about a bet that is too large.

use shardbook_domain::ids::SlipNo;
use shardbook_domain::market::MarketStatus;
use shardbook_domain::money::Amount;
use shardbook_domain::player::{Command, Event, LimitKind, ReferralAnswer, Released, Reply, Stage, reply};
use shardbook_domain::rules::ReferralRules;

use crate::scene::{
    START, Scene, answer, bet, check, decide_slip, deposit, eur, factor, gbp, lines, on, place, price, reason, refer,
    slip,
};

/// A trader has a minute for bets of up to ten times what is allowed: 10.00 a bet.
fn house() -> Scene {
    Scene::player_with("1000.00")
        .bounded(|amounts| amounts.max_stake = Amount(1_000))
        .ruled(|rules| {
            rules.referral = ReferralRules {
                seconds: 60,
                up_to_percent: 1_000,
            }
        })
}

fn single(stake: &str) -> Command {
    bet(stake, &[(on(1, 1), "2.50")])
}

fn referred() -> Scene {
    house().after(single("50.00"))
}

fn reject() -> ReferralAnswer {
    ReferralAnswer::Reject {
        reason: "not at this price".to_owned(),
    }
}

fn offer(stakes: &[&str], prices: &[&str]) -> ReferralAnswer {
    ReferralAnswer::Offer {
        stakes: stakes.iter().map(|stake| eur(stake)).collect(),
        prices: prices.iter().map(|text| price(text)).collect(),
    }
}

const ACCEPT: ReferralAnswer = ReferralAnswer::Accept;
const HELD: (&str, &str) = ("SlipHeld", "95000 5000 0");
const TAKEN: (&str, &str) = ("SlipApproved SlipReleased BetPlaced", "95000 5000 0");
const LET_GO: (&str, &str) = ("SlipReleased", "100000 0 0");

/// Protects traders' time: they are asked only where the size is all that is wrong, and not about what is absurd.
#[test]
fn who_is_referred() {
    let none = || house().ruled(|rules| rules.referral.seconds = 0);
    let many = slip(1, &[lines(&[0], &[1], "5.00"), lines(&[0], &[1], "45.00")]);
    check(vec![
        ("too large", house(), single("50.00"), Ok(HELD)),
        (
            "ten times what is allowed",
            house(),
            single("100.00"),
            Ok(("SlipHeld", "90000 10000 0")),
        ),
        (
            "above that",
            house(),
            single("100.01"),
            Err("STAKE_TOO_LARGE at most 10.00"),
        ),
        ("allowed", house(), single("10.00"), Ok(("BetPlaced", "99000 1000 0"))),
        (
            "nobody is asked",
            none(),
            single("50.00"),
            Err("STAKE_TOO_LARGE at most 10.00"),
        ),
        ("one of two bets", house(), place(many), Ok(HELD)),
        (
            "too small as well",
            house(),
            place(slip(1, &[lines(&[0], &[1], "50.00"), lines(&[0], &[1], "0.01")])),
            Err("STAKE_TOO_SMALL"),
        ),
        (
            "not paid for",
            Scene {
                state: Scene::player_with("20.00").state,
                ..house()
            },
            single("50.00"),
            Err("STAKE_TOO_LARGE at most 10.00"),
        ),
        (
            "paid for in part only: what would be held must be there",
            house(),
            place(slip(1, &[lines(&[0], &[1], "100.00"); 11])),
            Err("STAKE_TOO_LARGE at most 10.00"),
        ),
        (
            "suspended too",
            house().market(1, MarketStatus::Suspended),
            single("50.00"),
            Err("MARKET_SUSPENDED leg 0"),
        ),
        (
            "moved too",
            house().priced(1, "2.40"),
            single("50.00"),
            Err("PRICE_CHANGED leg 0 now 2.40"),
        ),
        (
            "nothing is allowed at all",
            house().bounded(|amounts| amounts.player.stake = Some(Amount(0))),
            single("1.00"),
            Err("PLAYER_CAP at most 0.00"),
        ),
        (
            "no bets of the player are taken",
            house().after(factor("", shardbook_domain::rules::Phase::PreMatch, Some(0))),
            single("50.00"),
            Err("BETS_NOT_TAKEN leg 0"),
        ),
        (
            "beyond the player's own limit",
            house().after(Command::SetLimit {
                kind: LimitKind::StakePerBet,
                amount: Some(Amount(4_000)),
            }),
            single("50.00"),
            Err("STAKE_LIMIT at most 10.00"),
        ),
        (
            "the liability of all open bets",
            house().bounded(|amounts| {
                (amounts.max_stake, amounts.player.liability) = (Amount(100_000), Some(Amount(1_500)))
            }),
            single("50.00"),
            Ok(HELD),
        ),
    ]);
}

/// Protects each answer of a trader: what it sets aside, and what it does not.
#[test]
fn answer_rows() {
    let own_limit = || {
        referred().after(Command::SetLimit {
            kind: LimitKind::StakePerBet,
            amount: Some(Amount(4_000)),
        })
    };
    let by_nobody = Command::AnswerReferral {
        slip: SlipNo(1),
        answer: ACCEPT,
        by: String::new(),
    };
    let without_reason = ReferralAnswer::Reject { reason: String::new() };
    check(vec![
        ("accepted", referred(), refer(1, ACCEPT), Ok(TAKEN)),
        (
            "accepted at the last moment",
            referred().seconds_later(59),
            refer(1, ACCEPT),
            Ok(TAKEN),
        ),
        (
            "accepted too late",
            referred().seconds_later(60),
            refer(1, ACCEPT),
            Err("SLIP_LAPSED"),
        ),
        (
            "not accepted in time",
            referred().seconds_later(60),
            decide_slip(1),
            Ok(LET_GO),
        ),
        (
            "not yet out of time",
            referred().seconds_later(59),
            decide_slip(1),
            Err("SLIP_TOO_EARLY"),
        ),
        ("rejected", referred(), refer(1, reject()), Ok(LET_GO)),
        (
            "rejected without a reason",
            referred(),
            refer(1, without_reason),
            Err("REASON_INVALID"),
        ),
        ("answered by nobody", referred(), by_nobody, Err("TRADER_INVALID")),
        (
            "answered twice",
            referred().after(refer(1, ACCEPT)),
            refer(1, reject()),
            Err("SLIP_NOT_REFERRED"),
        ),
        ("no such slip", referred(), refer(2, ACCEPT), Err("SLIP_UNKNOWN")),
        (
            "accepted, but suspended",
            referred().market(1, MarketStatus::Suspended),
            refer(1, ACCEPT),
            Ok(LET_GO),
        ),
        (
            "accepted, but moved",
            referred().priced(1, "2.40"),
            refer(1, ACCEPT),
            Ok(LET_GO),
        ),
        (
            "accepted, but beyond the player's own limit",
            own_limit(),
            refer(1, ACCEPT),
            Ok(LET_GO),
        ),
        (
            "accepted, and smaller bounds since",
            referred().bounded(|amounts| amounts.max_stake = Amount(20)),
            refer(1, ACCEPT),
            Ok(TAKEN),
        ),
        (
            "the player's answer to no offer",
            referred(),
            answer(1, true),
            Err("SLIP_NOT_OFFERED"),
        ),
    ]);
}

/// Protects what the trader took: it is paid whole, beyond the maximum payout of the rules.
#[test]
fn an_accepted_payout_is_paid() {
    let house = || {
        let bounds = |amounts: &mut shardbook_domain::rules::AmountRules| amounts.max_payout = Amount(5_000);
        house().bounded(bounds)
    };
    let mut scene = house().after(single("50.00"));
    let events = scene.run(&refer(1, ACCEPT)).expect("taken");
    let Some(Event::BetPlaced { terms, .. }) = events.last() else {
        panic!("a bet was placed")
    };
    assert_eq!(terms.max_payout, Amount(12_500));
    let won = crate::scene::result(1, 1, 1, shardbook_domain::bet::LegOutcome::WON);
    check(vec![("won", scene, won, Ok(("LegDecided BetSettled", "107500 0 0")))]);
}

/// Protects the house in play: the delay is waited for after the trader's answer, and the trader's word holds until then.
#[test]
fn in_play_the_delay_follows() {
    let accepted = || {
        house()
            .in_play(1..=1, 5)
            .after(single("50.00"))
            .seconds_later(30)
            .after(refer(1, ACCEPT))
    };
    assert_eq!(accepted().state.due(), Some((START.plus_ms(35_000), SlipNo(1))));
    check(vec![
        ("referred first", house().in_play(1..=1, 5), single("50.00"), Ok(HELD)),
        (
            "then delayed",
            house().in_play(1..=1, 5).after(single("50.00")),
            refer(1, ACCEPT),
            Ok(("SlipApproved", "95000 5000 0")),
        ),
        (
            "too early",
            accepted().seconds_later(4),
            decide_slip(1),
            Err("SLIP_TOO_EARLY"),
        ),
        (
            "taken",
            accepted().seconds_later(5),
            decide_slip(1),
            Ok(("SlipReleased BetPlaced", "95000 5000 0")),
        ),
        (
            "moved meanwhile",
            accepted().seconds_later(5).priced(1, "2.40"),
            decide_slip(1),
            Ok(LET_GO),
        ),
    ]);
}

/// Protects a trader's offer: the stakes are let go, and what the trader named is taken although it is beyond the bounds.
#[test]
fn offer_rows() {
    let offered = |units: &[&str], prices: &[&str]| referred().after(refer(1, offer(units, prices)));
    let made = Ok(("SlipReleased SlipOffered", "100000 0 0"));
    let taken = |money| Ok(("SlipReleased BetPlaced", money));
    let both_ways = || {
        let two = slip(2, &[lines(&[0, 1], &[1], "25.00")]);
        house().after(place(two))
    };
    let pounds = ReferralAnswer::Offer {
        stakes: vec![gbp("1.00")],
        prices: Vec::new(),
    };
    check(vec![
        ("another stake", referred(), refer(1, offer(&["30.00"], &[])), made),
        (
            "another price",
            referred(),
            refer(1, offer(&["50.00"], &["2.30"])),
            made,
        ),
        (
            "a longer price than the market's",
            referred(),
            refer(1, offer(&["50.00"], &["2.51"])),
            Err("OFFER_INVALID"),
        ),
        ("the stakes as asked", referred(), refer(1, offer(&[], &["2.30"])), made),
        (
            "too many stakes",
            referred(),
            refer(1, offer(&["30.00", "1.00"], &[])),
            Err("OFFER_INVALID"),
        ),
        (
            "a stake for two lines",
            both_ways(),
            refer(1, offer(&["30.00"], &[])),
            made,
        ),
        (
            "one that does not divide",
            both_ways(),
            refer(1, offer(&["30.01"], &[])),
            Err("STAKE_NOT_DIVISIBLE at most 30.00"),
        ),
        (
            "too many prices",
            referred(),
            refer(1, offer(&["1.00"], &["2.30", "2.30"])),
            Err("OFFER_INVALID"),
        ),
        (
            "no stake",
            referred(),
            refer(1, offer(&["0"], &[])),
            Err("OFFER_INVALID"),
        ),
        ("other money", referred(), refer(1, pounds), Err("CURRENCY_MISMATCH")),
        (
            "accepted",
            offered(&["30.00"], &[]),
            answer(1, true),
            taken("97000 3000 0"),
        ),
        ("declined", offered(&["30.00"], &[]), answer(1, false), Ok(LET_GO)),
        (
            "lapsed",
            offered(&["30.00"], &[]).seconds_later(60),
            answer(1, true),
            Err("SLIP_LAPSED"),
        ),
        (
            "a lapsed offer is closed",
            offered(&["30.00"], &[]).seconds_later(60),
            decide_slip(1),
            Ok(LET_GO),
        ),
        (
            "its price stands while the market's is no shorter",
            offered(&["50.00"], &["2.30"]).priced(1, "2.60"),
            answer(1, true),
            taken("95000 5000 0"),
        ),
        (
            "and not when it is",
            offered(&["50.00"], &["2.30"]).priced(1, "2.29"),
            answer(1, true),
            Ok(LET_GO),
        ),
        (
            "the market's own price must stand",
            offered(&["30.00"], &[]).priced(1, "2.60"),
            answer(1, true),
            Ok(LET_GO),
        ),
    ]);
    let mut scene = offered(&["50.00"], &["2.30"]).priced(1, "2.60");
    let events = scene.run(&answer(1, true)).expect("taken");
    let Reply::BetPlaced { prices, .. } = reply(&scene.state, &events, &scene.rules) else {
        panic!("a bet was placed")
    };
    assert_eq!(prices, [price("2.30")], "struck as offered");
}

/// Protects what both sides are told, and the record of who decided.
#[test]
fn answers_are_told_and_recorded() {
    let mut scene = referred();
    let waiting = scene.state.pending_slip(SlipNo(1)).expect("waits").clone();
    assert_eq!(
        (waiting.stage, waiting.load.stake, waiting.until),
        (Stage::Referral, Amount(5_000), START.plus_ms(60_000))
    );
    let events = scene.run(&refer(1, reject())).expect("rejected");
    let [Event::SlipReleased { by, .. }] = events.as_slice() else {
        panic!("the slip waits no more")
    };
    assert_eq!(by.as_deref(), Some("tessa"));
    let Reply::SlipRefused {
        how: Released::Refused(reasons),
        balance,
        ..
    } = reply(&scene.state, &events, &scene.rules)
    else {
        panic!("the slip is refused")
    };
    assert_eq!(reasons.iter().map(reason).collect::<Vec<_>>(), ["REFERRAL_REJECTED"]);
    assert!(reasons[0].rejection.to_string().contains("not at this price"));
    assert_eq!((balance.available.0, balance.held.0), (100_000, 0));
    let taken = referred().after(refer(1, ACCEPT));
    let approved = |event: &Event| matches!(event, Event::SlipApproved { by, .. } if **by == *"tessa");
    assert!(taken.history.iter().any(approved));
    assert!(taken.after(deposit("1.00")).state.pending_slips().next().is_none());
}
