//! Free bets from the house.

use super::Context;
use super::bookings::Bookings;
use crate::money::Money;
use crate::player::{Event, Rejection, State};

/// Most bytes of the reason.
const MAX_REASON_BYTES: usize = 200;

pub(super) fn decide(
    state: &State,
    amount: Money,
    reason: &str,
    context: &Context<'_>,
) -> Result<Vec<Event>, Rejection> {
    let currency = state.registered()?.currency;
    state.may_play(context.now)?;
    state.in_wallet_currency(amount)?;
    let max = context.rules.current().amounts(currency).max_stake;
    let amount = amount.amount();
    if amount.0 <= 0 || amount > max {
        return Err(Rejection::FreeBetAmount { max: max.of(currency) });
    }
    if reason.is_empty() || reason.len() > MAX_REASON_BYTES || reason.chars().any(char::is_control) {
        return Err(Rejection::BadReason);
    }
    if !state.ledger().has_room_for(amount) {
        return Err(Rejection::WalletFull);
    }
    let mut bookings = Bookings::on(state.ledger().clone());
    bookings.grant_free_bet(amount);
    Ok(vec![Event::FreeBetGranted {
        at: context.now,
        amount,
        reason: reason.into(),
        transfers: bookings.take(),
    }])
}
