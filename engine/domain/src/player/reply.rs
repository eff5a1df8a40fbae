//! What the asker is told.

use serde::{Deserialize, Serialize};

use super::event::Event;
use super::limits::{LimitKind, PendingLimit};
use super::state::State;
use crate::codec::{self, DecodeError};
use crate::ids::BetNo;
use crate::money::{Amount, Currency};
use crate::odds::Odds;
use crate::time::Time;

/// A wallet at one moment, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// The wallet's currency.
    pub currency: Currency,
    /// What can be staked or withdrawn.
    pub available: Amount,
    /// Stakes of open bets.
    pub held: Amount,
    /// What the player owes.
    pub owed: Amount,
    /// Rises by each change of the wallet.
    pub version: u64,
}

/// The answer to a command that was not refused. Kept with the command's id: append variants, never reorder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// The wallet was opened by this command.
    Registered {
        /// The new wallet.
        balance: Balance,
    },
    /// The wallet after the command, also when the command changed nothing.
    Balance(Balance),
    /// The bet was taken.
    BetPlaced {
        /// Its number.
        bet: BetNo,
        /// When.
        placed_at: Time,
        /// The prices taken, in the order of the legs.
        prices: Vec<Odds>,
        /// What it returns when every leg wins.
        potential_return: Amount,
        /// The wallet with the stake held.
        balance: Balance,
    },
    /// The limit was set or its change begun.
    LimitSet {
        /// Which.
        kind: LimitKind,
        /// What holds now; `None` is no limit.
        in_force: Option<Amount>,
        /// What replaces it later.
        pending: Option<PendingLimit>,
    },
    /// The exclusion holds.
    SelfExcluded {
        /// Until when.
        until: Time,
    },
    /// Done; there is nothing to tell.
    Done,
}

impl Reply {
    /// Appends its bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        codec::encode(self, out);
    }

    /// Reads the bytes of exactly one reply.
    pub fn decode(bytes: &[u8]) -> Result<Reply, DecodeError> {
        codec::decode(bytes, codec::MAX_RECORD_BYTES)
    }
}

/// The answer to the command that led to these events, which `after` already contains.
pub fn reply(after: &State, events: &[Event]) -> Reply {
    let balance = || after.balance().map_or(Reply::Done, Reply::Balance);
    match events {
        [Event::Registered { .. }, ..] => after
            .balance()
            .map_or(Reply::Done, |balance| Reply::Registered { balance }),
        [Event::BetPlaced { terms, .. }, ..] => match after.balance() {
            Some(balance) => Reply::BetPlaced {
                bet: terms.no,
                placed_at: terms.placed_at,
                prices: terms.legs.iter().map(|leg| leg.price).collect(),
                potential_return: terms.potential_return(),
                balance,
            },
            None => Reply::Done,
        },
        [
            Event::LimitSet {
                kind,
                in_force,
                pending,
                ..
            },
            ..,
        ] => Reply::LimitSet {
            kind: *kind,
            in_force: *in_force,
            pending: *pending,
        },
        [Event::SelfExcluded { until, .. }, ..] => Reply::SelfExcluded { until: *until },
        [Event::StatusSet { .. }, ..] => Reply::Done,
        _ => balance(),
    }
}
