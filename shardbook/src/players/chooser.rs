//! What a player places, fair or wrong on purpose.

use std::fmt;

use rust_decimal::Decimal;
use shardbook_proto::client::v1::{Leg, PlaceBet, PricePolicy};

use super::asked::Asked;
use super::book::{Book, Offer};
use super::dice::Dice;
use crate::cli::StakeRange;

mod slip;
mod spoil;

pub(super) use slip::MOST_EVENTS;

/// Share of bets that are wrong on purpose, in percent.
const MISTAKES: u64 = 4;
/// Share of accumulators among those who see two events, in percent.
const ACCUMULATORS: u64 = 20;

/// A mistake made on purpose. Each must be refused.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Mistake {
    /// A price that the market never had, with the policy that takes no other.
    StalePrice,
    /// A stake of zero.
    StakeZero,
    /// A negative stake.
    StakeNegative,
    /// A stake finer than the currency's minor unit.
    TooPrecise,
    /// More than the wallet holds.
    AboveBalance,
    /// The stake in another currency than the wallet's.
    WrongCurrency,
    /// A market that the event does not have.
    UnknownMarket,
    /// A market that takes no bets any more.
    ClosedMarket,
    /// On a slip: a total that its lines cannot share.
    UnevenTotal,
    /// On a slip: a named bet on another number of selections than it takes.
    WrongSelections,
}

impl Mistake {
    const OF_BETS: [Self; 8] = [
        Self::StalePrice,
        Self::StakeZero,
        Self::StakeNegative,
        Self::TooPrecise,
        Self::AboveBalance,
        Self::WrongCurrency,
        Self::UnknownMarket,
        Self::ClosedMarket,
    ];
    const OF_SLIPS: [Self; 10] = [
        Self::StalePrice,
        Self::StakeZero,
        Self::StakeNegative,
        Self::TooPrecise,
        Self::AboveBalance,
        Self::WrongCurrency,
        Self::UnknownMarket,
        Self::ClosedMarket,
        Self::UnevenTotal,
        Self::WrongSelections,
    ];
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::StalePrice => "stale price",
            Self::StakeZero => "stake of zero",
            Self::StakeNegative => "negative stake",
            Self::TooPrecise => "too precise a stake",
            Self::AboveBalance => "stake above the balance",
            Self::WrongCurrency => "wrong currency",
            Self::UnknownMarket => "unknown market",
            Self::ClosedMarket => "closed market",
            Self::UnevenTotal => "total that lines cannot share",
            Self::WrongSelections => "wrong number of selections",
        })
    }
}

/// What the player can spend.
#[derive(Clone, Debug)]
pub struct Purse {
    /// The wallet's currency, ISO 4217.
    pub currency: String,
    /// Available balance as last heard, in units of the currency.
    pub available: Decimal,
    /// What can be staked as a free bet, in units of the currency.
    pub free_bets: Decimal,
    /// Stakes that the player likes.
    pub stakes: StakeRange,
}

/// What a player means to place.
#[derive(Clone, Debug, PartialEq)]
pub struct Intent {
    /// What to send.
    pub asked: Asked,
    /// The mistake in it; `None` for a fair one.
    pub mistake: Option<Mistake>,
}

/// Chooses a bet, or in `slips` of 100 cases a slip, on the prices in the book; `None` where nothing is on offer.
#[must_use]
pub fn choose(book: &Book, dice: &mut Dice, purse: &Purse, slips: u64) -> Option<Intent> {
    let asked = if dice.percent(slips) {
        slip::choose(book, dice, purse)?
    } else {
        bet(book, dice, purse)?
    };
    if !dice.percent(MISTAKES) {
        return Some(Intent { asked, mistake: None });
    }
    let mistake = match &asked {
        Asked::Slip(_) => *dice.pick(&Mistake::OF_SLIPS)?,
        _ => *dice.pick(&Mistake::OF_BETS)?,
    };
    spoil::spoil(asked, mistake, book, dice, purse)
}

fn bet(book: &Book, dice: &mut Dice, purse: &Purse) -> Option<Asked> {
    let legs = if dice.percent(ACCUMULATORS) {
        2 + usize::try_from(dice.below(3)).unwrap_or_default()
    } else {
        1
    };
    let offers = book.offers(dice, legs);
    if offers.is_empty() {
        return None;
    }
    let stake = dice.amount(purse.stakes.low, purse.stakes.high, minor_digits(&purse.currency));
    Some(Asked::Bet(PlaceBet {
        policy: policy(&offers, dice).into(),
        legs: offers.into_iter().map(leg).collect(),
        stake: stake.to_string(),
        currency: purse.currency.clone(),
    }))
}

/// In play, prices have moved by the time at which the bet is decided: who bets then mostly takes any.
fn policy(offers: &[Offer], dice: &mut Dice) -> PricePolicy {
    let (exact, better) = if offers.iter().any(|offer| offer.delayed) {
        (1, 3)
    } else {
        (4, 7)
    };
    match dice.below(10) {
        roll if roll < exact => PricePolicy::Exact,
        roll if roll < better => PricePolicy::Better,
        _ => PricePolicy::Any,
    }
}

fn leg(offer: Offer) -> Leg {
    Leg {
        event: offer.event,
        market: offer.market,
        selection: offer.selection,
        price: offer.price,
    }
}

/// Decimals of a currency's minor unit.
#[must_use]
pub fn minor_digits(currency: &str) -> u32 {
    match currency {
        "JPY" | "KRW" | "VND" | "CLP" | "ISK" => 0,
        "BHD" | "JOD" | "KWD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

#[cfg(test)]
mod tests;
