//! Old frames leave the store for the archive: while the node serves, or by a tool while it does not.
//!
//! What the views, the snapshots and the settlement process have not read yet stays. A frame that left is read again only
//! where the whole past is wanted: to prove it, to show it, or to make a view anew. So players who have no snapshot of what a
//! frame says take one before it leaves: those who bet long ago and were in memory when the house was killed. Events take
//! theirs by themselves while a node runs; the tool takes those that a kill left out.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use shardbook_domain::rules::Rules;
use shardbook_runtime::archive::{Keep, Report, Retention, Step};
use shardbook_runtime::clock::Clock;
use shardbook_runtime::entity::EntityKey;
use shardbook_runtime::fault::StoreFault;
use shardbook_runtime::host::{Host, cover_at_rest};
use shardbook_runtime::journal::{Store, StoreOptions};
use shardbook_runtime::slot::ShardId;
use shardbook_runtime::views::{Tails, Views, needed};

use crate::entities::{EVENT, EventEntity, PLAYER, PlayerEntity};
use crate::rulebook;
use crate::settlement::read_up_to;
use crate::views::projections;

/// Where frames go, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveOptions {
    /// The folder of the segments; made when missing.
    pub folder: PathBuf,
    /// Frames leave when everything in them is so old.
    pub older_than: Duration,
    /// After a start, until frames first leave: the start is over then.
    pub first_after: Duration,
    /// Time between two runs.
    pub every: Duration,
    /// Bytes of frames in a segment.
    pub segment_bytes: u64,
}

/// What a run does beside its segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'s> {
    /// The views are brought up to the journal first: frames read, and frames in all.
    CatchingUp(u64, u64),
    /// The frames of a segment have left.
    Left(&'s Step),
    /// What is left of the journal is written anew.
    Compacting,
}

/// Lets frames of a store leave that does not serve. First it does what a start does, so that as little as possible is needed.
///
/// # Errors
/// When there is no store, it is in use, or store or archive fail.
pub fn archive(
    data: &Path,
    folder: &Path,
    keep: Keep,
    segment_bytes: u64,
    mut progress: impl FnMut(Progress<'_>) + Send,
) -> Result<Report, StoreFault> {
    let map = Store::open_to_read(data)?.map();
    make(folder)?;
    let options = StoreOptions {
        archive: Some(folder.to_owned()),
        ..StoreOptions::default()
    };
    let store = Store::open(data, map, &options)?;
    let rules = rulebook::open_to_read(&store)?;
    let views = || projections(rules.current());
    let opened = Views::open(Arc::clone(&store), views(), vec![PLAYER], |done, total| {
        progress(Progress::CatchingUp(done, total));
    })?;
    let tails = opened.tails();
    cover(&store, &tails, tails.keys())?;
    opened.note_covered()?;
    drop(opened);
    let mut retention = begin(&store, rules.current(), keep, segment_bytes)?;
    let mut held = Vec::new();
    loop {
        while let Some(step) = retention.step()? {
            progress(Progress::Left(&step));
        }
        let holding: Vec<_> = retention.holding().collect();
        if holding == held {
            progress(Progress::Compacting);
            return retention.finish_compacted();
        }
        cover(&store, &tails, holding.iter().copied())?;
        held = holding;
        retention.go_on();
    }
}

/// Takes snapshots of entities of a store that does not serve.
fn cover(store: &Store, tails: &Tails, keys: impl IntoIterator<Item = EntityKey>) -> Result<(), StoreFault> {
    for key in keys {
        match key.kind {
            PLAYER => cover_at_rest::<PlayerEntity>(store, tails, key)?,
            EVENT => cover_at_rest::<EventEntity>(store, tails, key)?,
            _ => {}
        }
    }
    Ok(())
}

/// The process of a node: runs until it is stopped. What fails is told and tried again the next time; serving goes on.
pub(crate) async fn run(
    store: Arc<Store>,
    players: Host<PlayerEntity>,
    rules: Rules,
    clock: Arc<dyn Clock>,
    options: ArchiveOptions,
) {
    let mut pause = options.first_after.min(options.every);
    loop {
        tokio::time::sleep(pause).await;
        pause = options.every;
        match round(&store, &players, &rules, clock.now_ms(), &options).await {
            Ok(Report { frames: 0, .. }) => {}
            Ok(report) => tracing::info!(
                frames = report.frames,
                segments = report.written + report.found,
                bytes = report.bytes,
                "old frames have left for the archive"
            ),
            Err(fault) => tracing::error!(%fault, "old frames stay in the store; the next run tries again"),
        }
    }
}

async fn round(
    store: &Arc<Store>,
    host: &Host<PlayerEntity>,
    rules: &Rules,
    now_ms: u64,
    options: &ArchiveOptions,
) -> Result<Report, StoreFault> {
    let age = u64::try_from(options.older_than.as_millis()).unwrap_or(u64::MAX);
    let keep = Keep::Since(now_ms.saturating_sub(age));
    let mut retention = begin(store, rules, keep, options.segment_bytes)?;
    let mut held = Vec::new();
    loop {
        while retention.step()?.is_some() {
            // Where a node stops, it stops here.
            tokio::task::yield_now().await;
        }
        // Events do not hold back what is free to leave: they have snapshots of it.
        let players = retention.holding().filter(|key| key.kind == PLAYER);
        let players: Vec<_> = players.map(|key| key.id).collect();
        // Who was asked and has none, as it was busy or is damaged, is asked again in the next run.
        if players == held {
            return retention.finish();
        }
        host.cover(players.iter().copied()).await?;
        held = players;
        retention.go_on();
    }
}

fn begin(store: &Arc<Store>, rules: &Rules, keep: Keep, segment_bytes: u64) -> Result<Retention, StoreFault> {
    let shards = (0..store.map().shards()).map(ShardId);
    let settled = shards
        .map(|shard| read_up_to(store, shard))
        .collect::<Result<Vec<_>, _>>()?;
    let needed = needed(store, &projections(rules))?.and_read(&settled);
    Retention::begin(store, &needed, keep, segment_bytes)
}

/// Makes the folder of an archive.
pub(crate) fn make(folder: &Path) -> Result<(), StoreFault> {
    std::fs::create_dir_all(folder).map_err(|source| StoreFault::ArchiveFolder {
        path: folder.to_owned(),
        source,
    })
}
