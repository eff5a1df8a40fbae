//! What is to be settled on a market: one fact that says it whole.

use serde::{Deserialize, Serialize};

use crate::bet::{DeadHeat, Deduction, EachWay, Finish, Leg, LegOutcome, LegResult};
use crate::ids::SelectionNo;
use crate::odds::Odds;
use crate::rules::Rules;
use crate::time::Time;

/// The standing facts of a market: its result, what is cancelled, which prices were errors and who was withdrawn. It is
/// whole, so that of several the one with the highest version is all that counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarketSettlement {
    /// What became of the selections; empty while there is no result. With a result every selection has one.
    pub results: Vec<SelectionResult>,
    /// Whether the result is final. One from a scout in the stadium is not.
    pub confirmed: bool,
    /// Bets placed in these windows are void on this market.
    pub voids: Vec<Window>,
    /// Prices that were palpable errors.
    pub errors: Vec<PriceError>,
    /// Selections that left the market.
    pub withdrawals: Vec<Withdrawal>,
}

/// What became of one selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SelectionResult {
    /// The selection.
    pub selection: SelectionNo,
    /// Won, lost, void or half of it.
    pub outcome: LegOutcome,
    /// Where it came in; `None` where the source does not say.
    pub finish: Option<Finish>,
}

/// A span of time in which bets were placed: from its beginning, its end not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Window {
    /// `None` for ever before.
    pub from: Option<Time>,
    /// `None` for ever after.
    pub until: Option<Time>,
}

impl Window {
    /// Every bet.
    pub const ALWAYS: Window = Window {
        from: None,
        until: None,
    };

    /// Whether a bet placed at this time is in it.
    pub fn holds(&self, at: Time) -> bool {
        self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at < until)
    }
}

/// Why a leg stands as it does. In journals for ever: append, never reorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Why {
    /// There is no result yet.
    NoResult,
    /// There is a result, which the brand's rules do not settle on before it is confirmed.
    NotConfirmed,
    /// There was a result or a void, and it was taken back.
    RolledBack,
    /// By the result.
    Result,
    /// By a result that is not confirmed and may change.
    FirstResult,
    /// By the result at the right price, because the one taken was a palpable error.
    Corrected,
    /// Void: the selection was withdrawn.
    Withdrawn,
    /// Void: bets placed at that time were cancelled. The words are in the market's own history.
    Cancelled,
    /// Void: the price taken was a palpable error.
    PriceError,
}

/// A price that nobody could take for meant: bets on it are settled at the right price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PriceError {
    /// The selection.
    pub selection: SelectionNo,
    /// When the bets were placed.
    pub window: Window,
    /// The right price; `None` makes them void. A bet taken at this price or a shorter one keeps its own.
    pub price: Option<Odds>,
}

/// A selection that left the market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Withdrawal {
    /// The selection.
    pub selection: SelectionNo,
    /// The market's version by which it was out: bets taken at an earlier version are reduced.
    pub version: u64,
    /// Its last price; `None` where it never had one.
    pub price: Option<Odds>,
    /// Whether Rule 4 is for it: races only.
    pub rule_four: bool,
}

impl MarketSettlement {
    /// Whether there is a result.
    pub fn is_resulted(&self) -> bool {
        !self.results.is_empty()
    }

    /// Whether every bet is void.
    pub fn is_void(&self) -> bool {
        self.voids.contains(&Window::ALWAYS)
    }

    /// What this says of a leg of a bet placed at a time, by the rules of the bet. `None` when the result leaves the leg's
    /// selection out.
    pub fn result_of(&self, version: u32, leg: &Leg, placed_at: Time, rules: &Rules) -> Option<LegResult> {
        self.ruling_on(version, leg, placed_at, rules).map(|(result, _)| result)
    }

    /// The same with the reason. A withdrawal and a cancel stand above a result, and a price that makes void above one that
    /// corrects.
    pub fn ruling_on(&self, version: u32, leg: &Leg, placed_at: Time, rules: &Rules) -> Option<(LegResult, Why)> {
        let undecided = |why| Some((LegResult::plain(version, None), why));
        let void = |why| {
            let place = leg.each_way.map(|_| LegOutcome::Void);
            let result = LegResult::plain(version, Some(LegOutcome::Void));
            Some((LegResult { place, ..result }, why))
        };
        let no = leg.selection.selection;
        if self.withdrawals.iter().any(|withdrawal| withdrawal.selection == no) {
            return void(Why::Withdrawn);
        }
        if self.voids.iter().any(|window| window.holds(placed_at)) {
            return void(Why::Cancelled);
        }
        let error = |error: &&PriceError| error.selection == no && error.window.holds(placed_at);
        let corrected = match self.errors.iter().filter(error).map(|error| error.price).min() {
            Some(None) => return void(Why::PriceError),
            Some(Some(price)) if price < leg.price => Some(price),
            _ => None,
        };
        if !self.is_resulted() {
            return undecided(Why::NoResult);
        }
        if !(self.confirmed || rules.settle_unconfirmed) {
            return undecided(Why::NotConfirmed);
        }
        let result = self.results.iter().find(|result| result.selection == no)?;
        let why = match (corrected, self.confirmed) {
            (Some(_), _) => Why::Corrected,
            (None, true) => Why::Result,
            (None, false) => Why::FirstResult,
        };
        let decided = LegResult {
            version,
            outcome: Some(result.outcome),
            place: leg.each_way.map(|terms| result.place(terms)),
            deduction: self.deduction(leg, rules),
            corrected,
        };
        Some((decided, why))
    }

    fn deduction(&self, leg: &Leg, rules: &Rules) -> Deduction {
        let later = self
            .withdrawals
            .iter()
            .filter(|withdrawal| withdrawal.rule_four && withdrawal.version > leg.market_version);
        rules
            .rule_four
            .deduction(later.filter_map(|withdrawal| withdrawal.price))
    }
}

impl SelectionResult {
    /// What became of the place part. Where the source does not say where a selection came in, a winner was first and all
    /// others were nowhere.
    fn place(&self, terms: EachWay) -> LegOutcome {
        let places = u16::from(terms.places);
        match (self.outcome, self.finish) {
            (LegOutcome::Void, _) => LegOutcome::Void,
            (_, Some(finish)) => place_of(finish, places),
            (LegOutcome::Won { dead_heat: Some(tie) }, None) => place_of(
                Finish {
                    position: 1,
                    tied: tie.runners(),
                },
                places,
            ),
            (outcome, None) => outcome,
        }
    }
}

/// Tied runners share the places that are left from their position on.
fn place_of(finish: Finish, places: u16) -> LegOutcome {
    let left = places.saturating_add(1).saturating_sub(finish.position.max(1));
    match DeadHeat::new(left, finish.tied) {
        _ if left == 0 => LegOutcome::Lost,
        Ok(tie) => LegOutcome::Won { dead_heat: Some(tie) },
        Err(_) => LegOutcome::WON,
    }
}
