//! The machinery under every entity: journal, actors, router, bus, read models.
//!
//! Invariant: nothing here knows a betting word. An entity is bytes with a key, decided one command
//! at a time; what the bytes mean is told through [`entity::Entity`] and [`views::Projection`].

pub mod archive;
pub mod bus;
pub mod clock;
pub mod entity;
pub mod fault;
pub mod host;
pub mod journal;
pub mod node;
pub mod priority;
mod promise;
pub mod router;
pub mod slot;
pub mod stages;
pub mod turnstile;
pub mod views;
