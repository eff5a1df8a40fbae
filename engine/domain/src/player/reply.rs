//! What the asker is told.

use serde::{Deserialize, Serialize};

use super::event::Event;
use super::factors::Factor;
use super::limits::{LimitKind, PendingLimit};
use super::slip::{Released, Slip, Stage};
use super::state::State;
use crate::bet::Terms;
use crate::codec::{self, DecodeError};
use crate::ids::{BetNo, SlipNo};
use crate::money::{Amount, Currency};
use crate::odds::Odds;
use crate::rules::{Phase, Rules};
use crate::time::Time;

/// A wallet at one moment, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// The wallet's currency.
    pub currency: Currency,
    /// What can be staked or withdrawn.
    pub available: Amount,
    /// Stakes of open bets.
    pub held: Amount,
    /// What the player owes.
    pub owed: Amount,
    /// Rises by each change of the wallet.
    pub version: u64,
}

/// The answer to a command that was not refused. Kept with the command's id: append variants, never reorder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// The wallet was opened by this command.
    Registered {
        /// The new wallet.
        balance: Balance,
    },
    /// The wallet after the command, also when the command changed nothing.
    Balance(Balance),
    /// The bet was taken.
    BetPlaced {
        /// Its number.
        bet: BetNo,
        /// When.
        placed_at: Time,
        /// The prices taken, in the order of the legs.
        prices: Vec<Odds>,
        /// What it returns at most: when every leg wins.
        potential_return: Amount,
        /// The wallet with the stake held.
        balance: Balance,
    },
    /// The limit was set or its change begun.
    LimitSet {
        /// Which.
        kind: LimitKind,
        /// What holds now; `None` is no limit.
        in_force: Option<Amount>,
        /// What replaces it later.
        pending: Option<PendingLimit>,
    },
    /// The exclusion holds.
    SelfExcluded {
        /// Until when.
        until: Time,
    },
    /// Done; there is nothing to tell.
    Done,
    /// The bets of a slip were taken.
    SlipPlaced {
        /// Each bet, in the order of the slip.
        bets: Vec<PlacedBet>,
        /// When.
        placed_at: Time,
        /// The wallet with the stakes held.
        balance: Balance,
    },
    /// The slip waits for its delay or for a trader.
    SlipPending {
        /// The slip.
        slip: SlipNo,
        /// What it waits for.
        stage: Stage,
        /// Until when.
        until: Time,
        /// The wallet with the stakes held.
        balance: Balance,
    },
    /// Other stakes or prices are offered.
    SlipOffered {
        /// The slip.
        slip: SlipNo,
        /// Until when the offer stands.
        until: Time,
        /// The slip as offered.
        offer: Box<Slip>,
        /// The wallet; nothing is held for the slip.
        balance: Balance,
    },
    /// A slip that waited was not taken.
    SlipRefused {
        /// The slip.
        slip: SlipNo,
        /// How its waiting ended: not accepted, and not with an offer.
        how: Released,
        /// The wallet with the stakes let go.
        balance: Balance,
    },
    /// The factor holds.
    FactorSet {
        /// The sport; empty for every sport that has none of its own.
        sport: Box<str>,
        /// Before or during the event.
        phase: Phase,
        /// The factor; `None` is none.
        factor: Option<Factor>,
    },
    /// The price for a bet is kept.
    CashOutLocked {
        /// The bet.
        bet: BetNo,
        /// The stake that it is for, minor units.
        stake: Amount,
        /// What is paid for that stake, minor units.
        amount: Amount,
        /// Until when it is kept, that time not counted.
        until: Time,
    },
    /// Open stake of a bet was bought back.
    CashedOut {
        /// The bet.
        bet: BetNo,
        /// The stake, minor units.
        stake: Amount,
        /// What was paid for it, minor units.
        paid: Amount,
        /// Stake of the bet that is still open, minor units.
        open_stake: Amount,
        /// The wallet with that paid in.
        balance: Balance,
    },
}

/// A bet of a slip that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacedBet {
    /// Its number.
    pub no: BetNo,
    /// The prices taken, in the order of its legs.
    pub prices: Vec<Odds>,
    /// Stake of all lines, minor units.
    pub stake: Amount,
    /// What it returns when every leg wins, minor units.
    pub potential_return: Amount,
}

impl Reply {
    /// The wallet as the reply has it.
    pub fn balance(&self) -> Option<&Balance> {
        match self {
            Reply::Registered { balance }
            | Reply::Balance(balance)
            | Reply::BetPlaced { balance, .. }
            | Reply::SlipPlaced { balance, .. }
            | Reply::SlipPending { balance, .. }
            | Reply::SlipOffered { balance, .. }
            | Reply::SlipRefused { balance, .. }
            | Reply::CashedOut { balance, .. } => Some(balance),
            Reply::LimitSet { .. }
            | Reply::SelfExcluded { .. }
            | Reply::Done
            | Reply::FactorSet { .. }
            | Reply::CashOutLocked { .. } => None,
        }
    }

    /// Appends its bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        codec::encode(self, out);
    }

    /// Reads the bytes of exactly one reply.
    pub fn decode(bytes: &[u8]) -> Result<Reply, DecodeError> {
        codec::decode(bytes, codec::MAX_RECORD_BYTES)
    }
}

/// The answer to the command that led to these events, which `after` already contains, by the rules of that moment.
pub fn reply(after: &State, events: &[Event], rules: &Rules) -> Reply {
    match (events, after.balance()) {
        ([], balance) => balance.map_or(Reply::Done, Reply::Balance),
        (events, Some(balance)) => told(after, events, balance, rules),
        _ => Reply::Done,
    }
}

fn told(after: &State, events: &[Event], balance: Balance, rules: &Rules) -> Reply {
    let placed = events.iter().filter_map(|event| match event {
        Event::BetPlaced { terms, .. } => Some(terms),
        _ => None,
    });
    let placed: Vec<&Terms> = placed.collect();
    let last = match (placed.as_slice(), events.last()) {
        ([], None) => return Reply::Balance(balance),
        ([], Some(last)) => last,
        ([terms], _) => return one_placed(terms, balance, rules),
        ([first, ..], _) => {
            return Reply::SlipPlaced {
                bets: placed.iter().map(|terms| of_placed(terms, rules)).collect(),
                placed_at: first.placed_at,
                balance,
            };
        }
    };
    match last {
        Event::Registered { .. } => Reply::Registered { balance },
        Event::LimitSet {
            kind,
            in_force,
            pending,
            ..
        } => Reply::LimitSet {
            kind: *kind,
            in_force: *in_force,
            pending: *pending,
        },
        Event::SelfExcluded { until, .. } => Reply::SelfExcluded { until: *until },
        Event::StatusSet { .. } => Reply::Done,
        Event::FactorSet {
            sport, phase, factor, ..
        } => Reply::FactorSet {
            sport: sport.clone(),
            phase: *phase,
            factor: *factor,
        },
        Event::SlipHeld { slip, stage, until, .. } => Reply::SlipPending {
            slip: *slip,
            stage: *stage,
            until: *until,
            balance,
        },
        Event::SlipApproved { slip, until, .. } => Reply::SlipPending {
            slip: *slip,
            stage: Stage::Delay,
            until: *until,
            balance,
        },
        Event::SlipOffered { slip, until, offer, .. } => Reply::SlipOffered {
            slip: *slip,
            until: *until,
            offer: offer.clone(),
            balance,
        },
        Event::SlipReleased { slip, how, .. } => Reply::SlipRefused {
            slip: *slip,
            how: how.clone(),
            balance,
        },
        Event::CashOutLocked {
            bet,
            until,
            stake,
            amount,
            ..
        } => Reply::CashOutLocked {
            bet: *bet,
            stake: *stake,
            amount: *amount,
            until: *until,
        },
        Event::BetCashedOut { bet, stake, paid, .. } => Reply::CashedOut {
            bet: *bet,
            stake: *stake,
            paid: *paid,
            open_stake: after.open_bet(*bet).map_or(Amount::ZERO, |bet| bet.open_stake()),
            balance,
        },
        _ => Reply::Balance(balance),
    }
}

fn one_placed(terms: &Terms, balance: Balance, rules: &Rules) -> Reply {
    let placed = of_placed(terms, rules);
    Reply::BetPlaced {
        bet: placed.no,
        placed_at: terms.placed_at,
        prices: placed.prices,
        potential_return: placed.potential_return,
        balance,
    }
}

fn of_placed(terms: &Terms, rules: &Rules) -> PlacedBet {
    PlacedBet {
        no: terms.no,
        prices: terms.legs.iter().map(|leg| leg.price).collect(),
        stake: terms.stake,
        potential_return: terms.potential_return(rules),
    }
}
