use std::path::PathBuf;

use thiserror::Error;

use crate::archive::{Archive, ArchiveError, Limits};
use crate::line_error::LineError;
use crate::message::Message;
use crate::report::Report;

/// Where a file could not be used, and why.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Fault {
    /// One line, which was passed over.
    #[error("{}: line {line} (byte {offset}): {error}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: u64,
        /// Where it begins, in bytes of text.
        offset: u64,
        /// What is wrong with it.
        error: LineError,
    },
    /// The rest of the file.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

impl Fault {
    /// A stable code, as in [`Report::skipped`].
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Line { error, .. } => error.code(),
            Self::Archive(error) => error.code(),
        }
    }
}

/// A message and the line that it came in.
#[derive(Debug)]
pub(crate) struct Numbered {
    pub line: u64,
    pub offset: u64,
    pub message: Message,
}

/// One file as messages; faulty lines are passed over with a report, or stop it if strict.
#[derive(Debug)]
pub(crate) struct Source {
    archive: Archive,
    strict: bool,
    pub name: String,
}

impl Source {
    pub fn new(archive: Archive, strict: bool) -> Self {
        let name = archive.path().display().to_string();
        Self { archive, strict, name }
    }

    pub fn open(path: &std::path::Path, limits: Limits, strict: bool) -> Result<Self, ArchiveError> {
        Archive::open(path, limits).map(|archive| Self::new(archive, strict))
    }

    pub fn fault(&self, line: u64, offset: u64, error: LineError) -> Fault {
        Fault::Line {
            path: self.archive.path().to_owned(),
            line,
            offset,
            error,
        }
    }

    pub fn is_strict(&self) -> bool {
        self.strict
    }

    /// The next message that can be read, `None` at the end of what there is.
    pub fn next(&mut self, report: &mut Report) -> Result<Option<Numbered>, Fault> {
        loop {
            let before = self.archive.bytes();
            let limit = self.archive.limits().line_bytes;
            let read = match self.archive.next_line() {
                Ok(None) => return Ok(None),
                Ok(Some(line)) => {
                    report.lines += 1;
                    report.bytes += line.end - before;
                    if line.text.is_some_and(<[u8]>::is_empty) {
                        continue;
                    }
                    let message = line.text.ok_or(LineError::Oversized { limit }).and_then(Message::read);
                    (line.number, line.offset, message)
                }
                Err(error) => {
                    let fault = Fault::from(error);
                    report.skip(fault.code(), || fault.to_string());
                    return if self.strict { Err(fault) } else { Ok(None) };
                }
            };
            match read {
                (line, offset, Ok(message)) => return Ok(Some(Numbered { line, offset, message })),
                (line, offset, Err(error)) => {
                    let fault = self.fault(line, offset, error);
                    report.skip(fault.code(), || fault.to_string());
                    if self.strict {
                        return Err(fault);
                    }
                }
            }
        }
    }
}
