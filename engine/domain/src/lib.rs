//! What is decided: the rules of betting, free of clock, randomness, input and output.
//!
//! Two entities, [`player`] and [`event`], each with the same files: `command`, `event`, `state` (with `apply`, which
//! cannot fail), `decide`, `rejection` and `reply`. [`process`] says which commands follow from a public event.
//! The rest are values. Everything that a decision needs and that is not in the entity's state comes in as an argument.

mod codec;
mod decimal;

pub mod bet;
pub mod event;
pub mod exposure;
pub mod ids;
pub mod ledger;
pub mod liability;
pub mod market;
pub mod money;
pub mod odds;
pub mod player;
pub mod process;
pub mod ratio;
pub mod rules;
pub mod time;

pub use codec::DecodeError;
