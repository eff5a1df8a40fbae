//! The clock of waiting slips: when the time of one has come, its player decides it.
//!
//! Which slips wait is a read model, so that none is forgotten in a crash; one that was due meanwhile is decided at the
//! start. A slip may be decided late by the delay of this process, never early: the player refuses that.

use std::collections::BTreeSet;
use std::time::Duration;

use shardbook_domain::ids::{PlayerId, SlipNo};
use shardbook_domain::player::{Command, Rejection};
use shardbook_domain::time::Time;
use shardbook_projections::pending;
use shardbook_runtime::clock::Clock;
use shardbook_runtime::entity::CommandId;
use shardbook_runtime::fault::StoreFault;
use shardbook_runtime::host::{Answer, Host, Terms};
use shardbook_runtime::journal::Store;
use shardbook_runtime::router::CallFault;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::entities::PlayerEntity;
use crate::views::PENDING;

/// Changes on their way to this process before the fan-out waits for it.
const QUEUE: usize = 16_384;
/// Decisions under way at once, however many slips are due together, as after a start. Enough to fill a group commit.
const UNDER_WAY_MAX: usize = 128;
/// Between two tries of a decision that found no room or came early.
const RETRY: Duration = Duration::from_millis(5);

/// A waiting slip, or one that waits no more.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Change {
    pub(crate) player: PlayerId,
    pub(crate) slip: SlipNo,
    pub(crate) until: Option<Time>,
}

/// The process of a node.
pub(crate) struct Due {
    waiting: BTreeSet<(Time, PlayerId, SlipNo)>,
    changes: mpsc::Receiver<Change>,
    players: Host<PlayerEntity>,
    clock: std::sync::Arc<dyn Clock>,
}

impl Due {
    /// The process with every slip that waits, and the way in which it hears of changes.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) fn open(
        store: &Store,
        players: Host<PlayerEntity>,
        clock: std::sync::Arc<dyn Clock>,
    ) -> Result<(Due, mpsc::Sender<Change>), StoreFault> {
        let mut waiting = BTreeSet::new();
        for row in PENDING.scan(store, &[], &[]) {
            let (key, row) = row?;
            waiting.extend(pending::read(&key, &row).map(|(player, slip, until)| (until, player, slip)));
        }
        let (tell, changes) = mpsc::channel(QUEUE);
        let due = Due {
            waiting,
            changes,
            players,
            clock,
        };
        Ok((due, tell))
    }

    /// Every slip that waits.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = (PlayerId, SlipNo)> {
        self.waiting.iter().map(|(_, player, slip)| (*player, *slip))
    }

    /// Runs until the node stops.
    pub(crate) async fn run(mut self) {
        let mut under_way = JoinSet::new();
        loop {
            let now = Time(self.clock.now_ms());
            while under_way.len() < UNDER_WAY_MAX
                && let Some((until, player, slip)) = self.waiting.first().copied().filter(|(until, ..)| *until <= now)
            {
                self.waiting.pop_first();
                under_way.spawn(decide(self.players.clone(), player, slip, until));
            }
            let next = self.waiting.first().filter(|_| under_way.len() < UNDER_WAY_MAX);
            let next = next.map(|(until, ..)| until.0.saturating_sub(now.0));
            let sleep = tokio::time::sleep(Duration::from_millis(next.unwrap_or(u64::from(u32::MAX))));
            tokio::select! {
                change = self.changes.recv() => match change {
                    Some(change) => self.take(change),
                    None => return,
                },
                Some(_) = under_way.join_next(), if !under_way.is_empty() => {}
                () = sleep => {}
            }
        }
    }

    fn take(&mut self, change: Change) {
        let Change { player, slip, until } = change;
        if let Some(until) = until {
            self.waiting.insert((until, player, slip));
        }
        // One that waits no more answers its player's question with nothing: it is left in its place.
    }
}

/// Sends until there is an outcome.
async fn decide(players: Host<PlayerEntity>, player: PlayerId, slip: SlipNo, until: Time) {
    for attempt in 0u64.. {
        // Each try has an id of its own: that it came early is a recorded outcome.
        let name = format!("due/{player}/{slip}/{}/{attempt}", until.0);
        let id = CommandId::from_name(name.as_bytes());
        let sent = players.send_on(player.0, id, Command::DecideSlip { slip }, Terms::of_bounded_sender());
        let answer = match sent {
            Ok(pending) => pending.answer().await,
            Err(fault) => Err(fault),
        };
        match answer {
            Ok(Answer::Rejected(Rejection::TooEarly { .. }))
            | Err(CallFault::Overloaded | CallFault::DeadlinePassed) => {
                tokio::time::sleep(RETRY).await;
            }
            Ok(_) => return,
            Err(CallFault::Unavailable) => return,
            Err(fault @ CallFault::Unknown) => {
                tracing::warn!(%player, %slip, %fault, "a waiting slip is decided at the next start");
                return;
            }
        }
    }
}
