//! What the player wants done when the price has moved.

use serde::{Deserialize, Serialize};

use crate::odds::Odds;

/// Which changes of price the player takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PricePolicy {
    /// None.
    #[default]
    Exact,
    /// A better price.
    Better,
    /// Any price.
    Any,
}

impl PricePolicy {
    /// Whether a bet asked at one price may be taken at another.
    pub fn takes(self, now: Odds, asked: Odds) -> bool {
        match self {
            PricePolicy::Exact => now == asked,
            PricePolicy::Better => now >= asked,
            PricePolicy::Any => true,
        }
    }
}
