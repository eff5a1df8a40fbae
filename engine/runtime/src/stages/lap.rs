//! What a thread does for one command or group, and the two ways of timing it.
//!
//! A command is so short that a look at the thread's own clock, which asks the system, would be longer than most of what it
//! is to measure. So the marks of a sample look at the clock that all threads share, which costs next to nothing, and the
//! thread's own is asked at both ends alone: where more time has passed than the thread had a processor, the lap is left out,
//! and the next one stands for it too. A group waits for the disk by its nature, and each of its marks asks the thread's own.

use std::cell::Cell;
use std::marker::PhantomData;

use rustix::time::{ClockId, clock_gettime};

use super::{SAMPLED, STAGES, Stage, TALLY, Tally};

/// A sample that took longer, in nanoseconds, stands for itself alone: the machine was taken away from it without its clocks
/// knowing, or it did what few do, such as a snapshot of a very large entity.
const LONG_NS: u64 = 500_000;

/// Opens a lap for one command of many. What is left at its end goes to `rest`.
#[inline]
pub fn sample(rest: Stage) -> Lap {
    Lap::opened(rest, TALLY.is_on() && OPEN.with(Open::is_free) && begin_sample())
}

/// Opens a lap that is always counted: for what is done once for many commands. What is left at its end goes to `rest`.
#[inline]
pub fn each(rest: Stage) -> Lap {
    Lap::opened(rest, TALLY.is_on() && OPEN.with(Open::is_free) && begin_each())
}

/// Gives the time since the last mark of the open lap to a stage.
#[inline]
pub fn mark(stage: Stage) {
    OPEN.with(|open| match open.kind.get() {
        Kind::Nothing | Kind::Uncounted => {}
        Kind::Sample | Kind::Each => mark_counted(open, stage),
    });
}

/// Open while its thread works on one thing.
#[must_use = "a lap ends when it is dropped"]
#[derive(Debug)]
pub struct Lap {
    rest: Stage,
    outermost: bool,
    /// It belongs to its thread.
    _of_thread: PhantomData<*const ()>,
}

impl Lap {
    #[inline]
    fn opened(rest: Stage, outermost: bool) -> Self {
        Self {
            rest,
            outermost,
            _of_thread: PhantomData,
        }
    }
}

impl Drop for Lap {
    #[inline]
    fn drop(&mut self) {
        mark(self.rest);
        if self.outermost {
            OPEN.with(|open| match open.kind.get() {
                Kind::Sample => end_sample(open),
                _ => open.kind.set(Kind::Nothing),
            });
        }
    }
}

fn begin_sample() -> bool {
    OPEN.with(|open| open.begin_sample(Reading::now));
    true
}

fn begin_each() -> bool {
    OPEN.with(|open| open.begin_each(Reading::now()));
    true
}

#[cold]
fn mark_counted(open: &Open, stage: Stage) {
    match open.kind.get() {
        Kind::Each => open.mark_each(stage, Reading::now(), &TALLY),
        _ => open.mark_sample(stage, wall_ns()),
    }
}

#[cold]
fn end_sample(open: &Open) {
    open.end_sample(Reading::now().cpu, &TALLY);
}

thread_local! {
    static OPEN: Open = const { Open::new() };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Nothing,
    /// Not one of those that are timed; nor is what is within it.
    Uncounted,
    Sample,
    Each,
}

/// The open lap of a thread.
struct Open {
    kind: Cell<Kind>,
    began_cpu: Cell<u64>,
    /// The last mark.
    since: Cell<Reading>,
    /// Of a sample: nanoseconds and marks of each stage.
    pieces: [Cell<(u64, u64)>; STAGES],
    /// Samples that the thread has opened, counted ones or not.
    opened: Cell<u64>,
    /// Samples that were left out, for which the next one stands too.
    left_out: Cell<u64>,
}

impl Open {
    const fn new() -> Self {
        Self {
            kind: Cell::new(Kind::Nothing),
            began_cpu: Cell::new(0),
            since: Cell::new(Reading { cpu: 0, wall: 0 }),
            pieces: [const { Cell::new((0, 0)) }; STAGES],
            opened: Cell::new(0),
            left_out: Cell::new(0),
        }
    }

    fn is_free(&self) -> bool {
        self.kind.get() == Kind::Nothing
    }

    fn begin_sample(&self, now: impl FnOnce() -> Reading) {
        let opened = self.opened.get() + 1;
        self.opened.set(opened);
        if !opened.is_multiple_of(SAMPLED) {
            return self.kind.set(Kind::Uncounted);
        }
        let now = now();
        self.began_cpu.set(now.cpu);
        self.since.set(now);
        self.pieces.iter().for_each(|piece| piece.set((0, 0)));
        self.kind.set(Kind::Sample);
    }

    fn mark_sample(&self, stage: Stage, wall: u64) {
        let since = self.since.get();
        let piece = &self.pieces[stage as usize];
        let (ns, marks) = piece.get();
        piece.set((ns + wall.saturating_sub(since.wall), marks + 1));
        self.since.set(Reading { wall, ..since });
    }

    fn end_sample(&self, cpu: u64, tally: &Tally) {
        self.kind.set(Kind::Nothing);
        let all: u64 = self.pieces.iter().map(|piece| piece.get().0).sum();
        if all > cpu.saturating_sub(self.began_cpu.get()) {
            return self.left_out.set(self.left_out.get() + 1);
        }
        let weight = match all {
            0..=LONG_NS => SAMPLED * (1 + self.left_out.take()),
            _ => 1,
        };
        let look_ns = tally.cost().wall_ns;
        for (stage, piece) in Stage::ALL.into_iter().zip(&self.pieces) {
            let (ns, marks) = piece.get();
            if marks > 0 {
                let cpu_ns = ns.saturating_sub(look_ns * marks);
                tally.add(stage, Piece { cpu_ns, waited_ns: 0 }, weight);
            }
        }
    }

    fn begin_each(&self, now: Reading) {
        self.since.set(now);
        self.kind.set(Kind::Each);
    }

    fn mark_each(&self, stage: Stage, now: Reading, tally: &Tally) {
        let since = self.since.replace(now);
        let cpu = now.cpu.saturating_sub(since.cpu);
        let wall = now.wall.saturating_sub(since.wall);
        let piece = Piece {
            cpu_ns: cpu.saturating_sub(tally.cost().cpu_ns),
            waited_ns: wall.saturating_sub(cpu),
        };
        tally.add(stage, piece, 1);
    }
}

/// A piece of time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    pub(super) cpu_ns: u64,
    pub(super) waited_ns: u64,
}

/// Nanoseconds of the thread on its processor, and by the clock that goes on without it. The second is looked at between two
/// looks at the first, so that without a wait less passes on it.
#[derive(Debug, Clone, Copy)]
struct Reading {
    cpu: u64,
    wall: u64,
}

impl Reading {
    fn now() -> Self {
        let cpu = nanos(ClockId::ThreadCPUTime);
        Self { cpu, wall: wall_ns() }
    }
}

fn wall_ns() -> u64 {
    nanos(ClockId::Monotonic)
}

fn nanos(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    time.tv_sec.unsigned_abs() * 1_000_000_000 + time.tv_nsec.unsigned_abs()
}

/// What a look at the clocks costs in the middle of many, nanoseconds: at both, on the thread's own, and at the shared one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    pub(super) cpu_ns: u64,
    pub(super) wall_ns: u64,
}

/// Looks by which it is learned what one costs.
const LOOKS: usize = 1_001;

impl Cost {
    pub(super) fn measured() -> Self {
        let middle = |look: fn() -> u64| {
            let mut costs: Vec<u64> = (0..LOOKS)
                .map(|_| {
                    let before = look();
                    look().saturating_sub(before)
                })
                .collect();
            costs.sort_unstable();
            costs[LOOKS / 2]
        };
        Self {
            cpu_ns: middle(|| Reading::now().cpu),
            wall_ns: middle(wall_ns),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;
    use std::time::Duration;

    use super::super::Spent;
    use super::*;

    fn tally() -> Tally {
        let tally = Tally::new();
        tally.look_cpu_ns.store(100, Ordering::Relaxed);
        tally.look_wall_ns.store(10, Ordering::Relaxed);
        tally
    }

    fn spent(cpu: u64, waited: u64, samples: u64) -> Spent {
        Spent {
            cpu: Duration::from_nanos(cpu),
            waited: Duration::from_nanos(waited),
            samples,
        }
    }

    fn reading((cpu, wall): (u64, u64)) -> Reading {
        Reading { cpu, wall }
    }

    /// Protects what a sample stands for: one in so many is timed, without what the looks cost; one that lost its processor is
    /// left out and the next stands for both; a long one stands for itself; a clock that stands takes nothing away.
    #[test]
    fn samples_stand_for_all() {
        // given marks at these times of the shared clock, in a lap that ends at this time of the thread's own, then decide has
        let rows: [(&[(Stage, u64)], u64, Spent); 6] = [
            (&[(Stage::Decide, 1_010)], 1_500, spent(1_000 * SAMPLED, 0, 1)),
            (&[(Stage::Route, 5_000), (Stage::Decide, 6_000)], 5_999, spent(0, 0, 0)),
            (&[(Stage::Decide, 110)], 110, spent(100 * SAMPLED * 2, 0, 1)),
            (&[(Stage::Decide, 110)], 110, spent(100 * SAMPLED, 0, 1)),
            (
                &[(Stage::Decide, 0), (Stage::Reply, 40), (Stage::Decide, 140)],
                900,
                spent(80 * SAMPLED, 0, 1),
            ),
            (&[(Stage::Decide, 1 + LONG_NS)], 1 + LONG_NS, spent(LONG_NS - 9, 0, 1)),
        ];
        let open = Open::new();
        for (row, (marks, ends, expected)) in rows.into_iter().enumerate() {
            let tally = tally();
            let mut timed = 0;
            for _ in 0..SAMPLED {
                open.begin_sample(|| reading((0, 0)));
                if open.kind.get() == Kind::Sample {
                    timed += 1;
                    marks.iter().for_each(|(stage, at)| open.mark_sample(*stage, *at));
                    open.end_sample(ends, &tally);
                }
                open.kind.set(Kind::Nothing);
            }
            assert_eq!(timed, 1, "row {row}");
            assert_eq!(tally.spent(Stage::Decide), expected, "row {row}");
        }
    }

    /// Protects sums of what is timed each time: every piece is added to its stage, a wait apart, and a clock that stands or
    /// goes back takes nothing away.
    #[test]
    fn groups_add_up() {
        let (tally, open) = (tally(), Open::new());
        open.begin_each(reading((1_000, 9_000)));
        for (stage, now) in [
            (Stage::Write, (3_100, 11_200)),
            (Stage::Sync, (3_600, 18_000)),
            (Stage::Write, (3_650, 18_050)),
            (Stage::Views, (3_650, 18_040)),
            (Stage::Views, (3_600, 18_240)),
        ] {
            open.mark_each(stage, reading(now), &tally);
        }
        for (stage, expected) in [
            (Stage::Write, spent(2_000, 100, 2)),
            (Stage::Sync, spent(400, 6_300, 1)),
            (Stage::Views, spent(0, 200, 2)),
            (Stage::Reply, spent(0, 0, 0)),
        ] {
            assert_eq!(tally.spent(stage), expected, "{}", stage.name());
        }
        let later = tally.spent(Stage::Sync).since(spent(100, 5_000, 1));
        assert_eq!(later, spent(300, 1_300, 0));
    }
}
