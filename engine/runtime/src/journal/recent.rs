//! The newest frames, in memory: whoever follows closely behind the journal reads them without the disk.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::frame::{Frame, Position};
use crate::slot::{ShardId, SlotMap};

/// Bytes of frames that are kept of all shards together: some hundred thousand entries.
const BYTES_MAX: usize = 32 << 20;

/// The newest durable frames of each shard, without gaps.
#[derive(Debug)]
pub(super) struct Recent {
    shards: Vec<Mutex<Kept>>,
    /// What each shard may keep.
    bytes_max: usize,
}

#[derive(Debug, Default)]
struct Kept {
    frames: VecDeque<Arc<Frame>>,
    bytes: usize,
}

impl Recent {
    pub(super) fn new(map: SlotMap) -> Self {
        let shards: Vec<_> = (0..map.shards()).map(|_| Mutex::default()).collect();
        let bytes_max = BYTES_MAX / shards.len();
        Self { shards, bytes_max }
    }

    pub(super) fn keep(&self, frame: &Arc<Frame>) {
        let Some(kept) = self.shards.get(usize::from(frame.position().shard.0)) else {
            return;
        };
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bytes += frame.bytes().len();
        kept.frames.push_back(Arc::clone(frame));
        while kept.bytes > self.bytes_max
            && let Some(oldest) = kept.frames.pop_front()
        {
            kept.bytes -= oldest.bytes().len();
        }
    }

    pub(super) fn find(&self, position: Position) -> Option<Arc<Frame>> {
        let ShardId(shard) = position.shard;
        let kept = self.shards.get(usize::from(shard))?.lock();
        let kept = kept.unwrap_or_else(PoisonError::into_inner);
        let first = kept.frames.front()?.position().sequence;
        let at = usize::try_from(position.sequence.checked_sub(first)?).ok()?;
        kept.frames.get(at).cloned()
    }
}
