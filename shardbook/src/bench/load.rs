//! The load: so many commands, each timed from when it was due.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_util::task::AtomicWaker;
use hdrhistogram::Histogram;
use tokio::task::JoinSet;

use super::clients::{Clients, THREAD};
use super::lane::{Lane, Said, Tag};
use super::plan::{Deed, Plan};
use crate::Failure;

/// Times from when a command was due to its durable answer, in microseconds; longer than a minute counts as a minute.
pub(super) type Times = Histogram<u64>;

const LONGEST_US: u64 = 60_000_000;
/// Between two looks at how far the load is.
const LOOK: Duration = Duration::from_millis(100);

/// What is placed, how fast, and how far it has come. Turns go on over all runs, so that no command comes twice.
pub(super) struct Load {
    plan: Arc<Plan>,
    in_flight: u64,
    next: Arc<AtomicU64>,
    counts: Arc<Counts>,
}

/// Answers so far, over all runs.
#[derive(Default)]
pub(super) struct Counts {
    all: AtomicU64,
    bets: AtomicU64,
    /// Bets answered on each market with an early result.
    short: Vec<AtomicU64>,
}

impl Counts {
    pub(super) fn all(&self) -> u64 {
        self.all.load(Ordering::Relaxed)
    }

    pub(super) fn bets(&self) -> u64 {
        self.bets.load(Ordering::Relaxed)
    }

    pub(super) fn on_short_market(&self, market: usize) -> u64 {
        self.short[market].load(Ordering::Relaxed)
    }

    fn add(&self, plan: &Plan, tag: &Tag) {
        self.all.fetch_add(1, Ordering::Relaxed);
        if matches!(tag.order.deed, Deed::Bet { .. }) {
            self.bets.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(market) = plan.short_market(tag.turn) {
            self.short[market as usize].fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// When commands are sent.
pub(super) enum Pace {
    /// Each answer makes room for the next (a closed loop): so many commands.
    Answers(u64),
    /// The same for so long, whatever it comes to.
    AnswersFor(Duration),
    /// So many a second, until so many or until told (an open loop).
    Clock {
        rate: u64,
        most: u64,
        stop: Arc<AtomicBool>,
    },
}

/// The lanes come back with the times: connections outlast a run.
pub(super) type Driven = (Vec<Box<dyn Lane>>, Times);

impl Load {
    pub(super) fn new(plan: Plan, in_flight: u64, short_markets: u32) -> Self {
        let short = (0..short_markets).map(|_| AtomicU64::new(0)).collect();
        let counts = Counts {
            short,
            ..Counts::default()
        };
        Self {
            plan: Arc::new(plan),
            in_flight,
            next: Arc::default(),
            counts: Arc::new(counts),
        }
    }

    /// The same from a later turn on: the ids and players of turns that others have had do not come again.
    pub(super) fn beginning_at(self, turn: u64) -> Self {
        self.next.store(turn, Ordering::Relaxed);
        self
    }

    pub(super) fn counts(&self) -> &Arc<Counts> {
        &self.counts
    }

    /// Drives all lanes until every command is answered.
    pub(super) async fn drive(
        &self,
        clients: &Clients,
        lanes: Vec<Box<dyn Lane>>,
        pace: Pace,
        mut progress: impl FnMut(u64),
    ) -> Result<Driven, Failure> {
        let count = lanes.len() as u64;
        let (sources, clock) = self.sources(lanes.len(), pace)?;
        let shares = (0..count).map(|lane| self.in_flight / count + u64::from(lane < self.in_flight % count));
        let mut drivers = JoinSet::new();
        for ((lane, source), window) in lanes.into_iter().zip(sources).zip(shares) {
            let driver = Driver {
                lane,
                source,
                window,
                under_way: 0,
                plan: Arc::clone(&self.plan),
                counts: Arc::clone(&self.counts),
                times: new_times(),
            };
            drivers.spawn_on(driver.run(), clients.handle()?);
        }
        let before = self.counts.all();
        let counts = Arc::clone(&self.counts);
        let driven = clients.run(async move {
            let (mut lanes, mut all) = (Vec::new(), new_times());
            while let Some(ended) = drivers.join_next().await {
                let (lane, times) = ended??;
                lanes.push(lane);
                all.add(&times)?;
            }
            Ok((lanes, all))
        });
        let mut driven = std::pin::pin!(driven);
        let mut look = tokio::time::interval(LOOK);
        let ended = loop {
            tokio::select! {
                ended = &mut driven => break ended,
                _ = look.tick() => progress(counts.all() - before),
            }
        };
        if let Some((due, clock)) = clock {
            // Where a lane failed the others are gone too.
            due.is_over.store(true, Ordering::Release);
            tokio::task::spawn_blocking(move || clock.join())
                .await?
                .map_err(|_| "the clock of the load ended early")?;
            self.next.store(due.first_turn + due.count(), Ordering::Relaxed);
        }
        ended
    }

    fn closed_loop(&self, lanes: usize, most: u64, until: Option<Instant>) -> Vec<Source> {
        let end = self.next.load(Ordering::Relaxed).saturating_add(most);
        let source = || Source::Answers {
            next: Arc::clone(&self.next),
            end,
            until,
        };
        (0..lanes).map(|_| source()).collect()
    }

    fn sources(&self, lanes: usize, pace: Pace) -> Result<(Vec<Source>, Option<Clock>), Failure> {
        match pace {
            Pace::Answers(most) => Ok((self.closed_loop(lanes, most, None), None)),
            Pace::AnswersFor(lasts) => Ok((self.closed_loop(lanes, u64::MAX, Some(Instant::now() + lasts)), None)),
            Pace::Clock { rate, most, stop } => {
                let due = Arc::new(Due::new(self.next.load(Ordering::Relaxed), rate, lanes));
                let kept = Arc::clone(&due);
                let clock = std::thread::Builder::new()
                    .name(format!("{THREAD}-clock"))
                    .spawn(move || kept.keep_time(most, &stop))?;
                let of_lane = |lane| Source::Clock {
                    due: Arc::clone(&due),
                    lane,
                    next: lane as u64,
                };
                Ok(((0..lanes).map(of_lane).collect(), Some((due, clock))))
            }
        }
    }
}

/// How long the clock sleeps at the least: to be woken for each command would take more of the processors than the commands.
/// What is due meanwhile is sent that much late, and its latency counts from when it was due.
const TICK: Duration = Duration::from_micros(500);

type Clock = (Arc<Due>, std::thread::JoinHandle<()>);

/// How many commands are due so far; each lane takes its own of them, in turn.
struct Due {
    first_turn: u64,
    began: Instant,
    rate: u64,
    count: AtomicU64,
    /// No more becomes due.
    is_over: AtomicBool,
    lanes: Vec<AtomicWaker>,
}

impl Due {
    fn new(first_turn: u64, rate: u64, lanes: usize) -> Self {
        Self {
            first_turn,
            began: Instant::now(),
            rate,
            count: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
            lanes: (0..lanes).map(|_| AtomicWaker::new()).collect(),
        }
    }

    fn count(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }

    /// When a command is due, counted from 0.
    fn at(&self, command: u64) -> Instant {
        self.began + Duration::from_secs_f64(command as f64 / self.rate as f64)
    }

    /// Tells the lanes what is due. A thread of its own: timers of tasks are exact to a millisecond only.
    fn keep_time(&self, most: u64, stop: &AtomicBool) {
        let mut count = 0;
        while count < most && !stop.load(Ordering::Acquire) && !self.is_over.load(Ordering::Acquire) {
            let now = Instant::now();
            while count < most && self.at(count) <= now {
                count += 1;
            }
            self.count.store(count, Ordering::Release);
            self.lanes.iter().for_each(AtomicWaker::wake);
            if count < most {
                let early = self.at(count).saturating_duration_since(Instant::now());
                std::thread::sleep(early.max(TICK));
            }
        }
        self.is_over.store(true, Ordering::Release);
        self.lanes.iter().for_each(AtomicWaker::wake);
    }

    /// The turn of a command, and when it is due, if it is by now; nothing when it never will be.
    fn take(&self, command: u64) -> Poll<Option<(u64, Instant)>> {
        // Before the count, which is final once it is over.
        let is_over = self.is_over.load(Ordering::Acquire);
        if command < self.count() {
            return Poll::Ready(Some((self.first_turn + command, self.at(command))));
        }
        if is_over { Poll::Ready(None) } else { Poll::Pending }
    }
}

enum Source {
    Answers {
        next: Arc<AtomicU64>,
        /// The turn after the last, and when there is none any more.
        end: u64,
        until: Option<Instant>,
    },
    Clock {
        due: Arc<Due>,
        lane: usize,
        next: u64,
    },
}

impl Source {
    /// The next turn that is due; nothing when there is no more.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<(u64, Instant)>> {
        match self {
            Self::Answers { next, end, until } => {
                let now = Instant::now();
                if until.is_some_and(|until| until <= now) {
                    return Poll::Ready(None);
                }
                let claimed = next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |turn| {
                    (turn < *end).then_some(turn + 1)
                });
                Poll::Ready(claimed.ok().map(|turn| (turn, now)))
            }
            Self::Clock { due, lane, next } => {
                let taken = match due.take(*next) {
                    Poll::Pending => {
                        due.lanes[*lane].register(cx.waker());
                        // What became due in between woke nobody.
                        due.take(*next)
                    }
                    taken => taken,
                };
                if let Poll::Ready(Some(_)) = taken {
                    *next += due.lanes.len() as u64;
                }
                taken
            }
        }
    }
}

struct Driver {
    lane: Box<dyn Lane>,
    source: Source,
    window: u64,
    under_way: u64,
    plan: Arc<Plan>,
    counts: Arc<Counts>,
    times: Times,
}

impl Driver {
    async fn run(mut self) -> Result<(Box<dyn Lane>, Times), Failure> {
        poll_fn(|cx| self.poll(cx)).await?;
        Ok((self.lane, self.times))
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        loop {
            let mut ended = false;
            while self.under_way < self.window {
                match self.source.poll(cx) {
                    Poll::Ready(Some((turn, due))) => {
                        let tag = Tag {
                            turn,
                            due,
                            sent: due,
                            deadline_ms: 0,
                            order: self.plan.order(turn),
                        };
                        self.lane.send(&self.plan, tag);
                        self.under_way += 1;
                    }
                    Poll::Ready(None) => {
                        ended = true;
                        break;
                    }
                    Poll::Pending => break,
                }
            }
            if self.under_way == 0 {
                return if ended { Poll::Ready(Ok(())) } else { Poll::Pending };
            }
            let Self {
                lane,
                under_way,
                plan,
                counts,
                times,
                ..
            } = self;
            let (mut now, mut refused) = (None, None);
            let answered = lane.poll(cx, &mut |tag: Tag, said: Said| {
                if let Said::Refused(code) = said {
                    refused = Some(code);
                }
                let now = *now.get_or_insert_with(Instant::now);
                *under_way -= 1;
                counts.add(plan, &tag);
                times.saturating_record(now.saturating_duration_since(tag.due).as_micros() as u64);
            });
            if let Some(code) = refused {
                let told = format!("a command was refused with {code}: this bench measures accepted ones only");
                return Poll::Ready(Err(told.into()));
            }
            match answered {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(failure)) => return Poll::Ready(Err(failure)),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

pub(super) fn new_times() -> Times {
    // Three digits: figures of two runs are compared with each other.
    Histogram::new_with_max(LONGEST_US, 3).unwrap_or_else(|_| unreachable!("constant bounds are valid"))
}

#[cfg(test)]
mod tests {
    use super::super::plan::Markets;
    use super::*;

    /// A lane that answers each command at the next poll but one.
    #[derive(Default)]
    struct Slow {
        waiting: Vec<Tag>,
        most: usize,
        bound: usize,
        asked: bool,
    }

    impl Lane for Slow {
        fn send(&mut self, _plan: &Plan, tag: Tag) {
            self.waiting.push(tag);
            self.most = self.most.max(self.waiting.len());
            assert!(self.most <= self.bound, "more under way than asked for");
        }

        fn poll(&mut self, cx: &mut Context<'_>, done: &mut dyn FnMut(Tag, Said)) -> Poll<Result<(), Failure>> {
            self.asked = !self.asked;
            if self.asked {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            self.waiting.drain(..).for_each(|tag| done(tag, Said::Done));
            Poll::Ready(Ok(()))
        }
    }

    fn lanes(bounds: [usize; 2]) -> Vec<Box<dyn Lane>> {
        bounds
            .map(|bound| {
                Box::new(Slow {
                    bound,
                    ..Slow::default()
                }) as Box<dyn Lane>
            })
            .into_iter()
            .collect()
    }

    /// Protects every figure: exactly the commands asked for are sent, never more at once than asked, and each is timed,
    /// in a closed loop as in an open one.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_load_is_exactly_what_was_asked_for() {
        let clients = Clients::start().expect("threads");
        let load = Load::new(Plan::new(Markets::All, 10), 7, 0);
        let mut driven = lanes([4, 3]);
        for (pace, sum) in [
            (Pace::Answers(1_000), 1_000),
            (Pace::Answers(1), 1_001),
            (
                Pace::Clock {
                    rate: 100_000,
                    most: 500,
                    stop: Arc::default(),
                },
                1_501,
            ),
        ] {
            let before = load.counts().all();
            let (back, times) = load.drive(&clients, driven, pace, |_| ()).await.expect("driven");
            assert_eq!((load.counts().all(), times.len()), (sum, sum - before));
            assert_eq!(load.counts().bets(), sum);
            assert_eq!(back.len(), 2);
            driven = lanes([4, 3]);
        }
        assert_eq!(load.next.load(Ordering::Relaxed), 1_501, "no turn is left out");
        let (began, lasts) = (Instant::now(), Duration::from_millis(20));
        let pace = Pace::AnswersFor(lasts);
        let (_, times) = load.drive(&clients, driven, pace, |_| ()).await.expect("driven");
        assert!(began.elapsed() >= lasts, "it goes on for as long as was asked for");
        assert!(times.len() > 7, "each answer makes room for the next");
        assert_eq!(load.counts().all(), 1_501 + times.len());
        assert_eq!(
            load.next.load(Ordering::Relaxed),
            load.counts().all(),
            "no turn is left out"
        );
    }

    /// Protects open-loop latencies from coordinated omission: what was due during a stall counts from when it was due.
    #[test]
    fn a_stall_counts_against_everything_that_was_due() {
        let due = Due::new(7, 1_000, 1);
        assert_eq!(due.take(0), Poll::Pending, "nothing before the clock runs");
        due.keep_time(20, &AtomicBool::new(false));
        assert!(due.began.elapsed() >= Duration::from_millis(19), "nothing is due early");
        for command in 0..20 {
            let at = due.began + Duration::from_millis(command);
            let taken = Poll::Ready(Some((7 + command, at)));
            assert_eq!(due.take(command), taken, "due at the rate, whenever it is taken");
        }
        assert_eq!(due.take(20), Poll::Ready(None));
    }
}
