//! The replay client: market files and synthetic matches, paced and published to a server's feed service.

use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::time::Duration;

use shardbook_replay::{Ladder, Plan, Speed};

use crate::cli::ReplayArgs;
use crate::players::write_json;
use crate::progress::Progress;
use crate::{Failure, Finished};

mod dry_run;
mod feed;
mod publisher;
mod report;
mod window;

pub use feed::{Feed, Read, Wanted};
pub use publisher::{Publisher, Sent};
pub use report::Report;

/// Replays what the arguments name.
///
/// # Errors
/// Where a file cannot be opened, a strict reading stopped, or the server took nothing for `--patience`.
pub async fn run(args: ReplayArgs) -> Finished {
    let speed = args.fit.map_or(args.speed, Speed::Fit);
    let wanted = Wanted {
        files: args.files,
        synthetic: args.synthetic.unwrap_or_default(),
        races: args.races.unwrap_or_default(),
        seed: args.seed,
        plan: Plan {
            speed,
            overlap: args.overlap || args.fit.is_some(),
        },
        margin_bp: args.margin.0,
        ladder: args.ladder.clone().unwrap_or_else(Ladder::exchange),
        bet_delays: true,
        strict: args.strict,
    };
    let feed = Feed::open(wanted).await?;
    if args.dry_run {
        return dry_run::run(feed, args.json.as_deref()).await;
    }
    let mut publisher = Publisher::start(args.to, args.patience, feed);
    let mut progress = Progress::new("replay", None);
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    let sent = loop {
        tokio::select! {
            ended = publisher.ended() => break ended,
            _ = tick.tick() => {
                let count = publisher.counts().answered.load(Ordering::Relaxed);
                progress.set(count, format!("messages answered, {:?} played", publisher.counts().played()));
            }
        }
    };
    let sent = sent?;
    progress.finish("all messages answered");
    finish(&sent, args.json.as_deref())
}

fn finish(sent: &Report, json: Option<&Path>) -> Result<ExitCode, Failure> {
    println!("{sent}");
    write_json(json, sent)?;
    match &sent.read.stopped {
        Some(stopped) => Err(stopped.clone().into()),
        None => Ok(ExitCode::SUCCESS),
    }
}

#[cfg(test)]
mod tests;
