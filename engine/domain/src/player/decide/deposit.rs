//! Money in.

use super::Context;
use super::bookings::Bookings;
use crate::money::Money;
use crate::player::{Event, LimitKind, Rejection, State};

pub(super) fn decide(state: &State, amount: Money, context: &Context<'_>) -> Result<Vec<Event>, Rejection> {
    let currency = state.registered()?.currency;
    state.may_play(context.now)?;
    state.in_wallet_currency(amount)?;
    if amount.minor <= 0 {
        return Err(Rejection::AmountNotPositive);
    }
    let (amount, rules) = (amount.amount(), context.rules.current().amounts(currency));
    if amount < rules.min_deposit {
        return Err(Rejection::DepositTooSmall {
            min: rules.min_deposit.of(currency),
        });
    }
    if amount > rules.max_deposit {
        return Err(Rejection::DepositTooLarge {
            max: rules.max_deposit.of(currency),
        });
    }
    for kind in LimitKind::DEPOSIT {
        if let Some(left) = state.limits().left(kind, context.now).filter(|left| amount > *left) {
            return Err(Rejection::DepositLimit {
                kind,
                left: left.of(currency),
            });
        }
    }
    if !state.ledger().has_room_for(amount) {
        return Err(Rejection::WalletFull);
    }
    let mut bookings = Bookings::on(state.ledger().clone());
    bookings.deposit(amount);
    Ok(vec![Event::Deposited {
        at: context.now,
        amount,
        transfers: bookings.take(),
    }])
}
