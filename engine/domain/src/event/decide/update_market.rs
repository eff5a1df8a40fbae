//! A change of one market: its definition, status and lines, all of it or nothing.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{MAX_MARKETS, MAX_NAME_BYTES, MAX_SELECTIONS, MAX_SELECTIONS_OF_EVENT, text};
use crate::event::{
    Event, Line, Market, MarketDefinition, MarketKey, NewSelection, PostedLine, Rejection, SelectionDefinition,
    SourceStatus, State,
};
use crate::ids::MarketNo;
use crate::market::MarketStatus;
use crate::time::Time;

pub(super) struct Update<'a> {
    pub(super) definition: Option<&'a MarketDefinition>,
    pub(super) status: Option<SourceStatus>,
    pub(super) in_play: Option<bool>,
    pub(super) bet_delay_s: Option<u16>,
    pub(super) lines: &'a [PostedLine],
}

pub(super) fn decide(
    state: &State,
    source_time: Time,
    key: &MarketKey,
    update: &Update<'_>,
) -> Result<Vec<Event>, Rejection> {
    state.fixture().ok_or(Rejection::UnknownEvent)?;
    text::market_key(key)?;
    update.definition.map_or(Ok(()), check_definition)?;
    match (state.market_of(key), update.definition) {
        (Some(market), Some(definition)) => redefine(state, source_time, market, definition, update),
        (Some(market), None) => change(market, source_time, update, Vec::new()),
        (None, Some(definition)) => open(state, source_time, key, definition, update),
        (None, None) => Err(Rejection::UnknownMarket),
    }
}

fn check_definition(definition: &MarketDefinition) -> Result<(), Rejection> {
    text::name("market's name", &definition.name, MAX_NAME_BYTES)?;
    if definition.selections.len() > MAX_SELECTIONS {
        return Err(Rejection::TooManySelections);
    }
    let mut ids = BTreeSet::new();
    for selection in &definition.selections {
        text::source_id(&selection.id)?;
        text::name("selection's name", &selection.name, MAX_NAME_BYTES)?;
        if !ids.insert(&selection.id) {
            return Err(Rejection::DuplicateSelection {
                selection: selection.id.as_str().into(),
            });
        }
    }
    Ok(())
}

fn new_selection(definition: &SelectionDefinition) -> NewSelection {
    NewSelection {
        source: definition.id.as_str().into(),
        name: definition.name.as_str().into(),
    }
}

fn open(
    state: &State,
    source_time: Time,
    key: &MarketKey,
    definition: &MarketDefinition,
    update: &Update<'_>,
) -> Result<Vec<Event>, Rejection> {
    let selections: Vec<NewSelection> = definition.selections.iter().map(new_selection).collect();
    if selections.is_empty() {
        return Err(Rejection::NoSelections);
    }
    if state.markets().len() >= MAX_MARKETS {
        return Err(Rejection::TooManyMarkets);
    }
    if state.selection_count() as usize + selections.len() > MAX_SELECTIONS_OF_EVENT {
        return Err(Rejection::TooManySelections);
    }
    let no = MarketNo(state.markets().len() as u32 + 1);
    let (name, winners): (Box<str>, _) = (definition.name.as_str().into(), definition.winners);
    let market = Market::opened(no, key.clone(), name.clone(), winners, &selections, source_time);
    let key = key.clone();
    let opened = Event::MarketOpened {
        source_time,
        market: no,
        version: 1,
        key,
        name,
        winners,
        selections,
    };
    change(&market, source_time, update, vec![opened])
}

/// Adds what a later definition has beyond the known one, then changes the rest.
fn redefine(
    state: &State,
    source_time: Time,
    known: &Market,
    definition: &MarketDefinition,
    update: &Update<'_>,
) -> Result<Vec<Event>, Rejection> {
    let (market, version) = (known.no, known.version + 1);
    let mut events = Vec::new();
    if *known.name != *definition.name || known.winners != definition.winners {
        let (name, winners) = (definition.name.as_str().into(), definition.winners);
        events.push(Event::DefinitionChanged {
            source_time,
            market,
            version,
            name,
            winners,
        });
    }
    let unknown = definition
        .selections
        .iter()
        .filter(|selection| known.selection_of(&selection.id).is_none());
    let selections: Vec<NewSelection> = unknown.map(new_selection).collect();
    let mut after = Cow::Borrowed(known);
    if !selections.is_empty() {
        if known.selections.len() + selections.len() > MAX_SELECTIONS
            || state.selection_count() as usize + selections.len() > MAX_SELECTIONS_OF_EVENT
        {
            return Err(Rejection::TooManySelections);
        }
        after.to_mut().add(&selections);
        events.push(Event::SelectionsAdded {
            source_time,
            market,
            version,
            selections,
        });
    }
    change(&after, source_time, update, events)
}

/// Adds to `events` what the update changes of a market that has all its selections.
fn change(
    market: &Market,
    source_time: Time,
    update: &Update<'_>,
    mut events: Vec<Event>,
) -> Result<Vec<Event>, Rejection> {
    let (no, version, defined) = (market.no, market.version + 1, events.len());
    let status = update
        .status
        .map(MarketStatus::from)
        .filter(|status| *status != market.status);
    // A source repeats that a market is closed after its result; that says nothing new.
    let status = status.filter(|status| !(market.is_decided() && *status == MarketStatus::Closed));
    let status = status.map(|status| Event::MarketStatusChanged {
        source_time,
        market: no,
        version,
        status,
    });
    // Whoever follows event by event must never see an open market with the lines from before.
    let opens = update.status == Some(SourceStatus::Open);
    let (first, last) = if opens { (None, status) } else { (status, None) };
    events.extend(first);
    if let Some(in_play) = update.in_play.filter(|in_play| *in_play != market.in_play) {
        events.push(Event::MarketInPlayChanged {
            source_time,
            market: no,
            version,
            in_play,
        });
    }
    if let Some(seconds) = update.bet_delay_s.filter(|seconds| *seconds != market.bet_delay_s) {
        events.push(Event::BetDelayChanged {
            source_time,
            market: no,
            version,
            seconds,
        });
    }
    if market.is_decided() && !(events.is_empty() && last.is_none() && update.lines.is_empty()) {
        return Err(Rejection::MarketResulted);
    }
    // A race is one whenever it is told: that changes what is settled, not what is traded.
    let race = update.definition.and_then(|definition| definition.race);
    if let Some(race) = race.filter(|race| market.race != Some(*race)) {
        events.push(Event::RaceDeclared {
            source_time,
            market: no,
            version,
            handicap: race.handicap,
        });
    }
    let lines = post(market, source_time, update.lines, &mut events)?;
    let withdrawn = withdrawals(market, source_time, &events[defined..])?;
    events.extend(withdrawn);
    if !lines.is_empty() {
        events.push(Event::LinesPosted {
            source_time,
            market: no,
            version,
            lines,
        });
    }
    events.extend(last);
    Ok(events)
}

/// What these events, which come from one message, change of what is to be settled: bets on a withdrawn selection are void
/// at once, and in a race the others are reduced.
fn withdrawals(market: &Market, source_time: Time, events: &[Event]) -> Result<Option<Event>, Rejection> {
    let counts = |event: &Event| matches!(event, Event::SelectionRemoved { .. } | Event::RaceDeclared { .. });
    if !events.iter().any(counts) {
        return Ok(None);
    }
    let mut after = market.clone();
    events.iter().for_each(|event| after.apply(event));
    let settlement = after.facts.settlement(after.withdrawals());
    if settlement == market.settlement {
        return Ok(None);
    }
    market.settlement_changed(source_time, None, settlement).map(Some)
}

/// The lines that differ from the market's; removals go straight to `events`.
fn post(
    market: &Market,
    source_time: Time,
    posted: &[PostedLine],
    events: &mut Vec<Event>,
) -> Result<Vec<Line>, Rejection> {
    let mut named = vec![false; market.selections.len()];
    let mut lines = Vec::new();
    for line in posted {
        let name = || line.selection.as_str().into();
        let selection = market.selection_of(&line.selection);
        let selection = selection.ok_or_else(|| Rejection::UnknownSelection { selection: name() })?;
        if std::mem::replace(&mut named[selection.no.0 as usize - 1], true) {
            return Err(Rejection::DuplicateSelection { selection: name() });
        }
        let no = selection.no;
        match (selection.removed, line.removed) {
            (true, false) if line.price.is_some() => return Err(Rejection::SelectionRemoved { selection: name() }),
            (true, _) => {}
            (false, true) => {
                let version = market.version + 1;
                events.push(Event::SelectionRemoved {
                    source_time,
                    market: market.no,
                    version,
                    selection: no,
                });
            }
            (false, false) if selection.price != line.price => lines.push(Line {
                selection: no,
                price: line.price,
            }),
            (false, false) => {}
        }
    }
    Ok(lines)
}

impl From<SourceStatus> for MarketStatus {
    fn from(status: SourceStatus) -> MarketStatus {
        match status {
            SourceStatus::Open => MarketStatus::Open,
            SourceStatus::Suspended => MarketStatus::Suspended,
            SourceStatus::Closed => MarketStatus::Closed,
        }
    }
}
