//! The part that brings players into memory: how long one takes to come from disk, and what it then costs there.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::fill::OTHERS;
use super::hand_over;
use crate::bench::clients::Clients;
use crate::bench::figures::{mib, resident_bytes};
use crate::bench::house::House;
use crate::bench::lane::{self, Entry};
use crate::bench::load::{Load, Pace, Times};
use crate::bench::plan::{Markets, Plan};
use crate::bench::quiet;
use crate::cli::BenchArgs;
use crate::config;
use crate::progress::Progress;
use crate::{Failure, Finished};

/// Players who come one after the other, so that each latency is that of one activation and not of a queue.
const ALONE: u64 = 10_000;
/// Who come after them are so many at once: what the machine can do.
const TOGETHER: u64 = 64;
/// Room for the house's own entities beside the players.
pub(super) const SPARE: usize = 1_000;
/// Nobody leaves memory while it is measured.
pub(super) const IDLE_S: u64 = 86_400;
/// The smallest block cache that a node takes: it is no part of what a player costs.
const CACHE_BYTES: usize = 8 << 20;

/// Players in memory. Keys are stable.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Residents {
    pub(super) players: u64,
    /// Question to answer of a player who is on disk, nothing else under way.
    pub(super) activation_p50_ms: f64,
    pub(super) activation_p99_ms: f64,
    pub(super) activation_max_ms: f64,
    /// Activations a second, of all players.
    pub(super) activated_per_s: f64,
    /// Resident memory of the process before, with all players, and with an open bet of each.
    pub(super) before_mib: f64,
    pub(super) empty_slips_mib: f64,
    pub(super) one_bet_mib: f64,
    /// The difference for each player.
    pub(super) bytes_per_player_empty_slip: f64,
    pub(super) bytes_per_player_one_bet: f64,
    /// Whether the house had come to rest each time.
    pub(super) quiet: bool,
}

pub(super) async fn run(args: BenchArgs) -> Finished {
    let players = *args.residents.first().ok_or("a part of the bench needs --residents")?;
    let mut house = config::House::default();
    house.node.residents_max = house.node.residents_max.max(players as usize + SPARE);
    house.node.idle_s = IDLE_S;
    house.node.cache_bytes = CACHE_BYTES;
    let house = House::start(&args, house).await?;
    let clients = Clients::start()?;
    let mut quiet = quiet::until_quiet(&house).await?;
    let before = resident_bytes();

    let alone = players.min(ALONE);
    let mut progress = Progress::new("activating", Some(players));
    let plan = Plan::new(Markets::Nowhere, players);
    let began = Instant::now();
    let times = drive(&args, &house, &clients, (1, 1), plan.clone(), (0, alone), |done| {
        progress.set(done, "players, one after the other");
    })
    .await?;
    if players > alone {
        let part = (alone, players - alone);
        drive(&args, &house, &clients, (TOGETHER, 4), plan, part, |done| {
            progress.set(alone + done, "players");
        })
        .await?;
    }
    let activated_per_s = players as f64 / began.elapsed().as_secs_f64();
    progress.finish(format!("{activated_per_s:.0} players/s"));
    quiet &= quiet::until_quiet(&house).await?;
    let empty_slips = resident_bytes();
    all_in_memory(&house, players)?;

    let mut progress = Progress::new("betting", Some(players));
    let bets = Plan::new(Markets::All, players);
    drive(
        &args,
        &house,
        &clients,
        (args.in_flight, 4),
        bets,
        (0, players),
        |done| {
            progress.set(done, "bets");
        },
    )
    .await?;
    progress.finish(format!("a bet of each of {players} players"));
    quiet &= quiet::until_quiet(&house).await?;
    let one_bet = resident_bytes();
    all_in_memory(&house, players)?;

    let millis = |quantile| times.value_at_quantile(quantile) as f64 / 1_000.0;
    let per_player = |after: u64| after.saturating_sub(before) as f64 / players as f64;
    let residents = Residents {
        players,
        activation_p50_ms: millis(0.5),
        activation_p99_ms: millis(0.99),
        activation_max_ms: times.max() as f64 / 1_000.0,
        activated_per_s,
        before_mib: mib(before),
        empty_slips_mib: mib(empty_slips),
        one_bet_mib: mib(one_bet),
        bytes_per_player_empty_slip: per_player(empty_slips),
        bytes_per_player_one_bet: per_player(one_bet),
        quiet,
    };
    hand_over(&args, &residents)?;
    // Killed by who started it: players who leave memory in order would be another measurement.
    std::future::pending().await
}

/// So many commands over so many lanes, from a turn on.
async fn drive(
    args: &BenchArgs,
    house: &House,
    clients: &Clients,
    (in_flight, connections): (u64, u64),
    plan: Plan,
    (turn, count): (u64, u64),
    progress: impl FnMut(u64),
) -> Result<Times, Failure> {
    let args = BenchArgs {
        in_flight,
        connections: Some(connections),
        ..args.clone()
    };
    let lanes = clients.run(lane::open(args, Entry::of(house))).await?;
    let load = Load::new(plan, in_flight, 0).beginning_at(turn);
    let (_, times) = load.drive(clients, lanes, Pace::Answers(count), progress).await?;
    Ok(times)
}

fn all_in_memory(house: &House, players: u64) -> Result<(), Failure> {
    let there = house.node().players().residents() as u64;
    // Those who bet when the house was killed may have come too, for their snapshots.
    if (players..=players + OTHERS).contains(&there) {
        return Ok(());
    }
    Err(format!("{there} players are in memory, not the {players} that were asked for").into())
}
