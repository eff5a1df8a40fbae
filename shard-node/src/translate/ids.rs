//! Ids of the wire.

use shardbook_domain::ids::{IdError, PlayerId};
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
