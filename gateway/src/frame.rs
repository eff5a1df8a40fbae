//! One message to clients, encoded at most once however many read it.

use std::sync::{Arc, OnceLock};

use prost::Message;
use shardbook_proto::client::v1::ServerMessage;
use shardbook_proto::client::v1::server_message::Message as Body;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// What a connection speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    /// proto3 JSON on a WebSocket.
    Json,
    /// Protobuf in a gRPC stream.
    Proto,
}

/// A message and its JSON, made when the first WebSocket needs it and shared by all.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    message: ServerMessage,
    json: OnceLock<Utf8Bytes>,
}

/// What one queued frame costs besides its bytes.
const OVERHEAD: usize = 64;

impl Frame {
    pub(crate) fn new(id: String, body: Body) -> Arc<Self> {
        Arc::new(Self {
            message: ServerMessage {
                id,
                message: Some(body),
            },
            json: OnceLock::new(),
        })
    }

    pub(crate) fn push(body: Body) -> Arc<Self> {
        Self::new(String::new(), body)
    }

    pub(crate) fn json(&self) -> Utf8Bytes {
        // A generated message has no key or value that JSON cannot hold.
        let encode = || serde_json::to_string(&self.message).unwrap_or_default().into();
        self.json.get_or_init(encode).clone()
    }

    pub(crate) fn message(self: Arc<Self>) -> ServerMessage {
        Arc::unwrap_or_clone(self).message
    }

    /// Bytes that this frame holds while it waits on a connection.
    pub(crate) fn weight(&self, wire: Wire) -> usize {
        let bytes = match wire {
            Wire::Json => self.json().len(),
            Wire::Proto => self.message.encoded_len(),
        };
        bytes + OVERHEAD
    }

    /// When the source's update was received, Unix microseconds; 0 where that is not known.
    pub(crate) fn received_us(&self) -> i64 {
        match &self.message.message {
            Some(Body::Delta(delta)) => delta.received_us,
            _ => 0,
        }
    }
}
