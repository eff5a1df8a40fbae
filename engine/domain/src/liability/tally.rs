//! Sums of loads.

use serde::{Deserialize, Serialize};

use crate::exposure::Load;
use crate::money::Amount;
use crate::rules::Caps;

/// The three measures of a load as sums, in minor units. Wide, since totals of a session only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Stakes.
    pub stake: i128,
    /// Returns.
    pub payout: i128,
    /// Winnings.
    pub liability: i128,
}

impl Tally {
    /// Nothing.
    pub const ZERO: Tally = Tally {
        stake: 0,
        payout: 0,
        liability: 0,
    };

    /// The limits; a measure without one is bounded only by what a [`Load`] can say.
    pub(super) fn of_caps(caps: Caps) -> Tally {
        let bound = |cap: Option<Amount>| cap.map_or(i64::MAX, |cap| cap.0.max(0)).into();
        Tally {
            stake: bound(caps.stake),
            payout: bound(caps.payout),
            liability: bound(caps.liability),
        }
    }

    /// Each measure of both through `op`.
    pub(super) fn with(self, other: Tally, op: impl Fn(i128, i128) -> i128) -> Tally {
        Tally {
            stake: op(self.stake, other.stake),
            payout: op(self.payout, other.payout),
            liability: op(self.liability, other.liability),
        }
    }

    pub(super) fn plus(self, other: Tally) -> Tally {
        self.with(other, |left, right| left + right)
    }

    pub(super) fn minus(self, other: Tally) -> Tally {
        self.with(other, |left, right| left - right)
    }

    pub(super) fn at_least(self, other: Tally) -> Tally {
        self.with(other, i128::max)
    }

    pub(super) fn at_most(self, other: Tally) -> Tally {
        self.with(other, i128::min)
    }

    /// What of it is above zero.
    pub(super) fn positive(self) -> Tally {
        self.at_least(Tally::ZERO)
    }

    /// As a load. A measure below zero is zero there, one beyond 64 bits the most that a load can say.
    pub fn load(self) -> Load {
        let amount = |sum: i128| Amount(i64::try_from(sum.max(0)).unwrap_or(i64::MAX));
        Load {
            stake: amount(self.stake),
            payout: amount(self.payout),
            liability: amount(self.liability),
        }
    }
}

impl From<Load> for Tally {
    /// A measure below zero counts as nothing: no load makes room.
    fn from(load: Load) -> Tally {
        let sum = |amount: Amount| amount.0.max(0).into();
        Tally {
            stake: sum(load.stake),
            payout: sum(load.payout),
            liability: sum(load.liability),
        }
    }
}
