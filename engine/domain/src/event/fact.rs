//! What was said of a market's settlement, and what stands of it.
//!
//! Messages come late, twice and in any order. So a market keeps what was said as a set of facts in the order in which
//! they were published, and what stands is a function of that set alone. Of one millisecond the order is that of the
//! variants of [`Said`]: what takes back comes after what it takes back.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::codec;
use crate::ids::SelectionNo;
use crate::market::{MarketSettlement, PriceError, SelectionResult, Window, Withdrawal};
use crate::odds::Odds;
use crate::time::Time;

/// Who says it. What a trader says of results and prices stands above what the feed says until the trader takes it back;
/// each takes back only what is its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Origin {
    /// The feed.
    #[default]
    Feed,
    /// A trader, by hand.
    Trader,
}

/// Something that was said of a market's settlement. Its bytes are in journals for ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// When its source published it.
    pub at: Time,
    /// Who says it.
    pub origin: Origin,
    /// What is said.
    pub said: Said,
}

/// What can be said of a market's settlement. In journals for ever: append, never reorder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Said {
    /// A result. It replaces an earlier one of the same origin; but one that is not confirmed never replaces one that is.
    Result {
        /// Whether it is final.
        confirmed: bool,
        /// Every selection once, by number.
        results: Vec<SelectionResult>,
    },
    /// The result that stands is final. A trader's is for the trader's own result or else for the feed's.
    Confirm,
    /// All earlier results of this origin are taken back.
    RollbackResult,
    /// Bets placed in the window are void.
    Cancel {
        /// When they were placed.
        window: Window,
        /// Why.
        reason: Box<str>,
    },
    /// The earlier cancel of exactly this window is taken back.
    RollbackCancel {
        /// The window.
        window: Window,
    },
    /// A price was a palpable error. It replaces an earlier one of the same selection and window.
    PriceError {
        /// The selection, the window and the right price.
        error: PriceError,
    },
    /// The earlier price error of exactly this selection and window is taken back.
    RollbackPriceError {
        /// The selection.
        selection: SelectionNo,
        /// The window.
        window: Window,
    },
}

impl Fact {
    /// By time of publication, then by a total order of the content.
    fn order(&self, other: &Fact) -> Ordering {
        let content = |fact: &Fact| {
            let mut bytes = Vec::new();
            codec::encode(&(&fact.said, fact.origin), &mut bytes);
            bytes
        };
        self.at.cmp(&other.at).then_with(|| content(self).cmp(&content(other)))
    }

    /// Whether no bets are taken once this is known, even where it was taken back before it came in.
    pub(super) fn ends_trading(&self) -> bool {
        match &self.said {
            Said::Result { .. } => true,
            Said::Cancel { window, .. } => *window == Window::ALWAYS,
            _ => false,
        }
    }

    /// How many results of selections it holds.
    pub(super) fn results(&self) -> usize {
        match &self.said {
            Said::Result { results, .. } => results.len(),
            _ => 0,
        }
    }
}

/// The facts of a market, each once, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts(Vec<Fact>);

impl Facts {
    /// The facts in their order.
    pub fn iter(&self) -> std::slice::Iter<'_, Fact> {
        self.0.iter()
    }

    /// Whether this was said at that time by that origin.
    pub fn contains(&self, fact: &Fact) -> bool {
        self.position(fact).is_ok()
    }

    fn position(&self, fact: &Fact) -> Result<usize, usize> {
        self.0.binary_search_by(|known| known.order(fact))
    }

    /// Adds a fact; one that is there already adds nothing.
    pub(super) fn insert(&mut self, fact: Fact) {
        if let Err(at) = self.position(&fact) {
            self.0.insert(at, fact);
        }
    }

    /// Forgets what was said at this time or later.
    pub(super) fn forget_from(&mut self, at: Time) {
        self.0.retain(|fact| fact.at < at);
    }

    /// Whether this fact would change anything of what stood when it was published.
    pub(super) fn is_changed_by(&self, fact: &Fact) -> bool {
        let at = self.position(fact).unwrap_or_else(|at| at);
        let mut standing = Standing::of(&self.0[..at]);
        standing.take(fact)
    }

    /// What stands, with these withdrawals.
    pub(super) fn settlement(&self, withdrawals: Vec<Withdrawal>) -> MarketSettlement {
        let Standing { feed, trader } = Standing::of(&self.0);
        let result = trader.result.or(feed.result);
        let voids: BTreeSet<Window> = feed.voids.keys().chain(trader.voids.keys()).copied().collect();
        let mut errors = feed.errors;
        errors.extend(trader.errors);
        let error = |((selection, window), price)| PriceError {
            selection,
            window,
            price,
        };
        MarketSettlement {
            results: result.map_or_else(Vec::new, |result| result.results.to_vec()),
            confirmed: result.is_some_and(|result| result.confirmed),
            voids: voids.into_iter().collect(),
            errors: errors.into_iter().map(error).collect(),
            withdrawals,
        }
    }

    /// Why every bet is void; `None` where they are not.
    pub(super) fn void_reason(&self) -> Option<&str> {
        let Standing { feed, trader } = Standing::of(&self.0);
        let mut sources = [trader, feed].into_iter();
        sources.find_map(|source| source.voids.get(&Window::ALWAYS).copied())
    }
}

/// What one origin says so far.
#[derive(Default)]
struct Source<'a> {
    result: Option<Told<'a>>,
    voids: BTreeMap<Window, &'a str>,
    errors: BTreeMap<(SelectionNo, Window), Option<Odds>>,
}

#[derive(Clone, Copy)]
struct Told<'a> {
    confirmed: bool,
    results: &'a [SelectionResult],
}

/// What both say so far.
#[derive(Default)]
struct Standing<'a> {
    feed: Source<'a>,
    trader: Source<'a>,
}

impl<'a> Standing<'a> {
    fn of(facts: &'a [Fact]) -> Standing<'a> {
        let mut standing = Standing::default();
        for fact in facts {
            standing.take(fact);
        }
        standing
    }

    /// Takes in the next fact and says whether it changes anything.
    fn take(&mut self, fact: &'a Fact) -> bool {
        let own = match fact.origin {
            Origin::Trader if fact.said == Said::Confirm && self.trader.result.is_none() => &mut self.feed,
            Origin::Trader => &mut self.trader,
            Origin::Feed => &mut self.feed,
        };
        match &fact.said {
            Said::Result { confirmed, results } => {
                let (confirmed, results) = (*confirmed, results.as_slice());
                if own.result.is_some_and(|known| known.confirmed && !confirmed) {
                    return false;
                }
                own.result = Some(Told { confirmed, results });
                true
            }
            Said::Confirm => match &mut own.result {
                Some(result) => !std::mem::replace(&mut result.confirmed, true),
                None => false,
            },
            Said::RollbackResult => own.result.take().is_some(),
            Said::Cancel { window, reason } => own.voids.insert(*window, reason).is_none(),
            Said::RollbackCancel { window } => own.voids.remove(window).is_some(),
            Said::PriceError { error } => {
                let known = own.errors.insert((error.selection, error.window), error.price);
                known != Some(error.price)
            }
            Said::RollbackPriceError { selection, window } => own.errors.remove(&(*selection, *window)).is_some(),
        }
    }
}
