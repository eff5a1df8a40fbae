//! What the workload came to.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::chunk::{Cost, Growth};
use super::disk::Disk;
use super::fill::Filled;
use super::residents::Residents;
use crate::bench::figures::mib;
use crate::cli::BenchArgs;

/// Seconds from the start of `shardbook run` until `/healthz` answers.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Restart {
    pub(super) after_kill_s: f64,
    pub(super) after_stop_s: f64,
}

/// All figures. Keys are stable.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Summary {
    workload: String,
    via: String,
    players: u64,
    bets: u64,
    shards: u16,
    cores: usize,
    fill_s: f64,
    fill_resident_mib: f64,
    runs: Vec<Cost>,
    growth: Growth,
    restart: Restart,
    /// Bytes of tables, with everything that was written: players, funds, snapshots.
    disk_before_compaction: Disk,
    disk_after_compaction: Disk,
    journal_bytes_per_bet: f64,
    views_bytes_per_bet: f64,
    /// By the number of players in memory.
    residents: BTreeMap<u64, Residents>,
}

impl Summary {
    pub(super) fn of(
        args: &BenchArgs,
        filled: Filled,
        restart: Restart,
        before: Disk,
        after: Disk,
        residents: BTreeMap<u64, Residents>,
    ) -> Self {
        let per_bet = |bytes: u64| bytes as f64 / filled.bets as f64;
        Self {
            workload: args.workload.name(),
            via: args.via.name(),
            players: filled.players,
            bets: filled.bets,
            shards: args.shards,
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            fill_s: filled.seconds,
            fill_resident_mib: filled.resident_mib,
            growth: Growth::of(&filled.chunks),
            runs: filled.chunks,
            restart,
            disk_before_compaction: before,
            disk_after_compaction: after,
            journal_bytes_per_bet: per_bet(after.journal),
            views_bytes_per_bet: per_bet(after.views),
            residents,
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { players, bets, .. } = self;
        writeln!(
            f,
            "{} {}: {players} players, {bets} bets placed and settled in {:.0} s, {} shards, {} cores",
            self.workload, self.via, self.fill_s, self.shards, self.cores
        )?;
        for (name, cost) in [
            ("first fifth", self.growth.first_fifth),
            ("last fifth", self.growth.last_fifth),
        ] {
            writeln!(
                f,
                "{name:18} placed {:.0}/s, {:.1} us a bet; settled {:.0}/s, {:.1} us a bet; {:.0} bytes of journal",
                cost.placed_per_s,
                cost.cpu_us_per_bet_placed,
                cost.settled_per_s,
                cost.cpu_us_per_bet_settled,
                cost.journal_bytes_per_bet
            )?;
        }
        writeln!(f, "CPU, last to first {:.3}", self.growth.cpu_ratio)?;
        writeln!(
            f,
            "filling            {:.0} MiB resident at its end",
            self.fill_resident_mib
        )?;
        for (name, disk) in [
            ("disk", self.disk_before_compaction),
            ("disk, compacted", self.disk_after_compaction),
        ] {
            writeln!(
                f,
                "{name:18} journal {:.0} MiB, views {:.0} MiB, {:.0} bytes a bet",
                mib(disk.journal),
                mib(disk.views),
                disk.all() as f64 / *bets as f64
            )?;
        }
        writeln!(
            f,
            "a bet, compacted   {:.0} bytes of journal, {:.0} of views, with players and funds",
            self.journal_bytes_per_bet, self.views_bytes_per_bet
        )?;
        writeln!(
            f,
            "serving            {:.2} s after a kill under load, {:.2} s after an orderly stop",
            self.restart.after_kill_s, self.restart.after_stop_s
        )?;
        for residents in self.residents.values() {
            writeln!(
                f,
                "{:>9} in memory  {:.0} bytes a player with an empty slip ({:.0} MiB in all), {:.0} with one bet ({:.0} MiB)",
                residents.players,
                residents.bytes_per_player_empty_slip,
                residents.empty_slips_mib,
                residents.bytes_per_player_one_bet,
                residents.one_bet_mib
            )?;
            writeln!(
                f,
                "{:18} from disk p50 {:.2} ms, p99 {:.2} ms, longest {:.1} ms; {:.0} players/s{}",
                "",
                residents.activation_p50_ms,
                residents.activation_p99_ms,
                residents.activation_max_ms,
                residents.activated_per_s,
                if residents.quiet { "" } else { " (not quiet)" }
            )?;
        }
        Ok(())
    }
}
