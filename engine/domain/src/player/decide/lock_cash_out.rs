//! Gives a price for an open bet and keeps it for a while.

use super::Context;
use crate::bet::offer;
use crate::ids::BetNo;
use crate::money::Money;
use crate::player::{Event, Rejection, State};

pub(super) fn decide(
    state: &State,
    no: BetNo,
    stake: Option<Money>,
    context: &Context<'_>,
) -> Result<Vec<Event>, Rejection> {
    let currency = state.registered()?.currency;
    state.may_sell()?;
    stake.map_or(Ok(()), |stake| state.in_wallet_currency(stake))?;
    let bet = state.bet_to_sell(no)?;
    let rules = context.rules.current();
    let whole = offer(&bet, rules, context.book).map_err(Rejection::NoCashOut)?;
    let stake = stake.map_or(whole.stake, Money::amount);
    if stake.0 <= 0 {
        return Err(Rejection::StakeNotPositive);
    }
    if stake > whole.stake {
        let max = whole.stake.of(currency);
        return Err(Rejection::CashOutStake { max });
    }
    let part = whole.part(stake).map_err(Rejection::NoCashOut)?;
    Ok(vec![Event::CashOutLocked {
        bet: no,
        at: context.now,
        until: context.now.plus_ms(u64::from(rules.cash_out.lock_s) * 1_000),
        stake: part.stake,
        amount: part.amount,
    }])
}
