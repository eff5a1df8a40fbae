use std::sync::atomic::Ordering;
use std::time::Duration;

use shardbook_proto::client::v1::server_message::Message;
use shardbook_proto::client::v1::{Balance, Error, MarketDelta, ServerMessage, SlipState, SlipTaken};

use super::Player;
use crate::latency::now_us;
use crate::players::book::Change;
use crate::players::record::{Answer, Expect, decimal};
use crate::players::tally::bump;

impl Player {
    /// Takes a push, or the answer to a bet.
    pub(super) fn hear(&mut self, message: ServerMessage) {
        let id = message.id;
        match message.message {
            Some(Message::Market(image)) => {
                bump(&self.tally.images);
                self.book.take(image);
            }
            Some(Message::Delta(delta)) => self.hear_delta(delta),
            Some(Message::BetPlaced(placed)) => match placed.bet {
                Some(bet) => self.hear_answer(&id, Answer::Placed(vec![bet]), placed.balance),
                None => self.off(format_args!("{id} was accepted without its bet")),
            },
            Some(Message::Slip(slip)) => self.hear_slip(&id, slip),
            Some(Message::SlipChanged(slip)) => self.slip_changed(slip),
            Some(Message::CashedOut(sold)) => match (sold.bet, decimal(&sold.paid)) {
                (Some(bet), Ok(paid)) => {
                    let bet = Box::new(bet);
                    self.hear_answer(&id, Answer::Sold { bet, paid }, sold.balance);
                }
                (bet, paid) => self.off(format_args!("{id} sold {bet:?} for {paid:?}")),
            },
            Some(Message::CashOutOffers(list)) => {
                bump(&self.tally.offer_lists);
                self.offers = list.offers;
            }
            Some(Message::Error(error)) => self.hear_error(id, error),
            Some(Message::BetChanged(changed)) => {
                bump(&self.tally.bet_pushes);
                let version = changed.balance.as_ref().map_or(0, |balance| balance.version);
                if let Some(balance) = changed.balance {
                    self.told_balance(balance);
                }
                if let Some(bet) = changed.bet {
                    self.record.told_bet(bet, version);
                }
            }
            Some(Message::BalanceChanged(balance)) => {
                bump(&self.tally.balance_pushes);
                self.told_balance(balance);
            }
            Some(Message::Resync(_)) => bump(&self.tally.resyncs),
            _ => {}
        }
    }

    pub(super) fn told_balance(&mut self, balance: Balance) {
        if let Err(what) = self.record.told_balance(balance) {
            self.off(what);
        }
    }

    fn hear_delta(&mut self, delta: MarketDelta) {
        bump(&self.tally.deltas);
        let since = now_us().saturating_sub(delta.received_us);
        if let (true, Ok(since)) = (delta.received_us > 0, u64::try_from(since)) {
            self.tally.push.record(Duration::from_micros(since));
        }
        let (event, market, version) = (delta.event.clone(), delta.market, delta.version);
        if self.book.change(delta) == Change::Gap {
            bump(&self.tally.gaps);
            self.off(format_args!(
                "delta {version} of market {market} of {event} does not follow what was sent before"
            ));
        }
    }

    fn hear_error(&mut self, id: String, error: Error) {
        if !self.record.pending.contains_key(&id) {
            return self.off(format_args!(
                "{} {} in answer to {id:?}, which is not open",
                error.code, error.message
            ));
        }
        if error.retry {
            return self.resend_later(id);
        }
        self.hear_answer(&id, Answer::Refused(error.code), None);
    }

    fn hear_slip(&mut self, id: &str, slip: SlipTaken) {
        let answer = match slip.state() {
            SlipState::Placed => Answer::Placed(slip.bets),
            SlipState::Delayed | SlipState::Referred => Answer::Waits {
                slip: slip.slip_id,
                until_ms: slip.until_ms,
            },
            state => return self.off(format_args!("{id} was answered with a slip that is {state:?}")),
        };
        self.hear_answer(id, answer, slip.balance);
    }

    fn hear_answer(&mut self, id: &str, answer: Answer, balance: Option<Balance>) {
        let Some(pending) = self.record.pending.remove(id) else {
            return self.off(format_args!("{id} was answered, but was not open: {answer:?}"));
        };
        self.tally.in_flight.fetch_sub(1, Ordering::Relaxed);
        let version = balance.as_ref().map_or(0, |balance| balance.version);
        if let Some(balance) = balance {
            if pending.expect == Expect::Fair
                && let Err(what) = self.record.held_by(&pending.asked, &answer, &balance)
            {
                self.off(format_args!("{id}: {what}"));
            }
            self.told_balance(balance);
        }
        if let Err(what) = self.record.answered(&pending, &answer, version) {
            self.off(what);
        }
        let bets = pending.asked.bets();
        match (&pending.expect, &answer) {
            (Expect::Fair, Answer::Placed(bets)) => self.accepted(&pending, bets, ""),
            (Expect::Fair, Answer::Waits { slip, .. }) => self.waits(slip),
            (Expect::Fair, Answer::Sold { bet, paid }) => return self.sold(&pending, bet, *paid),
            (Expect::Fair, Answer::Refused(code)) if bets == 0 => return self.tally.sale_refused(code),
            (Expect::Fair, Answer::Refused(code)) => {
                self.tally.refused(code);
                self.tally.give_tickets_back(bets);
            }
            (Expect::Refusal(_), Answer::Refused(code)) => return self.tally.refused(code),
            _ => return,
        }
        if !pending.retried && !matches!(answer, Answer::Waits { .. }) {
            self.tally.acceptance.record(pending.sent.elapsed());
        }
        self.remember(&pending, &answer);
    }
}
