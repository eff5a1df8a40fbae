//! Slips that are not decided at once: for the delay in play, for a trader, for the player's answer to an offer.

mod delay;
mod offers;
mod referrals;

use shardbook_domain::money::{Amount, Currency};
use shardbook_domain::rules::{AmountRules, Rules};
use shardbook_proto::client::v1::BetType::All;
use shardbook_proto::client::v1::PlaceSlip;
use shardbook_tests::{Feed, House, slip, staked};

const EVENT: &str = "t:event:1";

/// An event with one open market of two selections, which trades at 2.00.
async fn event(house: &House) -> Feed {
    let mut feed = house.feed(EVENT).await;
    feed.market("MATCH_ODDS", &["2.00", "1.80"]).await;
    feed
}

/// A slip of one single on the first selection at 2.00.
fn asked(stake: &str) -> PlaceSlip {
    slip(&[(EVENT, 1, 1, "2.00")], &[staked(All, stake)])
}

/// The same for a player who wants to hear of other terms.
fn negotiable(stake: &str) -> PlaceSlip {
    PlaceSlip {
        reoffer: true,
        ..asked(stake)
    }
}

/// Bets of at most 100.00.
fn hundred_at_most(rules: &mut Rules) {
    let euro = Currency::new("EUR").expect("a currency");
    let mut amounts = AmountRules::default_for(euro);
    amounts.max_stake = Amount(10_000);
    rules.amounts.insert(euro, amounts);
}
