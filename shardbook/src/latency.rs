//! Times in microseconds, gathered over many tasks.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hdrhistogram::Histogram;
use serde::Serialize;

/// Longest time told apart, 10 minutes in microseconds; longer ones count as this.
const LONGEST_US: u64 = 600_000_000;

/// Gathers times from many tasks.
#[derive(Debug)]
pub struct Meter(Mutex<Histogram<u64>>);

/// What a [`Meter`] gathered. Times in milliseconds, exact to three digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Times {
    /// How many were measured.
    pub count: u64,
    /// Half of them took at most this.
    pub p50_ms: f64,
    /// 99 of 100 took at most this.
    pub p99_ms: f64,
    /// The longest.
    pub max_ms: f64,
}

impl Meter {
    /// An empty one.
    ///
    /// # Panics
    /// Never: the bounds are constants that the histogram takes.
    #[must_use]
    pub fn new() -> Self {
        Self(Mutex::new(
            Histogram::new_with_max(LONGEST_US, 3).expect("constant bounds are valid"),
        ))
    }

    /// Adds one time.
    pub fn record(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(LONGEST_US);
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .saturating_record(micros);
    }

    /// What was gathered so far.
    #[must_use]
    pub fn times(&self) -> Times {
        let histogram = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let millis = |micros: u64| micros as f64 / 1_000.0;
        Times {
            count: histogram.len(),
            p50_ms: millis(histogram.value_at_quantile(0.5)),
            p99_ms: millis(histogram.value_at_quantile(0.99)),
            max_ms: millis(histogram.max()),
        }
    }
}

impl Default for Meter {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Display for Times {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "p50 {:.2} ms, p99 {:.2} ms, max {:.1} ms ({})",
            self.p50_ms, self.p99_ms, self.max_ms, self.count
        )
    }
}

/// The machine's clock, Unix microseconds.
#[must_use]
pub fn now_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The figures of the summary are those of the times, and a time beyond the scale is kept as the longest.
    #[test]
    fn quantiles() {
        let meter = Meter::new();
        assert_eq!(meter.times().count, 0);
        (1..=100).for_each(|millis| meter.record(Duration::from_millis(millis)));
        let times = meter.times();
        assert_eq!(times.count, 100);
        assert!((times.p50_ms - 50.0).abs() < 0.1, "{times}");
        assert!((times.p99_ms - 99.0).abs() < 0.1, "{times}");
        meter.record(Duration::from_secs(86_400));
        assert!(meter.times().max_ms >= 600_000.0);
    }
}
