//! Why a slip is refused: every reason, by bet and leg.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::rejection::Rejection;
use crate::money::Money;

/// One reason against a slip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The bet, from 0; `None` where it is against a selection or against the slip as a whole.
    pub bet: Option<u8>,
    /// What is wrong. Legs in it are selections of the slip, from 0. Never a [`Rejection::Slip`].
    #[serde(with = "plain")]
    pub rejection: Rejection,
    /// The most that could be staked on the bet, all lines together, with the bets before it in the slip at what could be
    /// staked on them; zero where nothing could be. `None` where the stake is not what is wrong.
    pub max_stake: Option<Money>,
}

impl Reason {
    /// The selection of the slip that it is about, from 0.
    pub fn leg(&self) -> Option<u8> {
        self.rejection.leg()
    }
}

impl From<Rejection> for Reason {
    fn from(rejection: Rejection) -> Reason {
        Reason {
            bet: None,
            rejection,
            max_stake: None,
        }
    }
}

/// All reasons against a slip, in the order in which they are checked; at least one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlipRefusal {
    first: Reason,
    more: Vec<Reason>,
}

impl SlipRefusal {
    /// All of these; `None` of none.
    pub fn of(reasons: Vec<Reason>) -> Option<SlipRefusal> {
        let mut reasons = reasons.into_iter();
        let first = reasons.next()?;
        Some(SlipRefusal {
            first,
            more: reasons.collect(),
        })
    }

    /// The first reason.
    pub fn first(&self) -> &Reason {
        &self.first
    }

    /// All reasons, the first of them first.
    pub fn reasons(&self) -> impl Iterator<Item = &Reason> {
        std::iter::once(&self.first).chain(&self.more)
    }
}

impl fmt::Display for SlipRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.more.len() {
            0 => write!(f, "{}", self.first.rejection),
            more => write!(f, "{} (and {more} more reasons)", self.first.rejection),
        }
    }
}

/// A rejection within a reason is kept as bytes of its own, so that a reader can see before reading it that it holds no
/// reasons in its turn: altered bytes must not lead into ever deeper ones.
mod plain {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::player::Rejection;

    pub(super) fn serialize<S: Serializer>(rejection: &Rejection, serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::with_capacity(16);
        rejection.encode(&mut bytes);
        bytes.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Rejection, D::Error> {
        let bytes = Vec::<u8>::deserialize(deserializer)?;
        match postcard::take_from_bytes::<u32>(&bytes) {
            Ok((Rejection::SLIP_VARIANT, _)) => Err(D::Error::custom("a reason within a reason")),
            _ => Rejection::decode(&bytes).map_err(D::Error::custom),
        }
    }
}
