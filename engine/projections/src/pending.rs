//! Slips that wait: for the delay of bets in play, for a trader, or for the player's answer.

use shardbook_domain::ids::{PlayerId, SlipNo};
use shardbook_domain::player::Event;
use shardbook_domain::time::Time;

use crate::{PlayerEntry, Row};

/// The key of a slip.
#[must_use]
pub fn key(player: PlayerId, slip: SlipNo) -> [u8; 12] {
    let mut key = [0; 12];
    key[..8].copy_from_slice(&player.0.to_be_bytes());
    key[8..].copy_from_slice(&slip.0.to_be_bytes());
    key
}

/// The slip of a row and until when it waits; `None` when it is not one of this model.
#[must_use]
pub fn read(key: &[u8], row: &[u8]) -> Option<(PlayerId, SlipNo, Time)> {
    let player = PlayerId(u64::from_be_bytes(key.get(..8)?.try_into().ok()?));
    let slip = SlipNo(u32::from_be_bytes(key.get(8..12)?.try_into().ok()?));
    Some((player, slip, Time(u64::from_be_bytes(row.try_into().ok()?))))
}

/// What an event says of a waiting slip: until when it waits, or that it waits no more.
#[must_use]
pub fn change_of(event: &Event) -> Option<(SlipNo, Option<Time>)> {
    match event {
        Event::SlipHeld { slip, until, .. }
        | Event::SlipApproved { slip, until, .. }
        | Event::SlipOffered { slip, until, .. } => Some((*slip, Some(*until))),
        Event::SlipReleased { slip, .. } => Some((*slip, None)),
        _ => None,
    }
}

/// The rows of an entry.
pub fn rows(entry: &PlayerEntry<'_>, mut row: impl FnMut(Row<'_>)) {
    for (slip, until) in entry.events.iter().filter_map(change_of) {
        let key = key(entry.player, slip);
        match until {
            Some(until) => row(Row::Put(&key, &until.0.to_be_bytes())),
            None => row(Row::Delete(&key)),
        }
    }
}
