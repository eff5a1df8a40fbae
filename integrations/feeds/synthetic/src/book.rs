use rust_decimal::Decimal;
use shardbook_proto::provider::v1::feed_message::Body;
use shardbook_proto::provider::v1::{
    FeedMarketStatus, MarketResult, MarketUpdate, Outcome, PostedLine, RollbackResult, SelectionResult, VoidMarket,
};
use shardbook_replay::Ladder;

use crate::market::{Facts, Market};
use crate::model::Outlook;

/// What the book keeps of a fair price: chances are shown 6 % larger than they are.
const OVERROUND: f64 = 1.06;
/// Below this chance no price is offered.
const NO_OFFER: f64 = 0.002;

/// One market as posted so far.
#[derive(Debug)]
struct Posted {
    market: Market,
    told: bool,
    open: bool,
    in_play: Option<bool>,
    prices: Vec<Option<Decimal>>,
}

/// The lines of one match.
#[derive(Debug)]
pub(crate) struct Book {
    ladder: Ladder,
    teams: [String; 2],
    live: Vec<Posted>,
}

impl Book {
    pub fn new(teams: [String; 2]) -> Self {
        let mut book = Self {
            ladder: Ladder::exchange(),
            teams,
            live: Vec::new(),
        };
        Market::FROM_START.into_iter().for_each(|market| book.offer(market));
        book
    }

    /// Takes a market up; it is told with its first lines.
    pub fn offer(&mut self, market: Market) {
        let prices = vec![None; market.selections().len()];
        self.live.push(Posted {
            market,
            told: false,
            open: false,
            in_play: None,
            prices,
        });
    }

    /// Whether the market is on offer or will be at the next quote.
    pub fn offers(&self, market: Market) -> bool {
        self.live.iter().any(|posted| posted.market == market)
    }

    /// Opens what is not open and posts the lines that moved.
    pub fn quote(&mut self, full: &Outlook, half: &Outlook, in_play: bool) -> Vec<Body> {
        let mut bodies = Vec::new();
        for posted in &mut self.live {
            let chances = posted.market.chances(full, half);
            let prices: Vec<_> = chances.into_iter().map(|chance| price(chance, &self.ladder)).collect();
            let lines = moved(posted.market, &posted.prices, &prices);
            posted.prices = prices;
            let opened = !std::mem::replace(&mut posted.open, true);
            let phase = (posted.in_play.replace(in_play) != Some(in_play)).then_some(in_play);
            if !opened && phase.is_none() && lines.is_empty() {
                continue;
            }
            let first = !std::mem::replace(&mut posted.told, true);
            bodies.push(Body::Market(MarketUpdate {
                key: Some(posted.market.key()),
                definition: first.then(|| posted.market.definition(&self.teams)),
                status: if opened {
                    FeedMarketStatus::Open
                } else {
                    FeedMarketStatus::Unchanged
                }
                .into(),
                in_play: phase,
                bet_delay_s: phase.map(|in_play| if in_play { 5 } else { 0 }),
                lines,
            }));
        }
        bodies
    }

    /// Suspends every open market.
    pub fn suspend(&mut self) -> Vec<Body> {
        let suspended = |posted: &mut Posted| {
            std::mem::take(&mut posted.open).then(|| {
                Body::Market(MarketUpdate {
                    key: Some(posted.market.key()),
                    status: FeedMarketStatus::Suspended.into(),
                    ..Default::default()
                })
            })
        };
        self.live.iter_mut().filter_map(suspended).collect()
    }

    /// Closes what the facts decide, with its result.
    pub fn settle(&mut self, facts: Facts<'_>) -> Vec<Body> {
        let live = std::mem::take(&mut self.live);
        let (decided, live): (Vec<_>, Vec<_>) = live
            .into_iter()
            .partition(|posted| posted.market.decided(facts).is_some());
        self.live = live;
        let both = |posted: Posted| {
            let result = result(posted.market, facts)?;
            Some([close(&posted), result])
        };
        decided.into_iter().filter_map(both).flatten().collect()
    }

    /// Closes and voids all that is left.
    pub fn abandon(&mut self) -> Vec<Body> {
        let both = |posted: Posted| {
            let key = Some(posted.market.key());
            [
                close(&posted),
                Body::Void(VoidMarket {
                    key,
                    reason: "match abandoned".to_owned(),
                    ..VoidMarket::default()
                }),
            ]
        };
        std::mem::take(&mut self.live).into_iter().flat_map(both).collect()
    }
}

/// The result of a market, if the facts decide it.
pub(crate) fn result(market: Market, facts: Facts<'_>) -> Option<Body> {
    let won = market.decided(facts)?;
    let selection = |(&id, won): (&&str, bool)| SelectionResult {
        selection: id.to_owned(),
        outcome: if won { Outcome::Won } else { Outcome::Lost }.into(),
        ..SelectionResult::default()
    };
    let selections = market.selections().iter().zip(won).map(selection).collect();
    Some(Body::Result(MarketResult {
        key: Some(market.key()),
        selections,
        unconfirmed: false,
    }))
}

/// Takes back the result of a market.
pub(crate) fn rollback(market: Market) -> Body {
    Body::Rollback(RollbackResult {
        key: Some(market.key()),
    })
}

fn close(posted: &Posted) -> Body {
    let gone = vec![None; posted.prices.len()];
    Body::Market(MarketUpdate {
        key: Some(posted.market.key()),
        status: FeedMarketStatus::Closed.into(),
        lines: moved(posted.market, &posted.prices, &gone),
        ..Default::default()
    })
}

fn moved(market: Market, before: &[Option<Decimal>], now: &[Option<Decimal>]) -> Vec<PostedLine> {
    let selections = market.selections().iter().zip(before.iter().zip(now));
    let line = |(&id, (before, now)): (&&str, (&Option<Decimal>, &Option<Decimal>))| {
        let price = now.map(|price| price.to_string()).unwrap_or_default();
        (before != now).then(|| PostedLine {
            selection: id.to_owned(),
            price,
            removed: false,
        })
    };
    selections.filter_map(line).collect()
}

/// What is offered on a chance; nothing on one that is as good as none.
pub(crate) fn price(chance: f64, ladder: &Ladder) -> Option<Decimal> {
    if chance < NO_OFFER {
        return None;
    }
    let millis = (1_000.0 / (chance * OVERROUND)) as i64;
    Some(ladder.snap_down(Decimal::new(millis, 3)))
}
