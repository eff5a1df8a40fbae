//! What can be asked of a player.

use std::sync::Arc;

use serde::Serialize;

use super::event::Event;
use super::limits::LimitKind;
use super::slip::{ReferralAnswer, Slip};
use super::state::AccountStatus;
use crate::codec;
use crate::ids::{BetNo, EventId, MarketNo, SlipNo};
use crate::market::MarketSettlement;
use crate::money::{Amount, Currency, Money};
use crate::odds::Format;
use crate::rules::Phase;
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
    /// A slip of bets.
    PlaceSlip(Slip),
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
        /// What is to be settled on it, whole.
        settlement: Arc<MarketSettlement>,
        /// The bet's history, oldest event first, where the player does not hold it any more. No part of the fingerprint.
        #[serde(skip)]
        recalled: Option<Vec<Event>>,
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
    /// Grants free bets, at the house's cost.
    GrantFreeBet {
        /// Above zero.
        amount: Money,
        /// What for, 1 to 200 bytes.
        reason: String,
    },
    /// The operator's decision on the account.
    SetStatus {
        /// The new status.
        status: AccountStatus,
        /// Why, 1 to 200 characters.
        reason: String,
    },
    /// A trader's factor on what the player may stake and win.
    SetFactor {
        /// The sport, as fixtures have it; empty for every sport that has none of its own.
        sport: String,
        /// Before or during the event.
        phase: Phase,
        /// Thousandths, 0 to 100,000; `None` removes it.
        permille: Option<u32>,
        /// The trader's name, 1 to 64 bytes.
        by: String,
    },
    /// Decides a slip whose time has come; one that is decided already changes nothing.
    DecideSlip {
        /// The slip.
        slip: SlipNo,
    },
    /// A trader's answer to a slip that was referred.
    AnswerReferral {
        /// The slip.
        slip: SlipNo,
        /// The answer.
        answer: ReferralAnswer,
        /// The trader's name, 1 to 64 bytes.
        by: String,
    },
    /// The player's answer to an offer.
    AnswerOffer {
        /// The slip.
        slip: SlipNo,
        /// Whether the bets are wanted as offered.
        accept: bool,
    },
    /// Asks what is paid for an open bet now, and has that price kept for a few seconds.
    LockCashOut {
        /// The bet.
        bet: BetNo,
        /// How much of its open stake is to be bought back, above zero; `None` for all.
        stake: Option<Money>,
    },
    /// Sells an open bet, or the part of it that was asked for, at the price that is kept.
    CashOut {
        /// The bet.
        bet: BetNo,
        /// The price that is kept: what the player saw.
        amount: Money,
    },
    /// A slip of bets whose prices are rounded: one that is shown as the price offered now means that price.
    PlaceShownSlip {
        /// The slip, with its prices as they were written.
        slip: Slip,
        /// The format in which they were written.
        format: Format,
    },
}

impl Command {
    /// A number that is the same for the same content: the check that a repeated command id is a repetition.
    pub fn fingerprint(&self) -> u64 {
        codec::fingerprint(self)
    }
}
