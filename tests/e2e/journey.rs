//! From an open session to a settled bet, by both ways in.

use shardbook_proto::client::v1::client_message::Request;
use shardbook_proto::client::v1::server_message::Message as Body;
use shardbook_proto::client::v1::{BetFilter, BetStatus, LegStatus, ListEvents, MarketStatus, Subscribe};
use shardbook_proto::provider::v1::Outcome;
use shardbook_tests::{House, Player, Way, acca, single};

async fn journey(way: Way) {
    let house = House::open().await;
    let mut cup = house.feed("t:event:cup").await;
    let mut final_ = house.feed("t:event:final").await;
    cup.market("MATCH_ODDS", &["2.50", "3.20", "2.90"]).await;
    final_.market("MATCH_ODDS", &["1.50", "2.60"]).await;

    let mut player = Player::connect(&house, way).await;
    let opened = player.open_session("ann", "EUR").await;
    assert!(opened.registered);
    assert!(
        !player.open_session("ann", "EUR").await.registered,
        "a known player is not registered again"
    );
    assert_eq!(player.deposit("100.00").await, ("100.00", "0.00", "0.00"));

    let Body::Events(listed) = player.ask(Request::ListEvents(ListEvents {})).await else {
        panic!("no events")
    };
    let names: Vec<_> = listed.events.iter().map(|event| event.event.as_str()).collect();
    assert_eq!(names, ["t:event:cup", "t:event:final"]);
    let subscribe = Request::Subscribe(Subscribe {
        events: vec![cup.event().into()],
    });
    let Body::Subscribed(reach) = player.ask(subscribe).await else {
        panic!("not subscribed")
    };
    assert_eq!((reach.events, reach.markets), (1, 1));
    let image = player
        .push(|body| match body {
            Body::Market(image) => Some(image.clone()),
            _ => None,
        })
        .await;
    assert_eq!(image.status(), MarketStatus::Open);
    assert_eq!(
        image
            .selections
            .iter()
            .map(|one| one.price.as_str())
            .collect::<Vec<_>>(),
        ["2.50", "3.20", "2.90"]
    );
    cup.price(1, 2, "3.30").await;
    let delta = player
        .push(|body| match body {
            Body::Delta(delta) => Some(delta.clone()),
            _ => None,
        })
        .await;
    assert_eq!((delta.version, delta.lines.len()), (image.version + 1, 1), "{delta:?}");
    assert_eq!((delta.lines[0].selection, delta.lines[0].price.as_str()), (2, "3.30"));

    let won = player.place(single("t:event:cup", 2, "3.30", "10.00")).await;
    assert_eq!(
        (won.potential_return.as_str(), won.status()),
        ("33.00", BetStatus::Open)
    );
    let lost = player.place(single("t:event:cup", 1, "2.50", "5.00")).await;
    let both = player
        .place(acca(
            &[("t:event:cup", 2, "3.30"), ("t:event:final", 1, "1.50")],
            "4.00",
        ))
        .await;
    assert_eq!(both.potential_return, "19.80");
    assert_eq!(player.wallet().await, ("81.00", "19.00", "0.00"));
    let open: Vec<_> = player
        .bets(BetFilter::Open)
        .await
        .into_iter()
        .map(|bet| bet.bet_id)
        .collect();
    assert_eq!(open, [both.bet_id.as_str(), &lost.bet_id, &won.bet_id], "newest first");

    cup.result(1, &[Outcome::Lost, Outcome::Won, Outcome::Lost]).await;
    let told = player.told(&won.bet_id, BetStatus::Won).await;
    assert_eq!(told.bet.expect("the bet").returned, "33.00");
    player.told(&lost.bet_id, BetStatus::Lost).await;
    assert_eq!(
        player.bets(BetFilter::Open).await.len(),
        1,
        "the accumulator waits for its second leg"
    );
    final_.result(1, &[Outcome::Won, Outcome::Lost]).await;
    let told = player.told(&both.bet_id, BetStatus::Won).await;
    let balance = told.balance.expect("the balance comes along");
    assert_eq!((balance.available.as_str(), balance.held.as_str()), ("133.80", "0.00"));
    assert_eq!(player.wallet().await, ("133.80", "0.00", "0.00"));

    let settled = player.bets(BetFilter::Settled).await;
    let rows: Vec<_> = settled
        .iter()
        .map(|bet| (bet.bet_id.as_str(), bet.returned.as_str(), bet.settlements))
        .collect();
    assert_eq!(
        rows,
        [
            (&*both.bet_id, "19.80", 1),
            (&*lost.bet_id, "0.00", 1),
            (&*won.bet_id, "33.00", 1)
        ]
    );
    assert!(settled[0].legs.iter().all(|leg| leg.status() == LegStatus::Won));
    let first = player.page(BetFilter::Settled, 2, "").await;
    let rest = player.page(BetFilter::Settled, 2, &first.next_cursor).await;
    assert_eq!(
        (first.bets.len(), rest.bets.len(), rest.next_cursor.as_str()),
        (2, 1, "")
    );

    assert_eq!(player.withdraw("133.80").await, ("0.00", "0.00", "0.00"));
    drop(player);
    let verdict = house.prove().await;
    assert_eq!((verdict.bets, verdict.bets_settled, verdict.bets_open), (3, 3, 0));
}

/// Protects the main job for players: open session, watch, bet, be paid.
#[tokio::test(flavor = "multi_thread")]
async fn over_a_websocket() {
    journey(Way::WebSocket).await;
}

/// Protects the main job for partners: the same conversation over gRPC.
#[tokio::test(flavor = "multi_thread")]
async fn over_grpc() {
    journey(Way::Grpc).await;
}

/// Protects a player with two windows: what happens to a bet is pushed to both.
#[tokio::test(flavor = "multi_thread")]
async fn every_connection_is_told() {
    let house = House::open().await;
    let mut feed = house.feed("t:event:1").await;
    feed.market("MATCH_ODDS", &["2.00", "2.00"]).await;
    let mut window = house.player("ann", "10.00").await;
    let mut partner = house.player_by(Way::Grpc, "ann", "0.00").await;
    let bet = window.place(single("t:event:1", 1, "2.00", "10.00")).await;
    feed.result(1, &[Outcome::Won, Outcome::Lost]).await;
    for player in [&mut window, &mut partner] {
        let told = player.told(&bet.bet_id, BetStatus::Won).await;
        assert_eq!(told.balance.expect("a balance").available, "20.00");
    }
    drop((window, partner));
    house.prove().await;
}
