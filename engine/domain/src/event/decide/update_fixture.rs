//! What is known of the event itself.

use super::{MAX_NAME_BYTES, MAX_SCOREBOARD_BYTES, MAX_TYPE_BYTES, text};
use crate::event::{Event, Fixture, FixtureStatus, Rejection, State};
use crate::ids::EventId;
use crate::time::Time;

pub(super) struct Texts<'a> {
    pub(super) urn: &'a str,
    pub(super) sport: &'a str,
    pub(super) competition: &'a str,
    pub(super) name: &'a str,
    pub(super) scoreboard: &'a str,
}

pub(super) fn decide(
    state: &State,
    source_time: Time,
    texts: &Texts<'_>,
    starts_at: Time,
    status: FixtureStatus,
) -> Result<Vec<Event>, Rejection> {
    EventId::of(texts.urn).map_err(|_| Rejection::BadUrn)?;
    if let Some(known) = state.fixture().filter(|known| *known.urn != *texts.urn) {
        return Err(Rejection::OtherEvent { urn: known.urn.clone() });
    }
    text::name("sport", texts.sport, MAX_TYPE_BYTES)?;
    text::text("competition", texts.competition, MAX_NAME_BYTES)?;
    text::name("event's name", texts.name, MAX_NAME_BYTES)?;
    text::text("scoreboard", texts.scoreboard, MAX_SCOREBOARD_BYTES)?;
    let fixture = Fixture {
        urn: texts.urn.into(),
        sport: texts.sport.into(),
        competition: texts.competition.into(),
        name: texts.name.into(),
        starts_at,
        status,
        scoreboard: texts.scoreboard.into(),
    };
    if state.fixture() == Some(&fixture) {
        return Ok(Vec::new());
    }
    Ok(vec![Event::FixtureUpdated { source_time, fixture }])
}
