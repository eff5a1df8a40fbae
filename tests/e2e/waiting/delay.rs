//! Bets in play: taken after the market's delay, by what is offered then.

use shardbook_proto::client::v1::BetStatus;
use shardbook_proto::client::v1::betting_client::BettingClient;
use shardbook_proto::client::v1::client_message::Request;
use shardbook_proto::client::v1::server_message::Message as Body;
use shardbook_proto::client::v1::{
    BetFilter, PlaceBetRequest, PlaceSlip, PlayerRef, PricePolicy, SlipState, place_bet_reply,
};
use shardbook_proto::provider::v1::Outcome::{Lost, Won};
use shardbook_proto::provider::v1::{FeedMarketStatus, FixtureStatus};
use shardbook_tests::{House, Player, Way, single, slip, soon, staked};

use super::{EVENT, asked, event};

/// Protects the house from bets on what has just been seen: a bet in play is held for the market's delay, by whichever
/// message and wire it came, is never taken early, and is then told with its number.
#[tokio::test(flavor = "multi_thread")]
async fn bets_in_play_wait() {
    let house = House::open().await;
    let mut feed = event(&house).await;
    feed.in_play(1, 1).await;
    let (mut browser, mut partner) = (
        house.player("ann", "10.00").await,
        house.player_by(Way::Grpc, "bob", "10.00").await,
    );
    let slip = browser.slip(asked("4.00")).await;
    assert_eq!((slip.state(), slip.bets.len()), (SlipState::Delayed, 0));
    assert_eq!(slip.balance.expect("the balance").held, "4.00", "the stake is held");
    let plain = match partner.ask(Request::PlaceBet(single(EVENT, 1, "2.00", "3.00"))).await {
        Body::Slip(slip) => slip,
        other => panic!("no slip but {other:?}"),
    };
    assert_eq!(plain.state(), SlipState::Delayed);
    let unary = PlaceBetRequest {
        player: Some(PlayerRef {
            brand: "acme".into(),
            player: "bob".into(),
        }),
        id: "unary".into(),
        bet: Some(single(EVENT, 2, "1.80", "2.00")),
    };
    let mut client = BettingClient::new(house.channel().await);
    let reply = soon(client.place_bet(unary)).await.expect("an answer").into_inner();
    let Some(place_bet_reply::Result::Slip(unary)) = reply.result else {
        panic!("no slip but {reply:?}")
    };
    assert_eq!(unary.state(), SlipState::Delayed);
    let waiting: Vec<String> = partner.slips().await.into_iter().map(|slip| slip.slip_id).collect();
    assert_eq!(waiting, [plain.slip_id.as_str(), &unary.slip_id]);
    assert_eq!(partner.wallet().await, ("5.00", "5.00", "0.00"));

    let mut bets = Vec::new();
    for (player, slip, stake) in [
        (&mut browser, slip.slip_id, "4.00"),
        (&mut partner, plain.slip_id, "3.00"),
    ] {
        let until = player.slip_told(&slip, SlipState::Delayed).await.until_ms;
        let placed = player.slip_told(&slip, SlipState::Placed).await;
        let [bet] = placed.bets.as_slice() else {
            panic!("{placed:?}")
        };
        assert_eq!((bet.stake.as_str(), bet.legs[0].price.as_str()), (stake, "2.00"));
        assert!(
            bet.placed_ms >= until && until > 0,
            "taken at {}, due at {until}",
            bet.placed_ms
        );
        bets.push(bet.bet_id.clone());
    }
    partner.slip_told(&unary.slip_id, SlipState::Placed).await;
    assert_eq!(partner.slips().await, []);
    assert_eq!(partner.wallet().await, ("5.00", "5.00", "0.00"));
    feed.result(1, &[Won, Lost]).await;
    browser.told(&bets[0], BetStatus::Won).await;
    partner.told(&bets[1], BetStatus::Won).await;
    assert_eq!(browser.wallet().await, ("14.00", "0.00", "0.00"));
    drop((browser, partner));
    house.prove().await;
}

/// Protects the house from prices that are over: what happens to the market during the delay decides, by the player's own
/// policy, and the stake of a refused slip is free again.
#[tokio::test(flavor = "multi_thread")]
async fn what_happens_during_the_delay_counts() {
    use PricePolicy::{Any, Better, Exact};
    let house = House::open().await;
    // What happens, policy, and the price taken or the code.
    let rows: [(&str, PricePolicy, Result<&str, &str>); 8] = [
        ("nothing", Exact, Ok("2.00")),
        ("shorter", Exact, Err("PRICE_CHANGED")),
        ("shorter", Better, Err("PRICE_CHANGED")),
        ("shorter", Any, Ok("1.90")),
        ("longer", Better, Ok("2.10")),
        ("suspended", Any, Err("MARKET_SUSPENDED")),
        ("resulted", Any, Err("MARKET_RESULTED")),
        ("over", Any, Err("MARKET_CLOSED")),
    ];
    let mut open = Vec::new();
    for (row, (happens, policy, _)) in rows.iter().enumerate() {
        let name = format!("t:event:{row}");
        let mut feed = house.feed(&name).await;
        feed.market("MATCH_ODDS", &["2.00", "2.00"]).await;
        feed.in_play(1, 2).await;
        let mut player = house.player(&format!("player-{row}"), "10.00").await;
        let asked = PlaceSlip {
            policy: (*policy).into(),
            ..slip(
                &[(&name, 1, 1, "2.00")],
                &[staked(shardbook_proto::client::v1::BetType::All, "10.00")],
            )
        };
        let waiting = player.slip(asked).await;
        assert_eq!(waiting.state(), SlipState::Delayed, "{happens} {policy:?}");
        match *happens {
            "shorter" => feed.price(1, 1, "1.90").await,
            "longer" => feed.price(1, 1, "2.10").await,
            "suspended" => feed.status(1, FeedMarketStatus::Suspended).await,
            "resulted" => feed.result(1, &[Won, Lost]).await,
            "over" => {
                feed.result(1, &[Won, Lost]).await;
                feed.fixture(FixtureStatus::Ended).await;
            }
            _ => {}
        }
        open.push((player, waiting.slip_id, feed));
    }
    for ((player, slip, _feed), (happens, policy, expected)) in open.iter_mut().zip(rows) {
        match expected {
            Ok(price) => {
                let placed = player.slip_told(slip, SlipState::Placed).await;
                assert_eq!(placed.bets[0].legs[0].price, price, "{happens} {policy:?}");
                assert_eq!(player.wallet().await, ("0.00", "10.00", "0.00"), "{happens} {policy:?}");
            }
            Err(code) => {
                let refused = player.slip_refused(slip).await;
                assert_eq!(
                    (refused.code.as_str(), refused.leg),
                    (code, Some(0)),
                    "{happens} {policy:?}"
                );
                assert_eq!(player.wallet().await, ("10.00", "0.00", "0.00"), "{happens} {policy:?}");
                assert_eq!(player.bets(BetFilter::Open).await, []);
            }
        }
    }
    drop(open);
    house.prove().await;
}

/// The push that decides a slip; `None` where it came before this connection.
async fn decided(player: &mut Player, slip_id: &str) -> Option<SlipState> {
    if player.slips().await.is_empty() {
        return None;
    }
    let over = |body: &Body| match body {
        Body::SlipChanged(slip) => (slip.slip_id == slip_id && slip.until_ms == 0).then(|| slip.state()),
        _ => None,
    };
    Some(player.push(over).await)
}

/// Protects a slip that waits while the house goes down: its stake stays held, it is decided after the start and by the
/// market as it is then.
#[tokio::test(flavor = "multi_thread")]
async fn the_house_restarts_during_the_delay() {
    let house = House::open().await;
    let mut feed = event(&house).await;
    let mut other = house.feed("t:event:2").await;
    other.market("MATCH_ODDS", &["3.00", "1.40"]).await;
    for feed in [&mut feed, &mut other] {
        feed.in_play(1, 3).await;
    }
    let (mut ann, mut bob) = (house.player("ann", "10.00").await, house.player("bob", "10.00").await);
    let taken = ann.slip(asked("4.00")).await;
    let on_other = slip(
        &[("t:event:2", 1, 1, "3.00")],
        &[staked(shardbook_proto::client::v1::BetType::All, "10.00")],
    );
    let refused = bob.slip(on_other).await;
    assert_eq!(
        (taken.state(), refused.state()),
        (SlipState::Delayed, SlipState::Delayed)
    );
    other.price(1, 1, "2.50").await;
    drop((ann, bob));

    let house = house.restart().await;
    let (mut ann, mut bob) = (house.player("ann", "0.00").await, house.player("bob", "0.00").await);
    assert!(matches!(
        decided(&mut ann, &taken.slip_id).await,
        None | Some(SlipState::Placed)
    ));
    assert!(matches!(
        decided(&mut bob, &refused.slip_id).await,
        None | Some(SlipState::Refused)
    ));
    assert_eq!(ann.wallet().await, ("6.00", "4.00", "0.00"));
    assert_eq!(bob.wallet().await, ("10.00", "0.00", "0.00"), "the price was over");
    feed.reconnect(&house).await;
    feed.result(1, &[Won, Lost]).await;
    let open = ann.bets(BetFilter::Open).await;
    for bet in open {
        ann.told(&bet.bet_id, BetStatus::Won).await;
    }
    assert_eq!(ann.wallet().await, ("14.00", "0.00", "0.00"));
    drop((ann, bob));
    assert_eq!(house.prove().await.bets, 1);
}
