//! Results by hand, and results that are not confirmed.

use shardbook_proto::backoffice::v1::rule_on_market::Ruling;
use shardbook_proto::client::v1::{BetFilter, BetStatus};
use shardbook_proto::provider::v1::Outcome::{self, Lost, Won};
use shardbook_proto::provider::v1::feed_message::Body;
use shardbook_proto::provider::v1::{ConfirmResult, MarketResult, RollbackResult};
use shardbook_tests::{Feed, House, single};

const EVENT: &str = "t:event:1";

async fn open(house: &House) -> Feed {
    let mut feed = house.feed(EVENT).await;
    feed.market("MATCH_ODDS", &["2.00", "2.00"]).await;
    feed
}

fn result(feed: &Feed, market: u32, outcomes: &[Outcome], unconfirmed: bool) -> MarketResult {
    match feed.result_body(market, outcomes) {
        Body::Result(result) => MarketResult { unconfirmed, ..result },
        other => panic!("no result but {other:?}"),
    }
}

/// Protects a trader's last word: a result by hand stands above the feed's, whatever the feed says after it, and taken
/// back by hand it leaves the feed's last one; nobody takes back what is not their own.
#[tokio::test(flavor = "multi_thread")]
async fn a_result_by_hand_stands_above_the_feeds() {
    let house = House::open().await;
    let mut feed = open(&house).await;
    feed.market("OTHER", &["2.00", "2.00"]).await;
    let mut player = house.player("ann", "20.00").await;
    let bet = player.place(single(EVENT, 1, "2.00", "10.00")).await;
    let mut trader = house.trader("tess").await;
    let by_hand = |feed: &Feed, outcomes: &[Outcome]| Ruling::Result(result(feed, 1, outcomes, false));
    let back = |feed: &Feed| Ruling::Rollback(RollbackResult { key: feed.key(1) });
    feed.result(1, &[Won, Lost]).await;
    player.told(&bet.bet_id, BetStatus::Won).await;
    assert_eq!(
        trader.rule(EVENT, back(&feed)).await.expect_err("the feed's").code,
        "NOTHING_TO_ROLL_BACK"
    );
    assert_eq!(
        trader.rule("t:event:9", back(&feed)).await.expect_err("no event").code,
        "EVENT_UNKNOWN"
    );
    trader.rule(EVENT, by_hand(&feed, &[Lost, Won])).await.expect("taken");
    feed.changed(1).await;
    player.told(&bet.bet_id, BetStatus::Lost).await;
    assert_eq!(player.wallet().await, ("10.00", "0.00", "0.00"));
    // The feed insists, and takes its own back: of the same event a bet on another market shows that it was heard.
    feed.result(1, &[Won, Lost]).await;
    feed.rollback(1).await;
    feed.result(1, &[Won, Lost]).await;
    let other = shardbook_tests::bet(
        &[(EVENT, 2, 1, "2.00")],
        "10.00",
        shardbook_proto::client::v1::PricePolicy::Exact,
    );
    let other = player.place(other).await;
    feed.result(2, &[Lost, Won]).await;
    player.told(&other.bet_id, BetStatus::Lost).await;
    assert_eq!(player.wallet().await, ("0.00", "0.00", "0.00"));
    drop(player);

    let house = house.restart().await;
    feed.reconnect(&house).await;
    let mut trader = house.trader("tess").await;
    let mut player = house.player("ann", "0.00").await;
    trader.rule(EVENT, back(&feed)).await.expect("taken");
    feed.changed(1).await;
    player.told(&bet.bet_id, BetStatus::Won).await;
    assert_eq!(player.wallet().await, ("20.00", "0.00", "0.00"));
    let settled = player.bets(BetFilter::Settled).await;
    assert_eq!(
        settled[1].settlements, 3,
        "the feed's words below the trader's settled nothing"
    );
    drop(player);
    house.prove().await;
}

/// Protects the house from a scout's mistake: where the rules say so, bets wait for the confirmation, and another result
/// that is confirmed counts instead; where they do not, bets are paid at once and a mere confirmation pays nobody again.
#[tokio::test(flavor = "multi_thread")]
async fn unconfirmed_results() {
    for waits in [true, false] {
        let house = House::by(|rules| rules.settle_unconfirmed = !waits).await;
        let mut feed = open(&house).await;
        feed.market("SECOND", &["2.00", "2.00"]).await;
        feed.market("THIRD", &["2.00", "2.00"]).await;
        let mut player = house.player("ann", "30.00").await;
        let mut bets = Vec::new();
        for market in 1..=3 {
            let exact = shardbook_proto::client::v1::PricePolicy::Exact;
            let bet = shardbook_tests::bet(&[(EVENT, market, 1, "2.00")], "10.00", exact);
            bets.push(player.place(bet).await.bet_id);
        }
        for market in [1, 2] {
            let first = result(&feed, market, &[Won, Lost], true);
            feed.change(market, Body::Result(first)).await;
        }
        // Results of one event are applied in their order: after this one both were heard.
        feed.result(3, &[Lost, Won]).await;
        player.told(&bets[2], BetStatus::Lost).await;
        let expected = if waits {
            ("0.00", "20.00", "0.00")
        } else {
            ("40.00", "0.00", "0.00")
        };
        assert_eq!(player.wallet().await, expected, "waits: {waits}");
        let confirm = ConfirmResult { key: feed.key(1) };
        feed.change(1, Body::Confirm(confirm)).await;
        feed.result(2, &[Lost, Won]).await;
        player.told(&bets[1], BetStatus::Lost).await;
        player.told(&bets[0], BetStatus::Won).await;
        assert_eq!(player.wallet().await, ("20.00", "0.00", "0.00"), "waits: {waits}");
        let settled = player.bets(BetFilter::Settled).await;
        let times: Vec<u32> = settled.iter().map(|bet| bet.settlements).collect();
        assert_eq!(times, if waits { [1, 1, 1] } else { [1, 2, 1] }, "waits: {waits}");
        drop(player);
        house.prove().await;
    }
}
