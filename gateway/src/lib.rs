//! The edge: WebSocket, gRPC and HTTP in front of the shards.
//!
//! Invariant: stateless. What a gateway holds (sessions, a replica of the markets, counters) can be lost
//! at any moment without losing a fact; every fact is behind the router.

mod answer;
mod board;
mod bucket;
pub mod codes;
mod config;
mod conversation;
mod edge;
mod fanout;
mod frame;
mod gateway;
mod grpc;
mod http;
mod latency;
mod listen;
mod outbox;
mod parse;
mod pause;
mod prices;
mod sessions;
mod stats;
mod websocket;

pub use config::Config;
pub use gateway::{Addresses, Gateway};
pub use listen::StartFault;
pub use prices::ShowPrice;

use shardbook_proto::internal::v1::{PublicUpdate, ShardReply, ShardRequest};

/// The way to the shards.
pub type ShardRouter = shardbook_runtime::router::Router<ShardRequest, ShardReply>;

/// What shards tell every gateway once it is durable. Keys of the image are the publisher's own.
pub type PublicTopic = shardbook_runtime::bus::Topic<String, PublicUpdate>;
