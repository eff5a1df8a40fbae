//! Bets in few words.

use shardbook_proto::client::v1::{Leg, PlaceBet, PricePolicy};

/// A bet in EUR at exactly the prices given; legs are event, market, selection and price.
#[must_use]
pub fn bet(legs: &[(&str, u32, u32, &str)], stake: &str, policy: PricePolicy) -> PlaceBet {
    let leg = |&(event, market, selection, price): &(&str, u32, u32, &str)| Leg {
        event: event.into(),
        market,
        selection,
        price: price.into(),
    };
    PlaceBet {
        legs: legs.iter().map(leg).collect(),
        stake: stake.into(),
        currency: "EUR".into(),
        policy: policy.into(),
    }
}

/// A single on the first market of an event.
#[must_use]
pub fn single(event: &str, selection: u32, price: &str, stake: &str) -> PlaceBet {
    bet(&[(event, 1, selection, price)], stake, PricePolicy::Exact)
}

/// An accumulator over first markets.
#[must_use]
pub fn acca(legs: &[(&str, u32, &str)], stake: &str) -> PlaceBet {
    let legs: Vec<_> = legs
        .iter()
        .map(|&(event, selection, price)| (event, 1, selection, price))
        .collect();
    bet(&legs, stake, PricePolicy::Exact)
}
