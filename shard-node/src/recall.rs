//! Bets that have left their player's memory.

use shardbook_domain::bet::Bet;
use shardbook_domain::ids::{BetNo, PlayerId};
use shardbook_domain::player;
use shardbook_projections::history;
use shardbook_runtime::entity::EntityKey;
use shardbook_runtime::fault::StoreFault;
use shardbook_runtime::journal::Store;

use crate::entities::PLAYER;
use crate::views::HISTORY;

/// A bet as its history tells it, as far as the views have come.
pub(crate) fn recall(store: &Store, player: PlayerId, bet: BetNo) -> Result<Option<Bet>, StoreFault> {
    let prefix = history::bet_prefix(player, bet);
    let mut events = Vec::new();
    for row in HISTORY.scan(store, &prefix, &prefix) {
        let (_, bytes) = row?;
        let event = player::Event::decode(&bytes).map_err(|error| StoreFault::Corrupt {
            what: "bet history",
            shard: store.map().locate(EntityKey {
                kind: PLAYER,
                id: player.0,
            }),
            at: format!("{player}-{bet}"),
            why: error.to_string(),
        })?;
        events.push(event);
    }
    Ok(Bet::fold(&events))
}
