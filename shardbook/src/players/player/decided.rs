//! What becomes of bets, slips and sales: counted, and kept in the player's books.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rust_decimal::Decimal;
use shardbook_proto::client::v1::{Bet, PlaceBet, SlipState, SlipTaken};

use super::Player;
use crate::latency::now_us;
use crate::players::answers::Answered;
use crate::players::asked::Asked;
use crate::players::record::{Pending, Waiting, decimal};
use crate::players::tally::bump;

/// How long after its time the decision of a slip is waited for before it is asked about.
pub(super) const GRACE: Duration = Duration::from_secs(3);

impl Player {
    /// Counts bets that were taken, at once or after they waited as a slip, and writes them down where that is wanted.
    pub(super) fn accepted(&mut self, pending: &Pending, bets: &[Bet], waited: &str) {
        bets.iter().for_each(|bet| self.tally.accepted(bet));
        let (asked, slip) = match &pending.asked {
            Asked::Bet(bet) => (bet.clone(), None),
            Asked::Slip(slip) => {
                bump(&self.tally.slips);
                (PlaceBet::default(), Some(slip.clone()))
            }
            Asked::Sale(_) => return,
        };
        let Some(answers) = &self.answers else { return };
        for bet in bets {
            let answered = Answered {
                brand: self.brand.clone(),
                player: self.name.clone(),
                id: pending.id.clone(),
                asked: asked.clone(),
                slip: slip.clone(),
                waited: waited.to_string(),
                bet: bet.clone(),
            };
            if let Err(what) = answers.append(&answered) {
                self.off(what);
            }
        }
    }

    /// Takes note of a slip that is decided later; its decision may have come before.
    pub(super) fn waits(&mut self, slip: &str) {
        bump(&self.tally.delayed);
        self.tally.waiting.fetch_add(1, Ordering::Relaxed);
        match self.record.early.remove(slip) {
            Some(decided) => self.slip_changed(decided),
            None => self.inquire_later(),
        }
    }

    /// Sees to it that slips whose decision does not come are asked about.
    pub(super) fn inquire_later(&mut self) {
        let now_ms = now_us() / 1_000;
        let first = self.record.waiting.values().map(|waiting| waiting.until_ms).min();
        self.inquire_at = first.map(|until_ms| {
            let left = u64::try_from(until_ms.saturating_sub(now_ms)).unwrap_or_default();
            Instant::now() + Duration::from_millis(left) + GRACE
        });
    }

    /// Takes a push about a slip.
    pub(super) fn slip_changed(&mut self, slip: SlipTaken) {
        let version = slip.balance.as_ref().map_or(0, |balance| balance.version);
        if let Some(balance) = &slip.balance {
            self.told_balance(balance.clone());
        }
        let id = slip.slip_id.clone();
        match slip.state() {
            SlipState::Delayed | SlipState::Referred => {
                if let Some(waiting) = self.record.waiting.get_mut(&id) {
                    waiting.until_ms = slip.until_ms;
                    self.inquire_later();
                }
                return;
            }
            SlipState::Unspecified => return self.off(format_args!("slip {id} is in no state: {slip:?}")),
            SlipState::Placed | SlipState::Offered | SlipState::Refused => {}
        }
        let Some(waited) = self.record.waiting.remove(&id) else {
            if self.record.inquired.remove(&id) {
                return;
            }
            if self.record.pending.is_empty() {
                return self.off(format_args!("slip {id} was decided, but none waits: {slip:?}"));
            }
            self.record.early.insert(id, slip);
            return;
        };
        let late = now_us().saturating_sub(waited.until_ms.saturating_mul(1_000));
        if let Ok(late) = u64::try_from(late)
            && !waited.pending.retried
        {
            self.tally.decision.record(Duration::from_micros(late));
        }
        match slip.state() {
            SlipState::Placed => self.slip_accepted(&id, &waited, &slip.bets, version),
            SlipState::Refused => self.slip_refused(&waited, &slip.refused.unwrap_or_default().code),
            // Nothing is held for an offer, and the player does not take it.
            _ => self.slip_refused(&waited, "OFFERED"),
        }
        self.inquire_later();
    }

    pub(super) fn slip_accepted(&mut self, id: &str, waited: &Waiting, bets: &[Bet], version: u64) {
        self.tally.waiting.fetch_sub(1, Ordering::Relaxed);
        bump(&self.tally.delayed_accepted);
        if let Err(what) = self.record.decided(waited, bets, version) {
            self.off(what);
        }
        self.accepted(&waited.pending, bets, id);
    }

    pub(super) fn slip_refused(&mut self, waited: &Waiting, code: &str) {
        self.tally.waiting.fetch_sub(1, Ordering::Relaxed);
        self.tally.refused_late(code);
        self.tally.give_tickets_back(waited.pending.asked.bets());
        if code.is_empty() {
            self.off(format_args!("{} was refused without a code", waited.pending.id));
        }
    }

    /// Counts the sale of an open bet.
    pub(super) fn sold(&mut self, pending: &Pending, bet: &Bet, paid: Decimal) {
        let Asked::Sale(sale) = &pending.asked else { return };
        self.sold = true;
        if let Ok(stake) = decimal(&sale.stake) {
            let whole = bet.cashed_stake == bet.stake;
            self.tally.sold(&self.currency, whole, stake, paid);
        }
    }
}
