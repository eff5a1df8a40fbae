//! What a command to a player leads to.

mod apply_result;
mod bookings;
mod deposit;
mod place_bet;
mod register;
mod self_exclude;
mod set_limit;
mod set_status;
mod withdraw;

use super::command::Command;
use super::event::Event;
use super::rejection::Rejection;
use super::state::{AccountStatus, Profile, State};
use crate::market::Book;
use crate::money::Money;
use crate::rules::Rules;
use crate::time::Time;

/// What a decision needs and the player's state does not hold.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The time at which it is decided.
    pub now: Time,
    /// The brand's rules.
    pub rules: &'a Rules,
    /// The prices now.
    pub book: &'a dyn Book,
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
        Command::PlaceBet { legs, stake, policy } => place_bet::decide(state, legs, *stake, *policy, context),
        Command::ApplyResult {
            bet,
            event,
            market,
            version,
            outcomes,
            recalled,
        } => {
            let result = apply_result::MarketResult {
                event: *event,
                market: *market,
                version: *version,
                outcomes,
            };
            apply_result::decide(state, *bet, &result, recalled.as_deref(), context)
        }
        Command::SetLimit { kind, amount } => set_limit::decide(state, *kind, *amount, context),
        Command::SelfExclude { until } => self_exclude::decide(state, *until, context),
        Command::SetStatus { status, reason } => set_status::decide(state, *status, reason, context),
    }
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

    fn in_wallet_currency(&self, amount: Money) -> Result<(), Rejection> {
        let wallet = self.registered()?.currency;
        if amount.currency == wallet {
            Ok(())
        } else {
            Err(Rejection::CurrencyMismatch { wallet })
        }
    }
}
