//! Bets in few words.

use shardbook_proto::client::v1::{BetType, Leg, PlaceBet, PlaceSlip, PricePolicy, SlipBet};

/// A bet in EUR at exactly the prices given; legs are event, market, selection and price.
#[must_use]
pub fn bet(legs: &[(&str, u32, u32, &str)], stake: &str, policy: PricePolicy) -> PlaceBet {
    PlaceBet {
        legs: legs.iter().map(leg).collect(),
        stake: stake.into(),
        currency: "EUR".into(),
        policy: policy.into(),
    }
}

fn leg(&(event, market, selection, price): &(&str, u32, u32, &str)) -> Leg {
    Leg {
        event: event.into(),
        market,
        selection,
        price: price.into(),
    }
}

/// A slip in EUR at exactly the prices given; selections are event, market, selection and price.
#[must_use]
pub fn slip(selections: &[(&str, u32, u32, &str)], bets: &[SlipBet]) -> PlaceSlip {
    PlaceSlip {
        selections: selections.iter().map(leg).collect(),
        bets: bets.to_vec(),
        currency: "EUR".into(),
        policy: PricePolicy::Exact.into(),
        reoffer: false,
    }
}

/// A bet of a slip on all its selections, with so much on all lines together.
#[must_use]
pub fn staked(kind: BetType, stake: &str) -> SlipBet {
    SlipBet {
        r#type: kind.into(),
        stake: stake.into(),
        ..SlipBet::default()
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
