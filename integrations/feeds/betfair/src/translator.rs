use std::collections::{BTreeMap, BTreeSet};

use shardbook_proto::provider::v1::feed_message::Body;
use shardbook_proto::provider::v1::{FeedMessage, MarketResult, RollbackResult, VoidMarket};

use crate::event::Event;
use crate::line_error::LineError;
use crate::market::Market;
use crate::message::{Change, Definition, MarketChange, MarketStatus, Message};
use crate::pricing::Pricing;
use crate::report::Report;
use crate::settlement::{Verdict, verdict};

/// Most markets held at once: a hundred full subscriptions of the exchange.
const MOST_MARKETS: usize = 20_000;

/// Turns lines of one or more sources into feed messages.
///
/// Holds the cache of every market. The same lines in the same order always make the same messages with the
/// same ids, whenever they are read. Each line and market make at most one market update, so that a suspension
/// and the lines that come with it are one.
#[derive(Debug, Default)]
pub struct Translator {
    pricing: Pricing,
    markets: BTreeMap<String, Market>,
    not_offered: BTreeSet<String>,
    events: BTreeMap<String, Event>,
    expected: BTreeMap<String, usize>,
    sources: BTreeMap<usize, Source>,
    report: Report,
}

#[derive(Debug, Default)]
struct Source {
    latest_ms: i64,
    stale: bool,
}

/// Where a line is from.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// Number of the source; sources are in order by themselves.
    pub source: usize,
    /// Name of the file or connection, for reports.
    pub name: &'a str,
    /// Number of the line in it, from 1.
    pub line: u64,
}

struct Outbox<'a> {
    origin: Origin<'a>,
    published_ms: i64,
    messages: Vec<FeedMessage>,
}

impl Outbox<'_> {
    fn push(&mut self, market: &str, event: &str, body: Body) {
        let n = self.messages.len();
        self.messages.push(FeedMessage {
            id: format!("bf:{market}:{}:{}:{n}", self.published_ms, self.origin.line),
            event: format!("bf:event:{event}"),
            source_ms: self.published_ms,
            received_us: 0,
            body: Some(body),
        });
    }
}

impl Translator {
    /// With no market known.
    #[must_use]
    pub fn new(pricing: Pricing) -> Self {
        Self {
            pricing,
            ..Self::default()
        }
    }

    /// What was translated so far.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }

    pub(crate) fn report_mut(&mut self) -> &mut Report {
        &mut self.report
    }

    /// Tells how many markets of an event the sources hold, so that it ends with the last of them.
    pub(crate) fn expect(&mut self, event: String, markets: usize) {
        self.expected.insert(event, markets);
    }

    /// Translates one line, as from a live connection.
    ///
    /// # Errors
    /// The line cannot be used; it changed nothing but the report.
    pub fn line(&mut self, origin: Origin<'_>, text: &[u8]) -> Result<Vec<FeedMessage>, LineError> {
        self.report.lines += 1;
        self.report.bytes += text.len() as u64 + 1;
        self.message(origin, Message::read(text)?)
    }

    pub(crate) fn message(&mut self, origin: Origin<'_>, message: Message) -> Result<Vec<FeedMessage>, LineError> {
        let change = match message {
            Message::Change(change) => change,
            Message::Control => {
                self.report.heartbeats += 1;
                return Ok(Vec::new());
            }
            Message::Refused => {
                let at = || {
                    format!(
                        "{}: line {}: the exchange refused the subscription",
                        origin.name, origin.line
                    )
                };
                self.report.note("subscription_refused", at);
                return Ok(Vec::new());
            }
        };
        let source = self.sources.entry(origin.source).or_default();
        if change.published_ms < source.latest_ms {
            let previous_ms = source.latest_ms;
            return Err(LineError::TimeBackwards {
                published_ms: change.published_ms,
                previous_ms,
            });
        }
        source.latest_ms = change.published_ms;
        let stale_changed = std::mem::replace(&mut source.stale, change.stale) != change.stale;
        self.report.heartbeats += u64::from(change.heartbeat);
        self.report.conflated += u64::from(change.conflated);
        let mut out = Outbox {
            origin,
            published_ms: change.published_ms,
            messages: Vec::new(),
        };
        let Change { markets, stale, .. } = change;
        if stale_changed {
            self.freshness(stale, &mut out);
        }
        for market in markets {
            self.market(market, stale, &mut out);
        }
        self.report.messages += out.messages.len() as u64;
        Ok(out.messages)
    }

    /// Late data is no ground to bet on: every market of the source is suspended until the source is fresh again.
    fn freshness(&mut self, stale: bool, out: &mut Outbox<'_>) {
        self.report.note("stale_source", || {
            format!("{}: line {}: stale is {stale}", out.origin.name, out.origin.line)
        });
        let source = out.origin.source;
        for (id, market) in self
            .markets
            .iter_mut()
            .filter(|(_, m)| m.source == source && !m.is_closed())
        {
            if let Some(update) = market.update(stale, &self.pricing) {
                self.report.updates += 1;
                out.push(id, &market.event, Body::Market(update));
            }
        }
    }

    fn market(&mut self, change: MarketChange, stale: bool, out: &mut Outbox<'_>) {
        let id = change.id.as_str();
        if self.not_offered.contains(id) || !self.admit(&change, out) {
            return;
        }
        let Some(market) = self.markets.get_mut(id) else { return };
        let origin = out.origin;
        let at = move |detail: &str| format!("{}: line {}: market {id}: {detail}", origin.name, origin.line);
        if market.source != origin.source {
            self.report.skip("market_in_two_sources", || {
                at("told by an earlier source, which alone is heard")
            });
            return;
        }
        if let Some(definition) = change.definition.as_ref().filter(|d| d.event_id != market.event) {
            let detail = format!("moved to event {}, which no book can follow", definition.event_id);
            self.report.skip("market_changed_event", || at(&detail));
            return;
        }
        if market.is_closed() {
            self.after_close(id, change.definition.as_ref(), out);
            return;
        }
        if change.img == Some(true) {
            market.forget_prices();
        }
        if let Some(definition) = &change.definition {
            for (code, detail) in market.define(definition) {
                self.report.note(code, || at(&detail));
            }
        }
        for runner in change.rc.iter().flatten() {
            if let Err((code, detail)) = market.change(runner) {
                self.report.skip(code, || at(&detail));
            }
        }
        let update = market.update(stale, &self.pricing);
        let event = market.event.clone();
        if let Some(definition) = &change.definition {
            self.fixture(id, definition, out);
        }
        if let Some(update) = update {
            self.report.updates += 1;
            out.push(id, &event, Body::Market(update));
        }
        if let Some(closed) = change.definition.as_ref().filter(|d| d.status == MarketStatus::Closed) {
            self.settle(id, closed, out);
            self.report.settled += 1;
        }
    }

    /// Whether the change is of a market that is held, which a first definition makes it.
    fn admit(&mut self, change: &MarketChange, out: &Outbox<'_>) -> bool {
        let id = change.id.as_str();
        if self.markets.contains_key(id) {
            return true;
        }
        let at = |detail: &str| format!("{}: line {}: market {id}: {detail}", out.origin.name, out.origin.line);
        let Some(definition) = &change.definition else {
            self.report.skip("market_without_definition", || {
                at("changes before its first definition")
            });
            return false;
        };
        if self.markets.len() + self.not_offered.len() >= MOST_MARKETS {
            self.report.skip("too_many_markets", || {
                at("more than 20000 markets at once: replay fewer files")
            });
            return false;
        }
        if !definition.is_offered() {
            let kind = format!("type {} has no decimal price of its own", definition.market_type);
            self.report.skip("market_not_offered", || at(&kind));
            self.not_offered.insert(id.to_owned());
            return false;
        }
        if definition.runners.is_empty() {
            self.report
                .skip("market_without_runners", || at("waits for a definition with runners"));
            return false;
        }
        self.report.markets += 1;
        self.markets
            .insert(id.to_owned(), Market::new(out.origin.source, id, definition));
        true
    }

    fn fixture(&mut self, id: &str, definition: &Definition, out: &mut Outbox<'_>) {
        let expected = self.expected.get(&definition.event_id).copied().unwrap_or_default();
        let event = self.events.entry(definition.event_id.clone()).or_insert_with(|| {
            self.report.events += 1;
            Event::new(expected)
        });
        event.define(id, definition);
        if let Some(fixture) = event.fixture() {
            out.push(id, &definition.event_id, Body::Fixture(fixture));
        }
    }

    fn settle(&mut self, id: &str, definition: &Definition, out: &mut Outbox<'_>) {
        let Some(market) = self.markets.get_mut(id) else { return };
        let (verdict, notes) = verdict(market, definition);
        for code in notes {
            let at = || format!("{}: line {}: market {id}", out.origin.name, out.origin.line);
            self.report.note(code, at);
        }
        let key = Some(market.key());
        let body = match verdict.clone() {
            Verdict::Result(selections) => {
                self.report.results += 1;
                Body::Result(MarketResult {
                    key,
                    selections,
                    unconfirmed: false,
                })
            }
            Verdict::Void(reason) => {
                self.report.voids += 1;
                Body::Void(VoidMarket {
                    key,
                    reason: reason.to_owned(),
                    ..VoidMarket::default()
                })
            }
        };
        market.close(verdict);
        out.push(id, &definition.event_id, body);
        if let Some(event) = self.events.get_mut(&definition.event_id) {
            event.close(id);
            if let Some(fixture) = event.fixture() {
                out.push(id, &definition.event_id, Body::Fixture(fixture));
            }
        }
    }

    /// After the close only another result is heard: the first is taken back before it.
    fn after_close(&mut self, id: &str, definition: Option<&Definition>, out: &mut Outbox<'_>) {
        let at = || format!("{}: line {}: market {id}", out.origin.name, out.origin.line);
        let Some(market) = self.markets.get(id) else { return };
        let Some(definition) = definition.filter(|d| d.status == MarketStatus::Closed) else {
            self.report.skip("after_close", at);
            return;
        };
        if market.verdict.as_ref() != Some(&verdict(market, definition).0) {
            self.report.note("result_changed", at);
            let rollback = RollbackResult {
                key: Some(market.key()),
            };
            out.push(id, &definition.event_id, Body::Rollback(rollback));
            self.settle(id, definition, out);
        }
    }
}

impl Definition {
    /// Lines and ranges are not priced in odds, and an each-way price is two bets in one: neither is offered.
    pub(crate) fn is_offered(&self) -> bool {
        offered(self.betting_type.as_deref(), &self.market_type)
    }
}

pub(crate) fn offered(betting_type: Option<&str>, market_type: &str) -> bool {
    let in_odds = matches!(
        betting_type.unwrap_or("ODDS"),
        "ODDS" | "ASIAN_HANDICAP_DOUBLE_LINE" | "ASIAN_HANDICAP_SINGLE_LINE"
    );
    in_odds && market_type != "EACH_WAY"
}
