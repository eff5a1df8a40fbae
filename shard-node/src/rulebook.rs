//! The brand's rules of all times, kept in the store: a bet is settled by the rules under which it was taken.

use shardbook_domain::rules::{RuleBook, Rules};
use shardbook_runtime::fault::StoreFault;
use shardbook_runtime::journal::Store;

use crate::node::NodeFault;

/// The note that holds every version ever in force, as JSON.
const NOTE: &str = "rules";

/// The book in which these rules are the newest. They are kept before the first bet is taken under them.
///
/// # Errors
/// When the store fails, or knows other rules of this version, or a later version.
pub(crate) fn open(store: &Store, current: Rules) -> Result<RuleBook, NodeFault> {
    let mut known = read(store)?;
    match known.last() {
        Some(newest) if newest.version > current.version => {
            return Err(NodeFault::RulesWentBack {
                stored: newest.version,
                asked: current.version,
            });
        }
        Some(newest) if newest.version == current.version && *newest != current => {
            return Err(NodeFault::RulesChanged(newest.version));
        }
        Some(newest) if newest.version == current.version => {}
        _ => {
            known.push(current.clone());
            let json = serde_json::to_vec(&known).unwrap_or_else(|error| unreachable!("rules are plain data: {error}"));
            store.set_note(NOTE, &json)?;
        }
    }
    Ok(RuleBook::new(current).with_past(known))
}

/// The book of a store that nobody writes; of the default rules where none were kept yet.
///
/// # Errors
/// When the store fails or the note is damaged.
pub fn open_to_read(store: &Store) -> Result<RuleBook, StoreFault> {
    let mut known = read(store)?;
    let current = known.pop().unwrap_or_default();
    Ok(RuleBook::new(current).with_past(known))
}

/// Every version, oldest first.
fn read(store: &Store) -> Result<Vec<Rules>, StoreFault> {
    let Some(json) = store.note(NOTE)? else {
        return Ok(Vec::new());
    };
    serde_json::from_slice(&json).map_err(|error| StoreFault::Corrupt {
        what: "rules",
        shard: shardbook_runtime::slot::ShardId(0),
        at: NOTE.to_owned(),
        why: error.to_string(),
    })
}
