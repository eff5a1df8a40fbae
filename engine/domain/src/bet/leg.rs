//! Legs and their results.

use serde::{Deserialize, Serialize};

use crate::ids::SelectionRef;
use crate::odds::Odds;

/// One selection of a bet with the price taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leg {
    /// What it is on.
    pub selection: SelectionRef,
    /// The price at which it was taken.
    pub price: Odds,
    /// Version of the market that offered the price.
    pub market_version: u64,
    /// Terms of the place part; in an each-way bet every leg has them, in any other none.
    pub each_way: Option<EachWay>,
}

/// Place terms of an each-way leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EachWay {
    /// Places that are paid.
    pub places: u8,
    /// Share of the winning odds that a place pays: upper part of the fraction.
    pub num: u8,
    /// Lower part of the fraction.
    pub den: u8,
}

/// What became of a selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LegOutcome {
    /// Won; in a dead heat only part of the stake stands.
    Won {
        /// The share of the stake that stands; `None` for the whole.
        dead_heat: Option<DeadHeat>,
    },
    /// Lost.
    Lost,
    /// As if never staked: counts as price 1.
    Void,
    /// Half of the stake won, half came back.
    HalfWon,
    /// Half of the stake lost, half came back.
    HalfLost,
}

impl LegOutcome {
    /// Won with the whole stake.
    pub const WON: LegOutcome = LegOutcome::Won { dead_heat: None };
}

/// A tie: so many runners share so many places, fewer than they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "(u16, u16)", into = "(u16, u16)")]
pub struct DeadHeat {
    places: u16,
    runners: u16,
}

/// A tie that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a dead heat has at least one place and more tied runners than places, not {places} for {runners}")]
pub struct DeadHeatError {
    /// Places given.
    pub places: u16,
    /// Tied runners given.
    pub runners: u16,
}

impl DeadHeatError {
    /// The stable code of this error on the wire.
    pub fn code(&self) -> &'static str {
        "DEAD_HEAT_INVALID"
    }
}

impl DeadHeat {
    /// `runners` tied for `places`; at least one place, and fewer places than runners.
    pub fn new(places: u16, runners: u16) -> Result<DeadHeat, DeadHeatError> {
        if places == 0 || places >= runners {
            return Err(DeadHeatError { places, runners });
        }
        Ok(DeadHeat { places, runners })
    }

    /// Places that are shared.
    pub fn places(self) -> u16 {
        self.places
    }

    /// Runners that share them.
    pub fn runners(self) -> u16 {
        self.runners
    }
}

impl TryFrom<(u16, u16)> for DeadHeat {
    type Error = DeadHeatError;

    fn try_from((places, runners): (u16, u16)) -> Result<DeadHeat, DeadHeatError> {
        DeadHeat::new(places, runners)
    }
}

impl From<DeadHeat> for (u16, u16) {
    fn from(tie: DeadHeat) -> (u16, u16) {
        (tie.places, tie.runners)
    }
}

/// Where a runner came in, which decides the place part of each-way bets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Finish {
    /// The best position that it has, from 1.
    pub position: u16,
    /// How many runners share that position, itself among them; 1 for no tie.
    pub tied: u16,
}

/// Pence in the pound that are taken off winnings after a withdrawal: 0 to 90.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Deduction(pub u8);

/// A result as recorded on a leg: a fact with a version, the higher of which counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegResult {
    /// The market's result version, from 1.
    pub version: u32,
    /// What became of the selection; `None` when the result was taken back or is not yet good enough to settle on.
    pub outcome: Option<LegOutcome>,
    /// What became of the place part of an each-way leg; `None` on any other leg and while `outcome` is.
    pub place: Option<LegOutcome>,
    /// What Rule 4 takes off the winnings of both parts.
    pub deduction: Deduction,
    /// The price that replaces the one taken, where that was a palpable error.
    pub corrected: Option<Odds>,
}

impl LegResult {
    /// The outcome alone: no place part, no deduction, the price as taken.
    pub fn plain(version: u32, outcome: Option<LegOutcome>) -> LegResult {
        LegResult {
            version,
            outcome,
            place: None,
            deduction: Deduction(0),
            corrected: None,
        }
    }
}

/// A leg's result as journals of the first version have it: the outcome alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlainResult {
    /// The market's result version, from 1.
    pub version: u32,
    /// What became of the selection; `None` when the result was taken back.
    pub outcome: Option<LegOutcome>,
}

impl From<PlainResult> for LegResult {
    fn from(plain: PlainResult) -> LegResult {
        LegResult::plain(plain.version, plain.outcome)
    }
}
