//! Heartbeats, capacity, start and stop.

use std::net::SocketAddr;

use futures_util::StreamExt;
use shardbook_gateway::{Config, Gateway, ShardRouter, StartFault};
use shardbook_proto::client::v1::server_message::Message as Body;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Client, bet, soon};
use crate::house::House;

const UPGRADE: &str = "GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                       sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// What a socket that says only this is answered until the server ends it.
async fn exchange(to: SocketAddr, said: &str) -> Vec<u8> {
    let mut stream = soon(TcpStream::connect(to)).await.expect("connects");
    stream.write_all(said.as_bytes()).await.expect("writes");
    let mut heard = Vec::new();
    // A reset after the last byte is an end too.
    let _ = soon(stream.read_to_end(&mut heard)).await;
    heard
}

/// Protects the gateway from sockets whose player is long gone, and those who answer pings from being cut.
#[tokio::test]
async fn the_silent_are_closed_and_the_living_kept() {
    let house = House::new();
    let gateway = house.gateway(|config| config.heartbeat_ms = 300);
    let to = gateway.addresses();
    let mut living = Client::connect(to.ws).await;
    let dead = tokio::spawn(async move { exchange(to.ws, &format!("{UPGRADE}\r\n")).await });
    let mut pings = 0;
    while crate::site::figure(to.http, "closed_silent").await == 0 || pings < 2 {
        match soon(living.socket.next()).await.expect("kept").expect("frame") {
            Message::Ping(_) => pings += 1,
            other => panic!("unexpected {other:?}"),
        }
    }
    assert!(matches!(
        living.ask(r#"{"id":"a","ping":{}}"#).await.message,
        Some(Body::Pong(_))
    ));
    let farewell = soon(dead).await.expect("task");
    assert!(String::from_utf8_lossy(&farewell).contains("three heartbeats"));
}

/// Protects those who are in: beyond the bound a newcomer is turned away, and a place left is given again.
#[tokio::test]
async fn a_full_gateway_turns_newcomers_away() {
    let house = House::new();
    let gateway = house.gateway(|config| config.max_connections = 1);
    let to = gateway.addresses();
    let first = Client::connect(to.ws).await;
    let heard = exchange(to.ws, &format!("{UPGRADE}\r\n")).await;
    assert!(
        heard.starts_with(b"HTTP/1.1 503"),
        "{}",
        String::from_utf8_lossy(&heard)
    );
    drop(first);
    while crate::site::figure(to.http, "connections").await > 0 {}
    Client::connect(to.ws).await;
}

/// Protects a player whose browser has another site open: that site's page cannot bet here.
#[tokio::test]
async fn pages_of_other_hosts_are_refused() {
    let house = House::new();
    let gateway = house.gateway(|_| ());
    let heard = exchange(
        gateway.addresses().ws,
        &format!("{UPGRADE}origin: https://evil.example\r\n\r\n"),
    )
    .await;
    assert!(
        heard.starts_with(b"HTTP/1.1 403"),
        "{}",
        String::from_utf8_lossy(&heard)
    );
}

/// Protects a restart: what is under way is answered, then the client is told to come again.
#[tokio::test]
async fn a_stop_answers_what_is_under_way() {
    let house = House::new();
    let gateway = house.gateway(|_| ());
    let mut client = Client::player(gateway.addresses().ws, "p", "5.00").await;
    house.hold();
    client.say(&bet("b")).await;
    house.routed(2).await;
    let stopping = tokio::spawn(gateway.stop());
    house.release();
    let heard = client.hear().await;
    assert!(
        heard.id == "b" && matches!(heard.message, Some(Body::BetPlaced(_))),
        "{heard:?}"
    );
    assert_eq!(client.closed().await.0, 1001);
    drop(client);
    soon(stopping).await.expect("stops");
}

/// Protects an operator who starts it twice: the fault names the listener, the address and the way out.
#[tokio::test]
async fn a_taken_address_is_a_clear_fault() {
    let house = House::new();
    let gateway = house.gateway(|_| ());
    let config = Config {
        ws: gateway.addresses().ws,
        ..Config::default()
    };
    let fault = Gateway::start(config, ShardRouter::new(house.clone()), house.topic.clone())
        .err()
        .expect("taken");
    assert!(matches!(fault, StartFault::Bind { role: "ws", .. }));
    assert!(fault.to_string().contains("port 0"), "{fault}");
}
