//! Bets that have left their player's memory.

use std::collections::BTreeMap;

use shardbook_domain::bet::Bet;
use shardbook_domain::ids::{BetNo, PlayerId};
use shardbook_domain::player;
use shardbook_projections::history;
use shardbook_runtime::entity::EntityKey;
use shardbook_runtime::fault::StoreFault;
use shardbook_runtime::journal::{Journal, Store};

use crate::entities::PLAYER;
use crate::views::HISTORY;

/// A bet as its history tells it, as far as the views have come.
pub(crate) fn recall(store: &Store, player: PlayerId, bet: BetNo) -> Result<Option<Bet>, StoreFault> {
    Ok(Bet::fold(&history_of(store, player, bet)?))
}

/// Bets as their player held them, with those that had left its memory as their history tells them.
///
/// # Errors
/// When the store fails.
pub(crate) async fn with_recalled(
    store: &Store,
    journal: &Journal,
    player: PlayerId,
    held: Vec<(BetNo, Option<Bet>)>,
) -> Result<Vec<Bet>, StoreFault> {
    if held.iter().any(|(_, bet)| bet.is_none()) {
        journal.until_viewed().await?;
    }
    let mut bets = Vec::with_capacity(held.len());
    for (no, bet) in held {
        match bet {
            Some(bet) => bets.push(bet),
            None => bets.extend(recall(store, player, no)?),
        }
    }
    Ok(bets)
}

/// All that happened to a bet, oldest first, as far as the views have come.
pub(crate) fn history_of(store: &Store, player: PlayerId, bet: BetNo) -> Result<Vec<player::Event>, StoreFault> {
    Ok(block_of(store, player, bet, |no| no == bet)?
        .remove(&bet)
        .unwrap_or_default())
}

/// All that happened to the bets around a number that are wanted, as [`history_of`].
pub(crate) fn block_of(
    store: &Store,
    player: PlayerId,
    near: BetNo,
    wanted: impl Fn(BetNo) -> bool,
) -> Result<BTreeMap<BetNo, Vec<player::Event>>, StoreFault> {
    let key = EntityKey {
        kind: PLAYER,
        id: player.0,
    };
    let shard = store.map().locate(key);
    // In order, and each once.
    let mut found = BTreeMap::new();
    let list = history::block_prefix(player, near);
    HISTORY.elements(store, shard, &list, |element, bytes| {
        if let Some(bet) = history::bet_of(near, element).filter(|bet| wanted(*bet)) {
            found.insert((bet, element.to_vec()), bytes.to_vec());
        }
    })?;
    let mut bets = BTreeMap::<_, Vec<_>>::new();
    for ((bet, _), bytes) in found {
        let event = player::Event::decode(&bytes).map_err(|error| StoreFault::Corrupt {
            what: "bet history",
            shard,
            at: format!("{player}-{bet}"),
            why: error.to_string(),
        })?;
        bets.entry(bet).or_default().push(event);
    }
    Ok(bets)
}
