//! Sessions, commands and pushes.

use shardbook_proto::client::v1::server_message::Message as Body;
use shardbook_proto::client::v1::{Bet, BetChanged};
use shardbook_proto::internal::v1::PlayerUpdate;
use shardbook_proto::internal::v1::player_update::Change;
use shardbook_proto::internal::v1::public_update::Update;

use crate::client::{Client, bet, open, soon};
use crate::house::{House, balance};

fn push(player: &str, change: Change) -> Update {
    Update::Player(PlayerUpdate {
        player_id: format!("acme/{player}"),
        change: Some(change),
    })
}

/// Protects the whole vocabulary of a player: every request gets its own kind of answer, under its id.
#[tokio::test]
async fn every_request_has_its_answer() {
    let house = House::new();
    let gateway = house.gateway(|_| ());
    let mut client = Client::player(gateway.addresses().ws, "p", "5.00").await;
    type Fits = fn(&Body) -> bool;
    let rows: [(&str, Fits); 15] = [
        (
            r#"{"id":"a","ping":{}}"#,
            |body| matches!(body, Body::Pong(pong) if pong.server_time_ms > 0),
        ),
        (
            r#"{"id":"a","balance":{}}"#,
            |body| matches!(body, Body::Balance(balance) if balance.available == "5.00"),
        ),
        (r#"{"id":"a","withdraw":{"amount":"1.00"}}"#, |body| {
            matches!(body, Body::CashierDone(_))
        }),
        (r#"{"id":"a","placeBet":{"stake":"1.50"}}"#, |body| {
            matches!(body, Body::BetPlaced(_))
        }),
        (
            r#"{"id":"a","listBets":{}}"#,
            |body| matches!(body, Body::Bets(bets) if bets.bets.len() == 1),
        ),
        (r#"{"id":"a","setLimit":{"amount":"9.00"}}"#, |body| {
            matches!(body, Body::LimitSet(_))
        }),
        (r#"{"id":"a","selfExclude":{"untilMs":"9"}}"#, |body| {
            matches!(body, Body::SelfExcluded(_))
        }),
        (
            r#"{"id":"a","placeSlip":{"bets":[{}]}}"#,
            |body| matches!(body, Body::Slip(slip) if slip.slip_id == "a"),
        ),
        (
            r#"{"id":"a","quoteSlip":{"bets":[{},{}]}}"#,
            |body| matches!(body, Body::SlipQuote(quote) if quote.bets.len() == 2),
        ),
        (r#"{"id":"a","answerOffer":{"slipId":"s","accept":true}}"#, |body| {
            matches!(body, Body::Slip(_))
        }),
        (r#"{"id":"a","listSlips":{}}"#, |body| matches!(body, Body::Slips(_))),
        (
            r#"{"id":"a","lockCashOut":{"betId":"b"}}"#,
            |body| matches!(body, Body::CashOutLocked(locked) if locked.bet_id == "b"),
        ),
        (
            r#"{"id":"a","cashOut":{"betId":"b","amount":"2.00"}}"#,
            |body| matches!(body, Body::CashedOut(sold) if sold.paid == "2.00"),
        ),
        (r#"{"id":"a","listEvents":{}}"#, |body| matches!(body, Body::Events(_))),
        (
            r#"{"id":"a","balance":{}}"#,
            |body| matches!(body, Body::Balance(balance) if balance.available == "2.50"),
        ),
    ];
    for (text, fits) in rows {
        let heard = client.ask(text).await;
        assert!(
            heard.id == "a" && heard.message.as_ref().is_some_and(fits),
            "{text}: {heard:?}"
        );
    }
}

/// Protects a client that does not wait: its commands reach the house in the order sent, the session first.
#[tokio::test]
async fn a_client_need_not_wait_for_answers() {
    let house = House::new();
    let gateway = house.gateway(|_| ());
    let mut client = Client::connect(gateway.addresses().ws).await;
    client.say(&open("p")).await;
    client
        .say(r#"{"id":"d","deposit":{"amount":"20.00","currency":"EUR"}}"#)
        .await;
    let ids: Vec<String> = (0..20).map(|n| format!("b{n}")).collect();
    for id in &ids {
        client.say(&bet(id)).await;
    }
    for _ in 0..22 {
        let heard = client.hear().await;
        assert!(!matches!(heard.message, Some(Body::Error(_))), "{heard:?}");
    }
    let routed = house.routed(21).await;
    assert_eq!(routed[0], "d");
    assert_eq!(routed[1..], ids);
}

/// Protects a bet whose player's line drops at once: it was routed and stays routed.
#[tokio::test]
async fn a_command_outlives_its_connection() {
    let house = House::new();
    let gateway = house.gateway(|_| ());
    let mut client = Client::player(gateway.addresses().ws, "p", "5.00").await;
    house.hold();
    client.say(&bet("last")).await;
    drop(client);
    assert_eq!(soon(house.routed(2)).await, ["funds", "last"]);
    house.release();
    let mut again = Client::player(gateway.addresses().ws, "p", "0.00").await;
    let bets = again.ask(r#"{"id":"l","listBets":{}}"#).await;
    assert!(matches!(bets.message, Some(Body::Bets(bets)) if bets.bets[0].bet_id == "bet-last"));
}

/// Protects a player with two devices: both are told, in order; and no other player is.
#[tokio::test]
async fn pushes_reach_every_socket_of_the_player_and_no_other() {
    let house = House::new();
    let gateway = house.gateway(|_| ());
    let to = gateway.addresses().ws;
    let mut phone = Client::player(to, "p", "0.00").await;
    let mut tablet = Client::player(to, "p", "0.00").await;
    let mut stranger = Client::player(to, "q", "0.00").await;
    let bet = Bet {
        bet_id: "b".into(),
        ..Bet::default()
    };
    house.publish(push(
        "p",
        Change::Bet(BetChanged {
            bet: Some(bet),
            balance: Some(balance(700)),
        }),
    ));
    house.publish(push("p", Change::Balance(balance(900))));
    house.publish(push("q", Change::Balance(balance(100))));
    for client in [&mut phone, &mut tablet] {
        let heard = client.hear().await;
        assert!(heard.id.is_empty(), "a push answers nothing");
        assert!(matches!(heard.message, Some(Body::BetChanged(_))));
        let Some(Body::BalanceChanged(balance)) = client.hear().await.message else {
            panic!("no balance")
        };
        assert_eq!(balance.available, "9.00");
    }
    let Some(Body::BalanceChanged(balance)) = stranger.hear().await.message else {
        panic!("no balance")
    };
    assert_eq!(
        balance.available, "1.00",
        "the first thing that the other player hears is its own"
    );
}

/// Protects the gateway's memory from a player who never reads: closed as a slow consumer, with a reason.
#[tokio::test]
async fn a_player_who_never_reads_is_closed() {
    let house = House::new();
    let gateway = house.gateway(|config| config.outbox_bytes = 4_096);
    let to = gateway.addresses();
    let mut deaf = Client::narrow(to.ws).await;
    deaf.say(&open("p")).await;
    let mut witness = Client::player(to.ws, "p", "0.00").await;
    let mut told = 0_i64;
    while crate::site::figure(to.http, "closed_slow").await == 0 {
        for _ in 0..500 {
            told += 1;
            house.publish(push("p", Change::Balance(balance(told))));
            witness.hear().await;
        }
    }
    let (code, reason) = deaf.closed().await;
    assert_eq!((code, reason.as_str()), (1008, "slow consumer"));
}
