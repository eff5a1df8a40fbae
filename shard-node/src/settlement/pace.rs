//! How fast results are brought to bets: as fast as can be while nobody else wants anything, and never slower than must be.

use std::time::Duration;

use shardbook_runtime::turnstile::Crowd;

/// Between two turns while others find all as fast as it should be: who places a bet meanwhile finds a processor, the
/// journal and the disk with room.
const BREATH: Duration = Duration::from_millis(1);

/// The pace of a node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Bets settled a second, above 0, however many others crowd in.
    least_per_s: u32,
}

impl Pace {
    pub(super) fn new(least_per_s: u32) -> Self {
        let least_per_s = least_per_s.max(1);
        Self { least_per_s }
    }

    /// How long to pause after so many bets that took so long, pauses not counted.
    pub(super) fn pause(self, bets: usize, took: Duration, crowd: Crowd) -> Duration {
        match crowd {
            Crowd::Nobody => Duration::ZERO,
            Crowd::Some => BREATH.min(self.most(bets)),
            Crowd::Many => self.most(bets).saturating_sub(took),
        }
    }

    /// Whether so many bets took longer than they may: others are to leave more room.
    pub(super) fn is_behind(self, bets: usize, took: Duration) -> bool {
        took > self.most(bets)
    }

    /// The longest that so many bets may take, pause included.
    fn most(self, bets: usize) -> Duration {
        Duration::from_secs(1) * u32::try_from(bets).unwrap_or(u32::MAX) / self.least_per_s
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects players who wait for their winnings from those who bet, and those from a settlement in a hurry.
    #[test]
    fn a_turn_is_as_long_as_the_crowd_lets_it_and_no_longer_than_it_may_be() {
        let millis = Duration::from_millis;
        // 4,000 a second: 128 bets may take 32 ms
        let pace = Pace::new(4_000);
        let table = [
            // bets, took, crowd, pause, behind
            (128, millis(3), Crowd::Nobody, millis(0), false),
            (128, millis(3), Crowd::Some, millis(1), false),
            (128, millis(3), Crowd::Many, millis(29), false),
            (128, millis(32), Crowd::Many, millis(0), false),
            (128, millis(33), Crowd::Many, millis(0), true),
            (128, millis(90), Crowd::Some, millis(1), true),
            // the pause of others is never a reason to fall behind
            (2, millis(0), Crowd::Some, Duration::from_micros(500), false),
            (0, millis(0), Crowd::Many, millis(0), false),
        ];
        for (bets, took, crowd, pause, behind) in table {
            let said = (pace.pause(bets, took, crowd), pace.is_behind(bets, took));
            assert_eq!(said, (pause, behind), "{bets} in {took:?} among {crowd:?}");
        }
        // A rate of nothing would be no promise.
        assert_eq!(Pace::new(0).pause(1, millis(0), Crowd::Many), Duration::from_secs(1));
    }
}
