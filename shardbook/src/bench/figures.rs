//! What a run came to.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde::Serialize;
use shardbook_runtime::stages::Stage;

use super::house::House;
use super::load::{Counts, Times};
use super::stages::Stages;
use super::threads::Threads;
use crate::Failure;
use crate::cli::BenchArgs;

/// Figures of one run. Keys are stable. Figures for each bet hold what was written behind the answers too.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Figures {
    /// Bets accepted a second, until the last answer.
    pub(super) bets_per_s: f64,
    /// The peak that was found before the run, where the run is a part of it.
    pub(super) peak_bets_per_s: Option<f64>,
    /// Whether nothing of that peak was left to write when the run began.
    pub(super) quiet_after_peak: Option<bool>,
    /// The same, until everything was in the views and nothing was left to settle.
    bets_per_s_behind_included: f64,
    /// Commands and questions of clients answered, and settlements of bets, a second until the same moment.
    operations_per_s_behind_included: f64,
    /// Frames that the views were behind at the last answer, and how long they took to catch up.
    behind_frames: u64,
    behind_ms: f64,
    /// From when a command was due to its durable answer, milliseconds.
    p50_ms: f64,
    p90_ms: f64,
    p99_ms: f64,
    p999_ms: f64,
    max_ms: f64,
    /// Bytes of journal frames for each bet.
    journal_bytes_per_bet: f64,
    /// Synced puts (frames) for each bet.
    synced_puts_per_bet: f64,
    fsyncs_per_bet: f64,
    bets_per_fsync: f64,
    /// Rows written behind the journal for each bet, and their bytes.
    rows_behind_per_bet: f64,
    row_bytes_per_bet: f64,
    /// Processor time of the whole process, clients included, microseconds.
    cpu_us_per_bet: f64,
    /// The same by groups of threads; empty where the system does not tell.
    cpu_us_per_bet_of: BTreeMap<&'static str, f64>,
    /// Of the processor time, what went to each stage of a command's way, and what is in none of them.
    cpu_us_per_bet_by_stage: BTreeMap<&'static str, f64>,
    cpu_us_per_bet_in_no_stage: f64,
    /// What the journal's thread waited for its syncs, microseconds; no processor time.
    sync_wait_us_per_bet: f64,
    /// Resident memory at the end, MiB, and players in memory at the last answer.
    resident_mib: f64,
    players_in_memory: u64,
    /// Bets a second if nothing were done but to append and sync the same bytes in the same groups.
    pub(super) append_limit_bets_per_s: Option<f64>,
    pub(super) part_of_append_limit: Option<f64>,
    /// Empty unary gRPC calls a second over as many connections, where the way in is not in process.
    pub(super) echo_calls_per_s: Option<f64>,
    pub(super) part_of_echo: Option<f64>,
}

/// A printed row: name, unit, and the figure of a run where it has one.
type Row = (&'static str, &'static str, fn(&Figures) -> Option<f64>);

/// All runs of a bench.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Summary {
    workload: String,
    via: String,
    bets: u64,
    players: u64,
    in_flight: u64,
    connections: u64,
    /// Whether players bet by chance and not in turn. Left out where they do not: files from before say nothing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    by_chance: bool,
    /// Bets due a second; nothing in a closed loop.
    rate: Option<u64>,
    /// The same as hundredths of the peak before each run.
    of_peak: Option<u64>,
    shards: u16,
    cores: usize,
    runs: Vec<Figures>,
    /// The run in the middle: by bets a second, in an open loop by p99.
    median: Figures,
}

/// Takes the figures of a run.
pub(super) struct Meter {
    began: Instant,
    cpu: Duration,
    threads: Threads,
    stages: Stages,
    before: Counted,
}

#[derive(Debug, Clone, Copy)]
struct Counted {
    commands: u64,
    bets: u64,
    settled: u64,
    frames: u64,
    bytes: u64,
    syncs: u64,
    rows: u64,
    row_bytes: u64,
}

impl Counted {
    fn now(house: &House, counts: &Counts, settled: u64) -> Self {
        let journal = house.node().journal();
        let counters = journal.counters();
        let (rows, row_bytes) = journal.durability().rows_behind();
        Self {
            commands: counts.all(),
            bets: counts.bets(),
            settled,
            frames: counters.frames.load(Ordering::Relaxed),
            bytes: counters.bytes.load(Ordering::Relaxed),
            syncs: counters.syncs.load(Ordering::Relaxed),
            rows,
            row_bytes,
        }
    }
}

/// What a run wrote, for the limit that the disk sets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written {
    pub(super) bytes_a_group: usize,
    pub(super) bets_a_group: f64,
}

impl Meter {
    pub(super) fn begin(house: &House, counts: &Counts, settled: u64) -> Self {
        Self {
            threads: Threads::now(),
            stages: Stages::now(),
            before: Counted::now(house, counts, settled),
            cpu: cpu_time(),
            began: Instant::now(),
        }
    }

    /// Called at the last answer, when results have been given that settle so many bets in all; waits until the house has caught up.
    pub(super) async fn end(
        self,
        house: &House,
        counts: &Counts,
        settled: u64,
        times: &Times,
    ) -> Result<(Figures, Written), Failure> {
        let answered = self.began.elapsed();
        let players_in_memory = house.node().players().residents() as u64;
        let behind_frames = house.node().journal().durability().lag();
        house.until_caught_up().await?;
        let whole = self.began.elapsed();
        let cpu = cpu_time().saturating_sub(self.cpu);
        let stages = Stages::now().since(self.stages);
        let (before, after) = (self.before, Counted::now(house, counts, settled));
        let bets = (after.bets - before.bets).max(1) as f64;
        let per_bet = |before: u64, after: u64| (after - before) as f64 / bets;
        let millis = |quantile| times.value_at_quantile(quantile) as f64 / 1_000.0;
        let operations = (after.commands - before.commands) + (after.settled - before.settled);
        let syncs = (after.syncs - before.syncs).max(1) as f64;
        let by_threads = Threads::now().since(&self.threads).into_iter();
        let by_stage = stages.cpu_us_per_bet(bets);
        let cpu_us_per_bet = cpu.as_secs_f64() * 1e6 / bets;
        let figures = Figures {
            bets_per_s: bets / answered.as_secs_f64(),
            bets_per_s_behind_included: bets / whole.as_secs_f64(),
            operations_per_s_behind_included: operations as f64 / whole.as_secs_f64(),
            behind_frames,
            behind_ms: (whole - answered).as_secs_f64() * 1e3,
            p50_ms: millis(0.5),
            p90_ms: millis(0.9),
            p99_ms: millis(0.99),
            p999_ms: millis(0.999),
            max_ms: times.max() as f64 / 1_000.0,
            journal_bytes_per_bet: per_bet(before.bytes, after.bytes),
            synced_puts_per_bet: per_bet(before.frames, after.frames),
            fsyncs_per_bet: syncs / bets,
            bets_per_fsync: bets / syncs,
            rows_behind_per_bet: per_bet(before.rows, after.rows),
            row_bytes_per_bet: per_bet(before.row_bytes, after.row_bytes),
            cpu_us_per_bet,
            cpu_us_per_bet_of: by_threads.map(|(group, cpu)| (group, cpu * 1e6 / bets)).collect(),
            cpu_us_per_bet_in_no_stage: cpu_us_per_bet - by_stage.values().sum::<f64>(),
            cpu_us_per_bet_by_stage: by_stage,
            sync_wait_us_per_bet: stages.sync_wait_us_per_bet(bets),
            resident_mib: mib(resident_bytes()),
            players_in_memory,
            ..Figures::default()
        };
        let written = Written {
            bytes_a_group: ((after.bytes - before.bytes) as f64 / syncs) as usize,
            bets_a_group: bets / syncs,
        };
        Ok((figures, written))
    }
}

impl Summary {
    pub(super) fn of(args: &BenchArgs, runs: Vec<Figures>) -> Self {
        let mut sorted: Vec<_> = runs.iter().collect();
        let by = |run: &Figures| match args.rate.or(args.of_peak) {
            // As many a second as were due.
            Some(_) => run.p99_ms,
            None => run.bets_per_s,
        };
        sorted.sort_by(|one, other| by(one).total_cmp(&by(other)));
        let median = sorted[sorted.len() / 2].clone();
        Self {
            workload: args.workload.name(),
            via: args.via.name(),
            bets: args.bets,
            players: args.players,
            by_chance: args.by_chance,
            in_flight: args.in_flight,
            connections: args.lanes(),
            rate: args.rate,
            of_peak: args.of_peak,
            shards: args.shards,
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            runs,
            median,
        }
    }
}

const ROWS: [Row; 22] = [
    ("peak before, bets/s", "", |run| run.peak_bets_per_s),
    ("durable bets/s", "", |run| Some(run.bets_per_s)),
    ("  behind included", "", |run| Some(run.bets_per_s_behind_included)),
    ("  all operations", "", |run| Some(run.operations_per_s_behind_included)),
    ("views behind", "frames", |run| Some(run.behind_frames as f64)),
    ("caught up after", "ms", |run| Some(run.behind_ms)),
    ("p50", "ms", |run| Some(run.p50_ms)),
    ("p90", "ms", |run| Some(run.p90_ms)),
    ("p99", "ms", |run| Some(run.p99_ms)),
    ("p99.9", "ms", |run| Some(run.p999_ms)),
    ("longest", "ms", |run| Some(run.max_ms)),
    ("journal bytes a bet", "", |run| Some(run.journal_bytes_per_bet)),
    ("synced puts a bet", "", |run| Some(run.synced_puts_per_bet)),
    ("bets a fsync", "", |run| Some(run.bets_per_fsync)),
    ("rows behind a bet", "", |run| Some(run.rows_behind_per_bet)),
    ("row bytes a bet", "", |run| Some(run.row_bytes_per_bet)),
    ("resident", "MiB", |run| Some(run.resident_mib)),
    ("players in memory", "", |run| Some(run.players_in_memory as f64)),
    ("bare appends allow", "bets/s", |run| run.append_limit_bets_per_s),
    ("  part of that", "", |run| run.part_of_append_limit),
    ("empty calls/s", "", |run| run.echo_calls_per_s),
    ("  part of that", "", |run| run.part_of_echo),
];

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let loop_of = match (self.rate, self.of_peak) {
            (Some(rate), _) => format!("{rate} due a second"),
            (None, Some(hundredths)) => format!("{hundredths} hundredths of the peak due"),
            (None, None) => "closed loop".to_owned(),
        };
        let order = if self.by_chance { " by chance" } else { "" };
        writeln!(
            f,
            "{} {}: {} a run, {} players{order}, {loop_of}, {} in flight over {} connections, {} shards, {} cores",
            self.workload, self.via, self.bets, self.players, self.in_flight, self.connections, self.shards, self.cores
        )?;
        let busy = self
            .runs
            .iter()
            .filter(|run| run.quiet_after_peak == Some(false))
            .count();
        if busy > 0 {
            writeln!(
                f,
                "not quiet: the house was still at work for the peak when {busy} of the runs began"
            )?;
        }
        writeln!(f, "{:22} {:>12} {:>12} {:>12}", "", "min", "median run", "max")?;
        for (name, unit, pick) in ROWS {
            self.row(f, name, unit, pick)?;
        }
        self.row(f, "CPU a bet", "us", |run| Some(run.cpu_us_per_bet))?;
        for group in self.median.cpu_us_per_bet_of.keys() {
            let name = format!("  {group}");
            self.row(f, &name, "us", |run| run.cpu_us_per_bet_of.get(group).copied())?;
        }
        self.row(f, "CPU a bet by stage", "us", |run| {
            Some(run.cpu_us_per_bet - run.cpu_us_per_bet_in_no_stage)
        })?;
        for stage in Stage::ALL {
            let name = format!("  {}", stage.name());
            let of_stage = |run: &Figures| run.cpu_us_per_bet_by_stage.get(stage.name()).copied();
            self.row(f, &name, "us", of_stage)?;
        }
        self.row(f, "  in no stage", "us", |run| Some(run.cpu_us_per_bet_in_no_stage))?;
        self.row(f, "sync waits a bet", "us", |run| Some(run.sync_wait_us_per_bet))?;
        Ok(())
    }
}

impl Summary {
    /// Nothing where the runs do not have the figure.
    fn row(
        &self,
        f: &mut fmt::Formatter<'_>,
        name: &str,
        unit: &str,
        pick: impl Fn(&Figures) -> Option<f64>,
    ) -> fmt::Result {
        let mut all: Vec<f64> = self.runs.iter().filter_map(&pick).collect();
        all.sort_by(f64::total_cmp);
        let (Some(min), Some(max), Some(median)) = (all.first(), all.last(), pick(&self.median)) else {
            return Ok(());
        };
        let digits = if *max >= 1_000.0 { 0 } else { 3 };
        writeln!(
            f,
            "{name:22} {min:12.digits$} {median:12.digits$} {max:12.digits$} {unit}"
        )
    }
}

/// Processor time of this process so far.
pub(super) fn cpu_time() -> Duration {
    let clock = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(clock.tv_sec.unsigned_abs(), clock.tv_nsec.unsigned_abs() as u32)
}

/// Resident memory of this process; 0 where the system does not tell.
pub(super) fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: Option<u64> = statm.split_whitespace().nth(1).and_then(|pages| pages.parse().ok());
    pages.unwrap_or(0) * rustix::param::page_size() as u64
}

pub(super) fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        bench: BenchArgs,
    }

    /// Protects the figure that is quoted: of runs in a closed loop the one in the middle by bets a second, of runs at a given
    /// pace, which all come to the same bets a second, by p99.
    #[test]
    fn the_median_run_is_by_what_the_runs_differ_in() {
        let run = |bets_per_s: f64, p99_ms: f64| Figures {
            bets_per_s,
            p99_ms,
            ..Figures::default()
        };
        let runs = [(99.0, 6.0), (100.0, 9.0), (101.0, 70.0), (102.0, 8.0), (103.0, 7.5)];
        let runs: Vec<_> = runs
            .into_iter()
            .map(|(bets_per_s, p99_ms)| run(bets_per_s, p99_ms))
            .collect();
        // arguments -> bets a second of the median run
        for (args, median) in [
            (vec![], 101.0),
            (vec!["--rate", "100"], 102.0),
            (vec!["--of-peak", "50"], 102.0),
        ] {
            let args = Cli::try_parse_from([vec!["bench", "place-bets"], args].concat())
                .expect("arguments")
                .bench;
            assert_eq!(Summary::of(&args, runs.clone()).median.bets_per_s, median);
        }
        let two = vec!["bench", "place-bets", "--of-peak", "50", "--rate", "100"];
        assert!(Cli::try_parse_from(two).is_err(), "one pace or the other");
    }
}
