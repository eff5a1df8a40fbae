//! More bets than are let in, and bets that come too late.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use shardbook_proto::client::v1::bulk_betting_client::BulkBettingClient;
use shardbook_proto::client::v1::client_message::Request;
use shardbook_proto::client::v1::place_bet_reply::Result as Placed;
use shardbook_proto::client::v1::server_message::Message as Body;
use shardbook_proto::client::v1::{
    BetFilter, BetStatus, PlaceBetBatchRequest, PlaceBetReply, PlaceBetRequest, PlayerRef, SelfExclude,
};
use shardbook_proto::provider::v1::Outcome::{Lost, Won};
use shardbook_shard_node::AdmissionOptions;
use shardbook_tests::{House, bet, single, soon};
use tonic::transport::Channel;

const EVENT: &str = "t:event:1";
/// Bets of each message of the crowd.
const BETS: u32 = 64;
/// Bets that come again.
const AGAIN: usize = 150;

/// Nothing but the least for everybody.
fn tiny(admission: &mut AdmissionOptions) {
    (admission.common.least, admission.common.most) = (1, 1);
    (admission.wallet_units, admission.read_units) = (1, 8);
}

fn of(id: &str) -> PlaceBetRequest {
    let player = PlayerRef {
        brand: "acme".into(),
        player: "crowd".into(),
    };
    PlaceBetRequest {
        player: Some(player),
        id: id.into(),
        bet: Some(single(EVENT, 1, "2.00", "0.10")),
    }
}

/// What each of these bets is answered, by its id.
async fn place(bulk: &mut BulkBettingClient<Channel>, ids: &[String], deadline_ms: i64) -> BTreeMap<String, Placed> {
    let bets = ids.iter().map(|id| of(id)).collect();
    let replies = soon(bulk.place_bet_batch(PlaceBetBatchRequest { bets, deadline_ms })).await;
    let told = |PlaceBetReply { id, result }| (id, result.expect("a result"));
    replies
        .expect("call")
        .into_inner()
        .replies
        .into_iter()
        .map(told)
        .collect()
}

/// The bets that were taken, by the ids under which they were sent; the others found no room.
fn taken_of(told: BTreeMap<String, Placed>) -> BTreeMap<String, String> {
    let taken = |(id, told)| match told {
        Placed::Placed(placed) => Some((id, placed.bet.expect("a bet").bet_id)),
        Placed::Error(error) => {
            let said = (&*error.code, error.retry, error.retry_after_ms > 0);
            assert_eq!(said, ("OVERLOADED", true, true), "{}", error.message);
            None
        }
        Placed::Slip(_) => panic!("nothing waits here"),
    };
    told.into_iter().filter_map(taken).collect()
}

/// Protects players' money and their protection from a crowd of bets: while more bets come than are let in, and most of
/// them are refused, a result is paid, money is moved, and a player who wants to stop is heard. What was refused was not
/// done, and is done once when it comes again with the same id.
#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_of_bets_shuts_nobody_out() {
    let house = House::admitting(tiny).await;
    let mut feed = house.feed(EVENT).await;
    feed.market("MATCH_ODDS", &["2.00", "2.00"]).await;
    let other = feed.market("TOTAL", &["3.00", "1.50"]).await;
    let _crowd = house.player("crowd", "10000.00").await;
    let mut winner = house.player("winner", "10.00").await;
    let on_other = bet(
        &[(EVENT, other, 1, "3.00")],
        "10.00",
        shardbook_proto::client::v1::PricePolicy::Exact,
    );
    let open = winner.place(on_other).await;

    let over = Arc::<AtomicBool>::default();
    let crowd = tokio::spawn({
        let (over, mut bulk) = (Arc::clone(&over), BulkBettingClient::new(house.channel().await));
        async move {
            let (mut asked, mut taken) = (Vec::new(), BTreeMap::new());
            // One message at the least, however fast the others are.
            while asked.is_empty() || !over.load(Ordering::Acquire) {
                let ids: Vec<_> = (0..BETS).map(|n| format!("b{}", asked.len() as u32 + n)).collect();
                taken.extend(taken_of(place(&mut bulk, &ids, 0).await));
                asked.extend(ids);
            }
            (asked, taken)
        }
    });
    feed.result(other, &[Won, Lost]).await;
    let settled = winner.settled(&open.bet_id).await;
    assert_eq!((settled.status(), &*settled.returned), (BetStatus::Won, "30.00"));
    for _ in 0..20 {
        winner.deposit("1.00").await;
        winner.withdraw("2.00").await;
    }
    let stop = Request::SelfExclude(SelfExclude {
        until_ms: i64::from(u32::MAX) * 1_000,
    });
    assert!(matches!(winner.ask(stop).await, Body::SelfExcluded(_)));
    over.store(true, Ordering::Release);
    let (asked, mut taken) = soon(crowd).await.expect("the crowd is well");
    assert!(
        !taken.is_empty() && taken.len() < asked.len(),
        "{} of {} were let in",
        taken.len(),
        asked.len()
    );

    // Again with the same ids, those that were done among them: they are answered, and none is done twice.
    let mut bulk = BulkBettingClient::new(house.channel().await);
    let mut left: Vec<_> = asked.into_iter().take(AGAIN).collect();
    while !left.is_empty() {
        let few = left.len().min(BETS as usize);
        let now = taken_of(place(&mut bulk, &left[..few], 0).await);
        left.retain(|id| !now.contains_key(id));
        for (id, bet) in now {
            assert_eq!(
                *taken.entry(id).or_insert_with(|| bet.clone()),
                bet,
                "the same bet again"
            );
        }
    }
    let mut crowd = house.player("crowd", "0.00").await;
    let mut held: Vec<_> = crowd
        .bets(BetFilter::Open)
        .await
        .into_iter()
        .map(|bet| bet.bet_id)
        .collect();
    let mut told: Vec<_> = taken.into_values().collect();
    held.sort();
    told.sort();
    assert_eq!(held, told, "every bet once");
    assert_eq!(winner.wallet().await, ("10.00", "0.00", "0.00"));
    drop((winner, crowd, feed));
    house.prove().await;
}

/// Protects a client who has given up from a bet that is taken all the same: after its deadline it is refused undone by
/// every way in, may come again with the same id, and once it is done a late repeat hears that it was.
#[tokio::test(flavor = "multi_thread")]
async fn a_bet_after_its_deadline_is_not_done() {
    let house = House::open().await;
    let mut feed = house.feed(EVENT).await;
    feed.market("MATCH_ODDS", &["2.00", "2.00"]).await;
    let mut player = house.player("crowd", "1.00").await;
    let mut bulk = BulkBettingClient::new(house.channel().await);
    let by = |deadline: &str| {
        format!(
            r#"{{"id":"w","deadlineMs":"{deadline}","placeBet":{{"legs":[{{"event":"{EVENT}","market":1,"selection":1,"price":"2.00"}}],"stake":"0.40","currency":"EUR"}}}}"#
        )
    };
    let is_late = |code: &str, retry: bool| assert_eq!((code, retry), ("DEADLINE_PASSED", true));
    player.write(by("1")).await;
    match player.answer("w").await {
        Body::Error(no) => is_late(&no.code, no.retry),
        other => panic!("{other:?}"),
    }
    let ids = ["m".to_owned()];
    match &place(&mut bulk, &ids, 1).await["m"] {
        Placed::Error(no) => is_late(&no.code, no.retry),
        other => panic!("{other:?}"),
    }
    assert_eq!(player.wallet().await, ("1.00", "0.00", "0.00"));
    for deadline in ["0", "1"] {
        player.write(by(deadline)).await;
        let told = player.answer("w").await;
        assert!(matches!(told, Body::BetPlaced(_)), "{deadline}: {told:?}");
        let told = &place(&mut bulk, &ids, deadline.parse().expect("a number")).await["m"];
        assert!(matches!(told, Placed::Placed(_)), "{deadline}: {told:?}");
    }
    assert_eq!(player.wallet().await, ("0.50", "0.50", "0.00"));
    drop((player, feed));
    house.prove().await;
}
