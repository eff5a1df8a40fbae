//! What a client says and is told: the one logic behind the WebSocket and the gRPC session.

mod cash_out;

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use shardbook_proto::client::v1::client_message::Request;
use shardbook_proto::client::v1::server_message::Message as Body;
use shardbook_proto::client::v1::{
    ClientMessage, Error, Events, OddsFormat, OddsFormatSet, OpenSession, PlayerRef, Pong, Subscribe, Subscribed,
    Unsubscribe, Unsubscribed,
};
use shardbook_proto::internal::v1::player_request::Request as Ask;
use shardbook_proto::internal::v1::shard_reply::Reply;
use shardbook_proto::internal::v1::shard_request::Target;
use shardbook_proto::internal::v1::{PlayerRequest, Register};
use shardbook_runtime::router::BoxFuture;
use shardbook_runtime::stages::{self, Stage};

use self::cash_out::CashOutWatch;
use crate::answer::{self, Asked};
use crate::board::Interest;
use crate::bucket::Bucket;
use crate::codes;
use crate::edge::{Edge, now_ms};
use crate::frame::{Frame, Wire};
use crate::outbox::Outbox;
use crate::parse::{self, MAX_EVENTS};
use crate::pause::Pause;
use crate::prices::Quoting;

/// Invariant: every message taken in is answered exactly once into the outbox, unless the connection ends first;
/// a command that was routed is carried out in either case.
pub(crate) struct Conversation {
    edge: Arc<Edge>,
    outbox: Arc<Outbox>,
    bucket: Option<Bucket>,
    /// Requests that may wait for their answers.
    room: usize,
    session: Option<Session>,
    opening: bool,
    interest: Interest,
    cash_out: CashOutWatch,
    pause: Pause,
    is_paused: bool,
    waiting: FuturesUnordered<BoxFuture<Answered>>,
}

struct Session {
    player: PlayerRef,
    player_id: String,
}

/// What a message has beside its request.
struct Envelope {
    id: String,
    deadline_ms: i64,
}

struct Answered {
    id: String,
    asked: Asked,
    since: Instant,
    /// Whose session this opens, and how prices are written in it.
    opens: Option<(PlayerRef, Quoting)>,
    outcome: Result<Reply, Error>,
}

impl Conversation {
    /// A conversation over a WebSocket: its rate is limited.
    pub(crate) fn with_player(edge: Arc<Edge>, outbox: Arc<Outbox>) -> Self {
        let bucket = Bucket::new(
            edge.config.commands_per_second,
            edge.config.command_burst,
            Instant::now(),
        );
        let room = edge.config.max_inflight_per_connection;
        Self::new(edge, outbox, Some(bucket), room)
    }

    /// A conversation over gRPC: held back by its number of waiting requests only.
    pub(crate) fn with_partner(edge: Arc<Edge>, outbox: Arc<Outbox>) -> Self {
        let room = edge.config.partner_inflight;
        Self::new(edge, outbox, None, room)
    }

    fn new(edge: Arc<Edge>, outbox: Arc<Outbox>, bucket: Option<Bucket>, room: usize) -> Self {
        let (interest, waiting) = (Interest::default(), FuturesUnordered::new());
        Self {
            edge,
            outbox,
            bucket,
            room,
            session: None,
            opening: false,
            interest,
            cash_out: CashOutWatch::default(),
            pause: Pause::default(),
            is_paused: false,
            waiting,
        }
    }

    /// True when the next message may be read. While a session opens none is, so that a client may send its
    /// first commands without waiting; and none while its answers pile up unread, or shortly after the engine had no room
    /// for one.
    pub(crate) fn listens(&self, wire: Wire) -> bool {
        let room = wire == Wire::Json || self.waiting.len() < self.room;
        !self.opening && !self.is_paused && room && !self.outbox.is_congested() && !self.edge.is_stopping()
    }

    /// True while the connection is not read, as the engine had no room for something of it.
    pub(crate) fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// True when nothing waits for a shard; the prices of open bets that nobody follows any more are not waited for.
    pub(crate) fn is_idle(&self) -> bool {
        let of_nobody = self.cash_out.asking && !self.cash_out.on;
        self.waiting.len() <= usize::from(of_nobody)
    }

    /// The client has said its last word: what repeats itself ends.
    pub(crate) fn heard_last_word(&mut self) {
        self.cash_out.on = false;
    }

    /// Moves answers that have come into the outbox; the task is woken when more come.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) {
        while let Poll::Ready(Some(answered)) = self.waiting.poll_next_unpin(cx) {
            self.finish(answered);
        }
        self.is_paused = self.pause.lasts(cx);
    }

    /// Takes in one text frame.
    pub(crate) fn text(&mut self, text: &str) {
        let _lap = stages::sample(Stage::Decode);
        self.edge.stats.messages.add(1);
        if self.bucket.as_mut().is_some_and(|bucket| !bucket.take(Instant::now())) {
            return self.refuse(parse::id_of(text), codes::RATE_LIMITED.error());
        }
        match parse::parse(text) {
            Ok(message) => self.take(message),
            Err(refusal) => self.refuse(refusal.id, refusal.error),
        }
    }

    /// Takes in a frame that no client should send.
    pub(crate) fn binary(&mut self) {
        self.edge.stats.messages.add(1);
        self.refuse(String::new(), codes::BINARY_NOT_SUPPORTED.error());
    }

    /// Takes in one message of a gRPC session.
    pub(crate) fn message(&mut self, message: ClientMessage) {
        let _lap = stages::sample(Stage::Decode);
        self.edge.stats.messages.add(1);
        self.take(message);
    }

    /// Follows markets without having been asked by a message.
    pub(crate) fn watch(&mut self, subscribe: Subscribe) -> Result<(), Error> {
        parse::check_events(&subscribe.events)?;
        self.subscribe(String::new(), subscribe)
    }

    fn take(&mut self, message: ClientMessage) {
        if let Err(error) = parse::check(&message) {
            return self.refuse(parse::fit_id(&message.id), error);
        }
        let ClientMessage {
            id,
            request,
            deadline_ms,
        } = message;
        let outcome = match request {
            Some(Request::Ping(_)) => {
                self.answer(
                    id.clone(),
                    Body::Pong(Pong {
                        server_time_ms: now_ms(),
                    }),
                );
                Ok(())
            }
            Some(Request::ListEvents(_)) => {
                let events = self.edge.board().events();
                self.answer(id.clone(), Body::Events(Events { events }));
                Ok(())
            }
            Some(Request::Subscribe(subscribe)) => self.subscribe(id.clone(), subscribe),
            Some(Request::Unsubscribe(unsubscribe)) => self.unsubscribe(id.clone(), &unsubscribe),
            Some(Request::OpenSession(open)) => self.open(id.clone(), open),
            Some(Request::SetOddsFormat(set)) => self.set_odds_format(id.clone(), set.odds_format),
            Some(request) => {
                let id = id.clone();
                self.command(Envelope { id, deadline_ms }, request)
            }
            None => Err(codes::UNKNOWN_MESSAGE.error()),
        };
        if let Err(error) = outcome {
            self.refuse(id, error);
        }
    }

    fn open(&mut self, id: String, open: OpenSession) -> Result<(), Error> {
        let player = parse::player(&open);
        if self.session.as_ref().is_some_and(|session| session.player != player) {
            return Err(codes::SESSION_OPEN.error());
        }
        let quoting = match OddsFormat::try_from(open.odds_format) {
            Ok(OddsFormat::Unspecified) => self.outbox.quoting(),
            _ => self.quoting(open.odds_format)?,
        };
        let ask = Ask::Register(Register {
            currency: open.currency,
        });
        let opens = Some((player.clone(), quoting));
        // Not a command of the client's own: its id would bar the same id from a command of another day.
        let envelope = Envelope { id, deadline_ms: 0 };
        self.route(envelope, String::new(), Asked::Session, player, opens, ask)?;
        self.opening = true;
        Ok(())
    }

    fn quoting(&self, format: i32) -> Result<Quoting, Error> {
        let format = OddsFormat::try_from(format).unwrap_or(OddsFormat::Unspecified);
        let quoting = self.outbox.quoting().changed(format);
        quoting.ok_or_else(|| codes::ODDS_FORMAT_UNKNOWN.error())
    }

    fn set_odds_format(&mut self, id: String, format: i32) -> Result<(), Error> {
        let quoting = self.quoting(format)?;
        self.requote(quoting, |this| {
            this.answer(id, Body::OddsFormatSet(OddsFormatSet { odds_format: format }));
        });
        Ok(())
    }

    /// Has prices written otherwise from `announce` on; what is followed is told anew where that changes it.
    fn requote(&self, quoting: Quoting, announce: impl FnOnce(&Self)) {
        if quoting.format() == self.outbox.quoting().format() {
            return announce(self);
        }
        let board = self.edge.board();
        board.requote(&self.outbox, &self.interest, quoting, || announce(self));
    }

    fn command(&mut self, envelope: Envelope, request: Request) -> Result<(), Error> {
        let Some(session) = &self.session else {
            return Err(codes::NO_SESSION.error());
        };
        let player = session.player.clone();
        let (asked, ask) = match request {
            Request::Balance(ask) => (Asked::Balance, Ask::Balance(ask)),
            Request::PlaceBet(ask) => (Asked::PlaceBet, Ask::PlaceBet(ask)),
            Request::ListBets(ask) => (Asked::ListBets, Ask::ListBets(ask)),
            Request::Deposit(ask) => (Asked::Cashier, Ask::Deposit(ask)),
            Request::Withdraw(ask) => (Asked::Cashier, Ask::Withdraw(ask)),
            Request::SetLimit(ask) => (Asked::Limit, Ask::SetLimit(ask)),
            Request::SelfExclude(ask) => (Asked::Exclusion, Ask::SelfExclude(ask)),
            Request::PlaceSlip(ask) => (Asked::Slip, Ask::PlaceSlip(ask)),
            Request::QuoteSlip(ask) => (Asked::SlipQuote, Ask::QuoteSlip(ask)),
            Request::AnswerOffer(ask) => (Asked::Slip, Ask::AnswerOffer(ask)),
            Request::ListSlips(ask) => (Asked::Slips, Ask::ListSlips(ask)),
            Request::LockCashOut(ask) => (Asked::LockCashOut, Ask::LockCashOut(ask)),
            Request::CashOut(ask) => (Asked::CashOut, Ask::CashOut(ask)),
            Request::WatchCashOut(ask) => return self.watch_cash_out(envelope.id, ask.on),
            _ => return Err(codes::UNKNOWN_MESSAGE.error()),
        };
        if asked == Asked::Cashier && !self.edge.config.test_cashier {
            return Err(codes::CASHIER_DISABLED.error());
        }
        let question = matches!(
            asked,
            Asked::Balance | Asked::ListBets | Asked::SlipQuote | Asked::Slips
        );
        let command_id = if question { String::new() } else { envelope.id.clone() };
        let ask = self.outbox.quoting().ask(ask);
        self.route(envelope, command_id, asked, player, None, ask)
    }

    fn route(
        &mut self,
        envelope: Envelope,
        command_id: String,
        asked: Asked,
        player: PlayerRef,
        opens: Option<(PlayerRef, Quoting)>,
        ask: Ask,
    ) -> Result<(), Error> {
        let Envelope { id, deadline_ms } = envelope;
        if self.waiting.len() >= self.room {
            return Err(codes::TOO_MANY_IN_FLIGHT.error());
        }
        let since = Instant::now();
        let request = PlayerRequest {
            player: Some(player),
            command_id,
            request: Some(ask),
        };
        stages::mark(Stage::Decode);
        let answer = self.edge.ask_by(Target::Player(request), deadline_ms);
        self.waiting.push(Box::pin(async move {
            Answered {
                id,
                asked,
                since,
                opens,
                outcome: answer.await,
            }
        }));
        Ok(())
    }

    fn finish(&mut self, answered: Answered) {
        let _lap = stages::sample(Stage::Reply);
        let Answered {
            id,
            asked,
            since,
            opens,
            outcome,
        } = answered;
        if asked == Asked::CashOutWatch {
            return self.finish_watch(id, outcome);
        }
        if matches!(asked, Asked::PlaceBet | Asked::Slip) {
            let micros = u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX);
            self.edge.stats.acceptance.record([micros]);
        }
        self.opening &= asked != Asked::Session;
        let heartbeat_ms = self.edge.config.heartbeat_ms;
        match outcome.and_then(|reply| answer::body(asked, reply, heartbeat_ms)) {
            Ok(body) => {
                if let (Some((player, quoting)), Body::SessionOpened(opened)) = (opens, &body) {
                    self.edge.sessions.open(&opened.player_id, &self.outbox);
                    self.session = Some(Session {
                        player,
                        player_id: opened.player_id.clone(),
                    });
                    return self.requote(quoting, |this| this.answer(id, body));
                }
                self.answer(id, body);
            }
            Err(error) => {
                self.pause.heed(&error);
                self.refuse(id, error);
            }
        }
    }

    fn subscribe(&mut self, id: String, subscribe: Subscribe) -> Result<(), Error> {
        let more = subscribe
            .events
            .iter()
            .filter(|event| !self.interest.events.contains(*event))
            .count();
        if self.interest.events.len() + more > MAX_EVENTS {
            return Err(codes::TOO_MANY_EVENTS.error());
        }
        let outbox = &self.outbox;
        self.edge
            .board()
            .subscribe(outbox, &mut self.interest, &subscribe.events, |reach| {
                let subscribed = Subscribed {
                    events: reach.events,
                    markets: reach.markets,
                };
                outbox.answer(Frame::new(id, Body::Subscribed(subscribed)));
            });
        self.edge.stats.answers.add(1);
        Ok(())
    }

    fn unsubscribe(&mut self, id: String, unsubscribe: &Unsubscribe) -> Result<(), Error> {
        if self.interest.all && !unsubscribe.events.is_empty() {
            return Err(codes::SUBSCRIBED_TO_ALL.error());
        }
        self.edge
            .board()
            .unsubscribe(&self.outbox, &mut self.interest, &unsubscribe.events);
        self.answer(id, Body::Unsubscribed(Unsubscribed {}));
        Ok(())
    }

    fn refuse(&self, id: String, error: Error) {
        self.edge.stats.refuse(&error.code);
        self.answer(id, Body::Error(error));
    }

    fn answer(&self, id: String, body: Body) {
        self.edge.stats.answers.add(1);
        self.outbox.answer_in_turn(Frame::new(id, body));
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        if let Some(session) = &self.session {
            self.edge.sessions.close(&session.player_id, &self.outbox);
        }
        self.edge.board().unsubscribe(&self.outbox, &mut self.interest, &[]);
        self.edge.dismiss(&self.outbox);
    }
}
