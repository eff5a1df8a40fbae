//! Bets that are void by the time at which they were placed.

use shardbook_proto::client::v1::{BetFilter, BetStatus};
use shardbook_proto::provider::v1::Outcome::{Lost, Won};
use shardbook_proto::provider::v1::feed_message::Body;
use shardbook_proto::provider::v1::{RollbackVoid, VoidMarket};
use shardbook_tests::{House, single};

const EVENT: &str = "t:event:1";

/// Protects bets placed outside a window in which the market should have been closed: only those within are void, before
/// and after the result and a restart, and the market goes on.
#[tokio::test(flavor = "multi_thread")]
async fn only_bets_in_the_window_are_void() {
    let house = House::open().await;
    let mut feed = house.feed(EVENT).await;
    feed.market("MATCH_ODDS", &["2.00", "2.00"]).await;
    let mut player = house.player("ann", "40.00").await;
    let mut bets = Vec::new();
    for _ in 0..4 {
        let bet = player.place(single(EVENT, 1, "2.00", "10.00")).await;
        player.past(bet.placed_ms + 5).await;
        bets.push(bet);
    }
    let (from, until) = (bets[1].placed_ms, bets[2].placed_ms);
    let void = |placed_from_ms, placed_until_ms| {
        Body::Void(VoidMarket {
            key: feed.key(1),
            reason: "goal before the suspension".into(),
            placed_from_ms,
            placed_until_ms,
        })
    };
    let (backwards, within, last) = (void(until, from), void(from, until), void(bets[3].placed_ms, 0));
    let message = feed.message(backwards);
    assert_eq!(feed.send(message).await.code, "WINDOW_INVALID");
    feed.change(1, within).await;
    player.told(&bets[1].bet_id, BetStatus::Void).await;
    assert_eq!(player.wallet().await, ("10.00", "30.00", "0.00"));
    let after = player.place(single(EVENT, 1, "2.00", "10.00")).await;
    drop(player);

    let house = house.restart().await;
    feed.reconnect(&house).await;
    let mut player = house.player("ann", "0.00").await;
    feed.result(1, &[Won, Lost]).await;
    for bet in [&bets[0], &bets[2], &bets[3], &after] {
        player.told(&bet.bet_id, BetStatus::Won).await;
    }
    assert_eq!(player.wallet().await, ("80.00", "0.00", "0.00"));
    feed.change(1, last).await;
    for bet in [&bets[3], &after] {
        player.told(&bet.bet_id, BetStatus::Void).await;
    }
    let back = RollbackVoid {
        key: feed.key(1),
        placed_from_ms: from,
        placed_until_ms: until,
    };
    feed.change(1, Body::RollbackVoid(back)).await;
    player.told(&bets[1].bet_id, BetStatus::Won).await;
    // Of 40.00 five bets of 10.00 were staked: three won, two void.
    assert_eq!(player.wallet().await, ("70.00", "0.00", "0.00"));
    let settled = player.bets(BetFilter::Settled).await;
    let status: Vec<_> = settled
        .iter()
        .rev()
        .map(|bet| (bet.status(), bet.settlements))
        .collect();
    use BetStatus::{Void as V, Won as W};
    assert_eq!(status, [(W, 1), (W, 2), (W, 1), (V, 2), (V, 2)]);
    drop(player);
    house.prove().await;
}
