//! How likely selections come in, by the source.

use crate::event::{Event, MarketKey, Rejection, State};
use crate::market::Chance;
use crate::time::Time;

pub(super) fn decide(
    state: &State,
    source_time: Time,
    key: &MarketKey,
    posted: &[(String, Option<Chance>)],
) -> Result<Vec<Event>, Rejection> {
    let market = state.known_market(key)?;
    if market.is_decided() {
        return Err(Rejection::MarketResulted);
    }
    let mut named = vec![false; market.selections.len()];
    let mut chances = Vec::new();
    for (source, chance) in posted {
        let name = || source.as_str().into();
        let selection = market.selection_of(source);
        let selection = selection.ok_or_else(|| Rejection::UnknownSelection { selection: name() })?;
        if std::mem::replace(&mut named[selection.no.0 as usize - 1], true) {
            return Err(Rejection::DuplicateSelection { selection: name() });
        }
        if selection.removed && chance.is_some() {
            return Err(Rejection::SelectionRemoved { selection: name() });
        }
        if chance.is_some_and(|chance| !chance.is_possible()) {
            return Err(Rejection::ImpossibleChance { selection: name() });
        }
        if *chance != selection.chance {
            chances.push((selection.no, *chance));
        }
    }
    if chances.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![Event::ChancesPosted {
        source_time,
        market: market.no,
        version: market.version + 1,
        chances,
    }])
}
