//! What happened to a sporting event and its markets. Others see exactly this.
//!
//! The bytes of these events are in journals for ever. Variants are appended and never reordered or removed; a variant
//! that needs other fields is appended as a new one beside the old, which is applied for ever.

use serde::{Deserialize, Serialize};

use super::fact::Fact;
use super::state::{Fixture, MarketKey};
use crate::bet::LegOutcome;
use crate::codec::{self, DecodeError};
use crate::ids::{MarketNo, SelectionNo};
use crate::market::{Chance, MarketSettlement, MarketStatus, SelectionResult, Window};
use crate::odds::Odds;
use crate::time::Time;

/// Something that happened. `source_time` is when the source published it; `version` is the market's version after it,
/// the same for all events of one command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// What is known of the event itself changed.
    FixtureUpdated {
        /// When the source published it.
        source_time: Time,
        /// All that is known now.
        fixture: Fixture,
    },
    /// A market appeared, suspended and without prices.
    MarketOpened {
        /// When the source published it.
        source_time: Time,
        /// Its number.
        market: MarketNo,
        /// Its version, 1.
        version: u64,
        /// What it is named by.
        key: MarketKey,
        /// Its name.
        name: Box<str>,
        /// How many selections may win; 0 where not told.
        winners: u16,
        /// Its selections, numbered from 1 in this order.
        selections: Vec<NewSelection>,
    },
    /// A market's name or number of winners changed.
    DefinitionChanged {
        /// When the source published it.
        source_time: Time,
        /// The market.
        market: MarketNo,
        /// The market's version.
        version: u64,
        /// Its name.
        name: Box<str>,
        /// How many selections may win; 0 where not told.
        winners: u16,
    },
    /// A market got more selections.
    SelectionsAdded {
        /// When the source published it.
        source_time: Time,
        /// The market.
        market: MarketNo,
        /// The market's version.
        version: u64,
        /// The new ones, numbered on in this order.
        selections: Vec<NewSelection>,
    },
    /// The source opened, suspended or closed a market.
    MarketStatusChanged {
        /// When the source published it.
        source_time: Time,
        /// The market.
        market: MarketNo,
        /// The market's version.
        version: u64,
        /// Open, suspended or closed.
        status: MarketStatus,
    },
    /// A market went in play, or was not in play after all.
    MarketInPlayChanged {
        /// When the source published it.
        source_time: Time,
        /// The market.
        market: MarketNo,
        /// The market's version.
        version: u64,
        /// Whether it is in play.
        in_play: bool,
    },
    /// The delay of in-play bets changed.
    BetDelayChanged {
        /// When the source published it.
        source_time: Time,
        /// The market.
        market: MarketNo,
        /// The market's version.
        version: u64,
        /// Seconds.
        seconds: u16,
    },
    /// A selection was withdrawn for good and lost its price.
    SelectionRemoved {
        /// When the source published it.
        source_time: Time,
        /// The market.
        market: MarketNo,
        /// The market's version.
        version: u64,
        /// The selection.
        selection: SelectionNo,
    },
    /// Prices changed.
    LinesPosted {
        /// When the source published it.
        source_time: Time,
        /// The market.
        market: MarketNo,
        /// The market's version.
        version: u64,
        /// Only those that differ from before.
        lines: Vec<Line>,
    },
    /// The result came in, or another one.
    MarketResulted {
        /// When the source published it.
        source_time: Time,
        /// The market.
        market: MarketNo,
        /// The market's version.
        version: u64,
        /// The version of the result.
        result_version: u32,
        /// Every selection once, by number.
        outcomes: Vec<(SelectionNo, LegOutcome)>,
    },
    /// The last result or void was taken back; the market is closed.
    ResultRolledBack {
        /// When the source published it.
        source_time: Time,
        /// The market.
        market: MarketNo,
        /// The market's version.
        version: u64,
        /// The version of this.
        result_version: u32,
    },
    /// Every bet on the market is void.
    MarketVoided {
        /// When the source published it.
        source_time: Time,
        /// The market.
        market: MarketNo,
        /// The market's version.
        version: u64,
        /// The version of this.
        result_version: u32,
        /// Why.
        reason: Box<str>,
    },
    /// Something was said of the settlement, or a withdrawal changed it. The three events before are what the first
    /// version had of it.
    SettlementChanged {
        /// When the source published the message.
        source_time: Time,
        /// The market.
        market: MarketNo,
        /// The market's version.
        version: u64,
        /// The version of what stands; the one before where nothing of that changed.
        result_version: u32,
        /// What was said; `None` where selections were withdrawn or the market turned out to be a race.
        fact: Option<Fact>,
        /// What stands after it, whole; `None` where that is what stood before.
        settlement: Option<MarketSettlement>,
    },
    /// The market is a race.
    RaceDeclared {
        /// When the source published it.
        source_time: Time,
        /// The market.
        market: MarketNo,
        /// The market's version.
        version: u64,
        /// Whether it is a handicap.
        handicap: bool,
    },
    /// The source said how likely selections come in. That holds until prices or selections of the market change.
    ChancesPosted {
        /// When the source published it.
        source_time: Time,
        /// The market.
        market: MarketNo,
        /// The market's version.
        version: u64,
        /// Only those that differ from before; `None` leaves it to the prices again.
        chances: Vec<(SelectionNo, Option<Chance>)>,
    },
    /// A trader stopped cash-out on a market, or let it go on.
    CashOutSwitched {
        /// When the source published it.
        source_time: Time,
        /// The market.
        market: MarketNo,
        /// The market's version.
        version: u64,
        /// Whether open bets on it may be bought back.
        offered: bool,
    },
}

/// A selection as it enters a market.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewSelection {
    /// The source's id of it.
    pub source: Box<str>,
    /// Its name.
    pub name: Box<str>,
}

/// A price of a selection; `None` when none is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The selection.
    pub selection: SelectionNo,
    /// Its price from now on.
    pub price: Option<Odds>,
}

impl Event {
    /// When the source published it.
    pub fn source_time(&self) -> Time {
        match self {
            Event::FixtureUpdated { source_time, .. }
            | Event::MarketOpened { source_time, .. }
            | Event::DefinitionChanged { source_time, .. }
            | Event::SelectionsAdded { source_time, .. }
            | Event::MarketStatusChanged { source_time, .. }
            | Event::MarketInPlayChanged { source_time, .. }
            | Event::BetDelayChanged { source_time, .. }
            | Event::SelectionRemoved { source_time, .. }
            | Event::LinesPosted { source_time, .. }
            | Event::MarketResulted { source_time, .. }
            | Event::ResultRolledBack { source_time, .. }
            | Event::MarketVoided { source_time, .. }
            | Event::SettlementChanged { source_time, .. }
            | Event::RaceDeclared { source_time, .. }
            | Event::ChancesPosted { source_time, .. }
            | Event::CashOutSwitched { source_time, .. } => *source_time,
        }
    }

    /// The market that changed and its version after that; `None` for a change of the fixture.
    pub fn market(&self) -> Option<(MarketNo, u64)> {
        match self {
            Event::FixtureUpdated { .. } => None,
            Event::MarketOpened { market, version, .. }
            | Event::DefinitionChanged { market, version, .. }
            | Event::SelectionsAdded { market, version, .. }
            | Event::MarketStatusChanged { market, version, .. }
            | Event::MarketInPlayChanged { market, version, .. }
            | Event::BetDelayChanged { market, version, .. }
            | Event::SelectionRemoved { market, version, .. }
            | Event::LinesPosted { market, version, .. }
            | Event::MarketResulted { market, version, .. }
            | Event::ResultRolledBack { market, version, .. }
            | Event::MarketVoided { market, version, .. }
            | Event::SettlementChanged { market, version, .. }
            | Event::RaceDeclared { market, version, .. }
            | Event::ChancesPosted { market, version, .. }
            | Event::CashOutSwitched { market, version, .. } => Some((*market, *version)),
        }
    }

    /// What is to be settled on a market after this, with the version of the result; `None` where nothing of that changed.
    pub fn settlement(&self) -> Option<(MarketNo, u32, MarketSettlement)> {
        let (market, version, settlement) = match self {
            Event::SettlementChanged {
                market,
                result_version,
                settlement: Some(settlement),
                ..
            } => (market, result_version, settlement.clone()),
            Event::MarketResulted {
                market,
                result_version,
                outcomes,
                ..
            } => {
                let settlement = MarketSettlement {
                    results: plain_results(outcomes),
                    confirmed: true,
                    ..MarketSettlement::default()
                };
                (market, result_version, settlement)
            }
            Event::ResultRolledBack {
                market, result_version, ..
            } => (market, result_version, MarketSettlement::default()),
            Event::MarketVoided {
                market, result_version, ..
            } => {
                let settlement = MarketSettlement {
                    voids: vec![Window::ALWAYS],
                    ..MarketSettlement::default()
                };
                (market, result_version, settlement)
            }
            _ => return None,
        };
        Some((*market, *version, settlement))
    }

    /// Appends its journal bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        codec::encode(self, out);
    }

    /// Reads journal bytes of exactly one event.
    pub fn decode(bytes: &[u8]) -> Result<Event, DecodeError> {
        codec::decode(bytes, codec::MAX_RECORD_BYTES)
    }
}

/// Results of the first version, which says nothing of positions.
pub(super) fn plain_results(outcomes: &[(SelectionNo, LegOutcome)]) -> Vec<SelectionResult> {
    let result = |(selection, outcome): &(SelectionNo, LegOutcome)| SelectionResult {
        selection: *selection,
        outcome: *outcome,
        finish: None,
    };
    outcomes.iter().map(result).collect()
}
