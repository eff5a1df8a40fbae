//! Re-offer: a lower stake or a new price instead of a refusal.

use shardbook_domain::bet::PricePolicy;
use shardbook_domain::ids::SlipNo;
use shardbook_domain::market::MarketStatus;
use shardbook_domain::money::Amount;
use shardbook_domain::player::{AskedStake, Command, Reply, Slip, reply};

use crate::scene::{START, Scene, answer, check, decide_slip, eur, lines, place, price, refer, slip, withdraw};

/// The house offers for ten seconds what it takes instead: at most 10.00 a bet.
fn house() -> Scene {
    Scene::player_with("100.00")
        .bounded(|amounts| amounts.max_stake = Amount(1_000))
        .ruled(|rules| rules.reoffer_s = 10)
}

fn single(stake: &str) -> Command {
    wanting(slip(1, &[lines(&[0], &[1], stake)]))
}

/// The player wants to hear of offers.
fn wanting(slip: Slip) -> Command {
    place(Slip { reoffer: true, ..slip })
}

const OFFERED: (&str, &str) = ("SlipOffered", "10000 0 0");
const TAKEN: (&str, &str) = ("SlipReleased BetPlaced", "9000 1000 0");
const CLOSED: (&str, &str) = ("SlipReleased", "10000 0 0");

/// Protects offers: they are made only where the player wants them and another stake or price would mend all.
#[test]
fn when_an_offer_is_made() {
    let none = || house().ruled(|rules| rules.reoffer_s = 0);
    let two = |first, second| slip(1, &[lines(&[0], &[1], first), lines(&[0], &[1], second)]);
    check(vec![
        ("too large", house(), single("20.00"), Ok(OFFERED)),
        ("moved", house().priced(1, "2.40"), single("10.00"), Ok(OFFERED)),
        ("both", house().priced(1, "2.40"), single("20.00"), Ok(OFFERED)),
        ("one of two bets", house(), wanting(two("20.00", "1.00")), Ok(OFFERED)),
        (
            "not wanted",
            house(),
            place(slip(1, &[lines(&[0], &[1], "20.00")])),
            Err("STAKE_TOO_LARGE at most 10.00"),
        ),
        (
            "not made by the brand",
            none(),
            single("20.00"),
            Err("STAKE_TOO_LARGE at most 10.00"),
        ),
        (
            "suspended too",
            house().market(1, MarketStatus::Suspended),
            single("20.00"),
            Err("MARKET_SUSPENDED leg 0"),
        ),
        (
            "what is offered can be paid for, though what was asked could not",
            house(),
            wanting(two("85.00", "85.00")),
            Ok(OFFERED),
        ),
        (
            "not paid for even so",
            house(),
            wanting(two("20.00", "95.00")),
            Err("STAKE_TOO_LARGE at most 10.00"),
        ),
        (
            "not paid for",
            house().after(withdraw("95.00")),
            single("20.00"),
            Err("STAKE_TOO_LARGE at most 5.00"),
        ),
        (
            "nothing is left to offer",
            house().bounded(|amounts| amounts.player.stake = Some(Amount(5))),
            single("1.00"),
            Err("PLAYER_CAP at most 0.00"),
        ),
        (
            "nothing is wrong",
            house(),
            single("10.00"),
            Ok(("BetPlaced", "9000 1000 0")),
        ),
    ]);
}

/// Protects the answer to an offer: it reserves nothing, and all is looked at again.
#[test]
fn answer_rows() {
    let offered = || house().after(single("20.00"));
    let moved = |now| house().priced(1, "2.40").after(single("10.00")).priced(1, now);
    let nothing = |scene: Scene| scene.after(withdraw("95.00"));
    check(vec![
        ("accepted", offered(), answer(1, true), Ok(TAKEN)),
        (
            "accepted in time",
            offered().seconds_later(9),
            answer(1, true),
            Ok(TAKEN),
        ),
        (
            "accepted late",
            offered().seconds_later(10),
            answer(1, true),
            Err("SLIP_LAPSED"),
        ),
        ("declined", offered(), answer(1, false), Ok(CLOSED)),
        ("lapsed", offered().seconds_later(10), decide_slip(1), Ok(CLOSED)),
        ("not yet lapsed", offered(), decide_slip(1), Err("SLIP_TOO_EARLY")),
        (
            "accepted twice",
            offered().after(answer(1, true)),
            answer(1, true),
            Err("SLIP_NOT_OFFERED"),
        ),
        ("no such slip", offered(), answer(2, true), Err("SLIP_UNKNOWN")),
        (
            "a trader has nothing to answer",
            offered(),
            refer(1, shardbook_domain::player::ReferralAnswer::Accept),
            Err("SLIP_NOT_REFERRED"),
        ),
        ("the price offered", moved("2.40"), answer(1, true), Ok(TAKEN)),
        ("it moved again, up", moved("2.50"), answer(1, true), Ok(CLOSED)),
        ("it moved again, down", moved("2.39"), answer(1, true), Ok(CLOSED)),
        (
            "within the tolerance",
            moved("2.39").ruled(|rules| rules.price_tolerance = 100),
            answer(1, true),
            Ok(TAKEN),
        ),
        (
            "suspended since",
            offered().market(1, MarketStatus::Suspended),
            answer(1, true),
            Ok(CLOSED),
        ),
        (
            "the money is gone",
            nothing(offered()),
            answer(1, true),
            Ok(("SlipReleased", "500 0 0")),
        ),
        (
            "smaller bounds since",
            offered().bounded(|amounts| amounts.max_stake = Amount(999)),
            answer(1, true),
            Ok(CLOSED),
        ),
        (
            "in play the delay follows",
            offered().in_play(1..=1, 5),
            answer(1, true),
            Ok(("SlipHeld", "9000 1000 0")),
        ),
        (
            "and then it is taken",
            offered().in_play(1..=1, 5).after(answer(1, true)).seconds_later(5),
            decide_slip(1),
            Ok(TAKEN),
        ),
    ]);
}

/// Protects an offer's content: every bet with what would be taken of it after the bets before it, at the prices of now, and
/// taken exactly so.
#[test]
fn an_offer_is_what_would_be_taken() {
    let scene = || {
        house()
            .bounded(|amounts| amounts.player.stake = Some(Amount(1_500)))
            .priced(2, "2.60")
    };
    let mut scene = scene();
    let bets = [lines(&[0], &[1], "12.00"), lines(&[0, 1], &[1, 2], "2.00")];
    let events = scene.run(&wanting(slip(2, &bets))).expect("offered");
    let Reply::SlipOffered { slip, until, offer, .. } = reply(&scene.state, &events, &scene.rules) else {
        panic!("an offer is made")
    };
    assert_eq!((slip, until), (SlipNo(1), START.plus_ms(10_000)));
    let stakes: Vec<_> = offer.bets.iter().map(|bet| bet.stake).collect();
    assert_eq!(stakes, [AskedStake::Unit(eur("10.00")), AskedStake::Unit(eur("1.66"))]);
    let prices: Vec<_> = offer.selections.iter().map(|asked| asked.price).collect();
    assert_eq!(
        (prices, offer.policy),
        (vec![price("2.50"), price("2.60")], PricePolicy::Exact)
    );
    let taken = Ok(("SlipReleased BetPlaced BetPlaced", "8502 1498 0"));
    check(vec![("accepted", scene, answer(1, true), taken)]);
}

/// Protects players in play: when the price moves during the delay the new one is offered, once the stakes are let go.
#[test]
fn an_offer_can_follow_the_delay() {
    let due = || {
        house()
            .in_play(1..=1, 5)
            .after(single("10.00"))
            .seconds_later(5)
            .priced(1, "2.40")
    };
    check(vec![
        (
            "offered",
            due(),
            decide_slip(1),
            Ok(("SlipReleased SlipOffered", "10000 0 0")),
        ),
        (
            "accepted: it waits again",
            due().after(decide_slip(1)),
            answer(1, true),
            Ok(("SlipHeld", "9000 1000 0")),
        ),
    ]);
}
