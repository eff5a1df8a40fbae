//! Who comes in when there is more to do than can be done: a bound on what is under way, by cost and class.
//!
//! Whatever comes in takes a [`Pass`] for as many units as it costs and gives it back with its durable answer. Each class
//! has units that are kept for it, so that no other can take its room; beyond these all classes share a common part, whose
//! size follows the time that passes are out (see [`Room`]). Over the bound there is no pass: nothing waits here, so that a
//! refusal costs next to nothing.

mod room;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

pub use room::{Room, Seen};

/// Between two looks at how long passes were out: some group commits and a stall of the disk fit in, and a crowd is met
/// before a person notices it.
pub const LOOK: Duration = Duration::from_millis(100);

/// A task that waits so long for a processor waits for others: timers are exact to a millisecond, and a quiet machine takes
/// another.
const WAIT: Duration = Duration::from_millis(4);

/// Bounds of a turnstile. A unit is what the cheapest command costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnstileOptions {
    /// Units kept for each class, by the number of the class.
    pub kept: Vec<u32>,
    /// Units of the common part: where it begins, and between which bounds it moves.
    pub common: Room,
}

/// A class of what comes in: its number, from 0.
pub type Class = usize;

/// There is no room: nothing was done, and it may come again later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many commands are under way")]
pub struct Full;

/// How crowded it was of late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Crowd {
    /// Nobody came.
    Nobody = 0,
    /// Some did, and found it as fast as it should be.
    Some = 1,
    /// Some were turned away, most were out longer than they should be, or most tasks waited for a processor.
    Many = 2,
}

/// The bound on what is under way. Clones share it.
#[derive(Clone)]
pub struct Turnstile {
    shared: Arc<Shared>,
}

struct Shared {
    room: Room,
    kept: Box<[Share]>,
    common: Apart<AtomicU32>,
    limit: AtomicU32,
    began: Instant,
    /// Microseconds from the beginning at which the present look ends.
    look_ends: AtomicU64,
    /// In the present look: passes that came back, and those who were turned away.
    back: Apart<Back>,
    turned_away: AtomicU32,
    /// The same for tasks that waited for a processor.
    run: AtomicU32,
    run_late: AtomicU32,
    /// What gives way to the common part falls behind.
    starves: AtomicBool,
    /// At the end of the last look.
    crowd: AtomicU8,
    turned_away_ever: AtomicU64,
}

/// Passes that came back.
#[derive(Default)]
struct Back {
    all: AtomicU32,
    /// Those that were out for long.
    late: AtomicU32,
}

/// On a cache line of its own: it changes with every command, and what stands beside it is only looked at.
#[derive(Default)]
#[repr(align(64))]
struct Apart<T>(T);

struct Share {
    units: u32,
    used: AtomicU32,
}

/// What a turnstile shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sight {
    /// Units under way, of all parts.
    pub under_way: u32,
    /// Units of the common part now.
    pub common: u32,
    /// Turned away since the start.
    pub turned_away: u64,
}

impl Turnstile {
    /// One with nobody in it.
    #[must_use]
    pub fn new(options: TurnstileOptions) -> Self {
        let share = |units| Share {
            units,
            used: AtomicU32::new(0),
        };
        Self {
            shared: Arc::new(Shared {
                limit: AtomicU32::new(options.common.start()),
                room: options.common,
                kept: options.kept.into_iter().map(share).collect(),
                common: Apart::default(),
                began: Instant::now(),
                look_ends: AtomicU64::new(LOOK.as_micros() as u64),
                back: Apart::default(),
                turned_away: AtomicU32::new(0),
                run: AtomicU32::new(0),
                run_late: AtomicU32::new(0),
                starves: AtomicBool::new(false),
                crowd: AtomicU8::new(Crowd::Nobody as u8),
                turned_away_ever: AtomicU64::new(0),
            }),
        }
    }

    /// Lets something of a class in that costs so many units: into the part kept for its class, else into the common one. A
    /// class that has no number of its own has nothing kept.
    ///
    /// # Errors
    /// [`Full`] when there is no room in either.
    pub fn enter(&self, class: Class, cost: u32) -> Result<Pass, Full> {
        let shared = &self.shared;
        let kept = shared.kept.get(class).is_some_and(|share| {
            let fits = |used: u32| used.checked_add(cost).filter(|sum| *sum <= share.units);
            take(&share.used, fits)
        });
        let limit = shared.limit.load(Ordering::Relaxed);
        // What costs more than there is comes in when nobody else is there.
        let fits = |used: u32| used.checked_add(cost).filter(|sum| used == 0 || *sum <= limit);
        if !kept && !take(&shared.common.0, fits) {
            shared.turned_away.fetch_add(1, Ordering::Relaxed);
            shared.turned_away_ever.fetch_add(1, Ordering::Relaxed);
            shared.look(shared.micros());
            return Err(Full);
        }
        Ok(Pass {
            shared: Arc::clone(shared),
            kept: kept.then_some(class),
            cost,
            since: shared.micros(),
        })
    }

    /// Says whether something that gives way to the common part has less than it must have: while it does, the common part
    /// becomes smaller.
    pub fn starve(&self, starves: bool) {
        self.shared.starves.store(starves, Ordering::Relaxed);
    }

    /// Notes how long a task that was ready waited for a processor. What waits so has not come to the turnstile yet: it is
    /// no reason for less room, but tells that there are many.
    pub fn waited(&self, waited: Duration) {
        let shared = &self.shared;
        shared.run.fetch_add(1, Ordering::Relaxed);
        if waited > WAIT {
            shared.run_late.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How crowded it was of late.
    #[must_use]
    pub fn crowd(&self) -> Crowd {
        self.shared.look(self.shared.micros());
        match self.shared.crowd.load(Ordering::Relaxed) {
            0 => Crowd::Nobody,
            1 => Crowd::Some,
            _ => Crowd::Many,
        }
    }

    /// What there is to see.
    #[must_use]
    pub fn sight(&self) -> Sight {
        let shared = &self.shared;
        let kept = shared.kept.iter().map(|share| share.used.load(Ordering::Relaxed));
        Sight {
            under_way: kept.sum::<u32>() + shared.common.0.load(Ordering::Relaxed),
            common: shared.limit.load(Ordering::Relaxed),
            turned_away: shared.turned_away_ever.load(Ordering::Relaxed),
        }
    }
}

fn take(used: &AtomicU32, fits: impl Fn(u32) -> Option<u32>) -> bool {
    used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok()
}

impl Shared {
    fn micros(&self) -> u64 {
        self.began.elapsed().as_micros() as u64
    }

    /// Ends a look that is over: whoever comes first does.
    fn look(&self, now: u64) {
        let ends = self.look_ends.load(Ordering::Relaxed);
        let next = now + LOOK.as_micros() as u64;
        if now < ends
            || (self.look_ends)
                .compare_exchange(ends, next, Ordering::Relaxed, Ordering::Relaxed)
                .is_err()
        {
            return;
        }
        let count = |count: &AtomicU32| count.swap(0, Ordering::Relaxed);
        let seen = Seen {
            back: count(&self.back.0.all),
            late: count(&self.back.0.late),
            turned_away: count(&self.turned_away),
            run: count(&self.run),
            run_late: count(&self.run_late),
            starves: self.starves.load(Ordering::Relaxed),
        };
        let limit = self.limit.load(Ordering::Relaxed);
        self.limit.store(self.room.after(limit, seen), Ordering::Relaxed);
        self.crowd.store(seen.crowd() as u8, Ordering::Relaxed);
    }
}

/// Room for one command under way, given back when dropped.
pub struct Pass {
    shared: Arc<Shared>,
    /// The class in whose part it is; nothing for the common one.
    kept: Option<Class>,
    cost: u32,
    /// Microseconds from the beginning of the turnstile.
    since: u64,
}

impl Drop for Pass {
    fn drop(&mut self) {
        let shared = &self.shared;
        if let Some(share) = self.kept.and_then(|class| shared.kept.get(class)) {
            share.used.fetch_sub(self.cost, Ordering::Relaxed);
        } else {
            shared.common.0.fetch_sub(self.cost, Ordering::Relaxed);
        }
        let now = shared.micros();
        shared.back.0.all.fetch_add(1, Ordering::Relaxed);
        if shared
            .room
            .is_late(Duration::from_micros(now.saturating_sub(self.since)))
        {
            shared.back.0.late.fetch_add(1, Ordering::Relaxed);
        }
        shared.look(now);
    }
}
