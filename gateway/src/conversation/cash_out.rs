//! The prices of a player's open bets, asked again and again while the player follows them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use shardbook_proto::client::v1::server_message::Message as Body;
use shardbook_proto::client::v1::{CashOutOffers, Error, PlayerRef};
use shardbook_proto::internal::v1::player_request::Request as Ask;
use shardbook_proto::internal::v1::shard_reply::Reply;
use shardbook_proto::internal::v1::shard_request::Target;
use shardbook_proto::internal::v1::{CashOutPrices, PlayerRequest};

use super::{Answered, Conversation};
use crate::answer::Asked;
use crate::codes;

/// Whether this player follows the prices of open bets, and what was told last.
#[derive(Default)]
pub(super) struct CashOutWatch {
    pub(super) on: bool,
    /// A question is under way or waits for its time: there is never more than one.
    pub(super) asking: bool,
    told: CashOutOffers,
}

impl Answered {
    fn of_watch(id: String, outcome: Result<Reply, Error>) -> Self {
        Self {
            id,
            asked: Asked::CashOutWatch,
            since: Instant::now(),
            opens: None,
            outcome,
        }
    }
}

impl Conversation {
    /// The first list is the answer; later ones are pushes, and only where something changed.
    pub(super) fn watch_cash_out(&mut self, id: String, on: bool) -> Result<(), Error> {
        let player = self.session.as_ref().map(|session| session.player.clone());
        self.cash_out.on = on;
        if !on {
            self.cash_out.told = CashOutOffers::default();
            self.answer(id, Body::CashOutWatched(CashOutOffers::default()));
            return Ok(());
        }
        let Some(player) = player else {
            return Err(codes::NO_SESSION.error());
        };
        if self.waiting.len() >= self.room {
            return Err(codes::TOO_MANY_IN_FLIGHT.error());
        }
        self.ask_cash_out(id, player, Duration::ZERO);
        Ok(())
    }

    fn ask_cash_out(&mut self, id: String, player: PlayerRef, after: Duration) {
        // The answer to a message of the client's own goes beside the question that repeats itself.
        self.cash_out.asking |= id.is_empty();
        let edge = Arc::clone(&self.edge);
        self.waiting.push(Box::pin(async move {
            let stopped = edge.stopped();
            if tokio::time::timeout(after, stopped).await.is_ok() && !after.is_zero() {
                return Answered::of_watch(id, Err(codes::STOPPING.error()));
            }
            let request = PlayerRequest {
                player: Some(player),
                command_id: String::new(),
                request: Some(Ask::CashOutPrices(CashOutPrices {})),
            };
            Answered::of_watch(id, edge.ask(Target::Player(request)).await)
        }));
    }

    /// Tells the offers, and asks again after a while.
    pub(super) fn finish_watch(&mut self, id: String, outcome: Result<Reply, Error>) {
        let offers = match outcome {
            Ok(Reply::CashOutOffers(offers)) => Ok(offers),
            Ok(_) => Err(codes::UNKNOWN.error()),
            Err(error) => Err(error),
        };
        match (id.is_empty(), offers) {
            (false, Ok(offers)) => {
                self.cash_out.told = offers.clone();
                self.answer(id, Body::CashOutWatched(offers));
            }
            (false, Err(error)) => {
                self.cash_out.on = false;
                return self.refuse(id, error);
            }
            (true, Ok(offers)) => {
                self.cash_out.asking = false;
                if self.cash_out.on && self.cash_out.told != offers {
                    self.cash_out.told = offers.clone();
                    self.answer(String::new(), Body::CashOutOffers(offers));
                }
            }
            // What could not be asked this time is asked the next.
            (true, Err(_)) => self.cash_out.asking = false,
        }
        if !self.cash_out.on || self.cash_out.asking || self.edge.is_stopping() {
            return;
        }
        if let Some(player) = self.session.as_ref().map(|session| session.player.clone()) {
            self.ask_cash_out(String::new(), player, self.edge.config.cash_out_push());
        }
    }
}
