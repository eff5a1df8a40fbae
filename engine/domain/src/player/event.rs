//! What happened to a player.
//!
//! The bytes of these events are in journals for ever. Variants are appended and never reordered or removed; a variant
//! that needs other fields is appended as a new one beside the old, which is applied for ever.

use serde::{Deserialize, Serialize};

use super::factors::Factor;
use super::limits::{LimitKind, PendingLimit};
use super::slip::{Approval, Released, Slip, Stage};
use super::state::AccountStatus;
use crate::bet::{BetStatus, Leg, LegResult, PerLeg, PlainBet, PlainResult, Terms};
use crate::codec::{self, DecodeError};
use crate::exposure::Load;
use crate::ids::{BetNo, SlipNo};
use crate::ledger::{Transfer, TransferNo};
use crate::market::Why;
use crate::money::{Amount, Currency};
use crate::rules::Phase;
use crate::time::Time;

/// The first of the bytes of [`Event::BetPlaced`].
const BET_PLACED: u8 = 3;
/// Of [`Event::Deposited`] and [`Event::Withdrawn`].
const CASHIER: std::ops::RangeInclusive<u8> = 1..=2;
/// Of [`Event::SlipHeld`], [`Event::SlipApproved`], [`Event::SlipReleased`] and [`Event::SlipOffered`].
const SLIP: std::ops::RangeInclusive<u8> = 16..=19;

/// Something that happened to a player. Amounts are minor units of the wallet's currency; `at` is when it was decided.
/// Transfers are booked by applying the event, in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The wallet was opened.
    Registered {
        /// When.
        at: Time,
        /// The brand.
        brand: Box<str>,
        /// The brand's reference of the player.
        reference: Box<str>,
        /// The wallet's currency.
        currency: Currency,
    },
    /// Money came in.
    Deposited {
        /// When.
        at: Time,
        /// How much.
        amount: Amount,
        /// The bookings.
        transfers: Vec<Transfer>,
    },
    /// Money went out.
    Withdrawn {
        /// When.
        at: Time,
        /// How much.
        amount: Amount,
        /// The bookings.
        transfers: Vec<Transfer>,
    },
    /// A bet was taken and its stake held.
    BetPlaced {
        /// The terms.
        terms: Terms,
        /// The hold.
        hold: Transfer,
    },
    /// A result was recorded on a leg, by the first version.
    LegResulted {
        /// The bet.
        bet: BetNo,
        /// The leg, from 0.
        leg: u8,
        /// The result.
        result: PlainResult,
    },
    /// An open bet was settled.
    BetSettled {
        /// The bet.
        bet: BetNo,
        /// When.
        at: Time,
        /// How; never open.
        status: BetStatus,
        /// What it returned, stake included.
        returned: Amount,
        /// The bookings.
        transfers: Vec<Transfer>,
    },
    /// A settlement was taken back, by the first version.
    BetReopened {
        /// The bet.
        bet: BetNo,
        /// When.
        at: Time,
        /// The transfer that holds the stake again.
        hold: TransferNo,
        /// The bookings, the hold among them.
        transfers: Vec<Transfer>,
    },
    /// A settled bet that was not held any more was read back from history, by the first version.
    BetRecalled {
        /// The bet.
        bet: Box<PlainBet>,
    },
    /// A limit was set, removed, or its change was begun.
    LimitSet {
        /// When.
        at: Time,
        /// Which limit.
        kind: LimitKind,
        /// What holds from now on; `None` is no limit.
        in_force: Option<Amount>,
        /// What will replace it.
        pending: Option<PendingLimit>,
    },
    /// The player excluded themselves.
    SelfExcluded {
        /// When.
        at: Time,
        /// Until when.
        until: Time,
    },
    /// The operator changed the account's status.
    StatusSet {
        /// When.
        at: Time,
        /// The new status.
        status: AccountStatus,
        /// Why.
        reason: Box<str>,
    },
    /// A result was recorded on a leg.
    LegDecided {
        /// The bet.
        bet: BetNo,
        /// The leg, from 0.
        leg: u8,
        /// The result.
        result: LegResult,
        /// Why it is that.
        why: Why,
    },
    /// Lines of a bet were settled while others stay open. All amounts are of all lines settled so far.
    LinesSettled {
        /// The bet.
        bet: BetNo,
        /// When.
        at: Time,
        /// Stake of the settled lines.
        stake_settled: Amount,
        /// What they returned in money, stake included.
        returned: Amount,
        /// What they gave back to the player's free bets.
        refunded: Amount,
        /// The bookings.
        transfers: Vec<Transfer>,
    },
    /// A settled bet that was not held any more was read back from history.
    BetRestored {
        /// Its events, oldest first. Their bookings were made when they happened.
        history: Vec<Event>,
    },
    /// The house granted free bets.
    FreeBetGranted {
        /// When.
        at: Time,
        /// How much.
        amount: Amount,
        /// What for.
        reason: Box<str>,
        /// The bookings.
        transfers: Vec<Transfer>,
    },
    /// A trader set or removed a factor on what the player may stake and win.
    FactorSet {
        /// When.
        at: Time,
        /// The sport; empty for every sport that has none of its own.
        sport: Box<str>,
        /// Before or during the event.
        phase: Phase,
        /// The factor; `None` removes it.
        factor: Option<Factor>,
        /// The trader.
        by: Box<str>,
    },
    /// A slip waits for its delay or for a trader, and its stakes are held.
    SlipHeld {
        /// The slip.
        slip: SlipNo,
        /// When.
        at: Time,
        /// Until when it waits.
        until: Time,
        /// What it waits for: not an offer.
        stage: Stage,
        /// The whole slip.
        asked: Box<Slip>,
        /// What it loads the player's bounds with.
        load: Load,
        /// The trader who lets it be larger than the bounds.
        approval: Option<Approval>,
        /// The holds.
        transfers: Vec<Transfer>,
    },
    /// A trader took a slip as asked. It is taken when its delay is over, if nothing else is against it then.
    SlipApproved {
        /// The slip.
        slip: SlipNo,
        /// When.
        at: Time,
        /// Until when its delay lasts; `at` where it has none.
        until: Time,
        /// The trader.
        by: Box<str>,
    },
    /// A slip waits no more, and its stakes are let go.
    SlipReleased {
        /// The slip.
        slip: SlipNo,
        /// When.
        at: Time,
        /// How its waiting ended.
        how: Released,
        /// The trader whose answer ended it.
        by: Option<Box<str>>,
        /// The bookings.
        transfers: Vec<Transfer>,
    },
    /// Other stakes or prices are offered to the player. Nothing is held.
    SlipOffered {
        /// The slip.
        slip: SlipNo,
        /// When.
        at: Time,
        /// Until when the offer stands.
        until: Time,
        /// The slip as offered.
        offer: Box<Slip>,
        /// The trader who offers it, where one does.
        approval: Option<Approval>,
    },
    /// A price for buying a bet back was given and is kept for a while. It takes the place of the one before and ends
    /// with any change of the bet.
    CashOutLocked {
        /// The bet.
        bet: BetNo,
        /// When.
        at: Time,
        /// Until when it is kept, that time not counted.
        until: Time,
        /// The stake that it is for.
        stake: Amount,
        /// What is paid for that stake.
        amount: Amount,
    },
    /// Open stake of a bet was bought back.
    BetCashedOut {
        /// The bet.
        bet: BetNo,
        /// When.
        at: Time,
        /// The stake.
        stake: Amount,
        /// What was paid for it.
        paid: Amount,
        /// The bookings.
        transfers: Vec<Transfer>,
    },
    /// All that was settled of a bet was taken back.
    BetUnsettled {
        /// The bet.
        bet: BetNo,
        /// When.
        at: Time,
        /// How it stood: open where only some of its lines were settled.
        was: BetStatus,
        /// The transfer that holds the stake.
        hold: TransferNo,
        /// The bookings.
        transfers: Vec<Transfer>,
    },
}

impl Event {
    /// The bet that it is part of the history of. A price that was kept is none: it changed nothing of the bet.
    pub fn bet(&self) -> Option<BetNo> {
        match self {
            Event::BetPlaced { terms, .. } => Some(terms.no),
            Event::LegResulted { bet, .. }
            | Event::LegDecided { bet, .. }
            | Event::LinesSettled { bet, .. }
            | Event::BetSettled { bet, .. }
            | Event::BetReopened { bet, .. }
            | Event::BetUnsettled { bet, .. }
            | Event::BetCashedOut { bet, .. } => Some(*bet),
            Event::BetRecalled { bet } => Some(bet.terms.no),
            Event::BetRestored { history } => history.first()?.bet(),
            _ => None,
        }
    }

    /// The bookings that it makes.
    pub fn transfers(&self) -> &[Transfer] {
        match self {
            Event::Deposited { transfers, .. }
            | Event::Withdrawn { transfers, .. }
            | Event::LinesSettled { transfers, .. }
            | Event::FreeBetGranted { transfers, .. }
            | Event::SlipHeld { transfers, .. }
            | Event::SlipReleased { transfers, .. }
            | Event::BetSettled { transfers, .. }
            | Event::BetReopened { transfers, .. }
            | Event::BetUnsettled { transfers, .. }
            | Event::BetCashedOut { transfers, .. } => transfers,
            Event::BetPlaced { hold, .. } => std::slice::from_ref(hold),
            _ => &[],
        }
    }

    /// Appends its journal bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        codec::encode(self, out);
    }

    /// Whether journal bytes are of a slip that waits or waited, or of money through the cashier, by the first alone: nearly
    /// all are of bets, and who reads along for these wants none of them.
    pub fn is_of_slip_or_cashier(bytes: &[u8]) -> bool {
        let first = bytes.first();
        first.is_some_and(|variant| SLIP.contains(variant) || CASHIER.contains(variant))
    }

    /// The number and the legs of a bet that was placed, from journal bytes; the rest of the event is not read.
    pub fn legs_placed(bytes: &[u8]) -> Result<Option<(BetNo, PerLeg<Leg>)>, DecodeError> {
        if bytes.first() != Some(&BET_PLACED) {
            return Ok(None);
        }
        // The variant, and the first terms.
        let (_, no, _, legs): (u8, BetNo, Time, PerLeg<Leg>) = codec::decode_front(bytes, codec::MAX_RECORD_BYTES)?;
        Ok(Some((no, legs)))
    }

    /// Reads journal bytes of exactly one event.
    pub fn decode(bytes: &[u8]) -> Result<Event, DecodeError> {
        codec::decode(bytes, codec::MAX_RECORD_BYTES)
    }
}
