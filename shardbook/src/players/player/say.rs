use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rust_decimal::Decimal;
use shardbook_proto::client::v1::client_message::Request;
use shardbook_proto::client::v1::server_message::Message;
use shardbook_proto::client::v1::{Deposit, EventStatus, ListEvents, OpenSession, Subscribe};
use tokio::time::{sleep, timeout_at};

use super::{FOLLOWS_ALL, LOOK, PAUSES, Player, REMEMBERED, Remembered};
use crate::players::asked::Asked;
use crate::players::chooser::choose;
use crate::players::crowd::LOOKS_FOR_FREE_BETS;
use crate::players::record::{Answer, Expect, Pending, decimal};
use crate::players::session::{Lost, Session};
use crate::players::tally::bump;

/// Bets of one player on the way at once.
const IN_FLIGHT: usize = 4;
/// Share of turns in which an answered bet is sent again under its id, in percent.
const REPEATS: u64 = 2;
/// Share of turns in which an answered bet's id is used for another bet, in percent.
const REUSES: u64 = 1;

impl Player {
    /// Opens the session, deposits where nothing was yet, follows again what was followed, asks again what is open.
    pub(super) async fn come_in(&mut self, session: &mut Session) -> Result<(), Lost> {
        let open = OpenSession {
            brand: self.brand.clone(),
            player: self.name.clone(),
            currency: self.currency.clone(),
            ..OpenSession::default()
        };
        match self.ask(session, "open", Request::OpenSession(open)).await? {
            Message::SessionOpened(opened) => {
                if let Some(balance) = opened.balance {
                    self.told_balance(balance);
                }
            }
            other => return Err(Lost::Refused(format!("the session was not opened: {other:?}"))),
        }
        self.up = true;
        bump(&self.tally.sessions);
        if self.deposits == 0 {
            self.deposit(session).await?;
        }
        if !self.followed.is_empty() {
            let events = self.followed.iter().cloned().collect();
            self.subscribe(session, events).await?;
        } else if self.index.is_multiple_of(FOLLOWS_ALL) {
            self.subscribe(session, Vec::new()).await?;
        }
        (self.watching, self.offers) = (false, Vec::new());
        self.resend = self.record.pending.keys().cloned().collect();
        self.resend_at = Instant::now();
        // Decisions that were pushed while nobody listened.
        self.inquire_at = (!self.record.waiting.is_empty()).then(Instant::now);
        Ok(())
    }

    /// Asks and waits for the answer, hearing everything else meanwhile; asks again where the server says so.
    pub(super) async fn ask(&mut self, session: &mut Session, id: &str, request: Request) -> Result<Message, Lost> {
        let deadline = Instant::now() + self.plan.patience;
        let mut pause = PAUSES.0;
        loop {
            session.send(id, request.clone()).await?;
            let answer = loop {
                let heard = timeout_at(deadline.into(), session.receive()).await;
                let message = heard.map_err(|_| Lost::Silent(self.plan.patience))??;
                if message.id == id {
                    break message
                        .message
                        .ok_or_else(|| Lost::Strange(format!("an empty answer to {id}")))?;
                }
                self.hear(message);
            };
            match answer {
                Message::Error(error) if error.retry && Instant::now() < deadline => sleep(pause).await,
                answer => return Ok(answer),
            }
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    pub(super) fn question(&mut self) -> String {
        self.asked += 1;
        format!("ask-{}", self.asked)
    }

    async fn deposit(&mut self, session: &mut Session) -> Result<(), Lost> {
        let amount = (self.plan.stakes.high * Decimal::ONE_HUNDRED).ceil();
        let deposit = Deposit {
            amount: amount.to_string(),
            currency: self.currency.clone(),
        };
        let id = format!("deposit-{}", self.deposits);
        match self.ask(session, &id, Request::Deposit(deposit)).await? {
            Message::CashierDone(done) => {
                self.deposits += 1;
                self.record.deposited += amount;
                if let Some(balance) = done.balance {
                    self.told_balance(balance);
                }
                Ok(())
            }
            other => Err(Lost::Refused(format!(
                "the deposit of {amount} was not taken: {other:?}"
            ))),
        }
    }

    async fn subscribe(&mut self, session: &mut Session, events: Vec<String>) -> Result<(), Lost> {
        let id = self.question();
        match self.ask(session, &id, Request::Subscribe(Subscribe { events })).await? {
            Message::Subscribed(_) => Ok(()),
            other => Err(Lost::Refused(format!("the subscription was not taken: {other:?}"))),
        }
    }

    /// Finds events to follow, where fewer than wanted can still be bet on.
    pub(super) async fn look(&mut self, session: &mut Session) -> Result<(), Lost> {
        self.next_look = Instant::now() + LOOK.mul_f64(0.5 + self.dice.below(1_000) as f64 / 1_000.0);
        if self.index % LOOKS_FOR_FREE_BETS.0 == LOOKS_FOR_FREE_BETS.1 && self.record.free_bets.granted.is_zero() {
            let balance = self.ask_balance(session).await?;
            self.told_balance(balance);
        }
        let alive = self.followed.iter().filter(|event| self.book.alive(event)).count();
        let wanted = self.follows().saturating_sub(alive);
        if wanted == 0 || self.index.is_multiple_of(FOLLOWS_ALL) {
            return Ok(());
        }
        let id = self.question();
        let Message::Events(list) = self.ask(session, &id, Request::ListEvents(ListEvents {})).await? else {
            return Ok(());
        };
        let mut open: Vec<String> = list
            .events
            .into_iter()
            .filter(|event| event.status() != EventStatus::Ended && !self.followed.contains(&event.event))
            .map(|event| event.event)
            .collect();
        let mut chosen = Vec::new();
        while chosen.len() < wanted && !open.is_empty() {
            let index = usize::try_from(self.dice.below(open.len() as u64)).unwrap_or_default();
            chosen.push(open.swap_remove(index));
        }
        if chosen.is_empty() {
            return Ok(());
        }
        self.followed.extend(chosen.iter().cloned());
        self.subscribe(session, chosen).await
    }

    /// One turn of betting: a bet, a repeat, or nothing where nothing is on offer.
    pub(super) async fn turn(&mut self, session: &mut Session) -> Result<(), Lost> {
        let pace = self.pace();
        self.next_bet = Instant::now() + pace.mul_f64(0.5 + self.dice.below(1_000) as f64 / 1_000.0);
        if self.record.pending.len() >= IN_FLIGHT {
            return Ok(());
        }
        let purse = self.purse();
        if purse.available < self.plan.stakes.high && self.record.pending.is_empty() {
            self.deposit(session).await?;
        }
        if self.sold && self.watching {
            self.watch(session, false).await?;
        }
        if self.dice.percent(self.plan.cash_out.into()) && self.sell(session).await? {
            return Ok(());
        }
        if let Some((id, asked, expect)) = self.again() {
            return self.send_asked(session, id, asked, expect).await;
        }
        let Some(intent) = choose(&self.book, &mut self.dice, &purse, self.plan.slips.into()) else {
            self.next_bet = Instant::now() + (pace / 8).max(PAUSES.0);
            return Ok(());
        };
        let expect = match intent.mistake {
            Some(mistake) => {
                self.tally.mistake(&mistake.to_string());
                Expect::Refusal(mistake)
            }
            None if !self.tally.take_tickets(intent.asked.bets()) => return Ok(()),
            None => Expect::Fair,
        };
        self.asked += 1;
        let id = format!("bet-{}", self.asked);
        self.send_asked(session, id, intent.asked, expect).await
    }

    /// An answered bet or slip under its own id, as it was or with another stake.
    fn again(&mut self) -> Option<(String, Asked, Expect)> {
        let (repeat, reuse) = (self.dice.percent(REPEATS), self.dice.percent(REUSES));
        if !repeat && !reuse {
            return None;
        }
        let index = usize::try_from(self.dice.below(self.remembered.len() as u64)).ok()?;
        let Remembered { id, asked, answer } = self.remembered.get(index)?;
        if self.record.pending.contains_key(id) {
            return None;
        }
        if repeat {
            bump(&self.tally.repeats);
            return Some((id.clone(), asked.clone(), Expect::SameAs(Box::new(answer.clone()))));
        }
        if let Answer::Refused(_) = answer {
            return None;
        }
        let other = other_stake(asked)?;
        bump(&self.tally.reuses);
        Some((id.clone(), other, Expect::IdReused))
    }

    pub(super) fn remember(&mut self, pending: &Pending, answer: &Answer) {
        self.remembered.push_back(Remembered {
            id: pending.id.clone(),
            asked: pending.asked.clone(),
            answer: answer.clone(),
        });
        if self.remembered.len() > REMEMBERED {
            self.remembered.pop_front();
        }
    }

    pub(super) async fn send_asked(
        &mut self,
        session: &mut Session,
        id: String,
        asked: Asked,
        expect: Expect,
    ) -> Result<(), Lost> {
        let request = asked.request();
        self.record.free_bets.used |= asked.own_and_free().is_ok_and(|(_, free)| free > Decimal::ZERO);
        let pending = Pending {
            id: id.clone(),
            asked,
            expect,
            sent: Instant::now(),
            retried: false,
        };
        self.record.pending.insert(id.clone(), pending);
        self.tally.in_flight.fetch_add(1, Ordering::Relaxed);
        session.send(&id, request).await
    }

    /// Sends again what has no answer yet, under the same ids.
    pub(super) async fn send_again(&mut self, session: &mut Session) -> Result<(), Lost> {
        for id in std::mem::take(&mut self.resend) {
            if let Some(pending) = self.record.pending.get_mut(&id) {
                (pending.sent, pending.retried) = (Instant::now(), true);
                bump(&self.tally.retries);
                session.send(&id, pending.asked.request()).await?;
            }
        }
        Ok(())
    }

    pub(super) fn resend_later(&mut self, id: String) {
        self.resend.push(id);
        self.resend_at = Instant::now() + Duration::from_millis(100 + self.dice.below(200));
    }
}

/// The same with another stake of its first bet.
fn other_stake(asked: &Asked) -> Option<Asked> {
    let more = |stake: &str| Some((decimal(stake).ok()? + Decimal::ONE).to_string());
    let mut other = asked.clone();
    match &mut other {
        Asked::Bet(bet) => bet.stake = more(&bet.stake)?,
        Asked::Slip(slip) => {
            let first = slip.bets.first_mut()?;
            first.stake = more(&first.stake)?;
        }
        Asked::Sale(_) => return None,
    }
    Some(other)
}
