//! Feed messages that are wrong: each refused with its code, and the book stays as it was.

use shardbook_proto::client::v1::client_message::Request;
use shardbook_proto::client::v1::server_message::Message as Seen;
use shardbook_proto::client::v1::{MarketImage, Subscribe};
use shardbook_proto::provider::v1::feed_message::Body;
use shardbook_proto::provider::v1::{
    FeedMessage, Fixture, MarketDefinition, MarketKey, MarketResult, MarketUpdate, Outcome, PostedLine, RollbackResult,
    SelectionDefinition, SelectionResult, VoidMarket,
};
use shardbook_tests::House;

const EVENT: &str = "t:event:1";

fn key(kind: &str) -> Option<MarketKey> {
    Some(MarketKey {
        r#type: kind.into(),
        specifiers: String::new(),
    })
}

fn update(change: impl FnOnce(&mut MarketUpdate)) -> Body {
    let mut update = MarketUpdate {
        key: key("MATCH_ODDS"),
        ..MarketUpdate::default()
    };
    change(&mut update);
    Body::Market(update)
}

fn posted(selection: &str, price: &str) -> Body {
    let line = PostedLine {
        selection: selection.into(),
        price: price.into(),
        removed: false,
    };
    update(|update| update.lines = vec![line])
}

fn defined(kind: &str, selections: &[&str], winners: u32) -> Body {
    let selection = |id: &&str| SelectionDefinition {
        id: (*id).into(),
        name: "a runner".into(),
    };
    let selections = selections.iter().map(selection).collect();
    update(|update| {
        update.key = key(kind);
        update.definition = Some(MarketDefinition {
            name: "a market".into(),
            winners,
            selections,
            race: None,
        });
    })
}

fn one(selection: &str, outcome: Outcome, places: u32, runners: u32) -> SelectionResult {
    SelectionResult {
        selection: selection.into(),
        outcome: outcome.into(),
        dead_heat_places: places,
        dead_heat_runners: runners,
        ..SelectionResult::default()
    }
}

fn result(kind: &str, selections: Vec<SelectionResult>) -> Body {
    Body::Result(MarketResult {
        key: key(kind),
        selections,
        unconfirmed: false,
    })
}

/// A market MATCH_ODDS with selections 1, 2 and 3, the last of them removed, has no result.
fn rows() -> Vec<(&'static str, Body, &'static str)> {
    use Outcome::{Lost, Unspecified, Void, Won};
    let plain = |selection, outcome| one(selection, outcome, 0, 0);
    vec![
        (
            "fixture without status",
            Body::Fixture(Fixture {
                sport: "x".into(),
                name: "x".into(),
                ..Fixture::default()
            }),
            "FIELD_MISSING",
        ),
        (
            "update without key",
            update(|update| update.key = None),
            "FIELD_MISSING",
        ),
        (
            "update of a market that was never defined",
            update(|update| update.key = key("NEW")),
            "MARKET_UNKNOWN",
        ),
        ("market without selections", defined("NEW", &[], 1), "NO_SELECTIONS"),
        (
            "market with one selection twice",
            defined("NEW", &["1", "1"], 1),
            "SELECTION_DUPLICATE",
        ),
        (
            "market with a key of other letters",
            defined("NE W", &["1"], 1),
            "MARKET_KEY_INVALID",
        ),
        (
            "more winners than can be",
            defined("NEW", &["1"], 70_000),
            "WINNERS_INVALID",
        ),
        (
            "status of nobody",
            update(|update| update.status = 99),
            "STATUS_UNKNOWN",
        ),
        (
            "bet delay of a day",
            update(|update| update.bet_delay_s = Some(86_400)),
            "BET_DELAY_INVALID",
        ),
        ("line of an unknown runner", posted("9", "2.00"), "SELECTION_UNKNOWN"),
        ("line of a removed runner", posted("3", "2.00"), "SELECTION_REMOVED"),
        ("price of one", posted("1", "1.00"), "PRICE_NOT_ABOVE_ONE"),
        ("negative price", posted("1", "-2.00"), "PRICE_SIGNED"),
        ("absurd price", posted("1", "10001"), "PRICE_TOO_HIGH"),
        ("price in words", posted("1", "evens"), "PRICE_NOT_A_DECIMAL"),
        ("price that is no number", posted("1", "NaN"), "PRICE_NOT_A_DECIMAL"),
        (
            "result of an unknown market",
            result("NEW", vec![plain("1", Won)]),
            "MARKET_UNKNOWN",
        ),
        (
            "result with an unknown runner",
            result("MATCH_ODDS", vec![plain("9", Won)]),
            "SELECTION_UNKNOWN",
        ),
        (
            "result that leaves a runner out",
            result("MATCH_ODDS", vec![plain("1", Won)]),
            "RESULT_INCOMPLETE",
        ),
        (
            "result with a runner twice",
            result("MATCH_ODDS", vec![plain("1", Won), plain("1", Won)]),
            "SELECTION_DUPLICATE",
        ),
        (
            "result without outcome",
            result("MATCH_ODDS", vec![plain("1", Unspecified)]),
            "FIELD_MISSING",
        ),
        (
            "removed runner that won",
            result("MATCH_ODDS", vec![plain("1", Lost), plain("2", Lost), plain("3", Won)]),
            "REMOVED_NOT_VOID",
        ),
        (
            "tie of two for two places",
            result("MATCH_ODDS", vec![one("1", Won, 2, 2)]),
            "DEAD_HEAT_INVALID",
        ),
        (
            "tie of losers",
            result("MATCH_ODDS", vec![one("1", Lost, 1, 2)]),
            "DEAD_HEAT_INVALID",
        ),
        (
            "tie of void ones",
            result("MATCH_ODDS", vec![one("1", Void, 1, 2)]),
            "DEAD_HEAT_INVALID",
        ),
        (
            "rollback on a market that was never defined",
            Body::Rollback(RollbackResult { key: key("NEW") }),
            "MARKET_UNKNOWN",
        ),
        (
            "a window that ends before it begins",
            Body::Void(VoidMarket {
                key: key("MATCH_ODDS"),
                reason: "x".into(),
                placed_from_ms: 2,
                placed_until_ms: 1,
            }),
            "WINDOW_INVALID",
        ),
        (
            "void without reason",
            Body::Void(VoidMarket {
                key: key("MATCH_ODDS"),
                reason: String::new(),
                ..VoidMarket::default()
            }),
            "TEXT_INVALID",
        ),
        (
            "void of an unknown market",
            Body::Void(VoidMarket {
                key: key("NEW"),
                reason: "x".into(),
                ..VoidMarket::default()
            }),
            "MARKET_UNKNOWN",
        ),
    ]
}

async fn image(house: &House) -> MarketImage {
    let mut player = house.player("watcher", "0.00").await;
    player
        .ask(Request::Subscribe(Subscribe {
            events: vec![EVENT.into()],
        }))
        .await;
    player
        .push(|body| match body {
            Seen::Market(image) => Some(image.clone()),
            _ => None,
        })
        .await
}

/// Protects the book from its source: a wrong message is refused whole with a stable code, and the next one is taken.
#[tokio::test(flavor = "multi_thread")]
async fn wrong_messages_change_nothing() {
    let house = House::open().await;
    let mut feed = house.feed(EVENT).await;
    feed.market("MATCH_ODDS", &["2.00", "3.00", "4.00"]).await;
    feed.remove(1, 3).await;
    let before = image(&house).await;
    for (what, body, code) in rows() {
        let message = feed.message(body);
        let id = message.id.clone();
        let reply = feed.send(message).await;
        assert_eq!(
            (reply.id.as_str(), reply.code.as_str()),
            (id.as_str(), code),
            "{what}: {}",
            reply.message
        );
        assert!(!reply.message.is_empty(), "{what}");
    }
    assert_eq!(image(&house).await, before);
    feed.price(1, 1, "2.10").await;
    assert_eq!(image(&house).await.version, before.version + 1);
    drop(feed);
    house.prove().await;
}

/// Protects the book from messages without a place: no id, no event, no time, no body, an event that was never told of.
#[tokio::test(flavor = "multi_thread")]
async fn messages_without_a_place() {
    let house = House::open().await;
    let mut feed = house.feed(EVENT).await;
    feed.market("MATCH_ODDS", &["2.00", "3.00"]).await;
    let before = image(&house).await;
    type Spoil = fn(&mut FeedMessage);
    let rows: [(&str, Spoil, &str); 8] = [
        ("no id", |message| message.id.clear(), "BAD_ID"),
        ("an id too long", |message| message.id = "i".repeat(257), "BAD_ID"),
        ("no event", |message| message.event.clear(), "EVENT_INVALID"),
        (
            "an event with a space",
            |message| message.event = "t event".into(),
            "EVENT_INVALID",
        ),
        (
            "an unknown event",
            |message| message.event = "t:event:9".into(),
            "EVENT_UNKNOWN",
        ),
        ("time before 1970", |message| message.source_ms = -1, "TIME_INVALID"),
        (
            "time backwards",
            |message| message.source_ms -= 1_001,
            "SOURCE_TIME_WENT_BACK",
        ),
        ("no body", |message| message.body = None, "FIELD_MISSING"),
    ];
    for (what, spoil, code) in rows {
        // Tells the time of the source once more, so that the next message can be before it.
        feed.fixture(shardbook_proto::provider::v1::FixtureStatus::InPlay).await;
        feed.fixture(shardbook_proto::provider::v1::FixtureStatus::Scheduled)
            .await;
        let mut message = feed.message(posted("1", "2.50"));
        spoil(&mut message);
        let reply = feed.send(message).await;
        assert_eq!(reply.code, code, "{what}: {}", reply.message);
        assert_eq!(image(&house).await, before, "{what}");
    }
    drop(feed);
    house.prove().await;
}

/// Protects a feed that reconnects: a repeat has no second effect, and other content under a known id is refused.
#[tokio::test(flavor = "multi_thread")]
async fn repeated_messages() {
    let house = House::open().await;
    let mut feed = house.feed(EVENT).await;
    feed.market("MATCH_ODDS", &["2.00", "3.00"]).await;
    let message = feed.message(posted("1", "2.50"));
    for _ in 0..3 {
        assert_eq!(feed.send(message.clone()).await.code, "");
    }
    let other = FeedMessage {
        body: Some(posted("1", "2.60")),
        ..message
    };
    assert_eq!(feed.send(other).await.code, "COMMAND_ID_REUSED");
    let seen = image(&house).await;
    assert_eq!((seen.version, seen.selections[0].price.as_str()), (2, "2.50"));
    drop(feed);
    house.prove().await;
}
