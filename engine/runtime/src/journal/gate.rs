//! Where submissions of all actors gather until the journal's thread takes them.
//!
//! Entries are appended to the bytes of the next frame of their shard at once: no queue of small pieces, and nothing to
//! allocate for each.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;

use super::committer::{Committed, Followed, Submission};
use super::frame::FRAME_BYTES_MAX;
use crate::fault::StoreFault;
use crate::slot::{ShardId, SlotMap};

/// What happens to a submission when its batch is durable.
pub(super) enum After {
    Answer(Committed),
    Follow(Followed),
}

/// Entries that become one frame.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    bytes: Vec<u8>,
    entries: u64,
}

impl Chunk {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn entries(&self) -> u64 {
        self.entries
    }
}

/// Entries of one shard.
#[derive(Debug, Default)]
pub(super) struct Entries {
    /// The first is kept when cleared, for its memory.
    chunks: Vec<Chunk>,
}

impl Entries {
    fn push(&mut self, entry: &[u8]) {
        let full = |last: &Chunk| last.entries > 0 && last.bytes.len() + entry.len() > FRAME_BYTES_MAX;
        if self.chunks.last().is_none_or(full) {
            self.chunks.push(Chunk::default());
        }
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.bytes.extend_from_slice(entry);
            chunk.entries += 1;
        }
    }

    pub(super) fn chunks(&self) -> impl Iterator<Item = &Chunk> {
        self.chunks.iter().filter(|chunk| chunk.entries > 0)
    }

    pub(super) fn clear(&mut self) {
        self.chunks.truncate(1);
        if let Some(first) = self.chunks.first_mut() {
            first.bytes.clear();
            first.entries = 0;
        }
    }
}

/// What the journal's thread takes in one go.
#[derive(Default)]
pub(super) struct Taken {
    /// By shard.
    pub(super) shards: Vec<Entries>,
    /// One for each submission, in their order.
    pub(super) after: Vec<After>,
}

impl Taken {
    pub(super) fn len(&self) -> usize {
        self.after.len()
    }
}

#[derive(Default)]
struct Waiting {
    taken: Taken,
    ended: bool,
    /// The thread waits for the bell.
    asleep: bool,
}

/// Between the actors and the journal's thread.
pub(super) struct Gate {
    waiting: Mutex<Waiting>,
    bell: Condvar,
    /// Submissions that may still be made before senders wait.
    room: Semaphore,
}

impl Gate {
    pub(super) fn new(map: SlotMap, queue: usize) -> Arc<Self> {
        let mut waiting = Waiting::default();
        waiting.taken.shards.resize_with(map.shards().into(), Entries::default);
        Arc::new(Self {
            waiting: Mutex::new(waiting),
            bell: Condvar::new(),
            room: Semaphore::new(queue.max(ROOM_MIN)),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn reserve(&self, count: u32) -> Result<Room<'_>, StoreFault> {
        let permit = self.room.acquire_many(count).await.map_err(|_| StoreFault::Stopped)?;
        permit.forget();
        Ok(Room {
            gate: self,
            left: count,
        })
    }

    pub(super) fn try_reserve(&self, count: u32) -> Option<Room<'_>> {
        self.room.try_acquire_many(count).ok()?.forget();
        Some(Room {
            gate: self,
            left: count,
        })
    }

    /// Nothing more is let in; what was let in before is still taken.
    pub(super) fn end(&self) {
        let mut waiting = self.lock();
        waiting.ended = true;
        self.room.close();
        drop(waiting);
        self.bell.notify_one();
    }

    /// Nothing more is let in, and what was is dropped.
    pub(super) fn fail(&self) {
        self.end();
        // Dropped after the lock is free: what is dropped may run code of its own.
        let after = std::mem::take(&mut self.lock().taken.after);
        drop(after);
    }

    /// Waits for submissions and takes all there are; `false` at the end.
    pub(super) fn take(&self, taken: &mut Taken) -> bool {
        let mut waiting = self.lock();
        taken.shards.resize_with(waiting.taken.shards.len(), Entries::default);
        while waiting.taken.after.is_empty() {
            if waiting.ended {
                return false;
            }
            waiting.asleep = true;
            waiting = self.bell.wait(waiting).unwrap_or_else(PoisonError::into_inner);
            waiting.asleep = false;
        }
        std::mem::swap(&mut waiting.taken, taken);
        true
    }

    /// Submissions that have not been taken yet.
    pub(super) fn waiting(&self) -> usize {
        self.lock().taken.after.len()
    }

    /// What was taken is done: there is room for as many again. So not more than the queue is ever waiting or under way.
    pub(super) fn done(&self, count: usize) {
        self.room.add_permits(count);
    }

    fn put(&self, submit: impl FnOnce(&mut Taken)) -> Result<(), StoreFault> {
        let mut waiting = self.lock();
        if waiting.ended {
            return Err(StoreFault::Stopped);
        }
        submit(&mut waiting.taken);
        let asleep = waiting.asleep;
        drop(waiting);
        if asleep {
            self.bell.notify_one();
        }
        Ok(())
    }
}

/// The most that is reserved at once; a smaller queue could never let it in.
const ROOM_MIN: usize = 8;

/// Room for some submissions. What is not used is given back.
pub(crate) struct Room<'g> {
    gate: &'g Gate,
    left: u32,
}

impl Room<'_> {
    /// Hands over a submission.
    ///
    /// # Errors
    /// [`StoreFault::Stopped`] when the journal has ended.
    ///
    /// # Panics
    /// When more is put than was reserved.
    pub(crate) fn put(&mut self, submission: Submission) -> Result<(), StoreFault> {
        match submission {
            Submission::Entry { shard, bytes, then } => self.put_entry(shard, &bytes, then),
            Submission::Snapshot { key, version, bytes } => {
                self.push(After::Follow(Followed::Snapshot { key, version, bytes }))
            }
            Submission::Then(then) => self.push(After::Answer(then)),
            Submission::ThenViewed(then) => self.push(After::Follow(Followed::Then(then))),
        }
    }

    /// Whether one more can be handed over; takes the room for it where none is left.
    pub(crate) fn is_for_one_more(&mut self) -> bool {
        if self.left == 0
            && let Ok(permit) = self.gate.room.try_acquire()
        {
            permit.forget();
            self.left = 1;
        }
        self.left > 0
    }

    /// Hands over an entry; its bytes are copied to where its frame is written from.
    pub(crate) fn put_entry(&mut self, shard: ShardId, bytes: &[u8], then: Committed) -> Result<(), StoreFault> {
        self.take_one();
        self.gate.put(|taken| {
            taken.shards[usize::from(shard.0)].push(bytes);
            taken.after.push(After::Answer(then));
        })
    }

    fn push(&mut self, after: After) -> Result<(), StoreFault> {
        self.take_one();
        self.gate.put(|taken| taken.after.push(after))
    }

    fn take_one(&mut self) {
        self.left = self
            .left
            .checked_sub(1)
            .unwrap_or_else(|| panic!("more was submitted than room was reserved for"));
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        if self.left > 0 {
            self.gate.room.add_permits(self.left as usize);
        }
    }
}

/// What all holders of a journal share: when the last is gone, the journal ends.
pub(super) struct Door {
    gate: Arc<Gate>,
}

impl Door {
    pub(super) fn to(gate: &Arc<Gate>) -> Self {
        let gate = Arc::clone(gate);
        Self { gate }
    }

    pub(super) fn gate(&self) -> &Gate {
        &self.gate
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.gate.end();
    }
}
