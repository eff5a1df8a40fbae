//! How far the house trusts a player: factors on what may be staked and won.

use serde::{Deserialize, Serialize};

use crate::market::NameKey;
use crate::money::Amount;
use crate::rules::Phase;

/// Most factors of one player: a dozen sports in two phases are usual.
pub const MAX_FACTORS: usize = 64;

/// A factor in thousandths: 1,000 leaves the rules as they are, 0 takes no bets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Factor(pub u32);

impl Factor {
    /// The rules as they are.
    pub const ONE: Factor = Factor(1_000);
    /// The largest: a hundred times the rules.
    pub const MAX: Factor = Factor(100_000);

    /// An amount times this, rounded down.
    pub fn of(self, amount: Amount) -> Amount {
        let product = i128::from(amount.0) * i128::from(self.0) / 1_000;
        Amount(i64::try_from(product).unwrap_or(i64::MAX))
    }
}

/// A factor as a trader set it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlayerFactor {
    /// The sport; empty for every sport that has none of its own.
    pub sport: Box<str>,
    /// Before or during the event.
    pub phase: Phase,
    /// The factor.
    pub factor: Factor,
    key: NameKey,
}

/// All factors of a player.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Factors(Vec<PlayerFactor>);

impl Factors {
    /// All that are set, in the order of setting.
    pub fn all(&self) -> &[PlayerFactor] {
        &self.0
    }

    /// The factor that counts for a sport in a phase: its own, else the one for every sport, else 1.
    pub fn factor(&self, sport: NameKey, phase: Phase) -> Factor {
        let in_phase = || self.0.iter().filter(|set| set.phase == phase);
        let own = in_phase().find(|set| !set.sport.is_empty() && set.key == sport);
        let set = own.or_else(|| in_phase().find(|set| set.sport.is_empty()));
        set.map_or(Factor::ONE, |set| set.factor)
    }

    pub(super) fn get(&self, sport: &str, phase: Phase) -> Option<Factor> {
        let set = self.0.iter().find(|set| *set.sport == *sport && set.phase == phase);
        set.map(|set| set.factor)
    }

    pub(super) fn set(&mut self, sport: &str, phase: Phase, factor: Option<Factor>) {
        self.0.retain(|set| *set.sport != *sport || set.phase != phase);
        if let Some(factor) = factor {
            self.0.push(PlayerFactor {
                sport: sport.into(),
                phase,
                factor,
                key: NameKey::of(sport),
            });
        }
    }
}
