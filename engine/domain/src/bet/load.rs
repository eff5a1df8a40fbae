//! What a bet may come to, and what it loads the house's budgets with.

use super::{Bet, Combinations, Fund, Terms};
use crate::exposure::{Load, Room, Scope};
use crate::ids::SelectionRef;
use crate::money::Amount;
use crate::player::Event;
use crate::ratio::{Ratio, Rounding};

/// What a bet comes to by the stake of a line when every leg wins. Boosts and bonuses are not counted: they are the
/// brand's gift and end at the bet's maximum payout.
#[derive(Clone, Debug)]
pub(crate) struct Size {
    lines: i64,
    return_of_unit: Ratio,
    rounding: Rounding,
    fund: Fund,
}

impl Size {
    /// The size of a bet on these terms, whatever their stake. The cost is bounded by the legs, not by the lines.
    pub(crate) fn of(terms: &Terms) -> Size {
        let each_way = terms.legs.iter().any(|leg| leg.each_way.is_some());
        let free = terms.legs.len() - terms.bankers.count_ones() as usize;
        let combinations = terms.combinations.count(free);
        let lines = combinations.saturating_mul(if each_way { 2 } else { 1 });
        let win = sum_of_lines(terms, |leg| Ratio::from(terms.legs[leg].price));
        let return_of_unit = if each_way {
            win.plus(&sum_of_lines(terms, |leg| place_factor(terms, leg)))
        } else {
            win
        };
        Size {
            lines: i64::try_from(lines).unwrap_or(i64::MAX),
            return_of_unit,
            rounding: terms.rounding,
            fund: terms.fund,
        }
    }

    /// Stake of all lines.
    pub(crate) fn stake(&self, unit: Amount) -> Amount {
        Amount(unit.0.saturating_mul(self.lines))
    }

    /// Stake and the most that is returned at so much a line; sums beyond 64 bits stop there.
    pub(crate) fn load(&self, unit: Amount) -> Load {
        let stake = self.stake(unit);
        let returned = self.return_of_unit.of_minor(unit.0, self.rounding).unwrap_or(i64::MAX);
        let winnings = Amount(returned.saturating_sub(stake.0));
        match self.fund {
            Fund::Cash => Load {
                stake,
                payout: Amount(returned),
                liability: winnings,
            },
            // The stake is no part of what is won, and none that the player brought.
            Fund::FreeBet => Load {
                stake,
                payout: winnings,
                liability: winnings,
            },
        }
    }

    /// The largest stake of a line that this room holds; zero where it holds none.
    pub(crate) fn largest_in(&self, room: Room) -> Amount {
        let (mut fits, mut beyond) = (0i64, (room.stake.0.max(0) / self.lines.max(1)).saturating_add(1));
        while beyond - fits > 1 {
            let unit = fits + (beyond - fits) / 2;
            if room.holds(self.load(Amount(unit))) {
                fits = unit;
            } else {
                beyond = unit;
            }
        }
        Amount(fits)
    }
}

/// What one unit on the place part of a leg returns.
fn place_factor(terms: &Terms, leg: usize) -> Ratio {
    let (price, Some(place)) = (terms.legs[leg].price, terms.legs[leg].each_way) else {
        return Ratio::ONE;
    };
    let winnings = Ratio::new((price.num() - price.den()).into(), price.den().into());
    Ratio::ONE.plus(&winnings.times(&Ratio::new(place.num.into(), place.den.into())))
}

/// The sum over all combinations of the products of their legs.
fn sum_of_lines(terms: &Terms, of_leg: impl Fn(usize) -> Ratio) -> Ratio {
    let banker = |leg: &usize| terms.bankers >> leg & 1 == 1;
    let legs = 0..terms.legs.len();
    let bankers = legs
        .clone()
        .filter(banker)
        .fold(Ratio::ONE, |product, leg| product.times(&of_leg(leg)));
    let free: Vec<usize> = legs.filter(|leg| !banker(leg)).collect();
    if terms.combinations == Combinations::all_of(free.len().max(1)) {
        return free.iter().fold(bankers, |product, leg| product.times(&of_leg(*leg)));
    }
    let staked = |size: &usize| terms.combinations.has_size(*size);
    let largest = (0..=free.len()).rev().find(staked).unwrap_or(0);
    let mut sums = vec![Ratio::ZERO; largest + 1];
    sums[0] = Ratio::ONE;
    for (seen, leg) in free.iter().enumerate() {
        let factor = of_leg(*leg);
        for size in (1..=largest.min(seen + 1)).rev() {
            sums[size] = sums[size].plus(&sums[size - 1].times(&factor));
        }
    }
    let staked = (0..=largest).filter(staked);
    staked
        .fold(Ratio::ZERO, |sum, size| sum.plus(&sums[size]))
        .times(&bankers)
}

/// The scopes that a bet touches, each once, in their order.
fn scopes(terms: &Terms) -> Vec<Scope> {
    let of_leg = |selection: crate::ids::SelectionRef| scopes_of(selection).into_iter();
    let legs = terms.legs.iter().flat_map(|leg| of_leg(leg.selection));
    let mut scopes: Vec<Scope> = legs.chain([Scope::Brand]).collect();
    scopes.sort_unstable();
    scopes.dedup();
    scopes
}

/// The scopes that a leg touches, the narrowest first.
pub(crate) fn scopes_of(selection: SelectionRef) -> [Scope; 3] {
    let (event, market) = (selection.event, selection.market);
    [
        Scope::Selection(selection),
        Scope::Market { event, market },
        Scope::Event(event),
    ]
}

/// What a bet loads each scope with when it is placed. A multiple loads every scope of every leg with its whole stake,
/// payout and liability: the safe side, for each leg may be the last one that is still open.
pub fn load_of(terms: &Terms) -> Vec<(Scope, Load)> {
    let load = load_of_open(terms, terms.stake);
    scopes(terms).into_iter().map(|scope| (scope, load)).collect()
}

/// What an event of a bet changes on each scope: what it releases, or, below zero, what it loads. A bet that is settled or
/// wholly bought back releases all that it loaded; one of which part was bought back, that share; one that is open again
/// loads its scopes again, and nobody is asked. Lines that are settled one by one release their stake alone. `bet` is
/// the bet before the event; events that change nothing give nothing.
pub fn releases(bet: &Bet, event: &Event) -> Vec<(Scope, Load)> {
    let before = bet.load();
    let mut after = bet.clone();
    after.apply(event);
    let released = before.less(after.load());
    if released == Load::NONE {
        return Vec::new();
    }
    scopes(&bet.terms).into_iter().map(|scope| (scope, released)).collect()
}

impl Bet {
    /// What it loads each of its scopes with as it stands.
    pub fn loads(&self) -> Vec<(Scope, Load)> {
        let load = self.load();
        scopes(&self.terms).into_iter().map(|scope| (scope, load)).collect()
    }

    /// What it loads its scopes with as it stands; nothing once it is settled.
    pub fn load(&self) -> Load {
        if !self.is_open() {
            return Load::NONE;
        }
        let whole = load_of_open(&self.terms, Amount(self.terms.stake.0 - self.cashed_stake().0));
        Load {
            stake: self.open_stake(),
            ..whole
        }
    }
}

/// The load of a bet of which this much stake is not bought back.
fn load_of_open(terms: &Terms, stake: Amount) -> Load {
    let whole = Size::of(terms).load(terms.unit_stake);
    let cap = terms.max_payout.max(terms.stake);
    let payout = whole.payout.min(cap);
    // What is left is rounded up: the safe side.
    let share = |amount: i64| {
        let (amount, stake, of) = (
            i128::from(amount),
            i128::from(stake.0),
            i128::from(terms.stake.0.max(1)),
        );
        Amount(i64::try_from((amount * stake + of - 1) / of).unwrap_or(i64::MAX))
    };
    let payout = share(payout.0);
    let liability = match terms.fund {
        Fund::Cash => Amount(payout.0.saturating_sub(stake.0).max(0)),
        Fund::FreeBet => payout,
    };
    Load {
        stake,
        payout,
        liability,
    }
}
