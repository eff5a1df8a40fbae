//! Bets that were settled, cashed out or opened again, on their way to players who listen.
//!
//! What is told is taken from the state right after the decision, and leaves when that is durable. A look at the player then
//! would come too late where many bets are settled at once: most have left its memory by then, and would have to be read from
//! their histories one by one.

use std::borrow::Cow;
use std::sync::Arc;

use shardbook_domain::bet::Bet;
use shardbook_domain::ids::{BetNo, PlayerId};
use shardbook_domain::money::Currency;
use shardbook_domain::player::{Event, State};
use shardbook_proto::client::v1 as client;
use shardbook_proto::internal::v1::player_update;
use shardbook_runtime::bus::Audience;
use shardbook_runtime::journal::{Journal, Store};
use tokio::sync::mpsc;

use crate::entities::World;
use crate::fanout::{PublicTopic, publish_player};
use crate::names::Names;
use crate::recall::with_recalled;
use crate::translate::{bet_to_wire, wallet_to_wire};

/// Changes on their way, at the most. One more is not told: the client learns of it from its next answer or list.
const QUEUE: usize = 65_536;

/// The way for changes, as decisions see it.
#[derive(Debug)]
pub struct ChangedBets {
    audience: Audience,
    sender: mpsc::Sender<Changed>,
}

/// Bets of a player right after a decision.
#[derive(Debug)]
pub(crate) struct Changed {
    player: PlayerId,
    currency: Currency,
    wallet: Option<client::Balance>,
    /// Those that the player does not hold have left its memory at once.
    bets: Vec<(BetNo, Option<Bet>)>,
}

/// The bet that changed otherwise than by being placed.
fn changed(event: &Event) -> Option<BetNo> {
    match event {
        Event::BetSettled { bet, .. }
        | Event::LinesSettled { bet, .. }
        | Event::BetCashedOut { bet, .. }
        | Event::BetUnsettled { bet, .. } => Some(*bet),
        _ => None,
    }
}

impl ChangedBets {
    /// The way to those who listen, and its end.
    pub(crate) fn to(audience: &Audience) -> (ChangedBets, mpsc::Receiver<Changed>) {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let audience = audience.clone();
        (ChangedBets { audience, sender }, receiver)
    }

    /// What these events change of bets of a player who listens, to be sent when they are durable.
    pub(crate) fn of(&self, player: PlayerId, state: &State, events: &[Event]) -> Option<Box<dyn FnOnce() + Send>> {
        let mut bets: Vec<BetNo> = Vec::new();
        for bet in events.iter().filter_map(changed) {
            if !bets.contains(&bet) {
                bets.push(bet);
            }
        }
        if bets.is_empty() || !self.audience.listens(&player.to_string()) {
            return None;
        }
        let held = |no| (no, state.bet(no).map(Cow::into_owned));
        let changed = Changed {
            player,
            currency: state.balance()?.currency,
            wallet: wallet_to_wire(state),
            bets: bets.into_iter().map(held).collect(),
        };
        let sender = self.sender.clone();
        Some(Box::new(move || {
            // Full or closed: see QUEUE.
            let _ = sender.try_send(changed);
        }))
    }
}

/// Who tells of changes.
pub(crate) struct Teller {
    pub(crate) world: Arc<World>,
    pub(crate) topic: Arc<PublicTopic>,
    pub(crate) names: Arc<Names>,
    pub(crate) store: Arc<Store>,
    pub(crate) journal: Journal,
}

impl Teller {
    /// Tells of changes until the node stops.
    pub(crate) async fn run(self, mut changes: mpsc::Receiver<Changed>) {
        while let Some(changed) = changes.recv().await {
            self.tell(changed).await;
        }
    }

    async fn tell(&self, changed: Changed) {
        let Changed {
            player,
            currency,
            wallet,
            bets,
        } = changed;
        let bets = match with_recalled(&self.store, &self.journal, player, bets).await {
            Ok(bets) => bets,
            Err(fault) => return tracing::error!(%fault, %player, "cannot tell of bets that changed"),
        };
        for bet in bets {
            let bet = bet_to_wire(player, &bet, currency, &self.names, &self.world.rules);
            let changed = client::BetChanged {
                bet: Some(bet),
                balance: wallet.clone(),
            };
            publish_player(&self.topic, player, player_update::Change::Bet(changed));
        }
    }
}
