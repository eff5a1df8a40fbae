//! Which bets are open, with the currency of their wallet: what limits on open bets together are counted from at a start.

use shardbook_domain::bet::BetStatus;
use shardbook_domain::ids::{BetNo, PlayerId};
use shardbook_domain::money::{Amount, Currency};
use shardbook_domain::player::{Event, Reply};

use crate::{PlayerEntry, Row};

fn key(player: PlayerId, bet: BetNo) -> Vec<u8> {
    let mut key = player.0.to_be_bytes().to_vec();
    key.extend_from_slice(&bet.0.to_be_bytes());
    key
}

/// The bet of a row and its currency; `None` when the row is not one of this model.
#[must_use]
pub fn read(key: &[u8], row: &[u8]) -> Option<(PlayerId, BetNo, Currency)> {
    let player = PlayerId(u64::from_be_bytes(key.get(..8)?.try_into().ok()?));
    let bet = BetNo(u32::from_be_bytes(key.get(8..12)?.try_into().ok()?));
    Some((player, bet, Currency::new(std::str::from_utf8(row).ok()?).ok()?))
}

/// The rows of an entry.
pub fn rows(entry: &PlayerEntry<'_>, mut row: impl FnMut(Row<'_>)) {
    let Ok(reply) = entry.outcome else { return };
    let currency = reply.balance().map(|balance| balance.currency);
    for event in entry.events {
        let (Some(bet), Some(currency)) = (event.bet(), currency) else {
            continue;
        };
        let key = key(entry.player, bet);
        let opened = match event {
            Event::BetPlaced { .. } | Event::BetReopened { .. } => true,
            Event::BetUnsettled { was, .. } => *was != BetStatus::Open,
            _ => false,
        };
        let sold = matches!(
            reply,
            Reply::CashedOut {
                open_stake: Amount::ZERO,
                ..
            }
        );
        let closed = match event {
            Event::BetSettled { .. } => true,
            Event::BetCashedOut { .. } => sold,
            _ => false,
        };
        if opened {
            row(Row::Put(&key, currency.code().as_bytes()));
        } else if closed {
            row(Row::Delete(&key));
        }
    }
}
