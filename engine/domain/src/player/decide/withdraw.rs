//! Money out.

use super::Context;
use super::bookings::Bookings;
use crate::money::Money;
use crate::player::{AccountStatus, Event, Rejection, State};

pub(super) fn decide(state: &State, amount: Money, context: &Context<'_>) -> Result<Vec<Event>, Rejection> {
    let currency = state.registered()?.currency;
    if state.status() == AccountStatus::Suspended {
        return Err(Rejection::AccountSuspended);
    }
    state.in_wallet_currency(amount)?;
    if amount.minor <= 0 {
        return Err(Rejection::AmountNotPositive);
    }
    let (amount, available) = (amount.amount(), state.ledger().available());
    if amount > available {
        return Err(Rejection::InsufficientFunds {
            available: available.of(currency),
        });
    }
    if !state.ledger().has_room_for(amount) {
        return Err(Rejection::WalletFull);
    }
    let mut bookings = Bookings::on(state.ledger().clone());
    bookings.withdraw(amount);
    Ok(vec![Event::Withdrawn {
        at: context.now,
        amount,
        transfers: bookings.take(),
    }])
}
