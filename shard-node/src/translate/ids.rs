//! Ids of the wire.

use shardbook_domain::ids::{IdError, PlayerId};
use shardbook_runtime::entity::{CommandId, EntityKey};

/// The id of a command from what its sender calls it: names are the sender's own, so the entity is part of it.
#[must_use]
pub fn command_id(key: EntityKey, name: &str) -> CommandId {
    let mut bytes = key.to_bytes().to_vec();
    bytes.extend_from_slice(name.as_bytes());
    CommandId::from_name(&bytes)
}

/// The id of a player from brand and the brand's reference.
///
/// # Errors
/// When one of the two is not of its form.
pub fn player_id_of(brand: &str, reference: &str) -> Result<PlayerId, IdError> {
    PlayerId::of(brand, reference)
}
