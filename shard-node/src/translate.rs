//! The wire into the domain and back. Here alone a proto type meets a domain type.

mod feed;
mod ids;
mod markets;
mod player;
mod refusal;
mod wallet;

pub use ids::{command_id, player_id_of};

pub(crate) use feed::{feed_command, feed_reply};
pub(crate) use markets::{event_info, market_delta, market_image};
pub(crate) use player::{Cashier, place_bet, register, self_exclude, set_limit};
pub(crate) use refusal::{Refusal, id_reused, rejection};
pub(crate) use wallet::{balance_to_wire, bet_to_wire, placed_to_wire};
