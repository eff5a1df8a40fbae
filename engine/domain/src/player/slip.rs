//! Slips: what a player asks for, and what waits for an answer.

use serde::{Deserialize, Serialize};

use crate::bet::{Combinations, Fund, PricePolicy, Shape};
use crate::exposure::Load;
use crate::ids::SelectionRef;
use crate::ledger::Transfer;
use crate::market::{Book, Lookup, Quote};
use crate::money::{Amount, Money};
use crate::odds::{Format, Odds};
use crate::time::Time;

/// Most slips of a player that wait at once: a player who asks by hand has one or two, and each costs memory and a look at
/// every one of its markets when it is due.
pub const MAX_PENDING_SLIPS: usize = 20;

/// Bets on a common list of selections, taken whole or refused whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slip {
    /// 1 to 63 selections, each used by a bet.
    pub selections: Vec<AskedLeg>,
    /// 1 to 50 bets, or fewer by the rules.
    pub bets: Vec<AskedBet>,
    /// Which changes of price are taken.
    pub policy: PricePolicy,
    /// Whether the player wants to hear what would be taken instead.
    pub reoffer: bool,
}

/// A selection as asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedLeg {
    /// What it is on.
    pub selection: SelectionRef,
    /// The price that the player saw.
    pub price: Odds,
}

/// A bet of a slip. In masks bit n is selection n of the slip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedBet {
    /// Its legs, at least one.
    pub legs: u64,
    /// The legs that are in every line; not all of them.
    pub bankers: u64,
    /// How many of the legs that are no bankers a line has: sizes from 1 up.
    pub combinations: Combinations,
    /// Whether each line is staked twice, to win and for a place.
    pub each_way: bool,
    /// What is staked.
    pub stake: AskedStake,
    /// Where the stake comes from.
    pub fund: Fund,
}

/// A stake as asked for, above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AskedStake {
    /// Of each line.
    Unit(Money),
    /// Of all lines; each gets the same.
    Total(Money),
}

impl AskedStake {
    /// The amount, of a line or of all.
    pub fn money(self) -> Money {
        match self {
            AskedStake::Unit(money) | AskedStake::Total(money) => money,
        }
    }
}

impl AskedBet {
    /// Its shape.
    pub fn shape(&self) -> Shape {
        let legs: Vec<u32> = (0..64).filter(|leg| self.legs >> leg & 1 == 1).collect();
        let banker = |(at, leg): (usize, &u32)| u64::from(self.bankers >> leg & 1 == 1) << at;
        Shape {
            legs: legs.len(),
            bankers: legs.iter().enumerate().map(banker).sum(),
            combinations: self.combinations,
            each_way: self.each_way,
        }
    }

    /// Its lines, each-way counted twice, at least one.
    pub fn lines(&self) -> i64 {
        i64::try_from(self.shape().lines()).unwrap_or(i64::MAX).max(1)
    }

    /// Stake of a line and of all lines, as asked for, minor units; what does not divide stands as it is.
    pub fn stakes(&self) -> (Amount, Amount) {
        match self.stake {
            AskedStake::Unit(unit) => (unit.amount(), Amount(unit.minor.saturating_mul(self.lines()))),
            AskedStake::Total(total) => (Amount(total.minor / self.lines()), total.amount()),
        }
    }
}

impl Slip {
    /// One bet with the player's own money on all selections together: a single of one, an accumulator of more. A list of
    /// no or too many selections is refused when it is decided.
    pub fn of_one(selections: Vec<AskedLeg>, stake: Money, policy: PricePolicy) -> Slip {
        let legs = selections.len();
        let combinations = match legs {
            1..=Combinations::MAX_LEGS => Combinations::all_of(legs),
            _ => Combinations::of_sizes(&[]),
        };
        let bet = AskedBet {
            legs: 1u64.checked_shl(legs as u32).unwrap_or(0).wrapping_sub(1),
            bankers: 0,
            combinations,
            each_way: false,
            stake: AskedStake::Total(stake),
            fund: Fund::Cash,
        };
        Slip {
            selections,
            bets: vec![bet],
            policy,
            reoffer: false,
        }
    }

    /// The slip with the prices that the player saw, where a format rounds them: a price that is shown as the price offered
    /// now is that price. An exact format leaves all as it is.
    pub fn as_shown(&self, format: Format, book: &dyn Book) -> Slip {
        let mut slip = self.clone();
        if format.is_exact() {
            return slip;
        }
        for asked in &mut slip.selections {
            if let Lookup::Found(Quote { price: Some(now), .. }) = book.quote(asked.selection)
                && format.show(now) == format.show(asked.price)
            {
                asked.price = now;
            }
        }
        slip
    }
}

/// What a slip waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Stage {
    /// The delay in play; its stakes are held.
    Delay,
    /// A trader; its stakes are held.
    Referral,
    /// The player's answer to an offer; nothing is held.
    Offer,
}

/// A trader's word that a slip may be larger than the bounds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The trader's name.
    pub by: Box<str>,
    /// Whether the trader named the prices: they are struck as they are while the market's are no shorter.
    pub priced: bool,
}

/// A slip that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingSlip {
    /// As asked; as offered, where an offer was made.
    pub asked: Slip,
    /// What it waits for.
    pub stage: Stage,
    /// Since when.
    pub since: Time,
    /// Until when. A delay is over then; a trader or the player has answered before.
    pub until: Time,
    /// The trader who lets it be larger than the bounds.
    pub approval: Option<Approval>,
    /// What it loads the player's bounds with while its stakes are held.
    pub load: Load,
    /// The pending transfers that hold its stakes.
    pub holds: Vec<Transfer>,
}

/// How the waiting of a slip ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Released {
    /// Its bets were taken; they follow.
    Accepted,
    /// Refused, with every reason.
    Refused(Vec<super::Reason>),
    /// Other stakes or prices are offered; the offer follows.
    Offered,
    /// The player declined the offer.
    Declined,
    /// Nobody answered in time.
    TimedOut,
}

/// A trader's answer to a slip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum ReferralAnswer {
    /// As asked. Bounds on its size are set aside; status, prices, balance and the player's own limits are not.
    Accept,
    /// No.
    Reject {
        /// Why, 1 to 200 bytes; the player is told.
        reason: String,
    },
    /// With other stakes or prices.
    Offer {
        /// Total stake of each bet, above zero, in the order of the bets; empty for the stakes as asked.
        stakes: Vec<Money>,
        /// A price for each selection, none longer than the market's now; empty for the market's.
        prices: Vec<Odds>,
    },
}
