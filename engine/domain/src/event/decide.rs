//! What a message about a sporting event leads to.

mod post_chances;
mod settle;
mod switch_cash_out;
mod text;
mod update_fixture;
mod update_market;

use super::command::{Change, Command};
use super::event::Event;
use super::fact::Fact;
use super::rejection::Rejection;
use super::state::{Market, MarketKey, State};
use crate::market::MarketSettlement;
use crate::time::Time;

/// Most markets of an event: what a feed offers on a big match, several times over.
pub const MAX_MARKETS: usize = 2_000;
/// Most selections of a market: a golf field with room to spare.
pub const MAX_SELECTIONS: usize = 500;
/// Most selections of all markets of an event: bounds the event's memory and snapshot.
pub const MAX_SELECTIONS_OF_EVENT: usize = 50_000;
/// Most facts that are kept of a market's settlement: a result with all its repetitions and corrections many times over.
pub const MAX_FACTS: usize = 256;
/// How many of these only a trader may use: what a feed got wrong so often can still be put right by hand.
pub const FACTS_LEFT_TO_TRADERS: usize = 32;
/// Most results of selections in all facts of an event: bounds the event's memory and snapshot as the number of selections
/// does.
pub const MAX_RESULTS_OF_EVENT: usize = 1_000_000;
/// Most bytes of the name of a fixture, a competition, a market or a selection.
pub const MAX_NAME_BYTES: usize = 200;
/// Most bytes of a scoreboard.
pub const MAX_SCOREBOARD_BYTES: usize = 500;
/// Most bytes of the reason of a void.
pub const MAX_REASON_BYTES: usize = 200;
/// Most bytes of a market's type, and of a sport.
pub const MAX_TYPE_BYTES: usize = 64;
/// Most bytes of a market's specifiers.
pub const MAX_SPECIFIERS_BYTES: usize = 200;
/// Most bytes of a source's id of a selection.
pub const MAX_SOURCE_ID_BYTES: usize = 64;

/// What a decision needs and the event's state does not hold: nothing so far, since its time is the source's.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context;

/// Decides a message: the events that it leads to, none where it says nothing new, or the first reason against it.
pub fn decide(state: &State, command: &Command, _context: &Context) -> Result<Vec<Event>, Rejection> {
    let at = command.source_time;
    let may_be_late = matches!(command.change, Change::Settle { .. } | Change::SwitchCashOut { .. });
    if at < state.source_time() && !may_be_late {
        return Err(Rejection::SourceTimeWentBack {
            last: state.source_time(),
        });
    }
    match &command.change {
        Change::UpdateFixture {
            urn,
            sport,
            competition,
            name,
            starts_at,
            status,
            scoreboard,
        } => {
            let texts = update_fixture::Texts {
                urn,
                sport,
                competition,
                name,
                scoreboard,
            };
            update_fixture::decide(state, at, &texts, *starts_at, *status)
        }
        Change::UpdateMarket {
            key,
            definition,
            status,
            in_play,
            bet_delay_s,
            lines,
        } => {
            let update = update_market::Update {
                definition: definition.as_ref(),
                status: *status,
                in_play: *in_play,
                bet_delay_s: *bet_delay_s,
                lines,
            };
            update_market::decide(state, at, key, &update)
        }
        Change::Settle { key, origin, ruling } => settle::decide(state, at, key, *origin, ruling),
        Change::PostChances { key, chances } => post_chances::decide(state, at, key, chances),
        Change::SwitchCashOut { key, offered } => switch_cash_out::decide(state, at, key, *offered),
    }
}

impl State {
    fn known_market(&self, key: &MarketKey) -> Result<&Market, Rejection> {
        self.fixture().ok_or(Rejection::UnknownEvent)?;
        self.market_of(key).ok_or(Rejection::UnknownMarket)
    }
}

impl Market {
    /// The event by which a settlement comes to stand.
    fn settlement_changed(
        &self,
        source_time: Time,
        fact: Option<Fact>,
        settlement: MarketSettlement,
    ) -> Result<Event, Rejection> {
        let changed = settlement != self.settlement;
        let result_version = self.result_version.checked_add(changed.into());
        Ok(Event::SettlementChanged {
            source_time,
            market: self.no,
            version: self.version + 1,
            result_version: result_version.ok_or(Rejection::TooManyResults)?,
            fact,
            settlement: changed.then_some(settlement),
        })
    }
}
