//! How a bet stands.

use serde::{Deserialize, Serialize};

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

impl BetStatus {
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
