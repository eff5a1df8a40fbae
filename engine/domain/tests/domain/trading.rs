//! A sporting event and the words in which the tables speak of it.

use shardbook_domain::bet::LegOutcome;
use shardbook_domain::event::{
    Change, Command, Context, Event, FixtureStatus, Market, MarketDefinition, MarketKey, PostedLine, PostedResult,
    RaceDefinition, Rejection, Ruling, SelectionDefinition, SourceStatus, State, decide,
};
use shardbook_domain::market::{Chance, Window};
use shardbook_domain::time::Time;

use crate::scene::price;

pub fn key(kind: &str) -> MarketKey {
    MarketKey {
        kind: kind.into(),
        specifiers: "".into(),
    }
}

pub fn fixture() -> Change {
    scored("0-0")
}

pub fn scored(scoreboard: &str) -> Change {
    Change::UpdateFixture {
        urn: "syn:1:1".to_owned(),
        sport: "football".to_owned(),
        competition: "League".to_owned(),
        name: "A v B".to_owned(),
        starts_at: Time(1000),
        status: FixtureStatus::InPlay,
        scoreboard: scoreboard.to_owned(),
    }
}

/// What a market update says beside the market's key; absent parts stay as they are.
#[derive(Clone, Default)]
pub struct Says {
    pub definition: Option<MarketDefinition>,
    pub status: Option<SourceStatus>,
    pub in_play: Option<bool>,
    pub bet_delay_s: Option<u16>,
    pub lines: Vec<PostedLine>,
}

pub fn update(kind: &str, says: Says) -> Change {
    let Says {
        definition,
        status,
        in_play,
        bet_delay_s,
        lines,
    } = says;
    Change::UpdateMarket {
        key: key(kind),
        definition,
        status,
        in_play,
        bet_delay_s,
        lines,
    }
}

pub fn definition(ids: &[&str]) -> MarketDefinition {
    let selection = |id: &&str| SelectionDefinition {
        id: (*id).to_owned(),
        name: format!("Selection {id}"),
    };
    MarketDefinition {
        name: "Winner".to_owned(),
        winners: 1,
        selections: ids.iter().map(selection).collect(),
        race: None,
    }
}

/// A definition of the market as a race with selections of these ids.
pub fn race(kind: &str, handicap: bool, ids: &[&str]) -> Change {
    let mut definition = definition(ids);
    definition.race = Some(RaceDefinition { handicap });
    update(
        kind,
        Says {
            definition: Some(definition),
            ..Says::default()
        },
    )
}

/// A definition of the market with selections of these ids.
pub fn defined(kind: &str, ids: &[&str]) -> Change {
    update(
        kind,
        Says {
            definition: Some(definition(ids)),
            ..Says::default()
        },
    )
}

/// A status with lines: `""` withdraws a price, `"out"` the selection.
pub fn posted(kind: &str, status: Option<SourceStatus>, lines: &[(&str, &str)]) -> Change {
    let line = |(id, text): &(&str, &str)| PostedLine {
        selection: (*id).to_owned(),
        price: (!matches!(*text, "" | "out")).then(|| price(text)),
        removed: *text == "out",
    };
    update(
        kind,
        Says {
            status,
            lines: lines.iter().map(line).collect(),
            ..Says::default()
        },
    )
}

pub fn status(kind: &str, status: SourceStatus) -> Change {
    posted(kind, Some(status), &[])
}

/// Results by the source's ids.
pub fn ruled(outcomes: &[(&str, LegOutcome)], confirmed: bool) -> Ruling {
    let results = outcomes.iter().map(|(id, outcome)| PostedResult::of(*id, *outcome));
    let results = results.collect();
    Ruling::Result { results, confirmed }
}

/// A result that is final.
pub fn resulted(kind: &str, outcomes: &[(&str, LegOutcome)]) -> Change {
    Change::settle(key(kind), ruled(outcomes, true))
}

pub fn rolled_back(kind: &str) -> Change {
    Change::settle(key(kind), Ruling::RollbackResult)
}

/// Every bet void.
pub fn abandoned() -> Ruling {
    voided_in(Window::ALWAYS)
}

pub fn voided_in(window: Window) -> Ruling {
    let reason = "ABANDONED".to_owned();
    Ruling::Void { window, reason }
}

/// From one time until another, in seconds since the start of [`crate::scene::START`].
pub fn window(from: Option<u64>, until: Option<u64>) -> Window {
    let at = |seconds: u64| crate::scene::START.plus_ms(seconds * 1_000);
    Window {
        from: from.map(at),
        until: until.map(at),
    }
}

pub fn voided(kind: &str) -> Change {
    Change::settle(key(kind), abandoned())
}

pub fn void_rolled_back(kind: &str) -> Change {
    let window = Window::ALWAYS;
    Change::settle(key(kind), Ruling::RollbackVoid { window })
}

/// Chances of winning in millionths; `None` leaves it to the prices.
pub fn chances(kind: &str, chances: &[(&str, Option<u32>)]) -> Change {
    let chance = |(id, won): &(&str, Option<u32>)| ((*id).to_owned(), won.map(Chance::of_winning));
    Change::PostChances {
        key: key(kind),
        chances: chances.iter().map(chance).collect(),
    }
}

/// A trader's stop of cash-out, or its end.
pub fn cash_out(kind: &str, offered: bool) -> Change {
    Change::SwitchCashOut {
        key: key(kind),
        offered,
    }
}

/// A sporting event; each message is published a millisecond after the one before.
#[derive(Default)]
pub struct Trading {
    pub state: State,
    pub history: Vec<Event>,
}

impl Trading {
    pub fn unknown() -> Trading {
        Trading::default()
    }

    /// The event with an open market `M` of selections `1`, `2` and `3` at 2.00, 3.00 and 4.00.
    pub fn open() -> Trading {
        Trading::unknown()
            .after(fixture())
            .after(defined("M", &["1", "2", "3"]))
            .after(posted(
                "M",
                Some(SourceStatus::Open),
                &[("1", "2.00"), ("2", "3.00"), ("3", "4.00")],
            ))
    }

    pub fn after(mut self, change: Change) -> Trading {
        if let Err(refused) = self.run(&change) {
            panic!("given {change:?}: {refused}");
        }
        self
    }

    pub fn run(&mut self, change: &Change) -> Result<Vec<Event>, Rejection> {
        let told = self.history.iter().map(Event::source_time).max();
        let last = told.unwrap_or_default().max(self.state.source_time());
        self.run_at(last.plus_ms(1), change)
    }

    pub fn run_at(&mut self, source_time: Time, change: &Change) -> Result<Vec<Event>, Rejection> {
        let command = Command {
            source_time,
            change: change.clone(),
        };
        let events = decide(&self.state, &command, &Context)?;
        events.iter().for_each(|event| self.state.apply(event));
        self.history.extend(events.iter().cloned());
        Ok(events)
    }

    pub fn market(&self, kind: &str) -> &Market {
        self.state.market_of(&key(kind)).expect("a market of the event")
    }
}

/// Given an event, when a message comes, then these events follow or it is refused with this code.
pub fn check(rows: Vec<(&str, Trading, Change, Result<&str, &str>)>) {
    for (what, mut trading, change, then) in rows {
        let before = trading.state.clone();
        let found = trading.run(&change);
        let versions: Vec<u64> = before.markets().iter().map(|market| market.version).collect();
        match &found {
            Ok(events) => {
                let names: Vec<_> = events.iter().map(crate::samples::event_name).collect();
                assert_eq!(Ok(names.join(" ").as_str()), then, "{what}");
                for (no, version) in events.iter().filter_map(Event::market) {
                    let known = versions.get(no.0 as usize - 1).copied().unwrap_or(0);
                    assert_eq!(version, known + 1, "{what}: one command is one version");
                }
            }
            Err(rejection) => {
                assert_eq!(Err(rejection.code()), then, "{what}");
                assert_eq!(trading.state, before, "{what}: a refusal changes nothing");
            }
        }
        let replayed = trading.history.iter().fold(State::default(), |mut state, event| {
            state.apply(event);
            state
        });
        assert_eq!(replayed, trading.state, "{what}: the state is the sum of its events");
        let mut bytes = Vec::new();
        trading.state.encode(&mut bytes);
        assert_eq!(
            State::decode(&bytes).as_ref(),
            Ok(&trading.state),
            "{what}: a snapshot is the state"
        );
    }
}
