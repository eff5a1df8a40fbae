//! What a source can say of a sporting event.

use serde::Serialize;

use super::state::{FixtureStatus, MarketKey};
use crate::bet::LegOutcome;
use crate::codec;
use crate::odds::Odds;
use crate::time::Time;

/// A message of a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Command {
    /// When the source published it. It must not go backwards within an event; equal is fine.
    pub source_time: Time,
    /// What it says.
    pub change: Change,
}

/// What a message says. Each is taken whole or refused whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Change {
    /// What is known of the event itself. The first message of an event.
    UpdateFixture {
        /// The source's name of the event, as [`crate::ids::EventId::of`] takes it.
        urn: String,
        /// Sport, 1 to 64 bytes.
        sport: String,
        /// Competition; may be empty.
        competition: String,
        /// Name, not empty.
        name: String,
        /// Planned start.
        starts_at: Time,
        /// How far it has come.
        status: FixtureStatus,
        /// The score or another line of state; may be empty.
        scoreboard: String,
    },
    /// A change of one market. What is absent stays as it is.
    UpdateMarket {
        /// The market.
        key: MarketKey,
        /// Needed for the market's first message; later it may add selections.
        definition: Option<MarketDefinition>,
        /// Whether bets are taken.
        status: Option<SourceStatus>,
        /// Whether the market is in play.
        in_play: Option<bool>,
        /// Seconds between placing and acceptance in play.
        bet_delay_s: Option<u16>,
        /// Prices, posted or withdrawn.
        lines: Vec<PostedLine>,
    },
    /// The result of a market; again, if it was wrong.
    ResultMarket {
        /// The market.
        key: MarketKey,
        /// Every selection once, by the source's id; a removed one may be left out and is void.
        outcomes: Vec<(String, LegOutcome)>,
    },
    /// Takes the last result or void back.
    RollbackResult {
        /// The market.
        key: MarketKey,
    },
    /// Makes every bet on the market void.
    VoidMarket {
        /// The market.
        key: MarketKey,
        /// Why, 1 to 200 bytes.
        reason: String,
    },
}

/// What a source can make of a market's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum SourceStatus {
    /// Bets are taken.
    Open,
    /// No bets for now.
    Suspended,
    /// No more bets; the result follows.
    Closed,
}

/// What a market is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MarketDefinition {
    /// Its name, not empty.
    pub name: String,
    /// How many selections may win; 0 where the source does not tell. A dead heat has more, so that it is no rule.
    pub winners: u16,
    /// Its selections. Those that are known already stay as they are; new ones are added.
    pub selections: Vec<SelectionDefinition>,
}

/// What a selection is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SelectionDefinition {
    /// The source's id of it, unique in the market.
    pub id: String,
    /// Its name, not empty.
    pub name: String,
}

/// A price as posted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PostedLine {
    /// The source's id of the selection.
    pub selection: String,
    /// The price; `None` withdraws it.
    pub price: Option<Odds>,
    /// Whether the selection is out. That is for good and leaves it without price.
    pub removed: bool,
}

impl Command {
    /// A number that is the same for the same content: the check that a repeated message id is a repetition.
    pub fn fingerprint(&self) -> u64 {
        codec::fingerprint(self)
    }
}
