//! The wire into the domain and back. Here alone a proto type meets a domain type.

mod feed;
mod ids;
mod markets;
mod player;
mod prices;
mod refusal;
mod slip;
mod trader;
mod wallet;

pub use ids::{command_id, player_id_of};
pub use prices::show_price;

pub(crate) use feed::{feed_command, feed_reply};
pub(crate) use markets::{event_info, market_delta, market_image};
pub(crate) use player::{Cashier, place_bet, register, self_exclude, set_limit};
pub(crate) use prices::{format_of, placing};
pub(crate) use refusal::{Refusal, id_reused, reason, rejection};
pub(crate) use slip::{
    bet_of, offered, part_of, pending, placed, quote, refused as slip_refused, slip, slip_id, slip_of, waiting,
};
pub(crate) use trader::{answer_referral, factor, free_bet, referral, ruling};
pub(crate) use wallet::{balance_to_wire, bet_to_wire, placed_to_wire, wallet_to_wire};
