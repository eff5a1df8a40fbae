//! The markets as one player sees them.

use std::collections::BTreeMap;

use shardbook_proto::client::v1::{LegStatus, MarketDelta, MarketImage, MarketStatus};

use super::dice::Dice;

/// What a player knows of the markets that it follows: images, and the deltas since.
#[derive(Clone, Debug, Default)]
pub struct Book {
    events: BTreeMap<String, BTreeMap<u32, MarketImage>>,
}

/// What came of a delta.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Change {
    /// The market is now at the delta's version.
    Applied,
    /// The book already held this version or a newer one.
    Old,
    /// The book misses the versions before; an image must follow.
    Gap,
}

/// A price on offer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Offer {
    /// The event's id.
    pub event: String,
    /// The market's number.
    pub market: u32,
    /// The selection's number.
    pub selection: u32,
    /// Decimal odds as text.
    pub price: String,
    /// A bet on it is decided only after a delay.
    pub delayed: bool,
    /// It is a race: bets on it may be each-way.
    pub race: bool,
}

impl Book {
    /// Replaces what is held of the market, but never by something older.
    pub fn take(&mut self, image: MarketImage) {
        let markets = self.events.entry(image.event.clone()).or_default();
        match markets.get(&image.market) {
            Some(held) if held.version > image.version => {}
            _ => {
                markets.insert(image.market, image);
            }
        }
    }

    /// Applies a delta to the version just before it.
    pub fn change(&mut self, delta: MarketDelta) -> Change {
        let Some(held) = self
            .events
            .get_mut(&delta.event)
            .and_then(|markets| markets.get_mut(&delta.market))
        else {
            return Change::Gap;
        };
        if delta.version <= held.version {
            return Change::Old;
        }
        if delta.version != held.version + 1 {
            return Change::Gap;
        }
        held.version = delta.version;
        held.source_ms = delta.source_ms;
        held.status = delta.status.unwrap_or(held.status);
        held.in_play = delta.in_play.unwrap_or(held.in_play);
        held.bet_delay_s = delta.bet_delay_s.unwrap_or(held.bet_delay_s);
        for line in delta.lines {
            if let Some(selection) = held
                .selections
                .iter_mut()
                .find(|known| known.selection == line.selection)
            {
                selection.price = line.price;
                selection.removed = line.removed;
                selection.result = line.result;
            }
        }
        Change::Applied
    }

    /// Whether the market takes no bets for good; `None` where the book does not hold it.
    #[must_use]
    pub fn finished(&self, event: &str, market: u32) -> Option<bool> {
        let market = self.events.get(event)?.get(&market)?;
        Some(matches!(market.status(), MarketStatus::Resulted | MarketStatus::Void))
    }

    /// Whether any market of the event may still take bets.
    #[must_use]
    pub fn alive(&self, event: &str) -> bool {
        let live = |market: &MarketImage| matches!(market.status(), MarketStatus::Open | MarketStatus::Suspended);
        self.events.get(event).is_some_and(|markets| markets.values().any(live))
    }

    /// One offer of each of up to `most` different events.
    #[must_use]
    pub fn offers(&self, dice: &mut Dice, most: usize) -> Vec<Offer> {
        let mut events: Vec<&String> = self.events.keys().collect();
        let mut offers = Vec::new();
        while offers.len() < most && !events.is_empty() {
            let index = usize::try_from(dice.below(events.len() as u64)).unwrap_or_default();
            offers.extend(self.offer_of(dice, events.swap_remove(index)));
        }
        offers
    }

    fn offer_of(&self, dice: &mut Dice, event: &str) -> Option<Offer> {
        let open = |market: &&MarketImage| {
            market.status() == MarketStatus::Open && market.selections.iter().any(|s| !s.price.is_empty() && !s.removed)
        };
        let markets: Vec<&MarketImage> = self.events.get(event)?.values().filter(open).collect();
        let market = dice.pick(&markets)?;
        let priced: Vec<_> = market
            .selections
            .iter()
            .filter(|s| !s.price.is_empty() && !s.removed)
            .collect();
        let selection = dice.pick(&priced)?;
        let (event, price) = (event.to_string(), selection.price.clone());
        Some(Offer {
            event,
            market: market.market,
            selection: selection.selection,
            price,
            delayed: market.in_play && market.bet_delay_s > 0,
            race: market.race,
        })
    }

    /// A selection, with its last price or 2.00, of a market that can never take a bet again.
    #[must_use]
    pub fn closed_offer(&self, dice: &mut Dice) -> Option<Offer> {
        let closed = |market: &&MarketImage| {
            matches!(
                market.status(),
                MarketStatus::Closed | MarketStatus::Resulted | MarketStatus::Void
            )
        };
        let markets: Vec<&MarketImage> = self.events.values().flat_map(BTreeMap::values).filter(closed).collect();
        let market = dice.pick(&markets)?;
        let selection = dice.pick(&market.selections)?;
        let price = if selection.price.is_empty() {
            "2.00".into()
        } else {
            selection.price.clone()
        };
        Some(Offer {
            event: market.event.clone(),
            market: market.market,
            selection: selection.selection,
            price,
            delayed: false,
            race: market.race,
        })
    }
}

/// Whether a leg still waits for its result.
#[must_use]
pub fn leg_is_open(status: LegStatus) -> bool {
    matches!(status, LegStatus::Open | LegStatus::Unspecified)
}

#[cfg(test)]
mod tests;
