//! Reasons against a slip, in the order of the checks.

use crate::money::{Amount, Money};
use crate::player::{Reason, Rejection};

/// The checks in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Check {
    Shape,
    Related,
    Stake,
    OwnLimits,
    Known,
    KnownSelection,
    Suspended,
    Closed,
    Resulted,
    Removed,
    Unpriced,
    Price,
    EachWay,
    TotalOdds,
    Factor,
    PlayerCaps,
    Liability,
    StakeOfBet,
    PayoutOfBet,
    Balance,
}

#[derive(Debug, Default)]
pub(super) struct Reasons(Vec<(Check, Reason)>);

impl Reasons {
    /// Adds a reason against a selection or the whole slip.
    pub(super) fn slip(&mut self, check: Check, rejection: Rejection) {
        self.0.push((check, rejection.into()));
    }

    /// Adds a reason against a bet.
    pub(super) fn bet(&mut self, check: Check, bet: u8, rejection: Rejection) {
        let reason = Reason {
            bet: Some(bet),
            ..Reason::from(rejection)
        };
        self.0.push((check, reason));
    }

    /// Adds a reason against a bet's stake.
    pub(super) fn size(&mut self, check: Check, bet: u8, rejection: Rejection, max_stake: Money) {
        let reason = Reason {
            bet: Some(bet),
            rejection,
            max_stake: Some(Money {
                minor: max_stake.amount().max(Amount::ZERO).0,
                ..max_stake
            }),
        };
        self.0.push((check, reason));
    }

    /// All of them, those of earlier checks first, within a check in the order in which they were found.
    pub(super) fn in_order(mut self) -> Vec<Reason> {
        self.0.sort_by_key(|(check, _)| *check);
        self.0.into_iter().map(|(_, reason)| reason).collect()
    }
}
