//! Frames that are no message: one refusal with a stable code, and nothing else happens.

use shardbook_proto::client::v1::client_message::Request;
use shardbook_proto::client::v1::server_message::Message as Body;
use shardbook_proto::client::v1::{Deposit, GetBalance, ListBets};
use shardbook_tests::{House, Player, Way, single};

/// Protects the connection from its client's mistakes: each is answered with its code, the balance stays, and the
/// connection goes on.
#[tokio::test(flavor = "multi_thread")]
async fn bad_frames_are_refused_and_the_connection_kept() {
    let house = House::open().await;
    let mut feed = house.feed("t:event:1").await;
    feed.market("MATCH_ODDS", &["2.00", "2.00"]).await;
    let mut player = house.player("ann", "100.00").await;
    let slip = |extra: &str, stake: &str| {
        let leg = r#"{"event":"t:event:1","market":1,"selection":1,"price":"2.00"}"#;
        format!(r#"{{"id":"x","placeBet":{{"legs":[{leg}],"stake":{stake},"currency":"EUR"{extra}}}}}"#)
    };
    let rows = [
        ("not JSON", "{".to_owned(), "", "BAD_JSON"),
        ("no object", "[1,2]".to_owned(), "", "BAD_JSON"),
        ("nothing", String::new(), "", "BAD_JSON"),
        ("deep nesting", "[".repeat(10_000), "", "BAD_JSON"),
        (
            "a field of nobody",
            slip(r#","bonus":true"#, r#""1.00""#),
            "x",
            "UNKNOWN_FIELD",
        ),
        (
            "a message of nobody",
            r#"{"id":"x","buyHorse":{}}"#.to_owned(),
            "x",
            "UNKNOWN_MESSAGE",
        ),
        ("no message at all", r#"{"id":"x"}"#.to_owned(), "x", "UNKNOWN_MESSAGE"),
        (
            "two messages in one",
            r#"{"id":"x","balance":{},"ping":{}}"#.to_owned(),
            "x",
            "BAD_FIELD",
        ),
        ("money as a number", slip("", "1.00"), "x", "BAD_FIELD"),
        (
            "a policy of nobody",
            slip(r#","policy":"PRICE_POLICY_WHATEVER""#, r#""1.00""#),
            "x",
            "BAD_FIELD",
        ),
        ("no id", r#"{"balance":{}}"#.to_owned(), "", "BAD_ID"),
        (
            "an id too long",
            format!(r#"{{"id":"{}","balance":{{}}}}"#, "i".repeat(65)),
            "",
            "BAD_ID",
        ),
        (
            "an id of other letters",
            r#"{"id":"é","balance":{}}"#.to_owned(),
            "",
            "BAD_ID",
        ),
        (
            "a page too large",
            r#"{"id":"x","listBets":{"limit":101}}"#.to_owned(),
            "x",
            "BAD_PAGE",
        ),
        (
            "a cursor of nobody",
            r#"{"id":"x","listBets":{"cursor":"soon"}}"#.to_owned(),
            "x",
            "BAD_CURSOR",
        ),
        (
            "another player",
            r#"{"id":"x","openSession":{"brand":"acme","player":"bob","currency":"EUR"}}"#.to_owned(),
            "x",
            "SESSION_OPEN",
        ),
    ];
    for (what, frame, id, code) in rows {
        player.write(frame).await;
        match player.answer(id).await {
            Body::Error(error) => assert_eq!(error.code, code, "{what}: {}", error.message),
            other => panic!("{what} was not refused: {other:?}"),
        }
        assert_eq!(player.wallet().await, ("100.00", "0.00", "0.00"), "{what}");
    }
    player.place(single("t:event:1", 1, "2.00", "1.00")).await;
    drop(player);
    assert_eq!(house.prove().await.bets, 1);
}

/// Protects memory: a frame beyond the bound closes its connection with 1009, and only that one.
#[tokio::test(flavor = "multi_thread")]
async fn an_oversize_frame_closes_its_connection() {
    let house = House::with(|config| config.max_frame_bytes = 2_048).await;
    let mut player = house.player("ann", "10.00").await;
    let mut other = house.player("ann", "0.00").await;
    player.write(format!(r#"{{"id":"{}"}}"#, "i".repeat(4_096))).await;
    assert_eq!(player.closed().await, 1_009);
    assert_eq!(other.wallet().await, ("10.00", "0.00", "0.00"));
    drop((player, other));
    house.prove().await;
}

/// Protects the order of a conversation: nothing of a player is touched before there is a session.
#[tokio::test(flavor = "multi_thread")]
async fn commands_before_a_session() {
    let house = House::open().await;
    for way in [Way::WebSocket, Way::Grpc] {
        let mut player = Player::connect(&house, way).await;
        let deposit = Deposit {
            amount: "1.00".into(),
            currency: "EUR".into(),
        };
        for request in [
            Request::Balance(GetBalance {}),
            Request::Deposit(deposit),
            Request::PlaceBet(single("t:event:1", 1, "2.00", "1.00")),
            Request::ListBets(ListBets::default()),
        ] {
            assert_eq!(player.refused(request).await.code, "NO_SESSION", "{way:?}");
        }
        assert!(player.open_session(&format!("{way:?}"), "EUR").await.registered);
        assert_eq!(player.wallet().await, ("0.00", "0.00", "0.00"));
    }
    assert_eq!(house.prove().await.players, 2);
}
