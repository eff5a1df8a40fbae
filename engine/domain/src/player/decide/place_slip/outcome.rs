//! What becomes of a slip: its bets, a wait, an offer.

use super::assess::{Assessment, Basis};
use super::draft::Draft;
use super::in_seconds;
use crate::bet::{Fund, PricePolicy};
use crate::ids::{BetNo, SlipNo};
use crate::ledger::Phase;
use crate::money::Amount;
use crate::player::decide::bookings::Bookings;
use crate::player::{Approval, AskedBet, AskedLeg, AskedStake, Event, Rejection, Slip, Stage};

/// The bets of a slip that nothing is against, numbered and their stakes held.
pub(in crate::player::decide) fn placed(drafts: Vec<Draft>, basis: &Basis<'_>, bookings: &mut Bookings) -> Vec<Event> {
    let first = basis.state.bets_placed();
    let numbered = drafts.into_iter().zip(first + 1..);
    let placed = numbered.map(|(draft, no)| {
        let mut terms = draft.terms;
        terms.no = BetNo(no);
        if basis.approval.is_some() {
            // What the trader took is paid whole.
            terms.max_payout = terms.max_payout.max(draft.size.load(terms.unit_stake).payout);
        }
        bookings.stake(terms.fund, terms.stake, Phase::Pending);
        let hold = bookings.take()[0];
        Event::BetPlaced { terms, hold }
    });
    placed.collect()
}

/// A slip that waits for this many seconds with its stakes held.
pub(in crate::player::decide) fn held(
    slip: SlipNo,
    stage: Stage,
    seconds: u16,
    asked: &Slip,
    found: &Assessment,
    basis: &Basis<'_>,
    bookings: &mut Bookings,
) -> Event {
    for fund in [Fund::Cash, Fund::FreeBet] {
        let of_fund = found.drafts.iter().filter(|draft| draft.terms.fund == fund);
        bookings.hold_slip(fund, Amount(of_fund.map(|draft| draft.terms.stake.0).sum()));
    }
    let loads = found.drafts.iter().map(|draft| draft.size.load(draft.terms.unit_stake));
    Event::SlipHeld {
        slip,
        at: basis.context.now,
        until: in_seconds(basis.context.now, seconds),
        stage,
        asked: Box::new(asked.clone()),
        load: loads.fold(crate::exposure::Load::NONE, crate::exposure::Load::plus),
        approval: basis.approval.cloned(),
        transfers: bookings.take(),
    }
}

/// What would be taken instead; `None` where the player or the brand wants none, or something else than stakes and prices
/// is against the slip.
pub(in crate::player::decide) fn offer_instead(
    no: SlipNo,
    slip: &Slip,
    found: &Assessment,
    basis: &Basis<'_>,
) -> Option<Event> {
    let seconds = basis.context.rules.current().reoffer_s;
    let mends = |rejection: &Rejection| rejection.is_of_size() || matches!(rejection, Rejection::PriceChanged { .. });
    let mendable = found.reasons.iter().all(|reason| mends(&reason.rejection));
    let some = found.drafts.iter().all(|draft| draft.allowed > Amount::ZERO);
    if seconds == 0 || !slip.reoffer || !mendable || !some || found.drafts.len() != slip.bets.len() {
        return None;
    }
    let units: Vec<Amount> = found.drafts.iter().map(|draft| draft.allowed).collect();
    let mut prices: Vec<_> = slip.selections.iter().map(|asked| asked.price).collect();
    for draft in &found.drafts {
        for (leg, no) in draft.terms.legs.iter().zip(&draft.legs) {
            prices[usize::from(*no)] = leg.price;
        }
    }
    let offer = offer(slip, &units, &prices, basis);
    // A trader's word on the size stands.
    let approval = basis.approval.map(|approval| Approval {
        priced: false,
        ..approval.clone()
    });
    Some(offered(no, seconds, offer, approval, basis))
}

/// The slip with these stakes of a line and these prices.
pub(in crate::player::decide) fn offer(
    slip: &Slip,
    units: &[Amount],
    prices: &[crate::odds::Odds],
    basis: &Basis<'_>,
) -> Slip {
    let selections = slip.selections.iter().zip(prices);
    let bets = slip.bets.iter().zip(units);
    Slip {
        selections: selections
            .map(|(asked, price)| AskedLeg {
                price: *price,
                ..*asked
            })
            .collect(),
        bets: bets
            .map(|(asked, unit)| AskedBet {
                stake: AskedStake::Unit(unit.of(basis.currency)),
                ..*asked
            })
            .collect(),
        policy: PricePolicy::Exact,
        reoffer: false,
    }
}

/// An offer that stands for this many seconds.
pub(in crate::player::decide) fn offered(
    slip: SlipNo,
    seconds: u16,
    offer: Slip,
    approval: Option<Approval>,
    basis: &Basis<'_>,
) -> Event {
    Event::SlipOffered {
        slip,
        at: basis.context.now,
        until: in_seconds(basis.context.now, seconds),
        offer: Box::new(offer),
        approval,
    }
}
