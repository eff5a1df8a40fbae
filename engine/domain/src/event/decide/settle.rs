//! What is to be settled on a market: a fact more, and what stands by it.

use super::{FACTS_LEFT_TO_TRADERS, MAX_FACTS, MAX_REASON_BYTES, MAX_RESULTS_OF_EVENT, text};
use crate::bet::LegOutcome;
use crate::event::{Event, Fact, Market, MarketKey, Origin, PostedResult, Rejection, Ruling, Said, State};
use crate::ids::SelectionNo;
use crate::market::{PriceError, SelectionResult, Window};
use crate::time::Time;

pub(super) fn decide(
    state: &State,
    at: Time,
    key: &MarketKey,
    origin: Origin,
    ruling: &Ruling,
) -> Result<Vec<Event>, Rejection> {
    let market = state.known_market(key)?;
    let said = said(market, ruling)?;
    let fact = Fact { at, origin, said };
    if market.facts.contains(&fact) {
        return Ok(Vec::new());
    }
    // What a feed takes back may still be on its way; a trader sees the market.
    if origin == Origin::Trader && !market.facts.is_changed_by(&fact) {
        match fact.said {
            Said::Confirm => return Err(Rejection::NothingToConfirm),
            Said::RollbackResult | Said::RollbackCancel { .. } | Said::RollbackPriceError { .. } => {
                return Err(Rejection::NothingToRollBack);
            }
            Said::Result { .. } | Said::Cancel { .. } | Said::PriceError { .. } => {}
        }
    }
    has_room(state, market, &fact)?;
    let mut facts = market.facts.clone();
    facts.insert(fact.clone());
    let settlement = facts.settlement(market.withdrawals());
    Ok(vec![market.settlement_changed(at, Some(fact), settlement)?])
}

fn has_room(state: &State, market: &Market, fact: &Fact) -> Result<(), Rejection> {
    let most = match fact.origin {
        Origin::Feed => MAX_FACTS - FACTS_LEFT_TO_TRADERS,
        Origin::Trader => MAX_FACTS,
    };
    let facts = state.markets().iter().flat_map(|market| market.facts.iter());
    let results = facts.map(Fact::results).sum::<usize>() + fact.results();
    if market.facts.iter().len() >= most || results > MAX_RESULTS_OF_EVENT {
        return Err(Rejection::TooManyFacts);
    }
    Ok(())
}

/// The fact that a ruling tells of this market.
fn said(market: &Market, ruling: &Ruling) -> Result<Said, Rejection> {
    Ok(match ruling {
        Ruling::Result { results, confirmed } => Said::Result {
            confirmed: *confirmed,
            results: of_every_selection(market, results)?,
        },
        Ruling::ConfirmResult => Said::Confirm,
        Ruling::RollbackResult => Said::RollbackResult,
        Ruling::Void { window, reason } => {
            text::name("reason", reason, MAX_REASON_BYTES)?;
            let (window, reason) = (checked(*window)?, reason.as_str().into());
            Said::Cancel { window, reason }
        }
        Ruling::RollbackVoid { window } => Said::RollbackCancel {
            window: checked(*window)?,
        },
        Ruling::CorrectPrice {
            selection,
            window,
            price,
        } => {
            let (selection, window, price) = (known(market, selection)?, checked(*window)?, *price);
            let error = PriceError {
                selection,
                window,
                price,
            };
            Said::PriceError { error }
        }
        Ruling::RollbackCorrection { selection, window } => Said::RollbackPriceError {
            selection: known(market, selection)?,
            window: checked(*window)?,
        },
    })
}

/// A window that a bet can be in.
fn checked(window: Window) -> Result<Window, Rejection> {
    match (window.from, window.until) {
        (Some(from), Some(until)) if from >= until => Err(Rejection::BadWindow),
        _ => Ok(window),
    }
}

fn known(market: &Market, source: &str) -> Result<SelectionNo, Rejection> {
    let unknown = || Rejection::UnknownSelection {
        selection: source.into(),
    };
    Ok(market.selection_of(source).ok_or_else(unknown)?.no)
}

fn of_every_selection(market: &Market, told: &[PostedResult]) -> Result<Vec<SelectionResult>, Rejection> {
    let mut results: Vec<Option<SelectionResult>> = vec![None; market.selections.len()];
    for posted in told {
        let name = || posted.selection.as_str().into();
        let no = known(market, &posted.selection)?;
        let at = no.0 as usize - 1;
        if market.selections[at].removed && posted.outcome != LegOutcome::Void {
            return Err(Rejection::RemovedNotVoid { selection: name() });
        }
        if posted
            .finish
            .is_some_and(|finish| finish.position == 0 || finish.tied == 0)
        {
            return Err(Rejection::BadFinish { selection: name() });
        }
        let result = SelectionResult {
            selection: no,
            outcome: posted.outcome,
            finish: posted.finish,
        };
        if results[at].replace(result).is_some() {
            return Err(Rejection::DuplicateSelection { selection: name() });
        }
    }
    let all = market.selections.iter().zip(results);
    let every = all.map(|(selection, result)| match result {
        Some(result) => Ok(result),
        None if selection.removed => Ok(SelectionResult {
            selection: selection.no,
            outcome: LegOutcome::Void,
            finish: None,
        }),
        None => Err(Rejection::ResultIncomplete {
            selection: selection.source.clone(),
        }),
    });
    every.collect()
}
