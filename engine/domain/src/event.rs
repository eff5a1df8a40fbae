//! The sporting event: its trading book of markets, lines and results.
//!
//! A market opens suspended and is then what its source says: open, suspended or closed. A result or a void of every bet
//! ends that; only a rollback, which leaves it closed, lets the source go on. Each command that changes a market raises
//! its version by one, whatever number of events it leads to; each change of what is to be settled on it raises its result
//! version.

mod command;
mod decide;
#[expect(
    clippy::module_inception,
    reason = "every entity keeps its events in a file of this name"
)]
mod event;
mod fact;
mod rejection;
mod reply;
mod state;

pub use command::{
    Change, Command, MarketDefinition, PostedLine, PostedResult, RaceDefinition, Ruling, SelectionDefinition,
    SourceStatus,
};
pub use decide::{
    Context, FACTS_LEFT_TO_TRADERS, MAX_FACTS, MAX_MARKETS, MAX_NAME_BYTES, MAX_REASON_BYTES, MAX_RESULTS_OF_EVENT,
    MAX_SCOREBOARD_BYTES, MAX_SELECTIONS, MAX_SELECTIONS_OF_EVENT, MAX_SOURCE_ID_BYTES, MAX_SPECIFIERS_BYTES,
    MAX_TYPE_BYTES, decide,
};
pub use event::{Event, Line, NewSelection};
pub use fact::{Fact, Facts, Origin, Said};
pub use rejection::Rejection;
pub use reply::{Reply, reply};
pub use state::{Fixture, FixtureStatus, Market, MarketKey, Selection, State};
