use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use shardbook_proto::client::v1::Bet;

use super::reconcile::Findings;
use crate::latency::{Meter, Times};

mod sales;
mod text;

pub use sales::Sales;

/// Mismatches kept in words; all are counted.
const MISMATCHES_KEPT: usize = 50;

/// What all players of a crowd did and saw, counted while they play.
#[derive(Debug, Default)]
pub struct Tally {
    /// Sockets open now.
    pub connected: AtomicU64,
    /// Sessions opened, again after a lost connection included.
    pub sessions: AtomicU64,
    /// Connections lost while the player was not done.
    pub lost: AtomicU64,
    /// Bets sent again with the same id.
    pub retries: AtomicU64,
    /// Accepted bets.
    pub accepted: AtomicU64,
    /// Accepted bets of several legs.
    pub accumulators: AtomicU64,
    /// Repeats of an id with the same bet.
    pub repeats: AtomicU64,
    /// Uses of an id for another bet.
    pub reuses: AtomicU64,
    /// Bets, slips and sales sent and not yet answered.
    pub in_flight: AtomicI64,
    /// Accepted slips.
    pub slips: AtomicU64,
    /// Bets and slips that were answered with a delay.
    pub delayed: AtomicU64,
    /// Of them, accepted afterwards.
    pub delayed_accepted: AtomicU64,
    /// Of them, not yet decided.
    pub waiting: AtomicI64,
    /// Of them, those whose players had to ask what became of them.
    pub inquired: AtomicU64,
    /// Lists of what open bets can be sold for.
    pub offer_lists: AtomicU64,
    /// Bets that may still be sent.
    pub tickets: AtomicI64,
    /// Market images received.
    pub images: AtomicU64,
    /// Market deltas received.
    pub deltas: AtomicU64,
    /// Notices that this client reads too slowly.
    pub resyncs: AtomicU64,
    /// Deltas that did not follow the version held.
    pub gaps: AtomicU64,
    /// Pushes of settled, voided or reopened bets.
    pub bet_pushes: AtomicU64,
    /// Pushes of balances.
    pub balance_pushes: AtomicU64,
    /// Players that have compared their books with the server's.
    pub reconciled: AtomicU64,
    /// From sending a bet to its answer, where that was not a delay.
    pub acceptance: Meter,
    /// From the end of a delay to the decision, as the player hears it.
    pub decision: Meter,
    /// From the server's receipt of a line to this process.
    pub push: Meter,
    refused: Mutex<BTreeMap<String, u64>>,
    mistakes: Mutex<BTreeMap<String, u64>>,
    delayed_refused: Mutex<BTreeMap<String, u64>>,
    types: Mutex<BTreeMap<String, u64>>,
    sales: Mutex<BTreeMap<String, Sales>>,
    sales_refused: Mutex<BTreeMap<String, u64>>,
    off: Mutex<Off>,
    found: Mutex<Findings>,
}

#[derive(Debug, Default)]
struct Off {
    count: u64,
    kept: Vec<String>,
}

/// What a crowd did and saw. The keys of its JSON are stable.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Summary {
    /// Players, each with a socket.
    pub players: u64,
    /// Sessions opened, again after a lost connection included.
    pub sessions: u64,
    /// Connections lost while the player was not done.
    pub connections_lost: u64,
    /// Accepted bets.
    pub bets_accepted: u64,
    /// Accepted bets of several legs in one line.
    pub accumulators: u64,
    /// Accepted bets by the name of their type.
    pub bets_by_type: BTreeMap<String, u64>,
    /// Accepted slips.
    pub slips_placed: u64,
    /// Bets and slips refused at once, by code, deliberate mistakes included.
    pub bets_refused: BTreeMap<String, u64>,
    /// Bets and slips that were answered with a delay.
    pub slips_delayed: u64,
    /// Of them, accepted afterwards.
    pub slips_accepted: u64,
    /// Of them, refused afterwards, by code.
    pub slips_refused: BTreeMap<String, u64>,
    /// Of them, not decided.
    pub slips_waiting: u64,
    /// Of them, those whose players had to ask what became of them.
    pub slips_inquired: u64,
    /// Sales of open bets by currency.
    pub cash_outs: BTreeMap<String, Sales>,
    /// Refused sales by code.
    pub cash_outs_refused: BTreeMap<String, u64>,
    /// Lists heard of what open bets can be sold for.
    pub cash_out_lists: u64,
    /// Deliberate mistakes by kind; each was refused, or is a mismatch.
    pub mistakes: BTreeMap<String, u64>,
    /// Repeats of an id with the same bet.
    pub repeats: u64,
    /// Uses of an id for another bet.
    pub id_reuses: u64,
    /// Bets sent again after a lost connection or an unknown outcome.
    pub retries: u64,
    /// Of the accepted bets: still open at the end.
    pub bets_open: u64,
    /// Of the accepted bets: settled, void ones included.
    pub bets_settled: u64,
    /// Of the accepted bets: void.
    pub bets_void: u64,
    /// Legs of open bets whose market has a result.
    pub unsettled_legs: u64,
    /// Market images received.
    pub images: u64,
    /// Market deltas received.
    pub deltas: u64,
    /// Notices that a client reads too slowly.
    pub resyncs: u64,
    /// Deltas that did not follow the version held.
    pub gaps: u64,
    /// Pushes of settled, voided or reopened bets.
    pub bet_pushes: u64,
    /// Pushes of balances.
    pub balance_pushes: u64,
    /// From sending a bet to its answer, where that was not a delay.
    pub acceptance: Times,
    /// From the end of a delay to the decision, as the player hears it.
    pub decision: Times,
    /// From the server's receipt of a line to the player.
    pub push: Times,
    /// Players whose books were compared with the server's.
    pub reconciled: u64,
    /// Differences between what players were told and what the server says.
    pub mismatches: u64,
    /// The first of them in words.
    pub mismatch_details: Vec<String>,
}

/// Adds one and gives nothing; the counters are read only at the end and for progress.
pub(super) fn bump(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Tally {
    /// Counts a refused bet.
    pub fn refused(&self, code: &str) {
        add(&self.refused, code);
    }

    /// Counts a bet or slip that was refused after its delay.
    pub fn refused_late(&self, code: &str) {
        add(&self.delayed_refused, code);
    }

    /// Counts an accepted bet, of this type, legs and lines.
    pub fn accepted(&self, bet: &Bet) {
        bump(&self.accepted);
        if bet.legs.len() > 1 && bet.lines == 1 {
            bump(&self.accumulators);
        }
        let each_way = if bet.each_way { " each-way" } else { "" };
        let free_bet = if bet.free_bet { ", free bet" } else { "" };
        add(&self.types, &format!("{}{each_way}{free_bet}", bet.name));
    }

    /// Counts a deliberate mistake.
    pub fn mistake(&self, kind: &str) {
        add(&self.mistakes, kind);
    }

    /// Counts something that must not be, and keeps the first ones in words.
    pub fn mismatch(&self, what: String) {
        let mut off = self.off.lock().unwrap_or_else(PoisonError::into_inner);
        off.count += 1;
        if off.kept.len() < MISMATCHES_KEPT {
            off.kept.push(what);
        }
    }

    /// The first things that must not be, in words.
    pub fn mismatches(&self) -> Vec<String> {
        let off = self.off.lock().unwrap_or_else(PoisonError::into_inner);
        off.kept.clone()
    }

    /// Adds what a player found at the end.
    pub fn found(&self, player: &str, findings: Findings) {
        bump(&self.reconciled);
        findings
            .mismatches
            .into_iter()
            .for_each(|what| self.mismatch(format!("{player}: {what}")));
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.open += findings.open;
        found.settled += findings.settled;
        found.void += findings.void;
        found.unsettled_legs += findings.unsettled_legs;
    }

    /// Takes the right to send so many fair bets.
    pub(super) fn take_tickets(&self, bets: u32) -> bool {
        let bets = i64::from(bets);
        if self.tickets.fetch_sub(bets, Ordering::Relaxed) >= bets {
            return true;
        }
        self.tickets.fetch_add(bets, Ordering::Relaxed);
        false
    }

    /// Gives the right back, where the bets were refused.
    pub(super) fn give_tickets_back(&self, bets: u32) {
        self.tickets.fetch_add(i64::from(bets), Ordering::Relaxed);
    }

    /// Everything so far, for a crowd of `players`.
    #[must_use]
    pub fn summary(&self, players: u32) -> Summary {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let counts =
            |counts: &Mutex<BTreeMap<String, u64>>| counts.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let off = self.off.lock().unwrap_or_else(PoisonError::into_inner);
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Summary {
            players: players.into(),
            sessions: read(&self.sessions),
            connections_lost: read(&self.lost),
            bets_accepted: read(&self.accepted),
            accumulators: read(&self.accumulators),
            bets_by_type: counts(&self.types),
            slips_placed: read(&self.slips),
            bets_refused: counts(&self.refused),
            slips_delayed: read(&self.delayed),
            slips_accepted: read(&self.delayed_accepted),
            slips_refused: counts(&self.delayed_refused),
            slips_waiting: u64::try_from(self.waiting.load(Ordering::Relaxed)).unwrap_or_default(),
            slips_inquired: read(&self.inquired),
            cash_outs: self.sales(),
            cash_outs_refused: counts(&self.sales_refused),
            cash_out_lists: read(&self.offer_lists),
            mistakes: counts(&self.mistakes),
            repeats: read(&self.repeats),
            id_reuses: read(&self.reuses),
            retries: read(&self.retries),
            bets_open: found.open,
            bets_settled: found.settled,
            bets_void: found.void,
            unsettled_legs: found.unsettled_legs,
            images: read(&self.images),
            deltas: read(&self.deltas),
            resyncs: read(&self.resyncs),
            gaps: read(&self.gaps),
            bet_pushes: read(&self.bet_pushes),
            balance_pushes: read(&self.balance_pushes),
            acceptance: self.acceptance.times(),
            decision: self.decision.times(),
            push: self.push.times(),
            reconciled: read(&self.reconciled),
            mismatches: off.count,
            mismatch_details: off.kept.clone(),
        }
    }
}

fn add(counts: &Mutex<BTreeMap<String, u64>>, key: &str) {
    let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
    match counts.get_mut(key) {
        Some(count) => *count += 1,
        None => {
            counts.insert(key.to_string(), 1);
        }
    }
}
