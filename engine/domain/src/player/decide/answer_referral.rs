//! A trader's answer to a slip that was referred.
//!
//! The delay in play comes after it: a trader takes longer than any delay, and what the delay is against is a bet that is
//! taken at a moment when the player knows more than the market.

use super::decide_slip::{Delay, release, take_up};
use super::place_slip::{Basis, offer, offered};
use super::{Context, is_name};
use crate::ids::SlipNo;
use crate::market::Lookup;
use crate::money::{Amount, MAX_MINOR, Money};
use crate::odds::Odds;
use crate::player::{
    Approval, AskedBet, Event, PendingSlip, Reason, ReferralAnswer, Rejection, Released, Slip, Stage, State,
};

/// Most bytes of a reason.
const MAX_REASON_BYTES: usize = 200;

pub(super) fn decide(
    state: &State,
    no: SlipNo,
    answer: &ReferralAnswer,
    by: &str,
    context: &Context<'_>,
) -> Result<Vec<Event>, Rejection> {
    let waiting = match state.waiting(no)? {
        Some(waiting) if waiting.stage == Stage::Referral => waiting,
        _ => return Err(Rejection::NotReferred { slip: no }),
    };
    if context.now >= waiting.until {
        return Err(Rejection::TooLate { until: waiting.until });
    }
    if !is_name(by) {
        return Err(Rejection::BadTrader);
    }
    match answer {
        ReferralAnswer::Accept => {
            let approval = Approval {
                by: by.into(),
                priced: false,
            };
            take_up(state, no, waiting, Some(&approval), Delay::Ahead, Some(by), context)
        }
        ReferralAnswer::Reject { reason } => {
            if reason.is_empty() || reason.len() > MAX_REASON_BYTES || reason.chars().any(char::is_control) {
                return Err(Rejection::BadReason);
            }
            let reason = Reason::from(Rejection::ReferralRejected {
                reason: reason.as_str().into(),
            });
            let how = Released::Refused(vec![reason]);
            Ok(vec![release(state, no, waiting, how, Some(by), context)])
        }
        ReferralAnswer::Offer { stakes, prices } => make_offer(state, no, waiting, stakes, prices, by, context),
    }
}

/// Lets the stakes go and offers others. The offer stands as long as one of the house does, or, where the house makes none,
/// as long as a trader has to answer.
fn make_offer(
    state: &State,
    no: SlipNo,
    waiting: &PendingSlip,
    stakes: &[Money],
    prices: &[Odds],
    by: &str,
    context: &Context<'_>,
) -> Result<Vec<Event>, Rejection> {
    let basis = Basis::of(state, context)?;
    let asked = &waiting.asked;
    let units = units(asked, stakes, state)?;
    let is_stake = |unit: &Amount| *unit >= basis.min_stake() && unit.0 <= MAX_MINOR;
    let now = asked
        .selections
        .iter()
        .map(|asked| match context.book.quote(asked.selection) {
            Lookup::Found(quote) => quote.price,
            _ => None,
        });
    let now = now.collect::<Option<Vec<Odds>>>().ok_or(Rejection::BadOffer)?;
    let priced = !prices.is_empty();
    let prices = if priced { prices } else { &now };
    let no_longer = prices.len() == now.len() && prices.iter().zip(&now).all(|(price, now)| price <= now);
    if !units.iter().all(is_stake) || !no_longer {
        return Err(Rejection::BadOffer);
    }
    let rules = context.rules.current();
    let seconds = if rules.reoffer_s > 0 {
        rules.reoffer_s
    } else {
        rules.referral.seconds
    };
    let approval = Approval { by: by.into(), priced };
    Ok(vec![
        release(state, no, waiting, Released::Offered, Some(by), context),
        offered(
            no,
            seconds.max(1),
            offer(asked, &units, prices, &basis),
            Some(approval),
            &basis,
        ),
    ])
}

/// The stake of each line, where so much is staked on each bet; as asked where nothing is said.
fn units(asked: &Slip, stakes: &[Money], state: &State) -> Result<Vec<Amount>, Rejection> {
    if stakes.is_empty() {
        return Ok(asked.bets.iter().map(|bet| bet.stakes().0).collect());
    }
    if stakes.len() != asked.bets.len() {
        return Err(Rejection::BadOffer);
    }
    let unit = |(stake, bet): (&Money, &AskedBet)| {
        state.in_wallet_currency(*stake)?;
        let lines = bet.lines();
        match stake.minor % lines {
            0 => Ok(Amount(stake.minor / lines)),
            over => Err(Rejection::StakeNotDivisible {
                lines: u32::try_from(lines).unwrap_or(u32::MAX),
                below: Amount(stake.minor - over).of(stake.currency),
            }),
        }
    };
    stakes.iter().zip(&asked.bets).map(unit).collect()
}
