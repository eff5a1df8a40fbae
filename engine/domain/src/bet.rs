//! A bet: the terms on which it was taken, what became of its legs, and what it returns.

mod bonus;
mod cash_out;
mod combination;
mod cover;
mod factor;
mod kind;
mod leg;
mod load;
mod policy;
mod settlement;
mod shape;
mod status;
mod working;

pub(crate) use cash_out::may_be_bought_back;
pub use cash_out::{CashOutOffer, NoCashOut, offer};
pub use combination::Combinations;
pub use factor::leg_factor;
pub use kind::{Kind, KindError};
pub use leg::{DeadHeat, DeadHeatError, Deduction, EachWay, Finish, Leg, LegOutcome, LegResult, PlainResult};
pub(crate) use load::{Size, scopes_of};
pub use load::{load_of, releases};
pub use policy::PricePolicy;
use serde::{Deserialize, Serialize};
pub use settlement::Standing;
pub use shape::{Line, Part, Shape, ShapeError};
pub use status::BetStatus;
pub use working::{BonusWorking, LegWorking, LineWorking, Working};

use crate::ids::BetNo;
use crate::ledger::{Reason, Transfer, TransferNo};
use crate::market::{MarketSettlement, Why};
use crate::money::Amount;
use crate::player::Event;
use crate::ratio::Rounding;
use crate::rules::Rules;
use crate::time::Time;

/// Where the stake comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fund {
    /// The player's own money.
    Cash,
    /// The player's free bets. The stake is no part of what is won: a winning line returns its winnings alone, a void one
    /// gives its stake back to the free bets.
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
    /// Stake of each line, minor units.
    pub unit_stake: Amount,
    /// Stake of all lines, minor units: each-way counts every combination twice.
    pub stake: Amount,
    /// Where the stake comes from.
    pub fund: Fund,
    /// The most that it returns, minor units; but never less than the stake that is left, so that a win is no loss and a
    /// refund is whole.
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
    /// The transfer that holds its stake while nothing of it is settled.
    pub hold: TransferNo,
    /// What is known of each leg, in the order of the legs.
    pub results: Vec<Option<LegResult>>,
    /// Why each leg stands as it does, in the order of the legs.
    pub whys: Vec<Why>,
    /// Open or how it was settled.
    pub status: BetStatus,
    /// Stake of the lines that are settled, minor units: all of it once the bet is.
    pub stake_settled: Amount,
    /// What it returned in money, stake included, minor units; what was paid for stake bought back is not in it.
    pub returned: Amount,
    /// What it gave back to the player's free bets, minor units.
    pub refunded: Amount,
    /// Stake that was bought back before the bet was settled, minor units.
    pub cashed_stake: Amount,
    /// What was paid for that stake, minor units.
    pub cashed_paid: Amount,
    /// When it was last settled; `None` while open.
    pub settled_at: Option<Time>,
    /// How often it was settled; more than once after corrections.
    pub settlements: u32,
}

impl Bet {
    /// A bet just placed.
    pub fn new(terms: Terms, hold: TransferNo) -> Bet {
        let (results, whys) = (vec![None; terms.legs.len()], vec![Why::NoResult; terms.legs.len()]);
        Bet {
            terms,
            hold,
            results,
            whys,
            status: BetStatus::Open,
            stake_settled: Amount::ZERO,
            returned: Amount::ZERO,
            refunded: Amount::ZERO,
            cashed_stake: Amount::ZERO,
            cashed_paid: Amount::ZERO,
            settled_at: None,
            settlements: 0,
        }
    }

    /// Its number.
    pub fn no(&self) -> BetNo {
        self.terms.no
    }

    /// Whether a line of it still waits for a result.
    pub fn is_open(&self) -> bool {
        self.status == BetStatus::Open
    }

    /// Stake that is neither settled nor bought back, minor units.
    pub fn open_stake(&self) -> Amount {
        Amount(self.terms.stake.0 - self.cashed_stake.0 - self.stake_settled.0)
    }

    /// How it stands by the results known now and the rules under which it was taken.
    pub fn standing(&self, rules: &Rules) -> Standing {
        self.terms.standing(&self.results, self.cashed_stake, rules)
    }

    /// How it was settled so far.
    pub fn settled(&self) -> Standing {
        Standing {
            status: self.status,
            stake_settled: self.stake_settled,
            returned: self.returned,
            refunded: self.refunded,
        }
    }

    /// What a settlement says of a leg, with the reason; `None` when its result leaves the leg's selection out.
    pub fn ruling_on(
        &self,
        leg: usize,
        version: u32,
        settlement: &MarketSettlement,
        rules: &Rules,
    ) -> Option<(LegResult, Why)> {
        let terms = &self.terms;
        let (result, why) = settlement.ruling_on(version, &terms.legs[leg], terms.placed_at, rules)?;
        let was_decided = self.results[leg].is_some_and(|known| known.outcome.is_some());
        let why = match why {
            Why::NoResult if was_decided || self.whys[leg] == Why::RolledBack => Why::RolledBack,
            why => why,
        };
        Some((result, why))
    }

    /// Whether a leg stays as it is by a ruling, so that it need not be told: the ruling says what the bet knows, and it is
    /// of the very next version. With a version left out between, one that says something else could come later and would be
    /// taken for the latest.
    pub fn stays_by(&self, leg: usize, (result, why): (LegResult, Why)) -> bool {
        let known = self.results[leg].unwrap_or(LegResult::plain(0, None));
        let version = known.version;
        version.checked_add(1) == Some(result.version)
            && (LegResult { version, ..result }, why) == (known, self.whys[leg])
    }

    fn decide_leg(&mut self, leg: u8, result: LegResult, why: Why) {
        let leg = usize::from(leg);
        (self.results[leg], self.whys[leg]) = (Some(result), why);
    }

    /// Takes in one event of this bet; events of anything else are passed over.
    pub fn apply(&mut self, event: &Event) {
        if event.bet() != Some(self.no()) {
            return;
        }
        match event {
            Event::LegResulted { leg, result, .. } => self.decide_leg(*leg, (*result).into(), plain_why(result)),
            Event::LegDecided { leg, result, why, .. } => self.decide_leg(*leg, *result, *why),
            Event::LinesSettled {
                stake_settled,
                returned,
                refunded,
                ..
            } => {
                (self.stake_settled, self.returned, self.refunded) = (*stake_settled, *returned, *refunded);
            }
            Event::BetSettled {
                at,
                status,
                returned,
                transfers,
                ..
            } => {
                self.stake_settled = Amount(self.terms.stake.0 - self.cashed_stake.0);
                (self.status, self.returned, self.settled_at) = (*status, *returned, Some(*at));
                self.refunded = match (self.terms.fund, status) {
                    // The hold itself was let go.
                    (Fund::FreeBet, BetStatus::Void) => self.stake_settled,
                    _ => Amount(self.refunded.0 + refunded_by(transfers)),
                };
                self.settlements += 1;
            }
            Event::BetReopened { hold, .. } | Event::BetUnsettled { hold, .. } => {
                (self.status, self.settled_at) = (BetStatus::Open, None);
                (self.stake_settled, self.returned, self.refunded) = (Amount::ZERO, Amount::ZERO, Amount::ZERO);
                self.hold = *hold;
            }
            Event::BetCashedOut { at, stake, paid, .. } => {
                self.cashed_stake = Amount(self.cashed_stake.0 + stake.0);
                self.cashed_paid = Amount(self.cashed_paid.0 + paid.0);
                if self.open_stake() == Amount::ZERO {
                    (self.status, self.settled_at) = (BetStatus::CashedOut, Some(*at));
                }
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

/// What the first version says of why a leg stands as it does.
fn plain_why(result: &PlainResult) -> Why {
    match result.outcome {
        Some(_) => Why::Result,
        None => Why::RolledBack,
    }
}

/// What these bookings gave back to the player's free bets.
fn refunded_by(transfers: &[Transfer]) -> i64 {
    let back = |transfer: &&Transfer| transfer.reason == Reason::FreeBetReturned;
    transfers.iter().filter(back).map(|transfer| transfer.amount.0).sum()
}

/// A bet as journals of the first version recall it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlainBet {
    /// The terms on which it was taken.
    pub terms: Terms,
    /// The transfer that held its stake.
    pub hold: TransferNo,
    /// What was known of each leg, in the order of the legs.
    pub results: Vec<Option<PlainResult>>,
    /// How it was settled.
    pub status: BetStatus,
    /// What it returned, stake included, minor units.
    pub returned: Amount,
    /// When it was last settled.
    pub settled_at: Option<Time>,
    /// How often it was settled.
    pub settlements: u32,
}

impl From<&PlainBet> for Bet {
    fn from(plain: &PlainBet) -> Bet {
        let mut bet = Bet::new(plain.terms.clone(), plain.hold);
        for (leg, result) in (0u8..).zip(&plain.results) {
            if let Some(result) = result {
                bet.decide_leg(leg, (*result).into(), plain_why(result));
            }
        }
        (bet.status, bet.returned, bet.settled_at) = (plain.status, plain.returned, plain.settled_at);
        bet.settlements = plain.settlements;
        if plain.settled_at.is_some() {
            bet.stake_settled = plain.terms.stake;
        }
        bet
    }
}
