//! One command id, one outcome, for ever.

use shardbook_proto::client::v1::client_message::Request;
use shardbook_proto::client::v1::server_message::Message as Body;
use shardbook_proto::client::v1::{BetFilter, BetType, Deposit, SlipBet, SlipState, Withdraw};
use shardbook_proto::provider::v1::Outcome;
use shardbook_tests::{House, Way, single, slip, soon, staked};

const EVENT: &str = "t:event:1";

/// Protects players whose connection breaks: a repeat gets the first answer, from memory, from disk and after a restart,
/// on any connection; other content under the id is refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_has_no_second_effect() {
    let house = House::open().await;
    let mut feed = house.feed(EVENT).await;
    feed.market("MATCH_ODDS", &["2.00", "2.00"]).await;
    let mut player = house.player("ann", "100.00").await;
    let bet = |stake: &str| Request::PlaceBet(single(EVENT, 1, "2.00", stake));
    let deposit = || {
        Request::Deposit(Deposit {
            amount: "10.00".into(),
            currency: "EUR".into(),
        })
    };
    let placed = player.ask_as("once", bet("5.00")).await;
    assert!(matches!(placed, Body::BetPlaced(_)), "{placed:?}");
    let refused = player.ask_as("no", bet("500.00")).await;
    assert!(
        matches!(&refused, Body::Error(error) if error.code == "INSUFFICIENT_FUNDS"),
        "{refused:?}"
    );
    let paid = player.ask_as("pay", deposit()).await;

    for round in 0..3 {
        let mut again = house.player_by(Way::Grpc, "ann", "0.00").await;
        for connection in [&mut player, &mut again] {
            assert_eq!(connection.ask_as("once", bet("5.00")).await, placed, "round {round}");
            assert_eq!(
                connection.ask_as("no", bet("500.00")).await,
                refused,
                "round {round}: a refusal is an outcome"
            );
            assert_eq!(connection.ask_as("pay", deposit()).await, paid, "round {round}");
            let withdraw = Request::Withdraw(Withdraw {
                amount: "10.00".into(),
                currency: "EUR".into(),
            });
            for other in [bet("5.01"), deposit(), withdraw] {
                match connection.ask_as("once", other).await {
                    Body::Error(error) => assert_eq!(error.code, "COMMAND_ID_REUSED"),
                    body => panic!("other content under a known id: {body:?}"),
                }
            }
        }
        // Pushes the outcomes out of what the player's actor remembers itself.
        for _ in 0..10 {
            player.place(single(EVENT, 2, "2.00", "1.00")).await;
        }
    }
    assert_eq!(player.wallet().await, ("75.00", "35.00", "0.00"));
    feed.result(1, &[Outcome::Won, Outcome::Lost]).await;
    drop(player);

    let house = house.restart().await;
    let mut player = house.player("ann", "0.00").await;
    assert_eq!(player.ask_as("once", bet("5.00")).await, placed, "after a restart");
    assert_eq!(player.ask_as("no", bet("500.00")).await, refused, "after a restart");
    // The settlement may still be at work, and a bet that is settled between two questions would be in both answers.
    soon(async { while !player.bets(BetFilter::Open).await.is_empty() {} }).await;
    assert_eq!(player.bets(BetFilter::Settled).await.len(), 31);
    drop(player);
    assert_eq!(house.prove().await.bets, 31);
}

/// Protects stakes and gifts from being counted twice: a repeated slip, a repeated one that had to wait, and a repeated
/// free bet of a trader have no second effect, before and after a restart.
#[tokio::test(flavor = "multi_thread")]
async fn repeated_slips_and_gifts() {
    let house = House::open().await;
    let mut feed = house.feed(EVENT).await;
    feed.market("MATCH_ODDS", &["2.00", "3.00"]).await;
    let mut player = house.player("ann", "10.00").await;
    let mut trader = house.trader("tess").await;
    for _ in 0..2 {
        trader.grant_as("gift", "ann", "5.00").await.expect("granted");
    }
    let other = trader.grant_as("gift", "ann", "6.00").await.expect_err("another gift");
    assert_eq!(other.code, "COMMAND_ID_REUSED");
    let asked = |stake: &str| {
        let free = SlipBet {
            free_bet: true,
            ..staked(BetType::All, "2.00")
        };
        let bets = [staked(BetType::All, stake), free];
        Request::PlaceSlip(slip(&[(EVENT, 1, 1, "2.00")], &bets))
    };
    let placed = player.ask_as("slip", asked("4.00")).await;
    assert!(
        matches!(&placed, Body::Slip(slip) if slip.bets.len() == 2),
        "{placed:?}"
    );
    feed.in_play(1, 1).await;
    let waited = player.ask_as("in play", asked("3.00")).await;
    let Body::Slip(waiting) = &waited else {
        panic!("no slip but {waited:?}")
    };
    assert_eq!(waiting.state(), SlipState::Delayed);
    player.slip_told(&waiting.slip_id, SlipState::Placed).await;
    drop(player);

    let mut house = house;
    for life in ["the first", "the second"] {
        let mut player = house.player("ann", "0.00").await;
        assert_eq!(player.ask_as("slip", asked("4.00")).await, placed, "{life}");
        assert_eq!(player.ask_as("in play", asked("3.00")).await, waited, "{life}");
        let reused = player.ask_as("slip", asked("4.01")).await;
        assert!(
            matches!(&reused, Body::Error(no) if no.code == "COMMAND_ID_REUSED"),
            "{life}: {reused:?}"
        );
        let mut trader = house.trader("tess").await;
        trader.grant_as("gift", "ann", "5.00").await.expect("granted before");
        assert_eq!(player.free_bets().await, "1.00", "{life}");
        assert_eq!(player.wallet().await, ("3.00", "11.00", "0.00"), "{life}");
        assert_eq!(player.slips().await, [], "{life}");
        drop(player);
        house = house.restart().await;
        feed.reconnect(&house).await;
    }
    assert_eq!(house.prove().await.bets, 4);
}
