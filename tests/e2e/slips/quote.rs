//! What a slip amounts to, before it is placed.

use shardbook_domain::money::{Amount, Currency};
use shardbook_domain::rules::AmountRules;
use shardbook_proto::client::v1::BetType::{All, Lucky15, Singles};
use shardbook_proto::client::v1::client_message::Request;
use shardbook_proto::client::v1::{SlipBet, StakeKind};
use shardbook_tests::{House, slip, staked};

use super::{events, names, selections};

/// Protects the player's first question, how much may I stake: the quote's most is taken, and one cent a line more is
/// refused by the bound that it comes from, with the same most.
#[tokio::test(flavor = "multi_thread")]
async fn the_most_that_is_quoted_is_taken() {
    const PRICES: [&str; 4] = ["2.00", "3.00", "4.00", "1.50"];
    let names = names(4);
    let all = selections(&names, &PRICES);
    let house = House::by(|rules| {
        let euro = Currency::new("EUR").expect("a currency");
        let mut amounts = AmountRules::default_for(euro);
        (amounts.max_stake, amounts.max_payout) = (Amount(10_000), Amount(60_000));
        rules.amounts.insert(euro, amounts);
    })
    .await;
    let _feeds = events(&house, &PRICES).await;
    // The Lucky 15 returns 3 * 4 * 5 * 2.5 - 1 = 149 times the stake of a line, the four-fold 36 times.
    let rows = [
        (
            "payout of all lines",
            ("500.00", Lucky15, 4),
            ("60.30", "598.98"),
            "4.03",
            "PAYOUT_TOO_LARGE",
        ),
        (
            "payout of one line",
            ("500.00", All, 4),
            ("16.66", "599.76"),
            "16.67",
            "PAYOUT_TOO_LARGE",
        ),
        (
            "balance for all lines",
            ("10.00", Lucky15, 4),
            ("9.90", "98.34"),
            "0.67",
            "INSUFFICIENT_FUNDS",
        ),
        (
            "stake of all lines",
            ("500.00", Singles, 2),
            ("100.00", "250.00"),
            "50.01",
            "STAKE_TOO_LARGE",
        ),
    ];
    for (row, (what, (funds, kind, of), (most, returns), more, code)) in rows.into_iter().enumerate() {
        let mut player = house.player(&format!("player-{row}"), funds).await;
        let a_line = |stake: &str| {
            let bet = SlipBet {
                stake_kind: StakeKind::Unit.into(),
                ..staked(kind, stake)
            };
            slip(&all[..of], &[bet])
        };
        let quote = player.quote(a_line("0.10")).await;
        assert_eq!(
            (quote.reasons.len(), &*quote.prices),
            (0, &PRICES.map(String::from)[..of]),
            "{what}"
        );
        assert_eq!(quote.bets[0].max_stake, most, "{what}");
        let refused = player.refused(Request::PlaceSlip(a_line(more))).await;
        assert_eq!(
            (refused.code.as_str(), refused.max_stake.as_str()),
            (code, most),
            "{what}"
        );
        let quote = player.quote(a_line(more)).await;
        let (reason, bet) = (&quote.reasons[0], &quote.bets[0]);
        assert_eq!(
            (reason.code.as_str(), reason.max_stake.as_str()),
            (code, most),
            "{what}"
        );
        assert_eq!(
            (bet.max_stake.as_str(), bet.potential_return.as_str()),
            (most, returns),
            "{what}"
        );
        assert_eq!(
            player.wallet().await,
            (funds, "0.00", "0.00"),
            "{what}: a question takes nothing"
        );
        let taken = player.take(slip(&all[..of], &[staked(kind, most)])).await;
        let (stake, potential) = (&*taken[0].stake, &*taken[0].potential_return);
        assert_eq!((stake, potential), (most, returns), "{what}");
    }
    house.prove().await;
}
