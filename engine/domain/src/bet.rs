//! A bet: the terms on which it was taken, what became of its legs, and what it returns.

mod bonus;
mod cash_out;
mod combination;
mod cover;
mod factor;
mod kind;
mod leg;
mod load;
mod per_leg;
mod policy;
mod progress;
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
pub use per_leg::PerLeg;
pub use policy::PricePolicy;
use progress::{Known, Progress};
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
    pub legs: PerLeg<Leg>,
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bet {
    /// The terms on which it was taken.
    pub terms: Terms,
    /// The transfer that holds its stake while nothing of it is settled.
    pub hold: TransferNo,
    /// Open or how it was settled.
    pub status: BetStatus,
    /// `None` is [`Progress::NONE`]: very many bets are open at once, and nothing is known of most of them.
    progress: Option<Box<Progress>>,
}

impl Bet {
    /// A bet just placed.
    pub fn new(terms: Terms, hold: TransferNo) -> Bet {
        Bet {
            terms,
            hold,
            status: BetStatus::Open,
            progress: None,
        }
    }

    fn progress(&self) -> &Progress {
        self.progress.as_deref().unwrap_or(&Progress::NONE)
    }

    fn progress_mut(&mut self) -> &mut Progress {
        self.progress.get_or_insert_with(|| Box::new(Progress::NONE))
    }

    /// What is known of a leg, from 0.
    pub fn result(&self, leg: usize) -> Option<LegResult> {
        self.known(leg).result
    }

    /// What is known of each leg, in the order of the legs.
    pub fn results(&self) -> impl ExactSizeIterator<Item = Option<LegResult>> {
        (0..self.terms.legs.len()).map(|leg| self.result(leg))
    }

    /// Why each leg stands as it does, in the order of the legs.
    pub fn whys(&self) -> impl ExactSizeIterator<Item = Why> {
        (0..self.terms.legs.len()).map(|leg| self.known(leg).why)
    }

    fn known(&self, leg: usize) -> Known {
        self.progress().legs.get(leg).copied().unwrap_or(Known::NOTHING)
    }

    /// Stake of the lines that are settled, minor units: all of it once the bet is.
    pub fn stake_settled(&self) -> Amount {
        self.progress().stake_settled
    }

    /// What it returned in money, stake included, minor units; what was paid for stake bought back is not in it.
    pub fn returned(&self) -> Amount {
        self.progress().returned
    }

    /// What it gave back to the player's free bets, minor units.
    pub fn refunded(&self) -> Amount {
        self.progress().refunded
    }

    /// Stake that was bought back before the bet was settled, minor units.
    pub fn cashed_stake(&self) -> Amount {
        self.progress().cashed_stake
    }

    /// What was paid for that stake, minor units.
    pub fn cashed_paid(&self) -> Amount {
        self.progress().cashed_paid
    }

    /// When it was last settled; `None` while open.
    pub fn settled_at(&self) -> Option<Time> {
        self.progress().settled_at
    }

    /// How often it was settled; more than once after corrections.
    pub fn settlements(&self) -> u32 {
        self.progress().settlements
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
        let progress = self.progress();
        Amount(self.terms.stake.0 - progress.cashed_stake.0 - progress.stake_settled.0)
    }

    /// How it stands by the results known now and the rules under which it was taken.
    pub fn standing(&self, rules: &Rules) -> Standing {
        self.terms
            .standing_by(|leg| self.result(leg), self.cashed_stake(), rules)
    }

    /// How it was settled so far.
    pub fn settled(&self) -> Standing {
        Standing {
            status: self.status,
            stake_settled: self.stake_settled(),
            returned: self.returned(),
            refunded: self.refunded(),
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
        let known = self.known(leg);
        let was_decided = known.result.is_some_and(|result| result.outcome.is_some());
        let why = match why {
            Why::NoResult if was_decided || known.why == Why::RolledBack => Why::RolledBack,
            why => why,
        };
        Some((result, why))
    }

    /// Whether a leg stays as it is by a ruling, so that it need not be told: the ruling says what the bet knows, and it is
    /// of the very next version. With a version left out between, one that says something else could come later and would be
    /// taken for the latest.
    pub fn stays_by(&self, leg: usize, (result, why): (LegResult, Why)) -> bool {
        let known = self.known(leg);
        let told = known.result.unwrap_or(LegResult::plain(0, None));
        let version = told.version;
        version.checked_add(1) == Some(result.version) && (LegResult { version, ..result }, why) == (told, known.why)
    }

    fn decide_leg(&mut self, leg: u8, result: LegResult, why: Why) {
        let count = self.terms.legs.len();
        let legs = &mut self.progress_mut().legs;
        if legs.is_empty() {
            *legs = std::iter::repeat_n(Known::NOTHING, count).collect();
        }
        let result = Some(result);
        legs[usize::from(leg)] = Known { result, why };
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
                let progress = self.progress_mut();
                (progress.stake_settled, progress.returned, progress.refunded) = (*stake_settled, *returned, *refunded);
            }
            Event::BetSettled {
                at,
                status,
                returned,
                transfers,
                ..
            } => {
                self.status = *status;
                let (stake, fund, progress) = (self.terms.stake, self.terms.fund, self.progress_mut());
                progress.stake_settled = Amount(stake.0 - progress.cashed_stake.0);
                (progress.returned, progress.settled_at) = (*returned, Some(*at));
                progress.refunded = match (fund, status) {
                    // The hold itself was let go.
                    (Fund::FreeBet, BetStatus::Void) => progress.stake_settled,
                    _ => Amount(progress.refunded.0 + refunded_by(transfers)),
                };
                progress.settlements += 1;
            }
            Event::BetReopened { hold, .. } | Event::BetUnsettled { hold, .. } => {
                (self.status, self.hold) = (BetStatus::Open, *hold);
                let progress = self.progress_mut();
                progress.settled_at = None;
                progress.stake_settled = Amount::ZERO;
                (progress.returned, progress.refunded) = (Amount::ZERO, Amount::ZERO);
            }
            Event::BetCashedOut { at, stake, paid, .. } => {
                let progress = self.progress_mut();
                progress.cashed_stake = Amount(progress.cashed_stake.0 + stake.0);
                progress.cashed_paid = Amount(progress.cashed_paid.0 + paid.0);
                if self.open_stake() == Amount::ZERO {
                    self.status = BetStatus::CashedOut;
                    self.progress_mut().settled_at = Some(*at);
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
        bet.status = plain.status;
        let progress = bet.progress_mut();
        (progress.returned, progress.settled_at) = (plain.returned, plain.settled_at);
        progress.settlements = plain.settlements;
        if plain.settled_at.is_some() {
            progress.stake_settled = plain.terms.stake;
        }
        bet
    }
}
