//! A sporting event: fixture, markets, lines now, and every change that was ever posted.

use std::io::Write;

use serde_json::json;
use shardbook_domain::event::{Market, State};
use shardbook_domain::ids::EventId;
use shardbook_runtime::journal::Store;
use shardbook_shard_node::EventEntity;

use super::history::{Happened, replay};
use super::moment::utc;
use super::out::Out;
use super::readable;
use crate::Failure;

pub(super) fn show(store: &Store, urn: &str, out: &mut Out<impl Write>) -> Result<(), Failure> {
    let id = EventId::of(urn)?;
    out.heading("changes, in the order in which they were taken")?;
    let state = replay::<EventEntity>(store, id.0, |happened| show_change(&happened, out))?;
    let state = state.ok_or_else(|| format!("the journal knows no event {urn}: give its id as in the event list"))?;
    show_fixture(id, &state, out)?;
    state.markets().iter().try_for_each(|market| show_market(market, out))
}

fn show_change(happened: &Happened<EventEntity>, out: &mut Out<impl Write>) -> Result<(), Failure> {
    let command = readable::command(happened.command);
    let sequence = happened.position.sequence;
    let at = utc(happened.at_ms);
    if let Err(refusal) = &happened.outcome {
        let value = json!({
            "sequence": sequence, "at_ms": happened.at_ms, "command": command, "code": refusal.code(),
            "message": refusal.to_string(),
        });
        return out.record("refusal", value, || {
            format!("{at}  {command}  {} {refusal}", refusal.code())
        });
    }
    for event in &happened.events {
        let change = readable::value(event)?;
        let published = event.source_time().0;
        let value = json!({
            "sequence": sequence, "at_ms": happened.at_ms, "source_ms": published, "command": command,
            "change": change,
        });
        out.record("change", value, || {
            format!("{at}  published {}  {}", utc(published), readable::line(&change))
        })?;
    }
    Ok(())
}

fn show_fixture(id: EventId, state: &State, out: &mut Out<impl Write>) -> Result<(), Failure> {
    let fixture = state.fixture();
    let value = json!({
        "id": id.to_string(),
        "fixture": fixture.map(readable::value).transpose()?,
        "source_ms": state.source_time().0,
        "markets": state.markets().len(),
    });
    out.heading("now")?;
    out.record("event", value, || match fixture {
        Some(fixture) => format!(
            "event {} ({id})  {}  {}, {}  starts {}  {:?}  {}",
            fixture.urn,
            fixture.name,
            fixture.sport,
            fixture.competition,
            utc(fixture.starts_at.0),
            fixture.status,
            fixture.scoreboard
        ),
        None => format!("event {id} without fixture"),
    })
}

fn show_market(market: &Market, out: &mut Out<impl Write>) -> Result<(), Failure> {
    out.record("market", readable::value(market)?, || {
        let mut text = format!(
            "market {}  {} {}  {}  {:?}{}  version {}, result version {}",
            market.no,
            market.key.kind,
            market.key.specifiers,
            market.name,
            market.status,
            if market.in_play { ", in play" } else { "" },
            market.version,
            market.result_version
        );
        if let Some(reason) = &market.void_reason {
            text.push_str(&format!("  void: {reason}"));
        }
        for selection in &market.selections {
            let price = selection.price.map_or("no price".into(), |price| price.to_string());
            let removed = if selection.removed { "  removed" } else { "" };
            let outcome = selection
                .outcome
                .map(|outcome| format!("  {outcome:?}"))
                .unwrap_or_default();
            text.push_str(&format!(
                "\n  {:>3}  {:<12} {:<30} {price}{removed}{outcome}",
                selection.no, selection.source, selection.name
            ));
        }
        text
    })
}
