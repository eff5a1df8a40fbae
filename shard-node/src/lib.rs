//! Hosts the entities: the one crate that sees both what is decided and the machinery that carries it.
//!
//! Invariant: no rule of betting and no storage here. It names each entity to the runtime, translates
//! the wire into commands and back, keeps the replicas that decisions look at, and runs the processes.

mod admission;
pub mod archive;
mod background;
mod book;
mod budgets;
mod changed_bets;
mod demand;
mod entities;
mod fanout;
mod names;
mod node;
mod pending;
mod recall;
mod referrals;
mod rulebook;
mod service;
mod settlement;
mod translate;
pub mod verify;
mod views;

pub use admission::AdmissionOptions;
pub use book::Book;
pub use entities::{EVENT, EventEntity, PLAYER, PlayerEntity, World};
pub use node::{NodeFault, ShardNode, ShardNodeOptions};
pub use rulebook::open_to_read as rules_of;
pub use service::ShardRouter;
pub use translate::{command_id, player_id_of, show_price};
pub use views::projections;
