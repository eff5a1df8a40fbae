//! What can be wrong with an archive. Each has a stable code (docs/errors.md).

use std::path::PathBuf;

/// A file of an archive that is not what it must be. The message begins with the code and names the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} {}: {why}; {}", damage.code(), path.display(), damage.advice())]
pub struct ArchiveFault {
    /// What kind of damage.
    pub damage: Damage,
    /// The file, or where it should be.
    pub path: PathBuf,
    /// What was found.
    pub why: String,
}

/// Kinds of damage of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// The system cannot read or write the file or folder.
    Unreadable,
    /// The file is no segment, or of a later version.
    NoSegment,
    /// The file ends early.
    Truncated,
    /// Bytes are not those that were written.
    Altered,
    /// The file holds other frames than its name says.
    Misnamed,
    /// The file is whole, but of another store or another past.
    Foreign,
    /// No file holds these frames.
    Missing,
    /// The file holds other frames than those in the store, or some that were to go into another file.
    Differs,
}

impl Damage {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Unreadable => "ARCHIVE_UNREADABLE",
            Self::NoSegment => "SEGMENT_UNKNOWN",
            Self::Truncated => "SEGMENT_TRUNCATED",
            Self::Altered => "SEGMENT_ALTERED",
            Self::Misnamed => "SEGMENT_MISNAMED",
            Self::Foreign => "SEGMENT_FOREIGN",
            Self::Missing => "SEGMENT_MISSING",
            Self::Differs => "SEGMENT_DIFFERS",
        }
    }

    /// What to do.
    fn advice(self) -> &'static str {
        match self {
            Self::Unreadable => "check that the folder is mounted and may be read and written",
            Self::NoSegment => "take away what is no segment, or use the program version that wrote it",
            Self::Truncated | Self::Altered => "bring the file back from a copy of the archive",
            Self::Misnamed => "give the file back the name that its frames have",
            Self::Foreign => "give the folder that belongs to this store",
            Self::Missing => "bring the file back from a copy of the archive, or give the folder that holds it",
            Self::Differs => "keep both, give another folder, and find out which store wrote the file",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects operators who look a code up: each is in the handbook, once.
    #[test]
    fn every_code_is_in_the_handbook() {
        let handbook = include_str!("../../../../docs/errors.md");
        let all = [
            Damage::Unreadable,
            Damage::NoSegment,
            Damage::Truncated,
            Damage::Altered,
            Damage::Misnamed,
            Damage::Foreign,
            Damage::Missing,
            Damage::Differs,
        ];
        for code in all.map(Damage::code).into_iter().chain(["ARCHIVE_NEEDED"]) {
            assert_eq!(handbook.matches(&format!("| `{code}` |")).count(), 1, "{code}");
        }
    }
}
