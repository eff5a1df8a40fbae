//! Prices that were palpable errors.

use shardbook_proto::backoffice::v1::rule_on_market::Ruling;
use shardbook_proto::client::v1::BetStatus;
use shardbook_proto::provider::v1::Outcome::{Lost, Won};
use shardbook_proto::provider::v1::feed_message::Body;
use shardbook_proto::provider::v1::{CorrectPrice, RollbackCorrection};
use shardbook_tests::{House, single};

use super::returned;

const EVENT: &str = "t:event:1";

/// Protects the house from a slip of the finger, and players from the house: bets taken at a wrong price in its time are
/// settled anew at the right one, even when paid and withdrawn, those at fair prices are not touched, and all of it can be
/// taken back.
#[tokio::test(flavor = "multi_thread")]
async fn a_palpable_error_is_corrected_after_settlement() {
    let house = House::open().await;
    let mut feed = house.feed(EVENT).await;
    feed.market("MATCH_ODDS", &["15.00", "3.00"]).await;
    let (mut ann, mut bob) = (house.player("ann", "10.00").await, house.player("bob", "20.00").await);
    let wrong = ann.place(single(EVENT, 1, "15.00", "10.00")).await;
    feed.price(1, 1, "1.50").await;
    let fair = bob.place(single(EVENT, 1, "1.50", "10.00")).await;
    feed.price(1, 1, "1.60").await;
    ann.past(fair.placed_ms + 5).await;
    let later = bob.place(single(EVENT, 1, "1.60", "10.00")).await;
    feed.result(1, &[Won, Lost]).await;
    returned(&mut ann, &wrong, "150.00").await;
    returned(&mut bob, &fair, "15.00").await;
    returned(&mut bob, &later, "16.00").await;
    assert_eq!(ann.withdraw("140.00").await, ("10.00", "0.00", "0.00"));

    let mut trader = house.trader("tess").await;
    let error = |price: &str| CorrectPrice {
        key: feed.key(1),
        selection: "1".into(),
        price: price.into(),
        placed_from_ms: 0,
        placed_until_ms: later.placed_ms,
    };
    let (right, void) = (error("1.50"), error(""));
    let back = RollbackCorrection {
        key: feed.key(1),
        selection: "1".into(),
        placed_from_ms: 0,
        placed_until_ms: later.placed_ms,
    };
    let unknown = CorrectPrice {
        selection: "9".into(),
        ..right.clone()
    };
    let refused = trader
        .rule(EVENT, Ruling::CorrectPrice(unknown))
        .await
        .expect_err("nobody of that name");
    assert_eq!(refused.code, "SELECTION_UNKNOWN");
    let nothing = trader.rule(EVENT, Ruling::RollbackCorrection(back.clone())).await;
    assert_eq!(nothing.expect_err("nothing to take back").code, "NOTHING_TO_ROLL_BACK");

    trader.rule(EVENT, Ruling::CorrectPrice(right)).await.expect("taken");
    let corrected = returned(&mut ann, &wrong, "15.00").await;
    let leg = &corrected.legs[0];
    assert_eq!((leg.price.as_str(), leg.corrected_price.as_str()), ("15.00", "1.50"));
    assert_eq!(
        ann.wallet().await,
        ("0.00", "0.00", "125.00"),
        "what was withdrawn is owed"
    );
    trader
        .rule(EVENT, Ruling::RollbackCorrection(back))
        .await
        .expect("taken");
    returned(&mut ann, &wrong, "150.00").await;
    assert_eq!(ann.wallet().await, ("10.00", "0.00", "0.00"));
    // The feed says it too, and that such bets are void.
    feed.changed(1).await;
    feed.changed(1).await;
    feed.change(1, Body::CorrectPrice(void)).await;
    ann.told(&wrong.bet_id, BetStatus::Void).await;
    bob.told(&fair.bet_id, BetStatus::Void).await;
    assert_eq!(bob.wallet().await, ("26.00", "0.00", "0.00"));
    let settled = bob.bets(shardbook_proto::client::v1::BetFilter::Settled).await;
    let times: Vec<_> = settled.iter().map(|bet| (&*bet.bet_id, bet.settlements)).collect();
    assert_eq!(
        times,
        [(&*later.bet_id, 1), (&*fair.bet_id, 2)],
        "a fair price is not touched"
    );
    drop((ann, bob));
    house.prove().await;
}
