//! Bounds in minor units of one currency.

use serde::{Deserialize, Serialize};

use super::{RuleError, within};
use crate::money::{Amount, Currency, MAX_MINOR};

/// Bounds in minor units of one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AmountRules {
    /// Smallest stake of a line, at least 1. A bet's own smallest stake is that of its lines together.
    pub min_stake: Amount,
    /// Largest stake of a bet, before the player's factor.
    pub max_stake: Amount,
    /// Most that a bet may return: what the house can lose on one ticket.
    pub max_payout: Amount,
    /// Smallest deposit, at least 1.
    pub min_deposit: Amount,
    /// Largest deposit.
    pub max_deposit: Amount,
    /// Bounds on all open bets of one player, before the player's factor.
    #[serde(default)]
    pub player: Caps,
    /// Bounds on all open bets with a leg on one selection.
    #[serde(default)]
    pub selection: Caps,
    /// Bounds on all open bets with a leg on one market.
    #[serde(default)]
    pub market: Caps,
    /// Bounds on all open bets with a leg on one sporting event.
    #[serde(default)]
    pub event: Caps,
    /// Bounds on all open bets of the brand.
    #[serde(default)]
    pub brand: Caps,
}

/// Bounds on open bets together; a key that is left out is no bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Caps {
    /// Most stake.
    pub stake: Option<Amount>,
    /// Most that they may return.
    pub payout: Option<Amount>,
    /// Most that they may win: return less stake.
    pub liability: Option<Amount>,
}

impl AmountRules {
    /// In units of the currency: stakes of 0.10 to 10,000, payouts to 500,000, deposits of 1 to 100,000; no bounds on
    /// open bets together.
    pub fn default_for(currency: Currency) -> AmountRules {
        let unit = 10i64.pow(currency.decimals().into());
        AmountRules {
            min_stake: Amount((unit / 10).max(1)),
            max_stake: Amount(10_000 * unit),
            max_payout: Amount(500_000 * unit),
            min_deposit: Amount(unit),
            max_deposit: Amount(100_000 * unit),
            player: Caps::default(),
            selection: Caps::default(),
            market: Caps::default(),
            event: Caps::default(),
            brand: Caps::default(),
        }
    }

    pub(super) fn validate(&self, currency: Currency) -> Result<(), RuleError> {
        let name = |rule: &str| format!("amounts.{currency}.{rule}");
        // A payout far below 64 bits leaves room for hundreds of thousands of them in one wallet.
        within(name("max_payout"), self.max_payout.0, 1, MAX_MINOR / 100)?;
        within(name("max_stake"), self.max_stake.0, 1, self.max_payout.0)?;
        within(name("min_stake"), self.min_stake.0, 1, self.max_stake.0)?;
        within(name("max_deposit"), self.max_deposit.0, 1, MAX_MINOR)?;
        within(name("min_deposit"), self.min_deposit.0, 1, self.max_deposit.0)?;
        let levels = [
            ("player", self.player),
            ("selection", self.selection),
            ("market", self.market),
            ("event", self.event),
            ("brand", self.brand),
        ];
        for (level, caps) in levels {
            for (key, cap) in [
                ("stake", caps.stake),
                ("payout", caps.payout),
                ("liability", caps.liability),
            ] {
                within(
                    name(&format!("{level}.{key}")),
                    cap.unwrap_or(Amount::ZERO).0,
                    0,
                    MAX_MINOR,
                )?;
            }
        }
        Ok(())
    }
}
