//! What an operator may set at the edge.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::StartFault;

/// Keys of the gateway. Every one has a default that is right for one machine; unknown keys are refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where players connect by WebSocket. Port 0 takes a free one.
    pub ws: SocketAddr,
    /// Where partners and feeds connect by gRPC. Port 0 takes a free one.
    pub grpc: SocketAddr,
    /// Where the live page and `/stats` are. Port 0 takes a free one.
    pub http: SocketAddr,
    /// Allows addresses that other machines can reach. Off, because nobody is authenticated yet.
    pub allow_remote: bool,
    /// Allows deposits and withdrawals of test funds: money from nowhere. On for development only.
    pub test_cashier: bool,
    /// Bytes, 1,024 to 1,048,576: the largest message read from a player or partner. A slip of 20 legs takes
    /// about 2 KB; what is larger costs memory before it is known to be good.
    pub max_frame_bytes: usize,
    /// Connections and gRPC streams, 1 to 1,000,000: beyond this a newcomer is turned away, so that those
    /// who are in keep their memory.
    pub max_connections: usize,
    /// Requests, 1 to 10,000: unanswered requests of one WebSocket. One more is refused.
    pub max_inflight_per_connection: usize,
    /// Requests, 1 to 100,000: unanswered requests of one gRPC session, or bets of one stream of bets. At this number the
    /// stream is not read until an answer has left: a partner speaks for many players at once.
    pub partner_inflight: usize,
    /// Bets, 1 to 10,000: in one message of bulk betting, either way. Enough that the cost of a message is no part of the
    /// cost of a bet; more only makes the first answer wait for more bets.
    pub max_batch_bets: usize,
    /// Messages a second, 1 to 1,000,000: what one WebSocket may send in the long run.
    pub commands_per_second: u32,
    /// Messages, 1 to 1,000,000: what one WebSocket may send at once after a pause.
    pub command_burst: u32,
    /// Bytes, 4,096 to 16,777,216: what waits for one connection before market updates are conflated. Four
    /// times as much, in answers and player pushes, closes it as a slow consumer.
    pub outbox_bytes: usize,
    /// Milliseconds, 10 to 600,000: a WebSocket that is idle so long is pinged, and closed after three.
    pub heartbeat_ms: u32,
    /// Milliseconds, 10 to 600,000: how long a request waits for its durable answer before the client is told
    /// that the outcome is unknown. Also the deadline after which a shard refuses it unrun.
    pub command_timeout_ms: u32,
    /// Milliseconds, 1 to 10,000: for which a connection is not read after the engine refused something of it as OVERLOADED,
    /// and what the client is told to wait. What is not read costs nothing.
    pub overload_pause_ms: u32,
    /// Connections, 1 to 100,000: of gRPC clients at once. One more is closed unread. Each may have thousands of calls.
    pub max_grpc_connections: usize,
    /// Connections, 1 to 100,000: of readers of the live page and its figures. One more hears 503.
    pub max_http_connections: usize,
    /// Milliseconds, 100 to 600,000: without a byte either way after which a connection of gRPC or HTTP is closed, so that
    /// nobody keeps a place for nothing. Above heartbeat_ms: a gRPC client that is there answers heartbeats.
    pub idle_ms: u32,
    /// Milliseconds, 100 to 600,000: between two prices of the open bets of a player who watches cash-out. Each costs as
    /// much as reading all open bets of the player.
    pub cash_out_push_ms: u32,
}

impl Default for Config {
    fn default() -> Self {
        let loopback = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
        Self {
            ws: loopback(7700),
            grpc: loopback(7701),
            http: loopback(7702),
            allow_remote: false,
            test_cashier: true,
            max_frame_bytes: 64 * 1024,
            max_connections: 50_000,
            max_inflight_per_connection: 64,
            partner_inflight: 4_096,
            max_batch_bets: 1_024,
            commands_per_second: 200,
            command_burst: 400,
            outbox_bytes: 256 * 1024,
            heartbeat_ms: 15_000,
            command_timeout_ms: 5_000,
            overload_pause_ms: 10,
            max_grpc_connections: 1_024,
            max_http_connections: 256,
            idle_ms: 60_000,
            cash_out_push_ms: 1_000,
        }
    }
}

impl Config {
    /// Checks every key against its bounds.
    ///
    /// # Errors
    /// [`StartFault::OutOfBounds`] names the first key that is not within them, [`StartFault::Remote`] an
    /// address that other machines can reach without `allow_remote`.
    pub fn check(&self) -> Result<(), StartFault> {
        for (role, address) in [("ws", self.ws), ("grpc", self.grpc), ("http", self.http)] {
            if !self.allow_remote && !address.ip().is_loopback() {
                return Err(StartFault::Remote { role, address });
            }
        }
        let bounds: [(&'static str, usize, usize, usize); 15] = [
            ("max_frame_bytes", self.max_frame_bytes, 1_024, 1_048_576),
            ("max_connections", self.max_connections, 1, 1_000_000),
            (
                "max_inflight_per_connection",
                self.max_inflight_per_connection,
                1,
                10_000,
            ),
            ("partner_inflight", self.partner_inflight, 1, 100_000),
            ("max_batch_bets", self.max_batch_bets, 1, 10_000),
            ("commands_per_second", self.commands_per_second as usize, 1, 1_000_000),
            ("command_burst", self.command_burst as usize, 1, 1_000_000),
            ("outbox_bytes", self.outbox_bytes, 4_096, 16 << 20),
            ("heartbeat_ms", self.heartbeat_ms as usize, 10, 600_000),
            ("command_timeout_ms", self.command_timeout_ms as usize, 10, 600_000),
            ("overload_pause_ms", self.overload_pause_ms as usize, 1, 10_000),
            ("max_grpc_connections", self.max_grpc_connections, 1, 100_000),
            ("max_http_connections", self.max_http_connections, 1, 100_000),
            ("idle_ms", self.idle_ms as usize, 100, 600_000),
            ("cash_out_push_ms", self.cash_out_push_ms as usize, 100, 600_000),
        ];
        match bounds
            .into_iter()
            .find(|(_, value, low, high)| !(low..=high).contains(&value))
        {
            Some((key, value, low, high)) => Err(StartFault::OutOfBounds { key, value, low, high }),
            None => Ok(()),
        }
    }

    pub(crate) fn command_timeout(&self) -> Duration {
        Duration::from_millis(self.command_timeout_ms.into())
    }

    pub(crate) fn cash_out_push(&self) -> Duration {
        Duration::from_millis(self.cash_out_push_ms.into())
    }

    pub(crate) fn idle(&self) -> Duration {
        Duration::from_millis(self.idle_ms.into())
    }

    pub(crate) fn heartbeat(&self) -> Duration {
        Duration::from_millis(self.heartbeat_ms.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects an operator from a value that would starve or flood every connection.
    #[test]
    fn every_bound_is_held() {
        assert!(Config::default().check().is_ok());
        type Spoil = fn(&mut Config);
        let rows: [(&str, Spoil); 9] = [
            ("max_frame_bytes", |config| config.max_frame_bytes = 10),
            ("max_connections", |config| config.max_connections = 0),
            ("max_batch_bets", |config| config.max_batch_bets = 0),
            ("outbox_bytes", |config| config.outbox_bytes = usize::MAX),
            ("heartbeat_ms", |config| config.heartbeat_ms = 1),
            ("command_timeout_ms", |config| config.command_timeout_ms = 0),
            ("overload_pause_ms", |config| config.overload_pause_ms = 0),
            ("max_grpc_connections", |config| config.max_grpc_connections = 0),
            ("idle_ms", |config| config.idle_ms = 99),
        ];
        for (key, spoil) in rows {
            let mut config = Config::default();
            spoil(&mut config);
            let fault = config.check().expect_err(key).to_string();
            assert!(fault.contains(key), "{fault}");
        }
    }

    /// Protects a machine on a network: without authentication nothing listens beyond it unasked.
    #[test]
    fn remote_addresses_need_a_word() {
        let everywhere = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);
        let mut config = Config {
            grpc: everywhere,
            ..Config::default()
        };
        assert!(config.check().expect_err("remote").to_string().contains("allow_remote"));
        config.allow_remote = true;
        assert!(config.check().is_ok());
    }

    /// Protects against a misspelt key that would silently leave the default in force.
    #[test]
    fn unknown_keys_are_refused() {
        assert!(serde_json::from_str::<Config>(r#"{"heartbeat_ms": 1000}"#).is_ok());
        assert!(serde_json::from_str::<Config>(r#"{"hartbeat_ms": 1000}"#).is_err());
    }
}
