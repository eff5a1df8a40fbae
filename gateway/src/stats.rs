//! The gateway's own counters.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::latency::Window;

/// A number that only rises.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

pub(crate) struct Stats {
    pub since: Instant,
    pub accepted: Counter,
    pub turned_away: Counter,
    pub messages: Counter,
    pub answers: Counter,
    pub pushes: Counter,
    pub slow_closed: Counter,
    pub silent_closed: Counter,
    pub bus_missed: Counter,
    /// From the receipt of a bet to its answer in the outbox.
    pub acceptance: Window,
    /// From the receipt of a line from its source to the write to a socket.
    pub push: Window,
    refused: Mutex<BTreeMap<String, u64>>,
}

impl Stats {
    pub(crate) fn new() -> Self {
        Self {
            since: Instant::now(),
            accepted: Counter::default(),
            turned_away: Counter::default(),
            messages: Counter::default(),
            answers: Counter::default(),
            pushes: Counter::default(),
            slow_closed: Counter::default(),
            silent_closed: Counter::default(),
            bus_missed: Counter::default(),
            acceptance: Window::new(),
            push: Window::new(),
            refused: Mutex::default(),
        }
    }

    /// Counts a refusal. Codes come from our own tables, so there are few.
    pub(crate) fn refuse(&self, code: &str) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        match refused.get_mut(code) {
            Some(count) => *count += 1,
            None => _ = refused.insert(code.to_owned(), 1),
        }
    }

    pub(crate) fn refused(&self) -> BTreeMap<String, u64> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
