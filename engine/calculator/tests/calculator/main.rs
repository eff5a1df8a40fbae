//! What the calculator promises, one file per concern.

mod documents;
mod examples;
mod handbook;
mod prices;
mod refusals;
mod schema;
