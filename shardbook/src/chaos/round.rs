use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rust_decimal::Decimal;
use shardbook_replay::{Ladder, Plan, Speed};

use super::audit;
use super::verified;
use crate::Failure;
use crate::child::{Ports, Server};
use crate::cli::StakeRange;
use crate::demo;
use crate::players::{self, Crowd, answers};
use crate::replay::{Feed, Publisher, Wanted};

/// Matches that trade in a loop.
const MATCHES: u32 = 6;
/// How long players and feed may be without a server, or settlement may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Shares of slips and of sales of open bets in what players do, in percent.
const SLIPS: u8 = 20;
const SALES: u8 = 2;
/// Trading goes on for so long after the restart.
const AFTER: Duration = Duration::from_millis(500);

/// One kill and what came before and after.
pub(super) struct Round {
    pub number: u32,
    pub seed: u64,
    pub players: u32,
    pub rate: u32,
    /// From the first accepted bet to the kill.
    pub kill_after: Duration,
    /// How long the matches last.
    pub fit: Duration,
    /// Verify what the kill left, before the restart.
    pub verify_killed: bool,
    /// Answers of an earlier loop on the same data, to be audited again.
    pub audit_too: Option<PathBuf>,
    pub data: PathBuf,
    pub answers: PathBuf,
    pub log: PathBuf,
    pub verdict: PathBuf,
    pub ports: Ports,
}

/// What a loop showed.
pub(super) struct Survived {
    pub kill_after: Duration,
    pub in_flight: u64,
    pub retried: u64,
    pub answered: u64,
    pub settled: u64,
    pub verified: u32,
    pub off: Vec<String>,
}

impl Round {
    pub async fn run(&self) -> Result<Survived, Failure> {
        let mut server = Server::start(&self.data, self.ports, &self.log).await?;
        let feed = Feed::open(self.matches()).await?;
        let mut publisher = Publisher::start(self.ports.grpc_url(), PATIENCE, feed);
        let crowd = Crowd::gather(self.crowd())?;
        first_bet(&crowd).await?;
        tokio::time::sleep(self.kill_after).await;
        server.kill().await?;
        let in_flight = u64::try_from(crowd.tally().in_flight.load(Ordering::Relaxed)).unwrap_or_default();

        let mut verifications = 0;
        if self.verify_killed {
            verifications += verified(&self.data, &self.verdict).await?;
        }
        let mut server = Server::start(&self.data, self.ports, &self.log).await?;
        tokio::time::sleep(AFTER).await;
        let replay = publisher.ended().await?;
        crowd.stop_betting();
        demo::settled(self.ports.http, crowd.tally(), PATIENCE, |_, _| {})
            .await
            .map_err(|failure| format!("{failure}; {}", crowd.tally().mismatches().join("; ")))?;
        let summary = crowd.leave().await;

        let mut off = summary.mismatch_details.clone();
        if summary.mismatches > 0 || summary.reconciled != summary.players {
            let players::Summary {
                mismatches,
                reconciled,
                players,
                ..
            } = &summary;
            off.push(format!(
                "{mismatches} mismatches, {reconciled} of {players} players compared their books"
            ));
        }
        if summary.unsettled_legs > 0 {
            off.push(format!(
                "{} legs of finished markets not settled",
                summary.unsettled_legs
            ));
        }
        off.extend(replay.sent.refusals);
        let answered = answers::read(&self.answers)?;
        off.extend(audit::audit(&self.ports.grpc_url(), &answered).await?);
        if let Some(earlier) = &self.audit_too {
            off.extend(audit::audit(&self.ports.grpc_url(), &answers::read(earlier)?).await?);
        }
        server.stop().await?;
        verifications += verified(&self.data, &self.verdict).await?;
        Ok(Survived {
            kill_after: self.kill_after,
            in_flight,
            retried: summary.retries,
            answered: answered.len() as u64,
            settled: summary.bets_settled,
            verified: verifications,
            off,
        })
    }

    fn matches(&self) -> Wanted {
        Wanted {
            files: Vec::new(),
            synthetic: MATCHES,
            races: 1,
            seed: self.seed.wrapping_mul(1_000_003).wrapping_add(self.number.into()),
            plan: Plan {
                speed: Speed::Fit(self.fit),
                overlap: true,
            },
            margin_bp: 500,
            ladder: Ladder::exchange(),
            bet_delays: false,
            strict: true,
        }
    }

    fn crowd(&self) -> players::Plan {
        players::Plan {
            to: self.ports.ws_url(),
            count: self.players,
            seed: self.seed.wrapping_add(self.number.into()),
            name: format!("loop{}", self.number),
            bets: u64::from(u32::MAX),
            rate: self.rate,
            brands: vec!["chaos".into()],
            currencies: vec!["EUR".into(), "JPY".into()],
            stakes: StakeRange {
                low: Decimal::ONE,
                high: Decimal::TEN,
            },
            slips: SLIPS,
            cash_out: SALES,
            events: 4,
            patience: PATIENCE,
            answers: Some(self.answers.clone()),
        }
    }
}

async fn first_bet(crowd: &Crowd) -> Result<(), Failure> {
    let began = Instant::now();
    let mut tick = tokio::time::interval(Duration::from_millis(5));
    while crowd.tally().accepted.load(Ordering::Relaxed) == 0 {
        tick.tick().await;
        if began.elapsed() > PATIENCE {
            return Err(format!("no bet was accepted within {PATIENCE:?}").into());
        }
    }
    Ok(())
}

impl fmt::Display for Survived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            in_flight,
            retried,
            answered,
            settled,
            verified,
            ..
        } = self;
        write!(
            f,
            "killed after {:?} with {in_flight} bets on the way; {retried} retried, {answered} answered, \
             {settled} settled; {verified} x verify; {}",
            self.kill_after,
            if self.off.is_empty() { "all there once" } else { "OFF" }
        )
    }
}
