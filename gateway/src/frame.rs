//! One message to clients, encoded at most once in each odds format however many read it.

use std::sync::{Arc, OnceLock};

use prost::Message;
use shardbook_proto::client::v1::ServerMessage;
use shardbook_proto::client::v1::server_message::Message as Body;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::prices::{OTHERS, Quoting};

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
    /// The same in the other odds formats, each made when the first connection needs it.
    others: OnceLock<Box<[OnceLock<Arc<Frame>>; OTHERS]>>,
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
            others: OnceLock::new(),
        })
    }

    /// The frame with its prices as a connection wants them; the frame itself in decimal.
    pub(crate) fn quoted(self: &Arc<Self>, quoting: Quoting) -> Arc<Self> {
        let others = || self.others.get_or_init(Box::default);
        match quoting.other().and_then(|other| others().get(other)) {
            None => Arc::clone(self),
            Some(held) => Arc::clone(held.get_or_init(|| {
                let mut message = self.message.clone();
                message.message.iter_mut().for_each(|body| quoting.body(body));
                Arc::new(Self {
                    message,
                    json: OnceLock::new(),
                    others: OnceLock::new(),
                })
            })),
        }
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

#[cfg(test)]
mod tests {
    use shardbook_proto::client::v1::{Line, MarketDelta, OddsFormat};

    use super::*;

    /// Protects the push path: a frame is written once in each format however many connections want it, and decimal, which
    /// nearly all want, is the frame itself.
    #[test]
    fn each_format_is_written_once() {
        let line = Line {
            price: "2.00".into(),
            ..Line::default()
        };
        let delta = MarketDelta {
            lines: vec![line],
            ..MarketDelta::default()
        };
        let frame = Frame::push(Body::Delta(delta));
        let decimal = Quoting::decimal(|price, format| Some(format!("{price} as {}", format.as_str_name())));
        assert!(Arc::ptr_eq(&frame, &frame.quoted(decimal)));
        for format in [OddsFormat::Fractional, OddsFormat::Malay] {
            let quoting = decimal.changed(format).expect("is written");
            let (first, second) = (frame.quoted(quoting), frame.quoted(quoting));
            assert!(Arc::ptr_eq(&first, &second));
            let said = format!("2.00 as {}", format.as_str_name());
            assert!(first.json().contains(&said), "{}", first.json());
        }
        assert!(frame.json().contains("\"2.00\""));
    }
}
