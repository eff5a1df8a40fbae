use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use crate::message::{RunnerChange, RunnerStatus};
use crate::number::Exact;
use crate::pricing::EXCHANGE_PRICES;

/// Most levels held of one runner. The exchange's ladder has 350 prices; a market of the finest steps
/// shows a few dozen of them at a time.
const MOST_LEVELS: usize = 2_000;

/// A runner is named by id and, on handicap lines, by its handicap (else zero).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RunnerKey {
    id: u64,
    handicap: Decimal,
}

impl RunnerKey {
    pub fn new(id: u64, handicap: Option<Exact>) -> Self {
        Self {
            id,
            handicap: handicap.map_or(Decimal::ZERO, |h| h.0),
        }
    }

    /// `<id>`, or `<id>@<handicap>` where the handicap is not zero.
    pub fn selection(self) -> String {
        if self.handicap.is_zero() {
            self.id.to_string()
        } else {
            format!("{}@{}", self.id, self.handicap)
        }
    }

    pub fn label(self, name: Option<&str>) -> String {
        let name = crate::message::cut(name.unwrap_or_default(), 160);
        let name = if name.is_empty() { self.id.to_string() } else { name };
        match self.handicap {
            zero if zero.is_zero() => name,
            line if line.is_sign_positive() => format!("{name} +{line}"),
            line => format!("{name} {line}"),
        }
    }
}

/// One runner as cached, and what was last posted of it.
#[derive(Debug)]
pub(crate) struct Runner {
    pub selection: String,
    pub name: String,
    pub status: RunnerStatus,
    /// Still in the latest definition.
    pub listed: bool,
    pub prices: Prices,
    pub posted: Option<Decimal>,
    pub posted_removed: bool,
}

impl Runner {
    pub fn new(selection: String, name: String, status: RunnerStatus) -> Self {
        let prices = Prices::default();
        Self {
            selection,
            name,
            status,
            listed: true,
            prices,
            posted: None,
            posted_removed: false,
        }
    }

    pub fn is_removed(&self) -> bool {
        self.listed && self.status.is_removed()
    }
}

/// What a market has ever quoted decides which of a runner's prices counts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Quotes {
    full: bool,
    best: bool,
    display: bool,
}

/// Back prices of one runner.
#[derive(Debug, Default)]
pub(crate) struct Prices {
    full: BTreeSet<Decimal>,
    best: BTreeMap<u32, Decimal>,
    display: BTreeMap<u32, Decimal>,
    last_traded: Option<Decimal>,
    refused: bool,
}

impl Prices {
    /// Takes a change. A level outside of the exchange's prices, of negative size or beyond the most held is not
    /// taken, and leaves the runner without a price until its next good change; the answer is its text.
    pub fn change(&mut self, change: &RunnerChange, quotes: &mut Quotes) -> Option<String> {
        let touches_price =
            change.atb.is_some() || change.batb.is_some() || change.bdatb.is_some() || change.ltp.is_some();
        if !touches_price {
            return None;
        }
        let mut refused = None;
        for &(Exact(price), Exact(size)) in change.atb.iter().flatten() {
            quotes.full = true;
            if size.is_zero() {
                self.full.remove(&price);
            } else if good(price, size) && self.full.len() < MOST_LEVELS {
                self.full.insert(price);
            } else {
                refused = Some(format!("[{price},{size}]"));
            }
        }
        let positioned = [
            (&change.batb, &mut self.best, &mut quotes.best),
            (&change.bdatb, &mut self.display, &mut quotes.display),
        ];
        for (levels, held, quoted) in positioned {
            for &(position, Exact(price), Exact(size)) in levels.iter().flatten() {
                *quoted = true;
                if size.is_zero() {
                    held.remove(&position);
                } else if good(price, size) && held.len() < MOST_LEVELS {
                    held.insert(position, price);
                } else {
                    held.remove(&position);
                    refused = Some(format!("[{position},{price},{size}]"));
                }
            }
        }
        if let Some(Exact(price)) = change.ltp {
            let traded = !price.is_zero();
            self.last_traded = (traded && good(price, Decimal::ONE)).then_some(price);
            if traded && self.last_traded.is_none() {
                refused = Some(format!("last traded {price}"));
            }
        }
        self.refused = refused.is_some();
        refused
    }

    /// The best price to back: the highest with money on it, or the last traded where the market was never
    /// seen to quote a ladder.
    pub fn back(&self, quotes: Quotes) -> Option<Decimal> {
        let price = if quotes.full {
            self.full.last().copied()
        } else if quotes.best {
            self.best.values().max().copied()
        } else if quotes.display {
            self.display.values().max().copied()
        } else {
            self.last_traded
        };
        price.filter(|_| !self.refused)
    }
}

fn good(price: Decimal, size: Decimal) -> bool {
    EXCHANGE_PRICES.contains(&price) && size.is_sign_positive()
}
