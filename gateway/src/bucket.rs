//! How fast one connection may send: a token bucket.

use std::time::Instant;

/// Invariant: over any span, at most `burst + span × rate` messages pass.
#[derive(Debug)]
pub(crate) struct Bucket {
    /// Millionths of a message.
    level: u64,
    full: u64,
    rate: u64,
    since: Instant,
}

const MESSAGE: u64 = 1_000_000;

impl Bucket {
    pub(crate) fn new(per_second: u32, burst: u32, now: Instant) -> Self {
        let full = u64::from(burst) * MESSAGE;
        Self {
            level: full,
            full,
            rate: u64::from(per_second),
            since: now,
        }
    }

    /// True when one more message may pass now.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        let elapsed = now.saturating_duration_since(self.since).as_micros();
        self.since = now;
        let gained = u64::try_from(elapsed).unwrap_or(u64::MAX).saturating_mul(self.rate);
        self.level = self.level.saturating_add(gained).min(self.full);
        let passes = self.level >= MESSAGE;
        if passes {
            self.level -= MESSAGE;
        }
        passes
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Protects the shards from a client that spaces its messages cleverly: the bound holds for any spacing.
        #[test]
        fn never_more_than_burst_and_rate(
            rate in 1_u32..1_000,
            burst in 1_u32..100,
            gaps in prop::collection::vec(0_u64..50_000, 1..400),
        ) {
            let start = Instant::now();
            let mut bucket = Bucket::new(rate, burst, start);
            let mut at = Duration::ZERO;
            let mut passed = 0_u128;
            for gap in gaps {
                at += Duration::from_micros(gap);
                passed += u128::from(bucket.take(start + at));
                prop_assert!(passed * 1_000_000 <= u128::from(burst) * 1_000_000 + at.as_micros() * u128::from(rate));
            }
        }
    }

    /// Protects a client that paused: it has its whole burst again, and not more.
    #[test]
    fn a_pause_gives_the_burst_back() {
        let start = Instant::now();
        let mut bucket = Bucket::new(10, 3, start);
        let passed = |bucket: &mut Bucket, now| (0..10).filter(|_| bucket.take(now)).count();
        assert_eq!(passed(&mut bucket, start), 3);
        assert_eq!(passed(&mut bucket, start + Duration::from_millis(100)), 1);
        assert_eq!(passed(&mut bucket, start + Duration::from_secs(60)), 3);
    }
}
