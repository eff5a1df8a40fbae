//! Which connections serve a player, for pushes of bets and balances.

use std::sync::Arc;

use dashmap::DashMap;
use shardbook_proto::client::v1::server_message::Message as Body;
use shardbook_proto::internal::v1::PlayerUpdate;
use shardbook_proto::internal::v1::player_update::Change;
use shardbook_runtime::bus::Audience;

use crate::frame::Frame;
use crate::outbox::Outbox;

/// Invariant: holds no player without a connection.
pub(crate) struct Sessions {
    players: DashMap<String, Vec<Arc<Outbox>>>,
    /// Where it is told which players have a connection.
    audience: Audience,
}

impl Sessions {
    pub(crate) fn new(audience: Audience) -> Self {
        let players = DashMap::new();
        Self { players, audience }
    }

    pub(crate) fn open(&self, player_id: &str, outbox: &Arc<Outbox>) {
        let mut outboxes = self.players.entry(player_id.to_owned()).or_default();
        if outboxes.is_empty() {
            self.audience.join(player_id);
        }
        if outboxes.iter().all(|held| held.id != outbox.id) {
            outboxes.push(Arc::clone(outbox));
        }
    }

    pub(crate) fn close(&self, player_id: &str, outbox: &Outbox) {
        self.players.remove_if_mut(player_id, |_, outboxes| {
            outboxes.retain(|held| held.id != outbox.id);
            if outboxes.is_empty() {
                self.audience.leave(player_id);
            }
            outboxes.is_empty()
        });
    }

    /// Queues the change for every connection of its player; how many there were.
    pub(crate) fn push(&self, update: &PlayerUpdate) -> usize {
        let Some(outboxes) = self.players.get(&update.player_id) else {
            return 0;
        };
        let body = match update.change.clone() {
            Some(Change::Bet(bet)) => Body::BetChanged(bet),
            Some(Change::Balance(balance)) => Body::BalanceChanged(balance),
            Some(Change::Slip(slip)) => Body::SlipChanged(slip),
            None => return 0,
        };
        let frame = Frame::push(body);
        for outbox in outboxes.iter() {
            outbox.answer(Arc::clone(&frame));
        }
        outboxes.len()
    }

    /// Players with at least one connection.
    pub(crate) fn players(&self) -> usize {
        self.players.len()
    }
}
