//! Takes a result or a void back.

use crate::event::{Event, MarketKey, Rejection, State};
use crate::time::Time;

pub(super) fn decide(state: &State, source_time: Time, key: &MarketKey) -> Result<Vec<Event>, Rejection> {
    let market = state.known_market(key)?;
    if !market.is_decided() {
        return Err(Rejection::NothingToRollBack);
    }
    let (version, result_version) = (market.version + 1, market.next_result_version()?);
    Ok(vec![Event::ResultRolledBack {
        source_time,
        market: market.no,
        version,
        result_version,
    }])
}
