//! The one binary of the house, as a library: roles, tools and simulated players.
//!
//! Invariant: nobody depends on this crate; it wires the others together and holds no rule of betting.

use std::error::Error;
use std::process::ExitCode;

pub mod archive;
pub mod bench;
pub mod chaos;
pub mod child;
pub mod cli;
pub mod config;
pub mod demo;
mod document;
pub mod http;
pub mod inspect;
pub mod latency;
pub mod odds;
pub mod open_files;
pub mod players;
pub mod price_slip;
pub mod processor;
pub mod progress;
pub mod replay;
pub mod run;
pub mod settle;
mod stdout;
pub mod trial;
pub mod verify;

/// Why a command could not do its work. Its text says what to do.
pub type Failure = Box<dyn Error + Send + Sync>;

/// What every command ends in: the exit code (non-zero where something checked was off) or a failure.
pub type Finished = Result<ExitCode, Failure>;
