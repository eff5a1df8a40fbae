//! What players set up against themselves, over the wire.

use std::time::{SystemTime, UNIX_EPOCH};

use shardbook_proto::client::v1::client_message::Request;
use shardbook_proto::client::v1::server_message::Message as Body;
use shardbook_proto::client::v1::{Deposit, LimitKind, LimitSet, SelfExclude, SetLimit, Withdraw};
use shardbook_tests::{House, Player, single};

async fn set_limit(player: &mut Player, kind: LimitKind, amount: &str) -> LimitSet {
    let set = SetLimit {
        kind: kind.into(),
        amount: amount.into(),
    };
    match player.ask(Request::SetLimit(set)).await {
        Body::LimitSet(set) => set,
        other => panic!("no limit but {other:?}"),
    }
}

fn deposit(amount: &str) -> Request {
    Request::Deposit(Deposit {
        amount: amount.into(),
        currency: "EUR".into(),
    })
}

/// Protects the player's own limits: a decrease holds at once, an increase waits, and refusals tell what is left.
#[tokio::test(flavor = "multi_thread")]
async fn limits() {
    let house = House::open().await;
    let mut feed = house.feed("t:event:1").await;
    feed.market("MATCH_ODDS", &["2.00", "2.00"]).await;
    let mut player = house.player("ann", "100.00").await;
    let slip = |stake| Request::PlaceBet(single("t:event:1", 1, "2.00", stake));

    let set = set_limit(&mut player, LimitKind::StakePerBet, "5.00").await;
    assert_eq!((set.in_force.as_str(), set.pending.as_str()), ("5.00", ""));
    let no = player.refused(slip("5.01")).await;
    assert_eq!((no.code.as_str(), no.max_stake.as_str()), ("STAKE_LIMIT", "5.00"));
    let raised = set_limit(&mut player, LimitKind::StakePerBet, "50.00").await;
    assert_eq!((raised.in_force.as_str(), raised.pending.as_str()), ("5.00", "50.00"));
    assert!(raised.pending_from_ms > 0);
    assert_eq!(player.refused(slip("5.01")).await.code, "STAKE_LIMIT");

    set_limit(&mut player, LimitKind::StakeDay, "8.00").await;
    player.place(single("t:event:1", 1, "2.00", "5.00")).await;
    let no = player.refused(slip("4.00")).await;
    assert_eq!((no.code.as_str(), no.max_stake.as_str()), ("STAKE_LIMIT", "3.00"));
    player.place(single("t:event:1", 1, "2.00", "3.00")).await;
    assert_eq!(player.refused(slip("0.10")).await.code, "STAKE_LIMIT");

    set_limit(&mut player, LimitKind::DepositDay, "150.00").await;
    assert_eq!(player.refused(deposit("50.01")).await.code, "DEPOSIT_LIMIT");
    assert_eq!(player.deposit("50.00").await, ("142.00", "8.00", "0.00"));
    let unknown = Request::SetLimit(SetLimit {
        kind: 99,
        amount: "1.00".into(),
    });
    let mut partner = house.player_by(shardbook_tests::Way::Grpc, "ann", "0.00").await;
    assert_eq!(partner.refused(unknown).await.code, "LIMIT_UNKNOWN");
    assert_eq!(player.wallet().await, ("142.00", "8.00", "0.00"));
    drop((player, partner));
    house.prove().await;
}

/// Protects the self-excluded: no bet and no deposit by any connection, no way to shorten it, but their money is theirs;
/// and so it stays after a restart.
#[tokio::test(flavor = "multi_thread")]
async fn self_exclusion() {
    let house = House::open().await;
    let mut feed = house.feed("t:event:1").await;
    feed.market("MATCH_ODDS", &["2.00", "2.00"]).await;
    let mut player = house.player("ann", "100.00").await;
    let mut other = house.player("ann", "0.00").await;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970")
        .as_millis() as i64;
    let until = |until_ms| Request::SelfExclude(SelfExclude { until_ms });
    assert_eq!(player.refused(until(now - 1)).await.code, "EXCLUSION_IN_THE_PAST");
    let Body::SelfExcluded(excluded) = player.ask(until(now + 86_400_000)).await else {
        panic!("not excluded")
    };
    assert_eq!(excluded.until_ms, now + 86_400_000);
    assert_eq!(player.refused(until(now + 3_600_000)).await.code, "EXCLUSION_TOO_SHORT");
    let slip = || Request::PlaceBet(single("t:event:1", 1, "2.00", "1.00"));
    for connection in [&mut player, &mut other] {
        assert_eq!(connection.refused(slip()).await.code, "SELF_EXCLUDED");
        assert_eq!(connection.refused(deposit("1.00")).await.code, "SELF_EXCLUDED");
    }
    assert_eq!(player.withdraw("40.00").await, ("60.00", "0.00", "0.00"));
    drop((player, other));

    let house = house.restart().await;
    feed.reconnect(&house).await;
    let mut player = house.player("ann", "0.00").await;
    assert_eq!(player.refused(slip()).await.code, "SELF_EXCLUDED");
    let too_much = Request::Withdraw(Withdraw {
        amount: "60.01".into(),
        currency: "EUR".into(),
    });
    let no = player.refused(too_much).await;
    assert_eq!(
        (no.code.as_str(), no.max_stake.as_str()),
        ("INSUFFICIENT_FUNDS", "60.00")
    );
    assert_eq!(player.withdraw("60.00").await, ("0.00", "0.00", "0.00"));
    drop(player);
    house.prove().await;
}
