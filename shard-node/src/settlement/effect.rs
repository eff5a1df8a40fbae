//! One result for one bet.

use std::sync::Arc;
use std::time::Duration;

use dashmap::DashMap;
use shardbook_domain::ids::{BetNo, PlayerId};
use shardbook_domain::player::{Event, Rejection};
use shardbook_domain::process::settlement::{ResultNotice, command_for, effect_id};
use shardbook_runtime::entity::CommandId;
use shardbook_runtime::host::{Answer, Host, Terms};
use shardbook_runtime::journal::{Journal, Store};
use shardbook_runtime::router::CallFault;

use crate::entities::PlayerEntity;
use crate::recall::history_of;

/// Waits between two tries of a command that found no room.
const RETRY: Duration = Duration::from_millis(5);

/// Tries after which it is told that a result still waits.
const TRIES_TOLD: u32 = 200;

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Applied {
    /// The bet has the result, now or already.
    Done,
    /// The bet refused it: a bug, logged with what is needed to find it.
    Refused,
    /// The node is stopping; the next start does it.
    Stopped,
}

/// Why a command has no acceptance.
enum Unsent {
    Rejected(Rejection),
    Stopped,
}

/// What is needed to reach players and their past.
pub(super) struct Effects {
    store: Arc<Store>,
    journal: Journal,
    players: Host<PlayerEntity>,
    /// Recalls of one player follow each other, so that each sees the bet as the one before left it.
    recalls: DashMap<PlayerId, Arc<tokio::sync::Mutex<()>>>,
}

impl Effects {
    pub(super) fn new(store: Arc<Store>, journal: Journal, players: Host<PlayerEntity>) -> Self {
        Self {
            store,
            journal,
            players,
            recalls: DashMap::new(),
        }
    }
}

/// Brings a result to a bet, however often that takes.
pub(super) async fn apply(effects: Arc<Effects>, notice: Arc<ResultNotice>, player: PlayerId, bet: BetNo) -> Applied {
    let id = effect_id(&notice, player, bet);
    match send(&effects, &notice, player, bet, CommandId(id), None).await {
        Ok(()) => Applied::Done,
        Err(Unsent::Rejected(Rejection::BetNotHeld { .. })) => apply_recalled(&effects, &notice, player, bet, id).await,
        Err(unsent) => unsent.applied(player, bet),
    }
}

/// The bet left memory long ago: its history is read and given along.
async fn apply_recalled(
    effects: &Effects,
    notice: &ResultNotice,
    player: PlayerId,
    bet: BetNo,
    id: [u8; 16],
) -> Applied {
    let lock = Arc::clone(&effects.recalls.entry(player).or_default());
    let held = lock.lock().await;
    let recalled = match effects.journal.until_viewed().await {
        Ok(()) => history_of(&effects.store, player, bet),
        Err(fault) => Err(fault),
    };
    let applied = match recalled {
        Ok(history) if !history.is_empty() => {
            // Another id: the outcome "not held" is recorded under the first.
            let id = CommandId::from_name(&[b"recalled/".as_slice(), &id].concat());
            match send(effects, notice, player, bet, id, Some(history)).await {
                Ok(()) => Applied::Done,
                Err(unsent) => unsent.applied(player, bet),
            }
        }
        Ok(_) => {
            tracing::error!(%player, %bet, "a result could not be applied: the bet has no history");
            Applied::Refused
        }
        Err(fault) => {
            tracing::error!(%fault, %player, %bet, "cannot read the history of a bet");
            Applied::Stopped
        }
    };
    drop(held);
    effects
        .recalls
        .remove_if(&player, |_, lock| Arc::strong_count(lock) <= 2);
    applied
}

/// Sends until there is an outcome.
async fn send(
    effects: &Effects,
    notice: &ResultNotice,
    player: PlayerId,
    bet: BetNo,
    id: CommandId,
    recalled: Option<Vec<Event>>,
) -> Result<(), Unsent> {
    let mut tries = 0_u32;
    loop {
        let command = command_for(notice, bet, recalled.clone());
        // Bounded by the process, so that no crowd of bets at one player shuts a result out.
        let sent = (effects.players).send_on(player.0, id, command, Terms::of_bounded_sender());
        let answer = match sent {
            Ok(pending) => pending.answer().await,
            Err(fault) => Err(fault),
        };
        match answer {
            Ok(Answer::Accepted(_)) => return Ok(()),
            Ok(Answer::Rejected(rejection)) => return Err(Unsent::Rejected(rejection)),
            Ok(Answer::IdReused) => {
                tracing::error!(%player, %bet, "an effect id was used for another result");
                return Err(Unsent::Rejected(Rejection::UnknownBet { bet }));
            }
            Err(CallFault::Unavailable) => return Err(Unsent::Stopped),
            Err(_) if effects.journal.durability().is_stopped() => return Err(Unsent::Stopped),
            Err(fault) => {
                tries += 1;
                if tries.is_multiple_of(TRIES_TOLD) {
                    tracing::warn!(%player, %bet, %fault, tries, "a result still waits for its bet");
                }
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

impl Unsent {
    fn applied(self, player: PlayerId, bet: BetNo) -> Applied {
        match self {
            Unsent::Stopped => Applied::Stopped,
            Unsent::Rejected(rejection) => {
                tracing::error!(%player, %bet, %rejection, "a result could not be applied to a bet");
                Applied::Refused
            }
        }
    }
}
