//! What a house came to under more than it can take.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::MOVERS;
use super::flood::Heard;
use crate::bench::figures::mib;
use crate::bench::load::Times;
use crate::cli::BenchArgs;

/// Keys are stable.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Summary {
    workload: String,
    via: String,
    times: u64,
    deadline_ms: u64,
    /// Of the market that is settled while nobody bets.
    open_bets: u64,
    players: u64,
    alone: Alone,
    runs: Vec<Round>,
    /// The round in the middle by its part of the peak.
    median: Round,
    resident_peak_mib: f64,
}

/// While nobody bets.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Alone {
    pub(super) settled_per_s: f64,
    pub(super) moves: Side,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Round {
    pub(super) peak_per_s: f64,
    pub(super) offered_per_s: u64,
    /// Processor time for each accepted bet, microseconds, of clients and house and with what is written behind: at the peak,
    /// and in the flood of bets alone, moves of money and all that was refused included. The part of the peak that follows
    /// is that of a machine which does nothing else.
    pub(super) peak_cpu_us: f64,
    pub(super) cpu_us: f64,
    pub(super) of_peak_by_cpu: f64,
    /// After the flood of bets alone: until every view held what was answered.
    pub(super) behind_ms: f64,
    /// Bets alone, and while a market is settled beside them.
    pub(super) flood: Taken,
    pub(super) settling: Taken,
    /// Of the market that is settled then.
    pub(super) open_bets: u64,
    pub(super) settled_per_s: f64,
    pub(super) moves: Side,
}

/// What was taken of a flood.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Taken {
    /// Accepted bets a second, until the last answer, and their part of the peak.
    pub(super) goodput_per_s: f64,
    pub(super) of_peak: f64,
    /// Of accepted bets, milliseconds from when they were due, and from when they were sent.
    due_p50_ms: f64,
    due_p99_ms: f64,
    due_max_ms: f64,
    sent_p50_ms: f64,
    sent_p99_ms: f64,
    sent_max_ms: f64,
    /// Bets a second that the client gave up, and that the house refused, by code.
    given_up_per_s: f64,
    refused_per_s: BTreeMap<String, f64>,
}

/// Deposits and withdrawals beside it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Side {
    done: u64,
    refused: u64,
    p50_ms: f64,
    p99_ms: f64,
    max_ms: f64,
}

fn millis(times: &Times, quantile: f64) -> f64 {
    times.value_at_quantile(quantile) as f64 / 1_000.0
}

impl Taken {
    pub(super) fn of((heard, took_s): &(Heard, f64), peak_per_s: f64) -> Self {
        let rate = |count: u64| count as f64 / took_s;
        let goodput_per_s = rate(heard.accepted());
        let refused = heard.refused.iter().map(|(code, count)| (code.clone(), rate(*count)));
        Self {
            goodput_per_s,
            of_peak: goodput_per_s / peak_per_s,
            due_p50_ms: millis(&heard.from_due, 0.5),
            due_p99_ms: millis(&heard.from_due, 0.99),
            due_max_ms: heard.from_due.max() as f64 / 1_000.0,
            sent_p50_ms: millis(&heard.from_sent, 0.5),
            sent_p99_ms: millis(&heard.from_sent, 0.99),
            sent_max_ms: heard.from_sent.max() as f64 / 1_000.0,
            given_up_per_s: rate(heard.given_up),
            refused_per_s: refused.collect(),
        }
    }
}

impl Side {
    pub(super) fn of(heard: &Heard) -> Self {
        Self {
            done: heard.accepted(),
            refused: heard.given_up + heard.refused.values().sum::<u64>(),
            p50_ms: millis(&heard.from_due, 0.5),
            p99_ms: millis(&heard.from_due, 0.99),
            max_ms: heard.from_due.max() as f64 / 1_000.0,
        }
    }
}

impl Summary {
    pub(super) fn of(args: &BenchArgs, alone: Alone, runs: Vec<Round>, resident: u64) -> Self {
        let mut sorted: Vec<_> = runs.iter().collect();
        sorted.sort_by(|one, other| one.flood.of_peak.total_cmp(&other.flood.of_peak));
        let median = sorted[sorted.len() / 2].clone();
        Self {
            workload: args.workload.name(),
            via: args.via.name(),
            times: args.times,
            deadline_ms: args.deadline.as_millis() as u64,
            open_bets: args.bets,
            players: args.players,
            alone,
            runs,
            median,
            resident_peak_mib: mib(resident),
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} {}: {} times the peak with a deadline of {} ms, {} rounds",
            self.workload,
            self.via,
            self.times,
            self.deadline_ms,
            self.runs.len()
        )?;
        let round = &self.median;
        writeln!(
            f,
            "peak               {:.0} bets/s; {} bets/s offered",
            round.peak_per_s, round.offered_per_s
        )?;
        let all = |pick: fn(&Round) -> f64| {
            let mut all: Vec<f64> = self.runs.iter().map(pick).collect();
            all.sort_by(f64::total_cmp);
            let all: Vec<String> = all.iter().map(|part| format!("{part:.2}")).collect();
            all.join(", ")
        };
        for (name, taken, parts) in [
            ("bets alone", &round.flood, all(|round| round.flood.of_peak)),
            ("bets, settling", &round.settling, all(|round| round.settling.of_peak)),
        ] {
            writeln!(
                f,
                "{name:18} {:.0} bets/s accepted, {:.2} of the peak (all rounds: {parts})",
                taken.goodput_per_s, taken.of_peak
            )?;
            writeln!(
                f,
                "  from due         p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms",
                taken.due_p50_ms, taken.due_p99_ms, taken.due_max_ms
            )?;
            writeln!(
                f,
                "  from sent        p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms",
                taken.sent_p50_ms, taken.sent_p99_ms, taken.sent_max_ms
            )?;
            write!(f, "  not taken a s    {:.0} given up unsent", taken.given_up_per_s)?;
            for (code, rate) in &taken.refused_per_s {
                write!(f, ", {rate:.0} {code}")?;
            }
            writeln!(f)?;
        }
        writeln!(
            f,
            "CPU a bet          {:.1} us at the peak, {:.1} us in the flood: {:.2} of the peak by that (all rounds: {})",
            round.peak_cpu_us,
            round.cpu_us,
            round.of_peak_by_cpu,
            all(|round| round.of_peak_by_cpu)
        )?;
        writeln!(f, "views behind       {:.0} ms after the flood", round.behind_ms)?;
        writeln!(
            f,
            "settled            {:.0} bets/s of {} that were open, {:.0} bets/s while nobody bets",
            round.settled_per_s, round.open_bets, self.alone.settled_per_s
        )?;
        for (name, side) in [("moves, flooded", &round.moves), ("moves, alone", &self.alone.moves)] {
            writeln!(
                f,
                "{name:18} p50 {:.2} ms, p99 {:.2} ms, max {:.1} ms ({} of {MOVERS} players, {} refused)",
                side.p50_ms, side.p99_ms, side.max_ms, side.done, side.refused
            )?;
        }
        writeln!(f, "resident           {:.0} MiB at most", self.resident_peak_mib)
    }
}
