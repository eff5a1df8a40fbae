//! How a bet stands.

use serde::{Deserialize, Serialize};

use super::{Bet, LegOutcome, LegResult, Terms};

/// Open, or how it was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum BetStatus {
    /// Its stake is held.
    Open,
    /// Every leg won whole or was void, and one won.
    Won,
    /// It returns nothing.
    Lost,
    /// Every leg was void: the stake is back.
    Void,
    /// It returns something that is neither a whole win nor a mere refund.
    PartlyWon,
    /// All of its stake was bought back before it was settled.
    CashedOut,
}

impl Terms {
    /// Half won or half lost, where the bet is a single of that outcome: the trade says of the bet what is said of its leg.
    /// A status of its own would change what journals hold.
    pub fn half(&self, results: &[Option<LegResult>]) -> Option<LegOutcome> {
        match results {
            [Some(result)] if !self.is_each_way() => result
                .outcome
                .filter(|outcome| matches!(outcome, LegOutcome::HalfWon | LegOutcome::HalfLost)),
            _ => None,
        }
    }
}

impl Bet {
    /// As [`Terms::half`], by the results known now.
    pub fn half(&self) -> Option<LegOutcome> {
        match *self.terms.legs {
            [_] => self.terms.half(&[self.result(0)]),
            _ => None,
        }
    }
}

impl BetStatus {
    /// The same in words, of a bet that is such a half: see [`Terms::half`].
    pub fn words_of(self, half: Option<LegOutcome>) -> &'static str {
        match (self, half) {
            (BetStatus::PartlyWon, Some(LegOutcome::HalfWon)) => "half won",
            (BetStatus::PartlyWon, Some(LegOutcome::HalfLost)) => "half lost",
            (status, _) => status.words(),
        }
    }

    /// The same in words.
    pub fn words(self) -> &'static str {
        match self {
            BetStatus::Open => "open",
            BetStatus::Won => "won",
            BetStatus::Lost => "lost",
            BetStatus::Void => "void",
            BetStatus::PartlyWon => "partly won",
            BetStatus::CashedOut => "cashed out",
        }
    }
}
