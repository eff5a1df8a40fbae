//! What the owner of a limit and the nodes say to each other. The scope and currency travel beside it.

use serde::{Deserialize, Serialize};

use super::{NodeNo, Tally};

/// What a node says of itself in each message: totals of this session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// The node.
    pub node: NodeNo,
    /// Its incarnation; a higher one replaces all that was held before.
    pub epoch: u64,
    /// The owner's incarnation as far as the node has heard; 0 if it has not.
    pub term: u64,
    /// What it counts without having asked: open bets at its start, and later bets that stand.
    pub taken: Tally,
    /// What it gave up.
    pub returned: Tally,
}

/// A node wants more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// Who, and what it holds.
    pub statement: Statement,
    /// Number among the asks of this session, from 1.
    pub number: u64,
    /// What it wants on top.
    pub want: Tally,
}

/// A node has given up a part, or says what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returned {
    /// Who, and what it holds.
    pub statement: Statement,
}

/// The owner's answer to an ask or a return.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Granted {
    /// Whom it is for.
    pub node: NodeNo,
    /// The node's incarnation.
    pub epoch: u64,
    /// The owner's incarnation.
    pub term: u64,
    /// Number of the last ask that is answered; 0 for none.
    pub answered: u64,
    /// All that was granted in this session.
    pub granted: Tally,
    /// The node's total of taken parts, as heard.
    pub taken: Tally,
    /// The node's total of returned parts, as heard.
    pub returned: Tally,
    /// What the node may well hold unused.
    pub allowance: Tally,
    /// What the last answered ask wanted and did not get: with all idle parts called back there was no more.
    pub short: Tally,
}

/// The owner wants unused parts back. A wish: lost, late or repeated, it does no harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recall {
    /// Whom it is for and what was granted, so that parts on their way to the node can be given back too.
    pub granted: Granted,
    /// How much is missing elsewhere.
    pub load: Tally,
}
