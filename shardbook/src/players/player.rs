use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rust_decimal::Decimal;
use shardbook_proto::client::v1::CashOutOffer;
use tokio::sync::watch;
use tokio::time::{sleep, sleep_until};

use super::answers::AnswerLog;
use super::asked::Asked;
use super::book::Book;
use super::chooser::{MOST_EVENTS, Purse};
use super::crowd::{Phase, Plan};
use super::dice::Dice;
use super::record::{Answer, Record, decimal};
use super::session::{Lost, Session};
use super::tally::{Tally, bump};

mod decided;
mod hear;
mod inquire;
mod say;
mod sell;
mod settle_up;

/// Players that come in one second.
const ARRIVALS: u32 = 1_000;
/// One player in so many follows every event.
const FOLLOWS_ALL: u32 = 100;
/// One player in so many follows the events of a full slip at least, where slips are placed.
const FOLLOWS_FOR_SLIPS: u32 = 10;
/// Longest time that a bet may stay unanswered on an open connection.
const SILENCE: Duration = Duration::from_secs(15);
/// Between two looks for events to follow.
const LOOK: Duration = Duration::from_secs(3);
/// First and longest pause before trying again.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));
/// Answered bets kept for repeats.
const REMEMBERED: usize = 8;

/// A fair bet or slip and its answer, kept to be repeated.
struct Remembered {
    id: String,
    asked: Asked,
    answer: Answer,
}

/// One simulated player, through all its connections.
pub(super) struct Player {
    index: u32,
    name: String,
    brand: String,
    currency: String,
    plan: Arc<Plan>,
    tally: Arc<Tally>,
    answers: Option<Arc<AnswerLog>>,
    phase: watch::Receiver<Phase>,
    dice: Dice,
    book: Book,
    record: Record,
    followed: BTreeSet<String>,
    remembered: VecDeque<Remembered>,
    /// Bets to send again once `resend_at` has come.
    resend: Vec<String>,
    resend_at: Instant,
    next_bet: Instant,
    next_look: Instant,
    /// When slips that should be decided are asked about.
    inquire_at: Option<Instant>,
    /// What open bets can be sold for, as last heard on this connection.
    offers: Vec<CashOutOffer>,
    /// Whether the prices of open bets are followed on this connection, and whether they need not be any more.
    watching: bool,
    sold: bool,
    asked: u64,
    deposits: u32,
    up: bool,
}

impl Player {
    pub(super) fn new(
        index: u32,
        plan: Arc<Plan>,
        tally: Arc<Tally>,
        answers: Option<Arc<AnswerLog>>,
        phase: watch::Receiver<Phase>,
    ) -> Self {
        let (brand, name, currency) = plan.player(index);
        let now = Instant::now();
        Self {
            index,
            name,
            brand,
            currency,
            dice: Dice::new(plan.seed, u64::from(index)),
            plan,
            tally,
            answers,
            phase,
            book: Book::default(),
            record: Record::default(),
            followed: BTreeSet::new(),
            remembered: VecDeque::new(),
            resend: Vec::new(),
            resend_at: now,
            next_bet: now,
            next_look: now,
            inquire_at: None,
            offers: Vec::new(),
            watching: false,
            sold: false,
            asked: 0,
            deposits: 0,
            up: false,
        }
    }

    /// Plays until the crowd leaves, over as many connections as it takes.
    pub(super) async fn play(mut self) {
        sleep(Duration::from_secs(1) * self.index / ARRIVALS).await;
        let pace = self.pace();
        self.next_bet = Instant::now() + pace.mul_f64(self.dice.below(1_000) as f64 / 1_000.0);
        let mut down_since = None;
        let mut pause = PAUSES.0;
        loop {
            self.up = false;
            let lost = match self.visit().await {
                Ok(()) => return,
                Err(Lost::Refused(what)) => return self.tally.mismatch(format!("{}: {what}", self.name)),
                Err(lost) => lost,
            };
            if let Lost::Strange(_) = lost {
                self.off(&lost);
            }
            if self.up {
                bump(&self.tally.lost);
                (down_since, pause) = (None, PAUSES.0);
            }
            if down_since.get_or_insert_with(Instant::now).elapsed() > self.plan.patience {
                let what = format!("{}: gave up after {:?}: {lost}", self.name, self.plan.patience);
                return self.tally.mismatch(what);
            }
            sleep(pause.mul_f64(0.5 + self.dice.below(1_000) as f64 / 1_000.0)).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    /// One connection, from the opening of the session until it is lost or the player is done.
    async fn visit(&mut self) -> Result<(), Lost> {
        let mut session = Session::connect(&self.plan.to).await?;
        self.tally.connected.fetch_add(1, Ordering::Relaxed);
        let ended = self.stay(&mut session).await;
        self.tally.connected.fetch_sub(1, Ordering::Relaxed);
        if ended.is_ok() {
            session.close().await;
        }
        ended
    }

    async fn stay(&mut self, session: &mut Session) -> Result<(), Lost> {
        self.come_in(session).await?;
        loop {
            let phase = *self.phase.borrow();
            if phase == Phase::Leaving && self.record.pending.is_empty() && self.record.waiting.is_empty() {
                return self.settle_up(session).await;
            }
            let inquire_at = self.inquire_at;
            let silent_at = self.record.pending.values().map(|pending| pending.sent + SILENCE).min();
            tokio::select! {
                message = session.receive() => self.hear(message?),
                () = at(self.next_bet), if phase == Phase::Betting => self.turn(session).await?,
                () = at(self.next_look), if phase == Phase::Betting => self.look(session).await?,
                () = at(self.resend_at), if !self.resend.is_empty() => self.send_again(session).await?,
                () = at(inquire_at.unwrap_or(self.next_bet)), if inquire_at.is_some() => self.inquire(session).await?,
                () = at(silent_at.unwrap_or(self.next_bet)), if silent_at.is_some() => return Err(Lost::Silent(SILENCE)),
                changed = self.phase.changed() => if changed.is_err() { return Ok(()) },
            }
        }
    }

    /// Events that this player follows.
    fn follows(&self) -> usize {
        let events = self.plan.events as usize;
        if self.plan.slips > 0 && self.index % FOLLOWS_FOR_SLIPS == 1 {
            events.max(MOST_EVENTS)
        } else {
            events
        }
    }

    /// Mean time between two bets of this player.
    fn pace(&self) -> Duration {
        Duration::from_secs(1) * self.plan.count / self.plan.rate
    }

    fn purse(&self) -> Purse {
        let available = self
            .record
            .balance
            .as_ref()
            .and_then(|balance| decimal(&balance.available).ok());
        Purse {
            currency: self.currency.clone(),
            available: available.unwrap_or(Decimal::ZERO),
            free_bets: self.record.free_bets.to_use(),
            stakes: self.plan.stakes,
        }
    }

    fn off(&self, what: impl std::fmt::Display) {
        self.tally.mismatch(format!("{}: {what}", self.name));
    }
}

async fn at(instant: Instant) {
    sleep_until(instant.into()).await;
}
