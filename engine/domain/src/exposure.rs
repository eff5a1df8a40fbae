//! What the house stands to lose, and what it still has room for.
//!
//! A bet loads every scope that it touches: the selections, markets and sporting events of its legs, and the brand. What
//! is left of a scope's budget comes in from outside, because the budget is shared by many players.

use serde::{Deserialize, Serialize};

use crate::ids::{EventId, MarketNo, SelectionRef};
use crate::money::{Amount, Currency};

/// What a budget is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scope {
    /// All bets with a leg on a selection.
    Selection(SelectionRef),
    /// All bets with a leg on a market.
    Market {
        /// The sporting event.
        event: EventId,
        /// The market.
        market: MarketNo,
    },
    /// All bets with a leg on a sporting event.
    Event(EventId),
    /// All bets of the brand.
    Brand,
}

/// What bets load a scope with, in minor units; what they release, where it is below zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Load {
    /// Stake.
    pub stake: Amount,
    /// The most that they return.
    pub payout: Amount,
    /// The most that the house loses on them: return less stake; for a free bet all that it returns.
    pub liability: Amount,
}

impl Load {
    /// Nothing.
    pub const NONE: Load = Load {
        stake: Amount::ZERO,
        payout: Amount::ZERO,
        liability: Amount::ZERO,
    };

    /// Both together; sums stop at the bounds of 64 bits.
    pub fn plus(self, other: Load) -> Load {
        Load {
            stake: Amount(self.stake.0.saturating_add(other.stake.0)),
            payout: Amount(self.payout.0.saturating_add(other.payout.0)),
            liability: Amount(self.liability.0.saturating_add(other.liability.0)),
        }
    }

    /// This less the other.
    pub fn less(self, other: Load) -> Load {
        Load {
            stake: Amount(self.stake.0.saturating_sub(other.stake.0)),
            payout: Amount(self.payout.0.saturating_sub(other.payout.0)),
            liability: Amount(self.liability.0.saturating_sub(other.liability.0)),
        }
    }
}

/// What may still be loaded, in minor units; nothing where it is zero or below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Room {
    /// Stake.
    pub stake: Amount,
    /// Return.
    pub payout: Amount,
    /// Return less stake.
    pub liability: Amount,
}

impl Room {
    /// Where nothing is bounded.
    pub const UNBOUNDED: Room = Room {
        stake: Amount(i64::MAX),
        payout: Amount(i64::MAX),
        liability: Amount(i64::MAX),
    };

    /// Whether this much can be loaded.
    pub fn holds(&self, load: Load) -> bool {
        load.stake <= self.stake && load.payout <= self.payout && load.liability <= self.liability
    }

    /// What both leave.
    pub fn narrower(self, other: Room) -> Room {
        Room {
            stake: self.stake.min(other.stake),
            payout: self.payout.min(other.payout),
            liability: self.liability.min(other.liability),
        }
    }

    /// What is left after a load; what is not bounded stays so.
    pub fn after(self, load: Load) -> Room {
        let left = |room: Amount, load: Amount| match room.0 {
            i64::MAX => room,
            room => Amount(room.saturating_sub(load.0)),
        };
        Room {
            stake: left(self.stake, load.stake),
            payout: left(self.payout, load.payout),
            liability: left(self.liability, load.liability),
        }
    }
}

/// The budgets against which bets are decided.
pub trait Exposure {
    /// What is left of a scope's budget here and now for bets in a currency; [`Room::UNBOUNDED`] where it has none.
    fn room(&self, scope: Scope, currency: Currency) -> Room;
}

/// A house without budgets.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unbounded;

impl Exposure for Unbounded {
    fn room(&self, _: Scope, _: Currency) -> Room {
        Room::UNBOUNDED
    }
}
