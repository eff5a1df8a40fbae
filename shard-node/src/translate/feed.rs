//! What feeds say, as commands to the trading book.

use shardbook_domain::bet::{DeadHeat, Finish, LegOutcome};
use shardbook_domain::event::{
    Change, Command, FixtureStatus, MarketDefinition, MarketKey, PostedLine, PostedResult, RaceDefinition, Ruling,
    SelectionDefinition, SourceStatus,
};
use shardbook_domain::market::{Chance, Window};
use shardbook_domain::odds::Odds;
use shardbook_domain::time::Time;
use shardbook_proto::provider::v1 as provider;
use shardbook_proto::provider::v1::feed_message::Body;

use super::Refusal;

pub(crate) fn feed_reply(id: &str, outcome: Result<(), (&str, String)>) -> provider::FeedReply {
    let (code, message) = outcome.err().unwrap_or_default();
    provider::FeedReply {
        id: id.into(),
        code: code.into(),
        message,
    }
}

pub(crate) fn feed_command(message: &provider::FeedMessage) -> Result<Command, Refusal> {
    let source_time = time(message.source_ms)?;
    let body = message.body.as_ref().ok_or_else(|| missing("body"))?;
    let change = match body {
        Body::Fixture(fixture) => update_fixture(&message.event, fixture)?,
        Body::Market(update) => update_market(update)?,
        Body::Result(said) => fed(said.key.as_ref(), result(said)?)?,
        Body::Confirm(said) => fed(said.key.as_ref(), Ruling::ConfirmResult)?,
        Body::Rollback(said) => fed(said.key.as_ref(), Ruling::RollbackResult)?,
        Body::Void(said) => fed(said.key.as_ref(), void(said)?)?,
        Body::RollbackVoid(said) => fed(said.key.as_ref(), rollback_void(said)?)?,
        Body::CorrectPrice(said) => fed(said.key.as_ref(), correction(said)?)?,
        Body::RollbackCorrection(said) => fed(said.key.as_ref(), correction_back(said)?)?,
        Body::Chances(said) => Change::PostChances {
            key: key(said.key.as_ref())?,
            chances: said.chances.iter().map(chance).collect(),
        },
        Body::CashOut(said) => Change::SwitchCashOut {
            key: key(said.key.as_ref())?,
            offered: said.offered,
        },
    };
    Ok(Command { source_time, change })
}

fn fed(of: Option<&provider::MarketKey>, ruling: Ruling) -> Result<Change, Refusal> {
    Ok(Change::settle(key(of)?, ruling))
}

pub(super) fn result(said: &provider::MarketResult) -> Result<Ruling, Refusal> {
    let results = said.selections.iter().map(posted_result);
    Ok(Ruling::Result {
        results: results.collect::<Result<_, _>>()?,
        confirmed: !said.unconfirmed,
    })
}

fn posted_result(one: &provider::SelectionResult) -> Result<PostedResult, Refusal> {
    let of = |count: u32| u16::try_from(count).unwrap_or(u16::MAX);
    let finish = match (one.position, one.tied) {
        (0, 0) => None,
        (position, tied) => Some(Finish {
            position: of(position),
            tied: of(tied.max(1)),
        }),
    };
    Ok(PostedResult {
        selection: one.selection.clone(),
        outcome: outcome(one)?,
        finish,
    })
}

pub(super) fn void(said: &provider::VoidMarket) -> Result<Ruling, Refusal> {
    Ok(Ruling::Void {
        window: window(said.placed_from_ms, said.placed_until_ms)?,
        reason: said.reason.clone(),
    })
}

pub(super) fn rollback_void(said: &provider::RollbackVoid) -> Result<Ruling, Refusal> {
    let window = window(said.placed_from_ms, said.placed_until_ms)?;
    Ok(Ruling::RollbackVoid { window })
}

pub(super) fn correction(said: &provider::CorrectPrice) -> Result<Ruling, Refusal> {
    Ok(Ruling::CorrectPrice {
        selection: said.selection.clone(),
        window: window(said.placed_from_ms, said.placed_until_ms)?,
        price: price(&said.price)?,
    })
}

pub(super) fn correction_back(said: &provider::RollbackCorrection) -> Result<Ruling, Refusal> {
    Ok(Ruling::RollbackCorrection {
        selection: said.selection.clone(),
        window: window(said.placed_from_ms, said.placed_until_ms)?,
    })
}

/// Zero is open on its side.
fn window(from: i64, until: i64) -> Result<Window, Refusal> {
    let side = |ms: i64| if ms == 0 { Ok(None) } else { time(ms).map(Some) };
    Ok(Window {
        from: side(from)?,
        until: side(until)?,
    })
}

fn chance(said: &provider::Chance) -> (String, Option<Chance>) {
    let chance = (!said.withdrawn).then_some(Chance {
        won: said.won,
        half_won: said.half_won,
        void: said.void,
        half_lost: said.half_lost,
    });
    (said.selection.clone(), chance)
}

fn price(text: &str) -> Result<Option<Odds>, Refusal> {
    match text {
        "" => Ok(None),
        text => match Odds::parse(text) {
            Ok(price) => Ok(Some(price)),
            Err(error) => Err(Refusal::new(error.code(), error.to_string())),
        },
    }
}

fn update_fixture(urn: &str, fixture: &provider::Fixture) -> Result<Change, Refusal> {
    use provider::FixtureStatus as Wire;
    let status = match Wire::try_from(fixture.status) {
        Ok(Wire::Scheduled) => FixtureStatus::Scheduled,
        Ok(Wire::InPlay) => FixtureStatus::InPlay,
        Ok(Wire::Ended) => FixtureStatus::Ended,
        Ok(Wire::Unspecified) | Err(_) => return Err(missing("fixture.status")),
    };
    Ok(Change::UpdateFixture {
        urn: urn.into(),
        sport: fixture.sport.clone(),
        competition: fixture.competition.clone(),
        name: fixture.name.clone(),
        starts_at: time(fixture.starts_ms)?,
        status,
        scoreboard: fixture.scoreboard.clone(),
    })
}

fn update_market(update: &provider::MarketUpdate) -> Result<Change, Refusal> {
    use provider::FeedMarketStatus as Wire;
    let definition = update.definition.as_ref().map(|definition| {
        let selection = |one: &provider::SelectionDefinition| SelectionDefinition {
            id: one.id.clone(),
            name: one.name.clone(),
        };
        let winners = u16::try_from(definition.winners).map_err(|_| {
            Refusal::new(
                "WINNERS_INVALID",
                format!("{} winners: at most 65535", definition.winners),
            )
        })?;
        let selections = definition.selections.iter().map(selection).collect();
        Ok(MarketDefinition {
            name: definition.name.clone(),
            winners,
            selections,
            race: definition.race.as_ref().map(|race| RaceDefinition {
                handicap: race.handicap,
            }),
        })
    });
    let status = match Wire::try_from(update.status) {
        Ok(Wire::Unchanged) => None,
        Ok(Wire::Open) => Some(SourceStatus::Open),
        Ok(Wire::Suspended) => Some(SourceStatus::Suspended),
        Ok(Wire::Closed) => Some(SourceStatus::Closed),
        Err(_) => {
            return Err(Refusal::new(
                "STATUS_UNKNOWN",
                format!("market status {} is not known", update.status),
            ));
        }
    };
    let bet_delay_s = match update.bet_delay_s {
        None => None,
        Some(seconds) => Some(u16::try_from(seconds).map_err(|_| {
            Refusal::new(
                "BET_DELAY_INVALID",
                format!("a bet delay of {seconds} seconds: at most 65535"),
            )
        })?),
    };
    Ok(Change::UpdateMarket {
        key: key(update.key.as_ref())?,
        definition: definition.transpose()?,
        status,
        in_play: update.in_play,
        bet_delay_s,
        lines: update.lines.iter().map(line).collect::<Result<_, _>>()?,
    })
}

fn line(line: &provider::PostedLine) -> Result<PostedLine, Refusal> {
    Ok(PostedLine {
        selection: line.selection.clone(),
        price: price(&line.price)?,
        removed: line.removed,
    })
}

fn outcome(one: &provider::SelectionResult) -> Result<LegOutcome, Refusal> {
    use provider::Outcome as Wire;
    let dead_heat = match (one.dead_heat_places, one.dead_heat_runners) {
        (0, 0) => None,
        (places, runners) => {
            let of = |count: u32| u16::try_from(count).unwrap_or(u16::MAX);
            let tie = DeadHeat::new(of(places), of(runners));
            Some(tie.map_err(|error| Refusal::new(error.code(), error.to_string()))?)
        }
    };
    Ok(match (Wire::try_from(one.outcome), dead_heat) {
        (Ok(Wire::Won), dead_heat) => LegOutcome::Won { dead_heat },
        (Ok(Wire::Lost), None) => LegOutcome::Lost,
        (Ok(Wire::Void), None) => LegOutcome::Void,
        (Ok(Wire::HalfWon), None) => LegOutcome::HalfWon,
        (Ok(Wire::HalfLost), None) => LegOutcome::HalfLost,
        (Ok(Wire::Unspecified) | Err(_), _) => return Err(missing("outcome")),
        (Ok(_), Some(_)) => {
            return Err(Refusal::new(
                "DEAD_HEAT_INVALID",
                "only a winner can be in a dead heat: leave it out",
            ));
        }
    })
}

pub(super) fn key(key: Option<&provider::MarketKey>) -> Result<MarketKey, Refusal> {
    let key = key.ok_or_else(|| missing("key"))?;
    Ok(MarketKey {
        kind: key.r#type.as_str().into(),
        specifiers: key.specifiers.as_str().into(),
    })
}

fn time(ms: i64) -> Result<Time, Refusal> {
    let time = u64::try_from(ms).map(Time);
    time.map_err(|_| Refusal::new("TIME_INVALID", format!("{ms} is before 1970: give Unix milliseconds")))
}

fn missing(field: &str) -> Refusal {
    Refusal::new(
        "FIELD_MISSING",
        format!("{field} is missing or not known: see the schema of the feed"),
    )
}
