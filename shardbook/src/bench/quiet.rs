//! Until the house is quiet: what was written behind is there, and no thread is at work.

use std::time::{Duration, Instant};

use super::figures::cpu_time;
use super::house::House;
use crate::Failure;
use crate::progress::Progress;

/// Beyond this it is measured as it is, and the summary says so.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks at the processor.
const LOOK: Duration = Duration::from_millis(100);
/// Looks in a row that must find it idle: longer than a burst of compaction rests.
const QUIET_LOOKS: u32 = 10;
/// Share of one core under which the process counts as idle: heartbeats and rounds that find nothing to do.
const IDLE: f64 = 0.05;

/// Waits until every view has every frame, nothing is left to settle, and for a second the process did next to nothing, so
/// that flushes and compactions of the store are over too. False when it did not come to that in two minutes.
pub(super) async fn until_quiet(house: &House) -> Result<bool, Failure> {
    let mut progress = Progress::new("waiting", None);
    house.until_caught_up().await?;
    let (began, mut quiet) = (Instant::now(), 0);
    while quiet < QUIET_LOOKS && began.elapsed() < PATIENCE {
        let (cpu, at) = (cpu_time(), Instant::now());
        tokio::time::sleep(LOOK).await;
        let busy = cpu_time().saturating_sub(cpu).as_secs_f64() / at.elapsed().as_secs_f64();
        quiet = if busy < IDLE { quiet + 1 } else { 0 };
        progress.set(began.elapsed().as_secs(), "s until the house is quiet");
    }
    let is_quiet = quiet >= QUIET_LOOKS;
    progress.finish(if is_quiet {
        "the house is quiet"
    } else {
        "the house is still at work"
    });
    Ok(is_quiet)
}
