//! The player's answer to an offer.

use super::Context;
use super::decide_slip::{Delay, release, take_up};
use crate::ids::SlipNo;
use crate::player::{Event, Rejection, Released, Stage, State};

/// Takes the bets as offered if they can still be taken: an offer reserves nothing. In play the delay is waited for, as it
/// is for any bet.
pub(super) fn decide(state: &State, no: SlipNo, accept: bool, context: &Context<'_>) -> Result<Vec<Event>, Rejection> {
    let waiting = match state.waiting(no)? {
        Some(waiting) if waiting.stage == Stage::Offer => waiting,
        _ => return Err(Rejection::NotOffered { slip: no }),
    };
    if context.now >= waiting.until {
        return Err(Rejection::TooLate { until: waiting.until });
    }
    if !accept {
        return Ok(vec![release(state, no, waiting, Released::Declined, None, context)]);
    }
    take_up(
        state,
        no,
        waiting,
        waiting.approval.as_ref(),
        Delay::Ahead,
        None,
        context,
    )
}
