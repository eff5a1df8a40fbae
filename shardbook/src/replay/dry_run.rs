use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use serde::Serialize;
use shardbook_proto::provider::v1::feed_message::Body;
use shardbook_replay::Timed;

use super::feed::{Feed, Read};
use crate::Finished;
use crate::players::write_json;
use crate::progress::Progress;

/// What a replay would send. The keys of its JSON are stable.
#[derive(Debug, Default, Serialize)]
struct Outline {
    events: BTreeMap<String, EventOutline>,
    messages: u64,
    /// Due time of the last message, seconds.
    lasts_s: u64,
    read: Read,
}

#[derive(Debug, Default, Serialize)]
struct EventOutline {
    name: String,
    markets: BTreeSet<String>,
    updates: u64,
    lines: u64,
    results: u64,
    rollbacks: u64,
    voids: u64,
}

/// Reads the whole feed, sends nothing and prints what would be sent.
pub(super) async fn run(mut feed: Feed, json: Option<&Path>) -> Finished {
    let mut outline = Outline::default();
    let mut progress = Progress::new("dry run", None);
    while let Some(timed) = feed.next().await {
        outline.add(timed);
        if outline.messages.is_multiple_of(1_000) {
            progress.set(outline.messages, "messages translated");
        }
    }
    progress.finish(format!("{} messages translated, none sent", outline.messages));
    outline.read = feed.read().await?;
    println!("{outline}");
    write_json(json, &outline)?;
    match outline.read.stopped {
        Some(stopped) => Err(stopped.into()),
        None => Ok(ExitCode::SUCCESS),
    }
}

impl Outline {
    fn add(&mut self, Timed { due, message }: Timed) {
        self.messages += 1;
        self.lasts_s = self.lasts_s.max(due.as_secs());
        let event = self.events.entry(message.event).or_default();
        let key = match message.body {
            Some(Body::Fixture(fixture)) => {
                event.name = fixture.name;
                return;
            }
            Some(Body::Market(update)) => {
                event.updates += 1;
                event.lines += update.lines.len() as u64;
                update.key
            }
            Some(Body::Result(result)) => {
                event.results += 1;
                result.key
            }
            Some(Body::Rollback(rollback)) => {
                event.rollbacks += 1;
                rollback.key
            }
            Some(Body::Void(void)) => {
                event.voids += 1;
                void.key
            }
            Some(Body::Confirm(confirm)) => confirm.key,
            Some(Body::RollbackVoid(rollback)) => {
                event.rollbacks += 1;
                rollback.key
            }
            Some(Body::CorrectPrice(correct)) => correct.key,
            Some(Body::RollbackCorrection(rollback)) => {
                event.rollbacks += 1;
                rollback.key
            }
            Some(Body::Chances(chances)) => chances.key,
            Some(Body::CashOut(switch)) => switch.key,
            None => return,
        };
        event
            .markets
            .extend(key.map(|key| format!("{} {}", key.r#type, key.specifiers)));
    }
}

impl fmt::Display for Outline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (id, event) in &self.events {
            writeln!(f, "{id}  {}", event.name)?;
            let EventOutline {
                markets,
                updates,
                lines,
                results,
                rollbacks,
                voids,
                ..
            } = event;
            writeln!(
                f,
                "  {} markets, {updates} updates ({lines} lines), {results} results, {rollbacks} rollbacks, {voids} voids",
                markets.len()
            )?;
        }
        writeln!(f, "lasts              {:?}", Duration::from_secs(self.lasts_s))?;
        write!(f, "{}", self.read)
    }
}
