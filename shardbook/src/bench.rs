//! `shardbook bench`: named workloads, measured.
//!
//! Every bet of a bench is a real one: translated, decided, journaled, synced to disk before its answer.

mod figures;
mod house;
mod load;
mod partner;
mod settle;

use std::process::ExitCode;
use std::sync::Arc;

use shardbook_proto::client::v1 as client;
use shardbook_proto::internal::v1::{PlayerRequest, ShardRequest, player_request, shard_reply, shard_request};
use shardbook_shard_node::ShardRouter;

use crate::cli::{BenchArgs, BenchVia, BenchWorkload};
use crate::progress::Progress;
use crate::{Failure, Finished};
use figures::{Figures, Meter};
use house::House;
use load::{Load, Markets};

/// Runs the workload and prints its figures.
///
/// # Errors
/// When the house cannot be set up, or a bet is not accepted: a bench measures accepted bets only.
pub async fn run(args: BenchArgs) -> Finished {
    match args.workload {
        BenchWorkload::PlaceBets => place_bets(args).await,
        BenchWorkload::SettleMarket => settle::run(args).await,
    }
}

async fn place_bets(args: BenchArgs) -> Finished {
    let house = House::open(&args, args.players).await?;
    let bettor: Arc<dyn Bettor> = match args.via {
        BenchVia::InProcess => Arc::new(InProcess { router: house.router() }),
        BenchVia::Grpc => Arc::new(partner::Partner::connect(&house).await?),
    };
    let load = Load::new(args.players, args.in_flight, Markets::All);
    let warm_up = (args.bets / 10).max(1_000);
    load.place(&bettor, warm_up, |_| ()).await?;
    let mut runs = Vec::new();
    for run in 1..=args.runs {
        let mut progress = Progress::new(format!("run {run}/{}", args.runs), Some(args.bets));
        let meter = Meter::begin(&house);
        let times = load
            .place(&bettor, args.bets, |done| progress.set(done, "bets"))
            .await?;
        let figures = meter.end(&house, args.bets, times);
        progress.finish(format!("{:.0} bets/s", figures.bets_per_s));
        runs.push(figures);
    }
    drop(bettor);
    house.close().await?;
    let summary = Figures::summary(&args, runs);
    if let Some(file) = &args.json {
        let json = serde_json::to_vec_pretty(&summary)?;
        std::fs::write(file, json).map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    }
    print!("{summary}");
    Ok(ExitCode::SUCCESS)
}

/// Where a bench sends its bets.
trait Bettor: Send + Sync {
    /// Places one bet and waits for its durable answer.
    fn place(&self, player: u64, id: String, bet: client::PlaceBet) -> shardbook_runtime::router::BoxFuture<Placed>;
}

/// Accepted, or why not.
type Placed = Result<(), Failure>;

struct InProcess {
    router: ShardRouter,
}

impl Bettor for InProcess {
    fn place(&self, player: u64, id: String, bet: client::PlaceBet) -> shardbook_runtime::router::BoxFuture<Placed> {
        let answer = self
            .router
            .call(of_player(player, id, player_request::Request::PlaceBet(bet)));
        Box::pin(async move {
            match answer.await?.reply {
                Some(shard_reply::Reply::BetPlaced(_)) => Ok(()),
                other => Err(format!("a bet was not accepted: {other:?}").into()),
            }
        })
    }
}

fn player_ref(player: u64) -> client::PlayerRef {
    client::PlayerRef {
        brand: "bench".into(),
        player: format!("bench-{player}"),
    }
}

fn of_player(player: u64, command_id: String, request: player_request::Request) -> ShardRequest {
    let request = PlayerRequest {
        player: Some(player_ref(player)),
        command_id,
        request: Some(request),
    };
    ShardRequest {
        target: Some(shard_request::Target::Player(request)),
        deadline_ms: 0,
    }
}
