//! What both entities say of a market.

use serde::{Deserialize, Serialize};

use crate::ids::SelectionRef;
use crate::odds::Odds;

/// Whether bets are taken on a market, and if not, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MarketStatus {
    /// Bets are taken.
    Open,
    /// No bets for now.
    Suspended,
    /// No more bets; the result follows.
    Closed,
    /// The result is in.
    Resulted,
    /// Every bet on it is void.
    Void,
}

/// What is offered on a selection at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Status of its market.
    pub status: MarketStatus,
    /// Whether the market is in play.
    pub in_play: bool,
    /// The price; `None` when none is offered.
    pub price: Option<Odds>,
    /// Whether the selection is withdrawn.
    pub removed: bool,
    /// Version of the market that says so.
    pub market_version: u64,
}

/// Answer to the question what is offered on a selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// The selection is known.
    Found(Quote),
    /// The event or the market is not known.
    UnknownMarket,
    /// The market is known and has no such selection.
    UnknownSelection,
}

/// The prices that a bet is decided on.
pub trait Book {
    /// What is offered on this selection now.
    fn quote(&self, selection: SelectionRef) -> Lookup;
}
