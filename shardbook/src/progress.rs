//! Progress of long work: a bar on a terminal, a plain line every few seconds elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Distance of two plain lines where the output is no terminal.
const PLAIN_EVERY: Duration = Duration::from_secs(5);

/// One piece of long work. It is written to the standard error output, so that the standard output stays the result.
#[derive(Debug)]
pub struct Progress {
    label: String,
    total: Option<u64>,
    shown: Shown,
}

#[derive(Debug)]
enum Shown {
    Bar(ProgressBar),
    Lines { last: Option<Instant> },
}

impl Progress {
    /// Begins `label`, of `total` steps where that is known.
    #[must_use]
    pub fn new(label: impl Into<String>, total: Option<u64>) -> Self {
        let label = label.into();
        let shown = if std::io::stderr().is_terminal() {
            let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
            let template = match total {
                Some(_) => "{prefix:>12} {bar:30} {pos}/{len} {msg}",
                None => "{prefix:>12} {spinner} {pos} {msg}",
            };
            let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
            bar.set_style(style);
            bar.set_prefix(label.clone());
            Shown::Bar(bar)
        } else {
            Shown::Lines { last: None }
        };
        Self { label, total, shown }
    }

    /// Tells how many steps are done, with a note of what is going on.
    pub fn set(&mut self, done: u64, note: impl AsRef<str>) {
        let note = note.as_ref();
        match &mut self.shown {
            Shown::Bar(bar) => {
                bar.set_position(done);
                bar.set_message(note.to_string());
                bar.tick();
            }
            Shown::Lines { last } => {
                if last.is_some_and(|last| last.elapsed() < PLAIN_EVERY) {
                    return;
                }
                *last = Some(Instant::now());
                match self.total {
                    Some(total) => eprintln!("{}: {done}/{total} {note}", self.label),
                    None => eprintln!("{}: {done} {note}", self.label),
                }
            }
        }
    }

    /// Ends the work with a last line.
    pub fn finish(self, note: impl AsRef<str>) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
        eprintln!("{}: {}", self.label, note.as_ref());
    }
}
