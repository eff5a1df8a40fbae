//! The slips that wait for a trader on this node.

use dashmap::DashMap;
use shardbook_domain::ids::{PlayerId, SlipNo};
use shardbook_proto::backoffice::v1::Referral;

/// Slips that have gone and are remembered, so that a late word of their coming is not believed.
const GONE_MAX: usize = 10_000;

/// Each slip with the version of its player that says how it stands.
#[derive(Debug, Default)]
pub(crate) struct Referrals {
    slips: DashMap<(PlayerId, SlipNo), (u64, Option<Referral>)>,
}

/// What changed by a word of how a slip stands.
pub(crate) enum Turn {
    Came(Box<Referral>),
    Gone,
}

impl Referrals {
    /// Takes in how a slip stands by a version of its player. Words may come in any order: the latest version counts.
    pub(crate) fn set(&self, player: PlayerId, slip: SlipNo, version: u64, stands: Option<Referral>) -> Option<Turn> {
        let mut held = self.slips.entry((player, slip)).or_insert((0, None));
        if held.0 > version {
            return None;
        }
        let before = std::mem::replace(&mut *held, (version, stands.clone())).1;
        drop(held);
        if self.slips.len() > GONE_MAX {
            self.slips.retain(|_, (_, referral)| referral.is_some());
        }
        match (before, stands) {
            (None, Some(referral)) => Some(Turn::Came(Box::new(referral))),
            (Some(_), None) => Some(Turn::Gone),
            _ => None,
        }
    }

    /// Those of a brand, or all where it is empty; the one that ends first at the beginning.
    pub(crate) fn waiting(&self, brand: &str) -> Vec<Referral> {
        let of_brand = |referral: &Referral| {
            brand.is_empty() || referral.player.as_ref().is_some_and(|player| player.brand == brand)
        };
        let waiting = self.slips.iter().filter_map(|entry| entry.value().1.clone());
        let mut waiting: Vec<Referral> = waiting.filter(of_brand).collect();
        waiting.sort_by(|one, other| (one.until_ms, &one.slip_id).cmp(&(other.until_ms, &other.slip_id)));
        waiting
    }
}
