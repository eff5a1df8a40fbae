//! What a source can say of a sporting event.

use serde::{Deserialize, Serialize};

use super::fact::Origin;
use super::state::{FixtureStatus, MarketKey};
use crate::bet::{Finish, LegOutcome};
use crate::codec;
use crate::market::{Chance, Window};
use crate::odds::Odds;
use crate::time::Time;

/// A message of a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Command {
    /// When the source published it. It must not go backwards within an event, settlement apart; equal is fine.
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
    /// What is to be settled on a market. It may come late: its source time may lie before that of other messages.
    Settle {
        /// The market.
        key: MarketKey,
        /// Who says it.
        origin: Origin,
        /// What is said.
        ruling: Ruling,
    },
    /// How likely selections of a market come in, where the source knows better than the prices say. It holds until a
    /// price of the market changes or a selection comes or goes: sent with new prices, it comes after them.
    PostChances {
        /// The market.
        key: MarketKey,
        /// By the source's id of the selection, each once; `None` leaves it to the prices again. What is not named stays.
        chances: Vec<(String, Option<Chance>)>,
    },
    /// A trader stops cash-out on a market or lets it go on.
    SwitchCashOut {
        /// The market.
        key: MarketKey,
        /// Whether open bets on it may be bought back.
        offered: bool,
    },
}

/// What is said of a market's settlement. What each leads to is said at [`super::Said`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Ruling {
    /// The result; again, if it was wrong.
    Result {
        /// Every selection once; a removed one may be left out and is void.
        results: Vec<PostedResult>,
        /// Whether it is final. One from a scout in the stadium is not.
        confirmed: bool,
    },
    /// The result that stands is final.
    ConfirmResult,
    /// Takes the results back.
    RollbackResult,
    /// Makes bets void.
    Void {
        /// When they were placed; [`Window::ALWAYS`] is for every bet and ends the trading.
        window: Window,
        /// Why, 1 to 200 bytes.
        reason: String,
    },
    /// Takes the void of exactly this window back.
    RollbackVoid {
        /// The window.
        window: Window,
    },
    /// A price was a palpable error.
    CorrectPrice {
        /// The source's id of the selection.
        selection: String,
        /// When the bets were placed.
        window: Window,
        /// The right price; `None` makes the bets void.
        price: Option<Odds>,
    },
    /// Takes the correction of exactly this selection and window back.
    RollbackCorrection {
        /// The source's id of the selection.
        selection: String,
        /// The window.
        window: Window,
    },
}

/// The result of one selection as the source tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PostedResult {
    /// The source's id of the selection.
    pub selection: String,
    /// Won, lost, void or half of it.
    pub outcome: LegOutcome,
    /// Where it came in; `None` where the source does not say.
    pub finish: Option<Finish>,
}

impl PostedResult {
    /// An outcome without a position.
    pub fn of(selection: impl Into<String>, outcome: LegOutcome) -> PostedResult {
        PostedResult {
            selection: selection.into(),
            outcome,
            finish: None,
        }
    }
}

impl Change {
    /// What the feed says of a market's settlement.
    pub fn settle(key: MarketKey, ruling: Ruling) -> Change {
        let origin = Origin::Feed;
        Change::Settle { key, origin, ruling }
    }

    /// What a trader says of a market's settlement.
    pub fn settle_by_hand(key: MarketKey, ruling: Ruling) -> Change {
        let origin = Origin::Trader;
        Change::Settle { key, origin, ruling }
    }
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
    /// What race it is; `None` where it is none or the source does not tell, which leaves it what it was.
    pub race: Option<RaceDefinition>,
}

/// What a race is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RaceDefinition {
    /// Whether it is a handicap.
    pub handicap: bool,
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
