//! What can be asked of a player.

use std::sync::Arc;

use serde::Serialize;

use super::limits::LimitKind;
use super::state::AccountStatus;
use crate::bet::{Bet, LegOutcome, PricePolicy};
use crate::codec;
use crate::ids::{BetNo, EventId, MarketNo, SelectionNo, SelectionRef};
use crate::money::{Amount, Currency, Money};
use crate::odds::Odds;
use crate::time::Time;

/// A command to a player. Commands are never journaled; what they lead to is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Command {
    /// Opens the wallet. Repeated with the same content it changes nothing.
    Register {
        /// The brand, as [`crate::ids::PlayerId::of`] takes it.
        brand: String,
        /// The brand's reference of the player.
        reference: String,
        /// The wallet's currency, for ever.
        currency: Currency,
    },
    /// Money in, through the cashier.
    Deposit {
        /// Above zero.
        amount: Money,
    },
    /// Money out, through the cashier.
    Withdraw {
        /// Above zero.
        amount: Money,
    },
    /// A single or an accumulator over all legs.
    PlaceBet {
        /// One to as many as the rules allow, each of another event.
        legs: Vec<AskedLeg>,
        /// Stake of the whole bet, above zero.
        stake: Money,
        /// What to do when a price has moved.
        policy: PricePolicy,
    },
    /// A result of a market that a leg of the bet is on. Versions at or below the recorded one change nothing.
    ApplyResult {
        /// The bet.
        bet: BetNo,
        /// The event whose market has a result.
        event: EventId,
        /// The market.
        market: MarketNo,
        /// The market's result version, from 1.
        version: u32,
        /// What became of its selections.
        outcomes: Arc<Outcomes>,
        /// The bet as folded from its history, where the player does not hold it any more. No part of the fingerprint.
        #[serde(skip)]
        recalled: Option<Box<Bet>>,
    },
    /// Sets or removes a limit of the player's own. A decrease holds at once, an increase or removal only later.
    SetLimit {
        /// Which.
        kind: LimitKind,
        /// Minor units, zero or more; `None` removes it.
        amount: Option<Amount>,
    },
    /// No deposits and bets from now on until a time. It cannot be shortened.
    SelfExclude {
        /// In the future.
        until: Time,
    },
    /// The operator's decision on the account.
    SetStatus {
        /// The new status.
        status: AccountStatus,
        /// Why, 1 to 200 characters.
        reason: String,
    },
}

/// A leg as asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct AskedLeg {
    /// What it is on.
    pub selection: SelectionRef,
    /// The price that the player saw.
    pub price: Odds,
}

/// What became of the selections of a market.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Outcomes {
    /// Of each its own.
    Listed(Vec<(SelectionNo, LegOutcome)>),
    /// Of all the same: `None` takes the result back.
    All(Option<LegOutcome>),
}

impl Outcomes {
    /// What became of one selection; the outer `None` when it is not listed.
    pub fn of(&self, selection: SelectionNo) -> Option<Option<LegOutcome>> {
        match self {
            Outcomes::Listed(list) => list
                .iter()
                .find(|(no, _)| *no == selection)
                .map(|(_, outcome)| Some(*outcome)),
            Outcomes::All(outcome) => Some(*outcome),
        }
    }
}

impl Command {
    /// A number that is the same for the same content: the check that a repeated command id is a repetition.
    pub fn fingerprint(&self) -> u64 {
        codec::fingerprint(self)
    }
}
