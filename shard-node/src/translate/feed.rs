//! What feeds say, as commands to the trading book.

use shardbook_domain::bet::{DeadHeat, LegOutcome};
use shardbook_domain::event::{
    Change, Command, FixtureStatus, MarketDefinition, MarketKey, PostedLine, SelectionDefinition, SourceStatus,
};
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
        Body::Result(result) => {
            let outcomes = result
                .selections
                .iter()
                .map(|one| Ok((one.selection.clone(), outcome(one)?)));
            Change::ResultMarket {
                key: key(result.key.as_ref())?,
                outcomes: outcomes.collect::<Result<_, _>>()?,
            }
        }
        Body::Rollback(rollback) => Change::RollbackResult {
            key: key(rollback.key.as_ref())?,
        },
        Body::Void(void) => Change::VoidMarket {
            key: key(void.key.as_ref())?,
            reason: void.reason.clone(),
        },
    };
    Ok(Command { source_time, change })
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
    let price = match line.price.as_str() {
        "" => None,
        price => Some(Odds::parse(price).map_err(|error| Refusal::new(error.code(), error.to_string()))?),
    };
    Ok(PostedLine {
        selection: line.selection.clone(),
        price,
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

fn key(key: Option<&provider::MarketKey>) -> Result<MarketKey, Refusal> {
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
