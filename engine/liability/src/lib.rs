//! Limits on open bets together, for shard nodes that take bets on many threads at once.
//!
//! [`Budgets`] is what one node holds of all limits. A bet weighs on its selections, markets, events and the brand;
//! [`Budgets::reserve_all`] takes room in all of them or in none, and [`Budgets::release_all`] gives it back when the bet
//! is settled. Both touch this node alone unless a part is short; then the [`Owner`] is asked. [`House`] is the owner of
//! all limits in one process. In a cluster an owner asks over the bus, with the same messages. How parts are leased, and
//! why no message can break a limit, is said in [`shardbook_domain::liability`].
//!
//! Each limit has a lock of its own, for arithmetic and a look at the rules: no call to the other side is made under it, and no two are
//! held at once. So nodes and owner can call each other without a deadlock.
//!
//! What a node must do:
//!
//! 1. At its start, with an epoch above that of its earlier lives: [`Budgets::restore`] for all open bets, then join the
//!    house, then take bets.
//! 2. `reserve_all` before a bet is accepted, `release_all` when it is refused after all, settled or bought back;
//!    `restore` when a correction opens it again.
//! 3. From time to time [`Budgets::tend`], which asks ahead, gives idle parts back and repeats what had no answer.
//! 4. [`House::forget`] when an event is over.
//!
//! A scope without limits has no entry and costs a look at the rules. Bets that were taken while there was none are not
//! counted; whoever puts a limit there must restore them, or the release of such a bet makes room that it never took.

mod budgets;
mod house;
mod owner;

pub use budgets::Budgets;
pub use house::House;
pub use owner::{Holder, Limits, Owner};
use shardbook_domain::exposure::{Load, Scope};
use shardbook_domain::ids::EventId;
use shardbook_domain::money::{Amount, Currency};
use shardbook_domain::rules::Caps;

/// One limit: what it is for, and the currency of the bets that count.
type Key = (Scope, Currency);

/// Each measure of both through `op`.
fn each(left: Load, right: Load, op: impl Fn(i64, i64) -> i64) -> Load {
    Load {
        stake: Amount(op(left.stake.0, right.stake.0)),
        payout: Amount(op(left.payout.0, right.payout.0)),
        liability: Amount(op(left.liability.0, right.liability.0)),
    }
}

/// The limits as a load; what has none is as much as a load can say.
fn bounds(caps: Caps) -> Load {
    let bound = |cap: Option<Amount>| cap.unwrap_or(Amount(i64::MAX));
    Load {
        stake: bound(caps.stake),
        payout: bound(caps.payout),
        liability: bound(caps.liability),
    }
}

fn is_of(scope: Scope, event: EventId) -> bool {
    match scope {
        Scope::Selection(selection) => selection.event == event,
        Scope::Market { event: of, .. } | Scope::Event(of) => of == event,
        Scope::Brand => false,
    }
}
