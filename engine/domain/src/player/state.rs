//! What a player is.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::event::Event;
use super::limits::{Limit, Limits};
use super::reply::Balance;
use crate::bet::Bet;
use crate::codec::{self, DecodeError};
use crate::ids::BetNo;
use crate::ledger::{Account, Imbalance, Ledger};
use crate::money::{Amount, Currency};
use crate::time::Time;

/// Settled bets that are held beside the open ones, the latest settled: most corrections come soon.
pub const SETTLED_BETS_HELD: usize = 8;

/// Layout of the snapshot bytes. A snapshot of another layout is rebuilt from the journal.
const LAYOUT: u8 = 1;

/// The operator's decision on an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AccountStatus {
    /// Nothing is held against the player.
    #[default]
    Active,
    /// Under review: no money moves, but open bets are settled.
    Suspended,
    /// For good: only withdrawals.
    Closed,
}

/// Who the player is to the brand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The brand.
    pub brand: Box<str>,
    /// The brand's reference of the player.
    pub reference: Box<str>,
    /// The wallet's currency.
    pub currency: Currency,
    /// When the wallet was opened.
    pub registered_at: Time,
}

/// A player: nothing before registration, then a wallet with its bets. It is the sum of its events and of nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub(super) profile: Option<Profile>,
    pub(super) status: AccountStatus,
    pub(super) excluded_until: Option<Time>,
    pub(super) ledger: Ledger,
    pub(super) limits: Limits,
    version: u64,
    bets_placed: u32,
    open: BTreeMap<BetNo, Box<Bet>>,
    settled: VecDeque<Box<Bet>>,
}

impl State {
    /// Who the player is; `None` before registration.
    pub fn profile(&self) -> Option<&Profile> {
        self.profile.as_ref()
    }

    /// The operator's decision on the account.
    pub fn status(&self) -> AccountStatus {
        self.status
    }

    /// The end of the last self-exclusion.
    pub fn excluded_until(&self) -> Option<Time> {
        self.excluded_until
    }

    /// The wallet's accounts.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The player's own limits.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The wallet; `None` before registration.
    pub fn balance(&self) -> Option<Balance> {
        let currency = self.profile.as_ref()?.currency;
        let ledger = &self.ledger;
        let (available, held, owed) = (ledger.available(), ledger.held(), ledger.owed());
        Some(Balance {
            currency,
            available,
            held,
            owed,
            version: self.version,
        })
    }

    /// Number of the last bet; 0 before the first.
    pub fn bets_placed(&self) -> u32 {
        self.bets_placed
    }

    /// A bet that is held: every open one, and the settled ones that were settled last.
    pub fn bet(&self, no: BetNo) -> Option<&Bet> {
        let settled = || self.settled.iter().find(|bet| bet.no() == no);
        self.open.get(&no).or_else(settled).map(Box::as_ref)
    }

    /// The open bets, by number.
    pub fn open_bets(&self) -> impl DoubleEndedIterator<Item = &Bet> + ExactSizeIterator {
        self.open.values().map(Box::as_ref)
    }

    /// The settled bets that are held, the one settled last at the end; at most [`SETTLED_BETS_HELD`].
    pub fn settled_bets(&self) -> impl DoubleEndedIterator<Item = &Bet> + ExactSizeIterator {
        self.settled.iter().map(Box::as_ref)
    }

    /// Takes in an event. It cannot fail on what was decided on this state; anything else is a bug and panics.
    pub fn apply(&mut self, event: &Event) {
        for transfer in event.transfers() {
            self.ledger.post(transfer);
        }
        if !event.transfers().is_empty() {
            self.version += 1;
        }
        match event {
            Event::Registered {
                at,
                brand,
                reference,
                currency,
            } => {
                let (brand, reference) = (brand.clone(), reference.clone());
                self.profile = Some(Profile {
                    brand,
                    reference,
                    currency: *currency,
                    registered_at: *at,
                });
            }
            Event::Deposited { at, amount, .. } => self.limits.deposited(*at, *amount),
            Event::Withdrawn { .. } => {}
            Event::BetPlaced { terms, hold } => {
                self.limits.staked(terms.placed_at, terms.stake);
                self.bets_placed = terms.no.0;
                self.open.insert(terms.no, Box::new(Bet::new(terms.clone(), hold.no)));
            }
            Event::LegResulted { bet, .. } => self.held_mut(*bet).apply(event),
            Event::BetSettled { bet, .. } => {
                let mut bet = self.open.remove(bet).expect("only an open bet is settled");
                bet.apply(event);
                self.hold_settled(bet);
            }
            Event::BetReopened { bet, .. } => {
                let at = self.settled.iter().position(|held| held.no() == *bet);
                let bet = at.and_then(|at| self.settled.remove(at));
                let mut bet = bet.expect("only a settled bet that is held is reopened");
                bet.apply(event);
                self.open.insert(bet.no(), bet);
            }
            Event::BetRecalled { bet } => self.hold_settled(bet.clone()),
            Event::LimitSet {
                kind,
                in_force,
                pending,
                ..
            } => {
                self.limits.set(Limit {
                    kind: *kind,
                    in_force: *in_force,
                    pending: *pending,
                });
            }
            Event::SelfExcluded { until, .. } => self.excluded_until = Some(*until),
            Event::StatusSet { status, .. } => self.status = *status,
        }
    }

    fn held_mut(&mut self, no: BetNo) -> &mut Bet {
        let settled = self.settled.iter_mut().find(|bet| bet.no() == no);
        self.open
            .get_mut(&no)
            .or(settled)
            .expect("only a bet that is held gets a result")
    }

    fn hold_settled(&mut self, bet: Box<Bet>) {
        if self.settled.len() == SETTLED_BETS_HELD {
            self.settled.pop_front();
        }
        self.settled.push_back(bet);
    }

    /// Proves the wallet: the ledger's own rules, and that open stakes are the stakes of the open bets.
    pub fn check(&self) -> Result<(), WalletFault> {
        self.ledger.check()?;
        let stakes = self.open.values().map(|bet| bet.terms.stake.0).sum::<i64>();
        let held = self.ledger.held();
        let pending = self.ledger.totals(Account::OpenStakes).credits_pending;
        if held.0 != stakes || pending != stakes {
            return Err(WalletFault::OpenStakes {
                held,
                stakes: Amount(stakes),
            });
        }
        Ok(())
    }

    /// Appends its snapshot bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        codec::encode_snapshot(LAYOUT, self, out);
    }

    /// Reads the bytes of exactly one snapshot.
    pub fn decode(bytes: &[u8]) -> Result<State, DecodeError> {
        codec::decode_snapshot(LAYOUT, bytes)
    }
}

/// A wallet that does not add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WalletFault {
    /// The ledger itself is out of balance.
    #[error(transparent)]
    Ledger(#[from] Imbalance),
    /// The ledger holds other stakes than the open bets have.
    #[error("{} is held for open bets, but their stakes are {}", held.0, stakes.0)]
    OpenStakes {
        /// Held on the account.
        held: Amount,
        /// Stakes of the open bets.
        stakes: Amount,
    },
}
