//! How much may be under way on a node, and the watch over its processors.

use std::time::Duration;

use shardbook_runtime::turnstile::{Room, Turnstile, TurnstileOptions};

use crate::demand::Class;

/// Bounds of what is under way. A unit is about what a single costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdmissionOptions {
    /// The part that bets have, and others whose own part is full.
    pub common: Room,
    /// Units kept for deposits, withdrawals, sales of bets, limits and exclusions.
    pub wallet_units: u32,
    /// Units kept for questions.
    pub read_units: u32,
    /// Bets settled a second, above 0, however many others are placed.
    pub settlement_least_per_s: u32,
}

impl Default for AdmissionOptions {
    fn default() -> Self {
        Self {
            common: Room {
                least: 1_024,
                most: 16_384,
                target: Duration::from_millis(25),
            },
            wallet_units: 512,
            read_units: 512,
            settlement_least_per_s: 2_000,
        }
    }
}

impl AdmissionOptions {
    pub(crate) fn turnstile(&self) -> Turnstile {
        let mut kept = [0; Class::COUNT];
        kept[Class::Wallet as usize] = self.wallet_units;
        kept[Class::Reads as usize] = self.read_units;
        Turnstile::new(TurnstileOptions {
            kept: kept.to_vec(),
            common: self.common,
        })
    }
}

/// Between two looks at how long a task waits for a processor: some in each look of the turnstile.
const PROBE: Duration = Duration::from_millis(10);

/// Tells the turnstile how late this task is run: so late are those that answer players, which it stands for.
pub(crate) async fn watch_processors(turnstile: Turnstile) {
    loop {
        let due = tokio::time::Instant::now() + PROBE;
        tokio::time::sleep_until(due).await;
        turnstile.waited(due.elapsed());
    }
}
