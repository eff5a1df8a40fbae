//! Liability limits that many nodes share without asking each other for every bet.
//!
//! A limit belongs to one owner. It is leased out in parts, and a node takes bets against its own part alone. So the sum
//! of what nodes use is at most the sum of what they hold, and that is at most the limit.
//!
//! - [`Desk`] is the owner's arithmetic: what is leased to whom. [`Lease`] is a node's: what it holds and uses.
//! - [`Lessor`] and [`Lessee`] are the same with messages between them, over any bus that loses, repeats and reorders.
//!
//! The protocol, for one limit in one currency:
//!
//! 1. Nobody sends an amount to add. Both sides send totals that only grow: what the owner ever granted, what the node
//!    ever took unasked (bets that stand) and what it ever returned. Who hears a total keeps the higher one, so that
//!    repeated and late messages change nothing, and the next message makes good for a lost one.
//! 2. The owner counts `taken + granted - returned` as leased. It grants before the node hears of it, and hears of
//!    returns after the node has lost them. Thus it never counts less than the node holds.
//! 3. [`Ask`]s are numbered and each number is granted once; a node that gets no answer sends the same ask again.
//! 4. Totals are those of a session, named by the owner's *term* and the node's *epoch*. Both rise with each restart and
//!    come from outside. A node that hears of a higher term begins anew: what it holds becomes what it took.
//! 5. A node that restarted counts its open bets as taken, in a higher epoch. The owner replaces the old lease by that:
//!    what was unused is free again. Before this, the old incarnation must have stopped taking bets.
//! 6. An owner that restarted grants nothing until each node that may hold a part has spoken in its new term, or was
//!    dismissed. That also fences an owner that was replaced and does not know it.
//! 7. Taken parts count even above the limit, since bets that stand cannot be undone; nothing is granted until below.
//!
//! A limit that is lowered below what is leased takes nothing away. The sum of used parts stays at or below the larger of
//! the limit and what was leased when it was lowered, and sinks as parts come back. [`Recall`]s speed that up: once they
//! are answered, it is the larger of the limit and what was in use.

mod desk;
mod lease;
mod lessee;
mod lessor;
mod message;
mod tally;

pub use desk::Desk;
pub use lease::{Lease, Shortage};
pub use lessee::Lessee;
pub use lessor::Lessor;
pub use message::{Ask, Granted, Recall, Returned, Statement};
use serde::{Deserialize, Serialize};
pub use tally::Tally;

use crate::exposure::Scope;
use crate::rules::{AmountRules, Caps};

/// A node among those that share a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NodeNo(pub u32);

/// The limits that a brand's rules set for a scope.
pub fn caps_of(rules: &AmountRules, scope: Scope) -> Caps {
    match scope {
        Scope::Selection(_) => rules.selection,
        Scope::Market { .. } => rules.market,
        Scope::Event(_) => rules.event,
        Scope::Brand => rules.brand,
    }
}
