use std::collections::VecDeque;

use shardbook_replay::Marked;

use crate::message::Message;
use crate::source::{Fault, Numbered, Source};
use crate::translator::{Origin, Translator};

/// Files merged by publish time through one translator. Memory is one line a file.
#[derive(Debug)]
pub(crate) struct Track {
    sources: Vec<Source>,
    heads: Vec<Option<Numbered>>,
    primed: bool,
    translator: Translator,
    ready: VecDeque<Marked>,
    start_ms: Option<i64>,
    elapsed_ms: u64,
    read: u64,
    total: u64,
    fault: Option<Fault>,
    done: bool,
}

impl Track {
    pub fn new(sources: Vec<Source>, translator: Translator, total: u64) -> Self {
        let heads = sources.iter().map(|_| None).collect();
        let ready = VecDeque::new();
        Self {
            sources,
            heads,
            primed: false,
            translator,
            ready,
            start_ms: None,
            elapsed_ms: 0,
            read: 0,
            total,
            fault: None,
            done: false,
        }
    }

    pub fn translator(&self) -> &Translator {
        &self.translator
    }

    /// What stopped a strict track, once all from before the fault was given out.
    pub fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref().filter(|_| self.done)
    }

    fn advance(&mut self, source: usize) -> Option<Numbered> {
        let next = match self.sources[source].next(self.translator.report_mut()) {
            Ok(next) => next,
            Err(fault) => {
                self.fault = Some(fault);
                None
            }
        };
        std::mem::replace(&mut self.heads[source], next)
    }

    fn prime(&mut self) {
        if !std::mem::replace(&mut self.primed, true) {
            for source in 0..self.sources.len() {
                self.advance(source);
            }
        }
    }

    /// Translates the earliest line of all files; `false` when there is none.
    fn step(&mut self) -> bool {
        self.prime();
        let heads = self.heads.iter().enumerate();
        let earliest = heads
            .filter_map(|(at, head)| Some((published_ms(&head.as_ref()?.message), at)))
            .min();
        let Some((published_ms, at)) = earliest else {
            return false;
        };
        let Some(Numbered { line, offset, message }) = self.advance(at) else {
            return false;
        };
        let source = &self.sources[at];
        let origin = Origin {
            source: at,
            name: &source.name,
            line,
        };
        match self.translator.message(origin, message) {
            Ok(messages) => {
                if let Some(published_ms) = published_ms {
                    let start = *self.start_ms.get_or_insert(published_ms);
                    let elapsed = u64::try_from(published_ms.saturating_sub(start)).unwrap_or_default();
                    self.elapsed_ms = self.elapsed_ms.max(elapsed);
                }
                let (elapsed_ms, index, total) = (self.elapsed_ms, self.read, self.total);
                let marked = |message| Marked {
                    elapsed_ms,
                    index,
                    total,
                    message,
                };
                self.ready.extend(messages.into_iter().map(marked));
            }
            Err(error) => {
                let fault = source.fault(line, offset, error);
                self.translator.report_mut().skip(fault.code(), || fault.to_string());
                if source.is_strict() {
                    self.fault = Some(fault);
                }
            }
        }
        self.read = (self.read + 1).min(self.total);
        true
    }
}

impl Iterator for Track {
    type Item = Marked;

    fn next(&mut self) -> Option<Marked> {
        while self.ready.is_empty() && self.fault.is_none() && self.step() {}
        self.done = self.ready.is_empty();
        self.ready.pop_front()
    }
}

/// `None`, a message without a time, goes first.
fn published_ms(message: &Message) -> Option<i64> {
    match message {
        Message::Change(change) => Some(change.published_ms),
        Message::Control | Message::Refused => None,
    }
}
