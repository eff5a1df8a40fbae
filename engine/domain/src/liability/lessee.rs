//! A node's side of the messages.

use super::{Ask, Granted, Lease, NodeNo, Recall, Returned, Shortage, Statement, Tally};
use crate::exposure::Load;

/// A lease with what was said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lessee {
    node: NodeNo,
    epoch: u64,
    term: u64,
    lease: Lease,
    taken: Tally,
    granted: Tally,
    returned: Tally,
    heard: (Tally, Tally),
    asked: u64,
    want: Tally,
    answered: u64,
}

impl Lessee {
    /// A node that holds nothing. The epoch must be higher than that of any earlier lessee of this node and limit.
    pub fn new(node: NodeNo, epoch: u64) -> Lessee {
        Lessee {
            node,
            epoch,
            term: 0,
            lease: Lease::default(),
            taken: Tally::ZERO,
            granted: Tally::ZERO,
            returned: Tally::ZERO,
            heard: (Tally::ZERO, Tally::ZERO),
            asked: 0,
            want: Tally::ZERO,
            answered: 0,
        }
    }

    /// The lease itself, to read.
    pub fn lease(&self) -> &Lease {
        &self.lease
    }

    /// See [`Lease::reserve`].
    pub fn reserve(&mut self, load: Load) -> Result<(), Shortage> {
        self.lease.reserve(load)
    }

    /// See [`Lease::release`].
    pub fn release(&mut self, load: Load) {
        self.lease.release(load);
    }

    /// Counts bets that stand: open ones after a restart, those of a shard that came here, and settled ones that a
    /// correction opened again. Tell the owner soon: until it hears of it, it may grant the same room to others.
    pub fn restore(&mut self, used: Load) {
        let more = self.lease.stand(used.into());
        self.taken = self.taken.plus(more);
    }

    /// Asks for more. A later ask replaces one that was not answered.
    pub fn ask(&mut self, want: Load) -> Ask {
        self.asked += 1;
        self.want = want.into();
        self.last_ask()
    }

    /// The last ask once more, if no answer came.
    pub fn unanswered(&self) -> Option<Ask> {
        (self.answered < self.asked).then(|| self.last_ask())
    }

    /// Gives up what is unused, at most so much of it. The message says so even if that is nothing.
    pub fn give_back(&mut self, at_most: Load) -> Returned {
        let given = self.lease.give_back(at_most);
        self.returned = self.returned.plus(given.into());
        self.say()
    }

    /// What this node holds, to be said again if the owner has not confirmed it.
    pub fn unconfirmed(&self) -> Option<Returned> {
        (self.heard != (self.taken, self.returned)).then(|| self.say())
    }

    /// Answers a recall as far as parts are unused: with what it wants, or with half of what is unused if that is more,
    /// so that few recalls are needed. One of an earlier owner or for another node gives nothing up.
    pub fn recalled(&mut self, recall: &Recall) -> Returned {
        let said = &recall.granted;
        if said.node != self.node || said.term < self.term {
            return self.say();
        }
        self.follow(said.term);
        self.hear(said);
        let half = |want: i128, unused: i128| if want > 0 { want.max(unused / 2) } else { 0 };
        let part = recall.load.with(self.lease.unused(), half);
        self.give_back(part.load())
    }

    /// Takes in an answer. Those of other nodes, incarnations and earlier owners change nothing.
    pub fn hear(&mut self, said: &Granted) {
        if (said.node, said.epoch) != (self.node, self.epoch) || said.term < self.term {
            return;
        }
        self.follow(said.term);
        let granted = self.granted.at_least(said.granted);
        let more = granted.minus(self.granted);
        self.granted = granted;
        self.lease.hold(self.lease.holding().plus(more));
        self.heard = (self.heard.0.at_least(said.taken), self.heard.1.at_least(said.returned));
        if said.answered >= self.answered {
            self.answered = said.answered;
            self.lease.set_allowance(said.allowance.load());
        }
    }

    /// What this node says of itself.
    pub fn statement(&self) -> Statement {
        Statement {
            node: self.node,
            epoch: self.epoch,
            term: self.term,
            taken: self.taken,
            returned: self.returned,
        }
    }

    /// A later owner counts from what is held now, and numbers asks anew; the one without an answer is still open.
    fn follow(&mut self, term: u64) {
        if term <= self.term {
            return;
        }
        self.term = term;
        self.taken = self.lease.holding();
        (self.granted, self.returned) = (Tally::ZERO, Tally::ZERO);
        self.heard = (Tally::ZERO, Tally::ZERO);
        (self.asked, self.answered) = (u64::from(self.answered < self.asked), 0);
    }

    fn say(&self) -> Returned {
        Returned {
            statement: self.statement(),
        }
    }

    fn last_ask(&self) -> Ask {
        Ask {
            statement: self.statement(),
            number: self.asked,
            want: self.want,
        }
    }
}
