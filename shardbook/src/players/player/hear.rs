use std::sync::atomic::Ordering;
use std::time::Duration;

use shardbook_proto::client::v1::server_message::Message;
use shardbook_proto::client::v1::{Balance, Bet, Error, MarketDelta, ServerMessage};

use super::Player;
use crate::latency::now_us;
use crate::players::answers::Answered;
use crate::players::book::Change;
use crate::players::record::{Answer, Expect, Pending};
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
            Some(Message::BetPlaced(placed)) => {
                if let Some(balance) = placed.balance {
                    self.told_balance(balance);
                }
                match placed.bet {
                    Some(bet) => self.hear_answer(&id, Answer::Placed(bet)),
                    None => self.off(format_args!("{id} was accepted without its bet")),
                }
            }
            Some(Message::Error(error)) => self.hear_error(id, error),
            Some(Message::BetChanged(changed)) => {
                bump(&self.tally.bet_pushes);
                if let Some(balance) = changed.balance {
                    self.told_balance(balance);
                }
                if let Some(bet) = changed.bet {
                    self.record.told_bet(bet);
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
        self.hear_answer(&id, Answer::Refused(error.code));
    }

    fn hear_answer(&mut self, id: &str, answer: Answer) {
        let Some(pending) = self.record.pending.remove(id) else {
            return self.off(format_args!("{id} was answered, but was not open: {answer:?}"));
        };
        self.tally.in_flight.fetch_sub(1, Ordering::Relaxed);
        if let Err(what) = self.record.answered(&pending, &answer) {
            self.off(what);
        }
        match (&pending.expect, &answer) {
            (Expect::Fair, Answer::Placed(bet)) => self.accepted(&pending, bet),
            (Expect::Fair, Answer::Refused(code)) => {
                self.tally.refused(code);
                self.tally.give_ticket_back();
            }
            (Expect::Refusal(_), Answer::Refused(code)) => return self.tally.refused(code),
            _ => return,
        }
        if !pending.retried {
            self.tally.acceptance.record(pending.sent.elapsed());
        }
        self.remember(&pending, &answer);
    }

    fn accepted(&mut self, pending: &Pending, bet: &Bet) {
        bump(&self.tally.accepted);
        if bet.legs.len() > 1 {
            bump(&self.tally.accumulators);
        }
        let Some(answers) = &self.answers else { return };
        let answered = Answered {
            brand: self.brand.clone(),
            player: self.name.clone(),
            id: pending.id.clone(),
            asked: pending.bet.clone(),
            bet: bet.clone(),
        };
        if let Err(what) = answers.append(&answered) {
            self.off(what);
        }
    }
}
