use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Arguments of `shardbook bench`.
///
/// Opens a house of its own on an empty folder, with funded players and open markets, and measures it with clients in
/// this process. Clients run on threads of their own, so that what they cost is told apart. Every answer comes after an
/// fsync. Beside each figure stands what the machine allows: the same bytes appended and synced in the same groups, and for
/// gRPC an empty call over the same connections.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "Examples:
  shardbook bench place-bets
  shardbook bench place-bets --bets 1000000 --in-flight 4096 --json before.json
  shardbook bench place-bets --bets 1000000 --in-flight 4096 --compare before.json
  shardbook bench place-bets --via grpc-stream --runs 5
  shardbook bench place-bets --via grpc-batch --batch 256
  shardbook bench place-bets --via websocket --connections 256
  shardbook bench place-bets --rate 20000 --bets 200000
  shardbook bench place-bets --of-peak 50 --bets 400000 --runs 5
  shardbook bench mixed-day --via grpc
  shardbook bench hot-market
  shardbook bench hot-player --bets 100000
  shardbook bench cold-players --players 100000
  shardbook bench settle-market --bets 1000000 --players 100000
  shardbook bench state
  shardbook bench state --players 50000 --bets 250000 --residents 10000,50000 --data ./large --json state.json
  shardbook bench overload --via grpc-stream --times 3 --deadline 100ms

Closed loop (no --rate, no --of-peak): --in-flight bets are always under way, so latency is mostly their queue.
Open loop (--rate, --of-peak): bets are due at fixed times whether or not earlier ones are answered; a bet's latency counts from when
it was due, so that a stall counts against every bet that it holds up.")]
pub struct BenchArgs {
    /// The workload.
    #[arg(value_enum)]
    pub workload: BenchWorkload,
    /// The way in.
    #[arg(long, value_enum, default_value_t = BenchVia::InProcess)]
    pub via: BenchVia,
    /// Bets (mixed-day: commands and questions of clients) of one measured run; state: of the whole history; overload: of the
    /// market that is settled while nobody bets.
    /// [state: 5000000]
    #[arg(
        long,
        value_name = "N",
        default_value_t = 200_000,
        default_value_if("workload", "state", "5000000")
    )]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    pub bets: u64,
    /// Players that place them. [state: 1000000]
    #[arg(
        long,
        value_name = "N",
        default_value_t = 10_000,
        default_value_if("workload", "state", "1000000")
    )]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    pub players: u64,
    /// place-bets, hot-market, mixed-day: players bet by chance, as such who know nothing of each other, and not in turn. What a
    /// processor needs of a player is then seldom in its caches.
    #[arg(long)]
    pub by_chance: bool,
    /// state: how many players are brought into memory, one count after the other; counts above --players are left out.
    #[arg(
        long,
        value_name = "N,N",
        value_delimiter = ',',
        default_value = "10000,100000,1000000"
    )]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    pub residents: Vec<u64>,
    /// Bets sent and not yet answered, over all players.
    #[arg(long, value_name = "N", default_value_t = 1_024, value_parser = clap::value_parser!(u64).range(1..=65_536))]
    pub in_flight: u64,
    /// Connections (in process: client tasks), each with its part of the bets under way. [default: 4; 64 WebSockets]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=4_096))]
    pub connections: Option<u64>,
    /// Most bets of one message of grpc-stream and grpc-batch.
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u64).range(1..=1_024))]
    pub batch: u64,
    /// Measured runs; the summary gives minimum, median and maximum.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub runs: u32,
    /// Shards of the data folder made for the run, 1 to 256.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub shards: u16,
    /// Open loop: so many bets are due each second. settle-market: bets of other players, before and during the settlement.
    /// [default: none, as many as are answered; settle-market: 1000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub rate: Option<u64>,
    /// Open loop at so many hundredths of the peak, which is found anew before each run by as many bets in a closed loop. The
    /// run begins when what that wrote behind is done, too: it is to show a load that goes on, not what follows a peak.
    #[arg(long, value_name = "PERCENT", conflicts_with = "rate", value_parser = clap::value_parser!(u64).range(1..=100))]
    pub of_peak: Option<u64>,
    /// overload: so many times the peak are offered.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=100))]
    pub times: u64,
    /// overload: time that a bet has from when it is due until it is decided; a client gives up what it could not send by then.
    #[arg(long, value_name = "TIME", default_value = "100ms", value_parser = super::parse_duration)]
    pub deadline: std::time::Duration,
    /// overload: how long each flood lasts, and the peak that it is compared with, half before and half after.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = super::parse_duration)]
    pub lasts: std::time::Duration,
    /// Leave out what the machine allows: the bare appends and the empty calls.
    #[arg(long)]
    pub no_baseline: bool,
    /// Keep the data in this folder instead of a temporary one.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Also write the figures as JSON; its keys are stable.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Print how each figure compares with those of a run saved by --json.
    #[arg(long, value_name = "FILE")]
    pub compare: Option<PathBuf>,
    /// A part of the workload that it starts as a process of its own.
    #[arg(long, value_enum, hide = true, requires_all = ["data", "json"])]
    pub part: Option<BenchPart>,
}

/// Parts of the workload `state` that run in processes of their own, so that these can be killed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum BenchPart {
    /// Fills the folder and goes on betting until it is killed.
    Fill,
    /// Brings the first of `--residents` players into memory, measures, and waits until it is killed.
    Residents,
}

impl BenchPart {
    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> String {
        name(&self)
    }
}

/// Workloads of `shardbook bench`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum BenchWorkload {
    /// Singles of many players on many markets: decide, ledger, journal, fsync, answer.
    PlaceBets,
    /// A day in small: of 100 operations 80 bets, 10 settlements of bets, 5 wallet movements, 5 questions.
    MixedDay,
    /// As place-bets, all on one selection.
    HotMarket,
    /// As place-bets, all of one player: one actor decides everything.
    HotPlayer,
    /// As place-bets, with few players kept in memory, so that nearly every bet first brings its player back from disk.
    ColdPlayers,
    /// A market with so many open singles gets its result, while other players go on betting at a steady rate; their
    /// latency is compared with the same rate when the house is quiet.
    SettleMarket,
    /// Registers and funds the players, places all bets and settles them market by market: what a bet costs as the history
    /// grows, bytes on disk, the start after a kill, memory of a resident player, and how long one takes to come from disk.
    State,
    /// More bets than can be taken, each with a deadline, while a market is settled and money is moved: what is taken of the
    /// peak, and what becomes of the others.
    Overload,
}

/// Ways in of `shardbook bench`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum BenchVia {
    /// Straight to the router.
    InProcess,
    /// A unary gRPC call for each bet.
    Grpc,
    /// A gRPC stream on each connection, with as many bets in a message as are ready.
    GrpcStream,
    /// Unary gRPC calls with many bets each.
    GrpcBatch,
    /// JSON on a WebSocket for each of some players, bets sent without waiting for answers.
    Websocket,
}

impl BenchVia {
    /// The name on the command line, also the one in the figures.
    #[must_use]
    pub fn name(self) -> String {
        name(&self)
    }

    /// Whether it goes over connections to the gateway.
    #[must_use]
    pub fn is_over_sockets(self) -> bool {
        self != Self::InProcess
    }
}

impl BenchWorkload {
    /// The name on the command line, also the one in the figures.
    #[must_use]
    pub fn name(self) -> String {
        name(&self)
    }
}

fn name(value: &impl ValueEnum) -> String {
    value
        .to_possible_value()
        .map(|value| value.get_name().to_owned())
        .unwrap_or_default()
}

impl BenchArgs {
    /// Client connections, or tasks in process; never more than bets under way.
    #[must_use]
    pub fn lanes(&self) -> u64 {
        let usual = if self.via == BenchVia::Websocket { 64 } else { 4 };
        self.connections.unwrap_or(usual).min(self.in_flight)
    }
}
