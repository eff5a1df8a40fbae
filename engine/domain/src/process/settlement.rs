//! Settlement: a market's result goes to every bet with a leg on it.

use std::sync::Arc;

use crate::event::Event as MarketEvent;
use crate::ids::{BetNo, EventId, MarketNo, PlayerId, SelectionRef};
use crate::market::MarketSettlement;
use crate::player::{Command, Event as PlayerEvent};

/// A result on its way to the bets: a fact with a version. The bets of a market may be told in any order, repeatedly and
/// across restarts; of several results the highest version counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultNotice {
    /// The sporting event.
    pub event: EventId,
    /// The market.
    pub market: MarketNo,
    /// The market's result version, from 1.
    pub version: u32,
    /// What is to be settled on it, whole.
    pub settlement: Arc<MarketSettlement>,
}

/// The notice that an event of a sporting event gives rise to.
pub fn on_result(event: EventId, happened: &MarketEvent) -> Option<ResultNotice> {
    let (market, version, settlement) = happened.settlement()?;
    Some(ResultNotice {
        event,
        market,
        version,
        settlement: Arc::new(settlement),
    })
}

/// The command that takes the notice to a bet. `recalled` is the history of the bet, where the player does not hold
/// it any more.
pub fn command_for(notice: &ResultNotice, bet: BetNo, recalled: Option<Vec<PlayerEvent>>) -> Command {
    Command::ApplyResult {
        bet,
        event: notice.event,
        market: notice.market,
        version: notice.version,
        settlement: Arc::clone(&notice.settlement),
        recalled,
    }
}

/// The id of that command: the same notice to the same bet has the same id for ever.
pub fn effect_id(notice: &ResultNotice, player: PlayerId, bet: BetNo) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"settlement/1");
    hasher.update(&notice.event.0.to_be_bytes());
    hasher.update(&notice.market.0.to_be_bytes());
    hasher.update(&notice.version.to_be_bytes());
    hasher.update(&player.0.to_be_bytes());
    hasher.update(&bet.0.to_be_bytes());
    let digest = hasher.finalize();
    let (id, _) = digest
        .as_bytes()
        .split_first_chunk::<16>()
        .expect("a digest has 32 bytes");
    *id
}

/// What a placed bet waits for: the entries of the index from markets to bets.
pub fn legs_of(happened: &PlayerEvent) -> Option<(BetNo, Vec<SelectionRef>)> {
    match happened {
        PlayerEvent::BetPlaced { terms, .. } => Some((terms.no, terms.legs.iter().map(|leg| leg.selection).collect())),
        _ => None,
    }
}
