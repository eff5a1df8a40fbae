//! Time as the runtime gives it to decisions.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Gives the time that decisions see. The one seam for real, fixed and simulated time.
pub trait Clock: Send + Sync + 'static {
    /// Unix milliseconds; never lower than an earlier answer.
    fn now_ms(&self) -> u64;
}

/// The machine's clock as far as it goes forward.
///
/// A jump forward is followed at once: nobody can tell it from the truth. While the machine's clock is behind what was told
/// before (it jumped back, it stands, or the journal was written by a clock that was ahead) time goes on at half the speed
/// until the machine's clock has caught up. So time never goes back, and never stands still either: what waits for a time
/// comes to it, after twice the wait at the most.
#[derive(Debug)]
pub struct SystemClock {
    began: Instant,
    latest: AtomicU64,
    /// Twice the time less the milliseconds since the clock began, as high as it ever was: the line at half the speed that
    /// time stays above.
    line: AtomicU64,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::not_before(0)
    }
}

impl SystemClock {
    /// A clock that tells no time before `ms`, such as that of the last entry in a journal.
    #[must_use]
    pub fn not_before(ms: u64) -> Self {
        Self {
            began: Instant::now(),
            latest: AtomicU64::new(ms),
            line: AtomicU64::new(ms.saturating_mul(2)),
        }
    }

    /// The time when the machine's clock says `wall_ms`, so many milliseconds after this one began.
    fn told(&self, wall_ms: u64, since_ms: u64) -> u64 {
        let line = wall_ms.saturating_mul(2).saturating_sub(since_ms);
        let line = at_least(&self.line, line);
        let told = wall_ms.max(line.saturating_add(since_ms) / 2);
        // Of two threads the one that looked first may come here last.
        at_least(&self.latest, told)
    }
}

/// Raises what is held where it is less. Within a millisecond it mostly is not, and to write what all threads read would take
/// it out of their caches.
fn at_least(held: &AtomicU64, value: u64) -> u64 {
    let now = held.load(Ordering::Relaxed);
    if now >= value {
        return now;
    }
    held.fetch_max(value, Ordering::Relaxed).max(value)
}

impl Clock for SystemClock {
    fn now_ms(&self) -> u64 {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH);
        let wall_ms = wall.map_or(0, |since| since.as_millis() as u64);
        self.told(wall_ms, self.began.elapsed().as_millis() as u64)
    }
}

/// A clock that a test moves by hand.
#[derive(Debug, Default)]
pub struct ManualClock {
    now: AtomicU64,
}

impl ManualClock {
    /// A clock that stands at `now_ms`.
    #[must_use]
    pub fn new(now_ms: u64) -> Self {
        Self {
            now: AtomicU64::new(now_ms),
        }
    }

    /// Moves the clock forward.
    pub fn advance(&self, by_ms: u64) {
        self.now.fetch_add(by_ms, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects every decision from a clock that jumps: time never goes back and never stands still, a jump forward is
    /// followed, and after a jump back the machine's clock is met again.
    #[test]
    fn time_goes_on_whatever_the_machines_clock_does() {
        const H: u64 = 3_600_000;
        // given the first time allowed, and at milliseconds since the start what the machine's clock says, then what is told
        let rows: [(&str, u64, &[(u64, u64, u64)]); 8] = [
            (
                "a good clock",
                0,
                &[(0, 1_000, 1_000), (500, 1_500, 1_500), (600, 1_600, 1_600)],
            ),
            (
                "threads that overtake",
                0,
                &[(7, 1_000, 1_000), (6, 999, 1_000), (8, 1_001, 1_001)],
            ),
            (
                "an hour back",
                0,
                &[(0, 2 * H, 2 * H), (0, H, 2 * H), (10_000, H + 10_000, 2 * H + 5_000)],
            ),
            (
                "an hour back, met again, and back once more",
                0,
                &[
                    (0, 2 * H, 2 * H),
                    (0, H, 2 * H),
                    (H, 2 * H, 2 * H + H / 2),
                    (2 * H, 3 * H, 3 * H),
                    (2 * H + 8, 3 * H + 8, 3 * H + 8),
                    (2 * H + 10, 2 * H, 3 * H + 9),
                ],
            ),
            (
                "a day forward",
                0,
                &[(0, H, H), (10, 25 * H, 25 * H), (20, 25 * H + 10, 25 * H + 10)],
            ),
            (
                "a day forward and back",
                0,
                &[(0, H, H), (10, 25 * H, 25 * H), (20, H + 20, 25 * H + 5)],
            ),
            (
                "a clock that stands",
                0,
                &[(0, H, H), (10, H, H + 5), (1_000, H, H + 500)],
            ),
            (
                "a journal that is ahead",
                5_000,
                &[(0, 1_000, 5_000), (100, 1_100, 5_050), (9_000, 10_000, 10_000)],
            ),
        ];
        for (what, first, steps) in rows {
            let clock = SystemClock::not_before(first);
            for (since, wall, told) in steps {
                assert_eq!(clock.told(*wall, *since), *told, "{what}, {since} ms after the start");
            }
        }
    }
}
