//! What nodes and owners of limits know of each other.

use shardbook_domain::exposure::{Load, Scope};
use shardbook_domain::ids::EventId;
use shardbook_domain::liability::{Ask, Granted, NodeNo, Recall, Returned};
use shardbook_domain::money::Currency;
use shardbook_domain::rules::Caps;

/// The limits in force now: those of the brand's rules, or what a trader set for one market.
pub trait Limits: Send + Sync {
    /// The limits of a scope for bets in a currency. Asked often, also under the lock of that limit: answer from memory,
    /// and call no node and no house.
    fn caps(&self, scope: Scope, currency: Currency) -> Caps;
}

impl<F: Fn(Scope, Currency) -> Caps + Send + Sync> Limits for F {
    fn caps(&self, scope: Scope, currency: Currency) -> Caps {
        self(scope, currency)
    }
}

/// The owners of all limits, as a node sees them. Called without a lock held.
pub trait Owner: Send + Sync {
    /// The limits of a scope; a scope without any is not leased at all.
    fn caps(&self, scope: Scope, currency: Currency) -> Caps;

    /// Sends an ask. `None` if no answer came in time; then the bet is refused for now.
    fn ask(&self, scope: Scope, currency: Currency, ask: &Ask) -> Option<Granted>;

    /// Sends what a node holds or gives back. `None` if no answer came in time.
    fn returned(&self, scope: Scope, currency: Currency, returned: &Returned) -> Option<Granted>;

    /// What a node could still get, as far as the owner knows: what is not leased, and what others hold idle.
    fn left(&self, node: NodeNo, scope: Scope, currency: Currency) -> Load;
}

/// A node, as the owner sees it. Called without a lock held.
pub trait Holder: Send + Sync {
    /// Gives up what is idle, as far as the recall wants it.
    fn recall(&self, scope: Scope, currency: Currency, recall: &Recall) -> Returned;

    /// What is held and not used.
    fn spare(&self, scope: Scope, currency: Currency) -> Load;

    /// Drops what is held of an event that is over.
    fn forget(&self, event: EventId);
}
