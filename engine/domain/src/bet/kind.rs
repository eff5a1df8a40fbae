//! The bets that have a name.

use std::fmt;

use super::Combinations;

/// A bet by its name. Its selections are the legs that are no bankers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// One selection.
    Single,
    /// Two selections in one line.
    Double,
    /// Three selections in one line.
    Treble,
    /// So many selections in one line, 1 to 63.
    Accumulator(u8),
    /// Every combination of the given sizes.
    System {
        /// The sizes, each 1 to `of`.
        sizes: Combinations,
        /// Selections, 1 to 63.
        of: u8,
    },
    /// Three selections: doubles and treble, 4 lines.
    Trixie,
    /// Three selections: singles, doubles, treble, 7 lines.
    Patent,
    /// Four selections from doubles on, 11 lines.
    Yankee,
    /// Four selections from singles on, 15 lines.
    Lucky15,
    /// Five selections from singles on, 31 lines.
    Lucky31,
    /// Six selections from singles on, 63 lines.
    Lucky63,
    /// Five selections from doubles on, 26 lines; also called Super Yankee.
    Canadian,
    /// Six selections from doubles on, 57 lines.
    Heinz,
    /// Seven selections from doubles on, 120 lines.
    SuperHeinz,
    /// Eight selections from doubles on, 247 lines.
    Goliath,
}

/// A name that no bet has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no bet: give single, double, treble, 4-fold, accumulator, trixie, patent, yankee, lucky-15, lucky-31, lucky-63, canadian, heinz, super-heinz, goliath, or a system such as 2,3 of 5"
)]
pub struct KindError(pub String);

impl KindError {
    /// The stable code of this error on the wire.
    pub fn code(&self) -> &'static str {
        "BET_TYPE_UNKNOWN"
    }
}

/// Full covers by selections and smallest size.
const FULL_COVERS: [(Kind, usize, usize, &str); 10] = [
    (Kind::Trixie, 3, 2, "Trixie"),
    (Kind::Patent, 3, 1, "Patent"),
    (Kind::Yankee, 4, 2, "Yankee"),
    (Kind::Lucky15, 4, 1, "Lucky 15"),
    (Kind::Canadian, 5, 2, "Canadian"),
    (Kind::Lucky31, 5, 1, "Lucky 31"),
    (Kind::Heinz, 6, 2, "Heinz"),
    (Kind::Lucky63, 6, 1, "Lucky 63"),
    (Kind::SuperHeinz, 7, 2, "Super Heinz"),
    (Kind::Goliath, 8, 2, "Goliath"),
];

/// Longest name that is looked at.
const MAX_NAME: usize = 200;

fn cover(selections: usize, smallest: usize) -> Combinations {
    let sizes: Vec<usize> = (smallest..=selections).collect();
    Combinations::of_sizes(&sizes)
}

impl Kind {
    /// The name of these combinations of so many selections, 1 to 63.
    pub fn of(selections: usize, combinations: Combinations) -> Kind {
        let of = selections.min(Combinations::MAX_LEGS) as u8;
        if of > 0 && combinations == Combinations::all_of(of.into()) {
            return match of {
                1 => Kind::Single,
                2 => Kind::Double,
                3 => Kind::Treble,
                _ => Kind::Accumulator(of),
            };
        }
        let named = FULL_COVERS
            .into_iter()
            .find(|(_, of, smallest, _)| *of == selections && combinations == cover(*of, *smallest));
        named.map_or(
            Kind::System {
                sizes: combinations,
                of,
            },
            |(kind, ..)| kind,
        )
    }

    /// Reads a name as players and files write it: case, spaces, `-` and `_` do not count. `accumulator` is of as many
    /// selections as there are.
    pub fn parse(text: &str, selections: usize) -> Result<Kind, KindError> {
        let unknown = || KindError(text.chars().take(40).collect());
        if text.len() > MAX_NAME {
            return Err(unknown());
        }
        let key = |name: &str| -> String {
            let kept = name.chars().filter(|letter| !matches!(letter, ' ' | '-' | '_'));
            kept.map(|letter| letter.to_ascii_lowercase()).collect()
        };
        let number = |text: &str| {
            let number = text.parse::<u8>().ok();
            number.filter(|number| (1..=Combinations::MAX_LEGS).contains(&usize::from(*number)))
        };
        let wanted = key(text);
        if let Some((kind, ..)) = FULL_COVERS.into_iter().find(|(.., name)| key(name) == wanted) {
            return Ok(kind);
        }
        if let Some(count) = wanted.strip_suffix("fold").or_else(|| wanted.strip_suffix("folds")) {
            let count = number(count).ok_or_else(unknown)?;
            return Ok(Kind::of(count.into(), Combinations::all_of(count.into())));
        }
        if let Some((sizes, of)) = wanted.split_once("of") {
            let of = number(of).ok_or_else(unknown)?;
            let size = |size| number(size).filter(|size| *size <= of).map(usize::from);
            let sizes: Option<Vec<usize>> = sizes.split(',').map(size).collect();
            return Ok(Kind::of(of.into(), Combinations::of_sizes(&sizes.ok_or_else(unknown)?)));
        }
        if let Some(of) = wanted.strip_suffix("singles") {
            let of = number(of).ok_or_else(unknown)?;
            return Ok(Kind::of(of.into(), Combinations::of_sizes(&[1])));
        }
        match wanted.as_str() {
            "single" => Ok(Kind::Single),
            "double" => Ok(Kind::Double),
            "treble" => Ok(Kind::Treble),
            "superyankee" => Ok(Kind::Canadian),
            "accumulator" | "acca" if (1..=Combinations::MAX_LEGS).contains(&selections) => {
                Ok(Kind::of(selections, Combinations::all_of(selections)))
            }
            _ => Err(unknown()),
        }
    }

    /// Number of its selections, bankers not counted.
    pub fn selections(self) -> usize {
        match self {
            Kind::Single => 1,
            Kind::Double => 2,
            Kind::Treble => 3,
            Kind::Accumulator(of) | Kind::System { of, .. } => of.into(),
            cover => cover.row().map_or(0, |(_, of, ..)| of),
        }
    }

    /// The combinations that it stakes. Panics for an accumulator that is not of 1 to 63.
    pub fn combinations(self) -> Combinations {
        match self {
            Kind::System { sizes, .. } => sizes,
            plain => match plain.row() {
                Some((_, of, smallest, _)) => cover(of, smallest),
                None => Combinations::all_of(plain.selections()),
            },
        }
    }

    fn row(self) -> Option<(Kind, usize, usize, &'static str)> {
        FULL_COVERS.into_iter().find(|(kind, ..)| *kind == self)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Single | Kind::Accumulator(1) => f.write_str("Single"),
            Kind::Double | Kind::Accumulator(2) => f.write_str("Double"),
            Kind::Treble | Kind::Accumulator(3) => f.write_str("Treble"),
            Kind::Accumulator(of) => write!(f, "{of}-fold"),
            Kind::System { sizes, of } if *sizes == Combinations::of_sizes(&[1]) => write!(f, "{of} singles"),
            Kind::System { sizes, of } => {
                let sizes: Vec<String> = sizes.sizes().map(|size| size.to_string()).collect();
                write!(f, "{} of {of}", sizes.join(","))
            }
            cover => f.write_str(cover.row().map_or("", |(.., name)| name)),
        }
    }
}
