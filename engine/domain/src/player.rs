//! The player: a wallet, limits, and the bets on it.
//!
//! What a status allows:
//!
//! | | deposit | bet | cash out | withdraw | results of bets |
//! |---|---|---|---|---|---|
//! | active | yes | yes | yes | yes | yes |
//! | self-excluded | no | no | yes | yes | yes |
//! | suspended (under review) | no | no | no | no | yes |
//! | closed, for good | no | no | no | yes | yes |

mod command;
mod decide;
mod event;
mod factors;
mod limits;
mod open_bets;
mod refusal;
mod rejection;
mod reply;
mod settled_bets;
mod slip;
mod state;

pub use command::Command;
pub use decide::{Context, StakeRange, decide, max_stake};
pub use event::Event;
pub use factors::{Factor, Factors, MAX_FACTORS, PlayerFactor};
pub use limits::{Limit, LimitKind, Limits, PendingLimit};
pub use refusal::{Reason, SlipRefusal};
pub use rejection::Rejection;
pub use reply::{Balance, PlacedBet, Reply, reply};
pub use slip::{
    Approval, AskedBet, AskedLeg, AskedStake, MAX_PENDING_SLIPS, PendingSlip, ReferralAnswer, Released, Slip, Stage,
};
pub use state::{AccountStatus, CashOutLock, Profile, SETTLED_BETS_HELD, State, WalletFault};
