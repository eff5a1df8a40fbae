//! The operator's decision on the account.

use super::Context;
use crate::player::{AccountStatus, Event, Rejection, State};

const MAX_REASON_BYTES: usize = 200;

pub(super) fn decide(
    state: &State,
    status: AccountStatus,
    reason: &str,
    context: &Context<'_>,
) -> Result<Vec<Event>, Rejection> {
    state.registered()?;
    if reason.is_empty() || reason.len() > MAX_REASON_BYTES || reason.chars().any(char::is_control) {
        return Err(Rejection::BadReason);
    }
    match state.status() {
        held if held == status => Ok(Vec::new()),
        AccountStatus::Closed => Err(Rejection::AccountClosed),
        _ => Ok(vec![Event::StatusSet {
            at: context.now,
            status,
            reason: reason.into(),
        }]),
    }
}
