use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use shardbook_replay::{Plan, Schedule, Timed};

use crate::archive::{ArchiveError, Limits};
use crate::pricing::Pricing;
use crate::report::Report;
use crate::scan::{Contents, groups};
use crate::source::{Fault, Source};
use crate::track::Track;
use crate::translator::Translator;

/// How files are replayed.
#[derive(Clone, Debug)]
pub struct Options {
    /// How lines are priced.
    pub pricing: Pricing,
    /// When messages are due.
    pub plan: Plan,
    /// Bounds of what is read.
    pub limits: Limits,
    /// `true` stops at the first faulty line or archive instead of passing over it.
    pub strict: bool,
}

/// Files of the exchange as feed messages in due order.
///
/// Without overlap all files are one track, merged by publish time. With overlap each file is a track of its
/// own that starts at due time zero; files that tell of the same event stay together, for an event's time
/// must not go backwards.
#[derive(Debug)]
pub struct Replay {
    schedule: Schedule<Track>,
    lines: u64,
}

impl Replay {
    /// Opens the files and reads each once through for its length and its events.
    ///
    /// # Errors
    /// A file that cannot be opened. Damage inside of one is reported at its place instead.
    pub fn open(files: &[PathBuf], options: &Options) -> Result<Self, ArchiveError> {
        let scanned = files
            .iter()
            .map(|file| Contents::of(file, options.limits))
            .collect::<Result<Vec<Contents>, _>>()?;
        let grouped = if options.plan.overlap {
            groups(&scanned)
        } else {
            vec![(0..files.len()).collect()]
        };
        let mut tracks = Vec::with_capacity(grouped.len());
        for group in grouped {
            let mut translator = Translator::new(options.pricing.clone());
            let mut sources = Vec::with_capacity(group.len());
            let mut events: BTreeMap<&String, BTreeSet<&String>> = BTreeMap::new();
            for &file in &group {
                sources.push(Source::open(&files[file], options.limits, options.strict)?);
                for (event, markets) in &scanned[file].events {
                    events.entry(event).or_default().extend(markets);
                }
            }
            for (event, markets) in events {
                translator.expect(event.clone(), markets.len());
            }
            let total = group.iter().map(|&file| scanned[file].lines).sum();
            tracks.push(Track::new(sources, translator, total));
        }
        let lines = scanned.iter().map(|contents| contents.lines).sum();
        Ok(Self {
            schedule: Schedule::new(options.plan.speed, tracks),
            lines,
        })
    }

    /// How many lines the files hold.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// What was read so far, all files together.
    #[must_use]
    pub fn report(&self) -> Report {
        let mut report = Report::default();
        for track in self.schedule.tracks() {
            report.add(track.translator().report());
        }
        report
    }

    /// What stopped a strict replay before its end.
    #[must_use]
    pub fn stopped(&self) -> Option<&Fault> {
        self.schedule.tracks().iter().find_map(Track::fault)
    }
}

impl Iterator for Replay {
    type Item = Timed;

    fn next(&mut self) -> Option<Timed> {
        if self.stopped().is_some() {
            None
        } else {
            self.schedule.next()
        }
    }
}
