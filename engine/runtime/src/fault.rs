//! Faults: what disk and files do to us, with what was being done.

use std::path::PathBuf;

use crate::archive::ArchiveFault;
use crate::slot::ShardId;

/// A failure of the store. None of them is a refusal of a command.
#[derive(Debug, thiserror::Error)]
pub enum StoreFault {
    /// The folder could not be opened as a store.
    #[error(
        "cannot open the store at {path}: {source}; check that the folder is writable and that no other shardbook uses it"
    )]
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
    #[error("{what} failed: {source}")]
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
    /// The journal has stopped: an append failed, and nothing after it may be answered.
    #[error("the journal has stopped after a failed append")]
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
