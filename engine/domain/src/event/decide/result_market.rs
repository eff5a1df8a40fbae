//! The result of a market.

use crate::bet::LegOutcome;
use crate::event::{Event, Market, MarketKey, Rejection, State};
use crate::ids::SelectionNo;
use crate::market::MarketStatus;
use crate::time::Time;

pub(super) fn decide(
    state: &State,
    source_time: Time,
    key: &MarketKey,
    named: &[(String, LegOutcome)],
) -> Result<Vec<Event>, Rejection> {
    let market = state.known_market(key)?;
    let outcomes = of_every_selection(market, named)?;
    let mut known = outcomes.iter().zip(&market.selections);
    if market.status == MarketStatus::Resulted
        && known.all(|((_, outcome), selection)| selection.outcome == Some(*outcome))
    {
        return Ok(Vec::new());
    }
    let (version, result_version) = (market.version + 1, market.next_result_version()?);
    Ok(vec![Event::MarketResulted {
        source_time,
        market: market.no,
        version,
        result_version,
        outcomes,
    }])
}

fn of_every_selection(
    market: &Market,
    named: &[(String, LegOutcome)],
) -> Result<Vec<(SelectionNo, LegOutcome)>, Rejection> {
    let mut outcomes: Vec<Option<LegOutcome>> = vec![None; market.selections.len()];
    for (source, outcome) in named {
        let name = || source.as_str().into();
        let selection = market
            .selection_of(source)
            .ok_or_else(|| Rejection::UnknownSelection { selection: name() })?;
        if selection.removed && *outcome != LegOutcome::Void {
            return Err(Rejection::RemovedNotVoid { selection: name() });
        }
        if outcomes[selection.no.0 as usize - 1].replace(*outcome).is_some() {
            return Err(Rejection::DuplicateSelection { selection: name() });
        }
    }
    let resulted = market
        .selections
        .iter()
        .zip(outcomes)
        .map(|(selection, outcome)| match outcome {
            Some(outcome) => Ok((selection.no, outcome)),
            None if selection.removed => Ok((selection.no, LegOutcome::Void)),
            None => Err(Rejection::ResultIncomplete {
                selection: selection.source.clone(),
            }),
        });
    resulted.collect()
}
