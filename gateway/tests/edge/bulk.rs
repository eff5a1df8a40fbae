//! Bets in bulk, by message and by stream.

use futures_util::{StreamExt, stream};
use shardbook_proto::client::v1::bulk_betting_client::BulkBettingClient;
use shardbook_proto::client::v1::place_bet_reply::Result as Placed;
use shardbook_proto::client::v1::{PlaceBet, PlaceBetBatchRequest, PlaceBetReply, PlaceBetRequest, PlayerRef};
use tokio::sync::mpsc;
use tonic::transport::Channel;
use tonic::{Code, Status};

use crate::client::{Client, soon};
use crate::grpc::channel;
use crate::house::House;

type Bulk = BulkBettingClient<Channel>;

fn bet(player: &str, id: &str, stake: &str) -> PlaceBetRequest {
    let player = PlayerRef {
        brand: "acme".into(),
        player: player.into(),
    };
    let bet = PlaceBet {
        stake: stake.into(),
        ..PlaceBet::default()
    };
    PlaceBetRequest {
        player: Some(player),
        id: id.into(),
        bet: Some(bet),
    }
}

fn batch(bets: Vec<PlaceBetRequest>) -> PlaceBetBatchRequest {
    PlaceBetBatchRequest {
        bets,
        ..PlaceBetBatchRequest::default()
    }
}

/// Bets `b0`, `b1` and so on of player `p`.
fn many(ids: std::ops::Range<usize>) -> Vec<PlaceBetRequest> {
    ids.map(|n| bet("p", &format!("b{n}"), "1.00")).collect()
}

fn ids(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|n| format!("b{n}")).collect()
}

/// Id and code of an answer; `PLACED` for a bet that was taken.
fn told(reply: &PlaceBetReply) -> (&str, &str) {
    let code = match &reply.result {
        Some(Placed::Placed(_)) => "PLACED",
        Some(Placed::Error(error)) => &error.code,
        other => panic!("{other:?}"),
    };
    (&reply.id, code)
}

/// Everything that comes on a stream of these messages, and the status with which it ends where it is not good.
async fn streamed(mut bulk: Bulk, said: Vec<PlaceBetBatchRequest>) -> (Vec<PlaceBetReply>, Option<Status>) {
    let mut heard = soon(bulk.place_bets(stream::iter(said)))
        .await
        .expect("call")
        .into_inner();
    let (mut replies, mut fault) = (Vec::new(), None);
    while let Some(message) = soon(heard.next()).await {
        match message {
            Ok(message) => replies.extend(message.replies),
            Err(status) => fault = Some(status),
        }
    }
    (replies, fault)
}

/// Protects partners' books: every bet of a message or a stream has an answer of its own in its place, with the codes of
/// the single call, and a bad one harms no other.
#[tokio::test]
async fn each_bet_is_answered_in_its_place() {
    let house = House::new();
    let gateway = house.gateway(|_| ());
    for (way, player) in [("batch", "ann"), ("stream", "bob")] {
        let _funds = Client::player(gateway.addresses().ws, player, "5.00").await;
        let stranger = PlaceBetRequest {
            player: None,
            ..bet(player, "c", "1.00")
        };
        let rows = [
            (bet(player, "a", "2.00"), ("a", "PLACED")),
            (bet(player, "", "1.00"), ("", "BAD_ID")),
            (bet(player, &"x".repeat(65), "1.00"), ("", "BAD_ID")),
            (stranger, ("c", "BAD_BRAND")),
            (bet("no such name!", "d", "1.00"), ("d", "BAD_PLAYER")),
            (bet(player, "e", "9.00"), ("e", "INSUFFICIENT_FUNDS")),
            (bet(player, "f", "3.00"), ("f", "PLACED")),
            (bet(player, "g", "0.01"), ("g", "INSUFFICIENT_FUNDS")),
        ];
        let said: Vec<_> = rows.iter().map(|(bet, _)| bet.clone()).collect();
        let mut bulk = Bulk::new(channel(&gateway).await);
        let replies = if way == "batch" {
            soon(bulk.place_bet_batch(batch(said)))
                .await
                .expect("call")
                .into_inner()
                .replies
        } else {
            // An empty message is no fault and no answer.
            let said = [batch(said[..3].to_vec()), batch(vec![]), batch(said[3..].to_vec())];
            let (replies, fault) = streamed(bulk, said.to_vec()).await;
            assert!(fault.is_none(), "{fault:?}");
            replies
        };
        let told: Vec<_> = replies.iter().map(told).collect();
        assert_eq!(told, rows.iter().map(|(_, told)| *told).collect::<Vec<_>>(), "{way}");
    }
    let mut bulk = Bulk::new(channel(&gateway).await);
    let none = soon(bulk.place_bet_batch(batch(vec![])))
        .await
        .expect("call")
        .into_inner();
    assert_eq!(none.replies, []);
}

/// Protects the gateway's memory and its clients from a message without bound: it is refused whole and nothing of it is
/// done, and what came before it on a stream is answered all the same.
#[tokio::test]
async fn a_message_with_too_many_bets_is_refused_whole() {
    let house = House::new();
    let gateway = house.gateway(|config| config.max_batch_bets = 4);
    let mut bulk = Bulk::new(channel(&gateway).await);
    let refused =
        |status: &Status| status.code() == Code::OutOfRange && status.message().starts_with("BATCH_TOO_LARGE: ");
    let status = soon(bulk.place_bet_batch(batch(many(0..5))))
        .await
        .expect_err("too many");
    assert!(refused(&status), "{status:?}");
    let fits = soon(bulk.place_bet_batch(batch(many(0..4))))
        .await
        .expect("call")
        .into_inner();
    assert_eq!(fits.replies.len(), 4);
    let said = vec![batch(many(10..13)), batch(many(20..25)), batch(many(30..31))];
    let (replies, status) = streamed(bulk.clone(), said).await;
    assert_eq!(
        replies.iter().map(|reply| reply.id.clone()).collect::<Vec<_>>(),
        ids(10..13)
    );
    assert!(status.as_ref().is_some_and(refused), "{status:?}");
    assert_eq!(house.routed(7).await, [ids(0..4), ids(10..13)].concat());
    let long = bet("p", &"x".repeat(2 << 20), "1.00");
    let status = soon(bulk.place_bet_batch(batch(vec![long])))
        .await
        .expect_err("too large");
    assert_eq!(status.code(), Code::OutOfRange);
}

/// Protects the shards from a partner without measure, and the partner from losses: at the window nothing more is routed,
/// whether the bets come in one message or in many; then everything is answered in order.
#[tokio::test]
async fn the_window_holds_and_loses_nothing() {
    for bets_a_message in [1, 7, 60] {
        let house = House::new();
        let gateway = house.gateway(|config| config.partner_inflight = 8);
        let mut bulk = Bulk::new(channel(&gateway).await);
        house.hold();
        let said: Vec<_> = many(0..60)
            .chunks(bets_a_message)
            .map(|bets| batch(bets.to_vec()))
            .collect();
        let mut heard = soon(bulk.place_bets(stream::iter(said)))
            .await
            .expect("call")
            .into_inner();
        assert_eq!(
            house.routed(8).await.len(),
            8,
            "{bets_a_message}: so many and no more are under way"
        );
        // Whoever asks beside the stream is served, so the gateway has had its turn at the stream and left it.
        let mut client = Client::connect(gateway.addresses().ws).await;
        client.say(r#"{"id":"p","ping":{}}"#).await;
        client.hear().await;
        assert_eq!(house.routed(8).await.len(), 8, "{bets_a_message}: and it stays so");
        house.release();
        let mut replies = Vec::new();
        while let Some(message) = soon(heard.next()).await {
            replies.extend(message.expect("no fault").replies.into_iter().map(|reply| reply.id));
        }
        assert_eq!(replies, ids(0..60));
        assert_eq!(house.routed(60).await, ids(0..60));
    }
}

/// Protects bets that were sent before a partner left: they are carried out without it, and its place is free again.
#[tokio::test]
async fn bets_of_a_partner_who_left_are_carried_out() {
    let house = House::new();
    let gateway = house.gateway(|config| config.max_connections = 1);
    let (say, mut said) = mpsc::channel(4);
    let said = stream::poll_fn(move |cx| said.poll_recv(cx));
    let mut bulk = Bulk::new(channel(&gateway).await);
    house.hold();
    let heard = soon(bulk.place_bets(said)).await.expect("call").into_inner();
    say.send(batch(many(0..10))).await.expect("sent");
    assert_eq!(house.routed(10).await, ids(0..10));
    let status = soon(bulk.place_bets(stream::empty())).await.expect_err("no place");
    assert_eq!(status.code(), Code::ResourceExhausted);
    drop((heard, say));
    house.release();
    // The place is given back when the gateway learns that the partner left.
    let again = async {
        loop {
            if let Ok(heard) = bulk.place_bets(stream::iter([batch(many(10..11))])).await {
                break heard.into_inner();
            }
        }
    };
    let mut heard = soon(again).await;
    let last = soon(heard.next()).await.expect("open").expect("message");
    assert_eq!(last.replies.iter().map(|reply| &*reply.id).collect::<Vec<_>>(), ["b10"]);
}

/// Protects a partner from waiting for ever on a shard that is stuck: each bet is told in its time that its outcome is not
/// known and may be asked for again.
#[tokio::test]
async fn answers_that_do_not_come_are_unknown() {
    let house = House::new();
    let gateway = house.gateway(|config| config.command_timeout_ms = 30);
    house.hold();
    let mut bulk = Bulk::new(channel(&gateway).await);
    let by_batch = soon(bulk.place_bet_batch(batch(many(0..3))))
        .await
        .expect("call")
        .into_inner()
        .replies;
    let (by_stream, fault) = streamed(bulk, vec![batch(many(3..5)), batch(many(5..6))]).await;
    assert!(fault.is_none(), "{fault:?}");
    let replies = [by_batch, by_stream].concat();
    assert_eq!(
        replies.iter().map(|reply| reply.id.clone()).collect::<Vec<_>>(),
        ids(0..6)
    );
    for reply in &replies {
        let Some(Placed::Error(error)) = &reply.result else {
            panic!("{reply:?}")
        };
        assert_eq!((&*error.code, error.retry), ("UNKNOWN", true));
    }
}

/// Protects bets under way when the gateway stops: those routed are answered, the rest is told that nothing was done, and
/// the stream ends well.
#[tokio::test]
async fn a_stopping_gateway_answers_what_it_took() {
    let house = House::new();
    let gateway = house.gateway(|config| config.partner_inflight = 4);
    let mut player = Client::player(gateway.addresses().ws, "p", "50.00").await;
    let (say, mut said) = mpsc::channel(4);
    let said = stream::poll_fn(move |cx| said.poll_recv(cx));
    let mut bulk = Bulk::new(channel(&gateway).await);
    let before = house.routed(0).await.len();
    house.hold();
    let mut heard = soon(bulk.place_bets(said)).await.expect("call").into_inner();
    say.send(batch(many(0..6))).await.expect("sent");
    house.routed(before + 4).await;
    let stopping = tokio::spawn(gateway.stop());
    assert_eq!(player.closed().await.0, 1001, "the gateway stops");
    house.release();
    let mut replies = Vec::new();
    while let Some(message) = soon(heard.next()).await {
        replies.extend(message.expect("no fault").replies);
    }
    let told: Vec<_> = replies.iter().map(told).collect();
    let rows = [
        ("b0", "PLACED"),
        ("b1", "PLACED"),
        ("b2", "PLACED"),
        ("b3", "PLACED"),
        ("b4", "STOPPING"),
        ("b5", "STOPPING"),
    ];
    assert_eq!(told, rows);
    drop((heard, say, bulk));
    soon(stopping).await.expect("stops");
}
