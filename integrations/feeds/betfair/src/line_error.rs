use thiserror::Error;

/// Why a line was not used. The line changes nothing; what follows it is read as if it were not there.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LineError {
    /// Longer than the limit; the rest of it was passed over unread.
    #[error(
        "longer than {limit} bytes: a market stream line of the exchange is far shorter, \
         so check that the file is one, or raise the line limit"
    )]
    Oversized {
        /// The limit in bytes.
        limit: usize,
    },
    /// Not UTF-8.
    #[error("not UTF-8 after its first {at} bytes: the file is damaged or not of the exchange; fetch it again")]
    NotUtf8 {
        /// How many bytes were good.
        at: usize,
    },
    /// Not JSON, or JSON that is no message of the exchange.
    #[error("not a market stream message ({reason}): the file is damaged or not of the exchange; fetch it again")]
    Malformed {
        /// What is wrong with it.
        reason: String,
    },
    /// Published before the line before it.
    #[error(
        "published at {published_ms} ms, before {previous_ms} ms of an earlier line: \
         sort the file by pt, or give the parts in their order"
    )]
    TimeBackwards {
        /// Its publish time, Unix milliseconds.
        published_ms: i64,
        /// The latest publish time of the source before it.
        previous_ms: i64,
    },
}

impl LineError {
    /// A stable code, as in [`Report::skipped`](crate::Report::skipped).
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Oversized { .. } => "oversized_line",
            Self::NotUtf8 { .. } => "invalid_utf8",
            Self::Malformed { .. } => "malformed_line",
            Self::TimeBackwards { .. } => "time_backwards",
        }
    }

    pub(crate) fn malformed(reason: String) -> Self {
        Self::Malformed {
            reason: crate::message::cut(&reason, 200),
        }
    }
}
