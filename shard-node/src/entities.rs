//! The entities of the domain, as the runtime knows them.

mod event;
mod player;

pub use event::{EventEntity, EVENT};
pub use player::{PlayerEntity, PLAYER};

use shardbook_domain::rules::Rules;
use shardbook_runtime::entity::Undecodable;

use crate::book::Book;

/// What decisions on this node may look at.
#[derive(Debug, Default)]
pub struct World {
    /// The brand's rules.
    pub rules: Rules,
    /// Every market's prices and status, as far as this node has heard.
    pub book: Book,
}

fn undecodable(error: impl std::fmt::Display) -> Undecodable {
    Undecodable(error.to_string())
}
