//! The command line: every subcommand, its arguments and examples.

use clap::{Parser, Subcommand};

mod bench;
mod calculator;
mod market;
mod server;
mod trial;
mod values;

pub use bench::{BenchArgs, BenchPart, BenchVia, BenchWorkload};
pub use calculator::{OddsArgs, PlaceTerms, PriceSlipArgs, SettleArgs, Shown};
pub use market::{PlayersArgs, ReplayArgs};
pub use server::{ArchiveArgs, InspectArgs, InspectWhat, RunArgs, VerifyArgs};
pub use trial::{ChaosArgs, DemoArgs};
pub use values::{Margin, StakeRange, parse_duration};

/// An open betting platform in one binary: run the house, replay markets into it, let players bet, prove the books.
///
/// Numbers on the command line are decimal; durations carry their unit (500ms, 90s, 2m, 1h).
#[derive(Debug, Parser)]
#[command(name = "shardbook", version, arg_required_else_help = true, max_term_width = 100)]
pub struct Cli {
    /// The role or tool.
    #[command(subcommand)]
    pub command: Command,
}

/// Every role and tool.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve: all roles in one process, over WebSocket, gRPC and HTTP.
    Run(RunArgs),
    /// Replay market files and synthetic matches into a running server.
    Replay(ReplayArgs),
    /// Let simulated players bet over real WebSockets, and check every answer.
    Players(PlayersArgs),
    /// Prove a data folder: ledger, settlements, chain, snapshots, read models.
    Verify(VerifyArgs),
    /// Show a player, an event or the journal of a data folder.
    Inspect(InspectArgs),
    /// Move old frames of the journal into files of their own, each verified before it leaves.
    Archive(ArchiveArgs),
    /// Measure a named workload.
    Bench(BenchArgs),
    /// The main job end to end: serve, replay, bet, settle, verify, summarise.
    Demo(DemoArgs),
    /// Kill the server under load again and again, and prove that no answered bet is lost or doubled.
    Chaos(ChaosArgs),
    /// Settle bets by hand: each bet's return and its working, line by line.
    Settle(SettleArgs),
    /// Show prices in every format.
    Odds(OddsArgs),
    /// Say what bets cost and may return.
    PriceSlip(PriceSlipArgs),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// A clash of names or defaults in the definitions would only be met by a user at run time.
    #[test]
    fn definitions_are_consistent() {
        Cli::command().debug_assert();
    }

    /// The examples printed by `--help` must be commands that parse.
    #[test]
    fn every_example_in_the_help_parses() {
        let mut seen = 0;
        for command in Cli::command().get_subcommands() {
            let examples = command
                .get_after_long_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            for line in examples
                .lines()
                .map(str::trim)
                .filter(|line| line.starts_with("shardbook "))
            {
                Cli::try_parse_from(line.split_whitespace())
                    .unwrap_or_else(|error| panic!("`{line}` does not parse:\n{error}"));
                seen += 1;
            }
            assert!(
                examples.contains("shardbook "),
                "`{}` has no example",
                command.get_name()
            );
        }
        assert!(seen >= 43, "only {seen} examples found");
    }

    /// Wrong arguments are refused before anything is started.
    #[test]
    fn wrong_arguments_are_refused() {
        for line in [
            "shardbook players --count 0",
            "shardbook players --stake 5..1",
            "shardbook players --rate 0",
            "shardbook players --bets 10 --duration 5s",
            "shardbook replay",
            "shardbook replay --synthetic 2 --speed 0x",
            "shardbook replay --synthetic 2 --speed 60x --fit 2m",
            "shardbook replay --synthetic 2 --margin 100%",
            "shardbook replay --synthetic 2 --ladder 2:0.03",
            "shardbook replay --synthetic 2 --ladder 3:0.02,2:0.01",
            "shardbook replay --synthetic 2 --ladder exchange",
            "shardbook run --shards 0",
            "shardbook run --ws localhost",
            "shardbook chaos --loops 0",
            "shardbook bench",
            "shardbook bench place-bets --via carrier-pigeon",
            "shardbook bench place-bets --in-flight 0",
            "shardbook bench place-bets --batch 2000",
            "shardbook bench place-bets --rate 0",
            "shardbook bench state --residents 0",
            "shardbook bench state --part fill",
            "shardbook inspect",
            "shardbook archive",
            "shardbook archive --to a --older-than 30",
            "shardbook archive --to a --older-than 0d",
            "shardbook archive --to a --older-than 40000d",
            "shardbook archive --to a --older-than 30d --keep-bytes 5",
            "shardbook archive --to a --segment-bytes 100",
            "shardbook settle --schema bets.json",
            "shardbook settle --brief --json bets.json",
            "shardbook settle --bet",
            "shardbook odds",
            "shardbook odds --from american 2.0",
            "shardbook odds --from all 2.0",
            "shardbook odds --to roman 2.0",
            "shardbook price-slip --type lucky-15 --prices 2.0,3.0",
            "shardbook price-slip --type lucky-15 --stake 1.00",
            "shardbook price-slip --currency GBP",
            "shardbook price-slip --total",
            "shardbook price-slip bets.json --stake 1.00 --prices 2.0",
            "shardbook price-slip a.json b.json",
            "shardbook price-slip --stake 1.00 --prices 2.0 --each-way 1/4",
        ] {
            assert!(
                Cli::try_parse_from(line.split_whitespace()).is_err(),
                "`{line}` was accepted"
            );
        }
    }
}
