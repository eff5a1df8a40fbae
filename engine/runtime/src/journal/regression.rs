//! A journal that has lost what its witness has seen.

use std::path::Path;

use rocksdb::{Cache, DB};

use super::frame::Position;
use super::frames::{frame_of, head_of};
use super::options::{StoreOptions, journal_families, journal_options};
use super::retired::retired_in;
use super::store::Families;
use super::witness::{Seen, Witness};
use crate::fault::StoreFault;

/// A store whose journal ends before what its witness has seen is not opened to be written.
pub(super) fn refuse_regressed(path: &Path, options: &StoreOptions) -> Result<(), StoreFault> {
    let seen = Witness::read(path)?;
    if seen.is_empty() {
        return Ok(());
    }
    let cache = Cache::new_lru_cache(options.cache_bytes);
    let folder = path.join(Families::JOURNAL_FOLDER);
    let families = journal_families(options, &cache);
    let journal = DB::open_cf_descriptors_read_only(&journal_options(options), &folder, families, false)
        .map_err(|source| StoreFault::Open { path: folder, source })?;
    seen.iter().try_for_each(|seen| still_there(&journal, path, seen))
}

/// Whether the journal of a store holds what its witness has seen.
pub(super) fn still_there(journal: &DB, path: &Path, seen: &Seen) -> Result<(), StoreFault> {
    let Position { shard, sequence } = seen.position;
    let (ends, digest) = head_of(journal, shard)?;
    if ends < sequence {
        let path = path.join(Families::JOURNAL_FOLDER);
        let logs = logs_in(&path);
        return Err(StoreFault::Regressed {
            path,
            shard,
            ends,
            seen: sequence,
            logs,
        });
    }
    // After a power loss the witness may be so old that the frame has left for the archive since.
    if retired_in(journal, shard)?.is_some_and(|retired| sequence <= retired.up_to) {
        return Ok(());
    }
    let found = if ends == sequence {
        digest
    } else {
        *frame_of(journal, seen.position)?.digest()
    };
    if found == seen.digest {
        return Ok(());
    }
    Err(StoreFault::Corrupt {
        what: "journal frame",
        shard,
        at: sequence.to_string(),
        why: "it is not the frame that the witness has seen".into(),
    })
}

/// The names of the logs in a folder.
fn logs_in(folder: &Path) -> String {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = files.map(|file| file.file_name().to_string_lossy().into_owned());
    let mut logs: Vec<_> = names.filter(|name| name.ends_with(".log")).collect();
    logs.sort_unstable();
    logs.join(", ")
}
