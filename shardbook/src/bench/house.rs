//! The house of a bench: a node on a folder of its own, with funded players and open markets.

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::stream::{self, StreamExt};
use shardbook_gateway::{Addresses, Gateway};
use shardbook_proto::client::v1 as client;
use shardbook_proto::internal::v1::{Register, ShardRequest, player_request, shard_reply, shard_request};
use shardbook_proto::provider::v1 as provider;
use shardbook_proto::provider::v1::feed_message::Body;
use shardbook_shard_node::{ShardNode, ShardRouter};

use super::of_player;
use crate::cli::{BenchArgs, BenchVia};
use crate::progress::Progress;
use crate::{Failure, config};

/// The sporting event of the bench, its markets and the price of every selection.
pub(super) const EVENT: &str = "bench:event:1";
pub(super) const MARKETS: u32 = 50;
pub(super) const SELECTIONS: u32 = 3;
pub(super) const PRICE: &str = "2.50";
/// What each player has: the largest deposit of the default rules.
const FUNDS: &str = "100000.00";

pub(super) struct House {
    node: ShardNode,
    gateway: Option<Gateway>,
    _folder: Option<tempfile::TempDir>,
}

impl House {
    /// A house with so many funded players.
    pub(super) async fn open(args: &BenchArgs, players: u64) -> Result<Self, Failure> {
        let (data, folder) = data_folder(args)?;
        let mut house = config::House::default();
        house.node.shards = args.shards;
        house.gateway.max_connections = 10_000;
        let [ws, grpc, http] = [&mut house.gateway.ws, &mut house.gateway.grpc, &mut house.gateway.http];
        for address in [ws, grpc, http] {
            address.set_port(0);
        }
        let on_fault = Arc::new(|fault| panic!("the store failed under the bench: {fault}"));
        let node = ShardNode::start(house.node_options(&data), on_fault, |_, _| ()).await?;
        let gateway = match args.via {
            BenchVia::InProcess => None,
            BenchVia::Grpc => Some(Gateway::start(house.gateway, node.router(), node.topic())?),
        };
        let house = Self {
            node,
            gateway,
            _folder: folder,
        };
        house.open_markets().await?;
        house.fund(players).await?;
        Ok(house)
    }

    pub(super) fn router(&self) -> ShardRouter {
        self.node.router()
    }

    pub(super) fn node(&self) -> &ShardNode {
        &self.node
    }

    pub(super) fn addresses(&self) -> Option<Addresses> {
        self.gateway.as_ref().map(Gateway::addresses)
    }

    pub(super) async fn close(self) -> Result<(), Failure> {
        if let Some(gateway) = self.gateway {
            gateway.stop().await;
        }
        Ok(self.node.stop().await?)
    }

    async fn open_markets(&self) -> Result<(), Failure> {
        let fixture = provider::Fixture {
            sport: "football".into(),
            name: "Bench v Clock".into(),
            starts_ms: 1_700_000_000_000,
            status: provider::FixtureStatus::Scheduled.into(),
            ..provider::Fixture::default()
        };
        self.feed("fixture".into(), Body::Fixture(fixture)).await?;
        for market in 1..=MARKETS {
            let ids = || (1..=SELECTIONS).map(|selection| selection.to_string());
            let definition = provider::MarketDefinition {
                name: format!("Market {market}"),
                winners: 1,
                selections: ids()
                    .map(|id| provider::SelectionDefinition { name: id.clone(), id })
                    .collect(),
                ..provider::MarketDefinition::default()
            };
            let line = |selection| provider::PostedLine {
                selection,
                price: PRICE.into(),
                removed: false,
            };
            let update = provider::MarketUpdate {
                key: Some(key(market)),
                definition: Some(definition),
                status: provider::FeedMarketStatus::Open.into(),
                lines: ids().map(line).collect(),
                ..provider::MarketUpdate::default()
            };
            self.feed(format!("market-{market}"), Body::Market(update)).await?;
        }
        Ok(())
    }

    /// The first selection of a market wins.
    pub(super) async fn result(&self, market: u32) -> Result<(), Failure> {
        let result = |selection: u32| provider::SelectionResult {
            selection: selection.to_string(),
            outcome: match selection {
                1 => provider::Outcome::Won,
                _ => provider::Outcome::Lost,
            }
            .into(),
            ..provider::SelectionResult::default()
        };
        let body = provider::MarketResult {
            key: Some(key(market)),
            selections: (1..=SELECTIONS).map(result).collect(),
            ..provider::MarketResult::default()
        };
        self.feed(format!("result-{market}"), Body::Result(body)).await
    }

    async fn feed(&self, id: String, body: Body) -> Result<(), Failure> {
        let message = provider::FeedMessage {
            id,
            event: EVENT.into(),
            source_ms: 1_700_000_000_000,
            body: Some(body),
            received_us: 0,
        };
        let request = ShardRequest {
            target: Some(shard_request::Target::Feed(message)),
            deadline_ms: 0,
        };
        match self.router().call(request).await?.reply {
            Some(shard_reply::Reply::Feed(reply)) if reply.code.is_empty() || reply.code == "SOURCE_TIME_WENT_BACK" => {
                Ok(())
            }
            other => Err(format!("the market of the bench was refused: {other:?}").into()),
        }
    }

    async fn fund(&self, players: u64) -> Result<(), Failure> {
        let mut progress = Progress::new("funding", Some(players));
        let router = self.router();
        let fund = |player: u64| {
            let router = router.clone();
            async move {
                let register = player_request::Request::Register(Register { currency: "EUR".into() });
                router.call(of_player(player, String::new(), register)).await?;
                let deposit = client::Deposit {
                    amount: FUNDS.into(),
                    currency: "EUR".into(),
                };
                let deposit = player_request::Request::Deposit(deposit);
                match router.call(of_player(player, "funds".into(), deposit)).await?.reply {
                    Some(shard_reply::Reply::Balance(_)) => Ok(()),
                    other => Err(Failure::from(format!("a deposit of the bench was refused: {other:?}"))),
                }
            }
        };
        let mut funded = stream::iter(0..players).map(fund).buffer_unordered(512);
        let mut done = 0;
        while let Some(one) = funded.next().await {
            one?;
            done += 1;
            progress.set(done, "players");
        }
        progress.finish(format!("{players} players with {FUNDS} EUR each"));
        Ok(())
    }
}

fn key(market: u32) -> provider::MarketKey {
    provider::MarketKey {
        r#type: "BENCH".into(),
        specifiers: format!("n={market}"),
    }
}

fn data_folder(args: &BenchArgs) -> Result<(PathBuf, Option<tempfile::TempDir>), Failure> {
    if let Some(data) = &args.data {
        return Ok((data.clone(), None));
    }
    let folder = tempfile::Builder::new().prefix("shardbook-bench-").tempdir()?;
    Ok((folder.path().join("data"), Some(folder)))
}
