//! Faults: what disk and files do to us, with what was being done, what to do, and a stable code in brackets.

use std::path::PathBuf;

use crate::archive::ArchiveFault;
use crate::slot::ShardId;

/// A failure of the store. None of them is a refusal of a command.
#[derive(Debug, thiserror::Error)]
pub enum StoreFault {
    /// The folder could not be opened as a store.
    #[error("cannot open the store at {path}: {source}; {}", remedy(source))]
    Open {
        /// The data folder.
        path: PathBuf,
        /// What the store said.
        source: rocksdb::Error,
    },
    /// A folder of the store could not be made.
    #[error("cannot open the store at {path}: {source}; {}", remedy_of(source))]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The store was made for another number of shards.
    #[error(
        "the store holds {stored} shards but {asked} were asked for; the number of shards is fixed when a store is made \
         [SHARDS_DIFFER]"
    )]
    ShardsDiffer {
        /// As the store was made.
        stored: u16,
        /// As the configuration asks.
        asked: u16,
    },
    /// The store was written by a version with another layout.
    #[error(
        "the store has layout {stored}, this program reads layout {known}; use the program version that made it [LAYOUT_DIFFERS]"
    )]
    LayoutDiffers {
        /// As found on disk.
        stored: u32,
        /// As this program writes.
        known: u32,
    },
    /// The folder holds no store.
    #[error("there is no store at {path}; start `shardbook run` with this data folder first [STORE_MISSING]")]
    Missing {
        /// The data folder.
        path: PathBuf,
    },
    /// A read or write failed.
    #[error("{what} failed: {source}; {}", remedy(source))]
    Io {
        /// What was being done.
        what: &'static str,
        /// What the store said.
        source: rocksdb::Error,
    },
    /// Bytes on disk are not what was written.
    #[error(
        "corrupt {what} in shard {} at {at}: {why}; keep the folder as it is and bring it back from a copy [RECORD_DAMAGED]",
        shard.0
    )]
    Corrupt {
        /// Which kind of record.
        what: &'static str,
        /// The shard.
        shard: ShardId,
        /// Sequence or key, as text.
        at: String,
        /// What is wrong.
        why: String,
    },
    /// The journal ends before a frame that was durable once.
    #[error(
        "the journal in {} ends at frame {ends} of shard {}, but frame {seen} was written: one of its logs ({logs}) is \
         damaged or cut; keep the folder as it is and bring it back from a copy (to serve what is left and lose the \
         rest, remove the file witness) [JOURNAL_REGRESSED]",
        path.display(), shard.0
    )]
    Regressed {
        /// The folder of the journal.
        path: PathBuf,
        /// The shard.
        shard: ShardId,
        /// Its last frame now.
        ends: u64,
        /// The last frame that the witness has seen.
        seen: u64,
        /// The log files.
        logs: String,
    },
    /// The witness of the journal is damaged.
    #[error(
        "{} is damaged at shard {}: keep a copy of the folder and run `shardbook verify` on it; where the journal is \
         whole, remove this file and start again [WITNESS_DAMAGED]",
        path.display(), shard.0
    )]
    Witness {
        /// The file.
        path: PathBuf,
        /// The shard whose row it is.
        shard: ShardId,
    },
    /// A file of the store beside its databases could not be read or written.
    #[error("cannot {what} {}: {source}; {}", path.display(), remedy_of(source))]
    File {
        /// What was being done.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The journal has stopped: an append failed, and nothing after it may be answered.
    #[error("the journal has stopped after a failed append [JOURNAL_STOPPED]")]
    Stopped,
    /// Frames are needed that have left the store, and it was opened without its archive.
    #[error(
        "ARCHIVE_NEEDED: frames 1 to {up_to} of shard {} are in the archive; give its folder, with --archive to a tool or as \
         archive.folder in the configuration of `shardbook run`", shard.0
    )]
    Archived {
        /// The shard.
        shard: ShardId,
        /// The last frame that has left it.
        up_to: u64,
    },
    /// The folder of the archive could not be made.
    #[error("ARCHIVE_UNREADABLE {}: {source}; check that it is a folder that can be written to", path.display())]
    ArchiveFolder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The archive is not what it must be.
    #[error(transparent)]
    Archive(#[from] ArchiveFault),
}

impl StoreFault {
    /// Names what was being done when the store failed.
    pub(crate) fn io(what: &'static str) -> impl FnOnce(rocksdb::Error) -> Self {
        move |source| Self::Io { what, source }
    }
}

/// What to do about what the store said.
fn remedy(said: &rocksdb::Error) -> &'static str {
    if said.kind() == rocksdb::ErrorKind::Corruption && said.as_ref().to_lowercase().contains("blob") {
        // The store names its tables and logs, and not the files of long values.
        "a file that ends in .blob is damaged, of frames in the folder journal or of snapshots in views: keep the folder as it is \
         and bring those of journal back from a copy, where one of the same name is the same; the folder views can be moved away \
         instead, it is made anew from the journal at the next start [FILE_DAMAGED]"
    } else if said.kind() == rocksdb::ErrorKind::Corruption {
        "a file is damaged: keep the folder as it is and bring the file that is named back from a copy; the folder views can \
         be moved away instead, it is made anew from the journal at the next start [FILE_DAMAGED]"
    } else {
        remedy_of(said)
    }
}

/// What to do about what the system said, whoever hands it on: only the text has come through the store.
fn remedy_of(said: &impl std::fmt::Display) -> &'static str {
    let text = said.to_string();
    let says = |what: &str| text.contains(what);
    if says("No space left on device") || says("Disk quota exceeded") {
        "make room on its disk and start again: everything that was answered is there [DISK_FULL]"
    } else if says("Read-only file system") {
        "the disk is read-only: find out why in the system's log, make it writable and start again [DISK_READ_ONLY]"
    } else if says("Input/output error") {
        "the disk fails: look into the system's log, and start again on a disk that is sound [DISK_FAILED]"
    } else {
        "check that the folder is one that can be written to and that no other shardbook uses it [STORE_UNUSABLE]"
    }
}

#[cfg(test)]
mod tests {
    use std::io::Error;

    use super::*;

    /// Protects operators from a fault without a code, and from a code that is not explained: each ends with one that is in
    /// docs/errors.md.
    #[test]
    fn every_fault_has_a_code_that_is_explained() {
        let path = || PathBuf::from("/data");
        let file = |code: i32| StoreFault::File {
            what: "write",
            path: path(),
            source: Error::from_raw_os_error(code),
        };
        let shard = ShardId(3);
        let rows = [
            (file(28), "DISK_FULL"),
            (file(122), "DISK_FULL"),
            (file(30), "DISK_READ_ONLY"),
            (file(5), "DISK_FAILED"),
            (file(13), "STORE_UNUSABLE"),
            (
                StoreFault::Folder {
                    path: path(),
                    source: Error::from_raw_os_error(28),
                },
                "DISK_FULL",
            ),
            (StoreFault::ShardsDiffer { stored: 4, asked: 8 }, "SHARDS_DIFFER"),
            (StoreFault::LayoutDiffers { stored: 1, known: 2 }, "LAYOUT_DIFFERS"),
            (StoreFault::Missing { path: path() }, "STORE_MISSING"),
            (
                StoreFault::Corrupt {
                    what: "frame",
                    shard,
                    at: "7".into(),
                    why: "short".into(),
                },
                "RECORD_DAMAGED",
            ),
            (
                StoreFault::Regressed {
                    path: path(),
                    shard,
                    ends: 1,
                    seen: 2,
                    logs: "4.log".into(),
                },
                "JOURNAL_REGRESSED",
            ),
            (StoreFault::Witness { path: path(), shard }, "WITNESS_DAMAGED"),
            (StoreFault::Stopped, "JOURNAL_STOPPED"),
        ];
        let explained = include_str!("../../../docs/errors.md");
        for (fault, code) in rows {
            let text = fault.to_string();
            assert!(text.ends_with(&format!(" [{code}]")), "{text}");
            assert!(
                explained.contains(&format!("\n| `{code}` |")),
                "{code} is not in docs/errors.md"
            );
        }
        assert!(explained.contains("\n| `FILE_DAMAGED` |"));
    }
}
