//! How the two databases of a store are set: each option with its reason.

use std::path::PathBuf;

use rocksdb::{
    BlockBasedOptions, Cache, ColumnFamilyDescriptor, DBCompactionStyle, DBCompressionType, Env, MergeOperands,
    Options, UniversalCompactOptions,
};

use super::store::Families;

/// What an operator may set of a store.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// Bytes of block cache over all families; reads of snapshots and rows that were not written lately.
    pub cache_bytes: usize,
    /// Bytes of a journal memtable: small, because inserts into a large one cost more than the sync.
    pub journal_memtable_bytes: usize,
    /// Bytes of write-ahead log after which the journal's families are flushed: bounds what a restart reads.
    pub log_bytes_max: u64,
    /// Bytes of rows of views in memory before they are all written to tables: what a crash takes of the views, and the
    /// next start reads again from the journal.
    pub views_memtable_bytes: usize,
    /// Bytes of elements of lists that are gathered in memory before they are written as rows; a start reads them again.
    pub lists_bytes_max: usize,
    /// The folder with the frames that have left the store; `None` where none have.
    pub archive: Option<PathBuf>,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            cache_bytes: 256 << 20,
            journal_memtable_bytes: 32 << 20,
            log_bytes_max: 192 << 20,
            views_memtable_bytes: 64 << 20,
            lists_bytes_max: 32 << 20,
            archive: None,
        }
    }
}

pub(super) fn journal_options(options: &StoreOptions) -> Options {
    let mut db = Options::default();
    // What a start reads from the log stays there and in memory: to write it as a table first would keep players waiting.
    match db.get_options_from_string("avoid_flush_during_recovery=true") {
        Ok(set) => db = set,
        Err(fault) => tracing::warn!(%fault, "a start will write what it reads from the log before it serves"),
    }
    db.set_max_total_wal_size(options.log_bytes_max);
    // Frames are synced by each write; the files of the log are used again, so that a sync has no metadata to write.
    db.set_recycle_log_file_num(4);
    // All families go to tables together: one that is seldom written would keep the files of the log until they are many. A
    // start reads what there is of them, and none is used again before.
    db.set_atomic_flush(true);
    behind(&mut db, JOURNAL_TABLES_AT_ONCE);
    db
}

pub(super) fn views_options() -> Options {
    let mut db = Options::default();
    behind(&mut db, VIEWS_TABLES_AT_ONCE);
    // One thread writes, so the cheaper insert that knows of no other writer is taken.
    db.set_allow_concurrent_memtable_write(false);
    db
}

/// Tables that are written from memory at once. Snapshots may come faster than a large table of another family is written:
/// had they to wait for it, the views would soon have no memory left and stand still, and then catch up in a rush. Nor does
/// one of the two databases wait for the other.
const JOURNAL_TABLES_AT_ONCE: i32 = 1;
const VIEWS_TABLES_AT_ONCE: i32 = 2;

/// How what was written is brought to tables and merged.
fn behind(db: &mut Options, tables_at_once: i32) {
    #[expect(deprecated, reason = "the number that both are taken from gives a table in four")]
    {
        db.set_max_background_flushes(tables_at_once);
        db.set_max_background_compactions(1);
    }
    // The databases of a process share their threads, and each alone would ask for its own number only.
    match Env::new() {
        Ok(mut env) => {
            env.set_high_priority_background_threads(JOURNAL_TABLES_AT_ONCE + VIEWS_TABLES_AT_ONCE);
            db.set_env(&env);
        }
        Err(fault) => tracing::warn!(%fault, "tables of the journal and of the views wait for each other"),
    }
    db.set_writable_file_max_buffer_size(BYTES_AT_ONCE);
    db.set_bytes_per_sync(TABLE_BYTES_PER_SYNC);
    db.set_ratelimiter(TABLE_BYTES_PER_S, 5_000, 10);
    db.set_keep_log_file_num(4);
}

/// Bytes that tables of a database are written with a second, at the most, and handed to the disk at once: what is written in
/// bursts stands in the way of the next sync of the journal, and takes a processor from those who answer. It is a quarter more
/// than frames of 450,000 entries of 120 bytes a second need. With 40 MiB the views of 200,000 entries a second came faster
/// than they were written beside what is merged, and stood still again and again.
const TABLE_BYTES_PER_S: i64 = 64 << 20;
const TABLE_BYTES_PER_SYNC: u64 = 1 << 20;
/// Bytes of a file that are made before they are written. Who makes a table then waits for that rate in short steps, and keeps
/// no processor for the milliseconds that a megabyte takes; a commit of five hundred entries is still one write of the log.
const BYTES_AT_ONCE: u64 = 64 << 10;

fn table_of(cache: &Cache, bloom: bool) -> BlockBasedOptions {
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(cache);
    if bloom {
        table.set_bloom_filter(10.0, false);
    }
    table
}

fn default_family() -> ColumnFamilyDescriptor {
    ColumnFamilyDescriptor::new(rocksdb::DEFAULT_COLUMN_FAMILY_NAME, Options::default())
}

/// Files of about the same size are merged, never a small one into all that there is: keys of frames and of rows are spread
/// over all files, so that a level would be written anew with each file that comes into it.
fn tiered(family: &mut Options, rows: RowsOf) {
    let mut tiers = UniversalCompactOptions::default();
    tiers.set_min_merge_width(FILES_MERGED_MIN);
    if rows == RowsOf::Once {
        // There is no space to win back by merging everything.
        tiers.set_max_size_amplification_percent(i32::MAX);
    }
    family.set_compaction_style(DBCompactionStyle::Universal);
    family.set_universal_compaction_options(&tiers);
    family.set_level_zero_file_num_compaction_trigger(FILES_MERGED_MIN * 2);
    family.set_level_zero_slowdown_writes_trigger(FILES_MERGED_MIN * 16);
    family.set_level_zero_stop_writes_trigger(FILES_MERGED_MIN * 32);
}

/// Whether most rows of a family are written once, or again and again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RowsOf {
    Once,
    Latest,
}

/// Files that are merged at once, at the least: each byte is written again once for so many times the data.
const FILES_MERGED_MIN: i32 = 8;

pub(super) fn journal_families(options: &StoreOptions, cache: &Cache) -> Vec<ColumnFamilyDescriptor> {
    let family = |memtable: usize| {
        let mut family = Options::default();
        family.set_block_based_table_factory(&table_of(cache, true));
        tiered(&mut family, RowsOf::Once);
        family.set_write_buffer_size(memtable);
        // Frames hold digests and varints: they hardly compress, and are read once.
        family.set_compression_type(DBCompressionType::None);
        family
    };
    let mut frames = family(options.journal_memtable_bytes);
    // Frames are never written again and leave in the order in which they came: a file goes as a whole once all of it is in the
    // archive.
    in_files_of_their_own(&mut frames, FRAME_APART_MIN);
    vec![
        default_family(),
        ColumnFamilyDescriptor::new(Families::JOURNAL, frames),
        ColumnFamilyDescriptor::new(Families::META, family(1 << 20)),
    ]
}

/// Bytes of one memtable of views.
const VIEWS_TABLE_BYTES: usize = 1 << 20;

pub(super) fn views_families(options: &StoreOptions, cache: &Cache) -> Vec<ColumnFamilyDescriptor> {
    let family = |rows: RowsOf| {
        let mut family = Options::default();
        family.set_block_based_table_factory(&table_of(cache, true));
        // Rows are inserted into a small table that the processor's cache holds, and many of those are written as one.
        let tables = (options.views_memtable_bytes / VIEWS_TABLE_BYTES / 3).max(2) as i32;
        family.set_write_buffer_size(VIEWS_TABLE_BYTES);
        family.set_min_write_buffer_number_to_merge(tables / 2);
        family.set_max_write_buffer_number(tables);
        tiered(&mut family, rows);
        family.set_compression_type(DBCompressionType::Lz4);
        family
    };
    // A snapshot is a few kilobytes and soon followed by the next of its entity, so that most of a file is outdated before it
    // would have been merged, and the file is simply dropped.
    let mut snapshots = family(RowsOf::Latest);
    in_files_of_their_own(&mut snapshots, VALUE_APART_MIN);
    snapshots.set_blob_compression_type(DBCompressionType::Lz4);
    // What is still up to date in the older half of the files is written anew when its keys are merged.
    snapshots.set_enable_blob_gc(true);
    snapshots.set_blob_gc_age_cutoff(0.5);
    let mut views = family(RowsOf::Once);
    views.set_merge_operator_associative("add i64 columns", add_columns);
    // Looked up for each command whose id an entity no longer holds, or by processes that follow, and nearly always missing: the
    // filter of the rows in memory says so without a search.
    let mut outcomes = family(RowsOf::Once);
    // Mostly ids and digests: compressed, the tables of a bet would take a thirteenth less of the disk.
    outcomes.set_compression_type(DBCompressionType::None);
    for mostly_missed in [&mut outcomes, &mut views] {
        mostly_missed.set_memtable_whole_key_filtering(true);
        mostly_missed.set_memtable_prefix_bloom_ratio(0.05);
    }
    vec![
        default_family(),
        ColumnFamilyDescriptor::new(Families::SNAPSHOTS, snapshots),
        ColumnFamilyDescriptor::new(Families::OUTCOMES, outcomes),
        ColumnFamilyDescriptor::new(Families::VIEWS, views),
    ]
}

/// Values of so many bytes and more beside the keys, in files that are not merged.
fn in_files_of_their_own(family: &mut Options, value_min: u64) {
    family.set_enable_blob_files(true);
    family.set_min_blob_size(value_min);
    family.set_blob_file_size(VALUES_FILE_BYTES);
}

/// Bytes of a frame from which on it is kept apart: some ten entries. At the load that makes smaller ones there is little to merge.
const FRAME_APART_MIN: u64 = 1 << 10;
/// Bytes of a value from which on it is kept apart: what is shorter is merged cheaply, and read in one go.
const VALUE_APART_MIN: u64 = 256;
/// Bytes of a file of values: a few flushes, so that it is outdated as a whole sooner than a larger one.
const VALUES_FILE_BYTES: u64 = 64 << 20;

/// Adds rows of little-endian i64 columns; a shorter row counts as zero in the columns it lacks.
fn add_columns(_key: &[u8], existing: Option<&[u8]>, operands: &MergeOperands) -> Option<Vec<u8>> {
    let mut sum = existing.unwrap_or_default().to_vec();
    for operand in operands {
        if !crate::views::add_columns(&mut sum, operand) {
            return None;
        }
    }
    Some(sum)
}
