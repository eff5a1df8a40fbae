//! The history of each bet: its events, as they are in the journal.

use shardbook_domain::ids::{BetNo, PlayerId};
use shardbook_domain::player::Event;

use crate::{PlayerEntry, Row};

/// First bytes of every row of a player.
#[must_use]
pub fn player_prefix(player: PlayerId) -> [u8; 8] {
    player.0.to_be_bytes()
}

/// First bytes of every row of a bet; the rows of a player sort by bet, then by time.
#[must_use]
pub fn bet_prefix(player: PlayerId, bet: BetNo) -> [u8; 12] {
    let mut key = [0; 12];
    key[..8].copy_from_slice(&player_prefix(player));
    key[8..].copy_from_slice(&bet.0.to_be_bytes());
    key
}

/// The bet that a row belongs to; `None` when the key is not one of this model.
#[must_use]
pub fn bet_of(key: &[u8]) -> Option<BetNo> {
    let bet = key.get(8..12)?.try_into().ok()?;
    Some(BetNo(u32::from_be_bytes(bet)))
}

/// The rows of an entry: one for each event of a bet.
pub fn rows(entry: &PlayerEntry<'_>, mut row: impl FnMut(Row<'_>)) {
    for (index, (event, bytes)) in (0_u16..).zip(entry.events.iter().zip(entry.encoded)) {
        // A recalled bet is the sum of rows that are here already.
        let Some(bet) = event
            .bet()
            .filter(|_| !matches!(event, Event::BetRecalled { .. } | Event::BetRestored { .. }))
        else {
            continue;
        };
        let mut key = [0; 22];
        key[..12].copy_from_slice(&bet_prefix(entry.player, bet));
        key[12..20].copy_from_slice(&entry.version.to_be_bytes());
        key[20..].copy_from_slice(&index.to_be_bytes());
        row(Row::Put(&key, bytes));
    }
}
