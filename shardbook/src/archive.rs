//! `shardbook archive`: old frames of a data folder into files of their own.

use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use shardbook_runtime::archive::{Keep, Report};
use shardbook_shard_node::archive::{Progress as Done, archive};

use crate::cli::ArchiveArgs;
use crate::progress::Progress;
use crate::{Failure, Finished};

/// What was done. Keys are stable.
#[derive(Debug, Serialize)]
struct Summary {
    /// Segments written.
    segments_written: u64,
    /// Segments that were there already, from a run that was ended.
    segments_found: u64,
    /// Frames that left the data folder.
    frames: u64,
    /// Bytes of the files written.
    bytes: u64,
}

/// Moves the frames and prints what was done.
///
/// # Errors
/// When there is no store in the folder, it is in use, or a file cannot be written or is there with something else.
pub async fn run(args: ArchiveArgs) -> Finished {
    tokio::task::spawn_blocking(move || work(&args)).await?
}

fn work(args: &ArchiveArgs) -> Finished {
    let keep = args
        .keep_bytes
        .map_or_else(|| Keep::Since(before(args.older_than)), Keep::Bytes);
    let mut progress = Progress::new("archive", None);
    let mut frames = 0;
    let report = archive(&args.data, &args.to, keep, args.segment_bytes, |done| match done {
        Done::CatchingUp(read, total) => progress.set(read, format!("of {total} frames into the views")),
        Done::Left(step) => {
            frames += step.name.last - step.name.first + 1;
            progress.set(frames, format!("frames; {}", step.name));
        }
        Done::Compacting => progress.set(frames, "frames; what is left is written anew"),
    })?;
    progress.finish(format!("{} frames", report.frames));
    tell(args, report)
}

/// Unix milliseconds of so long ago.
fn before(age: Duration) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.saturating_sub(age).as_millis()).unwrap_or(u64::MAX)
}

fn tell(args: &ArchiveArgs, report: Report) -> Result<ExitCode, Failure> {
    let summary = Summary {
        segments_written: report.written,
        segments_found: report.found,
        frames: report.frames,
        bytes: report.bytes,
    };
    if let Some(file) = &args.json {
        let json = serde_json::to_vec_pretty(&summary)?;
        std::fs::write(file, json).map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    }
    match report {
        Report { frames: 0, .. } => println!("archived    nothing: no frame is old enough and needed by nothing"),
        Report { written, found, .. } => println!(
            "archived    {} frames in {written} new segments of {} bytes, {found} that were there",
            report.frames, report.bytes
        ),
    }
    println!(
        "archive     {}; keep a copy: the past of this store is there",
        args.to.display()
    );
    Ok(ExitCode::SUCCESS)
}
