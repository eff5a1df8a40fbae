//! The shape of a bet: which lines it has, apart from what they are on.

use super::{Combinations, Kind};
use crate::rules::Rules;

/// Number of legs, which of them are bankers, which combinations are staked, and whether it is each-way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Legs, bankers among them.
    pub legs: usize,
    /// Legs that are in every combination: bit n is leg n.
    pub bankers: u64,
    /// The staked combinations of the other legs.
    pub combinations: Combinations,
    /// Whether every combination is staked twice: to win and to be placed.
    pub each_way: bool,
}

/// What a line of an each-way bet is staked on; any other bet has win lines alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// That all of its selections win.
    Win,
    /// That all of its selections are placed.
    Place,
}

/// One line: the legs that must come in together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line {
    /// What it is staked on.
    pub part: Part,
    /// Its legs: bit n is leg n.
    pub mask: u64,
}

impl Line {
    /// Its legs, rising from 0.
    pub fn legs(self) -> impl Iterator<Item = usize> {
        (0..64).filter(move |leg| self.mask >> leg & 1 == 1)
    }
}

/// Why legs, sizes and bankers make no bet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShapeError {
    /// No leg at all.
    #[error("the bet has no legs: give at least one")]
    NoLegs,
    /// More legs than are allowed.
    #[error("the bet has {found} legs: give at most {max}")]
    TooManyLegs {
        /// Legs given.
        found: usize,
        /// Legs allowed.
        max: usize,
    },
    /// A banker that is no leg.
    #[error("banker {banker} is no leg of the bet: bankers are among its {legs} legs")]
    BankerNotALeg {
        /// The banker, from 0.
        banker: usize,
        /// Legs of the bet.
        legs: usize,
    },
    /// Nothing is left to combine.
    #[error("every leg is a banker: leave at least one free, or give an accumulator without bankers")]
    NoFreeLeg,
    /// No size of combination.
    #[error("no combination is staked: give at least one size")]
    NoSize,
    /// A size that no combination has.
    #[error("no combination of {size} can be made of {free} free legs: give sizes from 1 to {free}")]
    SizeNotWithinLegs {
        /// The size given.
        size: usize,
        /// Legs that are no bankers.
        free: usize,
    },
    /// A named bet with the wrong number of selections.
    #[error("a {name} is of {expected} selections, bankers not counted, not of {found}")]
    OtherSelections {
        /// Its name.
        name: String,
        /// Selections that it takes.
        expected: usize,
        /// Selections given.
        found: usize,
    },
    /// More lines than are allowed.
    #[error("the bet has {lines} lines, each-way counted twice: stake fewer combinations, at most {max} lines")]
    TooManyLines {
        /// Its lines; `u64::MAX` stands for that many or more.
        lines: u64,
        /// Lines allowed.
        max: u32,
    },
}

impl ShapeError {
    /// The stable code of this error on the wire.
    pub fn code(&self) -> &'static str {
        match self {
            ShapeError::NoLegs => "SHAPE_NO_LEGS",
            ShapeError::TooManyLegs { .. } => "SHAPE_TOO_MANY_LEGS",
            ShapeError::BankerNotALeg { .. } => "SHAPE_BANKER_NOT_A_LEG",
            ShapeError::NoFreeLeg => "SHAPE_NO_FREE_LEG",
            ShapeError::NoSize => "SHAPE_NO_SIZE",
            ShapeError::SizeNotWithinLegs { .. } => "SHAPE_SIZE_NOT_WITHIN_LEGS",
            ShapeError::OtherSelections { .. } => "SHAPE_OTHER_SELECTIONS",
            ShapeError::TooManyLines { .. } => "SHAPE_TOO_MANY_LINES",
        }
    }
}

impl Shape {
    /// The shape of this many legs with these bankers and sizes, as a slip has them. Fails where a banker is no leg or a
    /// size is not within the free legs; what the brand allows is for [`Shape::check`].
    pub fn new(legs: usize, bankers: &[usize], sizes: &[usize], each_way: bool) -> Result<Shape, ShapeError> {
        Shape::check_legs(legs, Combinations::MAX_LEGS)?;
        if let Some(banker) = bankers.iter().find(|banker| **banker >= legs) {
            return Err(ShapeError::BankerNotALeg { banker: *banker, legs });
        }
        let bankers = bankers.iter().fold(0, |mask, banker| mask | 1u64 << banker);
        let free = legs - bankers.count_ones() as usize;
        if let Some(size) = sizes.iter().find(|size| **size > free) {
            return Err(ShapeError::SizeNotWithinLegs { size: *size, free });
        }
        let shape = Shape {
            legs,
            bankers,
            combinations: Combinations::of_sizes(sizes),
            each_way,
        };
        shape.check_sizes()?;
        Ok(shape)
    }

    /// The shape of a named bet on this many legs with these bankers. Fails where the name is for another number of
    /// selections.
    pub fn named(kind: Kind, legs: usize, bankers: &[usize], each_way: bool) -> Result<Shape, ShapeError> {
        let plain = Shape::new(legs, bankers, &[1], each_way)?;
        if kind.selections() != plain.free() {
            return Err(ShapeError::OtherSelections {
                name: kind.to_string(),
                expected: kind.selections(),
                found: plain.free(),
            });
        }
        let shape = Shape {
            combinations: kind.combinations(),
            ..plain
        };
        shape.check_sizes()?;
        Ok(shape)
    }

    /// Refuses a shape that is none or that these rules do not allow; gives the number of its lines.
    pub fn check(&self, rules: &Rules) -> Result<u32, ShapeError> {
        Shape::check_legs(self.legs, usize::from(rules.max_legs).min(Combinations::MAX_LEGS))?;
        if let Some(banker) = (self.legs..64).find(|leg| self.is_banker(*leg)) {
            return Err(ShapeError::BankerNotALeg {
                banker,
                legs: self.legs,
            });
        }
        self.check_sizes()?;
        let lines = self.lines();
        match u32::try_from(lines) {
            Ok(count) if count <= rules.max_lines => Ok(count),
            _ => Err(ShapeError::TooManyLines {
                lines,
                max: rules.max_lines,
            }),
        }
    }

    fn check_legs(found: usize, max: usize) -> Result<(), ShapeError> {
        match found {
            0 => Err(ShapeError::NoLegs),
            _ if found > max => Err(ShapeError::TooManyLegs { found, max }),
            _ => Ok(()),
        }
    }

    fn check_sizes(&self) -> Result<(), ShapeError> {
        let free = self.free();
        if free == 0 {
            return Err(ShapeError::NoFreeLeg);
        }
        if self.combinations.sizes().next().is_none() {
            return Err(ShapeError::NoSize);
        }
        match self.combinations.sizes().find(|size| *size == 0 || *size > free) {
            Some(size) => Err(ShapeError::SizeNotWithinLegs { size, free }),
            None => Ok(()),
        }
    }

    /// Whether a leg, from 0, is in every combination.
    pub fn is_banker(&self, leg: usize) -> bool {
        leg < 64 && self.bankers >> leg & 1 == 1
    }

    /// Legs that are no bankers.
    pub fn free(&self) -> usize {
        self.legs - (self.bankers.count_ones() as usize).min(self.legs)
    }

    /// Number of combinations: of lines, each-way counted once.
    pub fn combinations(&self) -> u64 {
        self.combinations.count(self.free())
    }

    /// Number of lines, each-way counted twice; `u64::MAX` for that many or more.
    pub fn lines(&self) -> u64 {
        self.combinations().saturating_mul(if self.each_way { 2 } else { 1 })
    }

    /// What its lines are staked on.
    pub fn parts(&self) -> &'static [Part] {
        if self.each_way {
            &[Part::Win, Part::Place]
        } else {
            &[Part::Win]
        }
    }

    /// Whether it is one combination of all legs: a single or an accumulator.
    pub fn is_accumulator(&self) -> bool {
        let free = self.free();
        (1..=Combinations::MAX_LEGS).contains(&free) && self.combinations == Combinations::all_of(free)
    }

    /// Whether one of its lines has both of these legs, from 0: such legs may not depend on each other.
    pub fn meet(&self, leg: usize, other: usize) -> bool {
        let free = u8::from(!self.is_banker(leg)) + u8::from(!self.is_banker(other));
        leg == other || self.combinations.sizes().any(|size| size >= usize::from(free))
    }

    /// All lines: the win lines by rising size and, within a size, in the order of the legs; then the place lines in the
    /// same order. They can be very many: bound them by [`Shape::check`] first.
    pub fn each_line(&self) -> impl Iterator<Item = Line> {
        let shape = *self;
        let line = move |part| shape.masks().map(move |mask| Line { part, mask });
        self.parts().iter().flat_map(move |part| line(*part))
    }

    fn masks(self) -> impl Iterator<Item = u64> {
        let free: Vec<usize> = (0..self.legs).filter(|leg| !self.is_banker(*leg)).collect();
        let count = free.len();
        let sizes = self.combinations.sizes().filter(move |size| *size <= count);
        sizes.flat_map(move |size| {
            let (free, first) = (free.clone(), (0..size).collect::<Vec<_>>());
            let places = std::iter::successors(Some(first), move |places| after(places, count));
            places.map(move |places| places.iter().fold(self.bankers, |mask, place| mask | 1 << free[*place]))
        })
    }

    /// Its name, such as `Yankee`, `4-fold` or `2,3 of 5 with 1 banker`.
    pub fn name(&self) -> String {
        let bankers = self.legs - self.free();
        if self.is_accumulator() {
            return Kind::of(self.legs, Combinations::all_of(self.legs)).to_string();
        }
        let kind = Kind::of(self.free(), self.combinations);
        // With a banker a line of one free leg is no single.
        let name = match kind {
            Kind::System { of, .. } if bankers > 0 && self.combinations == Combinations::of_sizes(&[1]) => {
                format!("1 of {of}")
            }
            kind => kind.to_string(),
        };
        match bankers {
            0 => name,
            1 => format!("{name} with 1 banker"),
            _ => format!("{name} with {bankers} bankers"),
        }
    }
}

/// The next choice of as many of `count` places, in order; `None` after the last.
fn after(places: &[usize], count: usize) -> Option<Vec<usize>> {
    let size = places.len();
    let at = (0..size).rev().find(|at| places[*at] < count - size + at)?;
    let mut next = places.to_vec();
    next[at] += 1;
    for later in at + 1..size {
        next[later] = next[later - 1] + 1;
    }
    Some(next)
}
