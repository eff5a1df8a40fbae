//! Bets whose stake the house has given.

use shardbook_proto::client::v1::BetType::{All, Singles};
use shardbook_proto::client::v1::client_message::Request;
use shardbook_proto::client::v1::{BetStatus, SlipBet};
use shardbook_proto::provider::v1::Outcome::{Lost, Void, Won};
use shardbook_tests::{House, slip, staked};

use super::{events, names, selections};

/// Protects promotion money: a free bet is granted once, is apart from cash, pays winnings without its stake, comes back
/// as a free bet when void, and a settlement taken back takes all of that back.
#[tokio::test(flavor = "multi_thread")]
async fn granted_staked_won_void() {
    const PRICES: [&str; 4] = ["3.00", "2.00", "2.00", "1.50"];
    let house = House::open().await;
    let mut feeds = events(&house, &PRICES).await;
    let mut trader = house.trader("tess").await;
    let stranger = trader.grant("ann", "10.00").await.expect_err("nobody of that name");
    assert_eq!(stranger.code, "NOT_REGISTERED");
    let mut player = house.player("ann", "1.00").await;
    trader.grant("ann", "10.00").await.expect("granted");
    assert_eq!(
        trader.grant("ann", "10000.01").await.expect_err("too much").code,
        "FREE_BET_AMOUNT"
    );
    assert_eq!(
        (player.free_bets().await.as_str(), player.wallet().await),
        ("10.00", wallet("1.00", "0.00"))
    );

    let names = names(PRICES.len());
    let all = selections(&names, &PRICES);
    let free = |selections: &[u32], kind, stake: &str| SlipBet {
        selections: selections.to_vec(),
        free_bet: true,
        ..staked(kind, stake)
    };
    let too_much = player
        .refused(Request::PlaceSlip(slip(&all[..1], &[free(&[0], All, "10.01")])))
        .await;
    assert_eq!(
        (too_much.code.as_str(), too_much.max_stake.as_str()),
        ("INSUFFICIENT_FREE_BETS", "10.00")
    );
    let bets = [
        free(&[0], All, "4.00"),
        free(&[1], All, "3.00"),
        free(&[2, 3], Singles, "3.00"),
        SlipBet {
            selections: vec![0],
            ..staked(All, "1.00")
        },
    ];
    let taken = player.take(slip(&all, &bets)).await;
    assert_eq!((taken[0].free_bet, taken[3].free_bet), (true, false));
    assert_eq!(taken[0].potential_return, "8.00", "winnings only");
    assert_eq!(player.free_bets().await, "0.00");
    assert_eq!(
        player.wallet().await,
        ("0.00", "11.00", "0.00"),
        "stakes of both kinds are held"
    );
    let withdraw = Request::Withdraw(shardbook_proto::client::v1::Withdraw {
        amount: "0.01".into(),
        currency: "EUR".into(),
    });
    assert_eq!(
        player.refused(withdraw).await.code,
        "INSUFFICIENT_FUNDS",
        "free bets are no cash"
    );

    feeds[0].result(1, &[Won, Lost]).await;
    feeds[1].void(1).await;
    feeds[2].result(1, &[Void, Void]).await;
    feeds[3].result(1, &[Won, Lost]).await;
    // Won: 4.00 * (3.00 - 1). Void: all back. One single of two void: 1.50 back, and 1.50 * (1.50 - 1).
    for (bet, status, returned, refunded) in [
        (0, BetStatus::Won, "8.00", ""),
        (1, BetStatus::Void, "0.00", "3.00"),
        (2, BetStatus::Won, "0.75", "1.50"),
        (3, BetStatus::Won, "3.00", ""),
    ] {
        let settled = player.settled(&taken[bet].bet_id).await;
        let told = (settled.status(), settled.returned.as_str(), settled.refunded.as_str());
        assert_eq!(told, (status, returned, refunded), "bet {bet}");
    }
    assert_eq!(
        (player.free_bets().await.as_str(), player.wallet().await),
        ("4.50", wallet("11.75", "0.00"))
    );

    // The void was a mistake: the free bet that came back is staked again.
    feeds[1].unvoid(1).await;
    player.told(&taken[1].bet_id, BetStatus::Open).await;
    assert_eq!(player.free_bets().await, "1.50");
    feeds[1].result(1, &[Lost, Won]).await;
    player.told(&taken[1].bet_id, BetStatus::Lost).await;
    assert_eq!(
        (player.free_bets().await.as_str(), player.wallet().await),
        ("1.50", wallet("11.75", "0.00"))
    );
    drop(player);
    house.prove().await;
}

fn wallet(available: &str, held: &str) -> shardbook_tests::Wallet {
    shardbook_tests::Wallet(available.into(), held.into(), "0.00".into())
}
