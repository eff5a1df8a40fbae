//! Lines that are paid while others are open.

use shardbook_proto::client::v1::BetStatus::{Open, PartlyWon};
use shardbook_proto::client::v1::BetType::{Patent, Trixie};
use shardbook_proto::client::v1::{BetChanged, BetFilter};
use shardbook_proto::provider::v1::Outcome::{Lost, Won};
use shardbook_tests::{House, Player, slip, staked};

use super::{events, names, selections};

/// Waits until so much was returned by a bet, and gives what was told then.
async fn returned(player: &mut Player, bet_id: &str, amount: &str) -> BetChanged {
    player
        .push(|body| match body {
            shardbook_proto::client::v1::server_message::Message::BetChanged(changed) => {
                let bet = changed.bet.as_ref()?;
                (bet.bet_id == bet_id && bet.returned == amount).then(|| changed.clone())
            }
            _ => None,
        })
        .await
}

/// Protects players who wait for their other lines: by the rules of the bet, decided lines are paid at once and told with
/// the balance, a correction takes back what was paid, and the end is the same as if all had been paid at once.
#[tokio::test(flavor = "multi_thread")]
async fn lines_are_paid_as_they_are_decided() {
    const PRICES: [&str; 3] = ["2.00", "3.00", "1.50"];
    let names = names(3);
    let house = House::by(|rules| rules.settle_lines_early = true).await;
    let mut feeds = events(&house, &PRICES).await;
    let mut player = house.player("ann", "20.00").await;
    let all = selections(&names, &PRICES);
    let taken = player
        .take(slip(&all, &[staked(Patent, "7.00"), staked(Trixie, "4.00")]))
        .await;
    let (patent, trixie) = (&*taken[0].bet_id, &*taken[1].bet_id);

    // The single at 2.00.
    feeds[0].result(1, &[Won, Lost]).await;
    let told = returned(&mut player, patent, "2.00").await;
    let (bet, balance) = (told.bet.expect("the bet"), told.balance.expect("the balance"));
    assert_eq!((bet.status(), bet.stake_settled.as_str()), (Open, "1.00"));
    assert_eq!((balance.available.as_str(), balance.held.as_str()), ("11.00", "10.00"));
    // Singles 2.00 and 3.00, and their double, which the Trixie has too.
    feeds[1].result(1, &[Won, Lost]).await;
    let told = returned(&mut player, patent, "11.00").await.bet.expect("the bet");
    assert_eq!((told.status(), told.stake_settled.as_str()), (Open, "3.00"));
    let told = returned(&mut player, trixie, "6.00").await.bet.expect("the bet");
    assert_eq!((told.status(), told.stake_settled.as_str()), (Open, "1.00"));
    assert_eq!(player.wallet().await, ("26.00", "7.00", "0.00"));
    assert_eq!(player.bets(BetFilter::Open).await.len(), 2);

    // The second had lost: of the Patent the single at 2.00 is left, of the Trixie nothing.
    feeds[1].result(1, &[Lost, Won]).await;
    let told = returned(&mut player, patent, "2.00").await.bet.expect("the bet");
    assert_eq!((told.status(), told.stake_settled.as_str()), (Open, "5.00"));
    drop(player);
    let house = house.restart().await;
    for feed in &mut feeds {
        feed.reconnect(&house).await;
    }
    let mut player = house.player("ann", "0.00").await;
    assert_eq!(player.wallet().await, ("11.00", "3.00", "0.00"));
    feeds[2].result(1, &[Won, Lost]).await;
    // 2.00, 1.50 and their double; of the Trixie the double.
    for (bet, amount) in [(patent, "6.50"), (trixie, "3.00")] {
        let told = returned(&mut player, bet, amount).await.bet.expect("the bet");
        assert_eq!((told.status(), told.stake_settled.as_str()), (PartlyWon, ""));
    }
    assert_eq!(player.wallet().await, ("18.50", "0.00", "0.00"));
    drop(player);
    house.prove().await;
}
