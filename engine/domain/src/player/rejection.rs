//! Why a command to a player is refused.

use serde::{Deserialize, Serialize};

use super::limits::LimitKind;
use super::refusal::SlipRefusal;
use crate::bet::NoCashOut;
use crate::codec::{self, DecodeError};
use crate::ids::{BetNo, SlipNo};
use crate::money::{Currency, Money};
use crate::odds::Odds;
use crate::time::Time;

/// A refusal: a closed list with stable codes, kept with the command's id. Variants are appended and never reordered.
/// A command that deserves several gets the one that is checked first; a slip gets them all, in the order of the checks:
/// its shape, its stakes, the player's own limits, markets, prices, total odds, the player's factor and bounds, the house's
/// budgets, the bounds of a bet, the balance. Each check runs over all bets before the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
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
    /// The rules under which the bet was taken are not known here.
    #[error("version {version} of the rules is not known: start the node with it among its rules")]
    RulesUnknown {
        /// The version.
        version: u32,
    },
    /// No or too large an amount of free bets.
    #[error("the free bet is not above zero or too large: grant at most {max}")]
    FreeBetAmount {
        /// The most that is granted at once.
        max: Money,
    },
    /// A slip without bets.
    #[error("the slip has no bets: name at least one")]
    NoBets,
    /// More bets than allowed.
    #[error("the slip has too many bets: at most {max} are allowed")]
    TooManyBets {
        /// The most.
        max: u16,
    },
    /// One selection twice.
    #[error("leg {leg} is the same selection as leg {other}: name each selection once")]
    SelectionTwice {
        /// The later leg, from 0.
        leg: u8,
        /// The earlier leg, from 0.
        other: u8,
    },
    /// A selection that no bet is on.
    #[error("no bet of the slip is on leg {leg}: leave it out or name it in a bet")]
    SelectionUnused {
        /// The leg, from 0.
        leg: u8,
    },
    /// Legs, bankers or sizes of a bet do not go together.
    #[error(
        "the combinations are not of the bet's legs: name legs of the slip, bankers among them that are not all, and \
         sizes from 1 to the number of the others"
    )]
    BadCombinations,
    /// More lines than allowed.
    #[error("the bet has too many lines: at most {max} are allowed; leave legs or sizes out")]
    TooManyLines {
        /// The most.
        max: u32,
    },
    /// A leg that is in no race.
    #[error("leg {leg} is not offered each-way: bet on it to win only")]
    EachWayNotOffered {
        /// The leg, from 0.
        leg: u8,
    },
    /// A total stake that leaves a rest.
    #[error("the stake does not divide into {lines} equal lines: the nearest below is {below}")]
    StakeNotDivisible {
        /// Lines of the bet.
        lines: u32,
        /// The nearest stake below that does; zero where each line would get nothing.
        below: Money,
    },
    /// The player's factor is zero.
    #[error("no bets of this player are taken on leg {leg}: contact support")]
    BetsNotTaken {
        /// The leg, from 0.
        leg: u8,
    },
    /// The player's open bets would be too large together.
    #[error("the player's open bets would be too large together: stake at most {max_stake}")]
    PlayerCap {
        /// The largest stake.
        max_stake: Money,
    },
    /// The house's budget is used up.
    #[error("the house takes no more than {max_stake} here: stake at most that")]
    LiabilityFull {
        /// The leg whose budget is too small, from 0; `None` for that of all bets.
        leg: Option<u8>,
        /// The largest stake.
        max_stake: Money,
    },
    /// Not enough free bets.
    #[error("only {available} of free bets are left: stake at most that or use other money")]
    InsufficientFreeBets {
        /// What is left.
        available: Money,
    },
    /// Too many slips wait.
    #[error("{max} slips of the player wait already: wait until one is decided")]
    TooManySlips {
        /// The most.
        max: u8,
    },
    /// The player never had this slip.
    #[error("the player has no slip {slip}: take the number from the answer to the slip")]
    UnknownSlip {
        /// The slip.
        slip: SlipNo,
    },
    /// The slip's time has not come.
    #[error("the slip waits until {until}: ask again then")]
    TooEarly {
        /// Until when it waits.
        until: Time,
    },
    /// The answer came after the slip's time.
    #[error("the answer came after {until}: the slip has lapsed; ask for a new one")]
    TooLate {
        /// Until when it waited.
        until: Time,
    },
    /// No trader is asked about the slip.
    #[error("slip {slip} does not wait for a trader: take it from the list of referrals")]
    NotReferred {
        /// The slip.
        slip: SlipNo,
    },
    /// Nothing is offered on the slip.
    #[error("slip {slip} has no offer to answer: place it again")]
    NotOffered {
        /// The slip.
        slip: SlipNo,
    },
    /// A trader said no.
    #[error("a trader refused the slip: {reason}")]
    ReferralRejected {
        /// Why.
        reason: Box<str>,
    },
    /// A trader's offer does not fit the slip.
    #[error(
        "the offer does not fit the slip: give a stake of each line above zero for every bet and, if any, a price no \
         longer than the market's for every selection"
    )]
    BadOffer,
    /// No name of a trader, or one too long.
    #[error("the trader's name is missing or too long: give 1 to 64 bytes without control characters")]
    BadTrader,
    /// A factor out of range, a sport's name too long, or too many factors.
    #[error(
        "the factor is not valid: give 0 to 100000 thousandths for a sport of at most 64 bytes, at most 64 of them"
    )]
    BadFactor,
    /// A slip with several reasons against it, or one that needs the bet named.
    #[error("{0}")]
    Slip(Box<SlipRefusal>),
    /// The bet is not bought back now.
    #[error(transparent)]
    NoCashOut(NoCashOut),
    /// More stake than is open.
    #[error("only {max} of the bet's stake is open: buy back at most that")]
    CashOutStake {
        /// The open stake.
        max: Money,
    },
    /// No price was asked for, or the bet changed since.
    #[error("no price is kept for bet {bet}: ask for one first")]
    CashOutNotLocked {
        /// The bet.
        bet: BetNo,
    },
    /// The price was kept long enough.
    #[error("the price for bet {bet} was kept until {until}: ask for a new one")]
    CashOutExpired {
        /// The bet.
        bet: BetNo,
        /// Until when.
        until: Time,
    },
    /// Another price than the one that is kept.
    #[error("the price that is kept is {kept}: sell at that or ask for a new one")]
    CashOutAmount {
        /// The price that is kept.
        kept: Money,
    },
}

impl Rejection {
    /// The number of [`Rejection::Slip`] among the variants, as it is in bytes.
    pub(super) const SLIP_VARIANT: u32 = 64;

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
            Rejection::RulesUnknown { .. } => (141, "RULES_UNKNOWN"),
            Rejection::FreeBetAmount { .. } => (142, "FREE_BET_AMOUNT"),
            Rejection::NoBets => (151, "NO_BETS"),
            Rejection::TooManyBets { .. } => (152, "TOO_MANY_BETS"),
            Rejection::SelectionTwice { .. } => (153, "SELECTION_TWICE"),
            Rejection::SelectionUnused { .. } => (154, "SELECTION_UNUSED"),
            Rejection::BadCombinations => (155, "COMBINATIONS_INVALID"),
            Rejection::TooManyLines { .. } => (156, "TOO_MANY_LINES"),
            Rejection::EachWayNotOffered { .. } => (157, "EACH_WAY_NOT_OFFERED"),
            Rejection::StakeNotDivisible { .. } => (158, "STAKE_NOT_DIVISIBLE"),
            Rejection::BetsNotTaken { .. } => (159, "BETS_NOT_TAKEN"),
            Rejection::PlayerCap { .. } => (160, "PLAYER_CAP"),
            Rejection::LiabilityFull { .. } => (161, "LIABILITY_FULL"),
            Rejection::InsufficientFreeBets { .. } => (162, "INSUFFICIENT_FREE_BETS"),
            Rejection::TooManySlips { .. } => (163, "TOO_MANY_SLIPS"),
            Rejection::UnknownSlip { .. } => (164, "SLIP_UNKNOWN"),
            Rejection::TooEarly { .. } => (165, "SLIP_TOO_EARLY"),
            Rejection::TooLate { .. } => (166, "SLIP_LAPSED"),
            Rejection::NotReferred { .. } => (167, "SLIP_NOT_REFERRED"),
            Rejection::NotOffered { .. } => (168, "SLIP_NOT_OFFERED"),
            Rejection::ReferralRejected { .. } => (169, "REFERRAL_REJECTED"),
            Rejection::BadOffer => (170, "OFFER_INVALID"),
            Rejection::BadTrader => (171, "TRADER_INVALID"),
            Rejection::BadFactor => (172, "FACTOR_INVALID"),
            Rejection::Slip(refusal) => refusal.first().rejection.entry(),
            Rejection::NoCashOut(why) => why.entry(),
            Rejection::CashOutStake { .. } => (193, "CASH_OUT_STAKE"),
            Rejection::CashOutNotLocked { .. } => (194, "CASH_OUT_NOT_LOCKED"),
            Rejection::CashOutExpired { .. } => (195, "CASH_OUT_EXPIRED"),
            Rejection::CashOutAmount { .. } => (196, "CASH_OUT_AMOUNT"),
        }
    }

    /// The stable code on the wire, of the first reason where there are several. What to do is in the message (`Display`).
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
            | Rejection::SelectionTwice { leg, .. }
            | Rejection::SelectionUnused { leg }
            | Rejection::EachWayNotOffered { leg }
            | Rejection::BetsNotTaken { leg }
            | Rejection::ResultIncomplete { leg } => Some(*leg),
            Rejection::LiabilityFull { leg, .. } => *leg,
            Rejection::Slip(refusal) => refusal.first().leg(),
            Rejection::NoCashOut(why) => why.leg(),
            _ => None,
        }
    }

    /// The most that could be staked instead, where a lower stake would help.
    pub fn max_stake(&self) -> Option<Money> {
        match self {
            Rejection::StakeTooLarge { max } | Rejection::CashOutStake { max } => Some(*max),
            Rejection::StakeLimit { left, .. } => Some(*left),
            Rejection::PayoutTooLarge { max_stake, .. } => Some(*max_stake),
            Rejection::InsufficientFunds { available } | Rejection::InsufficientFreeBets { available } => {
                Some(*available)
            }
            Rejection::StakeNotDivisible { below, .. } => Some(*below),
            Rejection::PlayerCap { max_stake } | Rejection::LiabilityFull { max_stake, .. } => Some(*max_stake),
            Rejection::Slip(refusal) => {
                let first = refusal.first();
                first.max_stake.or_else(|| first.rejection.max_stake())
            }
            _ => None,
        }
    }

    /// The price now, where the price moved.
    pub fn price_now(&self) -> Option<Odds> {
        match self {
            Rejection::PriceChanged { now, .. } => Some(*now),
            Rejection::Slip(refusal) => refusal.first().rejection.price_now(),
            _ => None,
        }
    }

    /// Whether it is against nothing but the size of a stake: what a trader may set aside.
    pub fn is_of_size(&self) -> bool {
        matches!(
            self,
            Rejection::StakeTooLarge { .. }
                | Rejection::PayoutTooLarge { .. }
                | Rejection::PlayerCap { .. }
                | Rejection::LiabilityFull { .. }
        )
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
