use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::stream;
use serde::Serialize;
use shardbook_proto::provider::v1::feed_client::FeedClient;
use shardbook_proto::provider::v1::{FeedMessage, FeedReply};
use shardbook_replay::Timed;
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::sleep_until;

use super::feed::Feed;
use super::report::Report;
use super::window::{OutOfOrder, Window};
use crate::Failure;
use crate::latency::now_us;

/// Messages on the way at once: enough for a group commit, few enough to be sent again quickly.
const IN_FLIGHT: usize = 512;
/// First and longest pause before a new connection.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));
/// Answers that say «nothing was done, or it is not known: ask again».
const TRANSIENT: [&str; 7] = [
    "UNAVAILABLE",
    "OVERLOADED",
    "DEADLINE_PASSED",
    "UNKNOWN",
    "STOPPING",
    "RATE_LIMITED",
    "TOO_MANY_IN_FLIGHT",
];

/// What was sent and how it was answered. The keys of its JSON are stable.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Sent {
    /// Messages that have their answer.
    pub messages: u64,
    /// Of these: results.
    pub results: u64,
    /// Messages sent again after a lost connection.
    pub sent_again: u64,
    /// Answers by code; `TAKEN` is no refusal.
    pub answers: BTreeMap<String, u64>,
    /// The first refusals in words.
    pub refusals: Vec<String>,
}

/// Progress, readable while the replay runs.
#[derive(Debug, Default)]
pub struct Counts {
    /// Messages that have their answer.
    pub answered: AtomicU64,
    played_ms: AtomicU64,
}

impl Counts {
    /// Due time of the latest message that was sent.
    #[must_use]
    pub fn played(&self) -> Duration {
        Duration::from_secs(self.played_ms.load(Ordering::Relaxed) / 1_000)
    }
}

/// A replay under way in a task of its own.
#[derive(Debug)]
pub struct Publisher {
    task: JoinHandle<Result<Report, Failure>>,
    counts: Arc<Counts>,
}

impl Publisher {
    /// Begins to publish `feed` to the gRPC address `to`, such as `http://127.0.0.1:7701`.
    #[must_use]
    pub fn start(to: String, patience: Duration, feed: Feed) -> Self {
        let counts = Arc::new(Counts::default());
        let shared = Arc::clone(&counts);
        let task = tokio::spawn(async move { Line::new(to, patience, feed, shared).play().await });
        Self { task, counts }
    }

    /// Progress so far.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Waits for the end. May be dropped and called again; after an answer it must not be.
    ///
    /// # Errors
    /// Where the server took nothing for the patience given, or answers out of order.
    pub async fn ended(&mut self) -> Result<Report, Failure> {
        (&mut self.task).await?
    }

    /// Stops it where it is when called.
    #[must_use]
    pub fn stopper(&self) -> AbortHandle {
        self.task.abort_handle()
    }
}

#[derive(Debug, Error)]
enum Broken {
    #[error("{0}")]
    Connection(String),
    #[error("the server asks to send again later ({0})")]
    Busy(String),
    #[error("the server left messages unanswered")]
    Silent,
    #[error(transparent)]
    OutOfOrder(#[from] OutOfOrder),
}

/// The way from a feed to a server, over as many connections as it takes.
struct Line {
    to: String,
    patience: Duration,
    feed: Feed,
    counts: Arc<Counts>,
    window: Window,
    sent: Sent,
    next: Option<Timed>,
    all_read: bool,
    began: Instant,
    moved: Instant,
}

impl Line {
    fn new(to: String, patience: Duration, feed: Feed, counts: Arc<Counts>) -> Self {
        let now = Instant::now();
        Self {
            to,
            patience,
            feed,
            counts,
            window: Window::new(IN_FLIGHT),
            sent: Sent::default(),
            next: None,
            all_read: false,
            began: now,
            moved: now,
        }
    }

    async fn play(mut self) -> Result<Report, Failure> {
        let mut pause = PAUSES.0;
        loop {
            let moved = self.moved;
            match self.connection().await {
                Ok(()) => {
                    return Ok(Report {
                        sent: self.sent,
                        read: self.feed.read().await?,
                    });
                }
                Err(Broken::OutOfOrder(fault)) => return Err(fault.into()),
                Err(broken) if self.moved.elapsed() > self.patience => {
                    let (to, patience) = (&self.to, self.patience);
                    return Err(format!(
                        "{to} took nothing for {patience:?}: {broken}; is the server running there (shardbook run)?"
                    )
                    .into());
                }
                Err(_) => {}
            }
            self.sent.sent_again += self.window.reconnected() as u64;
            pause = if self.moved > moved {
                PAUSES.0
            } else {
                (pause * 2).min(PAUSES.1)
            };
            tokio::time::sleep(pause).await;
        }
    }

    async fn connection(&mut self) -> Result<(), Broken> {
        let connecting = FeedClient::connect(self.to.clone());
        let connected = tokio::time::timeout(self.patience, connecting)
            .await
            .map_err(|_| Broken::Silent)?;
        let mut client = connected.map_err(|error| Broken::Connection(chain(&error)))?;
        let (out, outgoing) = mpsc::channel::<FeedMessage>(IN_FLIGHT);
        let outgoing = stream::unfold(outgoing, |mut outgoing| async {
            Some((outgoing.recv().await?, outgoing))
        });
        let mut replies = client
            .publish(outgoing)
            .await
            .map_err(|status| Broken::Connection(chain(&status)))?
            .into_inner();
        loop {
            while let Some(message) = self.window.next_unsent() {
                out.try_send(message)
                    .map_err(|_| Broken::Connection("the stream takes no more".into()))?;
            }
            if self.all_read && self.next.is_none() && self.window.is_empty() {
                return Ok(());
            }
            let due = self.next.as_ref().map(|next| self.began + next.due);
            tokio::select! {
                reply = replies.message() => match reply.map_err(|status| Broken::Connection(chain(&status)))? {
                    Some(reply) => self.answered(reply)?,
                    None => return Err(Broken::Connection("the server ended the stream".into())),
                },
                next = self.feed.next(), if self.next.is_none() && !self.all_read && self.window.has_room() => {
                    self.all_read = next.is_none();
                    self.next = next;
                }
                () = sleep_until(due.unwrap_or(self.moved).into()), if due.is_some() && self.window.has_room() => {
                    self.take_next();
                }
                () = sleep_until((self.moved + self.patience).into()), if !self.window.is_empty() => {
                    return Err(Broken::Silent);
                }
            }
        }
    }

    fn take_next(&mut self) {
        let Some(Timed { due, mut message }) = self.next.take() else {
            return;
        };
        if self.window.is_empty() {
            self.moved = Instant::now();
        }
        let played = u64::try_from(due.as_millis()).unwrap_or(u64::MAX);
        self.counts.played_ms.store(played, Ordering::Relaxed);
        message.received_us = now_us();
        self.window.push(message);
    }

    fn answered(&mut self, reply: FeedReply) -> Result<(), Broken> {
        if TRANSIENT.contains(&reply.code.as_str()) {
            return Err(Broken::Busy(reply.code));
        }
        let answered = self.window.answered(&reply)?;
        self.moved = Instant::now();
        self.counts.answered.fetch_add(1, Ordering::Relaxed);
        self.sent.count(&answered, reply);
        Ok(())
    }
}

/// A transport's error says «transport error» and keeps the reason in its sources.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}
