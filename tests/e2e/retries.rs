//! One command id, one outcome, for ever.

use shardbook_proto::client::v1::client_message::Request;
use shardbook_proto::client::v1::server_message::Message as Body;
use shardbook_proto::client::v1::{BetFilter, Deposit, Withdraw};
use shardbook_proto::provider::v1::Outcome;
use shardbook_tests::{House, Way, single};

const EVENT: &str = "t:event:1";

/// Protects players whose connection breaks: a repeat gets the first answer, from memory, from disk and after a restart,
/// on any connection; other content under the id is refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_has_no_second_effect() {
    let house = House::open().await;
    let mut feed = house.feed(EVENT).await;
    feed.market("MATCH_ODDS", &["2.00", "2.00"]).await;
    let mut player = house.player("ann", "100.00").await;
    let slip = |stake: &str| Request::PlaceBet(single(EVENT, 1, "2.00", stake));
    let deposit = || {
        Request::Deposit(Deposit {
            amount: "10.00".into(),
            currency: "EUR".into(),
        })
    };
    let placed = player.ask_as("once", slip("5.00")).await;
    assert!(matches!(placed, Body::BetPlaced(_)), "{placed:?}");
    let refused = player.ask_as("no", slip("500.00")).await;
    assert!(
        matches!(&refused, Body::Error(error) if error.code == "INSUFFICIENT_FUNDS"),
        "{refused:?}"
    );
    let paid = player.ask_as("pay", deposit()).await;

    for round in 0..3 {
        let mut again = house.player_by(Way::Grpc, "ann", "0.00").await;
        for connection in [&mut player, &mut again] {
            assert_eq!(connection.ask_as("once", slip("5.00")).await, placed, "round {round}");
            assert_eq!(
                connection.ask_as("no", slip("500.00")).await,
                refused,
                "round {round}: a refusal is an outcome"
            );
            assert_eq!(connection.ask_as("pay", deposit()).await, paid, "round {round}");
            let withdraw = Request::Withdraw(Withdraw {
                amount: "10.00".into(),
                currency: "EUR".into(),
            });
            for other in [slip("5.01"), deposit(), withdraw] {
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
    assert_eq!(player.ask_as("once", slip("5.00")).await, placed, "after a restart");
    assert_eq!(player.ask_as("no", slip("500.00")).await, refused, "after a restart");
    let (open, settled) = (
        player.bets(BetFilter::Open).await.len(),
        player.bets(BetFilter::Settled).await.len(),
    );
    assert_eq!(open + settled, 31);
    drop(player);
    assert_eq!(house.prove().await.bets, 31);
}
