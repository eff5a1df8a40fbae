//! A first pass over the files: how long they are, and which events they share.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use crate::archive::{Archive, ArchiveError, Limits};
use crate::translator::offered;

/// What a file holds.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub lines: u64,
    /// Offered markets by event.
    pub events: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Deserialize)]
struct Line {
    mc: Option<Vec<Market>>,
}

#[derive(Deserialize)]
struct Market {
    id: String,
    #[serde(rename = "marketDefinition")]
    definition: Option<Definition>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Definition {
    event_id: String,
    market_type: String,
    betting_type: Option<String>,
}

impl Contents {
    /// Faults end or shorten the count; the reading proper reports them.
    pub fn of(path: &Path, limits: Limits) -> Result<Self, ArchiveError> {
        let mut archive = Archive::open(path, limits)?;
        let mut contents = Self::default();
        while let Ok(Some(line)) = archive.next_line() {
            contents.lines += 1;
            let text = line
                .text
                .and_then(|text| std::str::from_utf8(text).ok())
                .unwrap_or_default();
            if !text.contains("marketDefinition") {
                continue;
            }
            let Ok(read) = serde_json::from_str::<Line>(text) else {
                continue;
            };
            for market in read.mc.unwrap_or_default() {
                if let Some(told) = market.definition
                    && offered(told.betting_type.as_deref(), &told.market_type)
                {
                    contents.events.entry(told.event_id).or_default().insert(market.id);
                }
            }
        }
        Ok(contents)
    }
}

/// Files that share an event, directly or through others, as lists of their numbers in rising order.
pub(crate) fn groups(files: &[Contents]) -> Vec<Vec<usize>> {
    let mut group_of: Vec<usize> = (0..files.len()).collect();
    let mut first_with: BTreeMap<&str, usize> = BTreeMap::new();
    for (file, contents) in files.iter().enumerate() {
        for event in contents.events.keys() {
            let first = *first_with.entry(event).or_insert(file);
            let (from, to) = (group_of[file].max(group_of[first]), group_of[file].min(group_of[first]));
            group_of
                .iter_mut()
                .filter(|group| **group == from)
                .for_each(|group| *group = to);
        }
    }
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (file, group) in group_of.into_iter().enumerate() {
        groups.entry(group).or_default().push(file);
    }
    groups.into_values().collect()
}
