//! Limits that players set for themselves, and what counts against them.
//!
//! A day is 24 hours, a week 7 days, a month 30 days, all rolling. Use is counted in buckets of an hour (day) or a UTC day
//! (week, month) and a bucket counts until it is wholly out of the window, so that a limit may bind a little longer but
//! never shorter. A stake that came back from a void bet still counts.

use serde::{Deserialize, Serialize};

use crate::money::Amount;
use crate::time::Time;

/// Which limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LimitKind {
    /// The stake of one bet.
    StakePerBet,
    /// Stakes of a day.
    StakeDay,
    /// Stakes of a week.
    StakeWeek,
    /// Stakes of a month.
    StakeMonth,
    /// Deposits of a day.
    DepositDay,
    /// Deposits of a week.
    DepositWeek,
    /// Deposits of a month.
    DepositMonth,
}

impl LimitKind {
    /// Limits on stakes, in the order in which they are checked.
    pub const STAKE: [LimitKind; 4] = [
        LimitKind::StakePerBet,
        LimitKind::StakeDay,
        LimitKind::StakeWeek,
        LimitKind::StakeMonth,
    ];
    /// Limits on deposits, in the order in which they are checked.
    pub const DEPOSIT: [LimitKind; 3] = [LimitKind::DepositDay, LimitKind::DepositWeek, LimitKind::DepositMonth];

    /// What it bounds, in words.
    pub fn words(self) -> &'static str {
        match self {
            LimitKind::StakePerBet => "stake per bet",
            LimitKind::StakeDay => "stakes of 24 hours",
            LimitKind::StakeWeek => "stakes of 7 days",
            LimitKind::StakeMonth => "stakes of 30 days",
            LimitKind::DepositDay => "deposits of 24 hours",
            LimitKind::DepositWeek => "deposits of 7 days",
            LimitKind::DepositMonth => "deposits of 30 days",
        }
    }
}

/// A change that is not yet in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingLimit {
    /// What will hold; `None` is no limit.
    pub amount: Option<Amount>,
    /// From when.
    pub from: Time,
}

/// One limit as last set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// Which.
    pub kind: LimitKind,
    /// What held when it was set; `None` is no limit.
    pub in_force: Option<Amount>,
    /// What replaces it later.
    pub pending: Option<PendingLimit>,
}

/// All limits of a player with the use that counts against them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    set: Vec<Limit>,
    stakes: Use,
    deposits: Use,
}

impl Limits {
    /// What holds at a time: a pending change holds from its time on. `None` is no limit.
    pub fn in_force(&self, kind: LimitKind, now: Time) -> Option<Amount> {
        let limit = self.get(kind)?;
        match limit.pending {
            Some(pending) if pending.from <= now => pending.amount,
            _ => limit.in_force,
        }
    }

    /// The change that is not yet in force at a time.
    pub fn pending(&self, kind: LimitKind, now: Time) -> Option<PendingLimit> {
        self.get(kind)?.pending.filter(|pending| pending.from > now)
    }

    /// What a limit leaves at a time; `None` is no limit.
    pub fn left(&self, kind: LimitKind, now: Time) -> Option<Amount> {
        let limit = self.in_force(kind, now)?;
        let used = match kind {
            LimitKind::StakePerBet => 0,
            LimitKind::StakeDay => self.stakes.of_hours(now, 24),
            LimitKind::StakeWeek => self.stakes.of_days(now, 7),
            LimitKind::StakeMonth => self.stakes.of_days(now, 30),
            LimitKind::DepositDay => self.deposits.of_hours(now, 24),
            LimitKind::DepositWeek => self.deposits.of_days(now, 7),
            LimitKind::DepositMonth => self.deposits.of_days(now, 30),
        };
        Some(Amount(limit.0.saturating_sub(used).max(0)))
    }

    fn get(&self, kind: LimitKind) -> Option<&Limit> {
        self.set.iter().find(|limit| limit.kind == kind)
    }

    pub(super) fn set(&mut self, limit: Limit) {
        self.set.retain(|known| known.kind != limit.kind);
        if limit.in_force.is_some() || limit.pending.is_some() {
            self.set.push(limit);
        }
    }

    pub(super) fn staked(&mut self, at: Time, amount: Amount) {
        self.stakes.add(at, amount);
    }

    pub(super) fn deposited(&mut self, at: Time, amount: Amount) {
        self.deposits.add(at, amount);
    }

    /// As [`super::state::State::touch`].
    pub(super) fn touch(&self) -> u64 {
        let last = |buckets: &[(u32, i64)]| buckets.last().map_or(0, |(_, sum)| *sum);
        (last(&self.stakes.hours) ^ last(&self.stakes.days)) as u64
    }
}

/// Sums by hour for a day and by day for a month; only buckets that have something, oldest first. Each list is as long as
/// its buckets are: one comes in an hour at the most.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Use {
    hours: Box<[(u32, i64)]>,
    days: Box<[(u32, i64)]>,
}

impl Use {
    fn add(&mut self, at: Time, amount: Amount) {
        add(&mut self.hours, at.hour(), amount.0, 24);
        add(&mut self.days, at.day(), amount.0, 30);
    }

    fn of_hours(&self, now: Time, hours: u32) -> i64 {
        sum(&self.hours, now.hour(), hours)
    }

    fn of_days(&self, now: Time, days: u32) -> i64 {
        sum(&self.days, now.day(), days)
    }
}

fn add(buckets: &mut Box<[(u32, i64)]>, bucket: u32, amount: i64, window: u32) {
    match buckets.last_mut() {
        // A clock that was set back counts into the newest bucket: it may bind longer, never shorter.
        Some((newest, sum)) if *newest >= bucket => *sum = sum.saturating_add(amount),
        _ => {
            let counts = |(old, _): &&(u32, i64)| old.saturating_add(window) >= bucket;
            let counting = buckets.iter().filter(counts).copied();
            *buckets = counting.chain([(bucket, amount)]).collect();
        }
    }
}

fn sum(buckets: &[(u32, i64)], now: u32, window: u32) -> i64 {
    let counts = buckets
        .iter()
        .filter(|(bucket, _)| bucket.saturating_add(window) >= now);
    counts.fold(0i64, |sum, (_, amount)| sum.saturating_add(*amount))
}
