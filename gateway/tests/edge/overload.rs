//! More than can be taken: deadlines, refusals, and connections that are not read for a while.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::{StreamExt, stream};
use shardbook_proto::client::v1::betting_client::BettingClient;
use shardbook_proto::client::v1::bulk_betting_client::BulkBettingClient;
use shardbook_proto::client::v1::place_bet_reply::Result as Placed;
use shardbook_proto::client::v1::server_message::Message as Body;
use shardbook_proto::client::v1::{Error, PlaceBet, PlaceBetBatchRequest, PlaceBetRequest, PlayerRef};
use shardbook_runtime::router::CallFault;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::Request;
use tonic::transport::Endpoint;

use crate::client::{Client, bet, soon};
use crate::grpc::channel;
use crate::house::House;

pub fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    now.as_millis() as i64
}

fn of(id: &str) -> PlaceBetRequest {
    let player = PlayerRef {
        brand: "acme".into(),
        player: "p".into(),
    };
    let bet = PlaceBet {
        stake: "1.00".into(),
        ..PlaceBet::default()
    };
    PlaceBetRequest {
        player: Some(player),
        id: id.into(),
        bet: Some(bet),
    }
}

fn batch(ids: &[&str], deadline_ms: i64) -> PlaceBetBatchRequest {
    let bets = ids.iter().map(|id| of(id)).collect();
    PlaceBetBatchRequest { bets, deadline_ms }
}

/// Protects a client from a bet that is decided when nobody wants it any more: its own deadline goes with the command by
/// every way in, and where it gives none, or one too far away, it is as long as the gateway waits.
#[tokio::test]
async fn a_deadline_goes_with_the_command() {
    const WAITS: i64 = 20_000;
    let house = House::new();
    let gateway = house.gateway(|config| config.command_timeout_ms = WAITS as u32);
    let mut client = Client::player(gateway.addresses().ws, "p", "50.00").await;
    let mut betting = BettingClient::new(channel(&gateway).await);
    let mut bulk = BulkBettingClient::new(channel(&gateway).await);
    house.deadlines();
    let began = now_ms();
    let soonest = began + 3_000;
    let by = |id: &str, deadline: i64| bet(id).replacen(',', &format!(r#","deadlineMs":"{deadline}","#), 1);
    client.ask(&by("w1", soonest)).await;
    client.ask(&by("w2", 1)).await;
    client.ask(&by("w3", began + 60_000)).await;
    client.ask(&by("w4", 0)).await;
    client.ask(&bet("w5")).await;
    soon(bulk.place_bet_batch(batch(&["m1", "m2"], soonest)))
        .await
        .expect("call");
    let mut heard = soon(bulk.place_bets(stream::iter([batch(&["s1"], soonest), batch(&["s2"], 0)])))
        .await
        .expect("call")
        .into_inner();
    while soon(heard.next()).await.is_some() {}
    let mut call = Request::new(of("u1"));
    call.set_timeout(Duration::from_secs(3));
    soon(betting.place_bet(call)).await.expect("call");
    soon(betting.place_bet(of("u2"))).await.expect("call");
    let ended = now_ms();
    let whole = began + WAITS..=ended + WAITS;
    // A shard is told how long a command may still wait, in whole milliseconds.
    let given = soonest - 1..=soonest + (ended - began);
    // What has passed already is for the shard to refuse: an earlier try may have been carried out.
    let past = 1..=1;
    let called = soonest - 2..=ended + 3_000;
    let table = [
        ("w1", &given),
        ("w2", &past),
        ("w3", &whole),
        ("w4", &whole),
        ("w5", &whole),
        ("m1", &given),
        ("m2", &given),
        ("s1", &given),
        ("s2", &whole),
        ("u1", &called),
        ("u2", &whole),
    ];
    let deadlines = house.deadlines();
    assert_eq!(deadlines.len(), table.len());
    for ((id, within), deadline) in table.into_iter().zip(deadlines) {
        assert!(within.contains(&deadline), "{id}: {deadline} is not within {within:?}");
    }
}

fn refusal(body: Option<Body>) -> Error {
    match body {
        Some(Body::Error(error)) => error,
        other => panic!("not a refusal: {other:?}"),
    }
}

/// Asks something on another connection, so that the gateway has had its turn at the one before.
async fn meanwhile(to: SocketAddr) {
    let mut other = Client::connect(to).await;
    other.ask(r#"{"id":"p","ping":{}}"#).await;
}

/// Protects those who are served from those who cannot be: a connection of which something was refused for want of room is
/// told how long to wait, is not read for so long, and goes on after.
#[tokio::test]
async fn a_refused_connection_is_not_read_for_a_while() {
    for (pause_ms, goes_on) in [(10_000, false), (30, true)] {
        let house = House::new();
        let gateway = house.gateway(|config| config.overload_pause_ms = pause_ms);
        let to = gateway.addresses().ws;
        let mut client = Client::player(to, "p", "50.00").await;
        let before = house.routed(0).await.len();
        house.fail(CallFault::Overloaded);
        let error = refusal(client.ask(&bet("b1")).await.message);
        assert_eq!(
            (&*error.code, error.retry, error.retry_after_ms),
            ("OVERLOADED", true, pause_ms)
        );
        house.recover();
        client.say(&bet("b2")).await;
        if goes_on {
            let heard = client.hear().await;
            assert!(
                heard.id == "b2" && matches!(heard.message, Some(Body::BetPlaced(_))),
                "{heard:?}"
            );
        } else {
            meanwhile(to).await;
            assert_eq!(house.routed(0).await.len(), before + 1, "the second is not read");
        }
    }
}

/// Protects a partner's bets in bulk in the same way: the first that finds no room is refused, the rest waits, and
/// nothing is lost.
#[tokio::test]
async fn a_refused_stream_of_bets_is_not_read_for_a_while() {
    let house = House::new();
    let gateway = house.gateway(|config| {
        config.overload_pause_ms = 200;
        config.partner_inflight = 2;
    });
    let to = gateway.addresses().ws;
    let _funds = Client::player(to, "p", "50.00").await;
    let before = house.routed(0).await.len();
    house.fail(CallFault::Overloaded);
    let mut bulk = BulkBettingClient::new(channel(&gateway).await);
    let said = [batch(&["a", "b", "c", "d"], 0), batch(&["e"], 0)];
    let mut heard = soon(bulk.place_bets(stream::iter(said)))
        .await
        .expect("call")
        .into_inner();
    let mut told = Vec::new();
    while let Some(message) = soon(heard.next()).await {
        for reply in message.expect("no fault").replies {
            let code = match reply.result {
                Some(Placed::Placed(_)) => "PLACED".to_owned(),
                Some(Placed::Error(error)) => format!("{} {}", error.code, error.retry_after_ms),
                other => panic!("{other:?}"),
            };
            told.push((reply.id, code));
        }
        // The first was refused; the others wait out the pause, and there is room again.
        house.recover();
    }
    let expected = [
        ("a", "OVERLOADED 200"),
        ("b", "PLACED"),
        ("c", "PLACED"),
        ("d", "PLACED"),
        ("e", "PLACED"),
    ];
    assert_eq!(told, expected.map(|(id, code)| (id.to_owned(), code.to_owned())));
    assert_eq!(house.routed(0).await.len(), before + 5);
}

async fn is_served(to: SocketAddr) -> bool {
    let mut stream = soon(TcpStream::connect(to)).await.expect("connects");
    let asked = stream
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await;
    let mut heard = Vec::new();
    // A reset is an answer too.
    let _ = soon(stream.read_to_end(&mut heard)).await;
    asked.is_ok() && heard.starts_with(b"HTTP/1.1 200")
}

async fn is_called(to: SocketAddr) -> bool {
    let endpoint = Endpoint::from_shared(format!("http://{to}")).expect("an address");
    match endpoint.connect().await {
        Ok(channel) => BettingClient::new(channel).place_bet(of("b")).await.is_ok(),
        Err(_) => false,
    }
}

/// Protects the memory of a gateway from connections without number that say nothing: beyond the bound of each door one is
/// turned away in words where the protocol has them, and a place that is left is given again.
#[tokio::test]
async fn every_door_has_a_bound() {
    let house = House::new();
    let gateway = house.gateway(|config| {
        config.max_http_connections = 1;
        config.max_grpc_connections = 1;
    });
    let to = gateway.addresses();
    for (door, said) in [(to.http, "HTTP/1.1 503"), (to.grpc, "")] {
        let first = soon(TcpStream::connect(door)).await.expect("connects");
        let mut second = soon(TcpStream::connect(door)).await.expect("connects");
        let mut heard = Vec::new();
        soon(second.read_to_end(&mut heard)).await.expect("ends in order");
        let heard = String::from_utf8_lossy(&heard);
        assert!(
            heard.starts_with(said) && heard.is_empty() == said.is_empty(),
            "{door}: {heard}"
        );
        drop(first);
    }
    // The places are free when the gateway learns that the first have left.
    soon(async { while !is_served(to.http).await {} }).await;
    soon(async { while !is_called(to.grpc).await {} }).await;
}

/// Protects the places of a gateway from connections that keep them for nothing, and a client that is there from being
/// taken for one.
#[tokio::test]
async fn an_idle_connection_is_ended() {
    let house = House::new();
    let gateway = house.gateway(|config| {
        config.heartbeat_ms = 30;
        config.idle_ms = 300;
    });
    let to = gateway.addresses();
    let mut living = BettingClient::new(channel(&gateway).await);
    soon(living.place_bet(of("b1"))).await.expect("served");
    for door in [to.http, to.grpc] {
        let mut silent = soon(TcpStream::connect(door)).await.expect("connects");
        let mut heard = Vec::new();
        // Its end or its reset: not this test's patience.
        let _ = soon(silent.read_to_end(&mut heard)).await;
    }
    soon(living.place_bet(of("b2"))).await.expect("kept");
}
