//! Takes a market's result to a bet: records it, settles, takes a settlement back, settles anew.

use super::Context;
use super::bookings::Bookings;
use crate::bet::{Bet, BetStatus, Standing};
use crate::ids::{BetNo, EventId, MarketNo};
use crate::market::MarketSettlement;
use crate::player::{Event, Rejection, State};
use crate::rules::Rules;

pub(super) struct MarketResult<'a> {
    pub(super) event: EventId,
    pub(super) market: MarketNo,
    pub(super) version: u32,
    pub(super) settlement: &'a MarketSettlement,
}

pub(super) fn decide(
    state: &State,
    no: BetNo,
    result: &MarketResult<'_>,
    recalled: Option<&[Event]>,
    context: &Context<'_>,
) -> Result<Vec<Event>, Rejection> {
    state.registered()?;
    if result.version == 0 {
        return Err(Rejection::ResultWithoutVersion);
    }
    if no.0 == 0 || no.0 > state.bets_placed() {
        return Err(Rejection::UnknownBet { bet: no });
    }
    let (mut bet, restored) = match (state.bet(no), recalled) {
        (Some(held), _) => (held.into_owned(), None),
        (None, None) => return Err(Rejection::BetNotHeld { bet: no }),
        (None, Some(history)) => {
            let settled = Bet::fold(history).filter(|bet| bet.no() == no && !bet.is_open());
            let bet = settled.ok_or(Rejection::RecalledOtherBet { bet: no })?;
            let history = history.to_vec();
            (bet, Some(Event::BetRestored { history }))
        }
    };
    let version = bet.terms.rules_version;
    let rules = context
        .rules
        .version(version)
        .ok_or(Rejection::RulesUnknown { version })?;
    let results = new_results(&bet, result, rules)?;
    if results.is_empty() {
        return Ok(results);
    }
    let mut events: Vec<Event> = restored.into_iter().chain(results).collect();
    events.iter().for_each(|event| bet.apply(event));
    settle(&mut bet, rules, state, context, &mut events);
    Ok(events)
}

/// Brings the bet from how it was settled to how it stands. What can only be added is added; anything else is taken back
/// whole and settled anew.
fn settle(bet: &mut Bet, rules: &Rules, state: &State, context: &Context<'_>, events: &mut Vec<Event>) {
    let (no, at, settled, standing) = (bet.no(), context.now, bet.settled(), bet.standing(rules));
    // All that was left of it was bought back: results change it no more.
    if standing == settled || settled.status == BetStatus::CashedOut {
        return;
    }
    let mut bookings = Bookings::on(state.ledger().clone());
    // A line whose stake the house took may turn out void: what it took must not be less either.
    let taken = |standing: &Standing| standing.stake_settled.0 - standing.refunded.0;
    let grows = standing.stake_settled >= settled.stake_settled
        && standing.returned >= settled.returned
        && standing.refunded >= settled.refunded
        && taken(&standing) >= taken(&settled);
    if !bet.is_open() || !grows {
        let hold = bookings.reopen(bet, rules.shortfall);
        let transfers = bookings.take();
        let unsettled = Event::BetUnsettled {
            bet: no,
            at,
            was: bet.status,
            hold,
            transfers,
        };
        bet.apply(&unsettled);
        events.push(unsettled);
    }
    let Standing {
        status,
        stake_settled,
        returned,
        refunded,
    } = standing;
    if standing == bet.settled() {
        return;
    }
    bookings.settle(bet, standing);
    let transfers = bookings.take();
    events.push(if status == BetStatus::Open {
        Event::LinesSettled {
            bet: no,
            at,
            stake_settled,
            returned,
            refunded,
            transfers,
        }
    } else {
        Event::BetSettled {
            bet: no,
            at,
            status,
            returned,
            transfers,
        }
    });
}

/// What the settlement adds to the bet's legs; nothing where a leg has this version or a later one, or stays as it is.
fn new_results(bet: &Bet, result: &MarketResult<'_>, rules: &Rules) -> Result<Vec<Event>, Rejection> {
    let mut on_market = false;
    let mut events = Vec::new();
    for (at, leg) in bet.terms.legs.iter().enumerate() {
        if (leg.selection.event, leg.selection.market) != (result.event, result.market) {
            continue;
        }
        on_market = true;
        let known = bet.result(at);
        if known.is_some_and(|known| known.version >= result.version) {
            continue;
        }
        let ruling = bet.ruling_on(at, result.version, result.settlement, rules);
        let ruling = ruling.ok_or(Rejection::ResultIncomplete { leg: at as u8 })?;
        if bet.stays_by(at, ruling) {
            continue;
        }
        let (result, why) = ruling;
        events.push(Event::LegDecided {
            bet: bet.no(),
            leg: at as u8,
            result,
            why,
        });
    }
    if on_market {
        Ok(events)
    } else {
        Err(Rejection::NoLegOnMarket { bet: bet.no() })
    }
}
