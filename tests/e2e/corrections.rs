//! A settlement is a fact with a version: results change, and wallets follow each time.

use shardbook_proto::client::v1::{Bet, BetFilter, BetStatus};
use shardbook_proto::provider::v1::Outcome::{HalfLost, HalfWon, Lost, Void, Won};
use shardbook_tests::{House, Player, acca, single};

/// Waits until each bet was told its new status.
async fn told(player: &mut Player, bets: &[(&Bet, BetStatus)]) {
    for (bet, status) in bets {
        player.told(&bet.bet_id, *status).await;
    }
}

/// Protects every wallet from a source that changes its mind: result, rollback, other result, correction without
/// rollback, void, the void taken back so that the result before it stands again; with a restart in the middle.
#[tokio::test(flavor = "multi_thread")]
async fn results_that_change() {
    let house = House::open().await;
    let mut feed = house.feed("t:event:1").await;
    feed.market("MATCH_ODDS", &["2.50", "3.00"]).await;
    let mut player = house.player("ann", "100.00").await;
    let home = player.place(single("t:event:1", 1, "2.50", "10.00")).await;
    let away = player.place(single("t:event:1", 2, "3.00", "10.00")).await;

    feed.result(1, &[Won, Lost]).await;
    told(&mut player, &[(&home, BetStatus::Won), (&away, BetStatus::Lost)]).await;
    assert_eq!(player.wallet().await, ("105.00", "0.00", "0.00"));
    feed.rollback(1).await;
    told(&mut player, &[(&home, BetStatus::Open), (&away, BetStatus::Open)]).await;
    assert_eq!(player.wallet().await, ("80.00", "20.00", "0.00"));
    assert_eq!(player.bets(BetFilter::Open).await.len(), 2);
    feed.result(1, &[Lost, Won]).await;
    told(&mut player, &[(&home, BetStatus::Lost), (&away, BetStatus::Won)]).await;
    assert_eq!(player.wallet().await, ("110.00", "0.00", "0.00"));
    drop(player);

    let house = house.restart().await;
    feed.reconnect(&house).await;
    let mut player = house.player("ann", "0.00").await;
    feed.result(1, &[Won, Lost]).await;
    told(&mut player, &[(&home, BetStatus::Won), (&away, BetStatus::Lost)]).await;
    assert_eq!(player.wallet().await, ("105.00", "0.00", "0.00"));
    feed.void(1).await;
    told(&mut player, &[(&home, BetStatus::Void), (&away, BetStatus::Void)]).await;
    assert_eq!(player.wallet().await, ("100.00", "0.00", "0.00"));
    feed.unvoid(1).await;
    told(&mut player, &[(&home, BetStatus::Won), (&away, BetStatus::Lost)]).await;
    assert_eq!(player.wallet().await, ("105.00", "0.00", "0.00"));
    feed.result(1, &[HalfWon, HalfLost]).await;
    told(
        &mut player,
        &[(&home, BetStatus::HalfWon), (&away, BetStatus::HalfLost)],
    )
    .await;
    assert_eq!(player.wallet().await, ("102.50", "0.00", "0.00"));
    let settled = player.bets(BetFilter::Settled).await;
    assert_eq!(settled.iter().map(|bet| bet.settlements).collect::<Vec<_>>(), [6, 6]);
    drop(player);
    house.prove().await;
}

/// Protects accumulators: a leg's correction counts alone, and what the other leg decided already stays decided.
#[tokio::test(flavor = "multi_thread")]
async fn accumulators_follow_each_leg() {
    let house = House::open().await;
    let (mut first, mut second) = (house.feed("t:event:1").await, house.feed("t:event:2").await);
    first.market("MATCH_ODDS", &["2.00", "2.00"]).await;
    second.market("MATCH_ODDS", &["3.00", "1.50"]).await;
    let mut player = house.player("ann", "10.00").await;
    let bet = player
        .place(acca(&[("t:event:1", 1, "2.00"), ("t:event:2", 1, "3.00")], "10.00"))
        .await;
    first.result(1, &[Lost, Won]).await;
    told(&mut player, &[(&bet, BetStatus::Lost)]).await;
    second.result(1, &[Won, Lost]).await;
    first.rollback(1).await;
    told(&mut player, &[(&bet, BetStatus::Open)]).await;
    assert_eq!(player.wallet().await, ("0.00", "10.00", "0.00"));
    first.result(1, &[Void, Void]).await;
    told(&mut player, &[(&bet, BetStatus::Won)]).await;
    assert_eq!(player.wallet().await, ("30.00", "0.00", "0.00"));
    first.result(1, &[Won, Lost]).await;
    player
        .push(|body| match body {
            shardbook_proto::client::v1::server_message::Message::BetChanged(changed) => {
                (changed.bet.as_ref()?.returned == "60.00").then_some(())
            }
            _ => None,
        })
        .await;
    assert_eq!(player.wallet().await, ("60.00", "0.00", "0.00"));
    second.void(1).await;
    first.void(1).await;
    told(&mut player, &[(&bet, BetStatus::Void)]).await;
    assert_eq!(player.wallet().await, ("10.00", "0.00", "0.00"));
    drop(player);
    house.prove().await;
}
