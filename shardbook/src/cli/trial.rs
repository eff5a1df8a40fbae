use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::values::{parse_duration, parse_rate};

/// Arguments of `shardbook demo`.
///
/// Starts a server on free ports, replays real market files (or synthetic matches where there are none) so that all
/// trade at once, lets players place bets and slips and sell open bets, waits for every delay and settlement, stops the
/// server, proves its books and prints a summary. Exit code 1: something was off, and the last lines say what.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "Examples:
  shardbook demo
  shardbook demo --json out.json
  shardbook demo --slips 50 --cash-out 10
  shardbook demo --keep --fit 10m
  shardbook demo --players 200 --bets 2000 --fit 30s --synthetic 4 --no-files")]
pub struct DemoArgs {
    /// Folder of market files. [default: $SHARDBOOK_DATA/betfair, else ../shared/data/betfair]
    #[arg(long, value_name = "DIR")]
    pub files: Option<PathBuf>,
    /// Use synthetic matches only, even where market files are found.
    #[arg(long, conflicts_with = "files")]
    pub no_files: bool,
    /// Synthetic matches beside the files. [default: 4, and 12 where there are no files]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub synthetic: Option<u32>,
    /// Synthetic horse races beside them. [default: 2, and 4 where there are no files]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=1_000))]
    pub races: Option<u32>,
    /// How long every source trades.
    #[arg(long, value_name = "DURATION", default_value = "90s", value_parser = parse_duration)]
    pub fit: Duration,
    /// Players, each with a WebSocket of its own.
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub players: u32,
    /// Bets that must be accepted for the demo to pass.
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub bets: u64,
    /// Bets a second over all players. [default: enough for the bets in two thirds of the time]
    #[arg(long, value_name = "N", value_parser = parse_rate)]
    pub rate: Option<u32>,
    /// Share of slips in what players place, in percent.
    #[arg(long, value_name = "PERCENT", default_value_t = 20, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub slips: u8,
    /// Share of turns in which a player means to sell an open bet, in percent.
    #[arg(long, value_name = "PERCENT", default_value_t = 2, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub cash_out: u8,
    /// Seed of players, synthetic matches and races.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Keep the data in this new folder instead of a temporary one.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Leave the server and its live page up at the end, until Ctrl-C.
    #[arg(long)]
    pub keep: bool,
    /// Also write the summary as JSON.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Arguments of `shardbook chaos`.
///
/// Each loop starts the server, loads it with bets and prices, kills it with SIGKILL at a seeded moment, starts it
/// again, and checks that every answered bet is there once under its own number, that a retry of its command id is
/// given the same answer, that no wallet differs from what its player was told, and that `verify` is clean.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "Examples:
  shardbook chaos
  shardbook chaos --loops 1000 --seed 42
  shardbook chaos --loops 3 --players 8 --rate 500 --json chaos.json")]
pub struct ChaosArgs {
    /// Kills.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub loops: u32,
    /// Seed of the moments of the kills, of players and of matches.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Players of each loop.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub players: u32,
    /// Bets a second over all players.
    #[arg(long, value_name = "N", default_value = "3000", value_parser = parse_rate)]
    pub rate: u32,
    /// Begin a new data folder after this many loops, so that a long run's folder stays small.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub fresh_every: u32,
    /// Keep the data folders, answers and server logs under this new folder instead of a temporary one.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Servers that are killed at a time, each with data folders of its own: a loop is mostly waiting.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub at_once: u16,
    /// Also write the summary as JSON.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}
