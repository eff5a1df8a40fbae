//! What the domain promises, one file per concern.

mod bets;
mod decoders;
mod event_commands;
mod event_results;
mod golden;
mod ids;
mod ledger;
mod limits;
mod money;
mod odds;
mod outcomes;
mod player_cashier;
mod player_place_bet;
mod player_results;
mod player_status;
mod process;
mod rules;
mod samples;
mod scene;
mod trading;
mod wallet_model;
