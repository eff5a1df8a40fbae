//! Processor time by groups of threads, where the system tells it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::clients::THREAD;

/// Groups by the beginning of the thread's name, in the order in which they are shown.
const GROUPS: [(&str, &str); 5] = [
    (THREAD, "clients"),
    ("tokio", "tasks"),
    ("journal", "journal"),
    ("views", "views"),
    ("rocksdb", "store"),
];
/// All other threads.
const REST: &str = "other";

/// Processor time of each living thread.
#[derive(Debug, Default, Clone)]
pub(super) struct Threads(BTreeMap<u32, (&'static str, Duration)>);

impl Threads {
    /// Nothing where the system has no `/proc`.
    pub(super) fn now() -> Self {
        let tick = Duration::from_secs(1) / rustix::param::clock_ticks_per_second().max(1) as u32;
        let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
        let read = |entry: std::fs::DirEntry| {
            let id = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            let (group, ticks) = of_stat(&stat)?;
            Some((id, (group, tick * ticks)))
        };
        Self(tasks.filter_map(read).collect())
    }

    /// Seconds of each group since `before`. A thread that ended between is not seen.
    pub(super) fn since(&self, before: &Self) -> BTreeMap<&'static str, f64> {
        let mut groups = BTreeMap::new();
        for (id, (group, now)) in &self.0 {
            let then = before.0.get(id).map_or(Duration::ZERO, |(_, then)| *then);
            *groups.entry(*group).or_insert(0.0) += now.saturating_sub(then).as_secs_f64();
        }
        groups
    }
}

/// Group and ticks (user and system) of a line of `/proc/self/task/<id>/stat`.
fn of_stat(stat: &str) -> Option<(&'static str, u32)> {
    // The name stands in brackets and may hold anything, brackets too.
    let (head, fields) = stat.rsplit_once(')')?;
    let (_, name) = head.split_once('(')?;
    let mut fields = fields.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u32>().ok();
    let sum = ticks()?.checked_add(ticks()?)?;
    let group = GROUPS.iter().find(|(start, _)| name.starts_with(start));
    Some((group.map_or(REST, |(_, group)| group), sum))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects the split of processor time: a thread belongs to the group of its name, whatever the name holds.
    #[test]
    fn a_thread_belongs_to_the_group_of_its_name() {
        let stat = |name: &str| format!("17 ({name}) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0");
        for (name, group) in [
            ("client", "clients"),
            ("client-clock", "clients"),
            ("tokio-rt-worker", "tasks"),
            ("journal", "journal"),
            ("views-2", "views"),
            ("rocksdb:low", "store"),
            ("a (b) c", "other"),
        ] {
            assert_eq!(of_stat(&stat(name)), Some((group, 300)), "{name}");
        }
        for bad in ["", "17 (x", "17 (x) S 1 2", "17 (x) S 1 2 3 4 5 6 7 8 9 10 a b"] {
            assert_eq!(of_stat(bad), None, "{bad}");
        }
    }
}
