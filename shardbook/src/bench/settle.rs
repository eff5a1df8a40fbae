//! The result of a market with many open bets, while other players go on betting.
//!
//! The others bet at a steady rate that does not wait for answers (an open loop): each bet is timed from the moment at
//! which it was due, so that a stall counts against every bet that it holds up.

use std::fmt;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::task::JoinSet;

use super::figures::resident_bytes;
use super::house::House;
use super::load::{Load, Markets, Times, bet, new_times};
use super::{Bettor, InProcess, partner};
use crate::cli::{BenchArgs, BenchVia};
use crate::progress::Progress;
use crate::{Failure, Finished};

/// The market that is settled.
const MARKET: u32 = 1;
/// Players who go on betting.
const OTHERS: u64 = 1_000;
/// How long they bet before the result comes: the latency that the settlement is compared with.
const IDLE: Duration = Duration::from_secs(10);
/// Between two looks at memory and backlog.
const LOOK: Duration = Duration::from_millis(50);

/// What it came to. Keys are stable.
#[derive(Debug, Clone, Serialize)]
struct Summary {
    workload: &'static str,
    open_bets: u64,
    players: u64,
    rate: u64,
    settle_s: f64,
    settled_per_s: f64,
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
    let house = House::open(&args, args.players + OTHERS).await?;
    let bettor: Arc<dyn Bettor> = match args.via {
        BenchVia::InProcess => Arc::new(InProcess { router: house.router() }),
        BenchVia::Grpc => Arc::new(partner::Partner::connect(&house).await?),
    };
    let mut progress = Progress::new("placing", Some(args.bets));
    let load = Load::new(args.players, args.in_flight, Markets::Only(MARKET));
    load.place(&bettor, args.bets, |done| progress.set(done, "bets"))
        .await?;
    progress.finish(format!("{} open bets on one market", args.bets));
    wait_for_views(&house).await?;

    let others = Others::new(Arc::clone(&bettor), args.players, args.rate);
    let idle = others.bet_until(Arc::default(), IDLE).await?;
    let resident_before = resident_bytes();
    let settled = Arc::<AtomicBool>::default();
    let betting = tokio::spawn({
        let (others, settled) = (others.clone(), Arc::clone(&settled));
        async move { others.bet_until(settled, Duration::MAX).await }
    });
    let mut progress = Progress::new("settling", Some(args.bets));
    let began = Instant::now();
    house.result(MARKET).await?;
    let mut peak = resident_before;
    let ended = loop {
        peak = peak.max(resident_bytes());
        let done = house.node().settlement().applied();
        if done >= args.bets {
            break Instant::now();
        }
        progress.set(done, "bets");
        tokio::time::sleep(LOOK).await;
    };
    settled.store(true, Ordering::Release);
    let settling = betting.await??;
    let took = ended.duration_since(began).as_secs_f64();
    progress.finish(format!("{:.0} bets/s", args.bets as f64 / took));
    drop((bettor, others));
    house.close().await?;

    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let (idle, settling) = (Latency::of(&idle), Latency::of(&settling));
    let summary = Summary {
        workload: "settle-market",
        open_bets: args.bets,
        players: args.players,
        rate: args.rate,
        settle_s: took,
        settled_per_s: args.bets as f64 / took,
        resident_before_mib: mib(resident_before),
        resident_peak_mib: mib(peak),
        idle,
        settling,
        p99_ratio: settling.p99_ms / idle.p99_ms,
    };
    if let Some(file) = &args.json {
        let json = serde_json::to_vec_pretty(&summary)?;
        std::fs::write(file, json).map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    }
    print!("{summary}");
    Ok(ExitCode::SUCCESS)
}

/// Until the read models hold every bet placed: the settlement reads from them.
async fn wait_for_views(house: &House) -> Result<(), Failure> {
    Ok(house.node().journal().until_viewed().await?)
}

/// Players who bet at a steady rate.
#[derive(Clone)]
struct Others {
    bettor: Arc<dyn Bettor>,
    first: u64,
    rate: u64,
    next: Arc<AtomicU64>,
}

impl Others {
    fn new(bettor: Arc<dyn Bettor>, first: u64, rate: u64) -> Self {
        Self {
            bettor,
            first,
            rate,
            next: Arc::default(),
        }
    }

    /// Bets at the rate until told, or for so long.
    async fn bet_until(&self, done: Arc<AtomicBool>, most: Duration) -> Result<Times, Failure> {
        let all = Arc::new(Mutex::new(new_times()));
        let mut under_way = JoinSet::new();
        let began = Instant::now();
        let mut sent = 0u64;
        while !done.load(Ordering::Acquire) && began.elapsed() < most {
            let due = began.elapsed().as_secs_f64() * self.rate as f64;
            while (sent as f64) < due {
                let due_at = began + Duration::from_secs_f64(sent as f64 / self.rate as f64);
                sent += 1;
                let turn = self.next.fetch_add(1, Ordering::Relaxed);
                let (bettor, all) = (Arc::clone(&self.bettor), Arc::clone(&all));
                let player = self.first + turn % OTHERS;
                under_way.spawn(async move {
                    bettor
                        .place(player, format!("other-{turn}"), bet(turn, Markets::AllButFirst))
                        .await?;
                    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                    all.saturating_record(due_at.elapsed().as_micros() as u64);
                    Ok::<(), Failure>(())
                });
            }
            while let Some(ended) = under_way.try_join_next() {
                ended??;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        while let Some(ended) = under_way.join_next().await {
            ended??;
        }
        let all = all.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(all.clone())
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}: {} open singles of {} players on one market; {} bets/s of {OTHERS} others beside it",
            self.workload, self.open_bets, self.players, self.rate
        )?;
        writeln!(
            f,
            "settled            {:.1} s, {:.0} bets/s",
            self.settle_s, self.settled_per_s
        )?;
        writeln!(
            f,
            "resident           {:.0} MiB before, {:.0} MiB at most",
            self.resident_before_mib, self.resident_peak_mib
        )?;
        for (name, latency) in [("others, idle", self.idle), ("others, settling", self.settling)] {
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
