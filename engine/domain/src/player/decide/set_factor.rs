//! A trader's factor on what the player may stake and win.

use super::{Context, is_name};
use crate::player::{Event, Factor, MAX_FACTORS, Rejection, State};
use crate::rules::Phase;

/// Most bytes of a sport's name.
const MAX_SPORT_BYTES: usize = 64;

pub(super) fn decide(
    state: &State,
    sport: &str,
    phase: Phase,
    permille: Option<u32>,
    by: &str,
    context: &Context<'_>,
) -> Result<Vec<Event>, Rejection> {
    state.registered()?;
    if !is_name(by) {
        return Err(Rejection::BadTrader);
    }
    let (factor, known) = (permille.map(Factor), state.factors().get(sport, phase));
    let is_sport = sport.len() <= MAX_SPORT_BYTES && !sport.chars().any(char::is_control);
    if !is_sport || factor.is_some_and(|factor| factor > Factor::MAX) {
        return Err(Rejection::BadFactor);
    }
    if known.is_none() && factor.is_some() && state.factors().all().len() >= MAX_FACTORS {
        return Err(Rejection::BadFactor);
    }
    if known == factor {
        return Ok(Vec::new());
    }
    Ok(vec![Event::FactorSet {
        at: context.now,
        sport: sport.into(),
        phase,
        factor,
        by: by.into(),
    }])
}
