use std::collections::BTreeMap;

use serde::Serialize;

/// How many examples of one kind are kept.
const EXAMPLES: usize = 3;

/// What was read and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Lines read, faulty ones included.
    pub lines: u64,
    /// Bytes of text read, decompressed.
    pub bytes: u64,
    /// Heartbeats and connection messages.
    pub heartbeats: u64,
    /// Lines that the exchange had conflated.
    pub conflated: u64,
    /// Sporting events seen.
    pub events: u64,
    /// Markets seen, without those that are not offered.
    pub markets: u64,
    /// Markets that ended in a result or were voided.
    pub settled: u64,
    /// Feed messages made.
    pub messages: u64,
    /// Of these: market updates.
    pub updates: u64,
    /// Of these: results.
    pub results: u64,
    /// Of these: voided markets.
    pub voids: u64,
    /// What was passed over, by a stable code.
    pub skipped: BTreeMap<String, u64>,
    /// What was used, yet a person should know of, by a stable code.
    pub noted: BTreeMap<String, u64>,
    /// The first three of each code, with file and line.
    pub examples: BTreeMap<String, Vec<String>>,
}

impl Report {
    pub(crate) fn skip(&mut self, code: &'static str, example: impl FnOnce() -> String) {
        *self.skipped.entry(code.to_owned()).or_default() += 1;
        self.example(code, example);
    }

    pub(crate) fn note(&mut self, code: &'static str, example: impl FnOnce() -> String) {
        *self.noted.entry(code.to_owned()).or_default() += 1;
        self.example(code, example);
    }

    fn example(&mut self, code: &'static str, example: impl FnOnce() -> String) {
        let kept = self.examples.entry(code.to_owned()).or_default();
        if kept.len() < EXAMPLES {
            kept.push(example());
        }
    }

    /// Adds what another part of the same replay saw.
    pub(crate) fn add(&mut self, other: &Self) {
        self.lines += other.lines;
        self.bytes += other.bytes;
        self.heartbeats += other.heartbeats;
        self.conflated += other.conflated;
        self.events += other.events;
        self.markets += other.markets;
        self.settled += other.settled;
        self.messages += other.messages;
        self.updates += other.updates;
        self.results += other.results;
        self.voids += other.voids;
        for (sum, part) in [(&mut self.skipped, &other.skipped), (&mut self.noted, &other.noted)] {
            for (code, count) in part {
                *sum.entry(code.clone()).or_default() += count;
            }
        }
        for (code, examples) in &other.examples {
            let kept = self.examples.entry(code.clone()).or_default();
            let room = EXAMPLES.saturating_sub(kept.len());
            kept.extend(examples.iter().take(room).cloned());
        }
    }
}
