//! How large a bet may be: every bound that depends on its stake.

use super::assess::Basis;
use super::draft::Draft;
use super::reasons::{Check, Reasons};
use crate::bet::{Fund, scopes_of};
use crate::exposure::{Load, Room, Scope};
use crate::money::{Amount, MAX_MINOR};
use crate::player::{LimitKind, Rejection};
use crate::rules::Caps;

/// One bound on a bet.
struct Bound {
    room: Room,
    check: Check,
    why: Why,
}

/// What a bound is of.
#[derive(Clone, Copy)]
enum Why {
    OwnLimit(LimitKind, Amount),
    PlayerCap,
    Liability(Option<u8>),
    StakeOfBet,
    PayoutOfBet(Amount),
    Cash(Amount),
    FreeBets(Amount),
}

/// What the bets of the slip that were looked at before take.
#[derive(Default)]
pub(super) struct Taken {
    cash: Amount,
    free_bets: Amount,
    player: Load,
    scopes: Vec<(Scope, Load)>,
}

impl Taken {
    /// Stake of all bets.
    pub(super) fn stake(&self) -> Amount {
        self.player.stake
    }

    fn of(&self, scope: Scope) -> Load {
        let of_scope = self.scopes.iter().filter(|(taken, _)| *taken == scope);
        of_scope.fold(Load::NONE, |sum, (_, load)| sum.plus(*load))
    }

    fn take(&mut self, draft: &Draft, load: Load, more_follow: bool) {
        let purse = match draft.terms.fund {
            Fund::Cash => &mut self.cash,
            Fund::FreeBet => &mut self.free_bets,
        };
        purse.0 = purse.0.saturating_add(load.stake.0);
        self.player = self.player.plus(load);
        if more_follow {
            let loads = crate::bet::load_of(&draft.terms)
                .into_iter()
                .map(|(scope, _)| (scope, load));
            self.scopes.extend(loads);
        }
    }
}

/// Holds a bet against every bound, and what is allowed of it against those of the bets that follow.
pub(super) fn check(draft: &mut Draft, more_follow: bool, taken: &mut Taken, basis: &Basis<'_>, reasons: &mut Reasons) {
    let bounds = bounds(draft, taken, basis);
    let asked = draft.size.load(draft.terms.unit_stake);
    if bounds.iter().any(|bound| !bound.room.holds(asked)) {
        draft.allowed = allowed(draft, &bounds, basis);
        let max_stake = draft.size.stake(draft.allowed).of(basis.currency);
        for bound in bounds.iter().filter(|bound| !bound.room.holds(asked)) {
            let rejection = bound.why.rejection(max_stake.amount(), basis);
            reasons.size(bound.check, draft.bet, rejection, max_stake);
        }
    }
    taken.take(draft, draft.size.load(draft.allowed), more_follow);
}

/// Whether all bets together can be paid for as they were asked, by the balances and the player's own limits: what is
/// allowed of them may be, and the whole not.
pub(super) fn pays_for(drafts: &[Draft], basis: &Basis<'_>) -> bool {
    let stake = |of: fn(&Draft) -> bool| {
        let stakes = drafts.iter().filter(|draft| of(draft));
        Amount(stakes.fold(0i64, |sum, draft| sum.saturating_add(draft.terms.stake.0)))
    };
    let all = stake(|_| true);
    let own_limits = LimitKind::STAKE.iter().filter(|kind| **kind != LimitKind::StakePerBet);
    let mut left = own_limits.filter_map(|kind| basis.state.limits().left(*kind, basis.context.now));
    stake(|draft| draft.terms.fund == Fund::Cash) <= basis.ledger.available()
        && stake(|draft| draft.terms.fund == Fund::FreeBet) <= basis.ledger.free_bets()
        && basis.ledger.has_room_for(all)
        && left.all(|left| all <= left)
}

/// The largest stake of a line that every bound allows, by itself; zero where even the smallest stake is too large.
pub(super) fn most(draft: &Draft, basis: &Basis<'_>) -> Amount {
    allowed(draft, &bounds(draft, &Taken::default(), basis), basis)
}

fn allowed(draft: &Draft, bounds: &[Bound], basis: &Basis<'_>) -> Amount {
    let room = bounds
        .iter()
        .fold(Room::UNBOUNDED, |room, bound| room.narrower(bound.room));
    let largest = draft.size.largest_in(room);
    if largest < basis.amounts.min_stake {
        return Amount::ZERO;
    }
    largest
}

/// The bounds on a bet in the order of the checks; what is unbounded is left out.
fn bounds(draft: &Draft, taken: &Taken, basis: &Basis<'_>) -> Vec<Bound> {
    let mut bounds = Vec::with_capacity(8);
    let mut bound = |check, why, room: Room| {
        if room != Room::UNBOUNDED {
            bounds.push(Bound { room, check, why });
        }
    };
    for kind in LimitKind::STAKE {
        if let Some(left) = basis.state.limits().left(kind, basis.context.now) {
            let before = if kind == LimitKind::StakePerBet {
                Amount::ZERO
            } else {
                taken.stake()
            };
            let left = Amount((left.0 - before.0).max(0));
            bound(Check::OwnLimits, Why::OwnLimit(kind, left), of_stake(left));
        }
    }
    // A trader set the bounds on the size aside. Whatever is taken must stay an amount.
    if basis.approval.is_some() {
        let most = Amount(MAX_MINOR);
        bound(Check::StakeOfBet, Why::StakeOfBet, of_stake(most));
        bound(Check::PayoutOfBet, Why::PayoutOfBet(most), of_payout(most));
    } else {
        size_bounds(draft, taken, basis, &mut bound);
    }
    let ledger = basis.ledger;
    let (why, left) = match draft.terms.fund {
        Fund::Cash => {
            let left = Amount(ledger.available().0 - taken.cash.0);
            (Why::Cash(left), left)
        }
        Fund::FreeBet => {
            let left = Amount(ledger.free_bets().0 - taken.free_bets.0);
            (Why::FreeBets(left), left)
        }
    };
    bound(Check::Balance, why, of_stake(left));
    bounds
}

/// The bounds that a trader may set aside.
fn size_bounds(draft: &Draft, taken: &Taken, basis: &Basis<'_>, bound: &mut impl FnMut(Check, Why, Room)) {
    let (amounts, factor) = (&basis.amounts, draft.factor);
    if amounts.player != Caps::default() {
        let cap = |cap: Option<Amount>| cap.map_or(Amount(i64::MAX), |cap| factor.of(cap));
        let room = Room {
            stake: cap(amounts.player.stake),
            payout: cap(amounts.player.payout),
            liability: cap(amounts.player.liability),
        };
        let room = room.after(basis.open_load()).after(taken.player);
        bound(Check::PlayerCaps, Why::PlayerCap, room);
    }
    let room = |scope| {
        basis
            .context
            .exposure
            .room(scope, basis.currency)
            .after(taken.of(scope))
    };
    for (leg, no) in draft.terms.legs.iter().zip(&draft.legs) {
        let rooms = scopes_of(leg.selection).map(room);
        let room = rooms.into_iter().fold(Room::UNBOUNDED, Room::narrower);
        bound(Check::Liability, Why::Liability(Some(*no)), room);
    }
    bound(Check::Liability, Why::Liability(None), room(Scope::Brand));
    let max_stake = factor.of(amounts.max_stake);
    bound(Check::StakeOfBet, Why::StakeOfBet, of_stake(max_stake));
    let max_payout = factor.of(amounts.max_payout);
    bound(Check::PayoutOfBet, Why::PayoutOfBet(max_payout), of_payout(max_payout));
}

fn of_stake(stake: Amount) -> Room {
    Room {
        stake,
        ..Room::UNBOUNDED
    }
}

fn of_payout(payout: Amount) -> Room {
    Room {
        payout,
        ..Room::UNBOUNDED
    }
}

impl Why {
    fn rejection(self, max_stake: Amount, basis: &Basis<'_>) -> Rejection {
        let money = |amount: Amount| amount.max(Amount::ZERO).of(basis.currency);
        let max_stake = money(max_stake);
        match self {
            Why::OwnLimit(kind, left) => Rejection::StakeLimit {
                kind,
                left: money(left),
            },
            Why::PlayerCap => Rejection::PlayerCap { max_stake },
            Why::Liability(leg) => Rejection::LiabilityFull { leg, max_stake },
            Why::StakeOfBet => Rejection::StakeTooLarge { max: max_stake },
            Why::PayoutOfBet(max_payout) => Rejection::PayoutTooLarge {
                max_payout: money(max_payout),
                max_stake,
            },
            Why::Cash(available) => Rejection::InsufficientFunds {
                available: money(available),
            },
            Why::FreeBets(available) => Rejection::InsufficientFreeBets {
                available: money(available),
            },
        }
    }
}
