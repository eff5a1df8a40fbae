//! What a client may do wrong: one clear refusal each, and the connection is kept.

use futures_util::SinkExt;
use shardbook_proto::client::v1::server_message::Message as Body;
use shardbook_runtime::router::CallFault;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::client::{Client, bet, open, soon};
use crate::house::House;

/// Protects both sides from a client's mistakes: each has its code and its id, and the same connection goes on.
#[tokio::test]
async fn a_mistake_is_refused_and_the_connection_kept() {
    let house = House::new();
    let gateway = house.gateway(|config| config.test_cashier = false);
    let mut client = Client::connect(gateway.addresses().ws).await;
    let other = r#"{"id":"o","openSession":{"brand":"acme","player":"other","currency":"EUR"}}"#;
    let rows: [(&str, &str, &str); 14] = [
        ("{", "", "BAD_JSON"),
        ("[1]", "", "BAD_JSON"),
        (r#"{"id":"1"}"#, "1", "UNKNOWN_MESSAGE"),
        (r#"{"id":"1","dance":{}}"#, "1", "UNKNOWN_MESSAGE"),
        (r#"{"id":"1","ping":{"loud":true}}"#, "1", "UNKNOWN_FIELD"),
        (r#"{"id":"1","deposit":{"amount":5}}"#, "1", "BAD_FIELD"),
        (r#"{"id":"","ping":{}}"#, "", "BAD_ID"),
        (r#"{"id":"1","balance":{}}"#, "1", "NO_SESSION"),
        (r#"{"id":"1","placeBet":{}}"#, "1", "NO_SESSION"),
        (
            r#"{"id":"1","openSession":{"brand":"","player":"p"}}"#,
            "1",
            "BAD_BRAND",
        ),
        (
            r#"{"id":"1","openSession":{"brand":"acme","player":"é"}}"#,
            "1",
            "BAD_PLAYER",
        ),
        (r#"{"id":"1","subscribe":{"events":[""]}}"#, "1", "BAD_EVENT"),
        (r#"{"id":"1","subscribe":{}}"#, "1", ""),
        (r#"{"id":"1","unsubscribe":{"events":["e"]}}"#, "1", "SUBSCRIBED_TO_ALL"),
    ];
    for (text, id, code) in rows {
        let heard = client.ask(text).await;
        let said = match &heard.message {
            Some(Body::Error(error)) => error.code.as_str(),
            _ => "",
        };
        assert_eq!((heard.id.as_str(), said), (id, code), "{text}");
    }
    soon(client.socket.send(Message::binary(vec![1, 2, 3])))
        .await
        .expect("sends");
    assert_eq!(client.refusal().await.1, "BINARY_NOT_SUPPORTED");

    assert!(matches!(
        client.ask(&open("p")).await.message,
        Some(Body::SessionOpened(_))
    ));
    assert!(
        matches!(client.ask(&open("p")).await.message, Some(Body::SessionOpened(_))),
        "once more is no harm"
    );
    client.say(other).await;
    assert_eq!(client.refusal().await, ("o".into(), "SESSION_OPEN".into(), false));
    client
        .say(r#"{"id":"2","deposit":{"amount":"1.00","currency":"EUR"}}"#)
        .await;
    assert_eq!(client.refusal().await, ("2".into(), "CASHIER_DISABLED".into(), false));
    client.say(&bet("3")).await;
    assert_eq!(client.refusal().await, ("3".into(), "INSUFFICIENT_FUNDS".into(), false));
    assert_eq!(
        house.routed(1).await,
        ["3"],
        "nothing refused at the edge reached the house"
    );
}

/// Protects the client from reading a fault as "failed": what may have happened says so, and all may be asked again.
#[tokio::test]
async fn a_call_without_an_answer_says_whether_it_may_have_happened() {
    for (fault, code) in [
        (CallFault::Unavailable, "UNAVAILABLE"),
        (CallFault::Unknown, "UNKNOWN"),
        (CallFault::Overloaded, "OVERLOADED"),
        (CallFault::DeadlinePassed, "DEADLINE_PASSED"),
    ] {
        let house = House::new();
        let gateway = house.gateway(|_| ());
        let mut client = Client::player(gateway.addresses().ws, "p", "5.00").await;
        house.fail(fault);
        client.say(&bet("b")).await;
        assert_eq!(client.refusal().await, ("b".into(), code.into(), true));
    }
}

/// Protects a waiting client: an answer that does not come in time is UNKNOWN.
#[tokio::test]
async fn an_answer_that_does_not_come_is_unknown() {
    let house = House::new();
    house.hold();
    let gateway = house.gateway(|config| config.command_timeout_ms = 20);
    let mut client = Client::connect(gateway.addresses().ws).await;
    client.say(&open("p")).await;
    assert_eq!(client.refusal().await, ("open".into(), "UNKNOWN".into(), true));
    client.say(&bet("b")).await;
    assert_eq!(client.refusal().await.1, "NO_SESSION", "no session came of it");
}

/// Protects the shards from one impatient connection.
#[tokio::test]
async fn no_more_in_flight_than_allowed() {
    let house = House::new();
    let gateway = house.gateway(|config| config.max_inflight_per_connection = 2);
    let mut client = Client::player(gateway.addresses().ws, "p", "5.00").await;
    house.hold();
    for id in ["1", "2", "3"] {
        client.say(&bet(id)).await;
    }
    assert_eq!(client.refusal().await, ("3".into(), "TOO_MANY_IN_FLIGHT".into(), true));
    house.release();
    let mut answered = [client.hear().await.id, client.hear().await.id];
    answered.sort();
    assert_eq!(answered, ["1", "2"]);
    assert!(
        matches!(client.ask(&bet("3")).await.message, Some(Body::BetPlaced(_))),
        "there is room again"
    );
}

/// Protects everyone else from one who floods, and lets that one know which messages to send again.
#[tokio::test]
async fn a_flood_is_refused_by_rate() {
    let house = House::new();
    let gateway = house.gateway(|config| (config.commands_per_second, config.command_burst) = (1, 5));
    let mut client = Client::connect(gateway.addresses().ws).await;
    for id in 0..100 {
        client.say(&format!(r#"{{"id":"{id}","ping":{{}}}}"#)).await;
    }
    let mut refused = 0;
    for id in 0..100 {
        let heard = client.hear().await;
        assert_eq!(heard.id, id.to_string());
        refused +=
            u32::from(matches!(heard.message, Some(Body::Error(error)) if error.code == "RATE_LIMITED" && error.retry));
    }
    assert!(
        (50..=95).contains(&refused),
        "{refused} of 100 refused with a burst of 5"
    );
}

/// Protects the gateway's memory: what is too large is not read, and the client learns why it was closed.
#[tokio::test]
async fn what_cannot_be_read_closes_with_a_reason() {
    let house = House::new();
    let gateway = house.gateway(|config| config.max_frame_bytes = 1_024);
    let to = gateway.addresses().ws;

    let mut client = Client::connect(to).await;
    client.say(&"x".repeat(200_000)).await;
    let (code, reason) = client.closed().await;
    assert_eq!(code, 1009);
    assert!(reason.contains("max_frame_bytes"), "{reason}");

    let mut client = Client::connect(to).await;
    let latin = Frame::message(vec![b'{', 0xE9, b'}'], OpCode::Data(Data::Text), true);
    soon(client.socket.send(Message::Frame(latin))).await.expect("sends");
    assert_eq!(client.closed().await.0, 1007);

    let mut client = Client::connect(to).await;
    let reserved = Frame::message(vec![], OpCode::Data(Data::Reserved(5)), true);
    soon(client.socket.send(Message::Frame(reserved))).await.expect("sends");
    assert_eq!(client.closed().await.0, 1002);
}
