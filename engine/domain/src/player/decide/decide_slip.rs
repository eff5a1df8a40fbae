//! Decides a slip whose time has come, and takes up slips that waited.

use super::Context;
use super::bookings::Bookings;
use super::place_slip::{Basis, assess, held, offer_instead, placed};
use crate::ids::SlipNo;
use crate::player::{Approval, Event, PendingSlip, Reason, Rejection, Released, Stage, State};

pub(super) fn decide(state: &State, no: SlipNo, context: &Context<'_>) -> Result<Vec<Event>, Rejection> {
    let Some(waiting) = state.waiting(no)? else {
        return Ok(Vec::new());
    };
    if context.now < waiting.until {
        return Err(Rejection::TooEarly { until: waiting.until });
    }
    match waiting.stage {
        Stage::Delay => take_up(
            state,
            no,
            waiting,
            waiting.approval.as_ref(),
            Delay::Over,
            None,
            context,
        ),
        Stage::Referral | Stage::Offer => Ok(vec![release(state, no, waiting, Released::TimedOut, None, context)]),
    }
}

/// Whether the delay in play is still to be waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Delay {
    /// It has been.
    Over,
    /// It follows, where a market asks for one.
    Ahead,
}

/// Ends the waiting of a slip that is not taken.
pub(super) fn release(
    state: &State,
    slip: SlipNo,
    waiting: &PendingSlip,
    how: Released,
    by: Option<&str>,
    context: &Context<'_>,
) -> Event {
    let mut bookings = Bookings::on(state.ledger().clone());
    waiting.holds.iter().for_each(|hold| bookings.let_go(hold));
    bookings.pay_debt();
    Event::SlipReleased {
        slip,
        at: context.now,
        how,
        by: by.map(Into::into),
        transfers: bookings.take(),
    }
}

/// Holds a slip that waited against everything again, and takes its bets, lets it wait for its delay, offers what would be
/// taken instead, or refuses it.
pub(super) fn take_up(
    state: &State,
    no: SlipNo,
    waiting: &PendingSlip,
    approval: Option<&Approval>,
    delay: Delay,
    by: Option<&str>,
    context: &Context<'_>,
) -> Result<Vec<Event>, Rejection> {
    let mut bookings = Bookings::on(state.ledger().clone());
    waiting.holds.iter().for_each(|hold| bookings.let_go(hold));
    let (let_go, ledger) = (bookings.take(), bookings.ledger().clone());
    let basis = Basis::of_waiting(no, approval, &ledger, state, context)?;
    let refused = |reasons| {
        let how = Released::Refused(reasons);
        Ok(vec![release(state, no, waiting, how, by, context)])
    };
    let found = match assess(&waiting.asked, &basis) {
        Ok(found) => found,
        Err(rejection) => return refused(vec![Reason::from(rejection)]),
    };
    if !found.reasons.is_empty() {
        return match offer_instead(no, &waiting.asked, &found, &basis) {
            Some(offered) => {
                let released = release(state, no, waiting, Released::Offered, by, context);
                Ok(vec![released, offered])
            }
            None => refused(found.reasons),
        };
    }
    let at = context.now;
    let mut events = Vec::with_capacity(found.drafts.len() + 2);
    let waits = delay == Delay::Ahead && found.delay_s > 0;
    let until = super::place_slip::in_seconds(at, if waits { found.delay_s } else { 0 });
    if let Some(by) = by {
        let by = by.into();
        events.push(Event::SlipApproved {
            slip: no,
            at,
            until,
            by,
        });
    }
    match (waits, waiting.stage) {
        // Its stakes are held already.
        (true, Stage::Referral | Stage::Delay) => {}
        (true, Stage::Offer) => {
            let (stage, asked) = (Stage::Delay, &waiting.asked);
            events.push(held(no, stage, found.delay_s, asked, &found, &basis, &mut bookings));
        }
        (false, _) => {
            events.push(Event::SlipReleased {
                slip: no,
                at,
                how: Released::Accepted,
                by: by.map(Into::into),
                transfers: let_go,
            });
            events.extend(placed(found.drafts, &basis, &mut bookings));
        }
    }
    Ok(events)
}
