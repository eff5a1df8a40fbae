//! Bets whose frames have left the store.

use shardbook_proto::client::v1::client_message::Request;
use shardbook_proto::client::v1::server_message::Message as Body;
use shardbook_proto::client::v1::{Bet, BetFilter, BetStatus};
use shardbook_proto::provider::v1::Outcome::{Lost, Won};
use shardbook_tests::{Feed, House, Player, single, soon};

const EVENT: &str = "t:event:1";
const OTHER: &str = "t:event:2";
/// Bets of a round of a house that archives while they are placed.
const BETS_MAX: usize = 50;

/// Pushes bets out of what the player's actor holds itself: nine later ones, lost. They cost 9.00.
async fn time_passes(feed: &mut Feed, player: &mut Player) {
    let market = feed.market("ROUND", &["2.00", "2.00"]).await;
    let mut bets = Vec::new();
    for _ in 0..9 {
        let bet = shardbook_tests::bet(&[(OTHER, market, 1, "2.00")], "1.00", Default::default());
        bets.push(player.place(bet).await);
    }
    feed.result(market, &[Lost, Won]).await;
    for bet in bets {
        player.told(&bet.bet_id, BetStatus::Lost).await;
    }
}

async fn of(player: &mut Player, filter: BetFilter, bet: &Bet) -> Option<Bet> {
    let bets = player.bets(filter).await;
    bets.into_iter().find(|one| one.bet_id == bet.bet_id)
}

/// Protects bets of long ago: placed before their frames left, they are settled, asked for again, shown, taken back and
/// settled anew after, from memory and from history, and the books are proven with the archive each time.
#[tokio::test(flavor = "multi_thread")]
async fn bets_outlive_their_frames() {
    let house = House::open().await;
    let (mut feed, mut other) = (house.feed(EVENT).await, house.feed(OTHER).await);
    feed.market("MATCH_ODDS", &["5.00", "1.20"]).await;
    feed.market("TOTALS", &["2.00", "2.00"]).await;
    let mut player = house.player("ann", "100.00").await;
    let order = |selection| Request::PlaceBet(single(EVENT, selection, "5.00", "10.00"));
    let placed = player.ask_as("once", order(1)).await;
    let Body::BetPlaced(bet) = &placed else {
        panic!("{placed:?}")
    };
    let bet = bet.bet.clone().expect("a bet");
    let refused = player
        .ask_as("no", Request::PlaceBet(single(EVENT, 1, "5.00", "500.00")))
        .await;
    let on_totals = shardbook_tests::bet(&[(EVENT, 2, 1, "2.00")], "10.00", Default::default());
    let settled = player.place(on_totals).await;
    feed.result(2, &[Won, Lost]).await;
    player.told(&settled.bet_id, BetStatus::Won).await;
    time_passes(&mut other, &mut player).await;
    assert_eq!(player.wallet().await, ("91.00", "10.00", "0.00"));
    drop(player);

    let house = house.archived().await;
    feed.reconnect(&house).await;
    other.reconnect(&house).await;
    let mut player = house.player("ann", "0.00").await;
    assert_eq!(player.wallet().await, ("91.00", "10.00", "0.00"));
    assert_eq!(player.ask_as("once", order(1)).await, placed, "the first answer");
    assert_eq!(
        player
            .ask_as("no", Request::PlaceBet(single(EVENT, 1, "5.00", "500.00")))
            .await,
        refused,
        "a refusal is an outcome"
    );
    match player.ask_as("once", order(2)).await {
        Body::Error(error) => assert_eq!(error.code, "COMMAND_ID_REUSED"),
        body => panic!("other content under a known id: {body:?}"),
    }
    assert!(of(&mut player, BetFilter::Open, &bet).await.is_some());
    feed.result(1, &[Won, Lost]).await;
    player.told(&bet.bet_id, BetStatus::Won).await;
    assert_eq!(player.wallet().await, ("141.00", "0.00", "0.00"));
    // This one left the player's memory too: its history tells it.
    feed.rollback(2).await;
    player.told(&settled.bet_id, BetStatus::Open).await;
    assert_eq!(player.wallet().await, ("121.00", "10.00", "0.00"));
    drop(player);

    let house = house.archived().await;
    feed.reconnect(&house).await;
    let mut player = house.player("ann", "0.00").await;
    feed.result(2, &[Lost, Won]).await;
    player.told(&settled.bet_id, BetStatus::Lost).await;
    feed.rollback(1).await;
    player.told(&bet.bet_id, BetStatus::Open).await;
    feed.void(1).await;
    player.told(&bet.bet_id, BetStatus::Void).await;
    assert_eq!(player.wallet().await, ("81.00", "0.00", "0.00"));
    assert_eq!(player.ask_as("once", order(1)).await, placed, "the first answer, still");
    let shown = of(&mut player, BetFilter::Settled, &bet).await.expect("it is shown");
    assert_eq!((shown.status(), shown.returned.as_str()), (BetStatus::Void, "10.00"));
    drop(player);
    let verdict = house.prove().await;
    assert_eq!((verdict.bets, verdict.bets_open), (11, 0));
    assert!(verdict.frames_archived > 0, "{verdict:?}");
}

/// Protects a house that archives while it serves: frames leave beside bets and results, nobody notices, and the whole chain
/// is proven after, over restarts.
#[tokio::test(flavor = "multi_thread")]
async fn frames_leave_while_bets_are_placed() {
    let mut house = House::archiving().await;
    let mut feed = house.feed(EVENT).await;
    let mut bets = 0;
    for round in 0..2_u32 {
        let mut player = house.player("ann", "1000.00").await;
        let market = feed.market(&format!("ROUND_{round}"), &["2.00", "2.00"]).await;
        let bet = || shardbook_tests::bet(&[(EVENT, market, 1, "2.00")], "1.00", Default::default());
        let mut placed = vec![player.place(bet()).await];
        let before = house.segments();
        soon(async {
            while house.segments() == before {
                if placed.len() < BETS_MAX {
                    placed.push(player.place(bet()).await);
                }
                player.wallet().await;
            }
        })
        .await;
        feed.result(market, &[Won, Lost]).await;
        for bet in &placed {
            player.told(&bet.bet_id, BetStatus::Won).await;
        }
        bets += placed.len() as u64;
        drop(player);
        house = house.restart().await;
        feed.reconnect(&house).await;
    }
    let verdict = house.prove().await;
    assert_eq!((verdict.bets, verdict.bets_open), (bets, 0));
    assert!(verdict.frames_archived > 0, "{verdict:?}");
}
