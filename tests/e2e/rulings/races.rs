//! Withdrawals and dead heats.

use shardbook_proto::client::v1::BetType::All;
use shardbook_proto::client::v1::{Bet, BetStatus, LegStatus, SlipBet};
use shardbook_proto::provider::v1::Outcome::{Lost, Void, Won};
use shardbook_tests::{House, Player, single, slip, staked};

use super::returned;

const RACE: &str = "t:race:1";
const PRICES: [&str; 8] = ["3.00", "6.00", "6.00", "10.00", "11.00", "13.00", "17.00", "21.00"];

async fn each_way(player: &mut Player, runner: u32, stake: &str) -> Bet {
    let bet = SlipBet {
        each_way: true,
        ..staked(All, stake)
    };
    let selection = (RACE, 1, runner, PRICES[runner as usize - 1]);
    player.take(slip(&[selection], &[bet])).await.remove(0)
}

/// Protects Rule 4: a withdrawal takes its pence off the winnings of bets taken before it and of no others, two of them
/// add up, places are reduced alike, and who bet on the withdrawn runner has the stake back at once.
#[tokio::test(flavor = "multi_thread")]
async fn rule_four_after_withdrawals() {
    let house = House::open().await;
    let mut feed = house.feed(RACE).await;
    feed.race("WIN", &PRICES).await;
    let mut player = house.player("ann", "50.00").await;
    let before = player.place(single(RACE, 2, "6.00", "10.00")).await;
    let placed = each_way(&mut player, 5, "2.00").await;
    let on_withdrawn = player.place(single(RACE, 1, "3.00", "5.00")).await;
    // At 2/1: 30p in the pound.
    feed.remove(1, 1).await;
    let void = player.settled(&on_withdrawn.bet_id).await;
    assert_eq!((void.status(), void.returned.as_str()), (BetStatus::Void, "5.00"));
    let between = player.place(single(RACE, 2, "6.00", "10.00")).await;
    // At 9/1: 10p.
    feed.remove(1, 4).await;
    feed.price(1, 2, "4.00").await;
    let after = player.place(single(RACE, 2, "4.00", "10.00")).await;
    let nowhere = (Lost, 0, 0);
    let mut finish = [nowhere; 8];
    (finish[0], finish[3]) = ((Void, 0, 0), (Void, 0, 0));
    (finish[1], finish[4], finish[6]) = ((Won, 1, 1), (Lost, 2, 1), (Lost, 3, 1));
    feed.finish(1, &finish).await;
    // 10.00 and 50.00 less 40%; less 10%; nothing less. The place: 1.00 and 10.00 / 5 less 40%.
    for (bet, amount, deduction) in [(&before, "40.00", 40), (&between, "55.00", 10), (&after, "40.00", 0)] {
        let settled = returned(&mut player, bet, amount).await;
        assert_eq!(
            (settled.status(), settled.legs[0].deduction),
            (BetStatus::Won, deduction)
        );
    }
    let settled = returned(&mut player, &placed, "2.20").await;
    assert_eq!(settled.legs[0].deduction, 40);
    assert_eq!(
        settled.legs[0].place_terms, "3 places 1/5",
        "by the runners when it was taken"
    );
    assert_eq!(player.wallet().await, ("155.20", "0.00", "0.00"));
    drop(player);
    house.prove().await;
}

/// Protects dead heats: who shares the first place is paid on half the stake to win and whole for the place, who shares the
/// last place on half of that, and a finish told anew settles anew.
#[tokio::test(flavor = "multi_thread")]
async fn dead_heats_each_way() {
    let house = House::open().await;
    let mut feed = house.feed(RACE).await;
    feed.race("WIN", &PRICES).await;
    let mut player = house.player("ann", "10.00").await;
    let first = each_way(&mut player, 2, "2.00").await;
    let third = each_way(&mut player, 5, "2.00").await;
    let fourth = each_way(&mut player, 8, "2.00").await;
    let nowhere = (Lost, 0, 0);
    let mut finish = [nowhere; 8];
    (finish[1], finish[2]) = ((Won, 1, 2), (Won, 1, 2));
    (finish[4], finish[5]) = ((Lost, 3, 2), (Lost, 3, 2));
    feed.finish(1, &finish).await;
    // 6.00 / 2 and 1 + 5 / 5; (1 + 10 / 5) / 2.
    let settled = returned(&mut player, &first, "5.00").await;
    let leg = &settled.legs[0];
    assert_eq!(
        (leg.status(), leg.place_status()),
        (LegStatus::DeadHeat, LegStatus::Won)
    );
    let settled = returned(&mut player, &third, "1.50").await;
    let leg = &settled.legs[0];
    assert_eq!(
        (leg.status(), leg.place_status()),
        (LegStatus::Lost, LegStatus::DeadHeat)
    );
    player.told(&fourth.bet_id, BetStatus::Lost).await;
    assert_eq!(player.wallet().await, ("10.50", "0.00", "0.00"));
    // The photo: one was first, the other second, the third alone.
    let mut finish = [nowhere; 8];
    (finish[1], finish[2], finish[4]) = ((Won, 1, 1), (Lost, 2, 1), (Lost, 3, 1));
    feed.finish(1, &finish).await;
    returned(&mut player, &first, "8.00").await;
    returned(&mut player, &third, "3.00").await;
    assert_eq!(player.wallet().await, ("15.00", "0.00", "0.00"));
    drop(player);
    house.prove().await;
}
