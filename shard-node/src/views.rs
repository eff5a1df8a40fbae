//! The read models of this node: the rows of each, carried into the runtime's views.

use std::ops::ControlFlow;

use shardbook_domain::ids::{EventId, PlayerId};
use shardbook_domain::rules::Rules;
use shardbook_domain::{event, player};
use shardbook_projections::{EventEntry, PlayerEntry, Row, events, history, legs, open, pending, results, totals};
use shardbook_runtime::entity::{Entity, Undecodable};
use shardbook_runtime::journal::{EntryRef, Families, Store};
use shardbook_runtime::slot::ShardId;
use shardbook_runtime::views::{Kept, ListOf, Projection, Rows};

use crate::budgets::has_limits;
use crate::entities::{EventEntity, PlayerEntity};

type PlayerRows = fn(&PlayerEntry<'_>, &mut dyn FnMut(Row<'_>));
type EventRows = fn(&EventEntry<'_>, &mut dyn FnMut(Row<'_>));

/// A read model of the domain under its prefix.
pub struct View {
    prefix: u8,
    name: &'static str,
    version: u32,
    rows_are_final: bool,
    kept: Kept,
    /// It keeps events as they are in the journal, and so needs their bytes.
    of_bytes: bool,
    of_player: Option<PlayerRows>,
    of_event: Option<EventRows>,
}

/// The history of each bet.
pub static HISTORY: View = View {
    prefix: 1,
    name: "history",
    version: 2,
    rows_are_final: true,
    kept: Kept::Gathered(history::ELEMENT_BYTES),
    of_bytes: true,
    of_player: Some(|entry, row| history::rows(entry, row)),
    of_event: None,
};
/// Bets by market.
pub static LEGS: View = View {
    prefix: 2,
    name: "legs",
    version: 2,
    rows_are_final: true,
    kept: Kept::Lists(legs::ELEMENT_BYTES),
    of_bytes: false,
    of_player: Some(|entry, row| legs::rows(entry, row)),
    of_event: None,
};
/// The latest result of each market.
pub static RESULTS: View = View {
    prefix: 3,
    name: "results",
    version: 1,
    rows_are_final: false,
    kept: Kept::Rows,
    of_bytes: true,
    of_player: None,
    of_event: Some(|entry, row| results::rows(entry, row)),
};
/// Every event with its name.
pub static EVENTS: View = View {
    prefix: 4,
    name: "events",
    version: 1,
    rows_are_final: false,
    kept: Kept::Rows,
    of_bytes: false,
    of_player: None,
    of_event: Some(|entry, row| events::rows(entry, row)),
};
/// Sums of the house.
pub static TOTALS: View = View {
    prefix: 5,
    name: "totals",
    version: 2,
    rows_are_final: false,
    kept: Kept::Rows,
    of_bytes: false,
    of_player: Some(|entry, row| totals::player_rows(entry, row)),
    of_event: Some(|entry, row| totals::event_rows(entry, row)),
};

/// Slips that wait.
pub static PENDING: View = View {
    prefix: 6,
    name: "pending",
    version: 1,
    rows_are_final: false,
    kept: Kept::Rows,
    of_bytes: false,
    of_player: Some(|entry, row| pending::rows(entry, row)),
    of_event: None,
};

/// Bets that are open; kept where the brand limits open bets together.
pub static OPEN: View = View {
    prefix: 7,
    name: "open",
    version: 1,
    rows_are_final: false,
    kept: Kept::Rows,
    of_bytes: false,
    of_player: Some(|entry, row| open::rows(entry, row)),
    of_event: None,
};

/// Every read model of a node with these rules.
#[must_use]
pub fn projections(rules: &Rules) -> Vec<Box<dyn Projection>> {
    let always = [&HISTORY, &LEGS, &RESULTS, &EVENTS, &TOTALS, &PENDING];
    let limits = has_limits(rules).then_some(&OPEN);
    let views = always.into_iter().chain(limits);
    views.map(|view| Box::new(view) as Box<dyn Projection>).collect()
}

impl View {
    /// The key of a row as it is in the store.
    #[must_use]
    pub fn key(&self, key: &[u8]) -> Vec<u8> {
        [&[self.prefix], key].concat()
    }

    /// The rows whose key begins with `prefix`, from `from` on: key without the view's prefix, and value.
    pub fn scan<'s>(
        &self,
        store: &'s Store,
        prefix: &[u8],
        from: &[u8],
    ) -> impl Iterator<Item = Result<(Vec<u8>, Box<[u8]>), shardbook_runtime::fault::StoreFault>> + use<'s> {
        let rows = store.scan(Families::VIEWS, &self.key(prefix), &self.key(from));
        rows.map(|row| row.map(|(key, value)| (key[1..].to_vec(), value)))
    }

    /// Shows the elements of a gathered list, in no order, perhaps twice: the end of its key, and what it holds.
    ///
    /// # Errors
    /// When the store fails or a row is damaged.
    pub fn elements(
        &self,
        store: &Store,
        shard: ShardId,
        list: &[u8],
        mut look: impl FnMut(&[u8], &[u8]),
    ) -> Result<(), shardbook_runtime::fault::StoreFault> {
        let Kept::Gathered(element) = self.kept else {
            return Ok(());
        };
        store.elements(ListOf::View, shard, &self.key(list), element, |key, value| {
            look(key, value);
            ControlFlow::Continue(())
        })
    }

    /// One row.
    ///
    /// # Errors
    /// When the store fails.
    pub fn get(&self, store: &Store, key: &[u8]) -> Result<Option<Vec<u8>>, shardbook_runtime::fault::StoreFault> {
        store.get(Families::VIEWS, &self.key(key))
    }
}

impl Projection for &'static View {
    fn prefix(&self) -> u8 {
        self.prefix
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn version(&self) -> u32 {
        self.version
    }

    fn rows_are_final(&self) -> bool {
        self.rows_are_final
    }

    fn kept(&self) -> Kept {
        self.kept
    }

    fn project(&self, entry: &EntryRef<'_>, rows: &mut Rows<'_>) -> Result<(), Undecodable> {
        let mut write = |row: Row<'_>| match row {
            Row::Put(key, value) => rows.put(key, value),
            Row::Delete(key) => rows.delete(key),
            Row::Add(key, columns) => rows.add(key, columns),
        };
        let head = &entry.entry;
        let encoded = || entry.events().take_while(|_| self.of_bytes).collect::<Vec<_>>();
        match (head.key.kind, self.of_player, self.of_event) {
            (PlayerEntity::KIND, Some(make), _) => {
                let said = entry.shared(PlayerSaid::read)?;
                make(
                    &PlayerEntry {
                        player: PlayerId(head.key.id),
                        version: head.version,
                        events: &said.events,
                        encoded: &encoded(),
                        outcome: &said.outcome,
                    },
                    &mut write,
                );
            }
            (EventEntity::KIND, _, Some(make)) => {
                let said = entry.shared(EventSaid::read)?;
                make(
                    &EventEntry {
                        event: EventId(head.key.id),
                        events: &said.0,
                        encoded: &encoded(),
                    },
                    &mut write,
                );
            }
            _ => {}
        }
        Ok(())
    }
}

/// What a player's entry says.
struct PlayerSaid {
    events: Vec<player::Event>,
    outcome: Result<player::Reply, player::Rejection>,
}

impl PlayerSaid {
    fn read(entry: &EntryRef<'_>) -> Result<Self, Undecodable> {
        let outcome = entry.entry.outcome;
        Ok(Self {
            events: decoded::<PlayerEntity>(entry)?,
            outcome: PlayerEntity::decode_outcome(outcome.accepted, outcome.bytes)?,
        })
    }
}

/// What a sporting event's entry says.
struct EventSaid(Vec<event::Event>);

impl EventSaid {
    fn read(entry: &EntryRef<'_>) -> Result<Self, Undecodable> {
        decoded::<EventEntity>(entry).map(Self)
    }
}

/// The events of an entry.
pub(crate) fn decoded<E: Entity>(entry: &EntryRef<'_>) -> Result<Vec<E::Event>, Undecodable> {
    entry.events().map(E::decode_event).collect()
}
