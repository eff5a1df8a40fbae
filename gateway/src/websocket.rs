//! The players' door: accepts, shakes hands, and gives each socket a task of its own.

mod connection;
pub(crate) mod origin;

use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, accept_hdr_async_with_config};

use crate::conversation::Conversation;
use crate::edge::Edge;
use crate::frame::Wire;
use crate::http::FULL;
use crate::listen::turn_away;
use crate::outbox::Outbox;
use connection::Connection;

/// An idle connection costs about this much of buffer, once.
const READ_BUFFER_BYTES: usize = 4 * 1024;
/// Frames are gathered up to here before the socket is written.
const WRITE_BUFFER_BYTES: usize = 8 * 1024;
/// Who has not shaken hands by then is sent away.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// After a failed accept (no descriptors left), so that the fault is not met in a tight loop.
const BREATH: Duration = Duration::from_millis(50);

/// Accepts until the gateway stops, then waits for every connection to close.
pub(crate) async fn serve(edge: Arc<Edge>, listener: TcpListener) {
    let mut connections = JoinSet::new();
    let mut stopped = std::pin::pin!(edge.stopped());
    loop {
        tokio::select! {
            () = &mut stopped => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => match edge.admit(Wire::Json) {
                    Some(outbox) => _ = connections.spawn(converse(Arc::clone(&edge), stream, outbox)),
                    None => turn_away(stream, FULL),
                },
                Err(fault) => {
                    tracing::warn!(%fault, "a connection could not be accepted");
                    tokio::time::sleep(BREATH).await;
                }
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn converse(edge: Arc<Edge>, stream: TcpStream, outbox: Arc<Outbox>) {
    let _ = stream.set_nodelay(true);
    // From here on the conversation gives the place back, whatever happens.
    let conversation = Conversation::with_player(Arc::clone(&edge), Arc::clone(&outbox));
    let shaken = tokio::select! {
        shaken = tokio::time::timeout(HANDSHAKE, shake_hands(&edge, stream)) => shaken.ok().flatten(),
        () = edge.stopped() => None,
    };
    if let Some(socket) = shaken {
        Connection::new(edge, socket, conversation, outbox).run().await;
    }
}

async fn shake_hands(edge: &Edge, stream: TcpStream) -> Option<WebSocketStream<TcpStream>> {
    let largest = Some(edge.config.max_frame_bytes);
    let limits = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_message_size(largest)
        .max_frame_size(largest);
    let policy = origin::Policy {
        allow_remote: edge.config.allow_remote,
    };
    accept_hdr_async_with_config(stream, policy, Some(limits)).await.ok()
}
