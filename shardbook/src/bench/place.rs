//! Workloads of commands: warm-up, measured runs, and beside each what the machine allows.

use std::sync::Arc;

use super::clients::Clients;
use super::day::Day;
use super::figures::{Figures, Meter, Summary, Written};
use super::house::{House, Needs};
use super::lane::{self, Entry, Lane};
use super::load::{Driven, Load, Pace};
use super::plan::{Markets, Plan, short_markets};
use super::{limit, quiet, tell};
use crate::cli::{BenchArgs, BenchVia, BenchWorkload};
use crate::progress::Progress;
use crate::{Failure, Finished};

/// Parts of a run placed before anything is measured, and at least so many bets: caches and actors are warm then.
const WARM_UP_PART: u64 = 10;
const WARM_UP_LEAST: u64 = 1_000;
/// Bets that a player has open from before, on average, and all of them no more than those of a run: some players have been
/// there for longer than others. Had each as many, all would need more memory for them at the same turn.
const EARLIER: u64 = 16;
/// Empty calls are so many times fewer than bets: their rate settles at once.
const ECHO_PART: u64 = 4;
/// Results of a mixed day over all its runs, about: a market is settled in one go.
const RESULTS: u64 = 100;

pub(super) async fn run(args: BenchArgs) -> Finished {
    let warm_up = (args.bets / WARM_UP_PART).max(WARM_UP_LEAST);
    let peaks = u64::from(args.of_peak.is_some());
    let earlier = earlier(&args);
    let turns = 2 * earlier + warm_up + args.bets * u64::from(args.runs) * (1 + peaks);
    let bets_a_short_market = (turns / 9 / RESULTS).max(10);
    let short_markets = match args.workload {
        BenchWorkload::MixedDay => short_markets(turns, bets_a_short_market),
        _ => 0,
    };
    let spread = match (args.workload, args.via) {
        (BenchWorkload::HotPlayer, _) => 1,
        (_, BenchVia::Websocket) => args.lanes(),
        _ => args.players,
    };
    let needs = Needs {
        players: args.players,
        bets_a_player: Plan::bets_a_player(turns, spread),
        short_markets,
    };
    let house = House::open(&args, &needs).await?;
    let clients = Clients::start()?;
    let entry = Entry::of(&house);
    let mut lanes = clients.run(lane::open(args.clone(), entry.clone())).await?;
    let plan = Plan::new(Markets::All, args.players).some_for_longer();
    let load = Load::new(plan, args.in_flight, 0);
    (lanes, _) = load.drive(&clients, lanes, Pace::Answers(earlier), |_| ()).await?;
    let mut plan = Plan::of(args.workload, args.players, bets_a_short_market);
    if args.by_chance {
        plan = plan.by_chance();
    }
    let load = Load::new(plan, args.in_flight, short_markets);
    let mut day = Day::new(Arc::clone(load.counts()), short_markets, bets_a_short_market);
    (lanes, _) = during_the_day(
        &house,
        &mut day,
        load.drive(&clients, lanes, Pace::Answers(warm_up), |_| ()),
    )
    .await?;
    house.until_caught_up().await?;
    let mut runs = Vec::new();
    for run in 1..=args.runs {
        let (mut rate, mut peak, mut is_quiet) = (args.rate, None, None);
        if let Some(hundredths) = args.of_peak {
            let mut progress = Progress::new(format!("peak {run}/{}", args.runs), Some(args.bets));
            let began = std::time::Instant::now();
            let pace = Pace::Answers(args.bets);
            let driven = load.drive(&clients, lanes, pace, |done| progress.set(done, "answers"));
            (lanes, _) = during_the_day(&house, &mut day, driven).await?;
            let found = args.bets as f64 / began.elapsed().as_secs_f64();
            progress.finish(format!("{found:.0} bets/s"));
            is_quiet = Some(quiet::until_quiet(&house).await?);
            rate = Some(((found * hundredths as f64 / 100.0) as u64).max(1));
            peak = Some(found);
        }
        let mut progress = Progress::new(format!("run {run}/{}", args.runs), Some(args.bets));
        let pace = match rate {
            None => Pace::Answers(args.bets),
            Some(rate) => Pace::Clock {
                rate,
                most: args.bets,
                stop: Arc::default(),
            },
        };
        let meter = Meter::begin(&house, load.counts(), day.settled());
        let driven = load.drive(&clients, lanes, pace, |done| progress.set(done, "answers"));
        let (back, times) = during_the_day(&house, &mut day, driven).await?;
        lanes = back;
        let (mut figures, written) = meter.end(&house, load.counts(), day.settled(), &times).await?;
        (figures.peak_bets_per_s, figures.quiet_after_peak) = (peak, is_quiet);
        if !args.no_baseline {
            beside(&args, &house, &clients, &entry, written, &mut figures).await?;
        }
        progress.finish(format!("{:.0} bets/s", figures.bets_per_s));
        runs.push(figures);
    }
    drop((lanes, clients));
    house.close().await?;
    tell(&args, &Summary::of(&args, runs))
}

/// Bets before the warm-up: none where players are few or are to be on disk.
fn earlier(args: &BenchArgs) -> u64 {
    match (args.workload, args.via) {
        (BenchWorkload::HotPlayer | BenchWorkload::ColdPlayers, _) | (_, BenchVia::Websocket) => 0,
        _ => (EARLIER * args.players).min(args.bets),
    }
}

/// Drives the load while results fall due.
async fn during_the_day(
    house: &House,
    day: &mut Day,
    driven: impl Future<Output = Result<Driven, Failure>>,
) -> Result<Driven, Failure> {
    let driven = tokio::select! {
        driven = driven => driven?,
        ended = day.go_on(house) => return Err(ended.err().unwrap_or_else(|| "the day ended early".into())),
    };
    day.give_due(house).await?;
    Ok(driven)
}

/// What the machine allows, right after the run and on the same machine with the same neighbours.
async fn beside(
    args: &BenchArgs,
    house: &House,
    clients: &Clients,
    entry: &Entry,
    written: Written,
    figures: &mut Figures,
) -> Result<(), Failure> {
    let data = house.data().to_owned();
    let appends = tokio::task::spawn_blocking(move || limit::groups_per_s(&data, written.bytes_a_group)).await??;
    let allowed = appends * written.bets_a_group;
    figures.append_limit_bets_per_s = Some(allowed);
    figures.part_of_append_limit = Some(figures.bets_per_s / allowed);
    if args.via.is_over_sockets() {
        let lanes: Vec<Box<dyn Lane>> = clients.run(lane::open_echoes(args.clone(), entry.clone())).await?;
        let load = Load::new(Plan::new(Markets::All, 1), args.in_flight, 0);
        let calls = (args.bets / ECHO_PART).max(WARM_UP_LEAST);
        let (lanes, _) = load.drive(clients, lanes, Pace::Answers(WARM_UP_LEAST), |_| ()).await?;
        let began = std::time::Instant::now();
        load.drive(clients, lanes, Pace::Answers(calls), |_| ()).await?;
        let rate = calls as f64 / began.elapsed().as_secs_f64();
        figures.echo_calls_per_s = Some(rate);
        figures.part_of_echo = Some(figures.bets_per_s / rate);
    }
    Ok(())
}
