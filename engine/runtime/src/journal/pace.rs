//! How long the journal's thread lets more come before it takes what has come.
//!
//! What a commit costs beside its entries (a sync, frames, threads that are woken) is shared by all that are in it. As long as
//! there are processors to spare, that cost harms nobody and waiting would only keep players waiting; where the processors
//! are what there is too little of, it is taken from the bets themselves. So the wait follows how busy they are.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// Part of the processors up to which nothing waits.
const SPARE: f64 = 0.6;
/// The wait where all processors are busy: far less than what waits for them then.
const WAIT_MAX: Duration = Duration::from_millis(2);
/// Submissions of the last commit from which on there is something to share its cost.
const FEW: usize = 8;
/// Time over which the processors are looked at: some commits long, and short beside a rush of bets.
const WINDOW: Duration = Duration::from_millis(20);

/// Looks at the processors, and says how long to wait.
#[derive(Debug)]
pub(super) struct Pace {
    processors: f64,
    began: Instant,
    used: Duration,
    /// Part of the processors that this process used in the last window.
    busy: f64,
}

impl Pace {
    pub(super) fn new() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            processors: processors as f64,
            began: Instant::now(),
            used: used(),
            busy: 0.0,
        }
    }

    /// How long more may come after a commit of so many submissions.
    pub(super) fn wait(&mut self, count: usize) -> Duration {
        let passed = self.began.elapsed();
        if passed >= WINDOW {
            let now = used();
            let busy = now.saturating_sub(self.used).as_secs_f64() / (passed.as_secs_f64() * self.processors);
            (self.began, self.used, self.busy) = (Instant::now(), now, busy);
        }
        wait(count, self.busy)
    }
}

/// Processor time of all threads of this process.
fn used() -> Duration {
    let clock = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(clock.tv_sec.unsigned_abs(), clock.tv_nsec.unsigned_abs() as u32)
}

fn wait(count: usize, busy: f64) -> Duration {
    if count < FEW {
        return Duration::ZERO;
    }
    let short = ((busy - SPARE) / (1.0 - SPARE)).clamp(0.0, 1.0);
    // Squared: where some are left, a bet is answered soon after it was decided, and the wait would be most of its time.
    WAIT_MAX.mul_f64(short * short)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects players of a quiet house, and single ones of a busy house, from a wait that is of no use to anybody.
    #[test]
    fn only_many_wait_and_only_where_processors_are_short() {
        // given submissions of the last commit and the part of the processors in use, then microseconds
        let table = [
            (1_000, 0.0, 0),
            (1_000, 0.3, 0),
            (1_000, 0.6, 0),
            (1_000, 0.7, 125),
            (1_000, 0.8, 500),
            (1_000, 1.0, 2_000),
            // A clock that ran on between two looks.
            (1_000, 1.2, 2_000),
            (8, 0.8, 500),
            (7, 1.0, 0),
            (0, 1.0, 0),
        ];
        for (count, busy, us) in table {
            let waited = wait(count, busy).as_secs_f64() * 1e6;
            assert!((waited - f64::from(us)).abs() < 1.0, "{count} of {busy}: {waited} us");
        }
    }
}
