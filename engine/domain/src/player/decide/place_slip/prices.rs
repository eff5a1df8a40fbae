//! Whether the markets take bets now, and at what price.

use super::assess::Basis;
use super::reasons::{Check, Reasons};
use crate::bet::PricePolicy;
use crate::market::{Lookup, MarketStatus, Quote};
use crate::odds::Odds;
use crate::player::{AskedLeg, Rejection, Slip};
use crate::rules::Phase;

/// A selection with a price.
#[derive(Clone, Copy)]
pub(super) struct Offered {
    pub(super) quote: Quote,
    /// The price at which it is struck.
    pub(super) price: Odds,
}

impl Offered {
    pub(super) fn phase(&self) -> Phase {
        if self.quote.in_play {
            Phase::InPlay
        } else {
            Phase::PreMatch
        }
    }
}

/// What is offered on each selection of the slip; `None` where no price is.
pub(super) fn look_up(slip: &Slip, basis: &Basis<'_>, reasons: &mut Reasons) -> Vec<Option<Offered>> {
    let selections = slip.selections.iter().enumerate();
    selections
        .map(|(leg, asked)| offered(leg as u8, asked, slip.policy, basis, reasons))
        .collect()
}

fn offered(
    leg: u8,
    asked: &AskedLeg,
    policy: PricePolicy,
    basis: &Basis<'_>,
    reasons: &mut Reasons,
) -> Option<Offered> {
    let quote = match basis.context.book.quote(asked.selection) {
        Lookup::Found(quote) => quote,
        Lookup::UnknownMarket => {
            // It was known when the slip came: its event is over since.
            let (check, rejection) = match basis.waited() {
                true => (Check::Closed, Rejection::MarketClosed { leg }),
                false => (Check::Known, Rejection::UnknownMarket { leg }),
            };
            reasons.slip(check, rejection);
            return None;
        }
        Lookup::UnknownSelection => {
            reasons.slip(Check::KnownSelection, Rejection::UnknownSelection { leg });
            return None;
        }
    };
    let closed = match quote.status {
        MarketStatus::Open => None,
        MarketStatus::Suspended => Some((Check::Suspended, Rejection::MarketSuspended { leg })),
        MarketStatus::Closed => Some((Check::Closed, Rejection::MarketClosed { leg })),
        MarketStatus::Resulted | MarketStatus::Void => Some((Check::Resulted, Rejection::MarketResulted { leg })),
    };
    let removed = quote
        .removed
        .then_some((Check::Removed, Rejection::SelectionRemoved { leg }));
    let takes_none = closed.or(removed);
    let Some(now) = quote.price else {
        let (check, rejection) = takes_none.unwrap_or((Check::Unpriced, Rejection::NoPrice { leg }));
        reasons.slip(check, rejection);
        return None;
    };
    let price = struck(now, asked.price, policy, basis);
    match (takes_none, price) {
        (Some((check, rejection)), _) => reasons.slip(check, rejection),
        (None, None) => reasons.slip(Check::Price, Rejection::PriceChanged { leg, now }),
        (None, Some(_)) => {}
    }
    let price = price.unwrap_or(now);
    Some(Offered { quote, price })
}

/// The price at which a bet is struck; `None` where the player or the house does not take it.
fn struck(now: Odds, asked: Odds, policy: PricePolicy, basis: &Basis<'_>) -> Option<Odds> {
    let tolerance = basis.context.rules.current().price_tolerance;
    let priced = basis.approval.is_some_and(|approval| approval.priced);
    if priced {
        // The trader's price stands while the market's is no shorter.
        return PricePolicy::Better
            .takes_within(now, asked, tolerance)
            .then_some(now.min(asked));
    }
    let taken = basis.any_price || policy.takes_within(now, asked, tolerance);
    taken.then_some(now)
}
