//! Bets under way and their answers, first in, first out.

use std::collections::VecDeque;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

use shardbook_proto::client::v1::{Error, PlaceBetReply, PlaceBetRequest};
use shardbook_proto::internal::v1::PlayerRequest;
use shardbook_proto::internal::v1::player_request::Request as Ask;
use shardbook_proto::internal::v1::shard_reply::Reply;
use shardbook_proto::internal::v1::shard_request::Target;
use shardbook_runtime::router::CallFault;
use shardbook_runtime::stages::{self, Stage};
use tokio::task::unconstrained;
use tokio::time::Sleep;

use super::super::betting::bet_reply;
use crate::codes;
use crate::edge::{Call, Edge, outcome};
use crate::parse;
use crate::pause::Pause;
use crate::prices::Quoting;

/// Invariant: every bet that was taken gives one reply, in the order of taking; a bet that was routed is carried out even
/// when its reply is never asked for.
pub(super) struct Queue {
    edge: Arc<Edge>,
    /// How the call writes prices.
    quoting: Quoting,
    waiting: VecDeque<Placing>,
    /// One for all: the first bet is the first whose time is over. Rung for a bet that has left, it is set anew.
    timer: Option<Pin<Box<Sleep>>>,
    pause: Pause,
}

struct Placing {
    /// As it is sent back.
    id: String,
    since: Instant,
    call: Under,
}

enum Under {
    /// Not answered yet.
    Way(Call),
    /// Answered, or refused, when it was routed.
    Answered(Box<Result<Reply, Error>>),
}

impl Queue {
    pub(super) fn new(edge: Arc<Edge>, quoting: Quoting, room: usize) -> Self {
        Self {
            edge,
            quoting,
            waiting: VecDeque::with_capacity(room),
            timer: None,
            pause: Pause::default(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether no more should be taken in for now, as the engine had no room. The task is woken when that is over.
    pub(super) fn is_paused(&mut self, cx: &mut Context<'_>) -> bool {
        self.pause.lasts(cx)
    }

    /// Routes bets, to be decided by then at the latest (0: as long as the gateway waits): when this returns, each is under
    /// way or refused.
    pub(super) fn take(&mut self, bets: impl IntoIterator<Item = PlaceBetRequest>, deadline_ms: i64) {
        for _ in self.route(bets, deadline_ms) {}
    }

    /// The same until the engine has no room for one: that one is refused, and the rest is left where it is.
    pub(super) fn take_with_room(&mut self, bets: impl Iterator<Item = PlaceBetRequest>, deadline_ms: i64) {
        let mut routed = self.route(bets, deadline_ms);
        while routed.next() == Some(true) {}
    }

    /// Routes a bet at each step; whether the engine had room.
    fn route(
        &mut self,
        bets: impl IntoIterator<Item = PlaceBetRequest>,
        deadline_ms: i64,
    ) -> impl Iterator<Item = bool> {
        let (since, left) = (Instant::now(), self.edge.left(deadline_ms));
        let stopping = self.edge.is_stopping();
        bets.into_iter().map(move |PlaceBetRequest { player, id, bet }| {
            let _lap = stages::sample(Stage::Decode);
            let told = parse::fit_id(&id);
            let player = player.unwrap_or_default();
            let fit = if told.is_empty() {
                Err(codes::BAD_ID.error())
            } else if stopping {
                Err(codes::STOPPING.error())
            } else {
                parse::check_player(&player)
            };
            let placing = fit.map(|()| {
                let request = PlayerRequest {
                    player: Some(player),
                    command_id: id,
                    request: Some(self.quoting.ask(Ask::PlaceBet(bet.unwrap_or_default()))),
                };
                stages::mark(Stage::Decode);
                self.edge.send(Target::Player(request), left)
            });
            let (call, has_room) = match placing {
                Ok(call) => self.begun(call),
                Err(error) => (Under::Answered(Box::new(Err(error))), true),
            };
            self.waiting.push_back(Placing { id: told, since, call });
            self.edge.stats.messages.add(1);
            has_room
        })
    }

    /// A call under way, and whether the engine had room for it: where it had none that is known at once.
    fn begun(&mut self, mut call: Call) -> (Under, bool) {
        // Not from the turn of the task: a look at each bet would use it up.
        let look = pin!(unconstrained(call.as_mut())).poll(&mut Context::from_waker(Waker::noop()));
        let Poll::Ready(answered) = look else {
            return (Under::Way(call), true);
        };
        let has_room = answered != Err(CallFault::Overloaded);
        let answered = outcome(answered, self.edge.config.overload_pause_ms);
        if let Err(error) = &answered {
            self.pause.heed(error);
        }
        (Under::Answered(Box::new(answered)), has_room)
    }

    /// Moves what is ready to the end of `replies`, until `most` are there. Has the task woken when the first that is not
    /// ready is.
    pub(super) fn poll_replies(&mut self, cx: &mut Context<'_>, replies: &mut Vec<PlaceBetReply>, most: usize) {
        let before = replies.len();
        let mut now = None;
        let mut took = Vec::new();
        while replies.len() < most
            && let Poll::Ready(Some((since, reply))) = self.poll_first(cx)
        {
            // One look at the clock for all that are ready together.
            let waited = now.get_or_insert_with(Instant::now).saturating_duration_since(since);
            took.push(u64::try_from(waited.as_micros()).unwrap_or(u64::MAX));
            replies.push(reply);
        }
        if replies.len() > before {
            self.edge.stats.answers.add((replies.len() - before) as u64);
            self.edge.stats.acceptance.record(took);
        }
    }

    fn poll_first(&mut self, cx: &mut Context<'_>) -> Poll<Option<(Instant, PlaceBetReply)>> {
        let patience = self.patience();
        let Some(first) = self.waiting.front_mut() else {
            return Poll::Ready(None);
        };
        let mut placed: Result<Reply, Error> = match &mut first.call {
            Under::Answered(answered) => std::mem::replace(&mut **answered, Err(Error::default())),
            Under::Way(call) => match call.as_mut().poll(cx) {
                Poll::Ready(answered) => outcome(answered, self.edge.config.overload_pause_ms),
                Poll::Pending => {
                    ready!(poll_overdue(&mut self.timer, first.since + patience, cx));
                    Err(codes::UNKNOWN.error())
                }
            },
        };
        let _lap = stages::sample(Stage::Reply);
        match &mut placed {
            Ok(reply) => self.quoting.reply(reply),
            Err(error) => {
                self.pause.heed(error);
                self.quoting.error(error);
            }
        }
        let reply = bet_reply(
            std::mem::take(&mut first.id),
            placed.inspect_err(|error| self.edge.stats.refuse(&error.code)),
        );
        let since = first.since;
        self.waiting.pop_front();
        Poll::Ready(Some((since, reply)))
    }

    fn patience(&self) -> Duration {
        self.edge.config.command_timeout()
    }
}

/// Ready when it is past `due`, which never goes back between calls.
fn poll_overdue(timer: &mut Option<Pin<Box<Sleep>>>, due: Instant, cx: &mut Context<'_>) -> Poll<()> {
    let timer = timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due.into())));
    loop {
        ready!(timer.as_mut().poll(cx));
        if timer.deadline() >= due.into() {
            return Poll::Ready(());
        }
        timer.as_mut().reset(due.into());
    }
}
