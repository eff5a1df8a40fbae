//! Views made anew from the journal, to be compared with the live ones.

use std::collections::BTreeMap;

use super::lists::elements;
use super::outcomes::{At, LISTED, LISTED_ELEMENT, OutcomeRow};
use super::positions::{MemoryRows, RESERVED, without_places};
use super::projection::{Kept, LIST_SUFFIX};
use super::runner::damaged;
use super::{LISTED_MAX, Projection, Rows, list_row, outcome_key, outcome_row};
use crate::fault::StoreFault;
use crate::journal::{EntryRef, Families, Frame, Position, Store};
use crate::slot::ShardId;

/// The sum of the digests of rows: equal for equal sets of rows, in whatever order they came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sum {
    rows: u64,
    digest: u128,
}

impl Sum {
    fn add(&mut self, key: &[u8], value: &[u8]) {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&(key.len() as u64).to_le_bytes());
        hasher.update(key);
        hasher.update(value);
        let mut half = [0; 16];
        half.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        self.rows += 1;
        self.digest = self.digest.wrapping_add(u128::from_le_bytes(half));
    }

    /// Adds the elements of a gathered list, each with the key of its list.
    fn add_list(&mut self, key: &[u8], value: &[u8], element: usize) {
        each_element(key, value, element, |key, value| self.add(key, value));
    }
}

/// Shows the elements of a gathered list, each with the key of its list; what is no such row as it is.
fn each_element(key: &[u8], value: &[u8], element: usize, mut look: impl FnMut(&[u8], &[u8])) {
    let Some((list, _)) = key.split_at_checked(key.len().saturating_sub(LIST_SUFFIX)) else {
        return look(key, value);
    };
    for read in elements(value, element) {
        match read {
            Ok((element, held)) => look(&[list, element].concat(), held),
            Err(_) => look(key, value),
        }
    }
}

/// The outcomes of commands, and where lists say that their entries are.
#[derive(Debug, Clone, Copy, Default)]
struct Outcomes {
    all: Sum,
    places: Sum,
}

impl Outcomes {
    fn place(&mut self, key: &[u8], at: At) {
        let At { sequence, version } = at;
        let place = [sequence.to_le_bytes(), version.to_le_bytes()].concat();
        self.places.add(key, &place);
    }

    /// Adds an element of a list on disk: what it holds of the outcome is the same with a place and without.
    fn listed(&mut self, key: &[u8], value: &[u8]) {
        let Ok(OutcomeRow {
            fingerprint,
            at: Some(at),
            outcome,
        }) = OutcomeRow::read(value)
        else {
            return self.all.add(key, value);
        };
        let head = [&fingerprint.to_le_bytes()[..], &[u8::from(outcome.accepted)]];
        self.all.add(key, &[&head.concat(), outcome.bytes].concat());
        self.place(key, at);
    }
}

impl Sum {
    fn difference(self, live: Self, view: &'static str) -> Option<Difference> {
        let rows = self.rows.abs_diff(live.rows).max(1);
        (self != live).then_some(Difference {
            view,
            rows,
            first: None,
        })
    }
}

/// The rows of projections made anew, frame by frame.
#[derive(Debug, Default)]
pub struct Rebuilt {
    rows: BTreeMap<u8, MemoryRows>,
    sums: BTreeMap<u8, Sum>,
    outcomes: Outcomes,
    /// Of each shard that was met the frame up to which lists do not tell places.
    without_places: BTreeMap<ShardId, u64>,
}

/// What a comparison of a view found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The view.
    pub view: &'static str,
    /// Rows that differ, are missing or are too many; for a view compared by digest, the difference of the counts.
    pub rows: u64,
    /// The key of the first such row, where it is known.
    pub first: Option<Vec<u8>>,
}

impl Rebuilt {
    /// Adds the rows of one frame.
    ///
    /// # Errors
    /// When an event cannot be read.
    pub fn add(&mut self, view: &dyn Projection, frame: &Frame) -> Result<(), StoreFault> {
        let prefix = view.prefix();
        if !view.rows_are_final() {
            return project(view, frame, self.rows.entry(prefix).or_default());
        }
        let mut rows = MemoryRows::default();
        project(view, frame, &mut rows)?;
        let sum = self.sums.entry(prefix).or_default();
        for (key, value) in &rows.rows {
            sum.add(key, value);
        }
        Ok(())
    }

    /// Adds the outcome of an entry of a kind whose outcomes are kept for ever. `at` is the frame that holds it.
    ///
    /// # Errors
    /// When the store fails.
    pub fn add_outcome(&mut self, store: &Store, at: Position, entry: &EntryRef<'_>) -> Result<(), StoreFault> {
        let key = outcome_key(entry.entry.key, entry.entry.command);
        self.outcomes.all.add(&key, &outcome_row(entry));
        let Position { shard, sequence } = at;
        let without_places = match self.without_places.get(&shard) {
            Some(known) => *known,
            None => {
                // Of a store that was last served before places were told, all is without.
                let read = without_places(store, shard)?.unwrap_or(u64::MAX);
                *self.without_places.entry(shard).or_insert(read)
            }
        };
        let version = entry.entry.version;
        if version < LISTED_MAX && sequence > without_places {
            self.outcomes.place(&key, At { sequence, version });
        }
        Ok(())
    }

    /// What of the outcomes differs from those added; `None` when nothing does.
    ///
    /// # Errors
    /// When the store fails.
    pub fn outcomes_difference(&self, store: &Store) -> Result<Option<Difference>, StoreFault> {
        let mut live = Outcomes::default();
        for row in store.scan(Families::OUTCOMES, &[], &[]) {
            let (key, value) = row?;
            match key.first() {
                Some(&RESERVED) => {}
                Some(&LISTED) => each_element(&key[1..], &value, LISTED_ELEMENT, |key, value| live.listed(key, value)),
                _ => live.all.add(&key, &value),
            }
        }
        let outcomes = self.outcomes.all.difference(live.all, "outcomes");
        let places = || self.outcomes.places.difference(live.places, "places of entries");
        Ok(outcomes.or_else(places))
    }

    /// What of the live view differs from the rows added; `None` when nothing does.
    ///
    /// # Errors
    /// When the store fails.
    pub fn difference(&self, store: &Store, view: &dyn Projection) -> Result<Option<Difference>, StoreFault> {
        if view.rows_are_final() {
            self.sum_difference(store, view)
        } else {
            self.row_difference(store, view)
        }
    }

    fn sum_difference(&self, store: &Store, view: &dyn Projection) -> Result<Option<Difference>, StoreFault> {
        let made = self.sums.get(&view.prefix()).copied().unwrap_or_default();
        let mut live = Sum::default();
        for row in store.scan(Families::VIEWS, &[view.prefix()], &[]) {
            let (key, value) = row?;
            match view.kept() {
                Kept::Rows => live.add(&key, &value),
                Kept::Lists(element) => match list_row(&key, &value, element) {
                    // As it is made from the journal: each element with the key of its list.
                    Some((list, elements)) => elements.for_each(|element| live.add(&[list, element].concat(), &[])),
                    None => live.add(&key, &value),
                },
                Kept::Gathered(element) => live.add_list(&key, &value, element),
            }
        }
        Ok(made.difference(live, view.name()))
    }

    fn row_difference(&self, store: &Store, view: &dyn Projection) -> Result<Option<Difference>, StoreFault> {
        let none = MemoryRows::default();
        let mut made = self.rows.get(&view.prefix()).unwrap_or(&none).rows.iter().peekable();
        let mut different: Vec<Vec<u8>> = Vec::new();
        for live in store.scan(Families::VIEWS, &[view.prefix()], &[]) {
            let (key, value) = live?;
            while let Some((missing, _)) = made.next_if(|(made, _)| made.as_slice() < &*key) {
                different.push(missing.clone());
            }
            match made.next_if(|(made, _)| made.as_slice() == &*key) {
                Some((_, made)) if made.as_slice() == &*value => {}
                _ => different.push(key.to_vec()),
            }
        }
        different.extend(made.map(|(missing, _)| missing.clone()));
        let (rows, first) = (different.len() as u64, different.into_iter().next());
        Ok((rows > 0).then_some(Difference {
            view: view.name(),
            rows,
            first,
        }))
    }
}

fn project(view: &dyn Projection, frame: &Frame, into: &mut MemoryRows) -> Result<(), StoreFault> {
    for entry in frame.entries() {
        let mut rows = Rows::memory(view, into);
        view.project(&entry, &mut rows)
            .map_err(|error| damaged(frame, view.name(), error.0))?;
    }
    Ok(())
}
