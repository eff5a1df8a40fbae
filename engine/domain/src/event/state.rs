//! What a sporting event is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::event::{Event, NewSelection};
use crate::bet::LegOutcome;
use crate::codec::{self, DecodeError};
use crate::ids::{MarketNo, SelectionNo};
use crate::market::{Lookup, MarketStatus, Quote};
use crate::odds::Odds;
use crate::time::Time;

/// Layout of the snapshot bytes. A snapshot of another layout is rebuilt from the journal.
const LAYOUT: u8 = 1;

/// How far a sporting event has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FixtureStatus {
    /// Not begun.
    Scheduled,
    /// Going on.
    InPlay,
    /// Over.
    Ended,
}

/// What is known of a sporting event itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fixture {
    /// The source's name of it.
    pub urn: Box<str>,
    /// Sport.
    pub sport: Box<str>,
    /// Competition; may be empty.
    pub competition: Box<str>,
    /// Name.
    pub name: Box<str>,
    /// Planned start.
    pub starts_at: Time,
    /// How far it has come.
    pub status: FixtureStatus,
    /// The score or another line of state; may be empty.
    pub scoreboard: Box<str>,
}

/// What a market is named by in its event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MarketKey {
    /// Its type, such as `MATCH_ODDS`: 1 to 64 of A-Z a-z 0-9 . _ -
    pub kind: Box<str>,
    /// What tells markets of one type apart, such as `total=2.5`: up to 200 printable ASCII characters.
    pub specifiers: Box<str>,
}

/// A market as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Market {
    /// Its number in the event.
    pub no: MarketNo,
    /// What it is named by.
    pub key: MarketKey,
    /// Its name.
    pub name: Box<str>,
    /// How many selections may win; 0 where not told.
    pub winners: u16,
    /// Whether bets are taken.
    pub status: MarketStatus,
    /// Whether it is in play.
    pub in_play: bool,
    /// Seconds between placing and acceptance in play.
    pub bet_delay_s: u16,
    /// Rises by one with each command that changes it.
    pub version: u64,
    /// Rises by one with each result, void and rollback; 0 before the first.
    pub result_version: u32,
    /// Why it is void; `None` when it is not.
    pub void_reason: Option<Box<str>>,
    /// When the source published its last change.
    pub source_time: Time,
    /// Its selections, by number from 1.
    pub selections: Vec<Selection>,
}

/// A selection as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// Its number in the market.
    pub no: SelectionNo,
    /// The source's id of it.
    pub source: Box<str>,
    /// Its name.
    pub name: Box<str>,
    /// Its price; `None` when none is offered.
    pub price: Option<Odds>,
    /// Whether it is withdrawn.
    pub removed: bool,
    /// What became of it; `None` while the market has no result.
    pub outcome: Option<LegOutcome>,
}

impl Market {
    /// A market before its first version: suspended and without prices.
    pub(super) fn opened(
        no: MarketNo,
        key: MarketKey,
        name: Box<str>,
        winners: u16,
        selections: &[NewSelection],
        source_time: Time,
    ) -> Market {
        let mut market = Market {
            no,
            key,
            name,
            winners,
            status: MarketStatus::Suspended,
            in_play: false,
            bet_delay_s: 0,
            version: 0,
            result_version: 0,
            void_reason: None,
            source_time,
            selections: Vec::with_capacity(selections.len()),
        };
        market.add(selections);
        market
    }

    /// A selection by its number.
    pub fn selection(&self, no: SelectionNo) -> Option<&Selection> {
        self.selections.get(usize::try_from(no.0).ok()?.checked_sub(1)?)
    }

    /// A selection by the source's id.
    pub fn selection_of(&self, source: &str) -> Option<&Selection> {
        self.selections.iter().find(|selection| *selection.source == *source)
    }

    /// Whether there is a result or a void.
    pub fn is_decided(&self) -> bool {
        matches!(self.status, MarketStatus::Resulted | MarketStatus::Void)
    }

    fn selection_mut(&mut self, no: SelectionNo) -> &mut Selection {
        &mut self.selections[no.0 as usize - 1]
    }

    pub(super) fn add(&mut self, selections: &[NewSelection]) {
        for new in selections {
            let no = SelectionNo(self.selections.len() as u32 + 1);
            let (source, name) = (new.source.clone(), new.name.clone());
            self.selections.push(Selection {
                no,
                source,
                name,
                price: None,
                removed: false,
                outcome: None,
            });
        }
    }

    fn decide_all(&mut self, status: MarketStatus, result_version: u32, outcome: Option<LegOutcome>) {
        (self.status, self.result_version) = (status, result_version);
        self.selections
            .iter_mut()
            .for_each(|selection| selection.outcome = outcome);
    }
}

/// A sporting event: nothing before its first message, then a fixture with markets. It is the sum of its events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    fixture: Option<Fixture>,
    source_time: Time,
    selections: u32,
    markets: Vec<Market>,
    by_key: BTreeMap<MarketKey, MarketNo>,
}

impl State {
    /// What is known of the event itself; `None` before its first message.
    pub fn fixture(&self) -> Option<&Fixture> {
        self.fixture.as_ref()
    }

    /// When the source published the last change.
    pub fn source_time(&self) -> Time {
        self.source_time
    }

    /// The markets, by number.
    pub fn markets(&self) -> &[Market] {
        &self.markets
    }

    /// A market by its number.
    pub fn market(&self, no: MarketNo) -> Option<&Market> {
        self.markets.get(usize::try_from(no.0).ok()?.checked_sub(1)?)
    }

    /// A market by what it is named by.
    pub fn market_of(&self, key: &MarketKey) -> Option<&Market> {
        self.by_key.get(key).and_then(|no| self.market(*no))
    }

    /// How many selections all markets have together.
    pub fn selection_count(&self) -> u32 {
        self.selections
    }

    /// What is offered on a selection.
    pub fn quote(&self, market: MarketNo, selection: SelectionNo) -> Lookup {
        let Some(market) = self.market(market) else {
            return Lookup::UnknownMarket;
        };
        let Some(selection) = market.selection(selection) else {
            return Lookup::UnknownSelection;
        };
        Lookup::Found(Quote {
            status: market.status,
            in_play: market.in_play,
            price: selection.price,
            removed: selection.removed,
            market_version: market.version,
        })
    }

    /// Takes in an event. It cannot fail on what was decided on this state; anything else is a bug and panics.
    pub fn apply(&mut self, event: &Event) {
        self.source_time = event.source_time();
        match event {
            Event::FixtureUpdated { fixture, .. } => self.fixture = Some(fixture.clone()),
            Event::MarketOpened {
                market,
                key,
                name,
                winners,
                selections,
                ..
            } => {
                self.selections += selections.len() as u32;
                self.by_key.insert(key.clone(), *market);
                let (key, at) = (key.clone(), event.source_time());
                self.markets
                    .push(Market::opened(*market, key, name.clone(), *winners, selections, at));
            }
            Event::SelectionsAdded { selections, .. } => self.selections += selections.len() as u32,
            _ => {}
        }
        if let Some((no, version)) = event.market() {
            let market = &mut self.markets[no.0 as usize - 1];
            (market.version, market.source_time) = (version, event.source_time());
            market.apply(event);
        }
    }

    /// Appends its snapshot bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        codec::encode_snapshot(LAYOUT, self, out);
    }

    /// Reads the bytes of exactly one snapshot.
    pub fn decode(bytes: &[u8]) -> Result<State, DecodeError> {
        codec::decode_snapshot(LAYOUT, bytes)
    }
}

impl Market {
    fn apply(&mut self, event: &Event) {
        match event {
            Event::FixtureUpdated { .. } | Event::MarketOpened { .. } => {}
            Event::DefinitionChanged { name, winners, .. } => {
                (self.name, self.winners) = (name.clone(), *winners);
            }
            Event::SelectionsAdded { selections, .. } => self.add(selections),
            Event::MarketStatusChanged { status, .. } => self.status = *status,
            Event::MarketInPlayChanged { in_play, .. } => self.in_play = *in_play,
            Event::BetDelayChanged { seconds, .. } => self.bet_delay_s = *seconds,
            Event::SelectionRemoved { selection, .. } => {
                let selection = self.selection_mut(*selection);
                (selection.removed, selection.price) = (true, None);
            }
            Event::LinesPosted { lines, .. } => {
                lines
                    .iter()
                    .for_each(|line| self.selection_mut(line.selection).price = line.price);
            }
            Event::MarketResulted {
                result_version,
                outcomes,
                ..
            } => {
                self.decide_all(MarketStatus::Resulted, *result_version, None);
                self.void_reason = None;
                outcomes
                    .iter()
                    .for_each(|(no, outcome)| self.selection_mut(*no).outcome = Some(*outcome));
            }
            Event::ResultRolledBack { result_version, .. } => {
                self.decide_all(MarketStatus::Closed, *result_version, None);
                self.void_reason = None;
            }
            Event::MarketVoided {
                result_version, reason, ..
            } => {
                self.decide_all(MarketStatus::Void, *result_version, Some(LegOutcome::Void));
                self.void_reason = Some(reason.clone());
            }
        }
    }
}
