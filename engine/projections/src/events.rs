//! Every sporting event: the source's name of it, and whether it is over.

use shardbook_domain::event::{Event, FixtureStatus};
use shardbook_domain::ids::EventId;

use crate::{EventEntry, Row};

/// The event of a row; `None` when the key is not one of this model.
#[must_use]
pub fn event_of(key: &[u8]) -> Option<EventId> {
    Some(EventId(u64::from_be_bytes(key.try_into().ok()?)))
}

/// The key of an event's row.
#[must_use]
pub fn key_of(event: EventId) -> [u8; 8] {
    event.0.to_be_bytes()
}

/// Whether the event is over, and its name; `None` when the row is not one of this model.
#[must_use]
pub fn read(row: &[u8]) -> Option<(bool, &str)> {
    let (over, urn) = row.split_first()?;
    Some((*over == 1, std::str::from_utf8(urn).ok()?))
}

/// The rows of an entry: the event as its fixture was last updated.
pub fn rows(entry: &EventEntry<'_>, mut row: impl FnMut(Row<'_>)) {
    for event in entry.events {
        if let Event::FixtureUpdated { fixture, .. } = event {
            let over = u8::from(fixture.status == FixtureStatus::Ended);
            row(Row::Put(
                &key_of(entry.event),
                &[&[over], fixture.urn.as_bytes()].concat(),
            ));
        }
    }
}
