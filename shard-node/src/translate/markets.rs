//! Events and markets, as everyone sees them.

use shardbook_domain::event::{Event, FixtureStatus, Market, State};
use shardbook_domain::ids::SelectionNo;
use shardbook_domain::market::MarketStatus;
use shardbook_domain::odds::Odds;
use shardbook_proto::client::v1 as client;

use super::wallet::leg_status;

pub(crate) fn event_info(state: &State) -> Option<client::EventInfo> {
    let fixture = state.fixture()?;
    let status = match fixture.status {
        FixtureStatus::Scheduled => client::EventStatus::Scheduled,
        FixtureStatus::InPlay => client::EventStatus::InPlay,
        FixtureStatus::Ended => client::EventStatus::Ended,
    };
    Some(client::EventInfo {
        event: fixture.urn.to_string(),
        sport: fixture.sport.to_string(),
        competition: fixture.competition.to_string(),
        name: fixture.name.to_string(),
        starts_ms: fixture.starts_at.0 as i64,
        status: status.into(),
        scoreboard: fixture.scoreboard.to_string(),
    })
}

fn status(status: MarketStatus) -> client::MarketStatus {
    match status {
        MarketStatus::Open => client::MarketStatus::Open,
        MarketStatus::Suspended => client::MarketStatus::Suspended,
        MarketStatus::Closed => client::MarketStatus::Closed,
        MarketStatus::Resulted => client::MarketStatus::Resulted,
        MarketStatus::Void => client::MarketStatus::Void,
    }
}

fn price(price: Option<Odds>) -> String {
    price.map(|price| price.to_string()).unwrap_or_default()
}

pub(crate) fn market_image(state: &State, market: &Market) -> Option<client::MarketImage> {
    let selections = market.selections.iter().map(|selection| client::Selection {
        selection: selection.no.0,
        name: selection.name.to_string(),
        price: price(selection.price),
        removed: selection.removed,
        result: selection
            .outcome
            .map_or(client::LegStatus::Unspecified, |outcome| leg_status(Some(outcome)))
            .into(),
    });
    Some(client::MarketImage {
        event: state.fixture()?.urn.to_string(),
        market: market.no.0,
        r#type: market.key.kind.to_string(),
        specifiers: market.key.specifiers.to_string(),
        name: market.name.to_string(),
        status: status(market.status).into(),
        in_play: market.in_play,
        bet_delay_s: market.bet_delay_s.into(),
        version: market.version,
        selections: selections.collect(),
        source_ms: market.source_time.0 as i64,
        race: market.race.is_some(),
        handicap: market.race.is_some_and(|race| race.handicap),
        cash_out_stopped: !market.cash_out,
    })
}

/// What changed, where that can be told apart from the whole; else `None`, and the image is sent.
pub(crate) fn market_delta<'a>(
    state: &State,
    market: &Market,
    happened: impl Iterator<Item = &'a Event>,
    received_us: i64,
) -> Option<client::MarketDelta> {
    let mut delta = client::MarketDelta {
        event: state.fixture()?.urn.to_string(),
        market: market.no.0,
        version: market.version,
        source_ms: market.source_time.0 as i64,
        received_us,
        ..client::MarketDelta::default()
    };
    let mut lines: Vec<SelectionNo> = Vec::new();
    for event in happened {
        match event {
            Event::LinesPosted { lines: posted, .. } => lines.extend(posted.iter().map(|line| line.selection)),
            Event::SelectionRemoved { selection, .. } => lines.push(*selection),
            Event::MarketStatusChanged { .. } => delta.status = Some(status(market.status).into()),
            Event::MarketInPlayChanged { .. } => delta.in_play = Some(market.in_play),
            Event::BetDelayChanged { .. } => delta.bet_delay_s = Some(market.bet_delay_s.into()),
            _ => return None,
        }
    }
    lines.sort_unstable();
    lines.dedup();
    let line = |no: SelectionNo| {
        let selection = market.selection(no)?;
        Some(client::Line {
            selection: no.0,
            price: price(selection.price),
            removed: selection.removed,
            result: client::LegStatus::Unspecified.into(),
        })
    };
    delta.lines = lines.into_iter().filter_map(line).collect();
    Some(delta)
}
