//! Takes a bet, or says why not.

use super::Context;
use crate::bet::{Combinations, Fund, Leg, PricePolicy, Terms};
use crate::ids::BetNo;
use crate::ledger::{Account, Phase, Reason, Transfer};
use crate::market::{Lookup, MarketStatus, Quote};
use crate::money::{Amount, Currency, Money};
use crate::odds::Odds;
use crate::player::{AskedLeg, Event, LimitKind, Rejection, State};
use crate::ratio::Ratio;
use crate::rules::AmountRules;

pub(super) fn decide(
    state: &State,
    asked: &[AskedLeg],
    stake: Money,
    policy: PricePolicy,
    context: &Context<'_>,
) -> Result<Vec<Event>, Rejection> {
    let currency = state.registered()?.currency;
    state.may_play(context.now)?;
    state.in_wallet_currency(stake)?;
    check_shape(asked, context.rules.max_legs)?;
    let (stake, amounts) = (stake.amount(), context.rules.amounts(currency));
    check_stake(stake, &amounts, currency)?;
    let terms = Terms {
        no: BetNo(state.bets_placed() + 1),
        placed_at: context.now,
        legs: take_prices(asked, policy, context)?,
        combinations: Combinations::all_of(asked.len()),
        bankers: 0,
        unit_stake: stake,
        stake,
        fund: Fund::Cash,
        max_payout: amounts.max_payout,
        rounding: context.rules.rounding,
        rules_version: context.rules.version,
    };
    if terms.total_odds() > Ratio::new(context.rules.max_total_odds.into(), 1) {
        return Err(Rejection::TotalOddsTooHigh {
            max: context.rules.max_total_odds,
        });
    }
    for kind in LimitKind::STAKE {
        if let Some(left) = state.limits().left(kind, context.now).filter(|left| stake > *left) {
            return Err(Rejection::StakeLimit {
                kind,
                left: left.of(currency),
            });
        }
    }
    if terms
        .uncapped_return()
        .is_none_or(|potential| potential > amounts.max_payout)
    {
        let max_stake = terms.max_stake(amounts.max_payout).min(amounts.max_stake);
        return Err(Rejection::PayoutTooLarge {
            max_payout: amounts.max_payout.of(currency),
            max_stake: max_stake.of(currency),
        });
    }
    let ledger = state.ledger();
    if stake > ledger.available() {
        return Err(Rejection::InsufficientFunds {
            available: ledger.available().of(currency),
        });
    }
    if !ledger.has_room_for(stake) || state.bets_placed() == u32::MAX {
        return Err(Rejection::WalletFull);
    }
    let hold = Transfer {
        no: ledger.next_no(),
        debit: Account::PlayerAvailable,
        credit: Account::OpenStakes,
        amount: stake,
        reason: Reason::Stake,
        phase: Phase::Pending,
    };
    Ok(vec![Event::BetPlaced { terms, hold }])
}

fn check_shape(asked: &[AskedLeg], max_legs: u16) -> Result<(), Rejection> {
    if asked.is_empty() {
        return Err(Rejection::NoLegs);
    }
    if asked.len() > usize::from(max_legs).min(Combinations::MAX_LEGS) {
        return Err(Rejection::TooManyLegs { max: max_legs });
    }
    for (leg, later) in asked.iter().enumerate() {
        if let Some(other) = asked[..leg]
            .iter()
            .position(|earlier| earlier.selection.event == later.selection.event)
        {
            return Err(Rejection::RelatedLegs {
                leg: leg as u8,
                other: other as u8,
            });
        }
    }
    Ok(())
}

fn check_stake(stake: Amount, rules: &AmountRules, currency: Currency) -> Result<(), Rejection> {
    if stake <= Amount::ZERO {
        return Err(Rejection::StakeNotPositive);
    }
    if stake < rules.min_stake {
        return Err(Rejection::StakeTooSmall {
            min: rules.min_stake.of(currency),
        });
    }
    if stake > rules.max_stake {
        return Err(Rejection::StakeTooLarge {
            max: rules.max_stake.of(currency),
        });
    }
    Ok(())
}

/// The legs at the prices of now, where market and price allow them.
fn take_prices(asked: &[AskedLeg], policy: PricePolicy, context: &Context<'_>) -> Result<Vec<Leg>, Rejection> {
    let lookups: Vec<Lookup> = asked.iter().map(|leg| context.book.quote(leg.selection)).collect();
    if let Some(leg) = lookups.iter().position(|lookup| *lookup == Lookup::UnknownMarket) {
        return Err(Rejection::UnknownMarket { leg: leg as u8 });
    }
    let quotes: Vec<Quote> = lookups
        .into_iter()
        .enumerate()
        .map(|(leg, lookup)| match lookup {
            Lookup::Found(quote) => Ok(quote),
            _ => Err(Rejection::UnknownSelection { leg: leg as u8 }),
        })
        .collect::<Result<_, _>>()?;
    let first = |refused: &dyn Fn(&Quote) -> bool| quotes.iter().position(refused).map(|leg| leg as u8);
    if let Some(leg) = first(&|quote| quote.status == MarketStatus::Suspended) {
        return Err(Rejection::MarketSuspended { leg });
    }
    if let Some(leg) = first(&|quote| quote.status == MarketStatus::Closed) {
        return Err(Rejection::MarketClosed { leg });
    }
    if let Some(leg) = first(&|quote| quote.status != MarketStatus::Open) {
        return Err(Rejection::MarketResulted { leg });
    }
    if let Some(leg) = first(&|quote| quote.removed) {
        return Err(Rejection::SelectionRemoved { leg });
    }
    let prices: Vec<Odds> = quotes
        .iter()
        .enumerate()
        .map(|(leg, quote)| quote.price.ok_or(Rejection::NoPrice { leg: leg as u8 }))
        .collect::<Result<_, _>>()?;
    let taken = asked.iter().zip(&quotes).zip(prices).enumerate();
    taken
        .map(|(leg, ((asked, quote), price))| {
            if !policy.takes(price, asked.price) {
                return Err(Rejection::PriceChanged {
                    leg: leg as u8,
                    now: price,
                });
            }
            Ok(Leg {
                selection: asked.selection,
                price,
                market_version: quote.market_version,
                each_way: None,
            })
        })
        .collect()
}
