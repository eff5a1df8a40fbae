//! What a command to a player leads to.

mod answer_offer;
mod answer_referral;
mod apply_result;
mod bookings;
mod cash_out;
mod decide_slip;
mod deposit;
mod grant_free_bet;
mod lock_cash_out;
mod place_slip;
mod register;
mod self_exclude;
mod set_factor;
mod set_limit;
mod set_status;
mod withdraw;

use std::borrow::Cow;

pub use self::place_slip::{StakeRange, max_stake};
use super::command::Command;
use super::event::Event;
use super::rejection::Rejection;
use super::slip::PendingSlip;
use super::state::{AccountStatus, Profile, State};
use crate::bet::{Bet, NoCashOut};
use crate::exposure::Exposure;
use crate::ids::{BetNo, SlipNo};
use crate::market::Book;
use crate::money::Money;
use crate::rules::RuleBook;
use crate::time::Time;

/// What a decision needs and the player's state does not hold.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The time at which it is decided.
    pub now: Time,
    /// The brand's rules.
    pub rules: &'a RuleBook,
    /// The prices now.
    pub book: &'a dyn Book,
    /// What is left of the house's budgets.
    pub exposure: &'a dyn Exposure,
}

/// Decides a command: the events that it leads to, none where it changes nothing, or the first reason against it.
pub fn decide(state: &State, command: &Command, context: &Context<'_>) -> Result<Vec<Event>, Rejection> {
    match command {
        Command::Register {
            brand,
            reference,
            currency,
        } => register::decide(state, brand, reference, *currency, context),
        Command::Deposit { amount } => deposit::decide(state, *amount, context),
        Command::Withdraw { amount } => withdraw::decide(state, *amount, context),
        Command::PlaceSlip(slip) => place_slip::decide(state, slip, context),
        Command::PlaceShownSlip { slip, format } => {
            place_slip::decide(state, &slip.as_shown(*format, context.book), context)
        }
        Command::ApplyResult {
            bet,
            event,
            market,
            version,
            settlement,
            recalled,
        } => {
            let result = apply_result::MarketResult {
                event: *event,
                market: *market,
                version: *version,
                settlement,
            };
            apply_result::decide(state, *bet, &result, recalled.as_deref(), context)
        }
        Command::SetLimit { kind, amount } => set_limit::decide(state, *kind, *amount, context),
        Command::SelfExclude { until } => self_exclude::decide(state, *until, context),
        Command::GrantFreeBet { amount, reason } => grant_free_bet::decide(state, *amount, reason, context),
        Command::SetStatus { status, reason } => set_status::decide(state, *status, reason, context),
        Command::SetFactor {
            sport,
            phase,
            permille,
            by,
        } => set_factor::decide(state, sport, *phase, *permille, by, context),
        Command::DecideSlip { slip } => decide_slip::decide(state, *slip, context),
        Command::AnswerReferral { slip, answer, by } => answer_referral::decide(state, *slip, answer, by, context),
        Command::AnswerOffer { slip, accept } => answer_offer::decide(state, *slip, *accept, context),
        Command::LockCashOut { bet, stake } => lock_cash_out::decide(state, *bet, *stake, context),
        Command::CashOut { bet, amount } => cash_out::decide(state, *bet, *amount, context),
    }
}

/// Whether this can be the name of a trader.
fn is_name(by: &str) -> bool {
    (1..=64).contains(&by.len()) && !by.chars().any(char::is_control)
}

impl State {
    fn registered(&self) -> Result<&Profile, Rejection> {
        self.profile.as_ref().ok_or(Rejection::NotRegistered)
    }

    /// Whether the player may put money in or at stake.
    fn may_play(&self, now: Time) -> Result<(), Rejection> {
        match self.status {
            AccountStatus::Suspended => return Err(Rejection::AccountSuspended),
            AccountStatus::Closed => return Err(Rejection::AccountClosed),
            AccountStatus::Active => {}
        }
        match self.excluded_until {
            Some(until) if now < until => Err(Rejection::SelfExcluded { until }),
            _ => Ok(()),
        }
    }

    /// A slip that waits; `None` for one that was decided.
    fn waiting(&self, no: SlipNo) -> Result<Option<&PendingSlip>, Rejection> {
        self.registered()?;
        if no.0 == 0 || no.0 > self.slips_numbered() {
            return Err(Rejection::UnknownSlip { slip: no });
        }
        Ok(self.pending_slip(no))
    }

    /// Whether the player may sell bets back. Who is self-excluded may: it stakes nothing.
    fn may_sell(&self) -> Result<(), Rejection> {
        match self.status {
            AccountStatus::Suspended => Err(Rejection::AccountSuspended),
            AccountStatus::Closed => Err(Rejection::AccountClosed),
            AccountStatus::Active => Ok(()),
        }
    }

    /// A bet that is open; any other that was placed is settled.
    fn bet_to_sell(&self, no: BetNo) -> Result<Cow<'_, Bet>, Rejection> {
        if no.0 == 0 || no.0 > self.bets_placed() {
            return Err(Rejection::UnknownBet { bet: no });
        }
        self.open_bet(no).ok_or(Rejection::NoCashOut(NoCashOut::NotOpen))
    }

    fn in_wallet_currency(&self, amount: Money) -> Result<(), Rejection> {
        let wallet = self.registered()?.currency;
        if amount.currency == wallet {
            Ok(())
        } else {
            Err(Rejection::CurrencyMismatch { wallet })
        }
    }
}
