//! What an open bet is worth now, and what is paid for buying it back.
//!
//! The fair value of a bet is what it returns on average: the sum over its lines of the products of their legs, a decided
//! leg by what became of it, an open one by its chances. Legs of different events do not depend on each other, so that the
//! average of a product is the product of the averages. Places are reckoned from the chances to win. Boosts and bonuses are
//! left out: they are for bets that are kept to the end, and most depend on how every leg ends, so that a part that is bought
//! back would earn what the rest may still lose.

use serde::{Deserialize, Serialize};

use super::cover::{self, Take};
use super::{Bet, Fund, Leg, LegOutcome, LegResult, Part, Terms};
use crate::market::{Book, Chance, Lookup, MarketStatus, place_chance};
use crate::money::Amount;
use crate::ratio::{Ratio, Rounding};
use crate::rules::Rules;

/// What is paid for open stake of a bet. All amounts are minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CashOutOffer {
    /// The stake that is bought back, at least 1.
    pub stake: Amount,
    /// What that stake is worth by the chances now, rounded down.
    pub fair: Amount,
    /// What is paid for it, at least 1: the fair value less the brand's margin, rounded down.
    pub amount: Amount,
    /// Whether a part of the stake can be bought back alone. It cannot once lines of the bet are settled: of what is open
    /// then, each line would need a stake of its own.
    pub divisible: bool,
}

impl CashOutOffer {
    /// The offer for a part of the stake, which is 1 to all of it; more than all is taken for all. Fails with
    /// [`NoCashOut::WholeOnly`] or [`NoCashOut::TooSmall`].
    pub fn part(&self, stake: Amount) -> Result<CashOutOffer, NoCashOut> {
        if stake >= self.stake {
            return Ok(*self);
        }
        if !self.divisible {
            return Err(NoCashOut::WholeOnly);
        }
        let share = |whole: Amount| Amount(down(whole.0, stake.0, self.stake.0));
        let amount = share(self.amount);
        if amount <= Amount::ZERO {
            return Err(NoCashOut::TooSmall);
        }
        let (fair, divisible) = (share(self.fair), self.divisible);
        Ok(CashOutOffer {
            stake,
            fair,
            amount,
            divisible,
        })
    }
}

/// Why a bet is not bought back. Kept in outcomes: append, never reorder. Of several reasons the bet's own comes first, then
/// that of the first leg whose market is not open to it, then a missing chance, then what the offer comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum NoCashOut {
    /// Nothing of it is open.
    #[error("the bet is settled or bought back already: nothing of it is left to buy back")]
    NotOpen,
    /// The brand buys no bets back.
    #[error("cash-out is not offered here: wait for the result")]
    NotOffered,
    /// The stake was a free bet.
    #[error("the stake is a free bet, which is not bought back: wait for the result")]
    FreeBet,
    /// The chance of a place cannot be reckoned from the prices of the race.
    #[error("each-way bets are not bought back where nobody prices their places: wait for the result")]
    EachWay,
    /// Two open legs of a line are on one event.
    #[error("leg {leg} is on the same event as leg {other}: wait until one of them is decided")]
    Related {
        /// The later leg, from 0.
        leg: u8,
        /// The earlier leg, from 0.
        other: u8,
    },
    /// No prices for now.
    #[error("the market of leg {leg} is suspended: try again when it is open")]
    Suspended {
        /// The leg, from 0.
        leg: u8,
    },
    /// The result follows, or is on its way to the bet.
    #[error("the market of leg {leg} is closed: wait for its result")]
    Closed {
        /// The leg, from 0.
        leg: u8,
    },
    /// A trader stopped it.
    #[error("cash-out is stopped on the market of leg {leg}: try again later or wait for the result")]
    Stopped {
        /// The leg, from 0.
        leg: u8,
    },
    /// The selection is withdrawn and the bet was not told yet what becomes of it.
    #[error("the selection of leg {leg} is withdrawn: try again when the leg is settled")]
    Withdrawn {
        /// The leg, from 0.
        leg: u8,
    },
    /// Neither source nor prices say how likely the selection comes in.
    #[error("the market of leg {leg} is not priced whole: wait for its prices")]
    NoChance {
        /// The leg, from 0.
        leg: u8,
    },
    /// Less than one minor unit would be paid.
    #[error("nothing would be paid: choose more of the stake or wait for better prices")]
    TooSmall,
    /// A part was asked of a bet of which lines are settled.
    #[error("lines of the bet are settled already: buy back all that is open")]
    WholeOnly,
}

impl NoCashOut {
    pub(crate) fn entry(&self) -> (u16, &'static str) {
        match self {
            NoCashOut::NotOpen => (181, "CASH_OUT_NOT_OPEN"),
            NoCashOut::NotOffered => (182, "CASH_OUT_NOT_OFFERED"),
            NoCashOut::FreeBet => (183, "CASH_OUT_FREE_BET"),
            NoCashOut::EachWay => (184, "CASH_OUT_EACH_WAY"),
            NoCashOut::Related { .. } => (185, "CASH_OUT_RELATED"),
            NoCashOut::Suspended { .. } => (186, "CASH_OUT_SUSPENDED"),
            NoCashOut::Closed { .. } => (187, "CASH_OUT_CLOSED"),
            NoCashOut::Stopped { .. } => (188, "CASH_OUT_STOPPED"),
            NoCashOut::Withdrawn { .. } => (189, "CASH_OUT_WITHDRAWN"),
            NoCashOut::NoChance { .. } => (190, "CASH_OUT_NO_CHANCE"),
            NoCashOut::TooSmall => (191, "CASH_OUT_TOO_SMALL"),
            NoCashOut::WholeOnly => (192, "CASH_OUT_WHOLE_ONLY"),
        }
    }

    /// The stable code on the wire. What to do is in the message (`Display`).
    pub fn code(&self) -> &'static str {
        self.entry().1
    }

    /// The leg that caused it, from 0.
    pub fn leg(&self) -> Option<u8> {
        match self {
            NoCashOut::Related { leg, .. }
            | NoCashOut::Suspended { leg }
            | NoCashOut::Closed { leg }
            | NoCashOut::Stopped { leg }
            | NoCashOut::Withdrawn { leg }
            | NoCashOut::NoChance { leg } => Some(*leg),
            _ => None,
        }
    }
}

/// What is paid for all that is open of a bet now, by the brand's rules of today, or why it is not bought back.
pub fn offer(bet: &Bet, rules: &Rules, book: &dyn Book) -> Result<CashOutOffer, NoCashOut> {
    may_be_bought_back(bet, rules, book)?;
    let mut whole = Ratio::ZERO;
    // The average of a sum is the sum of the averages, although win and place of a leg depend on each other.
    for part in bet.terms.shape().parts() {
        whole = whole.plus(&average(&bet.terms, &factors(bet, *part, book)?));
    }
    let fair = fair_value(bet, whole);
    let margin = i64::from(rules.cash_out.margin_percent.min(100));
    let amount = Amount(down(fair.0, 100 - margin, 100));
    if amount <= Amount::ZERO {
        return Err(NoCashOut::TooSmall);
    }
    Ok(CashOutOffer {
        stake: bet.open_stake(),
        fair,
        amount,
        divisible: bet.stake_settled() == Amount::ZERO,
    })
}

/// What a unit on this part of each leg returns: known, or on average.
fn factors(bet: &Bet, part: Part, book: &dyn Book) -> Result<Vec<Ratio>, NoCashOut> {
    let legs = bet.terms.legs.iter().zip(bet.results()).enumerate();
    let factor = |(at, (leg, result)): (usize, (&Leg, Option<LegResult>))| {
        let known = result.unwrap_or(LegResult::plain(0, None));
        if let Some(factor) = leg.factor(part, &known) {
            return Ok(factor);
        }
        let win = book
            .chance(leg.selection)
            .ok_or(NoCashOut::NoChance { leg: at as u8 })?;
        let chance = match (part, leg.each_way) {
            (Part::Place, Some(terms)) => {
                let rivals = book.rivals(leg.selection).ok_or(NoCashOut::EachWay)?;
                place_chance(win.won, &rivals, terms.places).ok_or(NoCashOut::EachWay)?
            }
            _ => win,
        };
        Ok(expected(leg, part, known, chance))
    };
    legs.map(factor).collect()
}

/// Whether a bet may be bought back at this moment, whatever it is worth.
pub(crate) fn may_be_bought_back(bet: &Bet, rules: &Rules, book: &dyn Book) -> Result<(), NoCashOut> {
    let terms = &bet.terms;
    if !bet.is_open() {
        return Err(NoCashOut::NotOpen);
    }
    if !rules.cash_out.offered {
        return Err(NoCashOut::NotOffered);
    }
    if terms.fund == Fund::FreeBet {
        return Err(NoCashOut::FreeBet);
    }
    let undecided = |leg: &usize| bet.result(*leg).is_none_or(|result| result.outcome.is_none());
    let open: Vec<usize> = (0..terms.legs.len()).filter(undecided).collect();
    for (at, leg) in open.iter().enumerate() {
        let event = |leg: usize| terms.legs[leg].selection.event;
        let related = |other: &&usize| event(**other) == event(*leg) && terms.shape().meet(**other, *leg);
        if let Some(other) = open[..at].iter().find(related) {
            let (leg, other) = (*leg as u8, *other as u8);
            return Err(NoCashOut::Related { leg, other });
        }
    }
    for at in open {
        let leg = at as u8;
        let quote = match book.quote(terms.legs[at].selection) {
            Lookup::Found(quote) => quote,
            // What is over is forgotten after a while.
            Lookup::UnknownMarket | Lookup::UnknownSelection => return Err(NoCashOut::Closed { leg }),
        };
        match quote.status {
            MarketStatus::Open => {}
            MarketStatus::Suspended => return Err(NoCashOut::Suspended { leg }),
            MarketStatus::Closed | MarketStatus::Resulted | MarketStatus::Void => {
                return Err(NoCashOut::Closed { leg });
            }
        }
        if !quote.cash_out {
            return Err(NoCashOut::Stopped { leg });
        }
        if quote.removed {
            return Err(NoCashOut::Withdrawn { leg });
        }
    }
    Ok(())
}

/// What a unit on each line returns on average, made the value of what is open: capped as a return is, less the stake that
/// was bought back before, less what settled lines have returned.
fn fair_value(bet: &Bet, factor: Ratio) -> Amount {
    let terms = &bet.terms;
    let minor = |amount: Amount| Ratio::new(amount.0.unsigned_abs(), 1);
    let cap = minor(terms.max_payout.max(terms.stake));
    let kept = Ratio::new(
        (terms.stake.0 - bet.cashed_stake().0).unsigned_abs(),
        terms.stake.0.unsigned_abs(),
    );
    let whole = factor.times(&minor(terms.unit_stake)).min(cap).times(&kept);
    let whole = whole.of_minor(1, Rounding::Down).unwrap_or(i64::MAX);
    Amount((whole - bet.returned().0).max(0))
}

/// The sum over all combinations of the products of their legs.
fn average(terms: &Terms, factors: &[Ratio]) -> Ratio {
    let shape = terms.shape();
    if shape.is_accumulator() {
        return Ratio::product(factors.iter().cloned());
    }
    let legs = || factors.iter().enumerate();
    let bankers = legs().filter(|(leg, _)| shape.is_banker(*leg));
    let bankers = Ratio::product(bankers.map(|(_, factor)| factor.clone()));
    let free = legs().filter(|(leg, factor)| !shape.is_banker(*leg) && !factor.is_zero());
    let free: Vec<Ratio> = free.map(|(_, factor)| factor.clone()).collect();
    cover::sum(Take::Return, bankers, &free, terms.combinations)
}

/// What one unit on a part of a leg returns on average, with what is known of its price and deduction so far.
fn expected(leg: &Leg, part: Part, known: LegResult, chance: Chance) -> Ratio {
    let parts = [
        (chance.won, LegOutcome::WON),
        (chance.half_won, LegOutcome::HalfWon),
        (chance.void, LegOutcome::Void),
        (chance.half_lost, LegOutcome::HalfLost),
    ];
    let outcome = |(millionths, outcome): (u32, LegOutcome)| {
        let (outcome, place) = (Some(outcome), Some(outcome));
        let result = LegResult {
            outcome,
            place,
            ..known
        };
        let factor = leg.factor(part, &result);
        let factor = factor.unwrap_or(Ratio::ZERO);
        factor.times(&Ratio::new(millionths.into(), Chance::ONE.into()))
    };
    parts
        .into_iter()
        .map(outcome)
        .fold(Ratio::ZERO, |sum, part| sum.plus(&part))
}

/// `amount * part / whole`, rounded down; none is negative, `part` is at most `whole` and `whole` is not 0.
fn down(amount: i64, part: i64, whole: i64) -> i64 {
    let share = i128::from(amount) * i128::from(part) / i128::from(whole);
    i64::try_from(share).expect("a share of an amount is no more than the amount")
}
