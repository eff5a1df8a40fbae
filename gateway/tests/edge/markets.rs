//! Image, deltas, conflation: every client holds the same book.

use shardbook_proto::client::v1::server_message::Message as Body;
use shardbook_proto::client::v1::{Subscribed, Unsubscribed};

use crate::client::{Book, Client};
use crate::house::House;

async fn subscribe(client: &mut Client, events: &str) -> Subscribed {
    let heard = client
        .ask(&format!(r#"{{"id":"s","subscribe":{{"events":[{events}]}}}}"#))
        .await;
    match heard.message {
        Some(Body::Subscribed(subscribed)) => subscribed,
        other => panic!("not subscribed: {other:?}"),
    }
}

/// Protects E-1: whoever came early, late or twice holds the book of the house, by images and unbroken deltas.
#[tokio::test]
async fn image_and_deltas_make_the_same_book_for_all() {
    let house = House::new();
    house.post_event("e1");
    house.post_market("e1", 1);
    let gateway = house.gateway(|_| ());
    let to = gateway.addresses().ws;
    let mut early = Client::connect(to).await;
    assert_eq!(subscribe(&mut early, "").await, Subscribed { events: 1, markets: 1 });
    let (mut first, mut second) = (Book::default(), Book::default());
    for _ in 0..2 {
        first.take(early.hear().await);
    }
    house.post_event("e2");
    house.post_market("e2", 7);
    for step in 0..200 {
        house.move_price("e1", 1, &format!("2.{step:02}"));
        house.move_price("e2", 7, &format!("3.{step:02}"));
    }
    while first.markets != house.book() {
        first.take(early.hear().await);
    }
    let mut late = Client::connect(to).await;
    assert_eq!(subscribe(&mut late, "").await, Subscribed { events: 2, markets: 2 });
    for step in 0..50 {
        house.move_price("e2", 7, &format!("4.{step:02}"));
    }
    while second.markets != house.book() {
        second.take(late.hear().await);
    }
    while first.markets != house.book() {
        first.take(early.hear().await);
    }
    assert_eq!(
        (first.deltas, first.resyncs, first.events),
        (450, 0, 2),
        "who reads misses no delta"
    );
    assert_eq!(second.events, 2, "the events came with the markets");
}

/// Protects a client's bandwidth: it gets what it follows, nothing after it unsubscribed, and all that comes later.
#[tokio::test]
async fn a_client_gets_what_it_follows() {
    let house = House::new();
    for event in ["e1", "e2"] {
        house.post_event(event);
        house.post_market(event, 1);
    }
    let gateway = house.gateway(|_| ());
    let mut client = Client::connect(gateway.addresses().ws).await;
    assert_eq!(
        subscribe(&mut client, r#""e2","later""#).await,
        Subscribed { events: 1, markets: 1 }
    );
    let mut book = Book::default();
    for _ in 0..2 {
        book.take(client.hear().await);
    }
    house.move_price("e1", 1, "9.99");
    house.move_price("e2", 1, "2.10");
    house.post_event("later");
    house.post_market("later", 3);
    for _ in 0..3 {
        book.take(client.hear().await);
    }
    assert_eq!(book.markets.keys().collect::<Vec<_>>(), ["e2/1", "later/3"]);

    let left = client.ask(r#"{"id":"u","unsubscribe":{"events":["e2"]}}"#).await;
    assert_eq!(left.message, Some(Body::Unsubscribed(Unsubscribed {})));
    house.move_price("e2", 1, "2.20");
    house.move_price("later", 3, "2.30");
    let Some(Body::Delta(delta)) = client.hear().await.message else {
        panic!("no delta")
    };
    assert_eq!(delta.event, "later", "the event left is silent");

    let listed = client.ask(r#"{"id":"l","listEvents":{}}"#).await;
    let Some(Body::Events(events)) = listed.message else {
        panic!("no events")
    };
    assert_eq!(
        events.events.iter().map(|info| info.event.as_str()).collect::<Vec<_>>(),
        ["e1", "e2", "later"]
    );
}

/// Protects E-1 and the gateway's memory together: a client that did not read is conflated, told so, and then holds
/// the same book as one that never lagged.
#[tokio::test]
async fn a_slow_reader_is_conflated_to_the_same_book() {
    let house = House::new();
    house.post_event("e");
    for market in 0..20 {
        house.post_market("e", market);
    }
    let gateway = house.gateway(|config| config.outbox_bytes = 16 * 1_024);
    let to = gateway.addresses();
    let mut slow = Client::narrow(to.ws).await;
    let mut quick = Client::connect(to.ws).await;
    let (mut slow_book, mut quick_book) = (Book::default(), Book::default());
    subscribe(&mut slow, "").await;
    subscribe(&mut quick, "").await;
    let mut step = 0;
    while crate::site::figure(to.http, "updates_conflated").await == 0 {
        for _ in 0..25 {
            step += 1;
            for market in 0..20 {
                house.move_price("e", market, &format!("{step}.{market:02}"));
            }
            while quick_book.markets != house.book() {
                quick_book.take(quick.hear().await);
            }
        }
    }
    while slow_book.markets != house.book() {
        slow_book.take(slow.hear().await);
    }
    assert!(slow_book.resyncs > 0, "it was told that updates were left out");
    assert!(slow_book.deltas < quick_book.deltas);
    assert_eq!(slow_book.markets, quick_book.markets);
    house.move_price("e", 3, "1.01");
    while slow_book.markets != house.book() {
        slow_book.take(slow.hear().await);
    }
}

/// Protects the replica of the gateway: when it fell behind the bus it takes a fresh image, and its clients follow.
#[tokio::test(flavor = "current_thread")]
async fn a_gateway_behind_the_bus_catches_up() {
    let mut house = House::new();
    house.topic = std::sync::Arc::new(shardbook_gateway::PublicTopic::new(4));
    house.post_event("e");
    house.post_market("e", 1);
    let gateway = house.gateway(|_| ());
    let to = gateway.addresses();
    let mut client = Client::connect(to.ws).await;
    subscribe(&mut client, "").await;
    let mut book = Book::default();
    // One thread and no await: the gateway cannot read in between.
    for step in 0..100 {
        house.move_price("e", 1, &format!("2.{step:02}"));
    }
    while book.markets != house.book() {
        book.take(client.hear().await);
    }
    assert!(crate::site::figure(to.http, "bus_missed").await > 0);
    house.move_price("e", 1, "5.00");
    while book.markets != house.book() {
        book.take(client.hear().await);
    }
}
