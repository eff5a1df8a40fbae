//! What a player is.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::event::Event;
use super::factors::Factors;
use super::limits::{Limit, Limits};
use super::open_bets::OpenBets;
use super::reply::Balance;
use super::settled_bets::SettledBets;
use super::slip::{Approval, PendingSlip, Stage};
use crate::bet::{Bet, BetStatus, Fund};
use crate::codec::{self, DecodeError};
use crate::exposure::Load;
use crate::ids::{BetNo, SlipNo};
use crate::ledger::{Account, Imbalance, Ledger};
use crate::money::{Amount, Currency};
use crate::time::Time;

/// Settled bets that are held beside the open ones, the latest settled: most corrections come soon.
pub const SETTLED_BETS_HELD: usize = 8;

/// Layout of the snapshot bytes. A snapshot of another layout is rebuilt from the journal.
const LAYOUT: u8 = 3;

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
    pub(super) factors: Factors,
    bets_placed: u32,
    slips_numbered: u32,
    pending: BTreeMap<SlipNo, Box<PendingSlip>>,
    open: OpenBets,
    settled: SettledBets,
    locks: BTreeMap<BetNo, CashOutLock>,
}

/// A price for open stake of a bet that is kept for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CashOutLock {
    /// Until when it is kept, that time not counted.
    pub until: Time,
    /// The stake that it is for, minor units.
    pub stake: Amount,
    /// What is paid for that stake, minor units.
    pub amount: Amount,
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

    /// What can be staked as free bets and nothing else.
    pub fn free_bets(&self) -> Amount {
        self.ledger.free_bets()
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

    /// Reads something of each piece of memory that a bet needs, so that they come together and not one after the other; what
    /// it answers means nothing.
    pub fn touch(&self) -> u64 {
        u64::from(self.bets_placed) ^ self.ledger.touch() ^ self.limits.touch() ^ self.open.touch()
    }

    /// Number of the last bet; 0 before the first.
    pub fn bets_placed(&self) -> u32 {
        self.bets_placed
    }

    /// The factors on what the player may stake and win.
    pub fn factors(&self) -> &Factors {
        &self.factors
    }

    /// Number of the last slip that was not decided at once; 0 before the first.
    pub fn slips_numbered(&self) -> u32 {
        self.slips_numbered
    }

    /// A slip that waits.
    pub fn pending_slip(&self, no: SlipNo) -> Option<&PendingSlip> {
        self.pending.get(&no).map(Box::as_ref)
    }

    /// The slips that wait, by number.
    pub fn pending_slips(&self) -> impl ExactSizeIterator<Item = (SlipNo, &PendingSlip)> {
        self.pending.iter().map(|(no, slip)| (*no, slip.as_ref()))
    }

    /// When the next slip is to be decided, and which.
    pub fn due(&self) -> Option<(Time, SlipNo)> {
        self.pending.iter().map(|(no, slip)| (slip.until, *no)).min()
    }

    /// A bet that is held: every open one, and the settled ones that were settled last. A settled one is read from its bytes,
    /// and so is an open one of many.
    pub fn bet(&self, no: BetNo) -> Option<Cow<'_, Bet>> {
        let settled = || self.settled.get(no).map(Cow::Owned);
        self.open_bet(no).or_else(settled)
    }

    /// A bet that is open.
    pub fn open_bet(&self, no: BetNo) -> Option<Cow<'_, Bet>> {
        self.open.get(no)
    }

    /// The open bets, by number. Of many each is read from its bytes as it is asked for.
    pub fn open_bets(&self) -> impl DoubleEndedIterator<Item = Cow<'_, Bet>> + ExactSizeIterator {
        self.open.iter()
    }

    /// The open bets below a number, by number; as [`Self::open_bets`].
    pub fn open_bets_before(&self, no: BetNo) -> impl DoubleEndedIterator<Item = Cow<'_, Bet>> + ExactSizeIterator {
        self.open.before(no)
    }

    /// What the open bets load the player's bounds with together.
    pub fn open_bets_load(&self) -> Load {
        self.open.load()
    }

    /// The settled bets that are held, the one settled last at the end; at most [`SETTLED_BETS_HELD`]. Each is read from its
    /// bytes.
    pub fn settled_bets(&self) -> impl DoubleEndedIterator<Item = Bet> + ExactSizeIterator {
        self.settled.iter()
    }

    /// Bytes of memory that the settled bets which are held take beside the state itself.
    pub fn settled_bets_memory(&self) -> usize {
        self.settled.memory()
    }

    /// The price that was last kept for a bet, until the bet changes; it may be over.
    pub fn cash_out_lock(&self, bet: BetNo) -> Option<CashOutLock> {
        self.locks.get(&bet).copied()
    }

    /// Takes in an event. It cannot fail on what was decided on this state; anything else is a bug and panics.
    pub fn apply(&mut self, event: &Event) {
        for transfer in event.transfers() {
            self.ledger.post(transfer);
        }
        if !event.transfers().is_empty() {
            self.version += 1;
        }
        // A price was for the bet as it was.
        if let Some(bet) = event.bet() {
            self.locks.remove(&bet);
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
                self.open.insert(Bet::new(terms.clone(), hold.no));
            }
            Event::LegResulted { bet, .. } | Event::LegDecided { bet, .. } | Event::LinesSettled { bet, .. } => {
                self.apply_to_held(*bet, event);
            }
            Event::BetSettled { bet, .. } => {
                let mut bet = self.open.remove(*bet).expect("only an open bet is settled");
                bet.apply(event);
                self.settled.push(&bet);
            }
            Event::BetUnsettled {
                bet,
                was: BetStatus::Open,
                ..
            } => self.apply_to_held(*bet, event),
            Event::BetReopened { bet, .. } | Event::BetUnsettled { bet, .. } => {
                let bet = self.settled.remove(*bet);
                let mut bet = bet.expect("only a settled bet that is held is reopened");
                bet.apply(event);
                self.open.insert(bet);
            }
            Event::BetRecalled { bet } => self.settled.push(&bet.as_ref().into()),
            Event::BetRestored { history } => {
                let bet = Bet::fold(history).expect("a restored bet has its history from its placing");
                self.settled.push(&bet);
            }
            Event::FreeBetGranted { .. } => {}
            Event::CashOutLocked {
                bet,
                until,
                stake,
                amount,
                ..
            } => {
                let (until, stake, amount) = (*until, *stake, *amount);
                self.locks.insert(*bet, CashOutLock { until, stake, amount });
            }
            Event::BetCashedOut { bet, .. } => {
                self.apply_to_held(*bet, event);
                if let Some(bet) = self.open.remove(*bet) {
                    if bet.is_open() {
                        self.open.insert(bet);
                    } else {
                        self.settled.push(&bet);
                    }
                }
            }
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
            Event::FactorSet {
                sport, phase, factor, ..
            } => self.factors.set(sport, *phase, *factor),
            Event::SlipHeld {
                slip,
                at,
                until,
                stage,
                asked,
                load,
                approval,
                transfers,
            } => {
                let waiting = PendingSlip {
                    asked: asked.as_ref().clone(),
                    stage: *stage,
                    since: *at,
                    until: *until,
                    approval: approval.clone(),
                    load: *load,
                    holds: transfers.clone(),
                };
                self.wait(*slip, waiting);
            }
            Event::SlipOffered {
                slip,
                at,
                until,
                offer,
                approval,
            } => {
                let waiting = PendingSlip {
                    asked: offer.as_ref().clone(),
                    stage: Stage::Offer,
                    since: *at,
                    until: *until,
                    approval: approval.clone(),
                    load: Load::NONE,
                    holds: Vec::new(),
                };
                self.wait(*slip, waiting);
            }
            Event::SlipApproved { slip, until, by, .. } => {
                let waiting = self.pending.get_mut(slip).expect("only a slip that waits is approved");
                (waiting.stage, waiting.until) = (Stage::Delay, *until);
                waiting.approval = Some(Approval {
                    by: by.clone(),
                    priced: false,
                });
            }
            Event::SlipReleased { slip, .. } => {
                self.pending.remove(slip);
            }
        }
    }

    fn wait(&mut self, no: SlipNo, slip: PendingSlip) {
        self.slips_numbered = self.slips_numbered.max(no.0);
        self.pending.insert(no, Box::new(slip));
    }

    fn apply_to_held(&mut self, no: BetNo, event: &Event) {
        let held = self.open.apply(no, event) || self.settled.apply(no, event);
        assert!(held, "only a bet that is held gets a result");
    }

    /// Proves the wallet: the ledger's own rules, that open stakes are the stakes of the open bets and of the slips that
    /// wait, and that what is held of the player's money and of the free bets is what the untouched bets and the waiting
    /// slips of each were placed with.
    pub fn check(&self) -> Result<(), WalletFault> {
        self.ledger.check()?;
        let waiting = self.pending.values().flat_map(|slip| &slip.holds);
        let waiting = waiting.map(|hold| hold.amount.0).sum::<i64>();
        let stakes = self.open_bets().map(|bet| bet.open_stake().0).sum::<i64>() + waiting;
        let held = self.ledger.held();
        if held.0 != stakes {
            return Err(WalletFault::OpenStakes {
                held,
                stakes: Amount(stakes),
            });
        }
        for (fund, account) in [
            (Fund::Cash, Account::PlayerAvailable),
            (Fund::FreeBet, Account::PlayerFreeBets),
        ] {
            let whole = |bet: &Cow<'_, Bet>| bet.terms.fund == fund && bet.open_stake() == bet.terms.stake;
            let stakes = self.open_bets().filter(whole).map(|bet| bet.terms.stake.0).sum::<i64>();
            let waiting = self.pending.values().flat_map(|slip| &slip.holds);
            let waiting = waiting.filter(|hold| hold.debit == account);
            let stakes = stakes + waiting.map(|hold| hold.amount.0).sum::<i64>();
            let held = Amount(self.ledger.totals(account).debits_pending);
            if held.0 != stakes {
                return Err(WalletFault::Holds {
                    account,
                    held,
                    stakes: Amount(stakes),
                });
            }
        }
        Ok(())
    }

    /// Appends its snapshot bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        // A struct is the bytes of its fields, one after the other: those of bets may be there already. Each field is named, so
        // that none can be left out.
        let State {
            profile,
            status,
            excluded_until,
            ledger,
            limits,
            version,
            factors,
            bets_placed,
            slips_numbered,
            pending,
            open,
            settled,
            locks,
        } = self;
        let wallet = (profile, status, excluded_until, ledger, limits, version, factors);
        codec::encode_snapshot(LAYOUT, &wallet, out);
        codec::encode(&(bets_placed, slips_numbered, pending), out);
        open.encode(out);
        settled.encode(out);
        codec::encode(locks, out);
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
    #[error("{} is held for open bets and waiting slips, but their stakes are {}", held.0, stakes.0)]
    OpenStakes {
        /// Held on the account.
        held: Amount,
        /// Stakes of the open bets and the waiting slips.
        stakes: Amount,
    },
    /// The ledger holds other stakes of a purse than the bets have that were placed from it.
    #[error("{} is held on {account:?}, but the untouched bets placed from it have {}", held.0, stakes.0)]
    Holds {
        /// The purse.
        account: Account,
        /// Held on it.
        held: Amount,
        /// Stakes of the open bets of which nothing is settled or bought back.
        stakes: Amount,
    },
}
