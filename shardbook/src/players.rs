//! Simulated players: each a real WebSocket, betting on what it sees and keeping its own books.
//!
//! Invariant: a player knows only what came over its socket, so that what it proves does not rest on the server's word.

use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::cli::PlayersArgs;
use crate::progress::Progress;
use crate::{Failure, Finished, latency};

pub mod answers;
pub mod asked;
pub mod book;
pub mod chooser;
mod crowd;
pub mod dice;
mod player;
pub mod reconcile;
pub mod record;
mod session;
mod tally;

pub use crowd::{Crowd, LOOKS_FOR_FREE_BETS, Plan};
pub use tally::{Sales, Summary, Tally};

/// Accepted bets where neither a number nor a duration is asked for.
const DEFAULT_BETS: u64 = 20_000;

/// Runs the players and prints what they saw.
///
/// # Errors
/// Where the arguments cannot be used, or no bet was accepted for as long as `--patience` allows.
pub async fn run(args: PlayersArgs) -> Finished {
    let json = args.json.clone();
    let limit = match (args.bets, args.duration) {
        (None, Some(_)) => u64::MAX,
        (bets, _) => bets.unwrap_or(DEFAULT_BETS),
    };
    let (duration, patience) = (args.duration, args.patience);
    let crowd = Crowd::gather(plan(args, limit))?;
    let stalled = wait_for_bets(&crowd, limit, duration, patience).await.err();
    crowd.stop_betting();
    let summary = crowd.leave().await;
    println!("{summary}");
    write_json(json.as_deref(), &summary)?;
    match stalled {
        Some(failure) => Err(failure),
        None if summary.mismatches > 0 => Ok(ExitCode::FAILURE),
        None => Ok(ExitCode::SUCCESS),
    }
}

fn plan(args: PlayersArgs, bets: u64) -> Plan {
    Plan {
        to: args.to,
        count: args.count,
        seed: args.seed,
        name: args.name.unwrap_or_else(|| format!("p{}", latency::now_us() / 1_000)),
        bets,
        rate: args.rate,
        brands: args.brands,
        currencies: args.currency,
        stakes: args.stake,
        slips: args.slips,
        cash_out: args.cash_out,
        events: args.events,
        patience: args.patience,
        answers: args.answers,
    }
}

async fn wait_for_bets(
    crowd: &Crowd,
    limit: u64,
    duration: Option<Duration>,
    patience: Duration,
) -> Result<(), Failure> {
    let mut progress = Progress::new("players", duration.is_none().then_some(limit));
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    let started = Instant::now();
    let mut moved = (0, Instant::now());
    loop {
        tick.tick().await;
        let accepted = crowd.tally().accepted.load(Ordering::Relaxed);
        progress.set(accepted, crowd.tally().line());
        if accepted >= limit || duration.is_some_and(|duration| started.elapsed() >= duration) {
            progress.finish(crowd.tally().line());
            return Ok(());
        }
        if accepted > moved.0 {
            moved = (accepted, Instant::now());
        }
        if moved.1.elapsed() > patience {
            return Err(format!(
                "no bet was accepted for {patience:?}: is a feed running, with markets that are open?"
            )
            .into());
        }
    }
}

/// Writes a summary as JSON where a file was asked for.
pub(crate) fn write_json(path: Option<&std::path::Path>, summary: &impl serde::Serialize) -> Result<(), Failure> {
    let Some(path) = path else { return Ok(()) };
    let text = serde_json::to_string_pretty(summary)?;
    std::fs::write(path, text + "\n").map_err(|error| format!("{} cannot be written: {error}", path.display()).into())
}

#[cfg(test)]
mod tests;
