//! A feed of one sporting event that waits, after each message, until the house trades by it.

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};
use shardbook_proto::client::v1::betting_client::BettingClient;
use shardbook_proto::client::v1::server_message::Message as Seen;
use shardbook_proto::client::v1::{ServerMessage, Subscribe};
use shardbook_proto::provider::v1::feed_client::FeedClient;
use shardbook_proto::provider::v1::feed_message::Body;
use shardbook_proto::provider::v1::{
    FeedMarketStatus, FeedMessage, FeedReply, Fixture, FixtureStatus, MarketDefinition, MarketKey, MarketResult,
    MarketUpdate, Outcome, PostedLine, Race, RollbackResult, RollbackVoid, SelectionDefinition, SelectionResult,
    VoidMarket,
};
use tokio::sync::mpsc;
use tonic::Streaming;
use tonic::transport::Channel;

use crate::{House, soon};

/// A feed. Markets are named by their type and numbered from 1 in the order of opening; so are selections, whose source
/// ids are their numbers.
pub struct Feed {
    event: String,
    clock_ms: i64,
    said: u64,
    markets: Vec<(String, u32)>,
    say: mpsc::Sender<FeedMessage>,
    replies: Streaming<FeedReply>,
    watch: Streaming<ServerMessage>,
    seen: BTreeMap<u32, u64>,
}

impl Feed {
    pub(crate) async fn open(channel: Channel, event: &str) -> Self {
        let (say, replies, watch) = connect(channel).await;
        let (markets, seen) = (Vec::new(), BTreeMap::new());
        let event = event.into();
        let mut feed = Self {
            event,
            clock_ms: 1_700_000_000_000,
            said: 0,
            markets,
            say,
            replies,
            watch,
            seen,
        };
        feed.fixture(FixtureStatus::InPlay).await;
        feed
    }

    /// Goes on at a house that was started again.
    pub async fn reconnect(&mut self, house: &House) {
        (self.say, self.replies, self.watch) = connect(house.channel().await).await;
        self.seen.clear();
        for market in 1..=self.markets.len() {
            self.wait_for(market as u32).await;
        }
    }

    /// The event's name.
    #[must_use]
    pub fn event(&self) -> &str {
        &self.event
    }

    /// Sends a message as it is.
    pub async fn send(&mut self, message: FeedMessage) -> FeedReply {
        soon(self.say.send(message)).await.expect("is taken");
        soon(self.replies.next())
            .await
            .expect("the stream goes on")
            .expect("an answer")
    }

    /// A message under an id of its own at the next moment of the source.
    pub fn message(&mut self, body: Body) -> FeedMessage {
        self.said += 1;
        self.clock_ms += 1_000;
        FeedMessage {
            id: format!("{}/{}", self.event, self.said),
            event: self.event.clone(),
            source_ms: self.clock_ms,
            body: Some(body),
            received_us: 0,
        }
    }

    /// Sends what must be taken.
    pub async fn tell(&mut self, body: Body) {
        let message = self.message(body);
        let reply = self.send(message).await;
        assert_eq!(
            (reply.code.as_str(), reply.message.as_str()),
            ("", ""),
            "a good message was refused"
        );
    }

    /// Tells how far the event has come.
    pub async fn fixture(&mut self, status: FixtureStatus) {
        let fixture = Fixture {
            sport: "football".into(),
            competition: "cup".into(),
            name: format!("match {}", self.event),
            starts_ms: 1_700_000_000_000,
            status: status.into(),
            scoreboard: String::new(),
        };
        self.tell(Body::Fixture(fixture)).await;
    }

    /// Opens a market with a selection for each price, and gives its number.
    pub async fn market(&mut self, kind: &str, prices: &[&str]) -> u32 {
        self.open_market(kind, prices, None).await
    }

    /// Opens a race, no handicap, with a runner for each price, and gives its number.
    pub async fn race(&mut self, kind: &str, prices: &[&str]) -> u32 {
        self.open_market(kind, prices, Some(Race { handicap: false })).await
    }

    async fn open_market(&mut self, kind: &str, prices: &[&str], race: Option<Race>) -> u32 {
        let selection = |no| SelectionDefinition {
            id: format!("{no}"),
            name: format!("selection {no}"),
        };
        let definition = MarketDefinition {
            name: kind.into(),
            winners: 1,
            selections: (1..=prices.len()).map(selection).collect(),
            race,
        };
        let lines = (1..).zip(prices).map(|(no, price)| line(no, price)).collect();
        let update = MarketUpdate {
            key: Some(key(kind)),
            definition: Some(definition),
            status: FeedMarketStatus::Open.into(),
            in_play: None,
            bet_delay_s: None,
            lines,
        };
        self.markets.push((kind.into(), 0));
        let market = self.markets.len() as u32;
        self.change(market, Body::Market(update)).await;
        market
    }

    /// Moves the price of a selection; an empty one withdraws it.
    pub async fn price(&mut self, market: u32, selection: u32, price: &str) {
        let lines = vec![line(selection, price)];
        self.update(
            market,
            MarketUpdate {
                lines,
                ..MarketUpdate::default()
            },
        )
        .await;
    }

    /// Takes a selection out.
    pub async fn remove(&mut self, market: u32, selection: u32) {
        let lines = vec![PostedLine {
            removed: true,
            ..line(selection, "")
        }];
        self.update(
            market,
            MarketUpdate {
                lines,
                ..MarketUpdate::default()
            },
        )
        .await;
    }

    /// Opens, suspends or closes a market.
    pub async fn status(&mut self, market: u32, status: FeedMarketStatus) {
        self.update(
            market,
            MarketUpdate {
                status: status.into(),
                ..MarketUpdate::default()
            },
        )
        .await;
    }

    /// Puts a market in play, where bets wait so many seconds.
    pub async fn in_play(&mut self, market: u32, bet_delay_s: u32) {
        self.update(
            market,
            MarketUpdate {
                in_play: Some(true),
                bet_delay_s: Some(bet_delay_s),
                ..MarketUpdate::default()
            },
        )
        .await;
    }

    /// The result of a race: outcome, position and how many share it, by runner from the first. A winner who shares the
    /// first place is in a dead heat.
    pub async fn finish(&mut self, market: u32, runners: &[(Outcome, u32, u32)]) {
        let of = |(no, &(outcome, position, tied)): (u32, &(Outcome, u32, u32))| {
            let dead_heat = outcome == Outcome::Won && tied > 1;
            SelectionResult {
                selection: no.to_string(),
                outcome: outcome.into(),
                dead_heat_places: u32::from(dead_heat),
                dead_heat_runners: if dead_heat { tied } else { 0 },
                position,
                tied,
            }
        };
        let result = MarketResult {
            key: self.key(market),
            selections: (1..).zip(runners).map(of).collect(),
            unconfirmed: false,
        };
        self.change(market, Body::Result(result)).await;
    }

    /// The result of a market: outcomes by selection, from the first.
    pub async fn result(&mut self, market: u32, outcomes: &[Outcome]) {
        let body = self.result_body(market, outcomes);
        self.change(market, body).await;
    }

    /// A result that is not sent yet.
    #[must_use]
    pub fn result_body(&self, market: u32, outcomes: &[Outcome]) -> Body {
        let of = |(no, outcome): (u32, &Outcome)| SelectionResult {
            selection: no.to_string(),
            outcome: (*outcome).into(),
            ..SelectionResult::default()
        };
        let selections = (1..).zip(outcomes).map(of).collect();
        Body::Result(MarketResult {
            key: self.key(market),
            selections,
            unconfirmed: false,
        })
    }

    /// Takes the result of a market back.
    pub async fn rollback(&mut self, market: u32) {
        let key = self.key(market);
        self.change(market, Body::Rollback(RollbackResult { key })).await;
    }

    /// Takes the void of a market back.
    pub async fn unvoid(&mut self, market: u32) {
        let rollback = RollbackVoid {
            key: self.key(market),
            ..RollbackVoid::default()
        };
        self.change(market, Body::RollbackVoid(rollback)).await;
    }

    /// Voids a market.
    pub async fn void(&mut self, market: u32) {
        let key = self.key(market);
        self.change(
            market,
            Body::Void(VoidMarket {
                key,
                reason: "abandoned".into(),
                ..VoidMarket::default()
            }),
        )
        .await;
    }

    /// How a market is named.
    #[must_use]
    pub fn key(&self, market: u32) -> Option<MarketKey> {
        Some(key(&self.markets[market as usize - 1].0))
    }

    async fn update(&mut self, market: u32, update: MarketUpdate) {
        let key = self.key(market);
        self.change(market, Body::Market(MarketUpdate { key, ..update })).await;
    }

    /// Says what changes a market, and waits until bets are decided by it.
    pub async fn change(&mut self, market: u32, body: Body) {
        self.tell(body).await;
        self.changed(market).await;
    }

    /// Waits for one more change of a market, which someone else has made.
    pub async fn changed(&mut self, market: u32) {
        self.markets[market as usize - 1].1 += 1;
        self.wait_for(market).await;
    }

    /// Waits until the market is published in its latest version: bets are decided by it from then on.
    async fn wait_for(&mut self, market: u32) {
        let version = u64::from(self.markets[market as usize - 1].1);
        while self.seen.get(&market).is_none_or(|seen| *seen < version) {
            let heard = soon(self.watch.next())
                .await
                .expect("the stream goes on")
                .expect("a message");
            let (event, market, version) = match heard.message {
                Some(Seen::Market(image)) => (image.event, image.market, image.version),
                Some(Seen::Delta(delta)) => (delta.event, delta.market, delta.version),
                _ => continue,
            };
            if event == self.event {
                self.seen.insert(market, version);
            }
        }
    }
}

fn key(kind: &str) -> MarketKey {
    MarketKey {
        r#type: kind.into(),
        specifiers: String::new(),
    }
}

fn line(selection: u32, price: &str) -> PostedLine {
    PostedLine {
        selection: selection.to_string(),
        price: price.into(),
        removed: false,
    }
}

type Connected = (
    mpsc::Sender<FeedMessage>,
    Streaming<FeedReply>,
    Streaming<ServerMessage>,
);

async fn connect(channel: Channel) -> Connected {
    let (say, said) = mpsc::channel(64);
    let said = stream::unfold(said, |mut said| async { Some((said.recv().await?, said)) });
    let replies = soon(FeedClient::new(channel.clone()).publish(said))
        .await
        .expect("a feed stream");
    let watch = soon(BettingClient::new(channel).watch_markets(Subscribe::default()))
        .await
        .expect("a watch");
    (say, replies.into_inner(), watch.into_inner())
}
