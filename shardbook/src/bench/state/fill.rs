//! The part that fills a folder: players, bets in chunks on markets of their own, and the results of these.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::chunk::Cost;
use super::hand_over;
use super::residents::{IDLE_S, SPARE};
use crate::bench::clients::Clients;
use crate::bench::figures::{cpu_time, mib, resident_bytes};
use crate::bench::house::{House, MARKETS, Needs};
use crate::bench::lane::{self, Entry, Lane};
use crate::bench::load::{Load, Pace};
use crate::bench::plan::{Markets, Plan};
use crate::cli::BenchArgs;
use crate::config;
use crate::progress::Progress;
use crate::{Failure, Finished};

/// Parts of the history that are measured, and markets of each, on which nothing else is bet.
const CHUNKS: u64 = 20;
const MARKETS_A_CHUNK: u32 = 10;
/// Players who bet while the house is killed; the others keep empty slips.
pub(super) const OTHERS: u64 = 1_000;
/// Bets of those, at the most: more than are placed until the kill, fewer than they have funds for.
const LAST_BETS: u64 = OTHERS * 50_000;

/// What the fill has measured.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Filled {
    pub(super) players: u64,
    /// Placed and settled.
    pub(super) bets: u64,
    pub(super) seconds: f64,
    pub(super) resident_mib: f64,
    pub(super) chunks: Vec<Cost>,
}

pub(super) async fn run(args: BenchArgs) -> Finished {
    let began = Instant::now();
    let chunk_bets = args.bets.div_ceil(CHUNKS);
    let chunks = args.bets.div_ceil(chunk_bets);
    let needs = Needs {
        players: args.players + OTHERS,
        bets_a_player: (args.bets / args.players + 1).max(LAST_BETS / OTHERS),
        short_markets: chunks as u32 * MARKETS_A_CHUNK,
    };
    let mut house = config::House::default();
    // What a bet costs as the history grows is not to be mixed with players who come from disk: that is measured apart.
    house.node.residents_max = house.node.residents_max.max(needs.players as usize + SPARE);
    house.node.idle_s = IDLE_S;
    let house = House::open_with(&args, house, &needs).await?;
    house.until_caught_up().await?;
    let clients = Clients::start()?;
    let mut lanes = clients.run(lane::open(args.clone(), Entry::of(&house))).await?;
    let mut costs = Vec::new();
    let mut progress = Progress::new("filling", Some(args.bets));
    for chunk in 0..chunks {
        let first = MARKETS + 1 + chunk as u32 * MARKETS_A_CHUNK;
        let turn = chunk * chunk_bets;
        let bets = chunk_bets.min(args.bets - turn);
        let told = |done, what: &str| progress.set(turn + done, what);
        let (back, cost) = fill_chunk(&args, &house, &clients, lanes, Chunk { first, turn, bets }, told).await?;
        lanes = back;
        progress.set(
            turn + bets,
            format!("placed and settled, chunk {} of {chunks}", chunk + 1),
        );
        eprintln!(
            "chunk {:2}/{chunks}: placed {:.0}/s, {:.1} us; settled {:.0}/s, {:.1} us",
            chunk + 1,
            cost.placed_per_s,
            cost.cpu_us_per_bet_placed,
            cost.settled_per_s,
            cost.cpu_us_per_bet_settled
        );
        costs.push(cost);
    }
    let seconds = began.elapsed().as_secs_f64();
    progress.finish(format!("{} bets in {seconds:.0} s", args.bets));
    let filled = Filled {
        players: args.players,
        bets: args.bets,
        seconds,
        resident_mib: mib(resident_bytes()),
        chunks: costs,
    };
    hand_over(&args, &filled)?;
    let last = Plan::new(Markets::All, OTHERS).of_players_from(args.players);
    let load = Load::new(last, args.in_flight, 0);
    load.drive(&clients, lanes, Pace::Answers(LAST_BETS), |_| ()).await?;
    Err("nobody killed the house: this is a part of `shardbook bench state` and is not for use alone".into())
}

struct Chunk {
    /// The first of its markets.
    first: u32,
    turn: u64,
    bets: u64,
}

async fn fill_chunk(
    args: &BenchArgs,
    house: &House,
    clients: &Clients,
    lanes: Vec<Box<dyn Lane>>,
    chunk: Chunk,
    mut told: impl FnMut(u64, &str),
) -> Result<(Vec<Box<dyn Lane>>, Cost), Failure> {
    let Chunk { first, turn, bets } = chunk;
    let markets = Markets::From {
        first,
        count: MARKETS_A_CHUNK,
    };
    let load = Load::new(Plan::new(markets, args.players), args.in_flight, 0).beginning_at(turn);
    let counters = house.node().journal().counters();
    let bytes = || counters.bytes.load(Ordering::Relaxed);
    let (bytes_before, cpu, began) = (bytes(), cpu_time(), Instant::now());
    let (lanes, _) = load
        .drive(clients, lanes, Pace::Answers(bets), |done| told(done, "bets placed"))
        .await?;
    let placing = began.elapsed();
    house.until_caught_up().await?;
    let placing_cpu = cpu_time().saturating_sub(cpu);

    told(bets, "bets placed, their markets are settled");
    let before = house.node().settlement().applied();
    let (cpu, began) = (cpu_time(), Instant::now());
    for market in first..first + MARKETS_A_CHUNK {
        house.result(market).await?;
    }
    house.until_caught_up().await?;
    let settled = house.node().settlement().applied() - before;
    if settled < bets {
        return Err(format!("of {bets} bets only {settled} were settled").into());
    }
    let per_bet = |time: Duration| time.as_secs_f64() * 1e6 / bets as f64;
    let cost = Cost {
        placed_per_s: bets as f64 / placing.as_secs_f64(),
        settled_per_s: bets as f64 / began.elapsed().as_secs_f64(),
        cpu_us_per_bet_placed: per_bet(placing_cpu),
        cpu_us_per_bet_settled: per_bet(cpu_time().saturating_sub(cpu)),
        journal_bytes_per_bet: (bytes() - bytes_before) as f64 / bets as f64,
    };
    Ok((lanes, cost))
}
