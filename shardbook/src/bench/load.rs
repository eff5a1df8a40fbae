//! The load: so many bets, never more than so many unanswered.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use shardbook_proto::client::v1 as client;
use tokio::task::JoinSet;

use super::Bettor;
use super::house::{EVENT, MARKETS, PRICE, SELECTIONS};
use crate::Failure;

/// Times from sending a bet to its durable answer, in microseconds; longer than a minute counts as a minute.
pub(super) type Times = Histogram<u64>;

const LONGEST_US: u64 = 60_000_000;

/// Which markets the bets are on.
#[derive(Clone, Copy)]
pub(super) enum Markets {
    /// All of the bench's, in turn.
    All,
    /// One.
    Only(u32),
    /// All but the first.
    AllButFirst,
}

pub(super) struct Load {
    markets: Markets,
    players: u64,
    in_flight: u64,
    /// Bets so far, over all runs: each has an id and a player of its own turn.
    next: Arc<AtomicU64>,
    salt: u128,
}

impl Load {
    pub(super) fn new(players: u64, in_flight: u64, markets: Markets) -> Self {
        let salt = std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_micros();
        Self {
            markets,
            players,
            in_flight,
            next: Arc::default(),
            salt,
        }
    }

    /// Places `bets` bets in turn over all players; each of `in_flight` senders waits for its answer.
    pub(super) async fn place(
        &self,
        bettor: &Arc<dyn Bettor>,
        bets: u64,
        mut progress: impl FnMut(u64),
    ) -> Result<Times, Failure> {
        let first = self.next.load(Ordering::Relaxed);
        let end = first + bets;
        let all = Arc::new(Mutex::new(new_times()));
        let mut senders = JoinSet::new();
        for _ in 0..self.in_flight {
            let (bettor, next, all) = (Arc::clone(bettor), Arc::clone(&self.next), Arc::clone(&all));
            let (players, salt, markets) = (self.players, self.salt, self.markets);
            senders.spawn(async move {
                let mut times = new_times();
                loop {
                    let turn = next.fetch_add(1, Ordering::Relaxed);
                    if turn >= end {
                        break;
                    }
                    let sent = Instant::now();
                    bettor
                        .place(turn % players, format!("{salt:x}-{turn}"), bet(turn, markets))
                        .await?;
                    times.saturating_record(sent.elapsed().as_micros() as u64);
                }
                let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                all.add(&times).map_err(|error| Failure::from(error.to_string()))
            });
        }
        let mut tick = tokio::time::interval(Duration::from_millis(200));
        loop {
            tokio::select! {
                ended = senders.join_next() => match ended {
                    Some(ended) => ended??,
                    None => break,
                },
                _ = tick.tick() => progress(self.next.load(Ordering::Relaxed).min(end) - first),
            }
        }
        self.next.store(end, Ordering::Relaxed);
        let all = all.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(all.clone())
    }
}

pub(super) fn new_times() -> Times {
    // Two digits are as exact as the noise of any machine; three would cost each sender four times the memory.
    Histogram::new_with_max(LONGEST_US, 2).unwrap_or_else(|_| unreachable!("constant bounds are valid"))
}

/// A single of 1.00 on one of all selections in turn.
pub(super) fn bet(turn: u64, markets: Markets) -> client::PlaceBet {
    let market = match markets {
        Markets::All => (turn % u64::from(MARKETS)) as u32 + 1,
        Markets::Only(market) => market,
        Markets::AllButFirst => (turn % u64::from(MARKETS - 1)) as u32 + 2,
    };
    let selection = (turn / u64::from(MARKETS) % u64::from(SELECTIONS)) as u32 + 1;
    client::PlaceBet {
        legs: vec![client::Leg {
            event: EVENT.into(),
            market,
            selection,
            price: PRICE.into(),
        }],
        stake: "1.00".into(),
        currency: "EUR".into(),
        policy: client::PricePolicy::Exact.into(),
    }
}
