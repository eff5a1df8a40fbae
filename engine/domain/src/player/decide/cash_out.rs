//! Buys a bet back at the price that is kept. The price may have moved since; the markets must still be open.

use super::Context;
use super::bookings::Bookings;
use crate::bet::may_be_bought_back;
use crate::ids::BetNo;
use crate::money::Money;
use crate::player::{Event, Rejection, State};

pub(super) fn decide(state: &State, no: BetNo, amount: Money, context: &Context<'_>) -> Result<Vec<Event>, Rejection> {
    let currency = state.registered()?.currency;
    state.may_sell()?;
    state.in_wallet_currency(amount)?;
    let bet = state.bet_to_sell(no)?;
    may_be_bought_back(&bet, context.rules.current(), context.book).map_err(Rejection::NoCashOut)?;
    let lock = state.cash_out_lock(no);
    let lock = lock.ok_or(Rejection::CashOutNotLocked { bet: no })?;
    if context.now >= lock.until {
        let until = lock.until;
        return Err(Rejection::CashOutExpired { bet: no, until });
    }
    if amount.amount() != lock.amount {
        let kept = lock.amount.of(currency);
        return Err(Rejection::CashOutAmount { kept });
    }
    let mut bookings = Bookings::on(state.ledger().clone());
    bookings.cash_out(&bet, lock.stake, lock.amount);
    Ok(vec![Event::BetCashedOut {
        bet: no,
        at: context.now,
        stake: lock.stake,
        paid: lock.amount,
        transfers: bookings.take(),
    }])
}
