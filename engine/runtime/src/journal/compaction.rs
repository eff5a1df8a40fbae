//! Compaction on request: for tools that weigh a store, and after frames have left it.

use rocksdb::{BottommostLevelCompaction, CompactOptions};

use super::store::{Families, Store};
use crate::fault::StoreFault;

impl Store {
    /// Flushes what is in memory and merges all tables of both databases. It takes as long as writing the store anew.
    ///
    /// # Errors
    /// When the store fails.
    pub fn compact(&self) -> Result<(), StoreFault> {
        self.flush()?;
        for family in Families::OF_JOURNAL.into_iter().chain(Families::OF_VIEWS) {
            self.compact_family(family);
        }
        Ok(())
    }

    /// Merges all tables of one family, those without anything to win too.
    pub(crate) fn compact_family(&self, family: &str) {
        let mut options = CompactOptions::default();
        options.set_bottommost_level_compaction(BottommostLevelCompaction::Force);
        // Automatic compactions go on beside it.
        options.set_exclusive_manual_compaction(false);
        let (from, to) = (None::<&[u8]>, None::<&[u8]>);
        self.db_of(family)
            .compact_range_cf_opt(self.family(family), from, to, &options);
    }
}
