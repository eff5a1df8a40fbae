//! What a market is.

use serde::{Deserialize, Serialize};

use super::MarketKey;
use crate::bet::LegOutcome;
use crate::event::command::RaceDefinition;
use crate::event::event::{self, Event, NewSelection};
use crate::event::fact::{Fact, Facts, Origin, Said};
use crate::ids::{MarketNo, SelectionNo};
use crate::market::{Chance, MarketSettlement, MarketStatus, NameKey, Window, Withdrawal, chances_by_price};
use crate::odds::Odds;
use crate::time::Time;

/// A market as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Market {
    /// Its number in the event.
    pub no: MarketNo,
    /// What it is named by.
    pub key: MarketKey,
    /// Its name.
    pub name: Box<str>,
    /// How many selections may win; 0 where not told.
    pub winners: u16,
    /// Whether bets are taken.
    pub status: MarketStatus,
    /// Whether it is in play.
    pub in_play: bool,
    /// Seconds between placing and acceptance in play.
    pub bet_delay_s: u16,
    /// Rises by one with each command that changes it.
    pub version: u64,
    /// Rises by one with each change of what is to be settled; 0 before the first.
    pub result_version: u32,
    /// Why every bet is void; `None` when they are not.
    pub void_reason: Option<Box<str>>,
    /// What race it is; `None` where it is none.
    pub race: Option<RaceDefinition>,
    /// What is to be settled on it, as last told.
    pub settlement: MarketSettlement,
    /// What was said of that.
    pub facts: Facts,
    /// When the source published its last change.
    pub source_time: Time,
    /// Its selections, by number from 1.
    pub selections: Vec<Selection>,
    /// Whether open bets on it may be bought back: the trader's stop.
    pub cash_out: bool,
    pub(super) kind: NameKey,
    runners: u16,
}

/// A selection as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// Its number in the market.
    pub no: SelectionNo,
    /// The source's id of it.
    pub source: Box<str>,
    /// Its name.
    pub name: Box<str>,
    /// Its price; `None` when none is offered.
    pub price: Option<Odds>,
    /// The last price that it had; `None` where it never had one.
    pub last_price: Option<Odds>,
    /// Whether it is withdrawn.
    pub removed: bool,
    /// The market's version by which it was withdrawn; 0 where it is not.
    pub removed_version: u64,
    /// What became of it; `None` while the market has no result.
    pub outcome: Option<LegOutcome>,
    /// How likely it comes in, by the source; `None` where the source has not said so since the prices are what they are.
    pub chance: Option<Chance>,
}

impl Market {
    /// A market before its first version: suspended and without prices.
    pub(in crate::event) fn opened(
        no: MarketNo,
        key: MarketKey,
        name: Box<str>,
        winners: u16,
        selections: &[NewSelection],
        source_time: Time,
    ) -> Market {
        let mut market = Market {
            no,
            kind: NameKey::of(&key.kind),
            key,
            name,
            winners,
            status: MarketStatus::Suspended,
            in_play: false,
            bet_delay_s: 0,
            version: 0,
            result_version: 0,
            void_reason: None,
            race: None,
            settlement: MarketSettlement::default(),
            facts: Facts::default(),
            source_time,
            selections: Vec::with_capacity(selections.len()),
            runners: 0,
            cash_out: true,
        };
        market.add(selections);
        market
    }

    /// A selection by its number.
    pub fn selection(&self, no: SelectionNo) -> Option<&Selection> {
        self.selections.get(usize::try_from(no.0).ok()?.checked_sub(1)?)
    }

    /// A selection by the source's id.
    pub fn selection_of(&self, source: &str) -> Option<&Selection> {
        self.selections.iter().find(|selection| *selection.source == *source)
    }

    /// Whether there is a result or a void.
    pub fn is_decided(&self) -> bool {
        matches!(self.status, MarketStatus::Resulted | MarketStatus::Void)
    }

    fn selection_mut(&mut self, no: SelectionNo) -> &mut Selection {
        &mut self.selections[no.0 as usize - 1]
    }

    pub(in crate::event) fn add(&mut self, selections: &[NewSelection]) {
        for new in selections {
            let no = SelectionNo(self.selections.len() as u32 + 1);
            let (source, name) = (new.source.clone(), new.name.clone());
            self.selections.push(Selection {
                no,
                source,
                name,
                price: None,
                last_price: None,
                removed: false,
                removed_version: 0,
                outcome: None,
                chance: None,
            });
            self.runners += 1;
        }
    }

    /// Selections that are not withdrawn.
    pub fn runners(&self) -> u16 {
        self.runners
    }

    /// The selections that left the market, by number.
    pub(in crate::event) fn withdrawals(&self) -> Vec<Withdrawal> {
        let withdrawal = |selection: &Selection| Withdrawal {
            selection: selection.no,
            version: selection.removed_version,
            price: selection.last_price,
            rule_four: self.race.is_some(),
        };
        let removed = self.selections.iter().filter(|selection| selection.removed);
        removed.map(withdrawal).collect()
    }

    /// How likely a selection comes in: by the source or, where it does not say, by the prices of the market.
    pub fn chance(&self, no: SelectionNo) -> Option<Chance> {
        let selection = self.selection(no)?;
        if selection.removed || selection.chance.is_some() {
            return selection.chance;
        }
        let prices: Vec<_> = self.selections.iter().map(|each| (each.price, each.removed)).collect();
        chances_by_price(&prices, self.winners)[no.0 as usize - 1]
    }

    /// Chances of one market hang together: the source's hold no longer than the prices and the field that it saw.
    fn forget_chances(&mut self) {
        self.selections.iter_mut().for_each(|selection| selection.chance = None);
    }
}

impl Market {
    pub(in crate::event) fn apply(&mut self, event: &Event) {
        match event {
            Event::FixtureUpdated { .. } | Event::MarketOpened { .. } => {}
            Event::DefinitionChanged { name, winners, .. } => {
                (self.name, self.winners) = (name.clone(), *winners);
            }
            Event::SelectionsAdded { selections, .. } => {
                self.forget_chances();
                self.add(selections);
            }
            Event::MarketStatusChanged { status, .. } => self.status = *status,
            Event::MarketInPlayChanged { in_play, .. } => self.in_play = *in_play,
            Event::BetDelayChanged { seconds, .. } => self.bet_delay_s = *seconds,
            Event::SelectionRemoved { selection, version, .. } => {
                let selection = self.selection_mut(*selection);
                (selection.removed, selection.removed_version, selection.price) = (true, *version, None);
                self.runners -= 1;
                self.forget_chances();
            }
            Event::LinesPosted { lines, .. } => {
                self.forget_chances();
                for line in lines {
                    let selection = self.selection_mut(line.selection);
                    (selection.price, selection.last_price) = (line.price, line.price.or(selection.last_price));
                }
            }
            Event::ChancesPosted { chances, .. } => {
                chances
                    .iter()
                    .for_each(|(no, chance)| self.selection_mut(*no).chance = *chance);
            }
            Event::CashOutSwitched { offered, .. } => self.cash_out = *offered,
            Event::MarketResulted { outcomes, .. } => {
                let (confirmed, results) = (true, event::plain_results(outcomes));
                self.recast(event, Said::Result { confirmed, results });
            }
            Event::ResultRolledBack { .. } => self.recast(event, Said::RollbackResult),
            Event::MarketVoided { reason, .. } => {
                let (window, reason) = (Window::ALWAYS, reason.clone());
                self.recast(event, Said::Cancel { window, reason });
            }
            Event::SettlementChanged {
                result_version,
                fact,
                settlement,
                ..
            } => {
                self.result_version = *result_version;
                if let Some(settlement) = settlement {
                    self.settlement = settlement.clone();
                }
                let ends = fact.as_ref().is_some_and(Fact::ends_trading);
                if let Some(fact) = fact {
                    self.facts.insert(fact.clone());
                }
                self.show(ends);
            }
            Event::RaceDeclared { handicap, .. } => self.race = Some(RaceDefinition { handicap: *handicap }),
        }
    }

    /// Takes in what the first version had of the settlement: of result, void and rollback each replaced all before it.
    fn recast(&mut self, event: &Event, said: Said) {
        let (at, origin) = (event.source_time(), Origin::Feed);
        self.facts.forget_from(at);
        if self.settlement.is_void() && !matches!(said, Said::Cancel { .. }) {
            let window = Window::ALWAYS;
            let said = Said::RollbackCancel { window };
            self.facts.insert(Fact { at, origin, said });
        }
        self.facts.insert(Fact { at, origin, said });
        if let Some((_, version, settlement)) = event.settlement() {
            (self.result_version, self.settlement) = (version, settlement);
        }
        self.show(true);
    }

    /// Brings status and outcomes to what stands.
    fn show(&mut self, ends_trading: bool) {
        let (void, resulted) = (self.settlement.is_void(), self.settlement.is_resulted());
        self.status = match (void, resulted) {
            (true, _) => MarketStatus::Void,
            (false, true) => MarketStatus::Resulted,
            (false, false) if ends_trading || self.is_decided() => MarketStatus::Closed,
            (false, false) => self.status,
        };
        self.void_reason = if void {
            self.facts.void_reason().map(Box::from)
        } else {
            None
        };
        let outcome = void.then_some(LegOutcome::Void);
        for selection in &mut self.selections {
            selection.outcome = outcome;
        }
        if !void {
            for result in &self.settlement.results {
                self.selections[result.selection.0 as usize - 1].outcome = Some(result.outcome);
            }
        }
    }
}
