//! The partners' and feeds' door.

mod betting;
mod bulk;
mod deadline;
mod feed;
mod session;
mod trading;

use std::sync::Arc;

use shardbook_proto::backoffice::v1::trading_server::TradingServer;
use shardbook_proto::client::v1::betting_server::BettingServer;
use shardbook_proto::client::v1::bulk_betting_server::BulkBettingServer;
use shardbook_proto::provider::v1::feed_server::FeedServer;
use tokio::net::TcpListener;
use tonic::transport::Server;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::StartFault;
use crate::edge::Edge;
use crate::listen::Places;

/// Bytes: a market definition of some hundred runners with long names has room; nothing larger is read.
const FEED_MESSAGE_BYTES: usize = 1 << 20;
/// Bytes: the most bets of a message, of one leg each with long names, fit ten times over; nothing larger is read.
const BULK_MESSAGE_BYTES: usize = 1 << 20;
/// Calls under way on one connection, unary and streams together.
const CALLS_PER_CONNECTION: u32 = 4_096;
/// Bytes in flight of one stream and of one connection before the sender must wait.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 << 20;

type Serving = std::pin::Pin<Box<dyn Future<Output = Result<(), tonic::transport::Error>> + Send>>;

/// The names under which health is told: the server as a whole and each of its services.
const SERVICES: [&str; 5] = [
    "",
    "shardbook.client.v1.Betting",
    "shardbook.provider.v1.Feed",
    "shardbook.backoffice.v1.Trading",
    "shardbook.client.v1.BulkBetting",
];

/// A server ready to run, and the handle on its health.
///
/// # Errors
/// [`StartFault::Schema`] when reflection cannot read the descriptors.
pub(crate) fn server(edge: Arc<Edge>, listener: TcpListener) -> Result<(Serving, HealthReporter), StartFault> {
    let schema = |fault: tonic_reflection::server::Error| StartFault::Schema(fault.to_string());
    let descriptors = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(shardbook_proto::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let (health, health_service) = tonic_health::server::health_reporter();
    let betting = BettingServer::new(betting::Service {
        edge: Arc::clone(&edge),
    })
    .max_decoding_message_size(edge.config.max_frame_bytes);
    let bulk = BulkBettingServer::new(bulk::Service {
        edge: Arc::clone(&edge),
    })
    .max_decoding_message_size(BULK_MESSAGE_BYTES);
    let feed = FeedServer::new(feed::Service {
        edge: Arc::clone(&edge),
    })
    .max_decoding_message_size(FEED_MESSAGE_BYTES);
    let trading = TradingServer::new(trading::Service {
        edge: Arc::clone(&edge),
    })
    .max_decoding_message_size(FEED_MESSAGE_BYTES);
    let stopped = edge.stopped();
    let (most, idle) = (edge.config.max_grpc_connections, edge.config.idle());
    // HTTP/2 has no word for it before a client has spoken: it finds its connection closed and tries again.
    let places = Places::new(Arc::clone(&edge), listener, most, idle, b"");
    let serving = Server::builder()
        .max_concurrent_streams(CALLS_PER_CONNECTION)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .http2_keepalive_interval(Some(edge.config.heartbeat()))
        .http2_keepalive_timeout(Some(edge.config.heartbeat() * 3))
        .add_service(health_service)
        .add_service(descriptors().build_v1().map_err(schema)?)
        .add_service(descriptors().build_v1alpha().map_err(schema)?)
        .add_service(betting)
        .add_service(bulk)
        .add_service(feed)
        .add_service(trading)
        .serve_with_incoming_shutdown(places.into_stream(), stopped);
    Ok((Box::pin(serving), health))
}

/// Tells health checkers whether to send work here.
pub(crate) async fn set_health(health: &HealthReporter, status: ServingStatus) {
    for service in SERVICES {
        health.set_service_status(service, status).await;
    }
}
