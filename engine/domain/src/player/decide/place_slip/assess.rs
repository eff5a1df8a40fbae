//! All that is for and against a slip at one moment.

use std::cell::OnceCell;

use super::bounds::{self, Taken};
use super::draft::{Draft, check_related, draft, unit_stake};
use super::reasons::{Check, Reasons};
use super::{prices, shape};
use crate::exposure::Load;
use crate::ids::SlipNo;
use crate::ledger::Ledger;
use crate::money::{Amount, Currency};
use crate::player::decide::Context;
use crate::player::{Approval, Reason, Rejection, Slip, SlipRefusal, State};
use crate::rules::{AmountRules, ReferralRules};

/// What a slip is held against.
pub(in crate::player::decide) struct Basis<'a> {
    pub(super) state: &'a State,
    pub(super) context: &'a Context<'a>,
    pub(super) currency: Currency,
    pub(super) amounts: AmountRules,
    /// The accounts: without the holds of the slip itself, if it waited.
    pub(super) ledger: &'a Ledger,
    /// The slip itself, if it waited.
    slip: Option<SlipNo>,
    /// The trader who lets it be larger than the bounds.
    pub(super) approval: Option<&'a Approval>,
    /// Whether any price is taken, because only the size is asked about.
    pub(super) any_price: bool,
    open_load: OnceCell<Load>,
}

impl<'a> Basis<'a> {
    /// For a slip that comes now.
    pub(in crate::player::decide) fn of(state: &'a State, context: &'a Context<'a>) -> Result<Basis<'a>, Rejection> {
        let currency = state.registered()?.currency;
        Ok(Basis {
            state,
            context,
            currency,
            amounts: context.rules.current().amounts(currency),
            ledger: state.ledger(),
            slip: None,
            approval: None,
            any_price: false,
            open_load: OnceCell::new(),
        })
    }

    /// For a slip that waited, with its holds let go on these accounts.
    pub(in crate::player::decide) fn of_waiting(
        slip: SlipNo,
        approval: Option<&'a Approval>,
        ledger: &'a Ledger,
        state: &'a State,
        context: &'a Context<'a>,
    ) -> Result<Basis<'a>, Rejection> {
        Ok(Basis {
            ledger,
            slip: Some(slip),
            approval,
            ..Basis::of(state, context)?
        })
    }

    /// Whether the slip waited before.
    pub(super) fn waited(&self) -> bool {
        self.slip.is_some()
    }

    /// The smallest stake of a line.
    pub(in crate::player::decide) fn min_stake(&self) -> Amount {
        self.amounts.min_stake
    }

    /// What the player's open bets and waiting slips load the player's bounds with, the slip itself left out.
    pub(super) fn open_load(&self) -> Load {
        *self.open_load.get_or_init(|| {
            let others = self.state.pending_slips().filter(|(no, _)| Some(*no) != self.slip);
            (others.map(|(_, slip)| slip.load)).fold(self.state.open_bets_load(), Load::plus)
        })
    }
}

/// What was found.
pub(in crate::player::decide) struct Assessment {
    /// The reasons against the slip, in order; none where it can be taken.
    pub(in crate::player::decide) reasons: Vec<Reason>,
    /// The bets that have terms: all of them where there is no reason.
    pub(in crate::player::decide) drafts: Vec<Draft>,
    /// Seconds until it is taken.
    pub(in crate::player::decide) delay_s: u16,
}

/// Holds a slip against everything. What forbids any bet is refused at once.
pub(in crate::player::decide) fn assess(slip: &Slip, basis: &Basis<'_>) -> Result<Assessment, Rejection> {
    let (state, context) = (basis.state, basis.context);
    state.may_play(context.now)?;
    for bet in &slip.bets {
        state.in_wallet_currency(bet.stake.money())?;
    }
    let mut reasons = Reasons::default();
    let shapes = shape::check(slip, context.rules.current(), &mut reasons)?;
    let offered = prices::look_up(slip, basis, &mut reasons);
    let mut drafts = Vec::with_capacity(slip.bets.len());
    for (bet, shape) in slip.bets.iter().zip(shapes) {
        let Some(shape) = shape else { continue };
        check_related(&shape, slip, &offered, basis, &mut reasons);
        if let Some(unit) = unit_stake(bet, &shape, basis, &mut reasons) {
            drafts.extend(draft(bet, shape, unit, slip, &offered, basis, &mut reasons));
        }
    }
    let (mut taken, last) = (Taken::default(), drafts.len().saturating_sub(1));
    for (at, draft) in drafts.iter_mut().enumerate() {
        bounds::check(draft, at < last, &mut taken, basis, &mut reasons);
    }
    let bets = u32::try_from(slip.bets.len()).unwrap_or(u32::MAX);
    if !basis.ledger.has_room_for(taken.stake()) || state.bets_placed().checked_add(bets).is_none() {
        reasons.slip(Check::Balance, Rejection::WalletFull);
    }
    let delay = |offered: &prices::Offered| {
        let of_market = if offered.quote.in_play {
            offered.quote.bet_delay_s
        } else {
            0
        };
        of_market.max(context.rules.delay_s(offered.quote.sport, offered.phase()))
    };
    Ok(Assessment {
        delay_s: offered.iter().flatten().map(delay).max().unwrap_or(0),
        reasons: reasons.in_order(),
        drafts,
    })
}

impl Assessment {
    /// Whether a trader is asked: nothing but the size is against the slip, no bet is too far beyond the bounds, and the
    /// stakes can be held.
    pub(super) fn may_refer(&self, rules: &ReferralRules, basis: &Basis<'_>) -> bool {
        let near = |draft: &Draft| {
            let (asked, allowed) = (draft.terms.unit_stake.0, draft.allowed.0);
            i128::from(asked) * 100 <= i128::from(allowed) * i128::from(rules.up_to_percent)
        };
        rules.seconds > 0
            && self.reasons.iter().all(|reason| reason.rejection.is_of_size())
            && self.drafts.iter().all(near)
            && bounds::pays_for(&self.drafts, basis)
    }

    /// The refusal: plain where one reason against the only bet says it all.
    pub(super) fn refusal(self, slip: &Slip) -> Rejection {
        let plain = |reason: &Reason| {
            let most = reason.max_stake.is_none() || reason.max_stake == reason.rejection.max_stake();
            most && slip.bets.len() == 1
        };
        match self.reasons.as_slice() {
            [only] if plain(only) => only.rejection.clone(),
            _ => {
                let refusal = SlipRefusal::of(self.reasons).expect("a slip is refused for a reason");
                Rejection::Slip(Box::new(refusal))
            }
        }
    }
}
