//! Other terms instead of a refusal.

use shardbook_proto::client::v1::client_message::Request;
use shardbook_proto::client::v1::{AnswerOffer, PlaceSlip, SlipState};
use shardbook_tests::House;

use super::{EVENT, asked, event, hundred_at_most, negotiable};

fn answer(slip_id: &str, accept: bool) -> Request {
    Request::AnswerOffer(AnswerOffer {
        slip_id: slip_id.into(),
        accept,
    })
}

/// Protects the player's yes: who wants to hear is offered the price now and the most that is taken, nothing is held
/// meanwhile, a yes is held against the market again, a no leaves all as it was, and only the player may say either.
#[tokio::test(flavor = "multi_thread")]
async fn offers_are_taken_or_left() {
    let house = House::by(|rules| {
        hundred_at_most(rules);
        rules.reoffer_s = 60;
    })
    .await;
    let mut feed = event(&house).await;
    feed.price(1, 1, "1.90").await;
    let mut ann = house.player("ann", "1000.00").await;
    let mut bob = house.player("bob", "1000.00").await;
    assert_eq!(
        ann.refused(Request::PlaceSlip(asked("100.00"))).await.code,
        "PRICE_CHANGED"
    );

    let offered = ann.slip(negotiable("150.00")).await;
    assert_eq!(offered.state(), SlipState::Offered);
    let offer = offered.offer.expect("an offer");
    assert_eq!(
        (offer.prices, offer.stakes),
        (vec!["1.90".into()], vec!["100.00".into()])
    );
    assert_eq!(ann.wallet().await, ("1000.00", "0.00", "0.00"), "nothing is held");
    assert_eq!(bob.refused(answer(&offered.slip_id, true)).await.code, "SLIP_UNKNOWN");
    let taken = ann.answer_offer(&offered.slip_id, true).await;
    assert_eq!(
        (taken.state(), taken.slip_id.as_str()),
        (SlipState::Placed, offered.slip_id.as_str())
    );
    assert_eq!(
        (taken.bets[0].stake.as_str(), taken.bets[0].legs[0].price.as_str()),
        ("100.00", "1.90")
    );
    assert_eq!(taken.bets[0].slip_id, offered.slip_id, "where the bet came from");
    assert_eq!(
        ann.refused(answer(&offered.slip_id, false)).await.code,
        "SLIP_NOT_OFFERED"
    );

    let offered = bob.slip(negotiable("50.00")).await;
    let left = bob.answer_offer(&offered.slip_id, false).await;
    assert_eq!(
        (left.state(), left.refused.expect("why").code.as_str()),
        (SlipState::Refused, "SLIP_DECLINED")
    );
    let offered = bob.slip(negotiable("50.00")).await;
    feed.price(1, 1, "1.80").await;
    let late = bob.answer_offer(&offered.slip_id, true).await;
    let refused = late.refused.expect("why");
    assert_eq!(
        (refused.code.as_str(), refused.price_now.as_str()),
        ("PRICE_CHANGED", "1.80")
    );
    assert_eq!(bob.wallet().await, ("1000.00", "0.00", "0.00"));

    // A yes in play waits for the delay as any bet does.
    feed.in_play(1, 1).await;
    let offered = bob.slip(negotiable("50.00")).await;
    let delayed = bob.answer_offer(&offered.slip_id, true).await;
    assert_eq!(delayed.state(), SlipState::Delayed);
    assert_eq!(bob.wallet().await, ("950.00", "50.00", "0.00"));
    let placed = bob.slip_told(&offered.slip_id, SlipState::Placed).await;
    assert_eq!(placed.bets[0].legs[0].price, "1.80");
    assert_eq!(bob.slips().await, []);
    // What only time can mend is not offered.
    let unknown = PlaceSlip {
        reoffer: true,
        ..shardbook_tests::slip(
            &[(EVENT, 9, 1, "2.00")],
            &[shardbook_tests::staked(
                shardbook_proto::client::v1::BetType::All,
                "1.00",
            )],
        )
    };
    assert_eq!(bob.refused(Request::PlaceSlip(unknown)).await.code, "MARKET_UNKNOWN");
    drop((ann, bob));
    assert_eq!(house.prove().await.bets, 2);
}

/// Protects the house from yesterday's offers: one that is not answered lapses by itself and says so, also across a
/// restart.
#[tokio::test(flavor = "multi_thread")]
async fn offers_lapse() {
    let house = House::by(|rules| rules.reoffer_s = 1).await;
    let mut feed = event(&house).await;
    feed.price(1, 1, "1.90").await;
    let mut player = house.player("ann", "100.00").await;
    let offered = player.slip(negotiable("50.00")).await;
    assert_eq!(offered.state(), SlipState::Offered);
    assert_eq!(player.slip_refused(&offered.slip_id).await.code, "SLIP_TIMED_OUT");
    assert_eq!(
        player.refused(answer(&offered.slip_id, true)).await.code,
        "SLIP_NOT_OFFERED"
    );
    assert_eq!(player.slips().await, []);

    let offered = player.slip(negotiable("50.00")).await;
    assert_eq!(offered.state(), SlipState::Offered);
    drop(player);
    let house = house.restart().await;
    let mut player = house.player("ann", "0.00").await;
    // It may have lapsed before this connection.
    if !player.slips().await.is_empty() {
        assert_eq!(player.slip_refused(&offered.slip_id).await.code, "SLIP_TIMED_OUT");
    }
    assert_eq!(player.slips().await, []);
    assert_eq!(player.wallet().await, ("100.00", "0.00", "0.00"));
    drop(player);
    assert_eq!(house.prove().await.bets, 0);
}
