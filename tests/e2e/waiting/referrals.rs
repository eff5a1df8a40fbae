//! Slips that a trader is asked about.

use shardbook_proto::backoffice::v1::answer_referral::Answer::{self, Accept, Offer, Reject};
use shardbook_proto::backoffice::v1::{AcceptReferral, OfferInstead, RejectReferral};
use shardbook_proto::client::v1::client_message::Request;
use shardbook_proto::client::v1::server_message::Message as Body;
use shardbook_proto::client::v1::{BetFilter, SlipState};
use shardbook_proto::provider::v1::FeedMarketStatus;
use shardbook_tests::House;

use super::{asked, event, hundred_at_most};

/// Bets of at most 100.00; a trader has so many seconds for larger ones.
async fn house(seconds: u16) -> House {
    House::by(|rules| {
        hundred_at_most(rules);
        rules.referral.seconds = seconds;
    })
    .await
}

fn offer(stakes: &[&str], prices: &[&str]) -> Answer {
    Offer(OfferInstead {
        stakes: stakes.iter().map(|stake| (*stake).into()).collect(),
        prices: prices.iter().map(|price| (*price).into()).collect(),
    })
}

fn reject(reason: &str) -> Answer {
    Reject(RejectReferral { reason: reason.into() })
}

/// Protects large bets: a slip above the bounds comes to the traders who watch, its stake is held, and the trader's yes,
/// no or other terms are what the player gets; every answer that does not fit changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn traders_answer() {
    let house = house(60).await;
    let mut feed = event(&house).await;
    let mut trader = house.trader("tess").await;
    let mut desk = trader.watch().await;
    let mut player = house.player("ann", "2000.00").await;
    let far = player.refused(Request::PlaceSlip(asked("1000.01"))).await;
    assert_eq!(
        (far.code.as_str(), far.max_stake.as_str()),
        ("STAKE_TOO_LARGE", "100.00"),
        "too far to ask"
    );

    let slip = player.slip(asked("300.00")).await;
    assert_eq!(slip.state(), SlipState::Referred);
    assert_eq!(player.wallet().await, ("1700.00", "300.00", "0.00"));
    let came = desk.came().await;
    assert_eq!(came.slip_id, slip.slip_id);
    assert_eq!(
        (
            came.player.as_ref().expect("whose").player.as_str(),
            came.currency.as_str()
        ),
        ("ann", "EUR")
    );
    let bet = &came.bets[0];
    assert_eq!(
        (bet.name.as_str(), bet.stake.as_str(), bet.max_stake.as_str()),
        ("Single", "300.00", "100.00")
    );
    assert_eq!(
        (bet.max_return.as_str(), came.selections[0].price.as_str()),
        ("200.00", "2.00")
    );
    assert_eq!(came.until_ms - came.asked_ms, 60_000);
    assert_eq!(trader.referrals().await, std::slice::from_ref(&came));
    for (what, answer, code) in [
        ("a no without words", reject(""), "REASON_INVALID"),
        ("a longer price", offer(&["150.00"], &["2.01"]), "OFFER_INVALID"),
        (
            "two stakes for one bet",
            offer(&["150.00", "1.00"], &[]),
            "OFFER_INVALID",
        ),
        ("no stake", offer(&["0.00"], &[]), "OFFER_INVALID"),
        (
            "two prices for one selection",
            offer(&[], &["2.00", "2.00"]),
            "OFFER_INVALID",
        ),
    ] {
        let refused = trader.answer(&slip.slip_id, answer).await.expect_err(what);
        assert_eq!(refused.code, code, "{what}: {}", refused.message);
    }
    for (what, slip_id, code) in [
        ("no slip", "slip", "SLIP_ID_INVALID".to_owned()),
        (
            "a slip to come",
            &slip.slip_id.replace("-s1", "-s9"),
            "SLIP_UNKNOWN".to_owned(),
        ),
    ] {
        let refused = trader.answer(slip_id, Accept(AcceptReferral {})).await.expect_err(what);
        assert_eq!(refused.code, code, "{what}: {}", refused.message);
    }
    trader
        .answer(&slip.slip_id, Accept(AcceptReferral {}))
        .await
        .expect("taken");
    let placed = player.slip_told(&slip.slip_id, SlipState::Placed).await;
    assert_eq!(
        (placed.bets[0].stake.as_str(), placed.bets[0].potential_return.as_str()),
        ("300.00", "600.00")
    );
    assert_eq!(desk.gone().await, slip.slip_id);
    let again = trader
        .answer(&slip.slip_id, reject("too late"))
        .await
        .expect_err("decided");
    assert_eq!(again.code, "SLIP_NOT_REFERRED");

    let slip = player.slip(asked("400.00")).await;
    assert_eq!(desk.came().await.slip_id, slip.slip_id);
    trader
        .answer(&slip.slip_id, reject("not at this price"))
        .await
        .expect("taken");
    let refused = player.slip_refused(&slip.slip_id).await;
    assert_eq!(refused.code, "REFERRAL_REJECTED");
    assert!(refused.message.contains("not at this price"), "{}", refused.message);
    assert_eq!(desk.gone().await, slip.slip_id);
    assert_eq!(player.wallet().await, ("1700.00", "300.00", "0.00"));

    let slip = player.slip(asked("500.00")).await;
    assert_eq!(desk.came().await.slip_id, slip.slip_id);
    trader
        .answer(&slip.slip_id, offer(&["250.00"], &["1.95"]))
        .await
        .expect("taken");
    let offered = player.slip_told(&slip.slip_id, SlipState::Offered).await;
    let terms = offered.offer.expect("terms");
    assert_eq!(
        (terms.prices, terms.stakes),
        (vec!["1.95".into()], vec!["250.00".into()])
    );
    assert_eq!(desk.gone().await, slip.slip_id);
    assert_eq!(
        player.wallet().await,
        ("1700.00", "300.00", "0.00"),
        "an offer holds nothing"
    );
    let taken = player.answer_offer(&slip.slip_id, true).await;
    assert_eq!(taken.state(), SlipState::Placed, "{taken:?}");
    assert_eq!(
        (taken.bets[0].stake.as_str(), taken.bets[0].legs[0].price.as_str()),
        ("250.00", "1.95")
    );

    // A yes to a market that is suspended meanwhile is no bet.
    let slip = player.slip(asked("200.00")).await;
    feed.status(1, FeedMarketStatus::Suspended).await;
    trader
        .answer(&slip.slip_id, Accept(AcceptReferral {}))
        .await
        .expect("taken");
    assert_eq!(player.slip_refused(&slip.slip_id).await.code, "MARKET_SUSPENDED");
    feed.status(1, FeedMarketStatus::Open).await;
    // In play the delay comes after the yes.
    feed.in_play(1, 1).await;
    let slip = player.slip(asked("200.00")).await;
    assert_eq!(slip.state(), SlipState::Referred);
    trader
        .answer(&slip.slip_id, Accept(AcceptReferral {}))
        .await
        .expect("taken");
    player.slip_told(&slip.slip_id, SlipState::Delayed).await;
    let placed = player.slip_told(&slip.slip_id, SlipState::Placed).await;
    assert_eq!(
        (placed.bets[0].stake.as_str(), placed.bets[0].slip_id.as_str()),
        ("200.00", slip.slip_id.as_str())
    );
    assert_eq!(
        (player.wallet().await, trader.referrals().await),
        (wallet("1250.00", "750.00"), Vec::new())
    );
    let again = player.pushed().filter(|body| match body {
        Body::SlipChanged(told) => told.state() == SlipState::Offered,
        _ => false,
    });
    assert_eq!(again.count(), 0, "an offer is told once");
    drop((player, desk));
    assert_eq!(house.prove().await.bets, 3);
}

/// Protects traders from answers that were lost on their way: a repeat gets the first outcome however the slip stands by
/// then, another answer under the same id is refused, and a late one under another id is too.
#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_answer_is_the_same_answer() {
    let house = house(60).await;
    let _feed = event(&house).await;
    let mut trader = house.trader("tess").await;
    let mut desk = trader.watch().await;
    let mut player = house.player("ann", "2000.00").await;
    let terms = || offer(&["250.00"], &["1.95"]);
    for (round, accept) in [(1, true), (2, false)] {
        let slip = player.slip(asked("500.00")).await.slip_id;
        desk.came().await;
        let id = format!("offer-{round}");
        trader.answer_as(&id, &slip, terms()).await.expect("taken");
        player.slip_told(&slip, SlipState::Offered).await;
        trader
            .answer_as(&id, &slip, terms())
            .await
            .expect("before the player answers");
        player.answer_offer(&slip, accept).await;
        trader.answer_as(&id, &slip, terms()).await.expect("and after");
        let other = trader.answer_as(&id, &slip, offer(&[], &["1.95"])).await;
        assert_eq!(other.expect_err("another answer").code, "COMMAND_ID_REUSED");
        let late = trader.answer(&slip, terms()).await;
        assert_eq!(late.expect_err("decided").code, "SLIP_NOT_REFERRED");
        assert_eq!(desk.gone().await, slip);
    }
    assert_eq!(player.wallet().await, wallet("1750.00", "250.00"));
    drop((player, desk));
    assert_eq!(house.prove().await.bets, 1);
}

/// Protects the house from players it does not trust, and them from factors that are not theirs: a trader's factor bounds
/// what one player stakes, in its phase alone, until it is set again; what is no factor is refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_traders_factor_bounds_one_player() {
    let house = House::by(hundred_at_most).await;
    let mut feed = event(&house).await;
    let mut trader = house.trader("tess").await;
    let (mut ann, mut bob) = (
        house.player("ann", "1000.00").await,
        house.player("bob", "1000.00").await,
    );
    trader.factor("ann", false, 100).await.expect("set");
    let refused = ann.refused(Request::PlaceSlip(asked("10.01"))).await;
    assert_eq!(
        (refused.code.as_str(), refused.max_stake.as_str()),
        ("STAKE_TOO_LARGE", "10.00")
    );
    ann.take(asked("10.00")).await;
    bob.take(asked("100.00")).await;
    feed.in_play(1, 0).await;
    ann.take(asked("100.00")).await;
    trader.factor("ann", true, 0).await.expect("set");
    assert_eq!(
        ann.refused(Request::PlaceSlip(asked("1.00"))).await.code,
        "BETS_NOT_TAKEN"
    );
    for (player, permille, code) in [("ann", 100_001, "FACTOR_INVALID"), ("nobody", 100, "NOT_REGISTERED")] {
        let refused = trader.factor(player, true, permille).await.expect_err(player);
        assert_eq!(refused.code, code, "{}", refused.message);
    }
    trader.factor("ann", true, 1_000).await.expect("set");
    ann.take(asked("1.00")).await;
    drop((ann, bob));
    assert_eq!(house.prove().await.bets, 4);
}

/// Protects stakes from a trader who has gone home: a referral that nobody answers ends by itself, and the money is free.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_answers() {
    let house = house(1).await;
    let _feed = event(&house).await;
    let mut trader = house.trader("tess").await;
    let mut desk = trader.watch().await;
    let mut player = house.player("ann", "500.00").await;
    let slip = player.slip(asked("300.00")).await;
    assert_eq!(desk.came().await.slip_id, slip.slip_id);
    assert_eq!(player.slip_refused(&slip.slip_id).await.code, "SLIP_TIMED_OUT");
    assert_eq!(desk.gone().await, slip.slip_id);
    let late = trader
        .answer(&slip.slip_id, Accept(AcceptReferral {}))
        .await
        .expect_err("over");
    assert_eq!(late.code, "SLIP_NOT_REFERRED");
    assert_eq!(player.wallet().await, ("500.00", "0.00", "0.00"));
    drop((player, desk));
    assert_eq!(house.prove().await.bets, 0);
}

/// Protects what waits on a trader's list from a restart: it is still there, whole, and can be answered.
#[tokio::test(flavor = "multi_thread")]
async fn referrals_outlive_the_house() {
    let house = house(60).await;
    let mut feed = event(&house).await;
    let mut trader = house.trader("tess").await;
    let mut desk = trader.watch().await;
    let (mut ann, mut bob) = (house.player("ann", "500.00").await, house.player("bob", "500.00").await);
    let taken = ann.slip(asked("300.00")).await;
    let came = desk.came().await;
    let left = bob.slip(asked("150.00")).await;
    desk.came().await;
    drop((ann, bob, desk));

    let house = house.restart().await;
    feed.reconnect(&house).await;
    let mut trader = house.trader("tess").await;
    let waiting = trader.referrals().await;
    assert_eq!(waiting.len(), 2);
    assert!(waiting.contains(&came), "nothing is lost of it: {waiting:?}");
    assert!(waiting.iter().any(|referral| referral.slip_id == left.slip_id));
    let (mut ann, mut bob) = (house.player("ann", "0.00").await, house.player("bob", "0.00").await);
    assert_eq!(
        (ann.wallet().await, ann.slips().await.len()),
        (wallet("200.00", "300.00"), 1)
    );
    trader
        .answer(&taken.slip_id, Accept(AcceptReferral {}))
        .await
        .expect("taken");
    trader.answer(&left.slip_id, reject("no")).await.expect("taken");
    ann.slip_told(&taken.slip_id, SlipState::Placed).await;
    bob.slip_told(&left.slip_id, SlipState::Refused).await;
    assert_eq!(ann.bets(BetFilter::Open).await.len(), 1);
    assert_eq!(
        (ann.wallet().await, bob.wallet().await),
        (wallet("200.00", "300.00"), wallet("500.00", "0.00"))
    );
    drop((ann, bob));
    assert_eq!(house.prove().await.bets, 1);
}

fn wallet(available: &str, held: &str) -> shardbook_tests::Wallet {
    shardbook_tests::Wallet(available.into(), held.into(), "0.00".into())
}
