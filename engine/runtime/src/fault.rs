//! Faults: what disk and files do to us, with what was being done.

use std::path::PathBuf;

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
    #[error("cannot open the store at {path}: {source}; check that it is a folder that can be written to")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The store was made for another number of shards.
    #[error(
        "the store holds {stored} shards but {asked} were asked for; the number of shards is fixed when a store is made"
    )]
    ShardsDiffer {
        /// As the store was made.
        stored: u16,
        /// As the configuration asks.
        asked: u16,
    },
    /// The store was written by a version with another layout.
    #[error("the store has layout {stored}, this program reads layout {known}; use the program version that made it")]
    LayoutDiffers {
        /// As found on disk.
        stored: u32,
        /// As this program writes.
        known: u32,
    },
    /// The folder holds no store.
    #[error("there is no store at {path}; start `shardbook run` with this data folder first")]
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
    #[error("corrupt {what} in shard {} at {at}: {why}", shard.0)]
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
         rest, remove the file witness)",
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
         whole, remove this file and start again",
        path.display(), shard.0
    )]
    Witness {
        /// The file.
        path: PathBuf,
        /// The shard whose row it is.
        shard: ShardId,
    },
    /// A file of the store beside its databases could not be read or written.
    #[error("cannot {what} {}: {source}", path.display())]
    File {
        /// What was being done.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The journal has stopped: an append failed, and nothing after it may be answered.
    #[error("the journal has stopped after a failed append")]
    Stopped,
}

impl StoreFault {
    /// Names what was being done when the store failed.
    pub(crate) fn io(what: &'static str) -> impl FnOnce(rocksdb::Error) -> Self {
        move |source| Self::Io { what, source }
    }
}

/// What to do about what the store said.
fn remedy(said: &rocksdb::Error) -> &'static str {
    let text = said.to_string();
    if said.kind() == rocksdb::ErrorKind::Corruption {
        "a file is damaged: keep the folder as it is, and bring the file that is named back from a copy; what is in views \
         alone can be moved away, it is made anew from the journal at the next start"
    } else if text.contains("No space left on device") || text.contains("Disk quota exceeded") {
        "make room on its disk and start again: everything that was answered is there"
    } else if text.contains("Read-only file system") {
        "the disk is read-only: look for the cause in the system's log, make it writable and start again"
    } else if text.contains("Input/output error") {
        "the disk fails: look into the system's log, and start again on a disk that is sound"
    } else {
        "check that the folder is writable and that no other shardbook uses it"
    }
}
