use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args};

use shardbook_replay::{Ladder, Speed};

use super::values::{Margin, StakeRange, parse_duration, parse_rate};

/// Arguments of `shardbook replay`.
///
/// Reads exchange files (JSON lines, plain, .bz2 or .gz), makes bookmaker lines of them and publishes these to the
/// server's feed service in order, at the chosen pace. A message that was sent and not answered is sent again after a
/// reconnect; its id keeps it from having a second effect.
#[derive(Clone, Debug, Args)]
#[command(group = ArgGroup::new("source").args(["files", "synthetic", "races"]).required(true).multiple(true))]
#[command(after_long_help = "Examples:
  shardbook replay --dry-run ../shared/data/betfair/event-29788105.bz2
  shardbook replay --speed 60x market.bz2
  shardbook replay --margin 7.5% --ladder 2:0.02,5:0.1,100:1 market.bz2
  shardbook replay --fit 2m --overlap a.bz2 b.bz2 c.gz
  shardbook replay --synthetic 12 --races 3 --seed 7 --speed 60x --json report.json")]
pub struct ReplayArgs {
    /// Market files.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The server's gRPC address.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7701")]
    pub to: String,
    /// Pace: 1x is the source's own, 60x sixty times as fast, max as fast as the server takes it.
    #[arg(long, value_name = "PACE", default_value = "max", conflicts_with = "fit")]
    pub speed: Speed,
    /// Instead of a pace: let every source last this long.
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub fit: Option<Duration>,
    /// Shift the clock of every source so that all begin at once.
    #[arg(long)]
    pub overlap: bool,
    /// Margin taken off exchange prices, from 0% to below 100%.
    #[arg(long, value_name = "PERCENT", default_value = "5%")]
    pub margin: Margin,
    /// Prices that lines may have, as UPTO:STEP bands by rising price; without it, the exchange's own ladder.
    #[arg(long, value_name = "BANDS")]
    pub ladder: Option<Ladder>,
    /// Stop at the first bad line instead of skipping and counting it.
    #[arg(long)]
    pub strict: bool,
    /// Also play this many synthetic football matches.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub synthetic: Option<u32>,
    /// Also run this many synthetic horse races.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub races: Option<u32>,
    /// Seed of the synthetic matches and races; the same seed gives the same messages.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Read and translate everything, send nothing, print what would be sent.
    #[arg(long)]
    pub dry_run: bool,
    /// Give up when the server took nothing for this long.
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = parse_duration)]
    pub patience: Duration,
    /// Also write the report as JSON.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Arguments of `shardbook players`.
///
/// Each player is one WebSocket: it opens a session, deposits test funds, follows a few events, places bets and slips on
/// the prices that it sees, on races each-way too, uses a free bet that it was granted, waits for the delay of bets in play,
/// sells some open bets back, and makes seeded mistakes on purpose. At the end its own records are compared with what the
/// server says: every answered bet must be listed once, and the balance must follow from them. Exit code 1: something
/// differed.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "Examples:
  shardbook players
  shardbook players --count 50 --bets 1000 --rate 200
  shardbook players --count 200 --bets 4000 --slips 60 --cash-out 10
  shardbook players --duration 2m --brands acme,globex --currency EUR,JPY --stake 0.5..20
  shardbook players --bets 500 --answers answers.jsonl --json summary.json")]
pub struct PlayersArgs {
    /// The server's WebSocket address.
    #[arg(long, value_name = "URL", default_value = "ws://127.0.0.1:7700")]
    pub to: String,
    /// Players, each with a socket of its own.
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub count: u32,
    /// Seed of all decisions.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Name of the run: players are called NAME-0, NAME-1, ... It must be new to the server. [default: from the clock]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Stop after this many accepted bets over all players. [default: 20000]
    #[arg(long, value_name = "N", conflicts_with = "duration", value_parser = clap::value_parser!(u64).range(1..))]
    pub bets: Option<u64>,
    /// Stop betting after this long.
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub duration: Option<Duration>,
    /// Bets a second over all players.
    #[arg(long, value_name = "N", default_value = "400", value_parser = parse_rate)]
    pub rate: u32,
    /// Brands that the players belong to, in turn.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "demo")]
    pub brands: Vec<String>,
    /// Currencies of the wallets, in turn (ISO 4217).
    #[arg(long, value_name = "CODES", value_delimiter = ',', default_value = "EUR,GBP,USD")]
    pub currency: Vec<String>,
    /// Range of stakes in units of the currency.
    #[arg(long, value_name = "LOW..HIGH", default_value = "1..10")]
    pub stake: StakeRange,
    /// Share of slips in what is placed, in percent: Trixies, Yankees, systems, several singles.
    #[arg(long, value_name = "PERCENT", default_value_t = 20, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub slips: u8,
    /// Share of turns in which a player means to sell an open bet, whole or half, in percent.
    #[arg(long, value_name = "PERCENT", default_value_t = 2, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub cash_out: u8,
    /// Events that a player follows; one player in a hundred follows all, and where slips are placed one in ten follows
    /// at least four.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub events: u32,
    /// Give up when the server cannot be reached, or leaves a question open, for this long.
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = parse_duration)]
    pub patience: Duration,
    /// Append every answered bet to this file, one JSON object a line.
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,
    /// Also write the summary as JSON.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}
