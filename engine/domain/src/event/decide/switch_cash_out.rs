//! A trader's stop of cash-out on a market.

use crate::event::{Event, MarketKey, Rejection, State};
use crate::time::Time;

pub(super) fn decide(
    state: &State,
    source_time: Time,
    key: &MarketKey,
    offered: bool,
) -> Result<Vec<Event>, Rejection> {
    let market = state.known_market(key)?;
    if market.is_decided() {
        return Err(Rejection::MarketResulted);
    }
    if market.cash_out == offered {
        return Ok(Vec::new());
    }
    Ok(vec![Event::CashOutSwitched {
        source_time,
        market: market.no,
        version: market.version + 1,
        offered,
    }])
}
