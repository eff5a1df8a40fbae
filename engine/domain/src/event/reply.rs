//! What the source is told.

use serde::{Deserialize, Serialize};

use super::event::Event;
use super::state::State;
use crate::codec::{self, DecodeError};

/// The answer to a message that was not refused. Kept with the message's id: append variants, never reorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// It was taken.
    Taken {
        /// How many events it led to; 0 where it said nothing new.
        changes: u32,
    },
}

impl Reply {
    /// Appends its bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        codec::encode(self, out);
    }

    /// Reads the bytes of exactly one reply.
    pub fn decode(bytes: &[u8]) -> Result<Reply, DecodeError> {
        codec::decode(bytes, codec::MAX_RECORD_BYTES)
    }
}

/// The answer to the message that led to these events.
pub fn reply(_after: &State, events: &[Event]) -> Reply {
    Reply::Taken {
        changes: u32::try_from(events.len()).unwrap_or(u32::MAX),
    }
}
