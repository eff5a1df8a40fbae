//! The plan: which call gets which fault.

use std::ffi::CString;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::pattern::fits;

/// Rules of a plan at the most: each has a bit in what is known of an open file.
pub const RULES_MAX: usize = 16;
/// Milliseconds that a call is held up, at the most: a test is not to wait for longer.
pub const WAIT_MS_MAX: u64 = 10_000;

/// What the process asks of the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Opening a file so that it can be written, or making it.
    Open,
    /// Writing bytes.
    Write,
    /// Making what was written durable, in a file or a folder.
    Sync,
    /// Changing the length of a file.
    Truncate,
    /// Giving a file another name; the pattern is of the new one.
    Rename,
    /// Taking a name away.
    Remove,
    /// Making a folder.
    Mkdir,
    /// Reading the wall clock.
    Clock,
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The process is killed before it.
    Kill,
    /// The process is killed when it is done.
    KillAfter,
    /// Half of it is written, then the process is killed.
    Tear,
    /// Half of it is written, and the process is told so.
    Short,
    /// It fails with this number.
    Fail(i32),
    /// It takes so many milliseconds more.
    Wait(u64),
    /// The clock is so many seconds ahead.
    Shift(i64),
    /// The clock stands where it stood.
    Stand,
}

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// What it meets.
    pub operation: Operation,
    pattern: Vec<u8>,
    first: u64,
    last: u64,
    /// What it does.
    pub action: Action,
    switch: Option<CString>,
    met: AtomicU64,
}

/// All rules.
#[derive(Debug, Default)]
pub struct Plan {
    rules: Vec<Rule>,
}

impl Plan {
    /// Reads a plan: rules separated by `;`, each `name operation pattern which action`.
    ///
    /// | part | is |
    /// |---|---|
    /// | name | of its switch, a file in `switches` |
    /// | operation | `open` (to write), `write`, `sync`, `truncate`, `rename`, `remove`, `mkdir`, `clock` |
    /// | pattern | of paths below the folder, see [`fits`]; `-` for the clock |
    /// | which | `7` the seventh call that fits while the rule is on, `7..` that and all after it |
    /// | action | `kill`, `kill-after`, `tear`, `short`, `ENOSPC`, `EIO`, `EROFS`, `wait:MILLISECONDS`, `shift:SECONDS`, `stand` |
    ///
    /// Of several rules that fit a call the first one that acts is taken.
    ///
    /// # Errors
    /// What is wrong, and in which rule.
    pub fn parse(text: &str, switches: Option<&str>) -> Result<Self, String> {
        let rules = text.split(';').map(str::trim).filter(|rule| !rule.is_empty());
        let rules: Vec<Rule> = rules
            .map(|rule| Rule::parse(rule, switches).map_err(|why| format!("{rule:?}: {why}")))
            .collect::<Result<_, _>>()?;
        if rules.len() > RULES_MAX {
            return Err(format!("{} rules: give at most {RULES_MAX}", rules.len()));
        }
        Ok(Self { rules })
    }

    /// The rules that may meet calls on this path below the folder, a bit for each.
    #[must_use]
    pub fn about(&self, path: &[u8]) -> u32 {
        let bits = self.rules.iter().enumerate();
        bits.filter(|(_, rule)| fits(&rule.pattern, path))
            .fold(0, |bits, (at, _)| bits | 1 << at)
    }

    /// What becomes of a call on a file that these rules are about; counts it. `is_on` says whether a switch is there.
    pub fn meet(&self, operation: Operation, about: u32, is_on: impl Fn(&CString) -> bool) -> Option<Action> {
        let mut found = None;
        for (at, rule) in self.rules.iter().enumerate() {
            let fits = about & 1 << at != 0 && rule.operation == operation;
            if !fits || rule.switch.as_ref().is_some_and(|switch| !is_on(switch)) {
                continue;
            }
            let number = rule.met.fetch_add(1, Ordering::Relaxed) + 1;
            if (rule.first..=rule.last).contains(&number) {
                found = found.or(Some(rule.action));
            }
        }
        found
    }
}

impl Rule {
    fn parse(text: &str, switches: Option<&str>) -> Result<Self, String> {
        let parts: Vec<&str> = text.split_whitespace().collect();
        let [name, operation, pattern, which, action] = parts[..] else {
            return Err("give name, operation, pattern, which and action".into());
        };
        let operation = match operation {
            "open" => Operation::Open,
            "write" => Operation::Write,
            "sync" => Operation::Sync,
            "truncate" => Operation::Truncate,
            "rename" => Operation::Rename,
            "remove" => Operation::Remove,
            "mkdir" => Operation::Mkdir,
            "clock" => Operation::Clock,
            other => return Err(format!("{other} is no operation")),
        };
        let number = |text: &str| text.parse::<u64>().ok().filter(|number| *number > 0);
        let (first, last) = match which.strip_suffix("..") {
            Some(first) => (number(first), Some(u64::MAX)),
            None => (number(which), number(which)),
        };
        let (Some(first), Some(last)) = (first, last) else {
            return Err(format!("{which} is neither a number from 1 nor one followed by .."));
        };
        let action = action_of(action)?;
        let of_clock = matches!(action, Action::Shift(_) | Action::Stand);
        let of_writes = matches!(action, Action::Tear | Action::Short);
        if of_clock != (operation == Operation::Clock) || of_writes && operation != Operation::Write {
            return Err("the action does not go with the operation".into());
        }
        let switch = switches.map(|folder| CString::new(format!("{folder}/{name}")));
        Ok(Self {
            operation,
            pattern: pattern.into(),
            first,
            last,
            action,
            switch: switch.transpose().map_err(|_| "the name holds a zero byte")?,
            met: AtomicU64::new(0),
        })
    }
}

fn action_of(text: &str) -> Result<Action, String> {
    let (what, how_much) = text.split_once(':').unwrap_or((text, ""));
    let number = || {
        how_much
            .parse::<i64>()
            .map_err(|_| format!("{how_much:?} is no number"))
    };
    Ok(match what {
        "kill" => Action::Kill,
        "kill-after" => Action::KillAfter,
        "tear" => Action::Tear,
        "short" => Action::Short,
        "ENOSPC" => Action::Fail(libc::ENOSPC),
        "EIO" => Action::Fail(libc::EIO),
        "EROFS" => Action::Fail(libc::EROFS),
        "wait" => match u64::try_from(number()?) {
            Ok(ms) if ms <= WAIT_MS_MAX => Action::Wait(ms),
            _ => return Err(format!("wait for 0 to {WAIT_MS_MAX} milliseconds")),
        },
        "shift" => Action::Shift(number()?),
        "stand" => Action::Stand,
        other => return Err(format!("{other} is no action")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects tests from a fault at another call than the one that they mean.
    #[test]
    fn a_rule_acts_on_the_calls_that_it_names() {
        // given which calls, then what becomes of five of them
        let kill = Some(Action::Kill);
        let rows = [
            ("1", [kill, None, None, None, None]),
            ("3", [None, None, kill, None, None]),
            ("3..", [None, None, kill, kill, kill]),
            ("6", [None; 5]),
        ];
        for (which, acts) in rows {
            let plan = Plan::parse(&format!("a write data/*.log {which} kill"), None).expect("a plan");
            let about = plan.about(b"data/1.log");
            assert_eq!(plan.meet(Operation::Sync, about, |_| true), None, "another operation");
            assert_eq!(
                plan.meet(Operation::Write, plan.about(b"data/1.sst"), |_| true),
                None,
                "another file"
            );
            let met = [0; 5].map(|_| plan.meet(Operation::Write, about, |_| true));
            assert_eq!(met, acts, "{which}");
        }
    }

    /// Protects tests that switch a fault on: what came before does not count.
    #[test]
    fn what_comes_before_the_switch_does_not_count() {
        let plan = Plan::parse("full write * 2.. ENOSPC; late sync * 1 wait:5", Some("/switches")).expect("a plan");
        let about = plan.about(b"file");
        let fail = Some(Action::Fail(libc::ENOSPC));
        let switch = CString::new("/switches/full").expect("a path");
        assert_eq!(plan.meet(Operation::Write, about, |_| false), None);
        assert_eq!(plan.meet(Operation::Write, about, |_| false), None);
        assert_eq!(plan.meet(Operation::Write, about, |asked| *asked == switch), None);
        assert_eq!(plan.meet(Operation::Write, about, |asked| *asked == switch), fail);
        assert_eq!(plan.meet(Operation::Write, about, |_| false), None);
        assert_eq!(plan.meet(Operation::Write, about, |asked| *asked == switch), fail);
        assert_eq!(
            plan.meet(Operation::Sync, about, |asked| *asked == switch),
            None,
            "the other's switch is off"
        );
    }

    /// Protects tests from a plan that is not what was meant.
    #[test]
    fn plans_that_cannot_be_read_are_refused() {
        let many = "a write * 1 kill;".repeat(RULES_MAX + 1);
        let rows = [
            ("a write * 1", "give name"),
            ("a write * 1 kill now", "give name"),
            ("a read * 1 kill", "no operation"),
            ("a write * 0 kill", "neither a number"),
            ("a write * x.. kill", "neither a number"),
            ("a write * 1 die", "no action"),
            ("a sync * 1 tear", "does not go with"),
            ("a clock - 1 kill", "does not go with"),
            ("a write * 1 stand", "does not go with"),
            ("a sync * 1 wait:10001", "milliseconds"),
            ("a sync * 1 wait:-1", "milliseconds"),
            ("a clock - 1 shift:soon", "no number"),
            (&many, "at most 16"),
        ];
        for (text, why) in rows {
            let refused = Plan::parse(text, None).expect_err(text);
            assert!(refused.contains(why), "{text}: {refused}");
        }
    }
}
