//! The exchange's market stream, historical files or live lines, as feed messages.
//!
//! Invariant: a translator only. It holds no rule of betting, reads no clock, and makes the same messages with
//! the same ids of the same lines at every reading. Every input is bounded and none makes it panic.
//!
//! | exchange | feed |
//! |---|---|
//! | `eventId` | event `bf:event:<id>` with a fixture |
//! | market id and type | market key: type, specifiers `market=<id>` |
//! | runner id and handicap | selection `<id>`, or `<id>@<handicap>` where it is not zero |
//! | OPEN / SUSPENDED, INACTIVE, stale (503) / CLOSED | open / suspended / closed |
//! | REMOVED runner | line with `removed`, void in the result; if reinstated, a new selection `<id>~2` |
//! | best available to back, else last traded | line with the book's margin, see [`Pricing`] |
//! | WINNER, PLACED / LOSER / none | won / lost / void; a dead heat in a market of one winner is shared |

mod archive;
mod event;
mod line_error;
mod market;
mod message;
mod number;
mod oracle;
mod pricing;
mod replay;
mod report;
mod scan;
mod settlement;
mod source;
mod track;
mod translator;

pub use archive::{ArchiveError, Limits};
pub use line_error::LineError;
pub use oracle::{FinalMarket, final_markets};
pub use pricing::{MarginError, Pricing};
pub use replay::{Options, Replay};
pub use report::Report;
pub use source::Fault;
pub use translator::{Origin, Translator};
