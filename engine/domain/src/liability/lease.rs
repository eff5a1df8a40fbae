//! A node's side of a limit.

use super::Tally;
use crate::exposure::Load;

/// The part of a limit that one node holds, and what its open bets use of it. It never uses more than it holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lease {
    held: Tally,
    used: Tally,
    allowance: Tally,
}

/// A bet needs more than is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the limit leaves too little room: lower the stake, or wait until bets are settled")]
pub struct Shortage {
    /// What is missing; zero in measures that are not short.
    pub missing: Load,
}

impl Lease {
    /// Takes room for a bet: all of the load or nothing of it. Fails with what is missing.
    pub fn reserve(&mut self, load: Load) -> Result<(), Shortage> {
        let load = Tally::from(load);
        let missing = load.minus(self.unused()).positive();
        if missing != Tally::ZERO {
            return Err(Shortage {
                missing: missing.load(),
            });
        }
        self.used = self.used.plus(load);
        Ok(())
    }

    /// Gives the room of a bet back to this lease. More than is in use frees what is in use.
    pub fn release(&mut self, load: Load) {
        self.used = self.used.minus(load.into()).positive();
    }

    /// Holds more, as granted.
    pub fn extend(&mut self, granted: Load) {
        self.held = self.held.plus(granted.into());
    }

    /// Uses more, for bets that stand whether or not there is room, and holds more where what is unused is too little.
    pub fn restore(&mut self, used: Load) {
        self.stand(used.into());
    }

    /// The same; says what it holds more.
    pub(super) fn stand(&mut self, used: Tally) -> Tally {
        let more = used.minus(self.unused()).positive();
        self.held = self.held.plus(more);
        self.used = self.used.plus(used);
        more
    }

    /// Gives up what is unused, at most so much of it, and says how much that was.
    pub fn give_back(&mut self, at_most: Load) -> Load {
        let given = self.unused().at_most(at_most.into());
        self.held = self.held.minus(given);
        given.load()
    }

    /// What the owner lets this node hold unused. It says when to ask and when to give back.
    pub fn set_allowance(&mut self, allowance: Load) {
        self.allowance = allowance.into();
    }

    /// Low water: what to ask for before a bet is short, in measures of which less than a quarter of the allowance is
    /// unused: what is missing to that quarter, as the owner grants an allowance on top. `None` above it.
    pub fn wants(&self) -> Option<Load> {
        let low = self.allowance.with(Tally::ZERO, |allowance, _| allowance / 4);
        some(low.minus(self.unused()).positive())
    }

    /// High water: what to give back, in measures of which more than twice the allowance is unused. `None` below it.
    pub fn surplus(&self) -> Option<Load> {
        let surplus = self.unused().with(self.allowance, |unused, allowance| {
            if unused > allowance * 2 { unused - allowance } else { 0 }
        });
        some(surplus)
    }

    /// What is held.
    pub fn held(&self) -> Load {
        self.held.load()
    }

    /// What open bets use.
    pub fn used(&self) -> Load {
        self.used.load()
    }

    /// What is held and not used.
    pub fn spare(&self) -> Load {
        self.unused().load()
    }

    pub(super) fn hold(&mut self, held: Tally) {
        self.held = held;
    }

    pub(super) fn holding(&self) -> Tally {
        self.held
    }

    pub(super) fn unused(&self) -> Tally {
        self.held.minus(self.used)
    }
}

fn some(tally: Tally) -> Option<Load> {
    (tally != Tally::ZERO).then(|| tally.load())
}
