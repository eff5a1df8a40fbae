//! Faults: what disk and files do to us, with what was being done.

use std::path::PathBuf;

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
}

impl StoreFault {
    /// Names what was being done when the store failed.
    pub(crate) fn io(what: &'static str) -> impl FnOnce(rocksdb::Error) -> Self {
        move |source| Self::Io { what, source }
    }
}
