//! What the player wants done when the price has moved.

use serde::{Deserialize, Serialize};

use crate::odds::Odds;

/// Which changes of price the player takes, in each direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PricePolicy {
    /// None.
    #[default]
    Exact,
    /// A better price.
    Better,
    /// Any price.
    Any,
    /// A worse price: who lays a bet off elsewhere wants no more than was asked.
    Worse,
}

impl PricePolicy {
    /// Whether a price that rose is taken.
    pub fn higher(self) -> bool {
        matches!(self, PricePolicy::Better | PricePolicy::Any)
    }

    /// Whether a price that fell is taken.
    pub fn lower(self) -> bool {
        matches!(self, PricePolicy::Worse | PricePolicy::Any)
    }

    /// Whether a bet asked at one price may be taken at another.
    pub fn takes(self, now: Odds, asked: Odds) -> bool {
        now == asked || if now > asked { self.higher() } else { self.lower() }
    }

    /// As [`PricePolicy::takes`], where the brand also takes a price that fell by no more than `tolerance` hundredths of a
    /// percent (0 to 10,000) of the price asked. The bet is struck at the price now.
    pub fn takes_within(self, now: Odds, asked: Odds, tolerance: u16) -> bool {
        self.takes(now, asked) || (now < asked && is_within(now, asked, tolerance))
    }
}

/// Whether `now` is at least `asked` less so many hundredths of a percent.
fn is_within(now: Odds, asked: Odds, tolerance: u16) -> bool {
    let product = |a: u32, b: u32, hundredths: u64| u128::from(u64::from(a) * u64::from(b)) * u128::from(hundredths);
    let least = 10_000u64.saturating_sub(tolerance.into());
    product(now.num(), asked.den(), 10_000) >= product(asked.num(), now.den(), least)
}
