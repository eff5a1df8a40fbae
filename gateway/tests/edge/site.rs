//! The live page and the figures behind it.

use std::net::SocketAddr;

use serde_json::Value;
use shardbook_runtime::router::CallFault;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{Client, bet, soon};
use crate::house::House;

/// Status line with headers, and body.
async fn fetch(to: SocketAddr, method: &str, path: &str, headers: &str) -> (String, String) {
    let mut stream = soon(TcpStream::connect(to)).await.expect("connects");
    let request = format!("{method} {path} HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.expect("writes");
    let mut heard = String::new();
    soon(stream.read_to_string(&mut heard)).await.expect("reads");
    let (head, body) = heard.split_once("\r\n\r\n").expect("an HTTP response");
    (head.to_owned(), body.to_owned())
}

async fn stats(to: SocketAddr) -> Value {
    let (head, body) = fetch(to, "GET", "/stats", "").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}: {body}");
    serde_json::from_str(&body).expect("JSON")
}

/// One of the gateway's own counters.
pub async fn figure(to: SocketAddr, key: &str) -> u64 {
    stats(to).await["gateway"][key].as_u64().expect(key)
}

/// Protects the page, the demo and whoever reads the figures: the keys are there and count what happened.
#[tokio::test]
async fn the_figures_count_what_happened() {
    let house = House::new();
    house.post_event("e");
    house.post_market("e", 1);
    let gateway = house.gateway(|_| ());
    let to = gateway.addresses();
    let mut client = Client::player(to.ws, "p", "1.00").await;
    client.ask(&bet("b1")).await;
    client.say(&bet("b2")).await;
    assert_eq!(client.refusal().await.1, "INSUFFICIENT_FUNDS");
    let shown = stats(to.http).await;
    assert_eq!(shown["ws_port"], to.ws.port());
    assert_eq!(shown["house"]["currencies"]["EUR"]["bets_placed"], 1);
    let own = &shown["gateway"];
    assert_eq!(
        (&own["connections"], &own["players_connected"], &own["markets"]),
        (&1.into(), &1.into(), &1.into())
    );
    assert_eq!(own["refused"]["INSUFFICIENT_FUNDS"], 1);
    assert_eq!(own["acceptance_us"]["count"], 2);
    assert!(own["acceptance_us"]["p99"].as_u64() > Some(0));
}

/// Protects those who watch the gateway: it says when it serves, and when the house does not.
#[tokio::test]
async fn page_health_and_faults() {
    let house = House::new();
    let gateway = house.gateway(|_| ());
    let to = gateway.addresses().http;
    let (head, page) = fetch(to, "GET", "/", "").await;
    assert!(
        head.contains("content-security-policy") && page.contains("<!doctype html>"),
        "{head}"
    );
    assert!(
        !page.contains("src=\"http") && !page.contains("href=\"http"),
        "the page needs nothing from elsewhere"
    );
    assert_eq!(fetch(to, "GET", "/healthz", "").await.1, "serving\n");
    house.fail(CallFault::Unavailable);
    let (head, body) = fetch(to, "GET", "/stats", "").await;
    assert!(
        head.starts_with("HTTP/1.1 503") && body.contains("UNAVAILABLE"),
        "{head} {body}"
    );
}

/// Protects the store from being checkpointed by a page of another site, and gives `verify` its path.
#[tokio::test]
async fn a_checkpoint_is_for_this_machine() {
    let house = House::new();
    let gateway = house.gateway(|_| ());
    let to = gateway.addresses().http;
    let (_, body) = fetch(to, "POST", "/checkpoint", "content-length: 0\r\n").await;
    assert_eq!(body, r#"{"path":"data/checkpoint-1"}"#);
    let (head, _) = fetch(
        to,
        "POST",
        "/checkpoint",
        "content-length: 0\r\norigin: https://evil.example\r\n",
    )
    .await;
    assert!(head.starts_with("HTTP/1.1 403"), "{head}");
    assert!(fetch(to, "GET", "/checkpoint", "").await.0.starts_with("HTTP/1.1 405"));
}
