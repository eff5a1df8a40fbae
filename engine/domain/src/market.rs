//! What both entities say of a market.

mod chance;
mod place;
mod settlement;

pub use chance::chances_by_price;
pub use place::place_chance;
use serde::{Deserialize, Serialize};
pub use settlement::{MarketSettlement, PriceError, SelectionResult, Why, Window, Withdrawal};

use crate::codec;
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

/// A name of the trade, such as a sport or a market type, as a number: the first 8 bytes of its digest. Names are compared
/// a million times a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NameKey(pub u64);

impl NameKey {
    /// The number of a name. Case counts.
    pub fn of(name: &str) -> NameKey {
        NameKey(codec::first_eight(name.as_bytes()))
    }
}

/// A race as bets meet it: what each-way terms and Rule 4 depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Race {
    /// Whether it is a handicap.
    pub handicap: bool,
    /// Runners that are not withdrawn.
    pub runners: u16,
}

/// How likely a selection comes in, in millionths: what cash-out is priced by. The rest to one million is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Chance {
    /// Wins whole.
    pub won: u32,
    /// Wins half, half of the stake comes back.
    pub half_won: u32,
    /// The stake comes back.
    pub void: u32,
    /// Loses half.
    pub half_lost: u32,
}

impl Chance {
    /// Certainty.
    pub const ONE: u32 = 1_000_000;
}

/// What is offered on a selection at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Status of its market.
    pub status: MarketStatus,
    /// Whether the market is in play.
    pub in_play: bool,
    /// Seconds between placing and acceptance that the source asks for in play.
    pub bet_delay_s: u16,
    /// The price; `None` when none is offered.
    pub price: Option<Odds>,
    /// Whether the selection is withdrawn.
    pub removed: bool,
    /// Version of the market that says so.
    pub market_version: u64,
    /// The sport of its event.
    pub sport: NameKey,
    /// The type of its market.
    pub kind: NameKey,
    /// What race it is; `None` where it is none.
    pub race: Option<Race>,
    /// Whether open bets on it may be bought back.
    pub cash_out: bool,
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

    /// How likely this selection comes in, by the source or, where it does not say, by the prices of its market with the
    /// margin taken out; `None` where a selection of the market that is not withdrawn has no price.
    fn chance(&self, selection: SelectionRef) -> Option<Chance>;

    /// How likely each other runner of this selection's race wins, in millionths, those withdrawn left out; `None` where the
    /// market is no race with one winner, or not priced whole.
    fn rivals(&self, selection: SelectionRef) -> Option<Vec<u32>>;
}
