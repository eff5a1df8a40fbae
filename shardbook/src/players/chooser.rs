//! Which bet a player places, fair or wrong on purpose.

use std::fmt;

use rust_decimal::Decimal;
use shardbook_proto::client::v1::{Leg, PlaceBet, PricePolicy};

use super::book::{Book, Offer};
use super::dice::Dice;
use crate::cli::StakeRange;

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
}

impl Mistake {
    const ALL: [Self; 8] = [
        Self::StalePrice,
        Self::StakeZero,
        Self::StakeNegative,
        Self::TooPrecise,
        Self::AboveBalance,
        Self::WrongCurrency,
        Self::UnknownMarket,
        Self::ClosedMarket,
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
    /// Stakes that the player likes.
    pub stakes: StakeRange,
}

/// A bet that a player means to place.
#[derive(Clone, Debug, PartialEq)]
pub struct Intent {
    /// What to send.
    pub bet: PlaceBet,
    /// The mistake in it; `None` for a fair bet.
    pub mistake: Option<Mistake>,
}

/// Chooses a bet on the prices in the book; `None` where nothing is on offer.
#[must_use]
pub fn choose(book: &Book, dice: &mut Dice, purse: &Purse) -> Option<Intent> {
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
    let policy = match dice.below(10) {
        0..4 => PricePolicy::Exact,
        4..7 => PricePolicy::Better,
        _ => PricePolicy::Any,
    };
    let bet = PlaceBet {
        legs: offers.into_iter().map(leg).collect(),
        stake: stake.to_string(),
        currency: purse.currency.clone(),
        policy: policy.into(),
    };
    if !dice.percent(MISTAKES) {
        return Some(Intent { bet, mistake: None });
    }
    let mistake = *dice.pick(&Mistake::ALL)?;
    spoil(bet, mistake, book, dice, purse)
}

fn leg(offer: Offer) -> Leg {
    Leg {
        event: offer.event,
        market: offer.market,
        selection: offer.selection,
        price: offer.price,
    }
}

fn spoil(mut bet: PlaceBet, mistake: Mistake, book: &Book, dice: &mut Dice, purse: &Purse) -> Option<Intent> {
    match mistake {
        Mistake::StalePrice => {
            bet.policy = PricePolicy::Exact.into();
            let first = bet.legs.first_mut()?;
            // Far from any price that the market could have moved to on the way.
            first.price = if first.price.parse::<Decimal>().ok()? < Decimal::from(100) {
                "990"
            } else {
                "1.01"
            }
            .into();
        }
        Mistake::StakeZero => bet.stake = "0".into(),
        Mistake::StakeNegative => bet.stake = format!("-{}", bet.stake),
        Mistake::TooPrecise => {
            let digits = minor_digits(&purse.currency);
            let speck = Decimal::new(1, digits + 1);
            bet.stake = (bet.stake.parse::<Decimal>().ok()? + speck).to_string();
        }
        Mistake::AboveBalance => bet.stake = (purse.available.trunc() + Decimal::from(100_000)).to_string(),
        Mistake::WrongCurrency => bet.currency = if bet.currency == "CHF" { "SEK" } else { "CHF" }.into(),
        Mistake::UnknownMarket => bet.legs.first_mut()?.market = 60_000,
        Mistake::ClosedMarket => bet.legs = vec![leg(book.closed_offer(dice)?)],
    }
    Some(Intent {
        bet,
        mistake: Some(mistake),
    })
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
