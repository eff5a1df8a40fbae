//! Balances and bets, as players see them.

use shardbook_domain::bet::{Bet, BetStatus, LegOutcome, Terms};
use shardbook_domain::ids::{BetId, PlayerId};
use shardbook_domain::money::{Amount, Currency};
use shardbook_domain::player::Balance;
use shardbook_proto::client::v1 as client;

use crate::names::Names;

pub(crate) fn decimal(amount: Amount, currency: Currency) -> String {
    amount.of(currency).decimal()
}

pub(crate) fn balance_to_wire(balance: &Balance) -> client::Balance {
    let currency = balance.currency;
    client::Balance {
        currency: currency.code().into(),
        available: decimal(balance.available, currency),
        held: decimal(balance.held, currency),
        owed: decimal(balance.owed, currency),
        version: balance.version,
    }
}

/// A bet; `names` gives the source's name of an event.
pub(crate) fn bet_to_wire(player: PlayerId, bet: &Bet, currency: Currency, names: &Names) -> client::Bet {
    let outcomes = bet
        .results
        .iter()
        .map(|result| result.and_then(|result| result.outcome));
    let mut wire = terms_to_wire(player, &bet.terms, currency, names);
    for (leg, outcome) in wire.legs.iter_mut().zip(outcomes) {
        leg.status = leg_status(outcome).into();
    }
    wire.status = bet_status(bet.status).into();
    if !bet.is_open() {
        wire.returned = decimal(bet.returned, currency);
        wire.settled_ms = bet.settled_at.map_or(0, |at| at.0 as i64);
    }
    wire.settlements = bet.settlements;
    wire
}

fn terms_to_wire(player: PlayerId, terms: &Terms, currency: Currency, names: &Names) -> client::Bet {
    let leg = |leg: &shardbook_domain::bet::Leg| client::BetLeg {
        event: names.of(leg.selection.event),
        market: leg.selection.market.0,
        selection: leg.selection.selection.0,
        price: leg.price.to_string(),
        status: client::LegStatus::Open.into(),
    };
    client::Bet {
        bet_id: BetId { player, bet: terms.no }.to_string(),
        status: client::BetStatus::Open.into(),
        stake: decimal(terms.stake, currency),
        currency: currency.code().into(),
        legs: terms.legs.iter().map(leg).collect(),
        potential_return: decimal(terms.potential_return(), currency),
        placed_ms: terms.placed_at.0 as i64,
        ..client::Bet::default()
    }
}

/// The answer to a bet placed: what was asked, at the prices taken.
pub(crate) fn placed_to_wire(
    player: PlayerId,
    asked: &client::PlaceBet,
    placed: &shardbook_domain::player::Reply,
) -> Option<client::BetPlaced> {
    let shardbook_domain::player::Reply::BetPlaced {
        bet,
        placed_at,
        prices,
        potential_return,
        balance,
    } = placed
    else {
        return None;
    };
    let legs = asked.legs.iter().zip(prices).map(|(leg, price)| client::BetLeg {
        event: leg.event.clone(),
        market: leg.market,
        selection: leg.selection,
        price: price.to_string(),
        status: client::LegStatus::Open.into(),
    });
    let bet = client::Bet {
        bet_id: BetId { player, bet: *bet }.to_string(),
        status: client::BetStatus::Open.into(),
        stake: asked.stake.clone(),
        currency: asked.currency.clone(),
        legs: legs.collect(),
        potential_return: decimal(*potential_return, balance.currency),
        placed_ms: placed_at.0 as i64,
        ..client::Bet::default()
    };
    Some(client::BetPlaced {
        bet: Some(bet),
        balance: Some(balance_to_wire(balance)),
    })
}

fn bet_status(status: BetStatus) -> client::BetStatus {
    match status {
        BetStatus::Open => client::BetStatus::Open,
        BetStatus::Won => client::BetStatus::Won,
        BetStatus::Lost => client::BetStatus::Lost,
        BetStatus::Void => client::BetStatus::Void,
        BetStatus::PartlyWon => client::BetStatus::PartlyWon,
    }
}

pub(super) fn leg_status(outcome: Option<LegOutcome>) -> client::LegStatus {
    match outcome {
        None => client::LegStatus::Open,
        Some(LegOutcome::Won { dead_heat: None }) => client::LegStatus::Won,
        Some(LegOutcome::Won { dead_heat: Some(_) }) => client::LegStatus::DeadHeat,
        Some(LegOutcome::Lost) => client::LegStatus::Lost,
        Some(LegOutcome::Void) => client::LegStatus::Void,
        Some(LegOutcome::HalfWon) => client::LegStatus::HalfWon,
        Some(LegOutcome::HalfLost) => client::LegStatus::HalfLost,
    }
}
