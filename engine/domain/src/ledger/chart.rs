//! The chart of accounts of a player's wallet.

use serde::{Deserialize, Serialize};

/// An account of the wallet. The code of each is its discriminant, in journals for ever: append, never renumber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Account {
    /// What the player can stake or withdraw. Credit side; never below zero, pending debits counted.
    PlayerAvailable = 0,
    /// What the player owes after a corrected settlement. Debit side; paid from the next credits.
    PlayerOwes = 1,
    /// Stakes of open bets. Credit side; a stake is a pending credit here until its bet is settled.
    OpenStakes = 2,
    /// What the house won (credit) or lost (debit) on settled bets.
    BettingResult = 3,
    /// Money between the cashier and the player. Zero at rest.
    CashierClearing = 4,
    /// Money that came in through the cashier and has not gone out. Debit side.
    CashierFunds = 5,
    /// What the player can stake as free bets and nothing else. Credit side; never below zero, pending debits counted.
    PlayerFreeBets = 6,
    /// What the house granted as free bets. Debit side.
    Promotions = 7,
    /// Corrected payouts that the house bears. Debit side.
    WrittenOff = 8,
}

/// The side on which an account grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Grows by debits: what is owned or owed to the house.
    Debit,
    /// Grows by credits: what the house owes, and its result.
    Credit,
}

impl Account {
    /// All accounts, by code.
    pub const ALL: [Account; 9] = [
        Account::PlayerAvailable,
        Account::PlayerOwes,
        Account::OpenStakes,
        Account::BettingResult,
        Account::CashierClearing,
        Account::CashierFunds,
        Account::PlayerFreeBets,
        Account::Promotions,
        Account::WrittenOff,
    ];

    /// The stable code.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The side on which a balance of this account is positive.
    pub fn side(self) -> Side {
        match self {
            Account::PlayerOwes | Account::CashierFunds | Account::Promotions | Account::WrittenOff => Side::Debit,
            Account::PlayerAvailable
            | Account::OpenStakes
            | Account::BettingResult
            | Account::CashierClearing
            | Account::PlayerFreeBets => Side::Credit,
        }
    }
}
