//! Bets of many players in bulk, by a partner, on a real journal.

use futures_util::{StreamExt, stream};
use shardbook_proto::client::v1::bulk_betting_client::BulkBettingClient;
use shardbook_proto::client::v1::client_message::Request;
use shardbook_proto::client::v1::place_bet_reply::Result as Placed;
use shardbook_proto::client::v1::server_message::Message as Body;
use shardbook_proto::client::v1::{
    BetFilter, PlaceBet, PlaceBetBatchRequest, PlaceBetReply, PlaceBetRequest, PlayerRef,
};
use shardbook_proto::provider::v1::FeedMarketStatus;
use shardbook_tests::{House, Player, single, soon};
use tokio::sync::mpsc;

const EVENT: &str = "t:event:1";
const PLAYERS: [&str; 3] = ["ann", "bob", "cleo"];

/// A way in for bets in bulk.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Door {
    Batch,
    Stream,
}

fn of(player: &str, id: &str, bet: PlaceBet) -> PlaceBetRequest {
    let player = PlayerRef {
        brand: "acme".into(),
        player: player.into(),
    };
    PlaceBetRequest {
        player: Some(player),
        id: id.into(),
        bet: Some(bet),
    }
}

fn on(selection: u32, price: &str, stake: &str) -> PlaceBet {
    single(EVENT, selection, price, stake)
}

fn batch(bets: &[PlaceBetRequest]) -> PlaceBetBatchRequest {
    PlaceBetBatchRequest {
        bets: bets.to_vec(),
        ..PlaceBetBatchRequest::default()
    }
}

/// The answers to these bets: in one message, or on a stream in messages of two that ends with them.
async fn place(house: &House, door: Door, bets: &[PlaceBetRequest]) -> Vec<PlaceBetReply> {
    let mut bulk = BulkBettingClient::new(house.channel().await);
    match door {
        Door::Batch => {
            soon(bulk.place_bet_batch(batch(bets)))
                .await
                .expect("call")
                .into_inner()
                .replies
        }
        Door::Stream => {
            let said: Vec<_> = bets.chunks(2).map(batch).collect();
            let mut heard = soon(bulk.place_bets(stream::iter(said)))
                .await
                .expect("call")
                .into_inner();
            let mut replies = Vec::new();
            while let Some(message) = soon(heard.next()).await {
                replies.extend(message.expect("no fault").replies);
            }
            replies
        }
    }
}

/// Id and code of an answer; `PLACED` for a bet that was taken, `WAITS` for one in play.
fn told(reply: &PlaceBetReply) -> (&str, &str) {
    let code = match &reply.result {
        Some(Placed::Placed(_)) => "PLACED",
        Some(Placed::Slip(_)) => "WAITS",
        Some(Placed::Error(error)) => &error.code,
        None => panic!("no result"),
    };
    (&reply.id, code)
}

async fn players(house: &House, funds: &str) -> Vec<Player> {
    let mut players = Vec::new();
    for name in PLAYERS {
        players.push(house.player(name, funds).await);
    }
    players
}

/// Protects partners who bet in bulk: each bet among good and bad ones is decided as if it had come alone, with the same
/// codes and in the order of its player, and the books hold what was answered.
#[tokio::test(flavor = "multi_thread")]
async fn good_and_bad_bets_in_one_message() {
    for door in [Door::Batch, Door::Stream] {
        let house = House::open().await;
        let mut feed = house.feed(EVENT).await;
        let open = feed.market("MATCH_ODDS", &["2.00", "3.00"]).await;
        let shut = feed.market("TOTAL", &["2.00", "2.00"]).await;
        feed.status(shut, FeedMarketStatus::Suspended).await;
        let mut players = players(&house, "10.00").await;
        let on_shut = shardbook_tests::bet(
            &[(EVENT, shut, 1, "2.00")],
            "1.00",
            shardbook_proto::client::v1::PricePolicy::Exact,
        );
        let nameless = PlaceBetRequest {
            player: None,
            ..of("", "n", on(1, "2.00", "1.00"))
        };
        let empty = PlaceBetRequest {
            bet: None,
            ..of("ann", "e", on(1, "2.00", "1.00"))
        };
        assert_eq!(open, 1);
        let rows = [
            (of("ann", "1", on(1, "2.00", "6.00")), ("1", "PLACED")),
            (of("bob", "1", on(2, "3.00", "1.00")), ("1", "PLACED")),
            (nameless, ("n", "BAD_BRAND")),
            (of("ann", "", on(1, "2.00", "1.00")), ("", "BAD_ID")),
            (of("ann", "2", on(1, "2.10", "1.00")), ("2", "PRICE_CHANGED")),
            (of("ann", "3", on(1, "2.00", "5.00")), ("3", "INSUFFICIENT_FUNDS")),
            (of("cleo", "1", on_shut), ("1", "MARKET_SUSPENDED")),
            (of("dan", "1", on(1, "2.00", "1.00")), ("1", "NOT_REGISTERED")),
            (of("cleo", "2", on(9, "2.00", "1.00")), ("2", "SELECTION_UNKNOWN")),
            (empty, ("e", "CURRENCY_UNKNOWN")),
            (of("ann", "4", on(2, "3.00", "4.00")), ("4", "PLACED")),
            (of("ann", "1", on(1, "2.00", "6.00")), ("1", "PLACED")),
            (of("ann", "1", on(1, "2.00", "6.01")), ("1", "COMMAND_ID_REUSED")),
        ];
        let bets: Vec<_> = rows.iter().map(|(bet, _)| bet.clone()).collect();
        let replies = place(&house, door, &bets).await;
        let codes: Vec<_> = replies.iter().map(told).collect();
        assert_eq!(
            codes,
            rows.iter().map(|(_, told)| *told).collect::<Vec<_>>(),
            "{door:?}"
        );
        assert_eq!(replies[0], replies[11], "a repeat has the first answer");
        for (player, wallet) in players.iter_mut().zip([
            ("0.00", "10.00", "0.00"),
            ("9.00", "1.00", "0.00"),
            ("10.00", "0.00", "0.00"),
        ]) {
            assert_eq!(player.wallet().await, wallet, "{door:?}");
        }
        drop(players);
        assert_eq!(house.prove().await.bets, 3, "{door:?}");
    }
}

/// Protects bets from being taken twice whatever way a partner repeats them: alone, in bulk, on a stream, on the player's
/// own connection, before and after a restart.
#[tokio::test(flavor = "multi_thread")]
async fn a_bet_has_one_answer_by_every_way() {
    let mut house = House::open().await;
    let mut feed = house.feed(EVENT).await;
    feed.market("MATCH_ODDS", &["2.00", "3.00"]).await;
    drop(players(&house, "10.00").await);
    let bets: Vec<_> = PLAYERS
        .iter()
        .map(|player| of(player, "once", on(1, "2.00", "2.00")))
        .collect();
    let others: Vec<_> = PLAYERS
        .iter()
        .map(|player| of(player, "once", on(2, "3.00", "2.00")))
        .collect();
    let first = place(&house, Door::Stream, &bets).await;
    assert_eq!(first.iter().map(told).collect::<Vec<_>>(), [("once", "PLACED"); 3]);
    for life in ["the first", "the second"] {
        for door in [Door::Batch, Door::Stream] {
            assert_eq!(place(&house, door, &bets).await, first, "{life}, {door:?}");
            let refused = place(&house, door, &others).await;
            assert_eq!(
                refused.iter().map(told).collect::<Vec<_>>(),
                [("once", "COMMAND_ID_REUSED"); 3]
            );
        }
        let mut ann = house.player("ann", "0.00").await;
        let Some(Placed::Placed(placed)) = first[0].result.clone() else {
            panic!("not placed")
        };
        let own = ann.ask_as("once", Request::PlaceBet(on(1, "2.00", "2.00"))).await;
        assert_eq!(own, Body::BetPlaced(placed), "{life}");
        drop(ann);
        house = house.restart().await;
        feed.reconnect(&house).await;
    }
    assert_eq!(house.prove().await.bets, 3);
}

/// Protects a partner with more bets than the window, in messages of any size: all are answered in order, none is lost or
/// doubled, and the last answer ends the stream.
#[tokio::test(flavor = "multi_thread")]
async fn more_bets_than_the_window() {
    let house = House::with(|config| config.partner_inflight = 16).await;
    let mut feed = house.feed(EVENT).await;
    feed.market("MATCH_ODDS", &["2.00", "3.00"]).await;
    let mut players = players(&house, "1000.00").await;
    let bets: Vec<_> = (0..600)
        .map(|n| of(PLAYERS[n % 3], &format!("b{n}"), on(1, "2.00", "1.00")))
        .collect();
    let mut bulk = BulkBettingClient::new(house.channel().await);
    let sizes = [1, 3, 40, 100].into_iter().cycle();
    let (mut said, mut rest) = (Vec::new(), &bets[..]);
    for size in sizes {
        let (next, after) = rest.split_at(size.min(rest.len()));
        if next.is_empty() {
            break;
        }
        (rest, _) = (after, said.push(batch(next)));
    }
    let mut heard = soon(bulk.place_bets(stream::iter(said)))
        .await
        .expect("call")
        .into_inner();
    let mut replies = Vec::new();
    while let Some(message) = soon(heard.next()).await {
        replies.extend(message.expect("no fault").replies);
    }
    let codes: Vec<_> = replies.iter().map(told).collect();
    let expected: Vec<_> = bets.iter().map(|bet| (&*bet.id, "PLACED")).collect();
    assert_eq!(codes, expected);
    for player in &mut players {
        assert_eq!(player.wallet().await, ("800.00", "200.00", "0.00"));
    }
    drop(players);
    assert_eq!(house.prove().await.bets, 600);
}

/// Protects a partner whose line breaks in the middle: every answer it read is a bet on the books, and sending everything
/// again with the same ids gives those answers again and takes each other bet once.
#[tokio::test(flavor = "multi_thread")]
async fn a_partner_who_goes_away_midway() {
    let house = House::open().await;
    let mut feed = house.feed(EVENT).await;
    feed.market("MATCH_ODDS", &["2.00", "3.00"]).await;
    drop(players(&house, "1000.00").await);
    let bets: Vec<_> = (0..300)
        .map(|n| of(PLAYERS[n % 3], &format!("b{n}"), on(1, "2.00", "1.00")))
        .collect();
    let (say, mut said) = mpsc::channel(64);
    let said = stream::poll_fn(move |cx| said.poll_recv(cx));
    let mut bulk = BulkBettingClient::new(house.channel().await);
    let mut heard = soon(bulk.place_bets(said)).await.expect("call").into_inner();
    for bets in bets.chunks(10) {
        say.send(batch(bets)).await.expect("sent");
    }
    let mut read = Vec::new();
    while read.len() < 50 {
        read.extend(soon(heard.next()).await.expect("open").expect("message").replies);
    }
    drop((heard, say, bulk));
    let again = place(&house, Door::Batch, &bets).await;
    assert!(again.iter().all(|reply| told(reply).1 == "PLACED"), "{again:?}");
    assert_eq!(again[..read.len()], read[..], "what was answered stays answered");
    let mut ann = house.player("ann", "0.00").await;
    assert_eq!(ann.bets(BetFilter::Open).await.len(), 100);
    drop(ann);
    assert_eq!(house.prove().await.bets, 300);
}
