//! Slips that are well formed and refused, each with its code; the wallet and the bets stay as they were.

use shardbook_proto::client::v1::client_message::Request;
use shardbook_proto::client::v1::{BetFilter, PlaceBet, PricePolicy};
use shardbook_proto::provider::v1::{FeedMarketStatus, Outcome};
use shardbook_tests::{Feed, House, Way, bet};

use PricePolicy::{Any, Better, Exact};

const EVENT: &str = "t:event:1";
const OTHER: &str = "t:event:2";

/// Markets in every state: 1 open, 2 suspended, 3 closed, 4 resulted, 5 void, 6 with a removed and a priceless selection.
async fn trading_floor(house: &House) -> (Feed, Feed) {
    let (mut feed, mut other) = (house.feed(EVENT).await, house.feed(OTHER).await);
    for kind in ["OPEN", "SUSPENDED", "CLOSED", "RESULTED", "VOID", "RUNNERS"] {
        feed.market(kind, &["2.00", "3.00", "4.00"]).await;
    }
    feed.status(2, FeedMarketStatus::Suspended).await;
    feed.status(3, FeedMarketStatus::Closed).await;
    feed.result(4, &[Outcome::Won, Outcome::Lost, Outcome::Lost]).await;
    feed.void(5).await;
    feed.remove(6, 1).await;
    feed.price(6, 2, "").await;
    other.market("OPEN", &["10000", "1.50"]).await;
    (feed, other)
}

fn on(market: u32, selection: u32, price: &str, policy: PricePolicy) -> PlaceBet {
    bet(&[(EVENT, market, selection, price)], "1.00", policy)
}

fn staked(stake: &str) -> PlaceBet {
    bet(&[(EVENT, 1, 1, "2.00")], stake, Exact)
}

fn in_currency(currency: &str) -> PlaceBet {
    PlaceBet {
        currency: currency.into(),
        ..staked("1.00")
    }
}

fn rows() -> Vec<(&'static str, PlaceBet, &'static str)> {
    let many: Vec<_> = (0..21).map(|_| (EVENT, 1, 1, "2.00")).collect();
    let huge: Vec<_> = (0..65).map(|_| (EVENT, 1, 1, "2.00")).collect();
    vec![
        (
            "another currency than the wallet's",
            in_currency("GBP"),
            "CURRENCY_MISMATCH",
        ),
        ("a currency of nobody", in_currency("EUX"), "CURRENCY_UNKNOWN"),
        ("no currency", in_currency(""), "CURRENCY_UNKNOWN"),
        ("stake zero", staked("0.00"), "STAKE_NOT_POSITIVE"),
        ("stake negative", staked("-1.00"), "AMOUNT_SIGNED"),
        ("stake too precise", staked("1.001"), "AMOUNT_TOO_PRECISE"),
        ("stake as a power", staked("1e3"), "AMOUNT_EXPONENT"),
        ("stake in words", staked("ten"), "AMOUNT_NOT_A_DECIMAL"),
        ("no stake", staked(""), "AMOUNT_EMPTY"),
        (
            "stake beyond counting",
            staked("99999999999999999999"),
            "AMOUNT_TOO_LARGE",
        ),
        ("stake below the least", staked("0.09"), "STAKE_TOO_SMALL"),
        ("stake above the most", staked("10000.01"), "STAKE_TOO_LARGE"),
        ("stake above the balance", staked("100.01"), "INSUFFICIENT_FUNDS"),
        ("price of one", on(1, 1, "1.00", Any), "PRICE_NOT_ABOVE_ONE"),
        ("price below zero", on(1, 1, "-2.00", Any), "PRICE_SIGNED"),
        ("price absurd", on(1, 1, "10000.01", Any), "PRICE_TOO_HIGH"),
        ("price too precise", on(1, 1, "2.00001", Any), "PRICE_TOO_PRECISE"),
        ("no price", on(1, 1, "", Any), "PRICE_EMPTY"),
        ("a price that was, exactly", on(1, 1, "1.90", Exact), "PRICE_CHANGED"),
        (
            "a better price that was, exactly",
            on(1, 1, "2.10", Exact),
            "PRICE_CHANGED",
        ),
        (
            "a better price that was, at best",
            on(1, 1, "2.10", Better),
            "PRICE_CHANGED",
        ),
        (
            "event of nobody",
            bet(&[("t:event:9", 1, 1, "2.00")], "1.00", Any),
            "MARKET_UNKNOWN",
        ),
        (
            "event without a name",
            bet(&[("", 1, 1, "2.00")], "1.00", Any),
            "EVENT_INVALID",
        ),
        ("market of nobody", on(99, 1, "2.00", Any), "MARKET_UNKNOWN"),
        ("market zero", on(0, 1, "2.00", Any), "MARKET_UNKNOWN"),
        ("selection of nobody", on(1, 4, "2.00", Any), "SELECTION_UNKNOWN"),
        ("selection zero", on(1, 0, "2.00", Any), "SELECTION_UNKNOWN"),
        ("suspended market", on(2, 1, "2.00", Any), "MARKET_SUSPENDED"),
        ("closed market", on(3, 1, "2.00", Any), "MARKET_CLOSED"),
        ("resulted market", on(4, 1, "2.00", Any), "MARKET_RESULTED"),
        ("void market", on(5, 1, "2.00", Any), "MARKET_RESULTED"),
        ("removed selection", on(6, 1, "2.00", Any), "SELECTION_REMOVED"),
        ("selection without a price", on(6, 2, "3.00", Any), "NO_PRICE"),
        ("no legs", bet(&[], "1.00", Any), "NO_LEGS"),
        (
            "two legs of one event",
            bet(&[(EVENT, 1, 1, "2.00"), (EVENT, 6, 3, "4.00")], "1.00", Any),
            "RELATED_LEGS",
        ),
        (
            "one leg of two is suspended",
            bet(&[(OTHER, 1, 2, "1.50"), (EVENT, 2, 1, "2.00")], "1.00", Any),
            "MARKET_SUSPENDED",
        ),
        (
            "more legs than the rules allow",
            bet(&many, "1.00", Any),
            "TOO_MANY_LEGS",
        ),
        ("more legs than are read", bet(&huge, "1.00", Any), "TOO_MANY_LEGS"),
        (
            "a return beyond the most",
            bet(&[(OTHER, 1, 1, "10000")], "60.00", Any),
            "PAYOUT_TOO_LARGE",
        ),
    ]
}

/// Protects wallets from every slip that must not be taken: one code each, on both wires, and nothing half done.
#[tokio::test(flavor = "multi_thread")]
async fn refused_slips_change_nothing() {
    let house = House::open().await;
    let _floor = trading_floor(&house).await;
    for way in [Way::WebSocket, Way::Grpc] {
        let mut player = house.player_by(way, &format!("{way:?}"), "100.00").await;
        for (what, slip, code) in rows() {
            let no = player.refused(Request::PlaceBet(slip)).await;
            assert_eq!(no.code, code, "{what} ({way:?}): {}", no.message);
            assert!(!no.retry && !no.message.is_empty(), "{what}: {no:?}");
            assert_eq!(player.wallet().await, ("100.00", "0.00", "0.00"), "{what} ({way:?})");
        }
        assert_eq!(player.bets(BetFilter::Open).await, [], "{way:?}");
    }
    assert_eq!(house.prove().await.bets, 0);
}

/// Protects the customer's word on price moves: each policy takes what it allows at the price now, and a refusal tells
/// price, leg or stake that would do.
#[tokio::test(flavor = "multi_thread")]
async fn price_policies_and_offers() {
    let house = House::open().await;
    let _floor = trading_floor(&house).await;
    let mut player = house.player("ann", "100.00").await;
    for (what, asked, policy) in [
        ("the price as seen", "2.00", Exact),
        ("a better one now", "1.90", Better),
        ("the same", "2.00", Better),
        ("a worse one now", "2.10", Any),
        ("a better one now", "1.90", Any),
    ] {
        let taken = player.place(on(1, 1, asked, policy)).await;
        assert_eq!(taken.legs[0].price, "2.00", "{what} {policy:?}");
    }
    let no = player.refused(Request::PlaceBet(on(1, 1, "2.10", Better))).await;
    assert_eq!((no.price_now.as_str(), no.leg), ("2.00", Some(0)));
    let second = bet(&[(OTHER, 1, 2, "1.50"), (EVENT, 2, 1, "2.00")], "1.00", Any);
    assert_eq!(player.refused(Request::PlaceBet(second)).await.leg, Some(1));
    let no = player
        .refused(Request::PlaceBet(bet(&[(OTHER, 1, 1, "10000")], "60.00", Any)))
        .await;
    assert_eq!((no.code.as_str(), no.max_stake.as_str()), ("PAYOUT_TOO_LARGE", "50.00"));
    let no = player.refused(Request::PlaceBet(staked("95.01"))).await;
    assert_eq!(
        (no.code.as_str(), no.max_stake.as_str()),
        ("INSUFFICIENT_FUNDS", "95.00")
    );
    assert_eq!(player.wallet().await, ("95.00", "5.00", "0.00"));
    drop(player);
    house.prove().await;
}
