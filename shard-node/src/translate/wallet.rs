//! Balances and bets, as players see them.

use shardbook_domain::bet::{Bet, BetStatus, EachWay, Fund, Kind, LegOutcome, Terms};
use shardbook_domain::ids::{BetId, PlayerId};
use shardbook_domain::market::Why;
use shardbook_domain::money::{Amount, Currency};
use shardbook_domain::odds::Odds;
use shardbook_domain::player::{Balance, State};
use shardbook_domain::rules::RuleBook;
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
        free_bets: String::new(),
    }
}

/// A balance as asked for: with what can be staked as free bets.
pub(crate) fn wallet_to_wire(state: &State) -> Option<client::Balance> {
    let balance = state.balance()?;
    Some(client::Balance {
        free_bets: decimal(state.free_bets(), balance.currency),
        ..balance_to_wire(&balance)
    })
}

/// A bet; its rules say what it may return, and `names` gives the source's name of an event.
pub(crate) fn bet_to_wire(
    player: PlayerId,
    bet: &Bet,
    currency: Currency,
    names: &Names,
    rules: &RuleBook,
) -> client::Bet {
    let mut wire = terms_to_wire(player, &bet.terms, currency, names, rules);
    for ((leg, result), why) in wire.legs.iter_mut().zip(bet.results()).zip(bet.whys()) {
        let Some(result) = result else { continue };
        leg.why = leg_why(why).into();
        leg.status = leg_status(result.outcome).into();
        if !leg.place_terms.is_empty() {
            leg.place_status = leg_status(result.place).into();
        }
        leg.deduction = result.deduction.0.into();
        leg.corrected_price = result.corrected.map(Odds::decimal).unwrap_or_default();
    }
    let amount = |amount: Amount| match amount {
        Amount::ZERO => String::new(),
        amount => decimal(amount, currency),
    };
    wire.status = bet_status(bet).into();
    if bet.is_open() {
        wire.returned = amount(bet.returned());
        wire.stake_settled = amount(bet.stake_settled());
    } else {
        wire.returned = decimal(bet.returned(), currency);
        wire.settled_ms = bet.settled_at().map_or(0, |at| at.0 as i64);
    }
    wire.refunded = amount(bet.refunded());
    wire.cashed_stake = amount(bet.cashed_stake());
    wire.cashed_paid = amount(bet.cashed_paid());
    wire.settlements = bet.settlements();
    wire
}

fn terms_to_wire(player: PlayerId, terms: &Terms, currency: Currency, names: &Names, rules: &RuleBook) -> client::Bet {
    let shape = terms.shape();
    let rules = rules.version(terms.rules_version).unwrap_or(rules.current());
    let place = |terms: EachWay| format!("{} places {}/{}", terms.places, terms.num, terms.den);
    let leg = |(at, leg): (usize, &shardbook_domain::bet::Leg)| client::BetLeg {
        event: names.of(leg.selection.event),
        market: leg.selection.market.0,
        selection: leg.selection.selection.0,
        price: leg.price.decimal(),
        status: client::LegStatus::Open.into(),
        place_status: leg
            .each_way
            .map_or(client::LegStatus::Unspecified, |_| client::LegStatus::Open)
            .into(),
        place_terms: leg.each_way.map(place).unwrap_or_default(),
        banker: shape.is_banker(at),
        ..client::BetLeg::default()
    };
    client::Bet {
        bet_id: BetId { player, bet: terms.no }.to_string(),
        status: client::BetStatus::Open.into(),
        stake: decimal(terms.stake, currency),
        currency: currency.code().into(),
        legs: terms.legs.iter().enumerate().map(leg).collect(),
        potential_return: decimal(terms.potential_return(rules), currency),
        placed_ms: terms.placed_at.0 as i64,
        name: shape.name(),
        lines: u32::try_from(shape.lines()).unwrap_or(u32::MAX),
        unit_stake: decimal(terms.unit_stake, currency),
        each_way: terms.is_each_way(),
        free_bet: terms.fund == Fund::FreeBet,
        ..client::Bet::default()
    }
}

/// The answer to a bet placed: what was asked, at the prices taken.
pub(crate) fn placed_to_wire(
    player: PlayerId,
    asked: client::PlaceBet,
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
    let name = Kind::Accumulator(asked.legs.len() as u8).to_string();
    let legs = asked.legs.into_iter().zip(prices).map(|(leg, price)| client::BetLeg {
        event: leg.event,
        market: leg.market,
        selection: leg.selection,
        price: price.decimal(),
        status: client::LegStatus::Open.into(),
        ..client::BetLeg::default()
    });
    let bet = client::Bet {
        bet_id: BetId { player, bet: *bet }.to_string(),
        status: client::BetStatus::Open.into(),
        stake: asked.stake.clone(),
        currency: asked.currency,
        legs: legs.collect(),
        potential_return: decimal(*potential_return, balance.currency),
        placed_ms: placed_at.0 as i64,
        name,
        lines: 1,
        unit_stake: asked.stake,
        ..client::Bet::default()
    };
    Some(client::BetPlaced {
        bet: Some(bet),
        balance: Some(balance_to_wire(balance)),
    })
}

fn bet_status(bet: &Bet) -> client::BetStatus {
    match bet.status {
        BetStatus::PartlyWon if bet.half() == Some(LegOutcome::HalfWon) => client::BetStatus::HalfWon,
        BetStatus::PartlyWon if bet.half() == Some(LegOutcome::HalfLost) => client::BetStatus::HalfLost,
        BetStatus::Open => client::BetStatus::Open,
        BetStatus::Won => client::BetStatus::Won,
        BetStatus::Lost => client::BetStatus::Lost,
        BetStatus::Void => client::BetStatus::Void,
        BetStatus::PartlyWon => client::BetStatus::PartlyWon,
        BetStatus::CashedOut => client::BetStatus::CashedOut,
    }
}

fn leg_why(why: Why) -> client::LegWhy {
    match why {
        Why::NoResult => client::LegWhy::NoResult,
        Why::NotConfirmed => client::LegWhy::NotConfirmed,
        Why::RolledBack => client::LegWhy::RolledBack,
        Why::Result => client::LegWhy::Result,
        Why::FirstResult => client::LegWhy::FirstResult,
        Why::Corrected => client::LegWhy::Corrected,
        Why::Withdrawn => client::LegWhy::Withdrawn,
        Why::Cancelled => client::LegWhy::Cancelled,
        Why::PriceError => client::LegWhy::PriceError,
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
