//! Makes every bet on a market void.

use super::{MAX_REASON_BYTES, text};
use crate::event::{Event, MarketKey, Rejection, State};
use crate::market::MarketStatus;
use crate::time::Time;

pub(super) fn decide(state: &State, source_time: Time, key: &MarketKey, reason: &str) -> Result<Vec<Event>, Rejection> {
    let market = state.known_market(key)?;
    text::name("reason", reason, MAX_REASON_BYTES)?;
    if market.status == MarketStatus::Void {
        return Ok(Vec::new());
    }
    let (version, result_version) = (market.version + 1, market.next_result_version()?);
    let reason = reason.into();
    Ok(vec![Event::MarketVoided {
        source_time,
        market: market.no,
        version,
        result_version,
        reason,
    }])
}
