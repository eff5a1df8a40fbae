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

/// Bytes of what names a bet in the list of a market: the last of each key.
pub const ELEMENT_BYTES: usize = 12;

/// The bet of an element of a market's list; `None` when it is not one of this model.
#[must_use]
pub fn bet_of(element: &[u8]) -> Option<(PlayerId, BetNo)> {
    let (player, bet) = element.split_first_chunk::<8>()?;
    let bet = bet.try_into().ok()?;
    Some((PlayerId(u64::from_be_bytes(*player)), BetNo(u32::from_be_bytes(bet))))
}

/// The elements of an entry: one for each leg of a bet placed. They stay after settlement, for corrections.
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
