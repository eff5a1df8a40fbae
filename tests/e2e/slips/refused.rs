//! Slips that are not taken: every reason is told, and nothing is half done.

use std::collections::BTreeSet;

use shardbook_proto::client::v1::BetType::{All, Lucky15, Singles, System, Trixie};
use shardbook_proto::client::v1::client_message::Request;
use shardbook_proto::client::v1::{BetFilter, PlaceSlip, SlipBet};
use shardbook_proto::provider::v1::FeedMarketStatus;
use shardbook_tests::{House, Way, slip, staked};

use super::{events, names, selections};

/// Protects the whole slip: one bad leg and one bad stake refuse all of it, with every reason by bet and leg, and the good
/// bets on it are not placed.
#[tokio::test(flavor = "multi_thread")]
async fn one_bad_leg_refuses_all() {
    const PRICES: [&str; 4] = ["2.00", "3.00", "4.00", "1.50"];
    let house = House::open().await;
    let mut feeds = events(&house, &PRICES).await;
    feeds[1].status(1, FeedMarketStatus::Suspended).await;
    feeds[2].price(1, 1, "3.80").await;
    let names = names(PRICES.len());
    let on = |selections: &[u32], stake: &str| SlipBet {
        selections: selections.to_vec(),
        ..staked(All, stake)
    };
    let asked = slip(
        &selections(&names, &PRICES),
        &[
            on(&[0], "1.00"),
            on(&[1], "1.00"),
            on(&[2, 3], "0.05"),
            on(&[3], "150.00"),
        ],
    );
    for way in [Way::WebSocket, Way::Grpc] {
        let mut player = house.player_by(way, &format!("{way:?}"), "100.00").await;
        let refused = player.refused(Request::PlaceSlip(asked.clone())).await;
        let reasons: BTreeSet<_> = refused
            .reasons
            .iter()
            .map(|reason| (reason.code.as_str(), reason.bet, reason.leg))
            .collect();
        let expected = [
            ("INSUFFICIENT_FUNDS", Some(3), None),
            ("MARKET_SUSPENDED", None, Some(1)),
            ("PRICE_CHANGED", None, Some(2)),
            ("STAKE_TOO_SMALL", Some(2), None),
        ];
        assert_eq!(reasons, expected.into(), "{way:?}");
        assert!(refused.reasons.iter().all(|reason| !reason.message.is_empty()));
        let price = |reason: &&shardbook_proto::client::v1::Reason| reason.leg == Some(2);
        let price = refused.reasons.iter().find(price).expect("found above");
        assert_eq!(price.price_now, "3.80");
        assert_eq!(
            refused.code, refused.reasons[0].code,
            "the first reason is that of the answer"
        );
        assert_eq!(player.wallet().await, ("100.00", "0.00", "0.00"));
        assert_eq!(player.bets(BetFilter::Open).await, []);
    }
    assert_eq!(house.prove().await.bets, 0);
}

fn rows() -> Vec<(&'static str, PlaceSlip, &'static str)> {
    const PRICES: [&str; 20] = ["2.00"; 20];
    let names = names(20);
    let all = selections(&names, &PRICES);
    let one = |selections: usize, bet: SlipBet| slip(&all[..selections], &[bet]);
    let many: Vec<_> = (0..64).map(|_| all[0]).collect();
    let system = |sizes: &[u32], stake: &str| SlipBet {
        sizes: sizes.to_vec(),
        ..staked(System, stake)
    };
    let on = |selections: &[u32], bet: SlipBet| SlipBet {
        selections: selections.to_vec(),
        ..bet
    };
    let with = |bankers: &[u32], bet: SlipBet| SlipBet {
        bankers: bankers.to_vec(),
        ..bet
    };
    let of_kind = |kind: i32| SlipBet {
        r#type: kind,
        ..staked(All, "1.00")
    };
    let stake_of = |kind: i32| SlipBet {
        stake_kind: kind,
        ..staked(All, "1.00")
    };
    let each_way = SlipBet {
        each_way: true,
        ..staked(All, "1.00")
    };
    let single = || on(&[0], staked(All, "1.00"));
    let related = [all[0], ("t:event:1", 2, 1, "2.00")];
    vec![
        ("no bets", slip(&all[..1], &[]), "NO_BETS"),
        ("no selections", slip(&[], &[staked(All, "1.00")]), "NO_LEGS"),
        ("51 bets", slip(&all[..1], &vec![single(); 51]), "TOO_MANY_BETS"),
        (
            "64 selections",
            slip(&many, &[staked(Singles, "64.00")]),
            "TOO_MANY_LEGS",
        ),
        (
            "63 selections, where 20 are allowed",
            slip(&many[..63], &[staked(Singles, "63.00")]),
            "TOO_MANY_LEGS",
        ),
        ("a type of nobody", one(3, of_kind(99)), "BET_TYPE_UNKNOWN"),
        ("stake of neither kind", one(3, stake_of(7)), "STAKE_KIND_UNKNOWN"),
        (
            "a selection that is not there",
            one(3, on(&[0, 3], staked(All, "1.00"))),
            "SELECTION_NOT_ON_SLIP",
        ),
        (
            "one far away",
            one(3, on(&[4_000_000_000], staked(All, "1.00"))),
            "SELECTION_NOT_ON_SLIP",
        ),
        (
            "a banker that is not there",
            one(3, with(&[3], system(&[2], "1.00"))),
            "SELECTION_NOT_ON_SLIP",
        ),
        (
            "a banker of another bet",
            slip(
                &all[..4],
                &[on(&[0, 1, 2], with(&[3], system(&[2], "3.00"))), staked(All, "1.00")],
            ),
            "COMBINATIONS_INVALID",
        ),
        (
            "nothing but bankers",
            one(3, with(&[0, 1, 2], system(&[1], "1.00"))),
            "COMBINATIONS_INVALID",
        ),
        (
            "a selection that no bet is on",
            one(3, on(&[0, 1], staked(All, "1.00"))),
            "SELECTION_UNUSED",
        ),
        (
            "a selection twice",
            slip(&[all[0], all[0]], &[staked(Singles, "2.00")]),
            "SELECTION_TWICE",
        ),
        ("a Trixie of two", one(2, staked(Trixie, "4.00")), "BET_TYPE_SELECTIONS"),
        (
            "a Lucky 15 with a banker",
            one(5, with(&[0], staked(Lucky15, "15.00"))),
            "BET_TYPE_SELECTIONS",
        ),
        (
            "a system of no size",
            one(3, system(&[], "1.00")),
            "COMBINATIONS_INVALID",
        ),
        ("a size of none", one(3, system(&[0], "1.00")), "COMBINATIONS_INVALID"),
        (
            "a size above the selections",
            one(3, system(&[4], "1.00")),
            "COMBINATIONS_INVALID",
        ),
        (
            "a size beyond all",
            one(3, system(&[64], "1.00")),
            "COMBINATIONS_INVALID",
        ),
        (
            "more lines than are settled in good time",
            one(20, system(&[10], "18475.60")),
            "TOO_MANY_LINES",
        ),
        (
            "a stake that leaves a rest",
            one(3, staked(Trixie, "4.01")),
            "STAKE_NOT_DIVISIBLE",
        ),
        (
            "a stake of nothing",
            one(3, staked(Trixie, "0.00")),
            "STAKE_NOT_POSITIVE",
        ),
        ("a stake below zero", one(3, staked(Trixie, "-4.00")), "AMOUNT_SIGNED"),
        ("too small a line", one(3, staked(Trixie, "0.36")), "STAKE_TOO_SMALL"),
        ("each-way on what is no race", one(1, each_way), "EACH_WAY_NOT_OFFERED"),
        (
            "two markets of one event in a line",
            slip(&related, &[staked(All, "1.00")]),
            "RELATED_LEGS",
        ),
        (
            "another currency",
            PlaceSlip {
                currency: "GBP".into(),
                ..one(1, single())
            },
            "CURRENCY_MISMATCH",
        ),
        (
            "more than the balance in all",
            slip(&all[..1], &vec![on(&[0], staked(All, "3.00")); 34]),
            "INSUFFICIENT_FUNDS",
        ),
    ]
}

/// Protects wallets from every slip that must not be taken: a code each, and nothing half done.
#[tokio::test(flavor = "multi_thread")]
async fn slips_out_of_form() {
    let house = House::open().await;
    let mut feeds = events(&house, &["2.00"; 20]).await;
    feeds[0].market("OTHER", &["2.00", "2.00"]).await;
    // Numbers that no type has can only be said over gRPC.
    let mut player = house.player_by(Way::Grpc, "ann", "100.00").await;
    for (what, asked, code) in rows() {
        let refused = player.refused(Request::PlaceSlip(asked.clone())).await;
        assert_eq!(refused.code, code, "{what}: {}", refused.message);
        assert!(!refused.retry && !refused.message.is_empty(), "{what}: {refused:?}");
        let quoted = match player.ask(Request::QuoteSlip(asked)).await {
            shardbook_proto::client::v1::server_message::Message::Error(error) => error.code,
            shardbook_proto::client::v1::server_message::Message::SlipQuote(quote) => quote.reasons[0].code.clone(),
            other => panic!("{what}: {other:?}"),
        };
        assert_eq!(quoted, code, "{what}: a quote says the same");
        assert_eq!(player.wallet().await, ("100.00", "0.00", "0.00"), "{what}");
    }
    assert_eq!(player.bets(BetFilter::Open).await, []);

    let mut browser = house.player("bob", "100.00").await;
    let text = r#"{"id":"w1","placeSlip":{"currency":"EUR","selections":[{"event":"t:event:1","market":1,"selection":1,
        "price":"2.00"}],"bets":[{"type":"BET_TYPE_LUCKY_16","stake":"1.00"}]}}"#;
    browser.write(text).await;
    let (_, answer) = browser.any_answer().await;
    let shardbook_proto::client::v1::server_message::Message::Error(refused) = answer else {
        panic!("not refused: {answer:?}")
    };
    assert_eq!(refused.code, "BAD_FIELD", "{}", refused.message);
    assert_eq!(browser.wallet().await, ("100.00", "0.00", "0.00"));
    drop((player, browser));
    assert_eq!(house.prove().await.bets, 0);
}
