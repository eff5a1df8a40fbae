//! The rules of a brand through time.

use std::collections::BTreeMap;

use super::{Phase, Rules};
use crate::market::NameKey;

/// All versions of a brand's rules: bets are taken by the newest and settled by their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleBook {
    current: Rules,
    past: BTreeMap<u32, Rules>,
    delays: Vec<DelayKey>,
    related: Vec<(NameKey, NameKey)>,
}

/// A delay by the key of its sport; `None` for every sport.
#[derive(Clone, Debug, PartialEq, Eq)]
struct DelayKey {
    sport: Option<NameKey>,
    phase: Phase,
    seconds: u16,
}

impl RuleBook {
    /// A book in which these are the newest rules.
    pub fn new(current: Rules) -> RuleBook {
        let delay = |rule: &super::DelayRule| DelayKey {
            sport: (!rule.sport.is_empty()).then(|| NameKey::of(&rule.sport)),
            phase: rule.phase,
            seconds: rule.seconds,
        };
        let pair = |related: &super::Related| (NameKey::of(&related.market), NameKey::of(&related.with));
        RuleBook {
            delays: current.delays.iter().map(delay).collect(),
            related: current.related.iter().map(pair).collect(),
            current,
            past: BTreeMap::new(),
        }
    }

    /// Adds rules that were in force before. Rules of the newest version or a later one are no past and are left out.
    pub fn with_past(mut self, past: impl IntoIterator<Item = Rules>) -> RuleBook {
        let older = past.into_iter().filter(|rules| rules.version < self.current.version);
        self.past = older.map(|rules| (rules.version, rules)).collect();
        self
    }

    /// The rules by which bets are taken.
    pub fn current(&self) -> &Rules {
        &self.current
    }

    /// The rules of a version; `None` for one that this book does not know.
    pub fn version(&self, version: u32) -> Option<&Rules> {
        if version == self.current.version {
            Some(&self.current)
        } else {
            self.past.get(&version)
        }
    }

    /// Seconds between placing and acceptance that the newest rules ask for: the longest that fits.
    pub fn delay_s(&self, sport: NameKey, phase: Phase) -> u16 {
        let fits = |rule: &&DelayKey| rule.phase == phase && rule.sport.is_none_or(|of| of == sport);
        self.delays
            .iter()
            .filter(fits)
            .map(|rule| rule.seconds)
            .max()
            .unwrap_or(0)
    }

    /// Whether markets of these two types of one event may be in one line by the newest rules.
    pub fn may_meet(&self, kind: NameKey, other: NameKey) -> bool {
        self.related.contains(&(kind, other)) || self.related.contains(&(other, kind))
    }
}
