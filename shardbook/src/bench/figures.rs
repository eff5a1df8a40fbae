//! What a run came to.

use std::fmt;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::house::House;
use super::load::Times;
use crate::cli::{BenchArgs, BenchVia};

/// Figures of one run. Keys are stable.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Figures {
    /// Bets accepted a second.
    pub(super) bets_per_s: f64,
    /// From sending to the durable answer, milliseconds.
    p50_ms: f64,
    p99_ms: f64,
    p999_ms: f64,
    max_ms: f64,
    /// Bytes of journal frames for each bet.
    journal_bytes_per_bet: f64,
    /// Synced puts (frames) for each bet.
    synced_puts_per_bet: f64,
    /// Rows written behind the journal, by the end of the run, for each bet, and their bytes.
    rows_behind_per_bet: f64,
    row_bytes_per_bet: f64,
    /// Bets for each fsync.
    bets_per_fsync: f64,
    /// Processor time of the whole process, clients included, microseconds.
    cpu_us_per_bet: f64,
    /// Resident memory at the end, MiB.
    resident_mib: f64,
}

/// A printed row: name, unit, and the figure of a run.
type Row = (&'static str, &'static str, fn(&Figures) -> f64);

/// All runs of a bench.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Summary {
    workload: &'static str,
    via: &'static str,
    bets: u64,
    players: u64,
    in_flight: u64,
    shards: u16,
    cores: usize,
    runs: Vec<Figures>,
    /// The run in the middle by bets a second.
    median: Figures,
}

/// Takes the figures of a run.
pub(super) struct Meter {
    began: Instant,
    cpu: Duration,
    before: Counted,
}

#[derive(Debug, Clone, Copy)]
struct Counted {
    frames: u64,
    bytes: u64,
    syncs: u64,
    rows: u64,
    row_bytes: u64,
}

impl Counted {
    fn now(house: &House) -> Self {
        let journal = house.node().journal();
        let counters = journal.counters();
        let (rows, row_bytes) = journal.durability().rows_behind();
        Self {
            frames: counters.frames.load(Ordering::Relaxed),
            bytes: counters.bytes.load(Ordering::Relaxed),
            syncs: counters.syncs.load(Ordering::Relaxed),
            rows,
            row_bytes,
        }
    }
}

impl Meter {
    pub(super) fn begin(house: &House) -> Self {
        Self {
            began: Instant::now(),
            cpu: cpu_time(),
            before: Counted::now(house),
        }
    }

    pub(super) fn end(self, house: &House, bets: u64, times: Times) -> Figures {
        let took = self.began.elapsed().as_secs_f64();
        let cpu = cpu_time().saturating_sub(self.cpu);
        let (before, after) = (self.before, Counted::now(house));
        let per_bet = |before: u64, after: u64| (after - before) as f64 / bets as f64;
        let millis = |quantile| times.value_at_quantile(quantile) as f64 / 1_000.0;
        Figures {
            bets_per_s: bets as f64 / took,
            p50_ms: millis(0.5),
            p99_ms: millis(0.99),
            p999_ms: millis(0.999),
            max_ms: times.max() as f64 / 1_000.0,
            journal_bytes_per_bet: per_bet(before.bytes, after.bytes),
            synced_puts_per_bet: per_bet(before.frames, after.frames),
            rows_behind_per_bet: per_bet(before.rows, after.rows),
            row_bytes_per_bet: per_bet(before.row_bytes, after.row_bytes),
            bets_per_fsync: bets as f64 / (after.syncs - before.syncs).max(1) as f64,
            cpu_us_per_bet: cpu.as_secs_f64() * 1e6 / bets as f64,
            resident_mib: resident_bytes() as f64 / f64::from(1 << 20),
        }
    }
}

impl Figures {
    pub(super) fn summary(args: &BenchArgs, runs: Vec<Self>) -> Summary {
        let mut sorted = runs.clone();
        sorted.sort_by(|one, other| one.bets_per_s.total_cmp(&other.bets_per_s));
        let median = sorted[sorted.len() / 2];
        let via = match args.via {
            BenchVia::InProcess => "in process",
            BenchVia::Grpc => "gRPC unary",
        };
        Summary {
            workload: "place-bets",
            via,
            bets: args.bets,
            players: args.players,
            in_flight: args.in_flight,
            shards: args.shards,
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            runs,
            median,
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            workload,
            via,
            bets,
            players,
            in_flight,
            shards,
            cores,
            runs,
            median,
        } = self;
        writeln!(
            f,
            "{workload} {via}: {bets} bets a run, {players} players, {in_flight} in flight, {shards} shards, {cores} cores"
        )?;
        let of = |pick: fn(&Figures) -> f64| {
            let mut all: Vec<f64> = runs.iter().map(pick).collect();
            all.sort_by(f64::total_cmp);
            (all[0], pick(median), all[all.len() - 1])
        };
        let rows: [Row; 11] = [
            ("durable bets/s", "", |run| run.bets_per_s),
            ("p50", "ms", |run| run.p50_ms),
            ("p99", "ms", |run| run.p99_ms),
            ("p99.9", "ms", |run| run.p999_ms),
            ("journal bytes a bet", "", |run| run.journal_bytes_per_bet),
            ("synced puts a bet", "", |run| run.synced_puts_per_bet),
            ("rows behind a bet", "", |run| run.rows_behind_per_bet),
            ("row bytes a bet", "", |run| run.row_bytes_per_bet),
            ("bets a fsync", "", |run| run.bets_per_fsync),
            ("CPU a bet", "us", |run| run.cpu_us_per_bet),
            ("resident", "MiB", |run| run.resident_mib),
        ];
        writeln!(f, "{:22} {:>12} {:>12} {:>12}", "", "min", "median run", "max")?;
        for (name, unit, pick) in rows {
            let (min, median, max) = of(pick);
            let digits = if max >= 1_000.0 { 0 } else { 4 };
            writeln!(
                f,
                "{name:22} {min:12.digits$} {median:12.digits$} {max:12.digits$} {unit}"
            )?;
        }
        Ok(())
    }
}

/// Processor time of this process so far.
fn cpu_time() -> Duration {
    let clock = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(clock.tv_sec.unsigned_abs(), clock.tv_nsec.unsigned_abs() as u32)
}

/// Resident memory of this process; 0 where the system does not tell.
pub(super) fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: Option<u64> = statm.split_whitespace().nth(1).and_then(|pages| pages.parse().ok());
    pages.unwrap_or(0) * rustix::param::page_size() as u64
}
