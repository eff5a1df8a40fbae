//! Frames and the entries in them.

use std::io::Write;

use serde_json::{Value, json};
use shardbook_runtime::entity::Entity;
use shardbook_runtime::fault::StoreFault;
use shardbook_runtime::journal::{EntryRef, Frame, Store};
use shardbook_runtime::slot::ShardId;
use shardbook_shard_node::{EventEntity, PlayerEntity};

use super::moment::utc;
use super::out::Out;
use super::readable;
use crate::Failure;

pub(super) fn show(
    store: &Store,
    shard: Option<u16>,
    from: u64,
    limit: u64,
    out: &mut Out<impl Write>,
) -> Result<(), Failure> {
    let shards = store.map().shards();
    if let Some(shard) = shard.filter(|shard| *shard >= shards) {
        return Err(format!(
            "there is no shard {shard}: the store has {shards}, numbered from 0 to {}",
            shards - 1
        )
        .into());
    }
    let mut left = usize::try_from(limit).unwrap_or(usize::MAX);
    for shard in shard.map_or(0..shards, |shard| shard..shard + 1).map(ShardId) {
        let mut frames = store.frames(shard, from);
        while left > 0
            && let Some(frame) = frames.next()
        {
            match frame {
                // What is here is shown all the same.
                Err(StoreFault::Archived { up_to, .. }) => show_archived(shard, up_to, out)?,
                frame => {
                    show_frame(&frame?, out)?;
                    left -= 1;
                }
            }
        }
    }
    Ok(())
}

fn show_archived(shard: ShardId, up_to: u64, out: &mut Out<impl Write>) -> Result<(), Failure> {
    let value = json!({ "shard": shard.0, "up_to": up_to });
    out.record("archived", value, || {
        format!(
            "shard {} frames 1 to {up_to}  in the archive: give its folder with --archive",
            shard.0
        )
    })
}

fn show_frame(frame: &Frame, out: &mut Out<impl Write>) -> Result<(), Failure> {
    let (position, digest) = (frame.position(), readable::hex(&frame.digest()[..8]));
    let (shard, sequence) = (position.shard.0, position.sequence);
    let value = json!({
        "shard": shard,
        "sequence": sequence,
        "epoch": frame.epoch(),
        "digest": digest,
        "entries": frame.entry_count(),
        "bytes": frame.bytes().len(),
    });
    out.record("frame", value, || {
        let (entries, bytes) = (frame.entry_count(), frame.bytes().len());
        format!("shard {shard} frame {sequence}  digest {digest}  {entries} entries, {bytes} bytes")
    })?;
    frame.entries().try_for_each(|entry| show_entry(frame, &entry, out))
}

fn show_entry(frame: &Frame, entry: &EntryRef<'_>, out: &mut Out<impl Write>) -> Result<(), Failure> {
    let head = &entry.entry;
    let read = match head.key.kind {
        PlayerEntity::KIND => read::<PlayerEntity>(entry, |no| no.code()),
        EventEntity::KIND => read::<EventEntity>(entry, |no| no.code()),
        kind => Err(format!("entries of an unknown kind {kind}").into()),
    };
    let position = frame.position();
    let (name, outcome, events) =
        read.map_err(|error| format!("frame {} of shard {}: {error}", position.sequence, position.shard.0))?;
    let (id, command) = (format!("{:016x}", head.key.id), readable::command(head.command));
    let value = json!({
        "shard": position.shard.0,
        "sequence": position.sequence,
        "kind": name,
        "id": id,
        "version": head.version,
        "command": command,
        "at_ms": head.at_ms,
        "outcome": outcome,
        "events": events,
    });
    out.record("entry", value, || {
        let mut text = format!(
            "  {name} {id} #{}  command {command}  {}  {outcome}",
            head.version,
            utc(head.at_ms)
        );
        for event in &events {
            text.push_str("\n    ");
            text.push_str(&readable::line(event));
        }
        text
    })
}

type Read = (&'static str, &'static str, Vec<Value>);

/// The entity's name, `ACCEPTED` or the code of the refusal, and the events.
fn read<E: Entity>(entry: &EntryRef<'_>, code: fn(&E::Rejection) -> &'static str) -> Result<Read, Failure>
where
    E::Event: serde::Serialize,
{
    let outcome = entry.entry.outcome;
    let outcome = E::decode_outcome(outcome.accepted, outcome.bytes)?;
    let events = entry.events().map(|bytes| readable::value(&E::decode_event(bytes)?));
    let events = events.collect::<Result<_, Failure>>()?;
    Ok((E::NAME, outcome.as_ref().map_or_else(code, |_| "ACCEPTED"), events))
}
