//! The same house over gRPC.

use futures_util::{StreamExt, stream};
use shardbook_proto::client::v1::betting_client::BettingClient;
use shardbook_proto::client::v1::client_message::Request as Ask;
use shardbook_proto::client::v1::server_message::Message as Body;
use shardbook_proto::client::v1::{
    CashierRequest, ClientMessage, GetBalanceRequest, ListBetsRequest, OpenSession, Ping, PlaceBet, PlaceBetRequest,
    PlayerRef, Subscribe, WatchCashOut, cashier_reply, get_balance_reply, list_bets_reply, place_bet_reply,
};
use shardbook_proto::provider::v1::FeedMessage;
use shardbook_proto::provider::v1::feed_client::FeedClient;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

use crate::client::{Book, soon};
use crate::house::House;

pub async fn channel(gateway: &shardbook_gateway::Gateway) -> Channel {
    let endpoint = Endpoint::from_shared(format!("http://{}", gateway.addresses().grpc)).expect("address");
    soon(endpoint.connect()).await.expect("connects")
}

fn player() -> Option<PlayerRef> {
    Some(PlayerRef {
        brand: "acme".into(),
        player: "p".into(),
    })
}

fn funds(id: &str, amount: &str) -> CashierRequest {
    let (amount, currency) = (amount.into(), "EUR".into());
    CashierRequest {
        player: player(),
        id: id.into(),
        amount,
        currency,
        register: true,
    }
}

fn slip(id: &str, stake: &str) -> PlaceBetRequest {
    let bet = PlaceBet {
        stake: stake.into(),
        ..PlaceBet::default()
    };
    PlaceBetRequest {
        player: player(),
        id: id.into(),
        bet: Some(bet),
    }
}

/// Protects partners: each call does what the same message on a WebSocket does, and refusals travel in the reply.
#[tokio::test]
async fn partner_calls() {
    let house = House::new();
    let gateway = house.gateway(|_| ());
    let mut betting = BettingClient::new(channel(&gateway).await);
    let deposited = soon(betting.deposit(funds("d", "5.00")))
        .await
        .expect("call")
        .into_inner();
    assert!(matches!(deposited.result, Some(cashier_reply::Result::Balance(balance)) if balance.available == "5.00"));
    let placed = soon(betting.place_bet(slip("b", "2.00")))
        .await
        .expect("call")
        .into_inner();
    assert!(matches!(placed.result, Some(place_bet_reply::Result::Placed(placed)) if placed.bet.is_some()));
    let withdrawn = soon(betting.withdraw(funds("w", "1.00")))
        .await
        .expect("call")
        .into_inner();
    assert!(matches!(withdrawn.result, Some(cashier_reply::Result::Balance(_))));
    let asked = GetBalanceRequest { player: player() };
    let balance = soon(betting.get_balance(asked)).await.expect("call").into_inner();
    assert!(matches!(balance.result, Some(get_balance_reply::Result::Balance(balance)) if balance.available == "2.00"));
    let asked = ListBetsRequest {
        player: player(),
        list: None,
    };
    let bets = soon(betting.list_bets(asked)).await.expect("call").into_inner();
    assert!(matches!(bets.result, Some(list_bets_reply::Result::Bets(bets)) if bets.bets.len() == 1));

    let stranger = PlaceBetRequest {
        player: None,
        ..slip("b", "1.00")
    };
    for (slip, code) in [
        (slip("", "1.00"), "BAD_ID"),
        (stranger, "BAD_BRAND"),
        (slip("c", "9.00"), "INSUFFICIENT_FUNDS"),
    ] {
        let reply = soon(betting.place_bet(slip)).await.expect("call").into_inner();
        let Some(place_bet_reply::Result::Error(error)) = reply.result else {
            panic!("{code}: not refused")
        };
        assert_eq!(error.code, code);
    }
    let large = PlaceBetRequest {
        id: "x".repeat(70_000),
        ..slip("", "1.00")
    };
    let status = soon(betting.place_bet(large)).await.expect_err("too large");
    assert_eq!(status.code(), tonic::Code::OutOfRange);
}

/// Protects partners' streams: the conversation of the WebSocket, bound by back-pressure instead of refusals, to its
/// last answer.
#[tokio::test]
async fn a_session_answers_everything_and_ends() {
    let house = House::new();
    let gateway = house.gateway(|config| config.partner_inflight = 3);
    let mut betting = BettingClient::new(channel(&gateway).await);
    soon(betting.deposit(funds("d", "50.00"))).await.expect("call");
    let say = |id: &str, request| ClientMessage {
        id: id.into(),
        request: Some(request),
        ..ClientMessage::default()
    };
    let open = OpenSession {
        brand: "acme".into(),
        player: "p".into(),
        currency: "EUR".into(),
        ..OpenSession::default()
    };
    let mut said = vec![
        say("p", Ask::Ping(Ping {})),
        say("o", Ask::OpenSession(open)),
        say("", Ask::Ping(Ping {})),
    ];
    let bet = PlaceBet {
        stake: "1.00".into(),
        ..PlaceBet::default()
    };
    said.extend((0..40).map(|n| say(&format!("b{n}"), Ask::PlaceBet(bet.clone()))));
    let heard = soon(betting.session(stream::iter(said)))
        .await
        .expect("call")
        .into_inner();
    let heard: Vec<_> = soon(heard.map(|message| message.expect("message")).collect()).await;
    let count = |fits: fn(&Body) -> bool| {
        heard
            .iter()
            .filter_map(|said| said.message.as_ref())
            .filter(|body| fits(body))
            .count()
    };
    assert_eq!(heard.len(), 43);
    assert_eq!(count(|body| matches!(body, Body::Pong(_) | Body::SessionOpened(_))), 2);
    assert_eq!(
        count(|body| matches!(body, Body::Error(error) if error.code == "BAD_ID")),
        1
    );
    assert_eq!(count(|body| matches!(body, Body::BetPlaced(_))), 40);
}

/// Protects the gateway's places from clients that follow prices and say no more: a session ends with its last answer,
/// whatever it watches.
#[tokio::test]
async fn a_session_that_watches_ends_with_its_last_word() {
    let house = House::new();
    house.buys_back_at("4.00");
    // The next price would be asked for in an hour.
    let gateway = house.gateway(|config| config.cash_out_push_ms = 60_000);
    let mut betting = BettingClient::new(channel(&gateway).await);
    soon(betting.deposit(funds("d", "50.00"))).await.expect("call");
    let open = OpenSession {
        brand: "acme".into(),
        player: "p".into(),
        currency: "EUR".into(),
        ..OpenSession::default()
    };
    let watch = WatchCashOut { on: true };
    let said = [
        ("o", Ask::OpenSession(open)),
        ("s", Ask::Subscribe(Subscribe::default())),
        ("w", Ask::WatchCashOut(watch)),
        ("w2", Ask::WatchCashOut(watch)),
    ];
    let said = said.map(|(id, request)| ClientMessage {
        id: id.into(),
        request: Some(request),
        ..ClientMessage::default()
    });
    let heard = soon(betting.session(stream::iter(said)))
        .await
        .expect("call")
        .into_inner();
    let heard: Vec<_> = soon(heard.map(|message| message.expect("message").id).collect()).await;
    let mut answered: Vec<&str> = heard.iter().map(String::as_str).collect();
    answered.sort_unstable();
    assert_eq!(answered, ["o", "s", "w", "w2"]);
}

/// Protects partners' books: the same images and deltas as on a WebSocket.
#[tokio::test]
async fn markets_can_be_watched() {
    let house = House::new();
    house.post_event("e");
    house.post_market("e", 1);
    let gateway = house.gateway(|_| ());
    let mut betting = BettingClient::new(channel(&gateway).await);
    let mut heard = soon(betting.watch_markets(Subscribe::default()))
        .await
        .expect("call")
        .into_inner();
    let first = soon(heard.next()).await.expect("open").expect("message");
    assert!(matches!(first.message, Some(Body::Subscribed(reach)) if reach.markets == 1));
    let mut book = Book::default();
    for step in 10..60 {
        house.move_price("e", 1, &format!("2.{step}"));
    }
    while book.markets != house.book() {
        book.take(soon(heard.next()).await.expect("open").expect("message"));
    }
    let status = soon(betting.watch_markets(Subscribe {
        events: vec![String::new()],
    }))
    .await
    .expect_err("bad event");
    assert_eq!(status.code(), tonic::Code::InvalidArgument);
    let stopping = tokio::spawn(gateway.stop());
    while let Some(message) = soon(heard.next()).await {
        book.take(message.expect("no fault at the end"));
    }
    drop((heard, betting));
    soon(stopping).await.expect("stops");
}

/// Protects the order of an event: routed and answered as published, however many are under way.
#[tokio::test]
async fn feed_messages_keep_their_order() {
    let house = House::new();
    let gateway = house.gateway(|_| ());
    let mut feed = FeedClient::new(channel(&gateway).await);
    house.hold();
    let ids: Vec<String> = (0..1_000).map(|n| format!("m{n}")).collect();
    let said: Vec<_> = ids
        .iter()
        .map(|id| FeedMessage {
            id: id.clone(),
            ..FeedMessage::default()
        })
        .collect();
    let heard = soon(feed.publish(stream::iter(said))).await.expect("call").into_inner();
    assert_eq!(house.routed(256).await.len(), 256, "so many and no more are under way");
    house.release();
    let heard: Vec<_> = soon(heard.map(|reply| reply.expect("reply").id).collect()).await;
    assert_eq!(heard, ids);
    assert_eq!(house.routed(1_000).await, ids);
}

/// Protects operators' tools: the services can be listed and tell their health.
#[tokio::test]
async fn reflection_and_health() {
    let house = House::new();
    let gateway = house.gateway(|_| ());
    let channel = channel(&gateway).await;
    let list = MessageRequest::ListServices(String::new());
    let ask = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(list),
    };
    let mut reflection = ServerReflectionClient::new(channel.clone());
    let mut heard = soon(reflection.server_reflection_info(stream::iter([ask])))
        .await
        .expect("call")
        .into_inner();
    let answer = soon(heard.next())
        .await
        .expect("open")
        .expect("message")
        .message_response;
    let Some(MessageResponse::ListServicesResponse(list)) = answer else {
        panic!("no list")
    };
    let names: Vec<_> = list.service.iter().map(|service| service.name.as_str()).collect();
    for service in [
        "shardbook.client.v1.Betting",
        "shardbook.provider.v1.Feed",
        "grpc.health.v1.Health",
    ] {
        assert!(names.contains(&service), "{service} is not in {names:?}");
    }
    let mut health = HealthClient::new(channel);
    let ask = |service: &str| HealthCheckRequest {
        service: service.into(),
    };
    for service in ["", "shardbook.client.v1.Betting", "shardbook.provider.v1.Feed"] {
        let told = soon(health.check(ask(service))).await.expect("call").into_inner();
        assert_eq!(
            told.status(),
            tonic_health::pb::health_check_response::ServingStatus::Serving
        );
    }
    let status = soon(health.check(ask("shardbook.casino.v1.Casino")))
        .await
        .expect_err("no such service");
    assert_eq!(status.code(), tonic::Code::NotFound);
}
