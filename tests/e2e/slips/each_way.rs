//! Bets to win and to be placed.

use shardbook_proto::client::v1::BetType::{All, Patent};
use shardbook_proto::client::v1::{BetStatus, LegStatus, SlipBet};
use shardbook_proto::provider::v1::Outcome::{Lost, Won};
use shardbook_tests::{House, slip, staked};

/// Protects each-way: the stake is taken for both parts, a place pays its share of the odds by the size of the race, and
/// the parts of several legs never mix.
#[tokio::test(flavor = "multi_thread")]
async fn each_way_by_hand() {
    let house = House::open().await;
    let prices = ["3.00", "5.00", "6.00", "9.00", "11.00", "13.00", "17.00", "21.00"];
    let (mut ascot, mut epsom) = (house.feed("t:race:ascot").await, house.feed("t:race:epsom").await);
    ascot.race("WIN", &prices).await;
    epsom.race("WIN", &prices[..5]).await;
    let mut player = house.player("ann", "100.00").await;
    let each_way = |selections: &[u32], stake: &str| SlipBet {
        selections: selections.to_vec(),
        each_way: true,
        ..staked(All, stake)
    };
    let selections = [
        ("t:race:ascot", 1, 2, "5.00"),
        ("t:race:epsom", 1, 3, "6.00"),
        ("t:race:ascot", 1, 8, "21.00"),
    ];
    let bets = [
        each_way(&[0], "2.00"),
        each_way(&[1], "2.00"),
        each_way(&[2], "2.00"),
        each_way(&[0, 1], "10.00"),
    ];
    let taken = player.take(slip(&selections, &bets)).await;
    let terms: Vec<&str> = taken[3].legs.iter().map(|leg| leg.place_terms.as_str()).collect();
    assert_eq!(terms, ["3 places 1/5", "2 places 1/4"], "eight runners and five");
    assert_eq!((taken[3].lines, taken[3].unit_stake.as_str()), (2, "5.00"));
    assert_eq!(taken[0].potential_return, "6.80", "1.00 at 5.00 and 1.00 at 1 + 4/5");
    assert_eq!(player.wallet().await, ("84.00", "16.00", "0.00"));

    let nowhere = (Lost, 0, 0);
    let mut of_ascot = [nowhere; 8];
    (of_ascot[0], of_ascot[1], of_ascot[4]) = ((Won, 1, 1), (Lost, 2, 1), (Lost, 3, 1));
    ascot.finish(1, &of_ascot).await;
    epsom
        .finish(1, &[(Lost, 2, 1), nowhere, (Won, 1, 1), nowhere, nowhere])
        .await;
    // Second: 1.80. First of five: 6.00 and 1 + 5/4. Both: no win line, the place line 5.00 * 1.8 * 2.25.
    for (bet, status, returned) in [
        (0, BetStatus::PartlyWon, "1.80"),
        (1, BetStatus::Won, "8.25"),
        (2, BetStatus::Lost, "0.00"),
        (3, BetStatus::PartlyWon, "20.25"),
    ] {
        let settled = player.settled(&taken[bet].bet_id).await;
        assert_eq!(
            (settled.status(), settled.returned.as_str()),
            (status, returned),
            "bet {bet}"
        );
        let leg = &settled.legs[0];
        let place = if bet == 2 { LegStatus::Lost } else { LegStatus::Won };
        assert_eq!(leg.place_status(), place, "bet {bet}");
    }
    assert_eq!(player.wallet().await, ("114.30", "0.00", "0.00"));

    // Of a slip both sorts of bets are possible, and a system each-way has twice its lines.
    let mut more = Vec::new();
    for (no, name) in (1..).zip(["t:race:york", "t:race:ayr", "t:race:bath"]) {
        let mut feed = house.feed(name).await;
        feed.race("WIN", &prices).await;
        more.push((feed, name, no));
    }
    let selections: Vec<_> = more
        .iter()
        .map(|(_, name, no)| (*name, 1, *no, prices[*no as usize - 1]))
        .collect();
    let patent = SlipBet {
        each_way: true,
        ..staked(Patent, "14.00")
    };
    let taken = player.take(slip(&selections, &[patent])).await;
    assert_eq!((taken[0].lines, taken[0].unit_stake.as_str()), (14, "1.00"));
    for (feed, _, no) in &mut more {
        let mut finish = [nowhere; 8];
        // The first of the slip wins, the second is third, the third is nowhere.
        finish[*no as usize - 1] = [(Won, 1, 1), (Lost, 3, 1), nowhere][*no as usize - 1];
        if *no != 1 {
            finish[0] = (Won, 1, 1);
        }
        feed.finish(1, &finish).await;
    }
    // Win: the single at 3.00. Place: 1.40, 1.80 and their double 2.52.
    let settled = player.settled(&taken[0].bet_id).await;
    assert_eq!(settled.returned, "8.72");
    drop(player);
    house.prove().await;
}
