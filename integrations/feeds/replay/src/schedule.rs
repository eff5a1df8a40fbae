use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use crate::{Marked, Speed, Timed};

/// Tracks merged into one stream in due order. Memory is one message a track.
///
/// Messages due together go by their share of their own track, then by track, so that at [`Speed::Max`]
/// overlapped tracks advance side by side instead of one after the other.
#[derive(Debug)]
pub struct Schedule<T> {
    speed: Speed,
    tracks: Vec<T>,
    heads: BinaryHeap<Reverse<Head>>,
}

#[derive(Debug)]
struct Head {
    due: Duration,
    share: u64,
    track: usize,
    marked: Marked,
}

impl<T: Iterator<Item = Marked>> Schedule<T> {
    /// Plays every track from due time zero.
    pub fn new(speed: Speed, tracks: Vec<T>) -> Self {
        let mut schedule = Self {
            speed,
            heads: BinaryHeap::with_capacity(tracks.len()),
            tracks,
        };
        for track in 0..schedule.tracks.len() {
            schedule.refill(track);
        }
        schedule
    }

    /// The tracks, for what they report.
    pub fn tracks(&self) -> &[T] {
        &self.tracks
    }

    fn refill(&mut self, track: usize) {
        if let Some(marked) = self.tracks[track].next() {
            let share = (u128::from(marked.index) << 32) / u128::from(marked.total.max(1));
            let share = u64::try_from(share).unwrap_or(u64::MAX);
            self.heads.push(Reverse(Head {
                due: self.speed.due(&marked),
                share,
                track,
                marked,
            }));
        }
    }
}

impl<T: Iterator<Item = Marked>> Iterator for Schedule<T> {
    type Item = Timed;

    fn next(&mut self) -> Option<Timed> {
        let Reverse(head) = self.heads.pop()?;
        self.refill(head.track);
        Some(Timed {
            due: head.due,
            message: head.marked.message,
        })
    }
}

impl Head {
    fn key(&self) -> (Duration, u64, usize) {
        (self.due, self.share, self.track)
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Head {}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Head {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}
