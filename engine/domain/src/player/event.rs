//! What happened to a player.
//!
//! The bytes of these events are in journals for ever. Variants are appended and never reordered or removed; a variant
//! that needs other fields is appended as a new one beside the old, which is applied for ever.

use serde::{Deserialize, Serialize};

use super::limits::{LimitKind, PendingLimit};
use super::state::AccountStatus;
use crate::bet::{Bet, BetStatus, LegResult, Terms};
use crate::codec::{self, DecodeError};
use crate::ids::BetNo;
use crate::ledger::{Transfer, TransferNo};
use crate::money::{Amount, Currency};
use crate::time::Time;

/// Something that happened to a player. Amounts are minor units of the wallet's currency; `at` is when it was decided.
/// Transfers are booked by applying the event, in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The wallet was opened.
    Registered {
        /// When.
        at: Time,
        /// The brand.
        brand: Box<str>,
        /// The brand's reference of the player.
        reference: Box<str>,
        /// The wallet's currency.
        currency: Currency,
    },
    /// Money came in.
    Deposited {
        /// When.
        at: Time,
        /// How much.
        amount: Amount,
        /// The bookings.
        transfers: Vec<Transfer>,
    },
    /// Money went out.
    Withdrawn {
        /// When.
        at: Time,
        /// How much.
        amount: Amount,
        /// The bookings.
        transfers: Vec<Transfer>,
    },
    /// A bet was taken and its stake held.
    BetPlaced {
        /// The terms.
        terms: Terms,
        /// The hold.
        hold: Transfer,
    },
    /// A result was recorded on a leg.
    LegResulted {
        /// The bet.
        bet: BetNo,
        /// The leg, from 0.
        leg: u8,
        /// The result.
        result: LegResult,
    },
    /// An open bet was settled.
    BetSettled {
        /// The bet.
        bet: BetNo,
        /// When.
        at: Time,
        /// How; never open.
        status: BetStatus,
        /// What it returned, stake included.
        returned: Amount,
        /// The bookings.
        transfers: Vec<Transfer>,
    },
    /// A settlement was taken back.
    BetReopened {
        /// The bet.
        bet: BetNo,
        /// When.
        at: Time,
        /// The transfer that holds the stake again.
        hold: TransferNo,
        /// The bookings, the hold among them.
        transfers: Vec<Transfer>,
    },
    /// A settled bet that was not held any more was read back from history.
    BetRecalled {
        /// The bet.
        bet: Box<Bet>,
    },
    /// A limit was set, removed, or its change was begun.
    LimitSet {
        /// When.
        at: Time,
        /// Which limit.
        kind: LimitKind,
        /// What holds from now on; `None` is no limit.
        in_force: Option<Amount>,
        /// What will replace it.
        pending: Option<PendingLimit>,
    },
    /// The player excluded themselves.
    SelfExcluded {
        /// When.
        at: Time,
        /// Until when.
        until: Time,
    },
    /// The operator changed the account's status.
    StatusSet {
        /// When.
        at: Time,
        /// The new status.
        status: AccountStatus,
        /// Why.
        reason: Box<str>,
    },
}

impl Event {
    /// The bet that it is part of the history of.
    pub fn bet(&self) -> Option<BetNo> {
        match self {
            Event::BetPlaced { terms, .. } => Some(terms.no),
            Event::LegResulted { bet, .. } | Event::BetSettled { bet, .. } | Event::BetReopened { bet, .. } => {
                Some(*bet)
            }
            Event::BetRecalled { bet } => Some(bet.no()),
            _ => None,
        }
    }

    /// The bookings that it makes.
    pub fn transfers(&self) -> &[Transfer] {
        match self {
            Event::Deposited { transfers, .. }
            | Event::Withdrawn { transfers, .. }
            | Event::BetSettled { transfers, .. }
            | Event::BetReopened { transfers, .. } => transfers,
            Event::BetPlaced { hold, .. } => std::slice::from_ref(hold),
            _ => &[],
        }
    }

    /// Appends its journal bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        codec::encode(self, out);
    }

    /// Reads journal bytes of exactly one event.
    pub fn decode(bytes: &[u8]) -> Result<Event, DecodeError> {
        codec::decode(bytes, codec::MAX_RECORD_BYTES)
    }
}
