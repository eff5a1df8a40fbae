//! What a sporting event is.

mod market;

use std::collections::BTreeMap;

pub use market::{Market, Selection};
use serde::{Deserialize, Serialize};

use super::event::Event;
use super::fact::Origin;
use crate::codec::{self, DecodeError};
use crate::ids::{MarketNo, SelectionNo};
use crate::market::{Chance, Lookup, NameKey, Quote, Race};
use crate::time::Time;

/// Layout of the snapshot bytes. A snapshot of another layout is rebuilt from the journal.
const LAYOUT: u8 = 2;

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

/// A sporting event: nothing before its first message, then a fixture with markets. It is the sum of its events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    fixture: Option<Fixture>,
    sport: NameKey,
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

    /// When the feed published the last change.
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
            price: selection.price,
            removed: selection.removed,
            ..self.quote_market(market)
        })
    }

    /// What is offered on any selection of one of its markets: all but the selection's own price and withdrawal.
    pub fn quote_market(&self, market: &Market) -> Quote {
        Quote {
            status: market.status,
            in_play: market.in_play,
            bet_delay_s: market.bet_delay_s,
            price: None,
            removed: false,
            market_version: market.version,
            sport: self.sport,
            kind: market.kind,
            race: market.race.map(|race| Race {
                handicap: race.handicap,
                runners: market.runners(),
            }),
            cash_out: market.cash_out,
        }
    }

    /// How likely a selection comes in; `None` where neither the source nor the prices say.
    pub fn chance(&self, market: MarketNo, selection: SelectionNo) -> Option<Chance> {
        self.market(market)?.chance(selection)
    }

    /// Takes in an event. It cannot fail on what was decided on this state; anything else is a bug and panics.
    pub fn apply(&mut self, event: &Event) {
        self.source_time = self.source_time.max(feed_time(event));
        match event {
            Event::FixtureUpdated { fixture, .. } => {
                self.sport = NameKey::of(&fixture.sport);
                self.fixture = Some(fixture.clone());
            }
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
            (market.version, market.source_time) = (version, market.source_time.max(feed_time(event)));
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

/// When the feed published what led to this. A trader's clock is another: it holds the feed's messages up for nothing.
fn feed_time(event: &Event) -> Time {
    match event {
        Event::SettlementChanged { fact: Some(fact), .. } if fact.origin == Origin::Trader => Time::default(),
        Event::CashOutSwitched { .. } => Time::default(),
        _ => event.source_time(),
    }
}
