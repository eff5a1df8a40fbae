//! What waits to be written to one connection: bounded, with market updates conflated beyond the bound.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use futures_util::task::AtomicWaker;
use shardbook_proto::client::v1::Resync;
use shardbook_proto::client::v1::server_message::Message as Body;

use crate::frame::{Frame, Wire};
use crate::prices::Quoting;

/// Names one line of the board: an event (`market` absent) or one of its markets. An event sorts before them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub event: Arc<str>,
    pub market: Option<u32>,
}

/// Where fresh images come from.
pub(crate) trait Images {
    /// The image now; nothing when the line is gone.
    fn image(&mut self, key: &Key) -> Option<Arc<Frame>>;
}

/// What the connection is to do next.
pub(crate) enum Next {
    Write(Arc<Frame>),
    /// All is written and images are due: call [`Outbox::refill`] under the board's lock.
    Refill,
    /// Too much waits that may not be dropped.
    Overflow,
    Empty,
}

/// Invariant: a client that reads everything holds, for each line, an image and every delta since; where a
/// delta was dropped, the line is stale and no later delta goes out before its fresh image.
///
/// Every frame is queued in the odds format of the connection at that time.
pub(crate) struct Outbox {
    pub(crate) id: u64,
    wire: Wire,
    bound: usize,
    held: Mutex<Held>,
    waker: AtomicWaker,
}

struct Held {
    quoting: Quoting,
    queue: VecDeque<(usize, Arc<Frame>)>,
    bytes: usize,
    stale: BTreeSet<Key>,
    lost_markets: u32,
    overflow: bool,
}

impl Held {
    fn new(quoting: Quoting) -> Self {
        Self {
            quoting,
            queue: VecDeque::new(),
            bytes: 0,
            stale: BTreeSet::new(),
            lost_markets: 0,
            overflow: false,
        }
    }

    fn push(&mut self, weight: usize, frame: Arc<Frame>) {
        self.bytes += weight;
        self.queue.push_back((weight, frame));
    }
}

/// How often the bound, in answers and player pushes, is too much.
const HARD: usize = 4;

impl Outbox {
    pub(crate) fn new(id: u64, wire: Wire, bound: usize, quoting: Quoting) -> Self {
        Self {
            id,
            wire,
            bound,
            held: Mutex::new(Held::new(quoting)),
            waker: AtomicWaker::new(),
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How the connection writes prices.
    pub(crate) fn quoting(&self) -> Quoting {
        self.held().quoting
    }

    /// Prices are written otherwise in what is queued from now on.
    pub(crate) fn requote(&self, quoting: Quoting) {
        self.held().quoting = quoting;
    }

    /// Queues an answer or a player's push: never dropped; the connection is given up instead.
    pub(crate) fn answer(&self, frame: Arc<Frame>) {
        self.answer_in_turn(frame);
        self.waker.wake();
    }

    /// The same for the task that writes this connection, in the turn in which it writes: it need not be woken.
    pub(crate) fn answer_in_turn(&self, frame: Arc<Frame>) {
        let mut held = self.held();
        let frame = frame.quoted(held.quoting);
        let weight = frame.weight(self.wire);
        if held.bytes > HARD * self.bound {
            held.overflow = true;
            held.queue = VecDeque::new();
            held.stale.clear();
        } else if !held.overflow {
            held.push(weight, frame);
        }
    }

    /// Queues an update of a line, or drops it and marks the line stale. False when it was dropped.
    pub(crate) fn offer(&self, key: &Key, frame: &Arc<Frame>) -> bool {
        let mut held = self.held();
        if held.overflow || held.stale.contains(key) {
            return false;
        }
        let frame = frame.quoted(held.quoting);
        let weight = frame.weight(self.wire);
        let fits = held.bytes + weight <= self.bound;
        if fits {
            held.push(weight, frame);
        } else {
            held.stale.insert(key.clone());
            held.lost_markets += u32::from(key.market.is_some());
        }
        drop(held);
        self.waker.wake();
        fits
    }

    /// Asks for images of these lines, to be written when the queue is empty.
    pub(crate) fn want(&self, keys: impl IntoIterator<Item = Key>) {
        self.held().stale.extend(keys);
        self.waker.wake();
    }

    /// Drops what is due of this event, or of all; deltas already queued still go.
    pub(crate) fn forget(&self, event: Option<&str>) {
        let mut held = self.held();
        match event {
            Some(event) => held.stale.retain(|key| &*key.event != event),
            None => held.stale.clear(),
        }
        if held.stale.is_empty() {
            held.lost_markets = 0;
        }
    }

    pub(crate) fn next(&self) -> Next {
        let mut held = self.held();
        if held.overflow {
            return Next::Overflow;
        }
        match held.queue.pop_front() {
            Some((weight, frame)) => {
                held.bytes -= weight;
                Next::Write(frame)
            }
            None if held.stale.is_empty() => Next::Empty,
            None => Next::Refill,
        }
    }

    /// Queues images of stale lines up to half the bound. The caller holds the board, so that no delta comes
    /// between the image and its queueing.
    pub(crate) fn refill(&self, images: &mut impl Images) {
        let mut held = self.held();
        if held.lost_markets > 0 {
            let resync = Frame::push(Body::Resync(Resync {
                markets: held.lost_markets,
            }));
            held.lost_markets = 0;
            held.push(resync.weight(self.wire), resync);
        }
        while held.bytes <= self.bound / 2 {
            let Some(key) = held.stale.pop_first() else { break };
            if let Some(frame) = images.image(&key) {
                let frame = frame.quoted(held.quoting);
                held.push(frame.weight(self.wire), frame);
            }
        }
    }

    /// True when there is nothing to do for [`Outbox::next`].
    pub(crate) fn is_empty(&self) -> bool {
        let held = self.held();
        held.queue.is_empty() && held.stale.is_empty() && !held.overflow
    }

    /// True when the connection is to be given up.
    pub(crate) fn is_overflowing(&self) -> bool {
        self.held().overflow
    }

    /// True when so much waits that the client's own requests should wait too.
    pub(crate) fn is_congested(&self) -> bool {
        self.held().bytes > HARD / 2 * self.bound
    }

    /// Has the waker called at the next change.
    pub(crate) fn watch(&self, waker: &Waker) {
        self.waker.register(waker);
    }

    /// Has the connection look around, as when the gateway stops.
    pub(crate) fn wake(&self) {
        self.waker.wake();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use shardbook_proto::client::v1::{MarketDelta, MarketImage, Pong};

    use super::*;
    use crate::prices::decimal_only;

    const BOUND: usize = 2_000;
    const LARGEST: usize = 200;

    /// The version of each market, as the naive model of a board.
    struct Versions(BTreeMap<u32, u64>);

    fn key(market: u32) -> Key {
        Key {
            event: "e".into(),
            market: Some(market),
        }
    }

    impl Images for Versions {
        fn image(&mut self, key: &Key) -> Option<Arc<Frame>> {
            let market = key.market?;
            let version = *self.0.get(&market)?;
            Some(Frame::push(Body::Market(MarketImage {
                market,
                version,
                ..MarketImage::default()
            })))
        }
    }

    proptest! {
        /// Protects E-1 and the memory of a slow client under any schedule of updates and reads: no delta without its
        /// predecessor, never more than the bound, and at the end the versions of the board.
        #[test]
        fn a_reader_at_any_pace_gets_an_unbroken_book(steps in prop::collection::vec((0_u32..6, 0_usize..12), 1..300)) {
            let outbox = Outbox::new(1, Wire::Json, BOUND, Quoting::decimal(decimal_only));
            let mut board = Versions((0..5).map(|market| (market, 1)).collect());
            let mut book = BTreeMap::new();
            outbox.want((0..5).map(key));
            let read = |board: &mut Versions, book: &mut BTreeMap<u32, u64>, most: usize| {
                for _ in 0..most {
                    match outbox.next() {
                        Next::Write(frame) => match frame.message().message {
                            Some(Body::Market(image)) => _ = book.insert(image.market, image.version),
                            Some(Body::Delta(delta)) => {
                                let held = book.insert(delta.market, delta.version);
                                prop_assert_eq!(held, Some(delta.version - 1));
                            }
                            _ => {}
                        },
                        Next::Refill => outbox.refill(board),
                        Next::Overflow => prop_assert!(false, "only answers may overflow"),
                        Next::Empty => break,
                    }
                }
                Ok(())
            };
            for (market, reads) in steps {
                if let Some(version) = board.0.get_mut(&market) {
                    *version += 1;
                    let delta = MarketDelta { market, version: *version, ..MarketDelta::default() };
                    outbox.offer(&key(market), &Frame::push(Body::Delta(delta)));
                }
                prop_assert!(outbox.held().bytes <= BOUND + LARGEST);
                read(&mut board, &mut book, reads)?;
            }
            read(&mut board, &mut book, usize::MAX)?;
            prop_assert_eq!(book, board.0);
        }
    }

    /// Protects the memory behind a client that reads no answers: beyond four bounds it is given up, not served on.
    #[test]
    fn too_many_unread_answers_are_the_end() {
        let outbox = Outbox::new(1, Wire::Json, BOUND, Quoting::decimal(decimal_only));
        let mut most = 0;
        for _ in 0..1_000 {
            outbox.answer(Frame::new("a".into(), Body::Pong(Pong { server_time_ms: 1 })));
            most = most.max(outbox.held().bytes);
        }
        assert!(matches!(outbox.next(), Next::Overflow));
        assert!((HARD * BOUND..HARD * BOUND + 2 * LARGEST).contains(&most), "{most}");
    }
}
