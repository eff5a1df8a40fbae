//! Exclusion by the player.

use super::Context;
use crate::player::{Event, Rejection, State};
use crate::time::Time;

pub(super) fn decide(state: &State, until: Time, context: &Context<'_>) -> Result<Vec<Event>, Rejection> {
    state.registered()?;
    if until <= context.now {
        return Err(Rejection::ExclusionInThePast);
    }
    match state.excluded_until() {
        Some(held) if until < held => Err(Rejection::ExclusionTooShort { until: held }),
        _ => Ok(vec![Event::SelfExcluded { at: context.now, until }]),
    }
}
