//! The name of a segment: its shard and its first and last frame, so that a folder lists in the order of the chain.

use std::fmt;

use crate::slot::ShardId;

/// How names end.
const END: &str = ".segment";
/// How the names of files end that are being written; left over by a kill, they are nothing.
const PARTIAL_END: &str = ".partial";

/// Which frames a segment holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentName {
    /// The shard.
    pub shard: ShardId,
    /// Sequence of the first frame, 1 or more.
    pub first: u64,
    /// Sequence of the last frame, at least `first`.
    pub last: u64,
}

impl SegmentName {
    /// Reads the name of a file; `None` when it is not the name of a segment.
    #[must_use]
    pub fn parse(file: &str) -> Option<Self> {
        let numbers = file.strip_suffix(END)?.strip_prefix("shard-")?;
        let mut numbers = numbers.split('-');
        let mut next = |digits: usize| {
            let text = numbers.next()?;
            let is_number = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| text.parse::<u64>().ok()).flatten()
        };
        let shard = ShardId(u16::try_from(next(5)?).ok()?);
        let (first, last) = (next(20)?, next(20)?);
        let parsed = Self { shard, first, last };
        (numbers.next().is_none() && first >= 1 && last >= first).then_some(parsed)
    }

    /// The name while the file is being written.
    pub(super) fn partial(&self) -> String {
        format!("shard-{:05}-{:020}{PARTIAL_END}", self.shard.0, self.first)
    }

    /// Whether a file is one that was being written.
    pub(super) fn is_partial(file: &str) -> bool {
        file.starts_with("shard-") && file.ends_with(PARTIAL_END)
    }

    /// Whether it holds the frame with this sequence of its shard.
    pub(super) fn holds(&self, sequence: u64) -> bool {
        (self.first..=self.last).contains(&sequence)
    }
}

impl fmt::Display for SegmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "shard-{:05}-{:020}-{:020}{END}", self.shard.0, self.first, self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects archives already written: names keep their form, sort as the chain does, and nothing else is taken for one.
    #[test]
    fn names_of_segments() {
        let name = SegmentName {
            shard: ShardId(3),
            first: 1,
            last: 12_345,
        };
        let text = "shard-00003-00000000000000000001-00000000000000012345.segment";
        assert_eq!(name.to_string(), text);
        assert_eq!(SegmentName::parse(text), Some(name));
        let later = SegmentName {
            first: 12_346,
            last: 99_999,
            ..name
        };
        assert!(name.to_string() < later.to_string() && name < later);
        for other in [
            "",
            "shard-00003-00000000000000000001.segment",
            "shard-3-00000000000000000001-00000000000000012345.segment",
            "shard-99999-00000000000000000001-00000000000000012345.segment",
            "shard-00003-00000000000000000000-00000000000000012345.segment",
            "shard-00003-00000000000000000009-00000000000000000008.segment",
            "shard-00003-99999999999999999999-99999999999999999999.segment",
            "shard-00003-+0000000000000000001-00000000000000012345.segment",
            "shard-00003-00000000000000000001-00000000000000012345-1.segment",
            "shard-00003-00000000000000000001-00000000000000012345.segment.gz",
        ] {
            assert_eq!(SegmentName::parse(other), None, "{other}");
        }
        assert!(SegmentName::is_partial(&name.partial()) && SegmentName::parse(&name.partial()).is_none());
    }
}
