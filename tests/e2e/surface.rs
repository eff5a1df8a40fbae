//! What operators' tools ask of the gRPC port, and partners of its unary calls.

use futures_util::{StreamExt, stream};
use shardbook_proto::client::v1::betting_client::BettingClient;
use shardbook_proto::client::v1::{
    CashOut, CashOutReply, CashOutRequest, CashedOut, CashierRequest, GetBalanceRequest, ListBets, ListBetsRequest,
    LockCashOut, LockCashOutRequest, PlaceBetRequest, PlayerRef, cash_out_reply, cashier_reply, get_balance_reply,
    list_bets_reply, place_bet_reply,
};
use shardbook_tests::{House, single, soon};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

/// Protects tools that find their way by reflection, and load balancers that ask for health.
#[tokio::test(flavor = "multi_thread")]
async fn services_are_listed_and_healthy() {
    let house = House::open().await;
    let list = MessageRequest::ListServices(String::new());
    let ask = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(list),
    };
    let mut reflection = ServerReflectionClient::new(house.channel().await);
    let asked = soon(reflection.server_reflection_info(stream::iter([ask])))
        .await
        .expect("is served");
    let answer = soon(asked.into_inner().next())
        .await
        .expect("an answer")
        .expect("a message");
    let Some(MessageResponse::ListServicesResponse(list)) = answer.message_response else {
        panic!("no list")
    };
    let names: Vec<_> = list.service.iter().map(|service| service.name.as_str()).collect();
    let mut health = HealthClient::new(house.channel().await);
    for service in ["shardbook.client.v1.Betting", "shardbook.provider.v1.Feed"] {
        assert!(names.contains(&service), "{service} is not in {names:?}");
        let check = HealthCheckRequest {
            service: service.into(),
        };
        let status = soon(health.check(check)).await.expect("is known").into_inner().status();
        assert_eq!(status, ServingStatus::Serving, "{service}");
    }
    drop((reflection, health));
    house.prove().await;
}

/// Protects partners without a stream: each call is one whole command, and a repeat of its id changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn unary_calls() {
    let house = House::open().await;
    let mut feed = house.feed("t:event:1").await;
    feed.market("MATCH_ODDS", &["2.00", "2.00"]).await;
    let mut betting = BettingClient::new(house.channel().await);
    let player = || {
        Some(PlayerRef {
            brand: "acme".into(),
            player: "ann".into(),
        })
    };
    let funds = |id: &str, register| CashierRequest {
        player: player(),
        id: id.into(),
        amount: "5.00".into(),
        currency: "EUR".into(),
        register,
    };
    let unknown = soon(betting.deposit(funds("d", false)))
        .await
        .expect("answers")
        .into_inner();
    assert!(matches!(unknown.result, Some(cashier_reply::Result::Error(error)) if error.code == "NOT_REGISTERED"));
    for _ in 0..2 {
        let paid = soon(betting.deposit(funds("d1", true)))
            .await
            .expect("answers")
            .into_inner();
        assert!(matches!(paid.result, Some(cashier_reply::Result::Balance(balance)) if balance.available == "5.00"));
    }
    let bet = Some(single("t:event:1", 1, "2.00", "3.00"));
    let slip = PlaceBetRequest {
        player: player(),
        id: "b1".into(),
        bet,
    };
    let mut placed = Vec::new();
    for _ in 0..2 {
        let reply = soon(betting.place_bet(slip.clone()))
            .await
            .expect("answers")
            .into_inner();
        let Some(place_bet_reply::Result::Placed(bet)) = reply.result else {
            panic!("no bet: {reply:?}")
        };
        placed.push(bet.bet.expect("a bet").bet_id);
    }
    assert_eq!(placed[0], placed[1]);
    let asked = GetBalanceRequest { player: player() };
    let balance = soon(betting.get_balance(asked)).await.expect("answers").into_inner();
    let Some(get_balance_reply::Result::Balance(balance)) = balance.result else {
        panic!("no balance")
    };
    assert_eq!((balance.available.as_str(), balance.held.as_str()), ("2.00", "3.00"));
    let asked = ListBetsRequest {
        player: player(),
        list: Some(ListBets::default()),
    };
    let bets = soon(betting.list_bets(asked)).await.expect("answers").into_inner();
    assert!(matches!(bets.result, Some(list_bets_reply::Result::Bets(bets)) if bets.bets.len() == 1));
    let mut taken = funds("w1", false);
    taken.amount = "2.00".into();
    let taken = soon(betting.withdraw(taken)).await.expect("answers").into_inner();
    assert!(matches!(taken.result, Some(cashier_reply::Result::Balance(balance)) if balance.available == "0.00"));
    drop(betting);
    house.prove().await;
}

/// Protects partners who sell bets back call by call: a price is kept and paid once however often it is asked for, and
/// another amount, another player's bet and a sold one are refused.
#[tokio::test(flavor = "multi_thread")]
async fn unary_sales() {
    let house = House::open().await;
    let mut feed = house.feed("t:event:1").await;
    feed.market("MATCH_ODDS", &["2.00", "2.00"]).await;
    let mut ann = house.player("ann", "10.00").await;
    let bet = ann.place(single("t:event:1", 1, "2.00", "10.00")).await.bet_id;
    let mut bob = house.player("bob", "10.00").await;
    let others = bob.place(single("t:event:1", 1, "2.00", "10.00")).await.bet_id;
    let player = || {
        Some(PlayerRef {
            brand: "acme".into(),
            player: "ann".into(),
        })
    };
    let mut betting = BettingClient::new(house.channel().await);
    let told = |reply: CashOutReply| match reply.result {
        Some(cash_out_reply::Result::Locked(locked)) => format!("kept {} for {}", locked.amount, locked.stake),
        Some(cash_out_reply::Result::Paid(paid)) => format!("paid {} of {}", paid.paid, bet_of(&paid)),
        Some(cash_out_reply::Result::Error(error)) => error.code,
        None => "nothing".into(),
    };
    for (id, bet, stake, expected) in [
        ("l1", &bet, "4.00", "kept 3.80 for 4.00"),
        ("l1", &bet, "4.00", "kept 3.80 for 4.00"),
        ("l2", &others, "", "BET_UNKNOWN"),
        ("l3", &bet, "10.01", "CASH_OUT_STAKE"),
        ("", &bet, "", "BAD_ID"),
    ] {
        let lock = LockCashOut {
            bet_id: bet.clone(),
            stake: stake.into(),
        };
        let ask = LockCashOutRequest {
            player: player(),
            id: id.into(),
            lock: Some(lock),
        };
        let reply = soon(betting.lock_cash_out(ask)).await.expect("answers").into_inner();
        assert_eq!(told(reply), expected, "{id}");
    }
    for (id, bet, amount, expected) in [
        ("s1", &bet, "3.81", "CASH_OUT_AMOUNT"),
        ("s2", &bet, "3.80", "paid 3.80 of 4.00"),
        ("s2", &bet, "3.80", "paid 3.80 of 4.00"),
        ("s3", &bet, "3.80", "CASH_OUT_NOT_LOCKED"),
        ("s2", &bet, "3.79", "COMMAND_ID_REUSED"),
        ("s4", &others, "3.80", "BET_UNKNOWN"),
        ("s5", &bet, "", "AMOUNT_EMPTY"),
    ] {
        let sale = CashOut {
            bet_id: bet.clone(),
            amount: amount.into(),
        };
        let ask = CashOutRequest {
            player: player(),
            id: id.into(),
            cash_out: Some(sale),
        };
        let reply = soon(betting.cash_out(ask)).await.expect("answers").into_inner();
        assert_eq!(told(reply), expected, "{id}");
    }
    assert_eq!(ann.wallet().await, ("3.80", "6.00", "0.00"));
    drop((ann, bob, betting));
    house.prove().await;
}

/// The stake of the bet that was sold.
fn bet_of(sold: &CashedOut) -> &str {
    sold.bet.as_ref().map_or("", |bet| &bet.cashed_stake)
}
