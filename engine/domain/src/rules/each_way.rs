//! Place terms by the size and kind of a race.

use serde::{Deserialize, Serialize};

use super::{RuleError, within};
use crate::bet::EachWay;

/// What a place pays in races of a kind from a number of runners on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaceTerms {
    /// Whether it is for handicaps; races of the other kind have rows of their own.
    pub handicap: bool,
    /// Fewest runners, at least 1.
    pub runners: u16,
    /// Places that are paid, 1 to 20.
    pub places: u8,
    /// Share of the winning odds that a place pays: upper part of the fraction, 1 to `den`.
    pub num: u8,
    /// Lower part of the fraction, 1 to 20.
    pub den: u8,
}

/// The terms that are usual in the trade. Where no row fits, a race is win only.
pub(super) fn usual() -> Vec<PlaceTerms> {
    let rows: [(bool, u16, u8, u8); 6] = [
        (true, 16, 4, 4),
        (true, 12, 3, 4),
        (true, 8, 3, 5),
        (true, 5, 2, 4),
        (false, 8, 3, 5),
        (false, 5, 2, 4),
    ];
    let terms = |(handicap, runners, places, den)| PlaceTerms {
        handicap,
        runners,
        places,
        num: 1,
        den,
    };
    rows.into_iter().map(terms).collect()
}

/// The terms of the row with most runners that the race has; `None` for a race that is win only.
pub(super) fn terms_of(rows: &[PlaceTerms], handicap: bool, runners: u16) -> Option<EachWay> {
    let fits = |row: &&PlaceTerms| row.handicap == handicap && row.runners <= runners;
    let row = rows.iter().filter(fits).max_by_key(|row| row.runners)?;
    Some(EachWay {
        places: row.places,
        num: row.num,
        den: row.den,
    })
}

pub(super) fn validate(rows: &[PlaceTerms]) -> Result<(), RuleError> {
    for (at, row) in rows.iter().enumerate() {
        let name = |key: &str| format!("each_way[{at}].{key}");
        within(name("runners"), row.runners, 1, 500)?;
        within(name("places"), row.places, 1, 20)?;
        within(name("den"), row.den, 1, 20)?;
        within(name("num"), row.num, 1, row.den.into())?;
        let same = |other: &PlaceTerms| (other.handicap, other.runners) == (row.handicap, row.runners);
        if rows[..at].iter().any(same) {
            return Err(RuleError::words(name("runners"), row.runners, "of no row before"));
        }
    }
    Ok(())
}
