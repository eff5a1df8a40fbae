//! The result of a market with many open bets, while other players go on betting.
//!
//! The others bet at a steady rate that does not wait for answers (an open loop): each bet is timed from the moment at
//! which it was due, so that a stall counts against every bet that it holds up.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::clients::Clients;
use super::figures::{mib, resident_bytes};
use super::house::{House, Needs};
use super::lane::{self, Entry};
use super::load::{Load, Pace, Times};
use super::plan::{Markets, Plan};
use super::{quiet, tell};
use crate::Finished;
use crate::cli::BenchArgs;
use crate::progress::Progress;

/// The market that is settled: the one of the plan.
const MARKET: u32 = 1;
/// Players who go on betting, and bets of all of them a second where nothing else was asked for.
const OTHERS: u64 = 1_000;
const RATE: u64 = 1_000;
/// How long they bet while the house is quiet: the latency that the settlement is compared with.
const IDLE_S: u64 = 10;
/// How long they bet at first, unmeasured: their actors are in memory then.
const WARM_UP_S: u64 = 1;
/// Between two looks at memory and backlog.
const LOOK: Duration = Duration::from_millis(50);

/// What it came to. Keys are stable.
#[derive(Debug, Clone, Serialize)]
struct Summary {
    workload: String,
    via: String,
    open_bets: u64,
    players: u64,
    rate: u64,
    /// Whether the house had come to rest before the idle latency was taken.
    quiet: bool,
    settle_s: f64,
    settled_per_s: f64,
    /// Until the views held everything too.
    settled_per_s_behind_included: f64,
    resident_before_mib: f64,
    resident_peak_mib: f64,
    idle: Latency,
    settling: Latency,
    p99_ratio: f64,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Latency {
    bets: u64,
    p50_ms: f64,
    p99_ms: f64,
    p999_ms: f64,
    max_ms: f64,
}

impl Latency {
    fn of(times: &Times) -> Self {
        let millis = |quantile| times.value_at_quantile(quantile) as f64 / 1_000.0;
        Self {
            bets: times.len(),
            p50_ms: millis(0.5),
            p99_ms: millis(0.99),
            p999_ms: millis(0.999),
            max_ms: times.max() as f64 / 1_000.0,
        }
    }
}

pub(super) async fn run(args: BenchArgs) -> Finished {
    let rate = args.rate.unwrap_or(RATE);
    let needs = Needs {
        players: args.players + OTHERS,
        bets_a_player: args.bets / args.players + 1,
        short_markets: 0,
    };
    let house = House::open(&args, &needs).await?;
    let clients = Clients::start()?;
    let lanes = clients.run(lane::open(args.clone(), Entry::of(&house))).await?;
    let mut progress = Progress::new("placing", Some(args.bets));
    let load = Load::new(Plan::new(Markets::Only(MARKET), args.players), args.in_flight, 0);
    let placing = load.drive(&clients, lanes, Pace::Answers(args.bets), |done| {
        progress.set(done, "bets")
    });
    let (lanes, _) = placing.await?;
    progress.finish(format!("{} open bets on one market", args.bets));

    let others = Plan::new(Markets::AllButFirst, OTHERS).of_players_from(args.players);
    let others = Load::new(others, args.in_flight, 0);
    let clock = |seconds: u64, stop: &Arc<AtomicBool>| Pace::Clock {
        rate,
        most: rate.saturating_mul(seconds),
        stop: Arc::clone(stop),
    };
    let until_told = Arc::<AtomicBool>::default();
    let warm_up = others.drive(&clients, lanes, clock(WARM_UP_S, &until_told), |_| ());
    let (lanes, _) = warm_up.await?;
    let quiet = quiet::until_quiet(&house).await?;
    let resident_before = resident_bytes();
    let (lanes, idle) = others
        .drive(&clients, lanes, clock(IDLE_S, &until_told), |_| ())
        .await?;

    let mut progress = Progress::new("settling", Some(args.bets));
    let settling = async {
        let began = Instant::now();
        house.result(MARKET).await?;
        let mut peak = resident_before;
        loop {
            peak = peak.max(resident_bytes());
            let done = house.node().settlement().applied();
            if done >= args.bets {
                break;
            }
            progress.set(done, "bets");
            tokio::time::sleep(LOOK).await;
        }
        let took = began.elapsed();
        until_told.store(true, Ordering::Release);
        Ok((began, took, peak))
    };
    let betting = others.drive(&clients, lanes, clock(u64::MAX, &until_told), |_| ());
    let ((lanes, settling_times), (began, took, peak)) = tokio::try_join!(betting, settling)?;
    house.until_caught_up().await?;
    let whole = began.elapsed();
    let peak = peak.max(resident_bytes());
    progress.finish(format!("{:.0} bets/s", args.bets as f64 / took.as_secs_f64()));
    drop((lanes, clients));
    house.close().await?;

    let (idle, settling) = (Latency::of(&idle), Latency::of(&settling_times));
    let summary = Summary {
        workload: args.workload.name(),
        via: args.via.name(),
        open_bets: args.bets,
        players: args.players,
        rate,
        quiet,
        settle_s: took.as_secs_f64(),
        settled_per_s: args.bets as f64 / took.as_secs_f64(),
        settled_per_s_behind_included: args.bets as f64 / whole.as_secs_f64(),
        resident_before_mib: mib(resident_before),
        resident_peak_mib: mib(peak),
        idle,
        settling,
        p99_ratio: settling.p99_ms / idle.p99_ms,
    };
    tell(&args, &summary)
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} {}: {} open singles of {} players on one market; {} bets/s of {OTHERS} others beside it",
            self.workload, self.via, self.open_bets, self.players, self.rate
        )?;
        writeln!(
            f,
            "settled            {:.1} s, {:.0} bets/s; {:.0} bets/s until the views held it too",
            self.settle_s, self.settled_per_s, self.settled_per_s_behind_included
        )?;
        writeln!(
            f,
            "resident           {:.0} MiB before, {:.0} MiB at most",
            self.resident_before_mib, self.resident_peak_mib
        )?;
        if !self.quiet {
            writeln!(
                f,
                "not quiet          the house was still at work when the idle latency was taken"
            )?;
        }
        for (name, latency) in [("others, quiet", self.idle), ("others, settling", self.settling)] {
            let Latency {
                bets,
                p50_ms,
                p99_ms,
                p999_ms,
                max_ms,
            } = latency;
            writeln!(
                f,
                "{name:18} p50 {p50_ms:.2} ms, p99 {p99_ms:.2} ms, p99.9 {p999_ms:.2} ms, max {max_ms:.1} ms ({bets} bets)"
            )?;
        }
        writeln!(f, "p99 ratio          {:.2}", self.p99_ratio)
    }
}
