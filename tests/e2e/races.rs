//! Two things at once.

use futures_util::future::join_all;
use shardbook_proto::client::v1::client_message::Request;
use shardbook_proto::client::v1::server_message::Message as Body;
use shardbook_proto::client::v1::{Bet, BetFilter, BetStatus};
use shardbook_proto::provider::v1::Outcome::{Lost, Won};
use shardbook_tests::{House, Player, Way, single, soon};

/// Protects a balance from being staked twice: of two bets over two connections exactly one is taken, always.
#[tokio::test(flavor = "multi_thread")]
async fn two_connections_stake_one_balance() {
    const ROUNDS: usize = 100;
    let house = House::open().await;
    let mut feed = house.feed("t:event:1").await;
    feed.market("MATCH_ODDS", &["2.00", "2.00"]).await;
    let mut one = house.player("ann", "0.00").await;
    let mut two = house.player_by(Way::Grpc, "ann", "0.00").await;
    for round in 1..=ROUNDS {
        one.deposit("10.00").await;
        let slip = |stake: &str| Request::PlaceBet(single("t:event:1", 1, "2.00", stake));
        let (first, second) = tokio::join!(one.ask(slip("10.00")), two.ask(slip("9.99")));
        let stake = match (first, second) {
            (Body::BetPlaced(placed), Body::Error(no)) | (Body::Error(no), Body::BetPlaced(placed)) => {
                assert_eq!(no.code, "INSUFFICIENT_FUNDS");
                placed.bet.expect("a bet").stake
            }
            other => panic!("round {round}: {other:?}"),
        };
        if stake == "9.99" {
            one.withdraw("0.01").await;
        }
        assert_eq!(one.wallet().await.0, "0.00");
    }
    assert_eq!(one.bets(BetFilter::Open).await.len(), ROUNDS);
    drop((one, two));
    house.prove().await;
}

/// Places bets on selection 1, a few on the way at once, until the market takes no more.
async fn bet_until_resulted(player: &mut Player, event: &str) -> Vec<Bet> {
    let mut taken = Vec::new();
    for burst in 0.. {
        let ids: Vec<_> = (0..8).map(|n| format!("{event}/{burst}/{n}")).collect();
        for id in &ids {
            player
                .say(id, Request::PlaceBet(single(event, 1, "2.00", "0.10")))
                .await;
        }
        let mut over = false;
        for _ in &ids {
            match player.any_answer().await.1 {
                Body::BetPlaced(placed) => taken.extend(placed.bet),
                Body::Error(no) if no.code == "MARKET_RESULTED" => over = true,
                other => panic!("neither taken nor resulted: {other:?}"),
            }
        }
        if over {
            break;
        }
    }
    taken
}

/// Asks again until no bet of the event is open.
async fn settled(player: &mut Player, event: &str) {
    let open = |bets: Vec<Bet>| bets.iter().filter(|bet| bet.legs[0].event == event).count();
    while open(player.bets(BetFilter::Open).await) > 0 {}
}

/// Protects bets that are taken at the last moment: whatever crosses the result on its way is settled by it too.
#[tokio::test(flavor = "multi_thread")]
async fn bets_race_results() {
    const PLAYERS: usize = 8;
    let house = House::open().await;
    let mut players = Vec::new();
    for n in 0..PLAYERS {
        players.push(house.player(&format!("player-{n}"), "10000.00").await);
    }
    let mut total = 0;
    for round in 0..12 {
        let event = format!("t:event:{round}");
        let mut feed = house.feed(&event).await;
        feed.market("MATCH_ODDS", &["2.00", "2.00"]).await;
        let betting = join_all(players.iter_mut().map(|player| bet_until_resulted(player, &event)));
        let resulting = async {
            let mut before = house.player("watcher", if round == 0 { "10.00" } else { "0.00" }).await;
            before.place(single(&event, 1, "2.00", "0.10")).await;
            feed.result(1, if round % 2 == 0 { &[Won, Lost] } else { &[Lost, Won] })
                .await;
        };
        let (taken, ()) = tokio::join!(betting, resulting);
        total += taken.iter().map(Vec::len).sum::<usize>();
        for (player, taken) in players.iter_mut().zip(&taken) {
            soon(settled(player, &event)).await;
            let status = if round % 2 == 0 {
                BetStatus::Won
            } else {
                BetStatus::Lost
            };
            let bets = player.bets(BetFilter::Settled).await;
            let of_event: Vec<_> = bets.iter().filter(|bet| bet.legs[0].event == event).collect();
            assert_eq!(of_event.len(), taken.len(), "round {round}");
            assert!(
                of_event
                    .iter()
                    .all(|bet| bet.status() == status && bet.settlements == 1),
                "round {round}"
            );
        }
    }
    println!("{total} bets raced 12 results");
    drop(players);
    assert_eq!(house.prove().await.bets_open, 0);
}
