//! Takes a slip of bets, holds it for its delay or a trader, offers what would be taken instead, or says every reason
//! against it.

mod assess;
mod bounds;
mod draft;
mod most;
mod outcome;
mod prices;
mod reasons;
mod shape;

pub(super) use assess::{Basis, assess};
pub use most::{StakeRange, max_stake};
pub(super) use outcome::{held, offer, offer_instead, offered, placed};

use super::Context;
use super::bookings::Bookings;
use crate::ids::SlipNo;
use crate::player::{Event, MAX_PENDING_SLIPS, Rejection, Slip, Stage, State};
use crate::time::Time;

pub(super) fn decide(state: &State, slip: &Slip, context: &Context<'_>) -> Result<Vec<Event>, Rejection> {
    let basis = Basis::of(state, context)?;
    let found = assess(slip, &basis)?;
    let mut bookings = Bookings::on(state.ledger().clone());
    if found.reasons.is_empty() && found.delay_s == 0 {
        return Ok(placed(found.drafts, &basis, &mut bookings));
    }
    let rules = context.rules.current();
    let no = SlipNo(state.slips_numbered().saturating_add(1));
    let stage = if found.reasons.is_empty() {
        Some((Stage::Delay, found.delay_s))
    } else if found.may_refer(&rules.referral, &basis) {
        Some((Stage::Referral, rules.referral.seconds))
    } else {
        None
    };
    let event = match stage {
        Some((stage, seconds)) => held(no, stage, seconds, slip, &found, &basis, &mut bookings),
        None => match offer_instead(no, slip, &found, &basis) {
            Some(event) => event,
            None => return Err(found.refusal(slip)),
        },
    };
    if state.pending_slips().len() >= MAX_PENDING_SLIPS || no.0 == state.slips_numbered() {
        return Err(Rejection::TooManySlips {
            max: MAX_PENDING_SLIPS as u8,
        });
    }
    Ok(vec![event])
}

/// The time so many seconds from now.
pub(super) fn in_seconds(now: Time, seconds: u16) -> Time {
    now.plus_ms(u64::from(seconds) * 1_000)
}
