//! Ids of the wire.

use std::cell::RefCell;

use shardbook_domain::ids::{EventId, IdError, PlayerId};
use shardbook_runtime::entity::{CommandId, EntityKey};

/// The id of a command from what its sender calls it: names are the sender's own, so the entity is part of it.
#[must_use]
pub fn command_id(key: EntityKey, name: &str) -> CommandId {
    let key = key.to_bytes();
    // Nearly every name is short, and then nothing is allocated for it.
    let (mut bytes, length) = ([0; 128], key.len() + name.len());
    if length > bytes.len() {
        return CommandId::from_name(&[key.as_slice(), name.as_bytes()].concat());
    }
    bytes[..key.len()].copy_from_slice(&key);
    bytes[key.len()..length].copy_from_slice(name.as_bytes());
    CommandId::from_name(&bytes[..length])
}

/// The id of a player from brand and the brand's reference.
///
/// # Errors
/// When one of the two is not of its form.
pub fn player_id_of(brand: &str, reference: &str) -> Result<PlayerId, IdError> {
    PlayerId::of(brand, reference)
}

/// Events whose ids a thread keeps at hand, about as many as are bet on at a time.
const AT_HAND: usize = 64;

thread_local! {
    /// Names and ids of events that were asked for lately, each at the place that its name gives.
    static EVENTS: RefCell<[(String, EventId); AT_HAND]> =
        RefCell::new(std::array::from_fn(|_| (String::new(), EventId(0))));
}

/// The id of an event from its source's name. Most bets are on few events, and to compare a name takes less than its digest.
///
/// # Errors
/// When it is not of its form.
pub(super) fn event_id_of(urn: &str) -> Result<EventId, IdError> {
    EVENTS.with_borrow_mut(|events| {
        // Names differ at their ends.
        let place = (urn.bytes().rev().take(8)).fold(0, |place: usize, byte| {
            place.wrapping_mul(31).wrapping_add(usize::from(byte))
        });
        let (name, id) = &mut events[place % AT_HAND];
        // Where nothing is at hand the name is empty, which is no event's.
        if name != urn || urn.is_empty() {
            *id = EventId::of(urn)?;
            urn.clone_into(name);
        }
        Ok(*id)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects a bet from going to another event: whatever was asked for before, a name has its own id, and what is no name
    /// is refused each time.
    #[test]
    fn an_event_has_its_own_id_whatever_came_before() {
        let long = "x".repeat(129);
        for _ in 0..2 {
            for number in 0..10 * AT_HAND {
                let urn = format!("match:{number}");
                assert_eq!(event_id_of(&urn), EventId::of(&urn));
            }
            for none in ["", "two words", &long] {
                assert!(event_id_of(none).is_err(), "{none}");
            }
        }
    }
}
