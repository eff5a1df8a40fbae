//! Group commit: one thread writes what all shards submitted while the last sync was under way.
//!
//! At low load nothing waits and a frame holds one entry; where many come, a commit lets still more come for a moment.
//! After the sync, in this order, the followers get the frames, the snapshots and the markers, and the answers leave.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rocksdb::WriteBatch;
use tokio::sync::mpsc;

use super::frame::{Frame, FrameBuilder, Position};
use super::gate::{After, Door, Gate, Room, Taken};
use super::store::{Families, Store};
use crate::entity::EntityKey;
use crate::fault::StoreFault;
use crate::promise::{kept_together, wake_so_far};
use crate::slot::{ShardId, SlotMap};
use crate::stages::{self, Stage};

/// Runs once its submission is durable. Dropped unrun when that will never be known.
pub type Committed = Box<dyn FnOnce() + Send>;

/// What an actor hands to the journal. Order is kept between submissions of one sender.
pub enum Submission {
    /// One encoded entry.
    Entry {
        /// The shard of the entity.
        shard: ShardId,
        /// As [`super::Entry::encode`] wrote it.
        bytes: Vec<u8>,
        /// Runs when it is durable.
        then: Committed,
    },
    /// A snapshot of an entity; it goes to the views after every entry submitted before it.
    Snapshot {
        /// The entity.
        key: EntityKey,
        /// Entries that the snapshot holds.
        version: u64,
        /// The encoded snapshot.
        bytes: Vec<u8>,
    },
    /// Runs when every entry submitted before is durable.
    Then(Committed),
    /// Runs when every entry submitted before is durable and in the views.
    ThenViewed(Committed),
}

/// What a follower of the journal gets, in order.
pub enum Followed {
    /// A durable frame.
    Frame(Arc<Frame>),
    /// A snapshot whose entries are all in frames that came before.
    Snapshot {
        /// The entity.
        key: EntityKey,
        /// Entries that the snapshot holds.
        version: u64,
        /// The encoded snapshot.
        bytes: Vec<u8>,
    },
    /// To be run by the views when all that came before is readable.
    Then(Committed),
}

impl Followed {
    /// How many entries it brings.
    pub(crate) fn entries(&self) -> u64 {
        match self {
            Self::Frame(frame) => frame.entry_count(),
            Self::Snapshot { .. } | Self::Then(_) => 0,
        }
    }
}

/// What the journal has done since it was opened.
#[derive(Debug, Default)]
pub struct Counters {
    /// Frames written.
    pub frames: AtomicU64,
    /// Entries in them.
    pub entries: AtomicU64,
    /// Bytes of the frames.
    pub bytes: AtomicU64,
    /// Synced writes.
    pub syncs: AtomicU64,
}

/// How far each shard has come.
#[derive(Debug)]
pub struct Durability {
    at_open: Box<[u64]>,
    durable: Box<[AtomicU64]>,
    viewed: Box<[AtomicU64]>,
    rows: AtomicU64,
    row_bytes: AtomicU64,
    stopped: AtomicBool,
}

impl Durability {
    /// The sequence of the last frame of a shard when the journal was opened.
    #[must_use]
    pub fn at_open(&self, shard: ShardId) -> u64 {
        self.at_open[usize::from(shard.0)]
    }

    /// The sequence of the last durable frame of a shard.
    #[must_use]
    pub fn durable(&self, shard: ShardId) -> u64 {
        self.durable[usize::from(shard.0)].load(Ordering::Acquire)
    }

    /// The sequence of the last frame of a shard that is in the views.
    #[must_use]
    pub fn viewed(&self, shard: ShardId) -> u64 {
        self.viewed[usize::from(shard.0)].load(Ordering::Acquire)
    }

    pub(crate) fn set_viewed(&self, shard: ShardId, sequence: u64) {
        self.viewed[usize::from(shard.0)].store(sequence, Ordering::Release);
    }

    pub(crate) fn count_rows(&self, rows: u64, bytes: u64) {
        self.rows.fetch_add(rows, Ordering::Relaxed);
        self.row_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Rows written behind the journal since the start, and their bytes.
    #[must_use]
    pub fn rows_behind(&self) -> (u64, u64) {
        (
            self.rows.load(Ordering::Relaxed),
            self.row_bytes.load(Ordering::Relaxed),
        )
    }

    /// Whether an append failed; nothing is answered after that.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Frames that the views are behind, over all shards.
    #[must_use]
    pub fn lag(&self) -> u64 {
        let ahead = |(durable, viewed): (&AtomicU64, &AtomicU64)| {
            durable
                .load(Ordering::Acquire)
                .saturating_sub(viewed.load(Ordering::Acquire))
        };
        self.durable.iter().zip(&self.viewed).map(ahead).sum()
    }
}

/// The way into the journal. Clones share it.
#[derive(Clone)]
pub struct Journal {
    door: Arc<Door>,
    map: SlotMap,
    durability: Arc<Durability>,
    counters: Arc<Counters>,
}

impl Journal {
    /// Waits for room and hands over a submission.
    ///
    /// # Errors
    /// [`StoreFault::Stopped`] when an append has failed or the node is stopping.
    pub async fn submit(&self, submission: Submission) -> Result<(), StoreFault> {
        self.reserve(1).await?.put(submission)
    }

    /// Ends the journal after what was submitted before, whoever else may still hold it.
    pub(crate) fn end(&self) {
        self.door.gate().end();
    }

    /// Waits for room for `count` submissions, so that these can then be made without waiting.
    pub(crate) async fn reserve(&self, count: u32) -> Result<Room<'_>, StoreFault> {
        self.door.gate().reserve(count).await
    }

    /// Room for `count` submissions, if there is room now.
    pub(crate) fn try_reserve(&self, count: u32) -> Option<Room<'_>> {
        self.door.gate().try_reserve(count)
    }

    /// Waits until every entry submitted before is durable and readable in the views.
    ///
    /// # Errors
    /// As [`Self::submit`].
    pub async fn until_viewed(&self) -> Result<(), StoreFault> {
        let (tell, told) = tokio::sync::oneshot::channel();
        let then = Box::new(move || {
            let _ = tell.send(());
        });
        self.submit(Submission::ThenViewed(then)).await?;
        told.await.map_err(|_| StoreFault::Stopped)
    }

    /// The shards of the deployment.
    #[must_use]
    pub fn map(&self) -> SlotMap {
        self.map
    }

    /// How far each shard has come.
    #[must_use]
    pub fn durability(&self) -> &Arc<Durability> {
        &self.durability
    }

    /// What was written since the journal was opened.
    #[must_use]
    pub fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }
}

/// Submissions in one commit, and come while it was synced, from which on there is a load to gather from. Some ten thousand a
/// second do not come to that while a fast disk syncs, nor do 64 clients who wait for their answers, as each of these is
/// counted once: they would only be kept waiting.
const CROWD: usize = 72;
/// How long more may come after such a commit: less than the crowd waits for the processors anyway.
const GATHER: Duration = Duration::from_micros(600);

/// The thread that writes.
pub struct Committer {
    store: Arc<Store>,
    gate: Arc<Gate>,
    /// The first is the views; the others get frames alone.
    followers: Vec<mpsc::Sender<Followed>>,
    durability: Arc<Durability>,
    counters: Arc<Counters>,
    shards: Vec<FrameBuilder>,
    on_fault: Box<dyn FnOnce(StoreFault) + Send>,
}

impl Committer {
    /// Prepares the journal of a store. `followers[0]` is the views. `queue` bounds the submissions that wait.
    ///
    /// # Errors
    /// When the last frame of a shard cannot be read.
    pub fn try_new(
        store: Arc<Store>,
        followers: Vec<mpsc::Sender<Followed>>,
        queue: usize,
        on_fault: impl FnOnce(StoreFault) + Send + 'static,
    ) -> Result<(Journal, Self), StoreFault> {
        let map = store.map();
        let mut shards = Vec::new();
        for shard in (0..map.shards()).map(ShardId) {
            let (sequence, digest) = store.head(shard)?;
            shards.push(FrameBuilder::new(shard, 1, sequence, digest));
        }
        let sequences = || shards.iter().map(|shard| AtomicU64::new(shard.sequence())).collect();
        let durability = Durability {
            at_open: shards.iter().map(FrameBuilder::sequence).collect(),
            durable: sequences(),
            viewed: sequences(),
            rows: AtomicU64::new(0),
            row_bytes: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
        };
        let durability = Arc::new(durability);
        let counters = Arc::new(Counters::default());
        let gate = Gate::new(map, queue);
        let journal = Journal {
            door: Arc::new(Door::to(&gate)),
            map,
            durability: Arc::clone(&durability),
            counters: Arc::clone(&counters),
        };
        let on_fault = Box::new(on_fault);
        Ok((
            journal,
            Self {
                store,
                gate,
                followers,
                durability,
                counters,
                shards,
                on_fault,
            },
        ))
    }

    /// Starts the thread. It ends when the journal is ended, when every [`Journal`] is dropped, or at the first fault.
    ///
    /// # Panics
    /// When the system cannot start a thread.
    pub fn spawn(self) -> JoinHandle<()> {
        let thread = std::thread::Builder::new().name("journal".into());
        thread
            .spawn(move || self.run())
            .unwrap_or_else(|fault| panic!("cannot start the journal thread: {fault}"))
    }

    /// Takes what has come, and under load lets more come first: what a commit costs beside its entries (a sync, frames,
    /// threads that are woken) is then shared by several times as many.
    fn run(mut self) {
        let mut taken = Taken::default();
        while self.gate.take(&mut taken) {
            let count = taken.len();
            let came = match self.commit(&mut taken) {
                Ok(came) => came,
                Err(fault) => {
                    // Fail-stop: no later write may succeed, or an unanswered gap would be followed by answers.
                    self.gate.fail();
                    drop(taken);
                    (self.on_fault)(fault);
                    return;
                }
            };
            self.gate.done(count);
            if count + came >= CROWD {
                std::thread::sleep(GATHER);
            }
        }
    }

    /// How many more came before the answers left.
    fn commit(&mut self, taken: &mut Taken) -> Result<usize, StoreFault> {
        let _lap = stages::each(Stage::Reply);
        let mut frames = Vec::new();
        for (entries, builder) in taken.shards.iter_mut().zip(&mut self.shards) {
            for chunk in entries.chunks() {
                frames.push(Arc::new(builder.close(chunk.bytes(), chunk.entries())));
            }
            entries.clear();
        }
        self.write(&frames)?;
        let came = self.gate.waiting();
        self.publish(frames)?;
        stages::mark(Stage::Write);
        kept_together(|| {
            for after in taken.after.drain(..) {
                match after {
                    After::Answer(then) => then(),
                    After::Follow(followed) => {
                        // Who follows may be full, and wait for an answer before it takes more.
                        wake_so_far();
                        self.follow(0, followed)?;
                    }
                }
            }
            Ok(came)
        })
    }

    fn write(&self, frames: &[Arc<Frame>]) -> Result<(), StoreFault> {
        if frames.is_empty() {
            return Ok(());
        }
        let mut batch = WriteBatch::default();
        let journal = self.store.family(Families::JOURNAL);
        for frame in frames {
            batch.put_cf(journal, frame.position().to_bytes(), frame.bytes());
        }
        stages::mark(Stage::Write);
        let written = self.store.write_journal(batch, true);
        stages::mark(Stage::Sync);
        written
            .and_then(|()| self.store.witness(frames))
            .inspect_err(|_| self.stop())?;
        let entries: u64 = frames.iter().map(|frame| frame.entry_count()).sum();
        let bytes: usize = frames.iter().map(|frame| frame.bytes().len()).sum();
        self.counters.frames.fetch_add(frames.len() as u64, Ordering::Relaxed);
        self.counters.entries.fetch_add(entries, Ordering::Relaxed);
        self.counters.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        self.counters.syncs.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn publish(&self, frames: Vec<Arc<Frame>>) -> Result<(), StoreFault> {
        for frame in frames {
            let Position { shard, sequence } = frame.position();
            self.store.keep(&frame);
            for follower in 0..self.followers.len() {
                self.follow(follower, Followed::Frame(Arc::clone(&frame)))?;
            }
            self.durability.durable[usize::from(shard.0)].store(sequence, Ordering::Release);
        }
        Ok(())
    }

    fn follow(&self, follower: usize, followed: Followed) -> Result<(), StoreFault> {
        self.followers[follower]
            .blocking_send(followed)
            .map_err(|_| StoreFault::Stopped)
            .inspect_err(|_| self.stop())
    }

    /// Before the first answer is dropped, so that whoever hears Unknown finds the journal stopped.
    fn stop(&self) {
        self.durability.stopped.store(true, Ordering::Release);
    }
}
