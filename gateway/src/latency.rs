//! Latency over the last ten seconds.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use hdrhistogram::Histogram;
use serde::Serialize;

const SECONDS: u64 = 10;
/// Microseconds: what took longer counts as this.
const LONGEST: u64 = 60_000_000;

/// A histogram for each of the last ten seconds.
pub(crate) struct Window {
    began: Instant,
    slices: Mutex<VecDeque<(u64, Histogram<u64>)>>,
}

/// What a window shows, in microseconds; zeros when nothing was measured.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Quantiles {
    pub count: u64,
    pub p50: u64,
    pub p99: u64,
    pub max: u64,
}

impl Window {
    pub(crate) fn new() -> Self {
        Self {
            began: Instant::now(),
            slices: Mutex::default(),
        }
    }

    pub(crate) fn record(&self, micros: impl IntoIterator<Item = u64>) {
        let second = self.began.elapsed().as_secs();
        let mut slices = self.slices.lock().unwrap_or_else(PoisonError::into_inner);
        if slices.back().is_none_or(|(at, _)| *at < second) {
            forget(&mut slices, second);
            let Ok(fresh) = Histogram::new_with_bounds(1, LONGEST, 2) else {
                return;
            };
            slices.push_back((second, fresh));
        }
        if let Some((_, slice)) = slices.back_mut() {
            for value in micros {
                slice.saturating_record(value.clamp(1, LONGEST));
            }
        }
    }

    pub(crate) fn quantiles(&self) -> Quantiles {
        let mut slices = self.slices.lock().unwrap_or_else(PoisonError::into_inner);
        forget(&mut slices, self.began.elapsed().as_secs());
        let Ok(mut whole) = Histogram::<u64>::new_with_bounds(1, LONGEST, 2) else {
            return Quantiles::default();
        };
        for (_, slice) in slices.iter() {
            // Same bounds: an addition cannot fail.
            let _ = whole.add(slice);
        }
        if whole.is_empty() {
            return Quantiles::default();
        }
        Quantiles {
            count: whole.len(),
            p50: whole.value_at_quantile(0.5),
            p99: whole.value_at_quantile(0.99),
            max: whole.max(),
        }
    }
}

fn forget(slices: &mut VecDeque<(u64, Histogram<u64>)>, second: u64) {
    while slices.front().is_some_and(|(at, _)| at + SECONDS <= second) {
        slices.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects the figures of the live page: what is recorded is what is shown, however extreme.
    #[test]
    fn quantiles_of_what_was_recorded() {
        let window = Window::new();
        assert_eq!(window.quantiles().count, 0);
        window.record((1..=1_000).chain([0, u64::MAX]));
        let shown = window.quantiles();
        assert_eq!(shown.count, 1_002);
        assert!((490..=510).contains(&shown.p50), "{shown:?}");
        assert!((980..=1_000).contains(&shown.p99), "{shown:?}");
        assert!(shown.max >= LONGEST, "{shown:?}");
    }
}
