use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

use crate::Marked;

/// How source time becomes due time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speed {
    /// A multiple of real time.
    Real(Rate),
    /// Everything is due at once; overlapped tracks still advance side by side.
    Max,
    /// Each track is stretched over this duration by position: the k-th of n lines is due at k/n of it.
    /// Sources run for days and most of their lines cluster near the off and in play, so that scaling
    /// by time would squeeze the lively part into a moment.
    Fit(Duration),
}

/// A multiple of real time in thousandths, never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate(u32);

/// A speed that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "speed {0:?} is not known: give a multiple of real time with at most three decimals such as 1x, 0.5x or 60x (up to 1000000x), or max"
)]
pub struct SpeedError(String);

impl Rate {
    /// Real time.
    pub const REAL_TIME: Self = Self(1_000);
    const HIGHEST: u32 = 1_000_000_000;

    /// From thousandths, 1 to 1,000,000,000 (a million times real time); `None` outside.
    #[must_use]
    pub fn from_thousandths(thousandths: u32) -> Option<Self> {
        (1..=Self::HIGHEST).contains(&thousandths).then_some(Self(thousandths))
    }

    /// The multiple in thousandths.
    #[must_use]
    pub fn thousandths(self) -> u32 {
        self.0
    }
}

impl Speed {
    /// When a message of a track is due since the start of the replay.
    #[must_use]
    pub fn due(self, mark: &Marked) -> Duration {
        match self {
            Self::Max => Duration::ZERO,
            Self::Real(rate) => micros(u128::from(mark.elapsed_ms) * 1_000_000 / u128::from(rate.0)),
            Self::Fit(whole) => {
                let total = u128::from(mark.total.max(1));
                micros(whole.as_micros() * u128::from(mark.index).min(total) / total)
            }
        }
    }
}

fn micros(micros: u128) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
}

impl FromStr for Speed {
    type Err = SpeedError;

    fn from_str(text: &str) -> Result<Self, SpeedError> {
        if text == "max" {
            return Ok(Self::Max);
        }
        let refused = || SpeedError(text.chars().take(32).collect());
        let multiple = text.strip_suffix('x').ok_or_else(refused)?;
        let (whole, part) = multiple.split_once('.').unwrap_or((multiple, "0"));
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(part) || part.len() > 3 {
            return Err(refused());
        }
        let thousandths = format!("{whole}{part:0<3}").parse().map_err(|_| refused())?;
        Rate::from_thousandths(thousandths).map(Self::Real).ok_or_else(refused)
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Max => f.write_str("max"),
            Self::Fit(whole) => write!(f, "fit {whole:?}"),
            Self::Real(Rate(rate)) if rate % 1_000 == 0 => write!(f, "{}x", rate / 1_000),
            Self::Real(Rate(rate)) => {
                write!(
                    f,
                    "{}.{}x",
                    rate / 1_000,
                    format!("{:03}", rate % 1_000).trim_end_matches('0')
                )
            }
        }
    }
}
