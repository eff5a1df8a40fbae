//! The replica of every market that bets are decided against.

use dashmap::DashMap;
use shardbook_domain::event::{Market, State};
use shardbook_domain::ids::{EventId, MarketNo, SelectionNo, SelectionRef};
use shardbook_domain::market::{Lookup, MarketStatus, Quote};
use shardbook_domain::odds::Odds;

#[derive(Debug)]
struct Quoted {
    status: MarketStatus,
    in_play: bool,
    version: u64,
    /// By selection number from 1.
    selections: Box<[(Option<Odds>, bool)]>,
}

/// Prices and status of every market, as far as this node has heard. It never runs ahead of the
/// journal: what it holds is durable.
#[derive(Debug, Default)]
pub struct Book {
    markets: DashMap<(EventId, MarketNo), Quoted>,
}

impl Book {
    /// Takes in a market as it stands now.
    pub(crate) fn set(&self, event: EventId, market: &Market) {
        let selections = market
            .selections
            .iter()
            .map(|selection| (selection.price, selection.removed))
            .collect();
        let quoted = Quoted {
            status: market.status,
            in_play: market.in_play,
            version: market.version,
            selections,
        };
        self.markets.insert((event, market.no), quoted);
    }

    /// Forgets an event that is over.
    pub(crate) fn forget(&self, event: EventId, state: &State) {
        for market in state.markets() {
            self.markets.remove(&(event, market.no));
        }
    }

    /// Markets that take bets now or may again.
    #[must_use]
    pub fn open_markets(&self) -> usize {
        let live = |status| matches!(status, MarketStatus::Open | MarketStatus::Suspended);
        self.markets.iter().filter(|market| live(market.status)).count()
    }
}

impl shardbook_domain::market::Book for Book {
    fn quote(&self, selection: SelectionRef) -> Lookup {
        let SelectionRef {
            event,
            market,
            selection: SelectionNo(number),
        } = selection;
        let Some(quoted) = self.markets.get(&(event, market)) else {
            return Lookup::UnknownMarket;
        };
        let index = (number as usize).wrapping_sub(1);
        let Some((price, removed)) = quoted.selections.get(index).copied() else {
            return Lookup::UnknownSelection;
        };
        let Quoted {
            status,
            in_play,
            version: market_version,
            ..
        } = *quoted;
        Lookup::Found(Quote {
            status,
            in_play,
            price,
            removed,
            market_version,
        })
    }
}
