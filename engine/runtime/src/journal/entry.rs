//! An entry: what one command came to.

use std::any::Any;
use std::sync::OnceLock;

use super::codec::{Reader, put_bytes, put_varint};
use crate::entity::{CommandId, EntityKey, Undecodable};

/// The recorded outcome of a command, its answer included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome<'a> {
    /// Whether the command was carried out; if not, it was rejected and has no events.
    pub accepted: bool,
    /// The encoded reply or rejection.
    pub bytes: &'a [u8],
}

/// An entry about to be written.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// The entity that decided.
    pub key: EntityKey,
    /// How many entries the entity had before this one.
    pub version: u64,
    /// The command's id.
    pub command: CommandId,
    /// Digest of the command's content.
    pub fingerprint: u64,
    /// When it was decided, Unix milliseconds.
    pub at_ms: u64,
    /// What it came to.
    pub outcome: Outcome<'a>,
}

impl Entry<'_> {
    /// Writes the entry; `events` are the encoded events in order.
    pub fn encode<'e>(&self, events: impl ExactSizeIterator<Item = &'e [u8]>, into: &mut Vec<u8>) {
        into.push(self.key.kind);
        into.extend_from_slice(&self.key.id.to_le_bytes());
        put_varint(self.version, into);
        into.extend_from_slice(&self.command.0);
        into.extend_from_slice(&self.fingerprint.to_le_bytes());
        put_varint(self.at_ms, into);
        into.push(u8::from(self.outcome.accepted));
        put_bytes(self.outcome.bytes, into);
        put_varint(events.len() as u64, into);
        for event in events {
            put_bytes(event, into);
        }
    }
}

/// An entry read from a frame, borrowing its bytes.
#[derive(Debug)]
pub struct EntryRef<'a> {
    /// The head of the entry.
    pub entry: Entry<'a>,
    event_count: u64,
    events: &'a [u8],
    made: OnceLock<Box<dyn Any + Send + Sync>>,
}

impl<'a> EntryRef<'a> {
    /// Reads one entry from the front of the reader.
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, Undecodable> {
        let kind = reader.byte("kind")?;
        let id = u64::from_le_bytes(reader.array("id")?);
        let version = reader.varint("version")?;
        let command = CommandId(reader.array("command id")?);
        let fingerprint = u64::from_le_bytes(reader.array("fingerprint")?);
        let at_ms = reader.varint("time")?;
        let accepted = reader.flag("outcome")?;
        let bytes = reader.bytes("outcome")?;
        let event_count = reader.varint("event count")?;
        let mut probe = reader.clone();
        for _ in 0..event_count {
            probe.bytes("event")?;
        }
        let events = reader.take(reader.left() - probe.left(), "events")?;
        let outcome = Outcome { accepted, bytes };
        let entry = Entry {
            key: EntityKey { kind, id },
            version,
            command,
            fingerprint,
            at_ms,
            outcome,
        };
        Ok(Self {
            entry,
            event_count,
            events,
            made: OnceLock::new(),
        })
    }

    /// What is made of the entry, made by whoever asks first and shared with all who ask after: many views read an entry,
    /// and it is decoded once.
    ///
    /// # Errors
    /// As `make`, each time.
    ///
    /// # Panics
    /// When it was asked for as another type before.
    pub fn shared<T: Send + Sync + 'static>(
        &self,
        make: impl FnOnce(&Self) -> Result<T, Undecodable>,
    ) -> Result<&T, Undecodable> {
        let made = match self.made.get() {
            Some(made) => made,
            None => {
                let made = make(self)?;
                self.made.get_or_init(|| Box::new(made))
            }
        };
        Ok(made
            .downcast_ref()
            .unwrap_or_else(|| panic!("an entry is shared as one type")))
    }

    /// The encoded events, in order.
    pub fn events(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let mut reader = Reader::new(self.events);
        // `read` has walked over every event, so none of these reads can fail.
        (0..self.event_count).map_while(move |_| reader.bytes("event").ok())
    }

    /// How many events there are; none for a rejection.
    #[must_use]
    pub fn event_count(&self) -> u64 {
        self.event_count
    }
}
