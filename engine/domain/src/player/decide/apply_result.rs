//! Takes a market's result to a bet: records it, settles, takes a settlement back, settles anew.

use super::Context;
use super::bookings::Bookings;
use crate::bet::{Bet, LegResult, Settled};
use crate::ids::{BetNo, EventId, MarketNo};
use crate::player::{Event, Outcomes, Rejection, State};

pub(super) struct MarketResult<'a> {
    pub(super) event: EventId,
    pub(super) market: MarketNo,
    pub(super) version: u32,
    pub(super) outcomes: &'a Outcomes,
}

pub(super) fn decide(
    state: &State,
    no: BetNo,
    result: &MarketResult<'_>,
    recalled: Option<&Bet>,
    context: &Context<'_>,
) -> Result<Vec<Event>, Rejection> {
    state.registered()?;
    if result.version == 0 {
        return Err(Rejection::ResultWithoutVersion);
    }
    if no.0 == 0 || no.0 > state.bets_placed() {
        return Err(Rejection::UnknownBet { bet: no });
    }
    let (mut bet, recall) = match (state.bet(no), recalled) {
        (Some(held), _) => (held.clone(), None),
        (None, None) => return Err(Rejection::BetNotHeld { bet: no }),
        (None, Some(bet)) if bet.no() != no || bet.is_open() => return Err(Rejection::RecalledOtherBet { bet: no }),
        (None, Some(bet)) => (
            bet.clone(),
            Some(Event::BetRecalled {
                bet: Box::new(bet.clone()),
            }),
        ),
    };
    let results = new_results(&bet, result)?;
    if results.is_empty() {
        return Ok(results);
    }
    let mut events: Vec<Event> = recall.into_iter().chain(results).collect();
    events.iter().for_each(|event| bet.apply(event));
    let at = context.now;
    let decided = bet.decided();
    let settled = (!bet.is_open()).then_some(Settled {
        status: bet.status,
        returned: bet.returned,
    });
    if decided == settled {
        return Ok(events);
    }
    let mut bookings = Bookings::on(state.ledger().clone());
    if settled.is_some() {
        let hold = bookings.reopen(&bet);
        let reopened = Event::BetReopened {
            bet: no,
            at,
            hold,
            transfers: bookings.take(),
        };
        bet.apply(&reopened);
        events.push(reopened);
    }
    if let Some(decided) = decided {
        bookings.settle(&bet, decided);
        let Settled { status, returned } = decided;
        events.push(Event::BetSettled {
            bet: no,
            at,
            status,
            returned,
            transfers: bookings.take(),
        });
    }
    Ok(events)
}

/// What the result adds to the bet's legs; nothing where a leg has this version or a later one.
fn new_results(bet: &Bet, result: &MarketResult<'_>) -> Result<Vec<Event>, Rejection> {
    let mut on_market = false;
    let mut events = Vec::new();
    for (leg, terms) in bet.terms.legs.iter().enumerate() {
        if (terms.selection.event, terms.selection.market) != (result.event, result.market) {
            continue;
        }
        on_market = true;
        if bet.results[leg].is_some_and(|known| known.version >= result.version) {
            continue;
        }
        let leg = leg as u8;
        let outcome = result
            .outcomes
            .of(terms.selection.selection)
            .ok_or(Rejection::ResultIncomplete { leg })?;
        let result = LegResult {
            version: result.version,
            outcome,
        };
        events.push(Event::LegResulted {
            bet: bet.no(),
            leg,
            result,
        });
    }
    if on_market {
        Ok(events)
    } else {
        Err(Rejection::NoLegOnMarket { bet: bet.no() })
    }
}
