//! Commands that are due at fixed times, whatever becomes of those before, each with a deadline.
//!
//! Bets are of many people who know nothing of each other: where not all can be sent at once the newest goes first, which has
//! the most time left, and what could not be sent in time is given up. To generate the load is to cost little, so there is
//! no clock beside the clients, and what is given up is only counted.

use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::task::JoinSet;
use tokio::time::Sleep;

use crate::Failure;
use crate::bench::clients::Clients;
use crate::bench::lane::{Lane, Said, Tag};
use crate::bench::load::{Times, new_times};
use crate::bench::plan::Plan;

/// Commands sent before answers are taken: as many as fit in a message of bets.
const TURN: u64 = 128;
/// Turns before the task gives way to others of its thread.
const TURNS: u32 = 8;
/// The least that is slept: timers of tasks are exact to a millisecond.
const NAP: Duration = Duration::from_millis(1);

/// What is offered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Offer {
    /// Commands due a second, over all lanes.
    pub(super) rate: u64,
    /// From when one is due.
    pub(super) deadline: Duration,
    /// Unanswered commands of one lane at the most.
    pub(super) window: u64,
}

/// What became of it.
pub(super) struct Heard {
    pub(super) offered: u64,
    /// Could not be sent before their deadline.
    pub(super) given_up: u64,
    /// By code.
    pub(super) refused: BTreeMap<String, u64>,
    /// Of accepted commands, from when they were due, and from when they were sent.
    pub(super) from_due: Times,
    pub(super) from_sent: Times,
}

impl Heard {
    fn nothing() -> Self {
        Self {
            offered: 0,
            given_up: 0,
            refused: BTreeMap::new(),
            from_due: new_times(),
            from_sent: new_times(),
        }
    }

    pub(super) fn accepted(&self) -> u64 {
        self.from_due.len()
    }

    pub(super) fn add(&mut self, other: &Self) -> Result<(), Failure> {
        self.offered += other.offered;
        self.given_up += other.given_up;
        for (code, count) in &other.refused {
            *self.refused.entry(code.clone()).or_default() += count;
        }
        self.from_due.add(&other.from_due)?;
        self.from_sent.add(&other.from_sent)?;
        Ok(())
    }

    fn hear(&mut self, tag: &Tag, said: Said, now: Instant) {
        match said {
            Said::Done => {
                let micros = |from: Instant| now.saturating_duration_since(from).as_micros() as u64;
                self.from_due.saturating_record(micros(tag.due));
                self.from_sent.saturating_record(micros(tag.sent));
            }
            Said::Refused(code) => *self.refused.entry(code).or_default() += 1,
        }
    }
}

/// A flood; turns go on over all of them, so that no command comes twice.
pub(super) struct Flood {
    plan: Arc<Plan>,
    next: Arc<AtomicU64>,
}

impl Flood {
    pub(super) fn new(plan: Plan) -> Self {
        Self {
            plan: Arc::new(plan),
            next: Arc::default(),
        }
    }

    /// Offers commands over all lanes until told to stop, and waits for the last answer.
    pub(super) async fn drive(
        &self,
        clients: &Clients,
        lanes: Vec<Box<dyn Lane>>,
        offer: Offer,
        stop: Arc<AtomicBool>,
    ) -> Result<(Vec<Box<dyn Lane>>, Heard), Failure> {
        let count = lanes.len() as u32;
        let began = Instant::now();
        let step = Duration::from_secs(1) * count / u32::try_from(offer.rate)?.max(1);
        let mut drivers = JoinSet::new();
        for (lane, number) in lanes.into_iter().zip(0..) {
            let driver = Driver {
                lane,
                plan: Arc::clone(&self.plan),
                next: Arc::clone(&self.next),
                stop: Arc::clone(&stop),
                began: began + step * number / count,
                unix_ms: unix_ms(),
                step,
                offer,
                known: 0,
                unsent: VecDeque::new(),
                is_over: false,
                under_way: 0,
                heard: Heard::nothing(),
                nap: Box::pin(tokio::time::sleep(NAP)),
            };
            // It gives way by its own count: the turn of a task has fewer answers than commands, so that answers would lie.
            drivers.spawn_on(tokio::task::unconstrained(driver.run()), clients.handle()?);
        }
        clients
            .run(async move {
                let (mut lanes, mut all) = (Vec::new(), Heard::nothing());
                while let Some(ended) = drivers.join_next().await {
                    let (lane, heard) = ended??;
                    lanes.push(lane);
                    all.add(&heard)?;
                }
                Ok((lanes, all))
            })
            .await
    }
}

fn unix_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.as_millis() as i64
}

struct Driver {
    lane: Box<dyn Lane>,
    plan: Arc<Plan>,
    next: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    /// When the first is due, and about the same moment by the clock of the house.
    began: Instant,
    unix_ms: i64,
    /// Between two that are due.
    step: Duration,
    offer: Offer,
    /// Commands of this lane that were due so far; they are counted from 0.
    known: u64,
    /// Of these, which were neither sent nor given up.
    unsent: VecDeque<Range<u64>>,
    /// Nothing more becomes due.
    is_over: bool,
    under_way: u64,
    heard: Heard,
    nap: Pin<Box<Sleep>>,
}

impl Driver {
    async fn run(mut self) -> Result<(Box<dyn Lane>, Heard), Failure> {
        poll_fn(|cx| self.poll(cx)).await?;
        self.heard.offered = self.known;
        Ok((self.lane, self.heard))
    }

    /// Commands that are due by then: the first at the beginning.
    fn due_by(&self, now: Instant) -> u64 {
        let since = now.checked_duration_since(self.began);
        since.map_or(0, |since| (since.as_nanos() / self.step.as_nanos().max(1)) as u64 + 1)
    }

    fn due(&self, at: u64) -> Duration {
        Duration::from_nanos((self.step.as_nanos() as u64).saturating_mul(at))
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        for _ in 0..TURNS {
            let now = Instant::now();
            self.learn(now);
            self.give_up(now);
            self.send(now);
            if self.is_over && self.unsent.is_empty() && self.under_way == 0 {
                return Poll::Ready(Ok(()));
            }
            let Self {
                lane, under_way, heard, ..
            } = self;
            let answered = lane.poll(cx, &mut |tag, said| {
                *under_way -= 1;
                heard.hear(&tag, said, Instant::now());
            });
            match answered {
                Poll::Ready(ended) => ended?,
                Poll::Pending if !self.unsent.is_empty() && self.may_send() => {}
                // Only an answer, or the connection, lets more be sent; what has become due or too old is seen then.
                Poll::Pending if !self.may_send() => return Poll::Pending,
                Poll::Pending => {
                    let next = self.began + self.due(self.known);
                    self.nap.as_mut().reset(next.max(now + NAP).into());
                    if self.nap.as_mut().poll(cx).is_pending() {
                        return Poll::Pending;
                    }
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Takes in what has become due.
    fn learn(&mut self, now: Instant) {
        if self.is_over {
            return;
        }
        let due = self.due_by(now).max(self.known);
        match self.unsent.back_mut() {
            Some(last) if last.end == self.known => last.end = due,
            _ if due > self.known => self.unsent.push_back(self.known..due),
            _ => {}
        }
        self.known = due;
        self.is_over = self.stop.load(Ordering::Acquire);
    }

    /// Leaves out what is past its deadline.
    fn give_up(&mut self, now: Instant) {
        let oldest = now.checked_sub(self.offer.deadline).map_or(0, |then| self.due_by(then));
        while let Some(first) = self.unsent.front_mut()
            && first.start < oldest
        {
            let kept = first.end.min(oldest);
            self.heard.given_up += kept - first.start;
            first.start = kept;
            if first.is_empty() {
                self.unsent.pop_front();
            }
        }
    }

    fn may_send(&self) -> bool {
        self.under_way < self.offer.window && !self.lane.is_full()
    }

    fn send(&mut self, now: Instant) {
        for _ in 0..TURN {
            if !self.may_send() {
                return;
            }
            let Some(newest) = self.unsent.back_mut() else { return };
            newest.end -= 1;
            let at = newest.end;
            if newest.is_empty() {
                self.unsent.pop_back();
            }
            let since = self.due(at);
            let by = since + self.offer.deadline;
            let turn = self.next.fetch_add(1, Ordering::Relaxed);
            let tag = Tag {
                turn,
                due: self.began + since,
                sent: now,
                deadline_ms: self.unix_ms + by.as_millis() as i64,
                order: self.plan.order(turn),
            };
            self.lane.send(&self.plan, tag);
            self.under_way += 1;
        }
    }
}

#[cfg(test)]
mod tests;
