//! Bets of every type on one slip.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::One;
use shardbook_proto::client::v1::BetType::{
    All, Canadian, Goliath, Heinz, Lucky15, Lucky31, Lucky63, Patent, Singles, SuperHeinz, System, Trixie, Yankee,
};
use shardbook_proto::client::v1::{Bet, BetFilter, BetType, LegStatus, SlipBet, StakeKind};
use shardbook_proto::provider::v1::Outcome::{self, HalfLost, HalfWon, Lost, Void, Won};
use shardbook_tests::{House, slip};

use super::{events, names, selections};
use crate::naive::{cents, exact, half_up};

const PRICES: [&str; 8] = ["2.00", "3.00", "4.00", "1.50", "1.80", "2.50", "1.40", "2.20"];
const OUTCOMES: [Outcome; 8] = [Won, Won, Lost, Won, Void, HalfWon, HalfLost, Won];

/// A bet: its type, the selections of the slip, its bankers and the sizes of its lines; its name.
type Row = (BetType, &'static [u32], &'static [u32], &'static [u32], &'static str);

const ROWS: [Row; 15] = [
    (Trixie, &[0, 1, 2], &[], &[2, 3], "Trixie"),
    (Patent, &[1, 2, 3], &[], &[1, 2, 3], "Patent"),
    (Yankee, &[0, 1, 3, 4], &[], &[2, 3, 4], "Yankee"),
    (Lucky15, &[0, 1, 2, 3], &[], &[1, 2, 3, 4], "Lucky 15"),
    (Canadian, &[0, 1, 3, 5, 7], &[], &[2, 3, 4, 5], "Canadian"),
    (Lucky31, &[1, 3, 4, 5, 6], &[], &[1, 2, 3, 4, 5], "Lucky 31"),
    (Heinz, &[0, 1, 3, 4, 5, 7], &[], &[2, 3, 4, 5, 6], "Heinz"),
    (Lucky63, &[0, 1, 2, 3, 4, 5], &[], &[1, 2, 3, 4, 5, 6], "Lucky 63"),
    (
        SuperHeinz,
        &[0, 1, 3, 4, 5, 6, 7],
        &[],
        &[2, 3, 4, 5, 6, 7],
        "Super Heinz",
    ),
    (Goliath, &[], &[], &[2, 3, 4, 5, 6, 7, 8], "Goliath"),
    (Singles, &[0, 2, 6], &[], &[1], "3 singles"),
    (All, &[5], &[], &[1], "Single"),
    (All, &[0, 1, 3, 7], &[], &[4], "4-fold"),
    (System, &[0, 1, 2, 3, 4], &[], &[3, 4], "3,4 of 5"),
    (System, &[0, 1, 3, 5, 7], &[1, 7], &[2], "2 of 3 with 2 bankers"),
];

/// Lines and return in cents of one cent a line, line by line.
fn by_hand((_, selections, bankers, sizes, _): &Row, unit: i64) -> (u32, i64) {
    let every: Vec<u32> = (0..PRICES.len() as u32).collect();
    let selections = if selections.is_empty() { &every } else { *selections };
    let free: Vec<u32> = selections
        .iter()
        .copied()
        .filter(|one| !bankers.contains(one))
        .collect();
    let half = |ratio: BigRational| ratio / BigInt::from(2);
    let factor = |selection: &u32| {
        let price = exact(PRICES[*selection as usize]);
        match OUTCOMES[*selection as usize] {
            Won => price,
            Lost => BigRational::from(BigInt::from(0)),
            HalfWon => half(BigRational::one() + price),
            HalfLost => half(BigRational::one()),
            _ => BigRational::one(),
        }
    };
    let (mut lines, mut sum) = (0, BigRational::from(BigInt::from(0)));
    for chosen in 0..1_u32 << free.len() {
        if sizes.contains(&chosen.count_ones()) {
            let of_line = (0..free.len()).filter(|at| chosen >> at & 1 == 1).map(|at| &free[at]);
            let line = of_line.chain(*bankers).map(factor).product::<BigRational>();
            (lines, sum) = (lines + 1, sum + line);
        }
    }
    (lines, half_up(sum * BigInt::from(unit)))
}

/// Protects the arithmetic of every type of bet that can be named, over the wire: one slip with all of them is taken
/// whole, each bet is named and counted as the trade does, and each returns what its lines return one by one.
#[tokio::test(flavor = "multi_thread")]
async fn every_type_of_bet_on_one_slip() {
    let house = House::open().await;
    let mut feeds = events(&house, &PRICES).await;
    let mut player = house.player("ann", "200.00").await;
    let bet = |(at, (kind, selections, bankers, sizes, _)): (usize, &Row)| SlipBet {
        r#type: (*kind).into(),
        selections: selections.to_vec(),
        bankers: bankers.to_vec(),
        sizes: if *kind == System { sizes.to_vec() } else { Vec::new() },
        stake: format!("0.{}", 11 + at),
        stake_kind: StakeKind::Unit.into(),
        ..SlipBet::default()
    };
    let bets: Vec<SlipBet> = ROWS.iter().enumerate().map(bet).collect();
    let names = names(PRICES.len());
    let taken = player.take(slip(&selections(&names, &PRICES), &bets)).await;
    let expected: Vec<(u32, i64)> = ROWS.iter().zip(11..).map(|(row, unit)| by_hand(row, unit)).collect();
    let mut staked = 0;
    for ((bet, row), ((lines, _), unit)) in taken.iter().zip(&ROWS).zip(expected.iter().zip(11_i64..)) {
        let stake = i64::from(*lines) * unit;
        assert_eq!((bet.name.as_str(), bet.lines), (row.4, *lines));
        assert_eq!((cents(&bet.stake), cents(&bet.unit_stake)), (stake, unit), "{}", row.4);
        staked += stake;
    }
    assert_eq!(taken.len(), ROWS.len());
    let banked: Vec<bool> = taken[14].legs.iter().map(|leg| leg.banker).collect();
    assert_eq!(banked, [false, true, false, false, true]);
    assert_eq!(cents(&player.wallet().await.1), staked);
    assert_eq!(player.bets(BetFilter::Open).await.len(), ROWS.len());

    for (feed, outcome) in feeds.iter_mut().zip(OUTCOMES) {
        let other = if outcome == Won { Lost } else { Won };
        let other = if outcome == Void { Void } else { other };
        feed.result(1, &[outcome, other]).await;
    }
    let mut settled: Vec<Bet> = Vec::new();
    for bet in &taken {
        settled.push(player.settled(&bet.bet_id).await);
    }
    let listed = player.bets(BetFilter::Settled).await;
    let mut returned = 0;
    for ((bet, row), (_, of_lines)) in settled.iter().zip(&ROWS).zip(&expected) {
        assert_eq!(cents(&bet.returned), *of_lines, "{}", row.4);
        let listed = listed.iter().find(|listed| listed.bet_id == bet.bet_id);
        let listed = listed.expect("is listed");
        assert_eq!(
            (&listed.returned, listed.status),
            (&bet.returned, bet.status),
            "{}",
            row.4
        );
        returned += of_lines;
    }
    // The Trixie by hand: of its lines only the double of 2.00 and 3.00 wins. The Lucky 15: 3 * 4 * 2.5 - 1 = 29.
    assert_eq!(
        (cents(&settled[0].returned), cents(&settled[3].returned)),
        (6 * 11, 29 * 14)
    );
    let legs: Vec<LegStatus> = listed
        .iter()
        .find(|bet| bet.name == "Goliath")
        .map(|bet| bet.legs.iter().map(|leg| leg.status()).collect())
        .expect("is listed");
    use LegStatus as Leg;
    assert_eq!(
        legs,
        [
            Leg::Won,
            Leg::Won,
            Leg::Lost,
            Leg::Won,
            Leg::Void,
            Leg::HalfWon,
            Leg::HalfLost,
            Leg::Won
        ]
    );
    let wallet = player.wallet().await;
    assert_eq!((cents(&wallet.0), cents(&wallet.1)), (20_000 - staked + returned, 0));
    drop(player);
    assert_eq!(house.prove().await.bets_open, 0);
}
