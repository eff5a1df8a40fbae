//! A bet as it would be taken: its terms at the prices of now.

use super::assess::Basis;
use super::prices::Offered;
use super::reasons::{Check, Reasons};
use super::shape::Shape;
use crate::bet::{EachWay, Leg, Size, Terms};
use crate::ids::BetNo;
use crate::money::Amount;
use crate::player::{AskedBet, AskedStake, Factor, Rejection, Slip};
use crate::ratio::Ratio;

/// A bet that could be taken if its stake can.
pub(in crate::player::decide) struct Draft {
    /// Its place on the slip, from 0.
    pub(super) bet: u8,
    /// Its legs as selections of the slip.
    pub(super) legs: Vec<u8>,
    /// Its terms; number, payout cap and stake are what is asked for until it is taken.
    pub(super) terms: Terms,
    /// What it may come to.
    pub(super) size: Size,
    /// The tightest of the player's factors on its legs.
    pub(super) factor: Factor,
    /// The stake of a line that the bounds allow: as asked, or less.
    pub(super) allowed: Amount,
}

/// The stake of each line, as asked.
pub(super) fn unit_stake(bet: &AskedBet, shape: &Shape, basis: &Basis<'_>, reasons: &mut Reasons) -> Option<Amount> {
    let (lines, lines_minor) = (shape.lines, i64::from(shape.lines));
    let (minor, min) = (bet.stake.money().minor, basis.amounts.min_stake.0);
    let refused = match bet.stake {
        _ if minor <= 0 => Rejection::StakeNotPositive,
        AskedStake::Total(_) if minor / lines_minor >= min && minor % lines_minor != 0 => {
            Rejection::StakeNotDivisible {
                lines,
                below: Amount(minor - minor % lines_minor).of(basis.currency),
            }
        }
        AskedStake::Total(_) if minor / lines_minor >= min => return Some(Amount(minor / lines_minor)),
        AskedStake::Unit(_) if minor >= min => return Some(Amount(minor)),
        _ => Rejection::StakeTooSmall {
            min: Amount(min.saturating_mul(lines_minor)).of(basis.currency),
        },
    };
    reasons.bet(Check::Stake, shape.bet, refused);
    None
}

/// Refuses legs of one event that may be in one line, unless the brand says that they do not depend on each other.
pub(super) fn check_related(
    shape: &Shape,
    slip: &Slip,
    offered: &[Option<Offered>],
    basis: &Basis<'_>,
    reasons: &mut Reasons,
) {
    let selection = |leg: usize| slip.selections[usize::from(shape.legs[leg])].selection;
    let kind = |leg: usize| offered[usize::from(shape.legs[leg])].map(|offered| offered.quote.kind);
    for leg in 1..shape.legs.len() {
        let related = |other: &usize| {
            let (later, earlier) = (selection(leg), selection(*other));
            if later.event != earlier.event || !shape.meet(leg, *other) {
                return false;
            }
            // Where a market is not known nothing is said of it but that.
            let apart = kind(leg).zip(kind(*other));
            later.market == earlier.market || apart.is_some_and(|(kind, of)| !basis.context.rules.may_meet(kind, of))
        };
        if let Some(other) = (0..leg).find(related) {
            let (leg, other) = (shape.legs[leg], shape.legs[other]);
            reasons.bet(Check::Related, shape.bet, Rejection::RelatedLegs { leg, other });
        }
    }
}

/// The bet on its terms; `None` where a leg has no price, or the player's factor takes no bets.
pub(super) fn draft(
    asked: &AskedBet,
    shape: Shape,
    unit_stake: Amount,
    slip: &Slip,
    offered: &[Option<Offered>],
    basis: &Basis<'_>,
    reasons: &mut Reasons,
) -> Option<Draft> {
    let rules = basis.context.rules.current();
    let mut legs = Vec::with_capacity(shape.legs.len());
    let mut factor = Factor::MAX;
    let mut barred = false;
    for leg in &shape.legs {
        let offered = offered[usize::from(*leg)]?;
        let quote = &offered.quote;
        let of_leg = basis.state.factors().factor(quote.sport, offered.phase());
        if of_leg == Factor(0) {
            reasons.bet(Check::Factor, shape.bet, Rejection::BetsNotTaken { leg: *leg });
            barred = true;
        }
        factor = factor.min(of_leg);
        let each_way = match quote.race {
            _ if !asked.each_way => None,
            None => {
                reasons.bet(Check::EachWay, shape.bet, Rejection::EachWayNotOffered { leg: *leg });
                None
            }
            // Of a race that is win only the place is the win.
            Some(race) => rules.each_way_terms(race.handicap, race.runners).or(Some(EachWay {
                places: 1,
                num: 1,
                den: 1,
            })),
        };
        legs.push(Leg {
            selection: slip.selections[usize::from(*leg)].selection,
            price: offered.price,
            market_version: quote.market_version,
            each_way,
        });
    }
    let longest = shape.longest_line(|leg| legs[leg].price);
    let odds = longest
        .iter()
        .fold(Ratio::ONE, |odds, leg| odds.times(&legs[*leg].price.into()));
    if odds > Ratio::new(rules.max_total_odds.into(), 1) {
        let max = rules.max_total_odds;
        reasons.bet(Check::TotalOdds, shape.bet, Rejection::TotalOddsTooHigh { max });
    }
    if barred {
        return None;
    }
    let terms = Terms {
        no: BetNo(0),
        placed_at: basis.context.now,
        legs: legs.into(),
        combinations: asked.combinations,
        bankers: shape.bankers,
        unit_stake,
        stake: Amount(unit_stake.0.saturating_mul(i64::from(shape.lines))),
        fund: asked.fund,
        max_payout: factor.max(Factor::ONE).of(basis.amounts.max_payout),
        rounding: rules.rounding,
        rules_version: rules.version,
    };
    Some(Draft {
        bet: shape.bet,
        legs: shape.legs,
        size: Size::of(&terms),
        terms,
        factor,
        allowed: unit_stake,
    })
}
