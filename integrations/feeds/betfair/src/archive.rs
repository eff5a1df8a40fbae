//! Files of the exchange as lines: plain, bzip2 (several streams) or gzip (several members), told apart by their
//! first bytes, for names lie.

mod lines;

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;
use thiserror::Error;

pub(crate) use lines::{Line, LineReader, ReadError};

/// Bounds of what is read from an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest line, bytes. The default of 4 MiB is some seven times the image of a full subscription
    /// of 200 markets, the longest line that the exchange sends.
    pub line_bytes: usize,
    /// Most bytes of one archive once decompressed. The default of 16 GiB is beyond any month of one sport;
    /// it stops an archive made to expand for ever. `None` reads to the end.
    pub archive_bytes: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line_bytes: 4 << 20,
            archive_bytes: Some(16 << 30),
        }
    }
}

/// Why an archive could not be opened, or ended before its end. Lines before that point stand.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The file cannot be opened.
    #[error("{}: cannot be opened ({source}): check the path and its permissions", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The compressed data stops in the middle.
    #[error(
        "{}: the archive is cut off after line {line} (byte {offset} of its text): \
         all lines up to there were used; fetch it again for the rest", path.display()
    )]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Last whole line.
        line: u64,
        /// Bytes of decompressed text up to there.
        offset: u64,
    },
    /// The compressed data is damaged.
    #[error(
        "{}: the archive is damaged after line {line} (byte {offset} of its text): {reason}; \
         all lines up to there were used; fetch it again for the rest", path.display()
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Last whole line.
        line: u64,
        /// Bytes of decompressed text up to there.
        offset: u64,
        /// What the decoder said.
        reason: String,
    },
    /// More text than the limit allows.
    #[error(
        "{}: more than {limit} bytes of text, stopped after line {line}: \
         raise the archive limit if the file is meant to be that long", path.display()
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Last whole line.
        line: u64,
        /// The limit in bytes.
        limit: u64,
    },
}

impl ArchiveError {
    /// A stable code, as in [`Report::skipped`](crate::Report::skipped).
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Open { .. } => "unreadable_archive",
            Self::Truncated { .. } => "truncated_archive",
            Self::Corrupt { .. } => "corrupt_archive",
            Self::TooLarge { .. } => "archive_too_large",
        }
    }
}

/// An open file of the exchange.
pub(crate) struct Archive {
    path: PathBuf,
    limits: Limits,
    lines: LineReader<Box<dyn BufRead + Send>>,
}

impl std::fmt::Debug for Archive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Archive")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Archive {
    pub fn open(path: &Path, limits: Limits) -> Result<Self, ArchiveError> {
        let failed = |source| ArchiveError::Open {
            path: path.to_owned(),
            source,
        };
        let mut raw = BufReader::with_capacity(1 << 16, File::open(path).map_err(failed)?);
        let head = raw.fill_buf().map_err(failed)?;
        let text: Box<dyn Read + Send> = if head.starts_with(b"BZh") {
            Box::new(MultiBzDecoder::new(raw))
        } else if head.starts_with(&[0x1f, 0x8b]) {
            Box::new(MultiGzDecoder::new(raw))
        } else {
            Box::new(raw)
        };
        let bounded = text.take(limits.archive_bytes.unwrap_or(u64::MAX - 1) + 1);
        let buffered: Box<dyn BufRead + Send> = Box::new(BufReader::with_capacity(1 << 16, bounded));
        Ok(Self {
            path: path.to_owned(),
            limits,
            lines: LineReader::new(buffered, limits.line_bytes),
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Bytes of text read so far.
    pub fn bytes(&self) -> u64 {
        self.lines.offset()
    }

    /// The next line, `None` after the last; an error is the last answer too.
    pub fn next_line(&mut self) -> Result<Option<Line<'_>>, ArchiveError> {
        let limit = self.limits.archive_bytes.unwrap_or(u64::MAX);
        let (line, offset) = (self.lines.count(), self.lines.offset());
        let read = self.lines.next_line();
        let path = || self.path.clone();
        match read {
            Ok(Some(read)) if read.end > limit => Err(ArchiveError::TooLarge {
                path: path(),
                line,
                limit,
            }),
            Ok(read) => Ok(read),
            Err(ReadError::CutOff) => Err(ArchiveError::Truncated {
                path: path(),
                line,
                offset,
            }),
            Err(ReadError::Damaged(reason)) => Err(ArchiveError::Corrupt {
                path: path(),
                line,
                offset,
                reason,
            }),
        }
    }
}
