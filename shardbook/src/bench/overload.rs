//! More bets than can be taken, while a market is settled and money is moved.
//!
//! Each round first finds the peak: as many bets as are answered in half as long as a flood lasts, all on one market. Then so
//! many times the peak are due a second, each with a deadline; then the peak is found again, as other work of the machine comes
//! and goes; and then the same flood comes while the market has its result. Money is moved at a steady rate all the time. What
//! the settlement and the wallets come to is set beside a first round in which nobody else bets.

mod flood;
mod summary;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::clients::Clients;
use super::figures::{cpu_time, resident_bytes};
use super::house::{House, Needs};
use super::lane::{self, Entry, Lane};
use super::load::{Load, Pace};
use super::plan::{Markets, Plan};
use super::tell;
use crate::cli::{BenchArgs, BenchVia};
use crate::progress::Progress;
use crate::{Failure, Finished};
use flood::{Flood, Heard, Offer};
use summary::{Alone, Round, Side, Summary, Taken};

/// Players whose money is moved, and deposits and withdrawals of all of them a second where nothing else was asked for.
const MOVERS: u64 = 1_000;
const MOVES: u64 = 200;
/// A move of money that is not answered by then counts as refused by the client.
const MOVE_DEADLINE: Duration = Duration::from_secs(5);
/// Bets placed unmeasured at first.
const WARM_UP_PART: u64 = 4;
/// Between two looks at memory and backlog.
const LOOK: Duration = Duration::from_millis(20);

type Lanes = Vec<Box<dyn Lane>>;

/// As many bets as are answered.
struct Peak {
    bets: u64,
    per_s: f64,
    /// Microseconds of processor a bet, of clients and house, what is written behind included.
    cpu_us: f64,
}

/// What drives the house, and the ways in.
struct Drive {
    args: BenchArgs,
    house: House,
    clients: Clients,
    bets: Lanes,
    moves: Lanes,
    flood: Flood,
    movers: Flood,
    peak_resident: u64,
}

pub(super) async fn run(args: BenchArgs) -> Finished {
    let markets = args.runs + 1;
    let seconds = args.lasts.as_secs() + 1;
    let spread = if args.via == BenchVia::Websocket {
        args.lanes()
    } else {
        args.players
    };
    // Three times as long as a flood lasts bets are taken in each round, and far fewer than this.
    let most_a_s = 1_000_000;
    let bets = 2 * args.bets + 3 * most_a_s * seconds * u64::from(args.runs);
    let needs = Needs {
        players: args.players + MOVERS,
        bets_a_player: bets / spread + 1,
        short_markets: 0,
    };
    let house = House::open(&args, &needs).await?;
    let clients = Clients::start()?;
    let bets = clients.run(lane::open(args.clone(), Entry::of(&house))).await?;
    let movers = Entry::of(&house).of_players_from(args.players);
    let moves = clients.run(lane::open(args.clone(), movers)).await?;
    let flooded = Plan::new(Markets::Only(super::house::MARKETS), args.players);
    let mut drive = Drive {
        flood: Flood::new(flooded),
        movers: Flood::new(Plan::new(Markets::Wallet, MOVERS).of_players_from(args.players)),
        args,
        house,
        clients,
        bets,
        moves,
        peak_resident: resident_bytes(),
    };
    let warm_up = Pace::Answers(drive.args.bets / WARM_UP_PART + 1);
    drive.place(warm_up, markets).await?;
    drive.place(Pace::Answers(drive.args.bets), 1).await?;
    let alone = drive.alone().await?;
    let mut rounds = Vec::new();
    for round in 1..=drive.args.runs {
        rounds.push(drive.round(round).await?);
    }
    let Drive {
        args,
        house,
        clients,
        bets,
        moves,
        peak_resident,
        ..
    } = drive;
    drop((bets, moves, clients));
    house.close().await?;
    tell(&args, &Summary::of(&args, alone, rounds, peak_resident))
}

impl Drive {
    /// Places bets on a market as fast as they are answered, and waits for what is written behind.
    async fn place(&mut self, pace: Pace, market: u32) -> Result<Peak, Failure> {
        let load = Load::new(
            Plan::new(Markets::Only(market), self.args.players),
            self.args.in_flight,
            0,
        );
        let lanes = std::mem::take(&mut self.bets);
        let (began, cpu) = (Instant::now(), cpu_time());
        (self.bets, _) = load.drive(&self.clients, lanes, pace, |_| ()).await?;
        let bets = load.counts().bets();
        let per_s = bets as f64 / began.elapsed().as_secs_f64();
        self.house.until_caught_up().await?;
        let cpu_us = (cpu_time() - cpu).as_secs_f64() * 1e6 / bets as f64;
        Ok(Peak { bets, per_s, cpu_us })
    }

    /// A settlement and moves of money while nobody bets.
    async fn alone(&mut self) -> Result<Alone, Failure> {
        let stop = Arc::<AtomicBool>::default();
        let moves = std::mem::take(&mut self.moves);
        let moving = self
            .movers
            .drive(&self.clients, moves, self.moves_offered(), Arc::clone(&stop));
        let settling = async {
            let (began, before) = (Instant::now(), self.house.node().settlement().applied());
            self.house.result(1).await?;
            self.until_settled(before, self.args.bets, None).await?;
            let rate = self.args.bets as f64 / began.elapsed().as_secs_f64();
            tokio::time::sleep(self.args.lasts.saturating_sub(began.elapsed())).await;
            stop.store(true, Ordering::Release);
            Ok(rate)
        };
        let ((moves, moved), settled_per_s) = tokio::try_join!(moving, settling)?;
        self.moves = moves;
        self.house.until_caught_up().await?;
        Ok(Alone {
            settled_per_s,
            moves: Side::of(&moved),
        })
    }

    async fn round(&mut self, round: u32) -> Result<Round, Failure> {
        let progress = Progress::new(format!("round {round}/{}", self.args.runs), None);
        let market = round + 1;
        let before = self.place(Pace::AnswersFor(self.args.lasts / 2), market).await?;
        let offered = Offer {
            rate: (before.per_s * self.args.times as f64) as u64,
            deadline: self.args.deadline,
            window: match self.args.via {
                // A player waits for answers; a partner has no bound but that of its connection.
                BenchVia::Websocket => self.args.in_flight / self.args.lanes(),
                _ => u64::MAX,
            },
        };
        let cpu = cpu_time();
        let (flooded, _, _) = self.flooded(offered, None).await?;
        let behind_ms = self.catch_up().await?;
        let cpu_us = (cpu_time() - cpu).as_secs_f64() * 1e6 / flooded.0.accepted().max(1) as f64;
        let after = self.place(Pace::AnswersFor(self.args.lasts / 2), market).await?;
        let peak_per_s = (before.per_s + after.per_s) / 2.0;
        let peak_cpu_us = (before.cpu_us + after.cpu_us) / 2.0;
        let open = (market, before.bets + after.bets);
        let (settling, moves, settled_per_s) = self.flooded(offered, Some(open)).await?;
        self.catch_up().await?;
        let (flood, settling) = (Taken::of(&flooded, peak_per_s), Taken::of(&settling, peak_per_s));
        progress.finish(format!("{:.2} of a peak of {peak_per_s:.0} bets/s", flood.of_peak));
        Ok(Round {
            peak_per_s,
            offered_per_s: offered.rate,
            peak_cpu_us,
            cpu_us,
            of_peak_by_cpu: peak_cpu_us / cpu_us,
            behind_ms,
            flood,
            settling,
            open_bets: open.1,
            settled_per_s,
            moves: Side::of(&moves),
        })
    }

    /// A flood, with a settlement of a market where one is named, with its open bets.
    async fn flooded(
        &mut self,
        offer: Offer,
        market: Option<(u32, u64)>,
    ) -> Result<((Heard, f64), Heard, f64), Failure> {
        let stop = Arc::<AtomicBool>::default();
        let (bets, moves) = (std::mem::take(&mut self.bets), std::mem::take(&mut self.moves));
        let betting = self.flood.drive(&self.clients, bets, offer, Arc::clone(&stop));
        let moving = self
            .movers
            .drive(&self.clients, moves, self.moves_offered(), Arc::clone(&stop));
        let began = Instant::now();
        let ends = began + self.args.lasts;
        let settling = async {
            let before = self.house.node().settlement().applied();
            let mut rate = 0.0;
            let mut peak = 0;
            if let Some((market, bets)) = market {
                self.house.result(market).await?;
                let began = Instant::now();
                let (settled, most) = self.until_settled(before, bets, Some(ends)).await?;
                rate = settled as f64 / began.elapsed().as_secs_f64();
                peak = most;
            }
            while Instant::now() < ends {
                peak = peak.max(resident_bytes());
                tokio::time::sleep(LOOK).await;
            }
            stop.store(true, Ordering::Release);
            Ok((rate, peak))
        };
        let betting = async {
            let driven = betting.await?;
            Ok((driven, began.elapsed().as_secs_f64()))
        };
        let (((bets, flooded), took), (moves, moved), (settled_per_s, peak)) =
            tokio::try_join!(betting, moving, settling)?;
        (self.bets, self.moves) = (bets, moves);
        self.peak_resident = self.peak_resident.max(peak);
        Ok(((flooded, took), moved, settled_per_s))
    }

    /// Waits for what is written behind; milliseconds that it took.
    async fn catch_up(&self) -> Result<f64, Failure> {
        let began = Instant::now();
        self.house.until_caught_up().await?;
        Ok(began.elapsed().as_secs_f64() * 1e3)
    }

    fn moves_offered(&self) -> Offer {
        Offer {
            rate: self.args.rate.unwrap_or(MOVES),
            deadline: MOVE_DEADLINE,
            window: u64::MAX,
        }
    }

    /// Waits until so many bets are settled, or until then; how many were, and the most resident memory meanwhile.
    async fn until_settled(&self, before: u64, bets: u64, ends: Option<Instant>) -> Result<(u64, u64), Failure> {
        let mut peak = 0;
        loop {
            peak = peak.max(resident_bytes());
            let settled = self.house.node().settlement().applied() - before;
            if settled >= bets || ends.is_some_and(|ends| Instant::now() >= ends) {
                return Ok((settled, peak));
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}
