//! A limit of the player's own.

use super::Context;
use crate::money::Amount;
use crate::player::{Event, LimitKind, PendingLimit, Rejection, State};
use crate::time::HOUR_MS;

pub(super) fn decide(
    state: &State,
    kind: LimitKind,
    amount: Option<Amount>,
    context: &Context<'_>,
) -> Result<Vec<Event>, Rejection> {
    state.registered()?;
    if amount.is_some_and(|amount| amount < Amount::ZERO) {
        return Err(Rejection::LimitNegative);
    }
    let at = context.now;
    let held = state.limits().in_force(kind, at);
    let stricter = match (amount, held) {
        (Some(asked), Some(held)) => asked <= held,
        (Some(_), None) => true,
        (None, held) => held.is_none(),
    };
    let event = if stricter {
        Event::LimitSet {
            at,
            kind,
            in_force: amount,
            pending: None,
        }
    } else {
        let from = at.plus_ms(u64::from(context.rules.current().limit_raise_hours) * HOUR_MS);
        // Asking again for the same raise must not start its wait anew.
        let from = state
            .limits()
            .pending(kind, at)
            .filter(|pending| pending.amount == amount)
            .map_or(from, |p| p.from);
        Event::LimitSet {
            at,
            kind,
            in_force: held,
            pending: Some(PendingLimit { amount, from }),
        }
    };
    Ok(vec![event])
}
