//! The owner's side of a limit.

use std::collections::BTreeMap;

use super::{NodeNo, Tally};
use crate::exposure::Load;
use crate::rules::Caps;

/// Below this part of the limit, nobody gets more than was asked for.
const LAST_PART: i128 = 16;

/// What of a limit is leased to whom, for one scope and currency.
///
/// What is leased never rises above the limit by a grant. It can be above it after the limit was lowered and after
/// [`Desk::restore`]; then nothing is granted until it is below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desk {
    limit: Tally,
    leases: BTreeMap<NodeNo, Tally>,
    leased: Tally,
}

impl Desk {
    /// A desk that has leased nothing.
    pub fn new(limit: Caps) -> Desk {
        Desk {
            limit: Tally::of_caps(limit),
            leases: BTreeMap::new(),
            leased: Tally::ZERO,
        }
    }

    /// Grants a node what it wants as far as there is some left, and where it wants some an [`Desk::allowance`] on top,
    /// so that it need not ask for every bet. Each measure for itself.
    pub fn grant(&mut self, node: NodeNo, want: Load) -> Load {
        let want = Tally::from(want);
        self.leases.entry(node).or_default();
        let granted = want.at_most(self.free());
        let rest = self.shares(self.free().minus(granted));
        let granted = granted.plus(want.with(rest, |want, share| if want > 0 { share } else { 0 }));
        self.set(node, self.held(node).plus(granted));
        granted.load()
    }

    /// What a node may well hold without use: half of its equal share of what is left. The last sixteenth of the limit
    /// is kept back for those who want it, so that no node sits on what another one needs.
    pub fn allowance(&self) -> Load {
        self.shares(self.free()).load()
    }

    /// Takes back what a node does not use, at most what it holds.
    pub fn give_back(&mut self, node: NodeNo, load: Load) {
        let held = self.held(node);
        self.set(node, held.minus(held.at_most(load.into())));
    }

    /// Sets what a node holds to what stands, even above the limit.
    pub fn restore(&mut self, node: NodeNo, held: Load) {
        self.set(node, held.into());
    }

    /// Forgets a node and what it held.
    pub fn dismiss(&mut self, node: NodeNo) {
        self.set(node, Tally::ZERO);
        self.leases.remove(&node);
    }

    /// Changes the limit. Raised, there is more at once; lowered, what is leased stays so until it comes back.
    pub fn set_limit(&mut self, limit: Caps) {
        self.limit = Tally::of_caps(limit);
    }

    /// What can still be granted; nothing where as much as the limit is leased, or more.
    pub fn left(&self) -> Load {
        self.free().load()
    }

    /// What is leased in all.
    pub fn leased(&self) -> Load {
        self.leased.load()
    }

    /// What is leased to a node.
    pub fn lease(&self, node: NodeNo) -> Load {
        self.held(node).load()
    }

    /// What is leased beyond the limit.
    pub fn excess(&self) -> Load {
        self.leased.minus(self.limit).load()
    }

    /// Whom to ask for unused parts when so much is missing: all who hold some of it except the one who wants it, by
    /// falling lease. Each is asked for all that is missing, as nobody here knows who uses what; who asks them one by
    /// one stops when it is enough.
    pub fn recalls(&self, wanted_by: Option<NodeNo>, missing: Load) -> Vec<(NodeNo, Load)> {
        let missing = Tally::from(missing);
        let others = self.leases.iter().filter(|(node, _)| Some(**node) != wanted_by);
        let mut asked: Vec<(NodeNo, Tally)> = others
            .map(|(node, held)| (*node, missing.at_most(*held)))
            .filter(|(_, part)| *part != Tally::ZERO)
            .collect();
        asked.sort_by_key(|(node, _)| {
            let held = self.held(*node);
            (-held.liability, -held.payout, -held.stake, *node)
        });
        asked.into_iter().map(|(node, part)| (node, part.load())).collect()
    }

    pub(super) fn free(&self) -> Tally {
        self.limit.minus(self.leased).positive()
    }

    pub(super) fn held(&self, node: NodeNo) -> Tally {
        self.leases.get(&node).copied().unwrap_or_default()
    }

    pub(super) fn set(&mut self, node: NodeNo, held: Tally) {
        let before = self.leases.insert(node, held).unwrap_or_default();
        self.leased = self.leased.minus(before).plus(held);
    }

    fn shares(&self, left: Tally) -> Tally {
        let nodes = self.leases.len().max(1) as i128;
        left.with(self.limit, |left, limit| match left < limit / LAST_PART {
            true => 0,
            false => left / (2 * nodes),
        })
    }
}
