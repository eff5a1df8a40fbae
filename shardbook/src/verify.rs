//! `shardbook verify`: the proof of a data folder.

use std::process::ExitCode;
use std::time::Instant;

use shardbook_runtime::journal::Store;
use shardbook_shard_node::verify::{Verdict, verify};

use crate::Finished;
use crate::cli::VerifyArgs;
use crate::progress::Progress;

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
    let store = Store::open_to_read_with(&args.data, args.archive.as_deref())?;
    let began = Instant::now();
    let mut progress = None;
    let verdict = verify(&store, |done, total| {
        let bar = progress.get_or_insert_with(|| Progress::new("verify", Some(total)));
        bar.set(done, "frames");
    })?;
    if let Some(progress) = progress {
        progress.finish(format!(
            "{} frames in {:.1} s",
            verdict.frames,
            began.elapsed().as_secs_f64()
        ));
    }
    if let Some(file) = &args.json {
        let json = serde_json::to_vec_pretty(&verdict)?;
        std::fs::write(file, json).map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    }
    print(&verdict);
    Ok(if verdict.discrepancies == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn print(verdict: &Verdict) {
    let chain = if verdict.first.iter().any(|found| found.invariant == "J-3") {
        "BROKEN"
    } else {
        "whole"
    };
    println!(
        "journal     {} frames, {} entries, {} bytes, chain {chain}",
        verdict.frames, verdict.entries, verdict.bytes
    );
    if verdict.frames_archived > 0 {
        println!(
            "            {} of these frames are in the archive",
            verdict.frames_archived
        );
    }
    println!(
        "replayed    {} players, {} sporting events, {} events",
        verdict.players, verdict.sporting_events, verdict.events
    );
    println!("ledger      {} transfers", verdict.transfers);
    println!(
        "bets        {} placed, {} settled, {} open ({} of them wait for a result that is known)",
        verdict.bets, verdict.bets_settled, verdict.bets_open, verdict.bets_unsettled
    );
    println!(
        "compared    {} snapshots, {} read models, every outcome",
        verdict.snapshots, verdict.views
    );
    if verdict.views_behind > 0 {
        println!(
            "            read models stand {} frames behind; the next start reads them",
            verdict.views_behind
        );
    }
    for found in verdict.first.iter().take(PRINTED_MAX) {
        println!("DISCREPANCY {} at {}: {}", found.invariant, found.at, found.what);
    }
    match verdict.discrepancies {
        0 => println!("verdict     no discrepancy"),
        count => println!("verdict     {count} discrepancies; stop the node and keep the folder as it is"),
    }
}
