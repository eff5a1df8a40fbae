//! The question how much would be taken, before a bet is placed.

use super::assess::Basis;
use super::reasons::Reasons;
use super::{bounds, draft, prices, shape};
use crate::money::Amount;
use crate::odds::Odds;
use crate::player::decide::Context;
use crate::player::{Rejection, Slip, SlipRefusal, State};

/// What would be taken of one bet now. Amounts are minor units of the wallet's currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StakeRange {
    /// Lines of the bet, each-way counted twice; a total stake is a multiple of it.
    pub lines: u32,
    /// The smallest total stake.
    pub min: Amount,
    /// The largest total stake; zero where none is taken.
    pub max: Amount,
    /// What the largest returns when every leg wins.
    pub max_return: Amount,
    /// The prices now, in the order of the bet's legs.
    pub prices: Vec<Odds>,
}

/// How much of each bet of a slip would be taken at the prices of now, each as if it were the only one: the stakes, the
/// prices and the policy that the slip names are not looked at. Refused with all that is against it at any stake.
pub fn max_stake(state: &State, slip: &Slip, context: &Context<'_>) -> Result<Vec<StakeRange>, Rejection> {
    let mut basis = Basis::of(state, context)?;
    basis.any_price = true;
    state.may_play(context.now)?;
    let mut reasons = Reasons::default();
    let shapes = shape::check(slip, context.rules.current(), &mut reasons)?;
    let offered = prices::look_up(slip, &basis, &mut reasons);
    let mut ranges = Vec::with_capacity(slip.bets.len());
    for (bet, shape) in slip.bets.iter().zip(shapes) {
        let Some(shape) = shape else { continue };
        let lines = shape.lines;
        draft::check_related(&shape, slip, &offered, &basis, &mut reasons);
        let draft = draft::draft(bet, shape, Amount::ZERO, slip, &offered, &basis, &mut reasons);
        let Some(draft) = draft else { continue };
        let most = draft.size.load(bounds::most(&draft, &basis));
        ranges.push(StakeRange {
            lines,
            min: Amount(basis.amounts.min_stake.0.saturating_mul(i64::from(lines))),
            max: most.stake,
            max_return: most.payout,
            prices: draft.terms.legs.iter().map(|leg| leg.price).collect(),
        });
    }
    match SlipRefusal::of(reasons.in_order()) {
        None => Ok(ranges),
        Some(refusal) if slip.bets.len() == 1 && refusal.reasons().count() == 1 => {
            Err(refusal.first().rejection.clone())
        }
        Some(refusal) => Err(Rejection::Slip(Box::new(refusal))),
    }
}
