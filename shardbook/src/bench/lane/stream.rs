//! A gRPC stream of bets, over one connection of its own.

use std::collections::VecDeque;
use std::task::{Context, Poll};

use futures_util::StreamExt;
use futures_util::stream::{self, FuturesUnordered};
use shardbook_proto::client::v1::betting_client::BettingClient;
use shardbook_proto::client::v1::bulk_betting_client::BulkBettingClient;
use shardbook_proto::client::v1::{PlaceBetBatchReply, PlaceBetBatchRequest, PlaceBetRequest};
use shardbook_runtime::router::BoxFuture;
use tokio::sync::mpsc;
use tonic::Streaming;
use tonic::transport::Channel;

use super::{Lane, Plan, Said, Tag, bet_request, earliest, placed, unary};
use crate::Failure;
use crate::bench::plan::Deed;

/// Messages that the connection has not taken at which the client rather waits.
const UNSENT_MAX: usize = 2;

pub(super) struct Bets {
    say: mpsc::Sender<PlaceBetBatchRequest>,
    heard: Streaming<PlaceBetBatchReply>,
    /// Most bets of a message.
    most: usize,
    gathered: (Vec<Tag>, Vec<PlaceBetRequest>),
    waiting: VecDeque<Tag>,
    single: BettingClient<Channel>,
    /// What is no bet goes beside the stream.
    beside: FuturesUnordered<BoxFuture<unary::Answered>>,
}

impl Bets {
    /// `in_flight` bounds the messages that wait to be sent: each holds a bet at least.
    pub(super) fn open(channel: Channel, most: usize, in_flight: usize) -> BoxFuture<Result<Self, Failure>> {
        Box::pin(async move {
            let (say, mut said) = mpsc::channel(in_flight + 1);
            let said = stream::poll_fn(move |cx| said.poll_recv(cx));
            let heard = BulkBettingClient::new(channel.clone())
                .place_bets(said)
                .await?
                .into_inner();
            Ok(Self {
                say,
                heard,
                most,
                gathered: (Vec::new(), Vec::new()),
                waiting: VecDeque::new(),
                single: BettingClient::new(channel),
                beside: FuturesUnordered::new(),
            })
        })
    }

    fn leave(&mut self) -> Result<(), Failure> {
        let (tags, bets) = std::mem::take(&mut self.gathered);
        if tags.is_empty() {
            return Ok(());
        }
        let deadline_ms = earliest(&tags);
        let full = |_| Failure::from("the stream of bets is closed or full");
        self.say
            .try_send(PlaceBetBatchRequest { bets, deadline_ms })
            .map_err(full)
    }
}

impl Lane for Bets {
    fn send(&mut self, plan: &Plan, tag: Tag) {
        let Deed::Bet { market, selection } = tag.order.deed else {
            self.beside.push(unary::call(self.single.clone(), plan, tag));
            return;
        };
        self.waiting.push_back(tag);
        self.gathered.0.push(tag);
        self.gathered.1.push(bet_request(plan, &tag, market, selection));
        if self.gathered.0.len() >= self.most {
            // A stream that has ended is told at the next poll.
            let _ = self.leave();
        }
    }

    fn is_full(&self) -> bool {
        self.say.max_capacity() - self.say.capacity() >= UNSENT_MAX
    }

    fn poll(&mut self, cx: &mut Context<'_>, done: &mut dyn FnMut(Tag, Said)) -> Poll<Result<(), Failure>> {
        self.leave()?;
        let mut some = false;
        while let Poll::Ready(message) = self.heard.poll_next_unpin(cx) {
            let message = message.ok_or("the stream of bets ended")??;
            for reply in message.replies {
                let tag = self.waiting.pop_front().ok_or("an answer to nothing")?;
                let said = placed(reply, &tag)?;
                done(tag, said);
            }
            some = true;
        }
        while let Poll::Ready(Some(tag)) = self.beside.poll_next_unpin(cx) {
            let (tag, said) = tag?;
            done(tag, said);
            some = true;
        }
        if some { Poll::Ready(Ok(())) } else { Poll::Pending }
    }
}
