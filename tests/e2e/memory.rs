//! Corrections of bets that have long left their player's memory, and of money that is gone.

use shardbook_proto::client::v1::server_message::Message as Body;
use shardbook_proto::client::v1::{Bet, BetFilter, BetStatus};
use shardbook_proto::provider::v1::Outcome::{Lost, Won};
use shardbook_tests::{Feed, House, Player, single};

const OLD: &str = "t:event:old";
const NEW: &str = "t:event:new";

/// Nine later bets, settled: more than a player holds of those that are over. They cost 9.00.
async fn time_passes(feed: &mut Feed, player: &mut Player, round: u32) {
    let market = feed.market(&format!("ROUND_{round}"), &["2.00", "2.00"]).await;
    let mut bets = Vec::new();
    for _ in 0..9 {
        let slip = shardbook_tests::bet(&[(NEW, market, 1, "2.00")], "1.00", Default::default());
        bets.push(player.place(slip).await);
    }
    feed.result(market, &[Lost, Won]).await;
    for bet in bets {
        player.told(&bet.bet_id, BetStatus::Lost).await;
    }
}

async fn of(player: &mut Player, bet: &Bet) -> Bet {
    let settled = player.bets(BetFilter::Settled).await;
    settled
        .into_iter()
        .find(|one| one.bet_id == bet.bet_id)
        .expect("is in the history")
}

async fn corrected(restarts: bool) {
    let mut house = House::open().await;
    let (mut old, mut new) = (house.feed(OLD).await, house.feed(NEW).await);
    old.market("MATCH_ODDS", &["5.00", "1.20"]).await;
    let mut player = house.player("ann", "100.00").await;
    let bet = player.place(single(OLD, 1, "5.00", "10.00")).await;
    old.result(1, &[Won, Lost]).await;
    player.told(&bet.bet_id, BetStatus::Won).await;
    time_passes(&mut new, &mut player, 1).await;
    assert_eq!(player.withdraw("131.00").await, ("0.00", "0.00", "0.00"));
    if restarts {
        drop(player);
        house = house.restart().await;
        old.reconnect(&house).await;
        new.reconnect(&house).await;
        player = house.player("ann", "0.00").await;
    }

    old.rollback(1).await;
    player.told(&bet.bet_id, BetStatus::Open).await;
    assert_eq!(
        player.wallet().await,
        ("0.00", "10.00", "50.00"),
        "the winnings are gone, so they are owed"
    );
    old.result(1, &[Lost, Won]).await;
    player.told(&bet.bet_id, BetStatus::Lost).await;
    assert_eq!(player.wallet().await, ("0.00", "0.00", "50.00"));

    assert_eq!(
        player.deposit("59.00").await,
        ("9.00", "0.00", "0.00"),
        "a deposit pays the debt first"
    );
    time_passes(&mut new, &mut player, 2).await;
    if restarts {
        drop(player);
        house = house.restart().await;
        old.reconnect(&house).await;
        new.reconnect(&house).await;
        player = house.player("ann", "0.00").await;
    }
    old.result(1, &[Won, Lost]).await;
    player.told(&bet.bet_id, BetStatus::Won).await;
    assert_eq!(player.wallet().await, ("50.00", "0.00", "0.00"));
    player.withdraw("45.00").await;
    old.void(1).await;
    player.told(&bet.bet_id, BetStatus::Void).await;
    assert_eq!(player.wallet().await, ("0.00", "0.00", "35.00"));
    let last = of(&mut player, &bet).await;
    assert_eq!(
        (last.status(), last.returned.as_str(), last.settlements),
        (BetStatus::Void, "10.00", 4)
    );
    drop(player);
    let verdict = house.prove().await;
    assert_eq!((verdict.bets, verdict.bets_open), (19, 0));
}

/// Protects corrections that come late: the bet is read back from its history and settled anew, and what the player
/// spent meanwhile is owed.
#[tokio::test(flavor = "multi_thread")]
async fn late_corrections_reach_forgotten_bets() {
    corrected(false).await;
}

/// Protects the same across restarts, where nothing is in memory at all.
#[tokio::test(flavor = "multi_thread")]
async fn late_corrections_after_restarts() {
    corrected(true).await;
}

/// Protects what a player hears when many of his bets end together: each is told as it was settled and once, though most have
/// left his memory before the first is told.
#[tokio::test(flavor = "multi_thread")]
async fn many_bets_that_end_together_are_each_told() {
    const BETS: u32 = 60;
    let house = House::open().await;
    let mut feed = house.feed(NEW).await;
    feed.market("MATCH_ODDS", &["3.00", "1.50"]).await;
    let mut player = house.player("ann", "10000.00").await;
    let mut bets = Vec::new();
    for number in 1..=BETS {
        let (selection, price) = if number % 3 == 0 { (2, "1.50") } else { (1, "3.00") };
        bets.push(
            player
                .place(single(NEW, selection, price, &format!("{number}.00")))
                .await,
        );
    }
    feed.result(1, &[Won, Lost]).await;
    for (number, bet) in (1..=BETS).zip(&bets) {
        let (status, returned) = match number % 3 {
            0 => (BetStatus::Lost, "0.00".to_owned()),
            _ => (BetStatus::Won, format!("{}.00", 3 * number)),
        };
        let told = player.settled(&bet.bet_id).await;
        assert_eq!((told.status(), told.returned), (status, returned), "bet {number}");
        assert_eq!(told.settlements, 1);
    }
    // Stakes of 1 to 60; two of three won three times theirs.
    let staked: u32 = (1..=BETS).sum();
    let returned: u32 = (1..=BETS)
        .filter(|number| number % 3 != 0)
        .map(|number| 3 * number)
        .sum();
    let left = format!("{}.00", 10_000 - staked + returned);
    assert_eq!(player.wallet().await, (left.as_str(), "0.00", "0.00"));
    let again: Vec<_> = player
        .pushed()
        .filter(|body| matches!(body, Body::BetChanged(_)))
        .collect();
    assert!(again.is_empty(), "{again:?}");
    drop(player);
    let verdict = house.prove().await;
    assert_eq!((verdict.bets, verdict.bets_settled), (u64::from(BETS), u64::from(BETS)));
}
