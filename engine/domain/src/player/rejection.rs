//! Why a command to a player is refused.

use serde::{Deserialize, Serialize};

use super::limits::LimitKind;
use crate::codec::{self, DecodeError};
use crate::ids::BetNo;
use crate::money::{Currency, Money};
use crate::odds::Odds;
use crate::time::Time;

/// A refusal: a closed list with stable codes, kept with the command's id. Variants are appended and never reordered.
/// A command that deserves several gets the one that is checked first; for a bet that is the order of this list up to
/// [`Rejection::InsufficientFunds`], each check running over all legs before the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Rejection {
    /// The player has no wallet.
    #[error("the player is not registered: register first")]
    NotRegistered,
    /// The account is under review.
    #[error("the account is suspended: contact support")]
    AccountSuspended,
    /// The account is closed for good.
    #[error("the account is closed: only withdrawals are possible")]
    AccountClosed,
    /// The player excluded themselves.
    #[error("the player is self-excluded until {until}: no bets and deposits before that")]
    SelfExcluded {
        /// The end of the exclusion.
        until: Time,
    },
    /// The amount is not in the wallet's currency.
    #[error("the wallet is in {wallet}: give amounts in that currency")]
    CurrencyMismatch {
        /// The wallet's currency.
        wallet: Currency,
    },
    /// A bet without legs.
    #[error("the bet has no legs: name at least one selection")]
    NoLegs,
    /// More legs than allowed.
    #[error("the bet has too many legs: at most {max} are allowed")]
    TooManyLegs {
        /// The most.
        max: u16,
    },
    /// Two legs on one event.
    #[error("leg {leg} is on the same event as leg {other}: one leg of an accumulator may not depend on another")]
    RelatedLegs {
        /// The later leg, from 0.
        leg: u8,
        /// The earlier leg, from 0.
        other: u8,
    },
    /// A stake of zero or less.
    #[error("the stake is not positive: stake more than zero")]
    StakeNotPositive,
    /// Below the smallest stake.
    #[error("the stake is too small: stake at least {min}")]
    StakeTooSmall {
        /// The least.
        min: Money,
    },
    /// Above the largest stake.
    #[error("the stake is too large: stake at most {max}")]
    StakeTooLarge {
        /// The most.
        max: Money,
    },
    /// No such event or market.
    #[error("the market of leg {leg} is not known: take event and market from the list of markets")]
    UnknownMarket {
        /// The leg, from 0.
        leg: u8,
    },
    /// No such selection.
    #[error("the selection of leg {leg} is not known: take it from the market's list")]
    UnknownSelection {
        /// The leg, from 0.
        leg: u8,
    },
    /// No bets for now.
    #[error("the market of leg {leg} is suspended: try again when it is open")]
    MarketSuspended {
        /// The leg, from 0.
        leg: u8,
    },
    /// No more bets.
    #[error("the market of leg {leg} is closed: it takes no more bets")]
    MarketClosed {
        /// The leg, from 0.
        leg: u8,
    },
    /// The result is in, or the market is void.
    #[error("the market of leg {leg} is resulted: it takes no more bets")]
    MarketResulted {
        /// The leg, from 0.
        leg: u8,
    },
    /// The selection is withdrawn.
    #[error("the selection of leg {leg} is withdrawn: choose another")]
    SelectionRemoved {
        /// The leg, from 0.
        leg: u8,
    },
    /// No price is offered.
    #[error("no price is offered on leg {leg}: wait for one")]
    NoPrice {
        /// The leg, from 0.
        leg: u8,
    },
    /// The price moved beyond what the player takes.
    #[error("the price of leg {leg} is now {now}: ask again at that price or allow the change")]
    PriceChanged {
        /// The leg, from 0.
        leg: u8,
        /// The price now.
        now: Odds,
    },
    /// The product of all prices is too high.
    #[error("the total odds are too high: at most {max} are taken; leave a leg out")]
    TotalOddsTooHigh {
        /// The most.
        max: u32,
    },
    /// The player's own limit on stakes.
    #[error("the player's limit on {} leaves {left}: stake at most that", kind.words())]
    StakeLimit {
        /// The limit.
        kind: LimitKind,
        /// What it leaves.
        left: Money,
    },
    /// The bet could return more than the maximum.
    #[error("the bet could return more than {max_payout}: stake at most {max_stake}")]
    PayoutTooLarge {
        /// The largest payout.
        max_payout: Money,
        /// The largest stake at these prices.
        max_stake: Money,
    },
    /// Not enough money.
    #[error("only {available} is available: deposit or choose a smaller amount")]
    InsufficientFunds {
        /// What is available.
        available: Money,
    },
    /// A deposit or withdrawal of zero or less.
    #[error("the amount is not positive: give more than zero")]
    AmountNotPositive,
    /// Below the smallest deposit.
    #[error("the deposit is too small: deposit at least {min}")]
    DepositTooSmall {
        /// The least.
        min: Money,
    },
    /// Above the largest deposit.
    #[error("the deposit is too large: deposit at most {max}")]
    DepositTooLarge {
        /// The most.
        max: Money,
    },
    /// The player's own limit on deposits.
    #[error("the player's limit on {} leaves {left}: deposit at most that", kind.words())]
    DepositLimit {
        /// The limit.
        kind: LimitKind,
        /// What it leaves.
        left: Money,
    },
    /// The accounts cannot count further.
    #[error("the wallet's turnover is at its bound: contact support")]
    WalletFull,
    /// Brand or reference are not in their form, or another player has this id.
    #[error("the brand or the player's reference is not valid: 1 to 32 of a-z 0-9 - and 1 to 64 of A-Z a-z 0-9 . _ -")]
    BadIdentity,
    /// A limit below zero.
    #[error("the limit is negative: give zero or more, or remove it")]
    LimitNegative,
    /// The end of an exclusion is not in the future.
    #[error("the exclusion would end before it begins: give a time in the future")]
    ExclusionInThePast,
    /// An exclusion can only be prolonged.
    #[error("the player is excluded until {until}: an exclusion cannot be shortened")]
    ExclusionTooShort {
        /// The end of the exclusion that holds.
        until: Time,
    },
    /// No reason, or a reason too long.
    #[error("the reason is missing or too long: give 1 to 200 bytes without control characters")]
    BadReason,
    /// The player never placed this bet.
    #[error("the player has no bet {bet}: take the number from the player's history")]
    UnknownBet {
        /// The bet.
        bet: BetNo,
    },
    /// The bet was settled long ago and is not held any more.
    #[error("bet {bet} is not held any more: read it from the player's history and give it with the result")]
    BetNotHeld {
        /// The bet.
        bet: BetNo,
    },
    /// What was read from history is not this bet, or not settled.
    #[error("the recalled bet is not bet {bet} as settled: rebuild the player's history")]
    RecalledOtherBet {
        /// The bet.
        bet: BetNo,
    },
    /// No leg of the bet is on the market.
    #[error("bet {bet} has no leg on this market: rebuild the index of legs")]
    NoLegOnMarket {
        /// The bet.
        bet: BetNo,
    },
    /// The result leaves a leg of the bet out.
    #[error("the result does not name the selection of leg {leg}: send the result of every selection")]
    ResultIncomplete {
        /// The leg, from 0.
        leg: u8,
    },
    /// Result versions begin at 1.
    #[error("the result has version 0: results are numbered from 1")]
    ResultWithoutVersion,
    /// The player id belongs to another player of another brand or name.
    #[error("this player id belongs to another player: choose another reference")]
    IdentityTaken,
}

impl Rejection {
    fn entry(&self) -> (u16, &'static str) {
        match self {
            Rejection::NotRegistered => (101, "NOT_REGISTERED"),
            Rejection::AccountSuspended => (102, "ACCOUNT_SUSPENDED"),
            Rejection::AccountClosed => (103, "ACCOUNT_CLOSED"),
            Rejection::SelfExcluded { .. } => (104, "SELF_EXCLUDED"),
            Rejection::CurrencyMismatch { .. } => (105, "CURRENCY_MISMATCH"),
            Rejection::NoLegs => (106, "NO_LEGS"),
            Rejection::TooManyLegs { .. } => (107, "TOO_MANY_LEGS"),
            Rejection::RelatedLegs { .. } => (108, "RELATED_LEGS"),
            Rejection::StakeNotPositive => (109, "STAKE_NOT_POSITIVE"),
            Rejection::StakeTooSmall { .. } => (110, "STAKE_TOO_SMALL"),
            Rejection::StakeTooLarge { .. } => (111, "STAKE_TOO_LARGE"),
            Rejection::UnknownMarket { .. } => (112, "MARKET_UNKNOWN"),
            Rejection::UnknownSelection { .. } => (113, "SELECTION_UNKNOWN"),
            Rejection::MarketSuspended { .. } => (114, "MARKET_SUSPENDED"),
            Rejection::MarketClosed { .. } => (115, "MARKET_CLOSED"),
            Rejection::MarketResulted { .. } => (116, "MARKET_RESULTED"),
            Rejection::SelectionRemoved { .. } => (117, "SELECTION_REMOVED"),
            Rejection::NoPrice { .. } => (118, "NO_PRICE"),
            Rejection::PriceChanged { .. } => (119, "PRICE_CHANGED"),
            Rejection::TotalOddsTooHigh { .. } => (120, "TOTAL_ODDS_TOO_HIGH"),
            Rejection::StakeLimit { .. } => (121, "STAKE_LIMIT"),
            Rejection::PayoutTooLarge { .. } => (122, "PAYOUT_TOO_LARGE"),
            Rejection::InsufficientFunds { .. } => (123, "INSUFFICIENT_FUNDS"),
            Rejection::AmountNotPositive => (124, "AMOUNT_NOT_POSITIVE"),
            Rejection::DepositTooSmall { .. } => (125, "DEPOSIT_TOO_SMALL"),
            Rejection::DepositTooLarge { .. } => (126, "DEPOSIT_TOO_LARGE"),
            Rejection::DepositLimit { .. } => (127, "DEPOSIT_LIMIT"),
            Rejection::WalletFull => (128, "WALLET_FULL"),
            Rejection::BadIdentity => (129, "IDENTITY_INVALID"),
            Rejection::LimitNegative => (130, "LIMIT_NEGATIVE"),
            Rejection::ExclusionInThePast => (131, "EXCLUSION_IN_THE_PAST"),
            Rejection::ExclusionTooShort { .. } => (132, "EXCLUSION_TOO_SHORT"),
            Rejection::BadReason => (133, "REASON_INVALID"),
            Rejection::UnknownBet { .. } => (134, "BET_UNKNOWN"),
            Rejection::BetNotHeld { .. } => (135, "BET_NOT_HELD"),
            Rejection::RecalledOtherBet { .. } => (136, "RECALLED_OTHER_BET"),
            Rejection::NoLegOnMarket { .. } => (137, "NO_LEG_ON_MARKET"),
            Rejection::ResultIncomplete { .. } => (138, "RESULT_INCOMPLETE"),
            Rejection::ResultWithoutVersion => (139, "RESULT_WITHOUT_VERSION"),
            Rejection::IdentityTaken => (140, "IDENTITY_TAKEN"),
        }
    }

    /// The stable code on the wire. What to do is in the message (`Display`).
    pub fn code(&self) -> &'static str {
        self.entry().1
    }

    /// The stable number of the code, for counters.
    pub fn number(&self) -> u16 {
        self.entry().0
    }

    /// The leg that caused it, from 0.
    pub fn leg(&self) -> Option<u8> {
        match self {
            Rejection::RelatedLegs { leg, .. }
            | Rejection::UnknownMarket { leg }
            | Rejection::UnknownSelection { leg }
            | Rejection::MarketSuspended { leg }
            | Rejection::MarketClosed { leg }
            | Rejection::MarketResulted { leg }
            | Rejection::SelectionRemoved { leg }
            | Rejection::NoPrice { leg }
            | Rejection::PriceChanged { leg, .. }
            | Rejection::ResultIncomplete { leg } => Some(*leg),
            _ => None,
        }
    }

    /// The most that could be staked instead, where a lower stake would help.
    pub fn max_stake(&self) -> Option<Money> {
        match self {
            Rejection::StakeTooLarge { max } => Some(*max),
            Rejection::StakeLimit { left, .. } => Some(*left),
            Rejection::PayoutTooLarge { max_stake, .. } => Some(*max_stake),
            Rejection::InsufficientFunds { available } => Some(*available),
            _ => None,
        }
    }

    /// The price now, where the price moved.
    pub fn price_now(&self) -> Option<Odds> {
        match self {
            Rejection::PriceChanged { now, .. } => Some(*now),
            _ => None,
        }
    }

    /// Appends its bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        codec::encode(self, out);
    }

    /// Reads the bytes of exactly one rejection.
    pub fn decode(bytes: &[u8]) -> Result<Rejection, DecodeError> {
        codec::decode(bytes, codec::MAX_RECORD_BYTES)
    }
}
