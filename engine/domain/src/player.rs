//! The player: a wallet, limits, and the bets on it.
//!
//! What a status allows:
//!
//! | | deposit | bet | withdraw | results of bets |
//! |---|---|---|---|---|
//! | active | yes | yes | yes | yes |
//! | self-excluded | no | no | yes | yes |
//! | suspended (under review) | no | no | no | yes |
//! | closed, for good | no | no | yes | yes |

mod command;
mod decide;
mod event;
mod limits;
mod rejection;
mod reply;
mod state;

pub use command::{AskedLeg, Command, Outcomes};
pub use decide::{Context, decide};
pub use event::Event;
pub use limits::{Limit, LimitKind, Limits, PendingLimit};
pub use rejection::Rejection;
pub use reply::{Balance, Reply, reply};
pub use state::{AccountStatus, Profile, SETTLED_BETS_HELD, State, WalletFault};
