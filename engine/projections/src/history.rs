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

/// Bytes at the end of each key by which the events of some bets that follow each other are told apart.
pub const ELEMENT_BYTES: usize = 11;
/// Bets whose numbers are the same but for the last byte: what is kept together of a player.
pub const BLOCK_BETS: u32 = 256;

/// First bytes of the rows of the block of bets that a bet is in.
#[must_use]
pub fn block_prefix(player: PlayerId, bet: BetNo) -> [u8; 11] {
    let mut key = [0; 11];
    key.copy_from_slice(&bet_prefix(player, bet)[..11]);
    key
}

/// The bet that an element of the block of `near` belongs to; `None` when it is no element of this model.
#[must_use]
pub fn bet_of(near: BetNo, element: &[u8]) -> Option<BetNo> {
    let [low, ..] = *element.first_chunk::<ELEMENT_BYTES>()?;
    Some(BetNo(near.0 / BLOCK_BETS * BLOCK_BETS + u32::from(low)))
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
