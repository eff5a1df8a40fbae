//! `shardbook verify`: the proof of a data folder.

use std::process::ExitCode;
use std::time::Instant;

use serde::Serialize;
use shardbook_runtime::journal::Store;
use shardbook_shard_node::verify::{Verdict, verify};

use crate::Finished;
use crate::cli::VerifyArgs;
use crate::progress::Progress;

/// The verdict as it is written to a file. Keys are stable.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// How many things are not as they must be.
    pub discrepancies: u64,
    /// The first of them.
    pub first: Vec<Found>,
    /// Frames of the journal, all chained.
    pub frames: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Commands with their outcome.
    pub entries: u64,
    /// Events applied.
    pub events: u64,
    /// Transfers posted.
    pub transfers: u64,
    /// Players replayed.
    pub players: u64,
    /// Sporting events replayed.
    pub sporting_events: u64,
    /// Bets placed.
    pub bets: u64,
    /// Bets that stand settled.
    pub bets_settled: u64,
    /// Bets that wait for a result.
    pub bets_open: u64,
    /// Open bets with a leg whose result has not reached them.
    pub bets_unsettled: u64,
    /// Snapshots compared with the replay.
    pub snapshots: u64,
    /// Read models rebuilt and compared.
    pub views: u64,
    /// Frames that the read models stand behind the journal.
    pub views_behind: u64,
}

/// One discrepancy.
#[derive(Debug, Clone, Serialize)]
pub struct Found {
    /// The invariant that it breaks.
    pub invariant: &'static str,
    /// Where.
    pub at: String,
    /// What differs.
    pub what: String,
}

impl From<&Verdict> for Report {
    fn from(verdict: &Verdict) -> Self {
        let found = |one: &shardbook_shard_node::verify::Discrepancy| Found {
            invariant: one.invariant,
            at: one.at.clone(),
            what: one.what.clone(),
        };
        Self {
            discrepancies: verdict.discrepancy_count,
            first: verdict.discrepancies.iter().map(found).collect(),
            frames: verdict.frames,
            bytes: verdict.bytes,
            entries: verdict.entries,
            events: verdict.events,
            transfers: verdict.transfers,
            players: verdict.players,
            sporting_events: verdict.sporting_events,
            bets: verdict.bets,
            bets_settled: verdict.bets_settled,
            bets_open: verdict.bets_open,
            bets_unsettled: verdict.bets_unsettled,
            snapshots: verdict.snapshots,
            views: verdict.views,
            views_behind: verdict.views_behind,
        }
    }
}

/// Discrepancies printed before the rest is only counted.
const PRINTED_MAX: usize = 20;

/// Proves the folder and prints the verdict. Exit code 1 when there is a discrepancy.
///
/// # Errors
/// When there is no store in the folder, or it cannot be read.
pub async fn run(args: VerifyArgs) -> Finished {
    tokio::task::spawn_blocking(move || prove(&args)).await?
}

fn prove(args: &VerifyArgs) -> Finished {
    let store = Store::open_to_read(&args.data)?;
    let began = Instant::now();
    let mut progress = None;
    let verdict = verify(&store, |done, total| {
        let bar = progress.get_or_insert_with(|| Progress::new("verify", Some(total)));
        bar.set(done, "frames");
    })?;
    if let Some(progress) = progress {
        progress.finish(format!("{} frames in {:.1} s", verdict.frames, began.elapsed().as_secs_f64()));
    }
    let report = Report::from(&verdict);
    if let Some(file) = &args.json {
        let json = serde_json::to_vec_pretty(&report)?;
        std::fs::write(file, json).map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    }
    print(&report);
    Ok(if report.discrepancies == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print(report: &Report) {
    println!("journal     {} frames, {} entries, {} bytes, chain whole", report.frames, report.entries, report.bytes);
    println!("replayed    {} players, {} sporting events, {} events", report.players, report.sporting_events, report.events);
    println!("ledger      {} transfers", report.transfers);
    println!(
        "bets        {} placed, {} settled, {} open ({} of them wait for a result that is known)",
        report.bets, report.bets_settled, report.bets_open, report.bets_unsettled
    );
    println!("compared    {} snapshots, {} read models, every outcome", report.snapshots, report.views);
    if report.views_behind > 0 {
        println!("            read models stand {} frames behind; the next start reads them", report.views_behind);
    }
    for found in report.first.iter().take(PRINTED_MAX) {
        println!("DISCREPANCY {} at {}: {}", found.invariant, found.at, found.what);
    }
    match report.discrepancies {
        0 => println!("verdict     no discrepancy"),
        count => println!("verdict     {count} discrepancies; stop the node and keep the folder as it is"),
    }
}
