use std::collections::BTreeMap;

use shardbook_proto::provider::v1::{Fixture, FixtureStatus};

use crate::message::{Definition, cut};

/// A sporting event as its markets tell of it.
#[derive(Debug, Default)]
pub(crate) struct Event {
    sport: String,
    competition: String,
    name: String,
    markets: BTreeMap<String, Phase>,
    /// Markets that the sources are known to hold of it; zero if not known.
    expected: usize,
    told: Option<Fixture>,
}

#[derive(Debug)]
struct Phase {
    starts_ms: i64,
    in_play: bool,
    closed: bool,
}

impl Event {
    pub fn new(expected: usize) -> Self {
        Self {
            expected,
            ..Self::default()
        }
    }

    pub fn define(&mut self, market: &str, definition: &Definition) {
        self.sport = sport(&definition.event_type_id);
        self.competition = cut(definition.country_code.as_deref().unwrap_or_default(), 64);
        if let Some(name) = definition.event_name.as_deref().filter(|name| !name.is_empty()) {
            self.name = cut(name, 200);
        } else if self.name.is_empty() {
            self.name = match definition.venue.as_deref() {
                Some(venue) => cut(venue, 200),
                None => format!("{} event {}", self.sport, definition.event_id),
            };
        }
        let closed = self.markets.get(market).is_some_and(|phase| phase.closed);
        let phase = Phase {
            starts_ms: definition.market_time.0,
            in_play: definition.in_play,
            closed,
        };
        self.markets.insert(market.to_owned(), phase);
    }

    pub fn close(&mut self, market: &str) {
        if let Some(phase) = self.markets.get_mut(market) {
            phase.closed = true;
        }
    }

    /// The fixture if it changed since the last call. It starts with its first market, and has ended when every
    /// market of it that the sources hold has closed.
    pub fn fixture(&mut self) -> Option<Fixture> {
        let open = self.markets.values().any(|phase| !phase.closed);
        let status = if !open && self.markets.len() >= self.expected {
            FixtureStatus::Ended
        } else if self.markets.values().any(|phase| phase.in_play) {
            FixtureStatus::InPlay
        } else {
            FixtureStatus::Scheduled
        };
        let fixture = Fixture {
            sport: self.sport.clone(),
            competition: self.competition.clone(),
            name: self.name.clone(),
            starts_ms: self
                .markets
                .values()
                .map(|phase| phase.starts_ms)
                .min()
                .unwrap_or_default(),
            status: status.into(),
            scoreboard: String::new(),
        };
        (self.told.as_ref() != Some(&fixture)).then(|| self.told.insert(fixture).clone())
    }
}

fn sport(event_type: &str) -> String {
    match event_type {
        "1" => "football".to_owned(),
        "2" => "tennis".to_owned(),
        "3" => "golf".to_owned(),
        "7" => "horse-racing".to_owned(),
        "4339" => "greyhounds".to_owned(),
        other => format!("sport-{other}"),
    }
}
