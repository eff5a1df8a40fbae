use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::players::Tally;
use crate::{Failure, http};

/// How long the server may take to answer a question about itself.
const PATIENCE: Duration = Duration::from_secs(30);

/// Distance of two readings of `/stats`, above the 200 ms for which the server gives the same one again.
const READING: Duration = Duration::from_millis(250);

/// What `/stats` tells, as far as a trial needs it.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Figures {
    /// Of the shards' durable read models.
    pub house: House,
    /// Of the gateway since its start.
    pub gateway: Gateway,
}

/// Totals of the house.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct House {
    /// By ISO 4217 code.
    pub currencies: BTreeMap<String, Currency>,
    /// Refused bets by code.
    pub bets_rejected: BTreeMap<String, u64>,
    /// Registered players.
    pub players: u64,
    /// Markets with a result.
    pub markets_resulted: u64,
    /// Updates of markets.
    pub market_updates: u64,
    /// Settlement commands under way or waiting.
    pub settlement_backlog: u64,
    /// Frames that the read models are behind the journal.
    pub projection_lag: u64,
    /// Frames of the journal.
    pub journal_frames: u64,
    /// Bytes of the journal.
    pub journal_bytes: u64,
    /// Synced writes of the journal.
    pub journal_syncs: u64,
}

/// Totals of one currency; amounts are decimal strings in its units.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Currency {
    /// Accepted bets.
    pub bets_placed: u64,
    /// Of them, open.
    pub bets_open: u64,
    /// Of them, settled.
    pub bets_settled: u64,
    /// Of them, void.
    pub bets_void: u64,
    /// Stakes of all accepted bets.
    pub turnover: String,
    /// What settled bets returned.
    pub payout: String,
    /// Settled stakes less payout.
    pub gross_win: String,
    /// Stakes of open bets.
    pub open_stakes: String,
    /// Stakes of slips that wait for their delay or a trader.
    pub waiting_stakes: String,
    /// What was paid for bets sold back; part of the payout.
    pub cashed_out: String,
}

/// What the gateway saw.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Gateway {
    /// Events on its board.
    pub events: u64,
    /// Markets on its board.
    pub markets: u64,
}

/// Asks the server for its figures.
///
/// # Errors
/// Where it gives none, or others than this program knows.
pub async fn figures(server: SocketAddr) -> Result<Figures, Failure> {
    let text = http::get(server, "/stats", PATIENCE).await?;
    serde_json::from_str(&text).map_err(|error| format!("http://{server}/stats: {error} in {text}").into())
}

/// Has the server write a consistent copy of its store, and names it.
pub(super) async fn checkpoint(server: SocketAddr) -> Result<PathBuf, Failure> {
    #[derive(Deserialize)]
    struct Checkpoint {
        path: PathBuf,
    }
    let text = http::post(server, "/checkpoint", PATIENCE).await?;
    let checkpoint: Checkpoint =
        serde_json::from_str(&text).map_err(|error| format!("http://{server}/checkpoint: {error} in {text}"))?;
    Ok(checkpoint.path)
}

/// Waits until no bet is unanswered, no slip waits for its delay, no settlement is under way and the read models have caught up; `waits` is told
/// what is still waited for.
///
/// # Errors
/// Where this takes longer than `patience`.
pub async fn settled(
    server: SocketAddr,
    players: &Tally,
    patience: Duration,
    mut waits: impl FnMut(u64, &str),
) -> Result<(), Failure> {
    let mut tick = tokio::time::interval(READING);
    let began = Instant::now();
    let mut quiet = 0;
    loop {
        tick.tick().await;
        let House {
            settlement_backlog,
            projection_lag,
            ..
        } = figures(server).await?.house;
        let unanswered = players.in_flight.load(Ordering::Relaxed);
        let delayed = players.waiting.load(Ordering::Relaxed);
        let left = format!(
            "{settlement_backlog} settlements, {projection_lag} frames, {unanswered} answers, {delayed} slips to come"
        );
        waits(settlement_backlog, &left);
        // Twice in a row, for a settlement may just be on its way from the journal to the backlog.
        quiet = if (settlement_backlog, projection_lag, unanswered, delayed) == (0, 0, 0, 0) {
            quiet + 1
        } else {
            0
        };
        if quiet == 2 {
            return Ok(());
        }
        if began.elapsed() > patience {
            return Err(format!("settlement did not end within {patience:?}: {left}").into());
        }
    }
}
