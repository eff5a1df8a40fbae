//! Bytes of tables on disk, and of the values that are kept beside them.

use std::fs::File;
use std::path::{Path, PathBuf};

use rustix::fs::{Advice, fadvise};
use serde::Serialize;
use shardbook_runtime::journal::Families;

use crate::Failure;

/// Bytes of the tables of a store's two databases. Logs are left out: they are reused files of a fixed size.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(super) struct Disk {
    pub(super) journal: u64,
    pub(super) views: u64,
}

impl Disk {
    pub(super) fn of(data: &Path) -> Result<Self, Failure> {
        let tables = |folder: &str| -> Result<u64, Failure> {
            let mut bytes = 0;
            for file in files(&data.join(folder))? {
                if file.extension().is_some_and(|end| end == "sst" || end == "blob") {
                    bytes += file.metadata()?.len();
                }
            }
            Ok(bytes)
        };
        Ok(Self {
            journal: tables(Families::JOURNAL_FOLDER)?,
            views: tables(Families::VIEWS_FOLDER)?,
        })
    }

    pub(super) fn all(self) -> u64 {
        self.journal + self.views
    }
}

/// Asks the system to forget what it holds of the files of a store, so that what is read next comes from the disk.
pub(super) fn leave_page_cache(data: &Path) -> Result<(), Failure> {
    for folder in [Families::JOURNAL_FOLDER, Families::VIEWS_FOLDER] {
        for path in files(&data.join(folder))? {
            let file = File::open(&path)?;
            // Only what is on disk can be forgotten.
            file.sync_data()?;
            fadvise(&file, 0, None, Advice::DontNeed)?;
        }
    }
    Ok(())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = std::fs::read_dir(folder).map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    let paths: Result<Vec<_>, _> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    Ok(paths?.into_iter().filter(|path| path.is_file()).collect())
}
