mod runner;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use rust_decimal::Decimal;
use shardbook_proto::provider::v1::{
    FeedMarketStatus, MarketDefinition, MarketKey, MarketUpdate, PostedLine, SelectionDefinition,
};

use crate::message::{Definition, MarketStatus, RunnerChange, RunnerStatus, cut};
use crate::pricing::Pricing;
use crate::settlement::Verdict;
pub(crate) use runner::RunnerKey;
use runner::{Prices, Quotes, Runner};

/// Most selections of a market; the largest golf fields have some 160.
const MOST_SELECTIONS: usize = 500;

/// One market as cached from images and deltas, and what of it was last told to the book.
#[derive(Debug)]
pub(crate) struct Market {
    /// Which source speaks for it; another that names it is not heard.
    pub source: usize,
    pub event: String,
    key: MarketKey,
    name: String,
    winners: u16,
    status: MarketStatus,
    in_play: bool,
    bet_delay_s: u16,
    runners: BTreeMap<RunnerKey, Runner>,
    order: Vec<RunnerKey>,
    /// Selections of runners that were removed and came back.
    withdrawn: Vec<Withdrawn>,
    quotes: Quotes,
    defined: bool,
    told: Told,
    /// What it ended in.
    pub verdict: Option<Verdict>,
}

#[derive(Debug)]
struct Withdrawn {
    key: RunnerKey,
    selection: String,
    name: String,
}

#[derive(Debug, Default)]
struct Told {
    definition: Option<MarketDefinition>,
    status: Option<FeedMarketStatus>,
    in_play: Option<bool>,
    bet_delay_s: Option<u16>,
}

impl Market {
    pub fn new(source: usize, id: &str, definition: &Definition) -> Self {
        let mut market = Self {
            source,
            event: definition.event_id.clone(),
            key: MarketKey {
                r#type: definition.market_type.clone(),
                specifiers: format!("market={id}"),
            },
            name: String::new(),
            winners: 0,
            status: MarketStatus::Inactive,
            in_play: false,
            bet_delay_s: 0,
            runners: BTreeMap::new(),
            order: Vec::new(),
            withdrawn: Vec::new(),
            quotes: Quotes::default(),
            defined: false,
            told: Told::default(),
            verdict: None,
        };
        market.define(definition);
        market
    }

    pub fn key(&self) -> MarketKey {
        self.key.clone()
    }

    pub fn is_closed(&self) -> bool {
        self.verdict.is_some()
    }

    /// Takes a definition. Runners that it leaves out lose their line but stay selections of the market. One that
    /// had been removed and is back is a new selection, `<id>~2`: bets on the old one are void for good.
    /// Answers stable codes and details of what a person should know of.
    pub fn define(&mut self, definition: &Definition) -> Vec<(&'static str, String)> {
        if let Some(name) = definition.name.as_deref().filter(|name| !name.is_empty()) {
            self.name = cut(name, 200);
        } else if self.name.is_empty() {
            self.name = self.key.r#type.replace('_', " ").to_lowercase();
        }
        self.winners = definition.number_of_winners;
        self.status = definition.status;
        self.in_play = definition.in_play;
        self.bet_delay_s = definition.bet_delay;
        for runner in self.runners.values_mut() {
            runner.listed = false;
        }
        self.defined = true;
        let mut notes = Vec::new();
        for told in &definition.runners {
            let key = RunnerKey::new(told.id, told.hc);
            let label = key.label(told.name.as_deref());
            let full = self.order.len() + self.withdrawn.len() >= MOST_SELECTIONS;
            let runner = match self.runners.entry(key) {
                Entry::Vacant(_) if full => {
                    notes.push(("too_many_runners", format!("runner {} is not offered", key.selection())));
                    continue;
                }
                Entry::Vacant(entry) => {
                    self.order.push(key);
                    entry.insert(Runner::new(key.selection(), label.clone(), told.status))
                }
                Entry::Occupied(entry) => entry.into_mut(),
            };
            if runner.posted_removed && !told.status.is_removed() {
                if full {
                    notes.push(("too_many_runners", format!("runner {} stays out", key.selection())));
                    continue;
                }
                let before = self.withdrawn.iter().filter(|old| old.key == key).count();
                let selection = format!("{}~{}", key.selection(), before + 2);
                notes.push((
                    "runner_reinstated",
                    format!("runner {} is back as {selection}", runner.selection),
                ));
                let back = Runner::new(selection, runner.name.clone(), told.status);
                let Runner { selection, name, .. } = std::mem::replace(runner, back);
                self.withdrawn.push(Withdrawn { key, selection, name });
            }
            if told.name.is_some() {
                runner.name = label;
            }
            runner.status = told.status;
            runner.listed = true;
        }
        notes
    }

    /// A full image follows: what was cached of prices is void.
    pub fn forget_prices(&mut self) {
        for runner in self.runners.values_mut() {
            runner.prices = Prices::default();
        }
    }

    /// Takes a change of one runner. Answers a stable code and the detail if it could not be used.
    pub fn change(&mut self, change: &RunnerChange) -> Result<(), (&'static str, String)> {
        let key = RunnerKey::new(change.id, change.hc);
        let unknown = || {
            (
                "unknown_runner",
                format!("runner {} is not in the market's definition", key.selection()),
            )
        };
        let runner = self.runners.get_mut(&key).ok_or_else(unknown)?;
        match runner.prices.change(change, &mut self.quotes) {
            None => Ok(()),
            Some(level) => {
                let detail = format!("runner {} quoted at {level}: its line is withdrawn", runner.selection);
                Err(("price_out_of_bounds", detail))
            }
        }
    }

    /// All that changed since the last call, as one update; `None` if nothing did.
    pub fn update(&mut self, stale: bool, pricing: &Pricing) -> Option<MarketUpdate> {
        let status = match self.status {
            MarketStatus::Closed => FeedMarketStatus::Closed,
            MarketStatus::Open if !stale => FeedMarketStatus::Open,
            _ => FeedMarketStatus::Suspended,
        };
        let definition = std::mem::take(&mut self.defined).then(|| self.definition());
        let told = Told {
            definition: definition.filter(|now| self.told.definition.as_ref() != Some(now)),
            status: (self.told.status != Some(status)).then_some(status),
            in_play: (self.told.in_play != Some(self.in_play)).then_some(self.in_play),
            bet_delay_s: (self.told.bet_delay_s != Some(self.bet_delay_s)).then_some(self.bet_delay_s),
        };
        let lines = self.lines(pricing);
        let same = told.definition.is_none()
            && told.status.is_none()
            && told.in_play.is_none()
            && told.bet_delay_s.is_none()
            && lines.is_empty();
        if same {
            return None;
        }
        let update = MarketUpdate {
            key: Some(self.key()),
            definition: told.definition.clone(),
            status: told.status.unwrap_or(FeedMarketStatus::Unchanged).into(),
            in_play: told.in_play,
            bet_delay_s: told.bet_delay_s.map(u32::from),
            lines,
        };
        self.told = Told {
            definition: told.definition.or(self.told.definition.take()),
            status: Some(status),
            in_play: Some(self.in_play),
            bet_delay_s: Some(self.bet_delay_s),
        };
        Some(update)
    }

    /// Drops what only an open market needs.
    pub fn close(&mut self, verdict: Verdict) {
        self.verdict = Some(verdict);
        self.forget_prices();
        self.told.definition = None;
    }

    /// Every selection ever offered; without a runner, those that were told as removed: for the book that is for good.
    pub fn selections(&self) -> impl Iterator<Item = (Option<RunnerKey>, &str)> {
        let withdrawn = self.withdrawn.iter().map(|old| (None, old.selection.as_str()));
        let current = self.order.iter().map(|key| {
            let runner = &self.runners[key];
            ((!runner.posted_removed).then_some(*key), runner.selection.as_str())
        });
        withdrawn.chain(current)
    }

    fn definition(&self) -> MarketDefinition {
        let selection = |id: &str, name: &str| SelectionDefinition {
            id: id.to_owned(),
            name: name.to_owned(),
        };
        let withdrawn = self.withdrawn.iter().map(|old| selection(&old.selection, &old.name));
        let current = self
            .order
            .iter()
            .map(|key| &self.runners[key])
            .map(|r| selection(&r.selection, &r.name));
        let selections = withdrawn.chain(current).collect();
        MarketDefinition {
            name: self.name.clone(),
            winners: self.winners.into(),
            selections,
            // The exchange says who won, not who came second: no place could be settled.
            race: None,
        }
    }

    fn lines(&mut self, pricing: &Pricing) -> Vec<PostedLine> {
        let closed = self.status == MarketStatus::Closed;
        let mut lines = Vec::new();
        for key in &self.order {
            let Some(runner) = self.runners.get_mut(key) else {
                continue;
            };
            let removed = runner.is_removed();
            let offered = !closed && runner.listed && runner.status == RunnerStatus::Active;
            let back = if offered { runner.prices.back(self.quotes) } else { None };
            let price: Option<Decimal> = back.map(|back| pricing.book(back));
            if price != runner.posted || removed != runner.posted_removed {
                runner.posted = price;
                runner.posted_removed = removed;
                let price = price.map(|price| price.to_string()).unwrap_or_default();
                lines.push(PostedLine {
                    selection: runner.selection.clone(),
                    price,
                    removed,
                });
            }
        }
        lines
    }
}
