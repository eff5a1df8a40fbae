use std::path::PathBuf;

use serde::Serialize;
use shardbook_betfair::{Limits, Options, Pricing, Replay};
use shardbook_proto::provider::v1::feed_message::Body;
use shardbook_replay::{Ladder, Plan, Timed};
use shardbook_synthetic::FixtureList;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::Failure;

/// Messages read ahead of their time.
const READ_AHEAD: usize = 1_024;

/// What is to be played.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Files of the exchange.
    pub files: Vec<PathBuf>,
    /// Synthetic matches beside them.
    pub synthetic: u32,
    /// Synthetic races beside them.
    pub races: u32,
    /// Seed of these.
    pub seed: u64,
    /// When messages are due.
    pub plan: Plan,
    /// Margin taken off exchange prices, basis points below 10,000.
    pub margin_bp: u32,
    /// Prices that lines may have.
    pub ladder: Ladder,
    /// Whether synthetic matches keep the delay of bets in play that they give. A match that is over in seconds is decided
    /// before the delay of any bet on it.
    pub bet_delays: bool,
    /// Stop at the first bad line.
    pub strict: bool,
}

/// What was read. The keys of its JSON are stable.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Read {
    /// What the files held.
    pub files: shardbook_betfair::Report,
    /// Messages of synthetic matches and races.
    pub synthetic_messages: u64,
    /// What stopped a strict reading before the end.
    pub stopped: Option<String>,
}

/// Messages in due order, read and translated on a thread of their own.
#[derive(Debug)]
pub struct Feed {
    messages: mpsc::Receiver<Timed>,
    reader: JoinHandle<Read>,
}

impl Feed {
    /// Opens every file and begins to read.
    ///
    /// # Errors
    /// Where a file cannot be opened, or the margin leaves no price.
    pub async fn open(wanted: Wanted) -> Result<Self, Failure> {
        let options = Options {
            pricing: Pricing::new(wanted.margin_bp, wanted.ladder)?,
            plan: wanted.plan,
            limits: Limits::default(),
            strict: wanted.strict,
        };
        let files = wanted.files;
        let replay = spawn_blocking(move || Replay::open(&files, &options)).await??;
        let synthetic = FixtureList::new(wanted.seed, wanted.synthetic.into(), wanted.races.into(), wanted.plan);
        let (sender, messages) = mpsc::channel(READ_AHEAD);
        let bet_delays = wanted.bet_delays;
        let synthetic = synthetic.map(move |timed| if bet_delays { timed } else { undelayed(timed) });
        let reader = spawn_blocking(move || read(replay, synthetic, &sender));
        Ok(Self { messages, reader })
    }

    /// The next message; `None` at the end.
    pub async fn next(&mut self) -> Option<Timed> {
        self.messages.recv().await
    }

    /// What was read, once the end was reached or nothing more is wanted.
    ///
    /// # Errors
    /// Where the reader broke.
    pub async fn read(self) -> Result<Read, Failure> {
        drop(self.messages);
        Ok(self.reader.await?)
    }
}

/// Two orders of due time made one; of two due together the file's goes first.
fn read(mut replay: Replay, mut synthetic: impl Iterator<Item = Timed>, to: &mpsc::Sender<Timed>) -> Read {
    let mut synthetic_messages = 0;
    let (mut from_file, mut from_match) = (replay.next(), synthetic.next());
    loop {
        let file_first = match (&from_file, &from_match) {
            (None, None) => break,
            (Some(file), Some(synthetic)) => file.due <= synthetic.due,
            (file, _) => file.is_some(),
        };
        let next = if file_first {
            std::mem::replace(&mut from_file, replay.next())
        } else {
            synthetic_messages += 1;
            std::mem::replace(&mut from_match, synthetic.next())
        };
        if let Some(timed) = next
            && to.blocking_send(timed).is_err()
        {
            break;
        }
    }
    Read {
        files: replay.report(),
        synthetic_messages,
        stopped: replay.stopped().map(ToString::to_string),
    }
}

/// The message without a delay of bets.
fn undelayed(mut timed: Timed) -> Timed {
    if let Some(Body::Market(update)) = &mut timed.message.body {
        update.bet_delay_s = None;
    }
    timed
}

#[cfg(test)]
impl Feed {
    /// A feed of these messages.
    pub(super) fn of(messages: Vec<Timed>) -> Self {
        let (sender, receiver) = mpsc::channel(READ_AHEAD);
        let reader = spawn_blocking(move || {
            let _ = messages.into_iter().all(|timed| sender.blocking_send(timed).is_ok());
            Read::default()
        });
        Self {
            messages: receiver,
            reader,
        }
    }
}
