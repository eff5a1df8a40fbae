//! The house of a bench: a node on a folder of its own, with funded players and open markets.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use shardbook_gateway::{Addresses, Gateway};
use shardbook_proto::client::v1 as client;
use shardbook_proto::internal::v1::{
    PlayerRequest, Register, ShardRequest, player_request, shard_reply, shard_request,
};
use shardbook_proto::provider::v1 as provider;
use shardbook_proto::provider::v1::feed_message::Body;
use shardbook_runtime::slot::ShardId;
use shardbook_shard_node::{ShardNode, ShardRouter};

use super::plan::player_ref;
use crate::cli::{BenchArgs, BenchVia, BenchWorkload};
use crate::progress::Progress;
use crate::{Failure, config};

/// The sporting event of the bench, its markets and the price of every selection.
pub(super) const EVENT: &str = "bench:event:1";
pub(super) const MARKETS: u32 = 50;
pub(super) const SELECTIONS: u32 = 3;
pub(super) const PRICE: &str = "2.50";
/// What each player is given at once: the largest deposit of the default rules.
const FUNDS: u64 = 100_000;
/// Players in memory where nearly every bet is to find its own on disk: the fewest that a node can be set to.
const COLD_RESIDENTS: usize = 1_000;
/// Milliseconds between the rounds in which those over that number leave: the shortest that a node can be set to.
const COLD_ROUND_MS: u64 = 100;
/// Players, beside those with a bet under way, of whom each is back in turn only after two such rounds, at 150,000 bets a
/// second.
pub(super) const COLD_PLAYERS_LEAST: u64 = 30_000;
/// Between two looks at what is left to settle.
const LOOK: Duration = Duration::from_millis(5);

pub(super) struct House {
    node: ShardNode,
    gateway: Option<Gateway>,
    data: PathBuf,
    _folder: Option<tempfile::TempDir>,
}

/// What a workload needs of a house.
pub(super) struct Needs {
    pub(super) players: u64,
    /// Bets of 1.00 of one player at most.
    pub(super) bets_a_player: u64,
    pub(super) short_markets: u32,
}

impl House {
    /// A house that has what is needed.
    pub(super) async fn open(args: &BenchArgs, needs: &Needs) -> Result<Self, Failure> {
        Self::open_with(args, config::House::default(), needs).await
    }

    /// As [`Self::open`], of this configuration.
    pub(super) async fn open_with(args: &BenchArgs, house: config::House, needs: &Needs) -> Result<Self, Failure> {
        let house = Self::start(args, house).await?;
        house.open_markets(MARKETS + needs.short_markets).await?;
        house.fund(needs.players, needs.bets_a_player / FUNDS + 1).await?;
        Ok(house)
    }

    /// A house of this configuration, with what its folder holds already.
    pub(super) async fn start(args: &BenchArgs, mut house: config::House) -> Result<Self, Failure> {
        let (data, folder) = data_folder(args)?;
        house.node.shards = args.shards;
        if args.workload == BenchWorkload::ColdPlayers {
            house.node.residents_max = COLD_RESIDENTS;
            house.node.checkpoint_ms = COLD_ROUND_MS;
        }
        // One player may have all bets under way, and the pace of a person is not what is measured.
        house.node.mailbox_max = house.node.mailbox_max.max(args.in_flight as u32);
        house.gateway.max_connections = 10_000;
        house.gateway.max_inflight_per_connection = 10_000;
        house.gateway.commands_per_second = 1_000_000;
        house.gateway.command_burst = 1_000_000;
        let [ws, grpc, http] = [&mut house.gateway.ws, &mut house.gateway.grpc, &mut house.gateway.http];
        for address in [ws, grpc, http] {
            address.set_port(0);
        }
        let on_fault = Arc::new(|fault| panic!("the store failed under the bench: {fault}"));
        let node = ShardNode::start(house.node_options(&data), on_fault, |_, _| ()).await?;
        let gateway = match args.via {
            BenchVia::InProcess => None,
            _ => Some(Gateway::start(house.gateway, node.router(), node.topic())?),
        };
        Ok(Self {
            node,
            gateway,
            data,
            _folder: folder,
        })
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

    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    /// Until everything durable is in the views, every result is brought to every bet, and that too is in the views.
    pub(super) async fn until_caught_up(&self) -> Result<(), Failure> {
        let journal = self.node.journal();
        journal.until_viewed().await?;
        let shards = || (0..journal.map().shards()).map(ShardId);
        let durable = || shards().map(|shard| journal.durability().durable(shard)).sum();
        while self.node.settlement().backlog(durable()) > 0 {
            tokio::time::sleep(LOOK).await;
        }
        Ok(journal.until_viewed().await?)
    }

    pub(super) async fn close(self) -> Result<(), Failure> {
        if let Some(gateway) = self.gateway {
            gateway.stop().await;
        }
        Ok(self.node.stop().await?)
    }

    async fn open_markets(&self, markets: u32) -> Result<(), Failure> {
        let fixture = provider::Fixture {
            sport: "football".into(),
            name: "Bench v Clock".into(),
            starts_ms: 1_700_000_000_000,
            status: provider::FixtureStatus::Scheduled.into(),
            ..provider::Fixture::default()
        };
        self.feed("fixture".into(), Body::Fixture(fixture)).await?;
        for market in 1..=markets {
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
            patience_ms: 0,
        };
        match self.router().call(request).await?.reply {
            Some(shard_reply::Reply::Feed(reply)) if reply.code.is_empty() || reply.code == "SOURCE_TIME_WENT_BACK" => {
                Ok(())
            }
            other => Err(format!("the market of the bench was refused: {other:?}").into()),
        }
    }

    async fn fund(&self, players: u64, times: u64) -> Result<(), Failure> {
        let mut progress = Progress::new("funding", Some(players));
        let router = self.router();
        let fund = |player: u64| {
            let router = router.clone();
            async move {
                let register = player_request::Request::Register(Register { currency: "EUR".into() });
                router.call(of_player(player, String::new(), register)).await?;
                for time in 0..times {
                    let deposit = player_request::Request::Deposit(client::Deposit {
                        amount: format!("{FUNDS}.00"),
                        currency: "EUR".into(),
                    });
                    match router
                        .call(of_player(player, format!("funds-{time}"), deposit))
                        .await?
                        .reply
                    {
                        Some(shard_reply::Reply::Balance(_)) => {}
                        other => return Err(Failure::from(format!("a deposit of the bench was refused: {other:?}"))),
                    }
                }
                Ok(())
            }
        };
        let mut funded = stream::iter(0..players).map(fund).buffer_unordered(512);
        let mut done = 0;
        while let Some(one) = funded.next().await {
            one?;
            done += 1;
            progress.set(done, "players");
        }
        progress.finish(format!("{players} players with {} EUR each", FUNDS * times));
        Ok(())
    }
}

pub(super) fn of_player(player: u64, command_id: String, request: player_request::Request) -> ShardRequest {
    let request = PlayerRequest {
        player: Some(player_ref(player)),
        command_id,
        request: Some(request),
    };
    ShardRequest {
        target: Some(shard_request::Target::Player(request)),
        deadline_ms: 0,
        patience_ms: 0,
    }
}

fn key(market: u32) -> provider::MarketKey {
    provider::MarketKey {
        r#type: "BENCH".into(),
        specifiers: format!("n={market}"),
    }
}

pub(super) fn data_folder(args: &BenchArgs) -> Result<(PathBuf, Option<tempfile::TempDir>), Failure> {
    if let Some(data) = &args.data {
        return Ok((data.clone(), None));
    }
    let folder = tempfile::Builder::new().prefix("shardbook-bench-").tempdir()?;
    Ok((folder.path().join("data"), Some(folder)))
}
