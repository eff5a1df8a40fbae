//! The replica of every market that bets are decided against.

use dashmap::DashMap;
use shardbook_domain::event::{Market, State};
use shardbook_domain::ids::{EventId, MarketNo, SelectionNo, SelectionRef};
use shardbook_domain::market::{Chance, Lookup, MarketStatus, Quote, chances_by_price};
use shardbook_domain::odds::Odds;

#[derive(Debug)]
struct Quoted {
    /// What is the same for every selection.
    market: Quote,
    winners: u16,
    /// By selection number from 1.
    selections: Box<[Offered]>,
}

#[derive(Debug, Clone, Copy)]
struct Offered {
    price: Option<Odds>,
    removed: bool,
    /// By the source.
    chance: Option<Chance>,
}

/// Prices and status of every market, as far as this node has heard. It never runs ahead of the
/// journal: what it holds is durable.
#[derive(Debug, Default)]
pub struct Book {
    markets: DashMap<(EventId, MarketNo), Quoted>,
}

impl Book {
    /// Takes in a market of an event as it stands now.
    pub(crate) fn set(&self, event: EventId, state: &State, market: &Market) {
        let selections = market.selections.iter().map(|selection| Offered {
            price: selection.price,
            removed: selection.removed,
            chance: selection.chance,
        });
        let quoted = Quoted {
            market: state.quote_market(market),
            winners: market.winners,
            selections: selections.collect(),
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
        self.markets.iter().filter(|quoted| live(quoted.market.status)).count()
    }
}

fn index(selection: SelectionNo) -> usize {
    (selection.0 as usize).wrapping_sub(1)
}

impl Quoted {
    /// How likely the selection at this place comes in.
    fn chances(&self) -> Vec<Option<Chance>> {
        let prices: Vec<_> = self.selections.iter().map(|each| (each.price, each.removed)).collect();
        let by_price = chances_by_price(&prices, self.winners).into_iter();
        let said = self.selections.iter().zip(by_price);
        said.map(|(each, by_price)| each.chance.or(by_price)).collect()
    }
}

impl shardbook_domain::market::Book for Book {
    fn quote(&self, selection: SelectionRef) -> Lookup {
        let Some(quoted) = self.markets.get(&(selection.event, selection.market)) else {
            return Lookup::UnknownMarket;
        };
        match quoted.selections.get(index(selection.selection)) {
            Some(Offered { price, removed, .. }) => Lookup::Found(Quote {
                price: *price,
                removed: *removed,
                ..quoted.market
            }),
            None => Lookup::UnknownSelection,
        }
    }

    fn chance(&self, selection: SelectionRef) -> Option<Chance> {
        let quoted = self.markets.get(&(selection.event, selection.market))?;
        let at = index(selection.selection);
        let offered = quoted.selections.get(at)?;
        if offered.removed || offered.chance.is_some() {
            return offered.chance;
        }
        quoted.chances().get(at).copied().flatten()
    }

    fn rivals(&self, selection: SelectionRef) -> Option<Vec<u32>> {
        let quoted = self.markets.get(&(selection.event, selection.market))?;
        if quoted.market.race.is_none() || quoted.winners != 1 {
            return None;
        }
        let own = index(selection.selection);
        let runners = quoted.selections.iter().zip(quoted.chances()).enumerate();
        let others = runners.filter(|(at, (each, _))| *at != own && !each.removed);
        others.map(|(_, (_, chance))| Some(chance?.won)).collect()
    }
}
