//! Read models: which rows follow from what happened. One file for each.
//!
//! Invariant: rows are a function of events alone. Where they are kept, how far they have come and how
//! they are rebuilt is the business of the runtime.

pub mod events;
pub mod history;
pub mod legs;
pub mod open;
pub mod pending;
pub mod results;
pub mod totals;

use shardbook_domain::{event, player};

/// A change of a read model. Keys are within the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row<'r> {
    /// Sets a row.
    Put(&'r [u8], &'r [u8]),
    /// Removes a row.
    Delete(&'r [u8]),
    /// Adds to the columns of a row of sums.
    Add(&'r [u8], &'r [i64]),
}

/// What one command to a player came to.
#[derive(Debug, Clone, Copy)]
pub struct PlayerEntry<'a> {
    /// The player.
    pub player: shardbook_domain::ids::PlayerId,
    /// Entries of the player before this one.
    pub version: u64,
    /// What happened, in order.
    pub events: &'a [player::Event],
    /// The bytes of each as they are in the journal.
    pub encoded: &'a [&'a [u8]],
    /// What the asker was told.
    pub outcome: &'a Result<player::Reply, player::Rejection>,
}

/// What one message about a sporting event came to.
#[derive(Debug, Clone, Copy)]
pub struct EventEntry<'a> {
    /// The event.
    pub event: shardbook_domain::ids::EventId,
    /// What happened, in order.
    pub events: &'a [event::Event],
    /// The bytes of each as they are in the journal.
    pub encoded: &'a [&'a [u8]],
}
