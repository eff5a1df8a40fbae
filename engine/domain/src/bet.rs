//! A bet: the terms on which it was taken, what became of its legs, and what it returns.

mod combination;
mod leg;
mod policy;
mod settlement;
mod status;

pub use combination::Combinations;
pub use leg::{DeadHeat, DeadHeatError, EachWay, Leg, LegOutcome, LegResult};
pub use policy::PricePolicy;
use serde::{Deserialize, Serialize};
pub use settlement::{Settled, leg_factor};
pub use status::BetStatus;

use crate::ids::BetNo;
use crate::ledger::TransferNo;
use crate::money::Amount;
use crate::player::Event;
use crate::ratio::Rounding;
use crate::time::Time;

/// Where the stake comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fund {
    /// The player's own money.
    Cash,
    /// A free bet, whose stake is not returned. Reserved: no command places one yet.
    FreeBet,
}

/// The terms on which a bet was taken. They never change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Its number among the player's bets.
    pub no: BetNo,
    /// When it was taken.
    pub placed_at: Time,
    /// The legs, each with the price taken.
    pub legs: Vec<Leg>,
    /// Which combinations of the legs are staked.
    pub combinations: Combinations,
    /// Legs that are in every combination: bit n is leg n.
    pub bankers: u64,
    /// Stake of each combination, minor units.
    pub unit_stake: Amount,
    /// Stake of all combinations, minor units.
    pub stake: Amount,
    /// Where the stake comes from.
    pub fund: Fund,
    /// The most that it returns, minor units.
    pub max_payout: Amount,
    /// How its return is rounded.
    pub rounding: Rounding,
    /// Version of the brand's rules under which it was taken.
    pub rules_version: u32,
}

/// A bet as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bet {
    /// The terms on which it was taken.
    pub terms: Terms,
    /// The transfer that holds its stake while it is open.
    pub hold: TransferNo,
    /// What is known of each leg, in the order of the legs.
    pub results: Vec<Option<LegResult>>,
    /// Open or how it was settled.
    pub status: BetStatus,
    /// What it returned, stake included, minor units; zero while open.
    pub returned: Amount,
    /// When it was last settled; `None` while open.
    pub settled_at: Option<Time>,
    /// How often it was settled; more than once after corrections.
    pub settlements: u32,
}

impl Bet {
    /// A bet just placed.
    pub fn new(terms: Terms, hold: TransferNo) -> Bet {
        let results = vec![None; terms.legs.len()];
        let (status, returned) = (BetStatus::Open, Amount::ZERO);
        Bet {
            terms,
            hold,
            results,
            status,
            returned,
            settled_at: None,
            settlements: 0,
        }
    }

    /// Its number.
    pub fn no(&self) -> BetNo {
        self.terms.no
    }

    /// Whether it still waits for a result.
    pub fn is_open(&self) -> bool {
        self.status == BetStatus::Open
    }

    /// What it returns by the results known now; `None` while that can still change.
    pub fn decided(&self) -> Option<Settled> {
        self.terms
            .settle(|leg| self.results[leg].and_then(|result| result.outcome))
    }

    /// Takes in one event of this bet; events of anything else are passed over.
    pub fn apply(&mut self, event: &Event) {
        if event.bet() != Some(self.no()) {
            return;
        }
        match event {
            Event::LegResulted { leg, result, .. } => self.results[usize::from(*leg)] = Some(*result),
            Event::BetSettled {
                at, status, returned, ..
            } => {
                (self.status, self.returned, self.settled_at) = (*status, *returned, Some(*at));
                self.settlements += 1;
            }
            Event::BetReopened { hold, .. } => {
                (self.status, self.returned, self.settled_at) = (BetStatus::Open, Amount::ZERO, None);
                self.hold = *hold;
            }
            _ => {}
        }
    }

    /// The bet that this history of one bet, oldest first, amounts to; `None` when it does not begin with its placing.
    pub fn fold<'a>(history: impl IntoIterator<Item = &'a Event>) -> Option<Bet> {
        let mut history = history.into_iter();
        let mut bet = match history.next()? {
            Event::BetPlaced { terms, hold } => Bet::new(terms.clone(), hold.no),
            _ => return None,
        };
        history.for_each(|event| bet.apply(event));
        Some(bet)
    }
}
