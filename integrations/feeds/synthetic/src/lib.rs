//! A generator of sport: seeded football matches whose prices follow the score, and horse races, as feed messages.
//!
//! Invariant: the same seed and index make the same messages, byte for byte, on any machine. It simulates the
//! world outside, so probabilities are floats in here; a price leaves as a decimal on the exchange's ladder.

mod book;
mod chance;
mod fixture_list;
mod market;
mod model;
mod play;
mod race;
mod runners;
mod teams;

pub use fixture_list::FixtureList;
pub use play::{Match, Twist};
pub use race::Race;
