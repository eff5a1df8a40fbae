//! Start and stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::edge::Edge;
use crate::listen::bind;
use crate::prices::{ShowPrice, decimal_only};
use crate::{Config, PublicTopic, ShardRouter, StartFault, fanout, grpc, http, websocket};

/// Time beyond the longest command that connections have to end.
const GRACE: Duration = Duration::from_secs(3);

/// Where a gateway listens; real ports where port 0 was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    /// WebSocket.
    pub ws: SocketAddr,
    /// gRPC.
    pub grpc: SocketAddr,
    /// The live page, `/stats`, `/healthz` and `/checkpoint`.
    pub http: SocketAddr,
}

/// A running edge. Dropping it ends it at once; [`Gateway::stop`] lets it finish what it has in hand.
pub struct Gateway {
    edge: Arc<Edge>,
    addresses: Addresses,
    health: HealthReporter,
    servers: JoinSet<()>,
    _fanout: JoinSet<()>,
}

impl Gateway {
    /// Binds the three listeners and serves, with prices in decimal alone. To be called within a tokio runtime.
    ///
    /// # Errors
    /// As [`Gateway::start_with_formats`].
    pub fn start(config: Config, router: ShardRouter, topic: Arc<PublicTopic>) -> Result<Self, StartFault> {
        Self::start_with_formats(config, router, topic, decimal_only)
    }

    /// The same with prices in every odds format that `show` writes.
    ///
    /// # Errors
    /// [`StartFault`] when the configuration is out of bounds or an address cannot be had. Nothing is left
    /// running then.
    pub fn start_with_formats(
        config: Config,
        router: ShardRouter,
        topic: Arc<PublicTopic>,
        show: ShowPrice,
    ) -> Result<Self, StartFault> {
        config.check()?;
        let (ws, rpc, web) = (
            bind("ws", config.ws)?,
            bind("grpc", config.grpc)?,
            bind("http", config.http)?,
        );
        let local = |role, listener: &tokio::net::TcpListener, address| {
            listener
                .local_addr()
                .map_err(|source| StartFault::Bind { role, address, source })
        };
        let addresses = Addresses {
            ws: local("ws", &ws, config.ws)?,
            grpc: local("grpc", &rpc, config.grpc)?,
            http: local("http", &web, config.http)?,
        };
        let edge = Arc::new(Edge::new(config, router, topic.audience().clone(), show));
        let (serving, health) = grpc::server(Arc::clone(&edge), rpc)?;
        let subscription = fanout::begin(&edge, &topic);
        let mut fanout = JoinSet::new();
        fanout.spawn(fanout::run(Arc::clone(&edge), topic, subscription));
        let mut servers = JoinSet::new();
        servers.spawn(websocket::serve(Arc::clone(&edge), ws));
        servers.spawn(http::serve(Arc::clone(&edge), addresses, web));
        let report = health.clone();
        servers.spawn(async move {
            grpc::set_health(&report, ServingStatus::Serving).await;
            if let Err(fault) = serving.await {
                tracing::error!(%fault, "the gRPC listener ended");
            }
        });
        Ok(Self {
            edge,
            addresses,
            health,
            servers,
            _fanout: fanout,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Tells whoever asks after its health that the node behind has stopped, and why. Commands are refused by the node.
    pub async fn node_failed(&self, why: String) {
        self.edge.note_failure(why);
        grpc::set_health(&self.health, ServingStatus::NotServing).await;
    }

    /// Takes no more in, answers what is under way, tells every client to connect again, and ends. Takes no
    /// longer than `command_timeout_ms` and three seconds.
    pub async fn stop(mut self) {
        grpc::set_health(&self.health, ServingStatus::NotServing).await;
        self.edge.begin_stop();
        let patience = self.edge.config.command_timeout() + GRACE;
        let ended = tokio::time::timeout(patience, async { while self.servers.join_next().await.is_some() {} });
        if ended.await.is_err() {
            tracing::warn!("some connections did not end in time and were cut");
        }
    }
}
