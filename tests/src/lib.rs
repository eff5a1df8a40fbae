//! Tests of the whole house; this crate ships nothing.
//!
//! The harness: a house of one shard node and one gateway in this process, a feed that posts to it, and players that
//! speak its protocol over real sockets. Nothing here sleeps: every wait is for a message, bounded by [`PATIENCE`].

mod feed;
mod house;
mod line;
mod player;
mod publisher;
mod talk;
mod trader;

use std::future::Future;
use std::time::Duration;

pub use feed::Feed;
pub use house::House;
pub use line::Way;
pub use player::{Player, Wallet, lock_of, sale_of};
pub use publisher::Publisher;
pub use talk::{acca, bet, single, slip, staked};
pub use trader::{Desk, Trader};

/// Not a wait but the bound at which a test fails instead of hanging.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What comes of it, within [`PATIENCE`].
///
/// # Panics
/// When it does not come.
pub async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("came in time")
}
