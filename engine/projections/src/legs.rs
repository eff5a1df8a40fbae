//! Which bets have a leg on a market: what settlement streams over.

use shardbook_domain::ids::{BetNo, EventId, MarketNo, PlayerId};
use shardbook_domain::process::settlement;

use crate::{PlayerEntry, Row};

/// First bytes of every row of a market.
#[must_use]
pub fn market_prefix(event: EventId, market: MarketNo) -> [u8; 12] {
    let mut key = [0; 12];
    key[..8].copy_from_slice(&event.0.to_be_bytes());
    key[8..].copy_from_slice(&market.0.to_be_bytes());
    key
}

/// The bet of a row; `None` when the key is not one of this model.
#[must_use]
pub fn bet_of(key: &[u8]) -> Option<(PlayerId, BetNo)> {
    let player = key.get(12..20)?.try_into().ok()?;
    let bet = key.get(20..24)?.try_into().ok()?;
    Some((PlayerId(u64::from_be_bytes(player)), BetNo(u32::from_be_bytes(bet))))
}

/// The rows of an entry: one for each leg of a bet placed. They stay after settlement, for corrections.
pub fn rows(entry: &PlayerEntry<'_>, mut row: impl FnMut(Row<'_>)) {
    for (bet, legs) in entry.events.iter().filter_map(settlement::legs_of) {
        for leg in legs {
            let mut key = [0; 24];
            key[..12].copy_from_slice(&market_prefix(leg.event, leg.market));
            key[12..20].copy_from_slice(&entry.player.0.to_be_bytes());
            key[20..].copy_from_slice(&bet.0.to_be_bytes());
            row(Row::Put(&key, &[]));
        }
    }
}
