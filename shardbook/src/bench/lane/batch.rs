//! Unary gRPC calls with many bets each, over one connection.

use std::task::{Context, Poll};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use shardbook_proto::client::v1::betting_client::BettingClient;
use shardbook_proto::client::v1::bulk_betting_client::BulkBettingClient;
use shardbook_proto::client::v1::{PlaceBetBatchRequest, PlaceBetRequest};
use shardbook_runtime::router::BoxFuture;
use tonic::transport::Channel;

use super::{Lane, Plan, Said, Tag, bet_request, earliest, placed, unary};
use crate::Failure;
use crate::bench::plan::Deed;

pub(super) struct Batches {
    bulk: BulkBettingClient<Channel>,
    single: BettingClient<Channel>,
    /// Most bets of a message.
    most: usize,
    gathered: (Vec<Tag>, Vec<PlaceBetRequest>),
    waiting: FuturesUnordered<BoxFuture<Result<Vec<(Tag, Said)>, Failure>>>,
}

impl Batches {
    pub(super) fn new(channel: Channel, most: usize) -> Self {
        Self {
            bulk: BulkBettingClient::new(channel.clone()),
            single: BettingClient::new(channel),
            most,
            gathered: (Vec::new(), Vec::new()),
            waiting: FuturesUnordered::new(),
        }
    }

    fn leave(&mut self) {
        let (tags, bets) = std::mem::take(&mut self.gathered);
        if tags.is_empty() {
            return;
        }
        let deadline_ms = earliest(&tags);
        let mut bulk = self.bulk.clone();
        self.waiting.push(Box::pin(async move {
            let replies = bulk
                .place_bet_batch(PlaceBetBatchRequest { bets, deadline_ms })
                .await?
                .into_inner()
                .replies;
            if replies.len() != tags.len() {
                return Err(format!("{} answers to {} bets", replies.len(), tags.len()).into());
            }
            let told = replies.into_iter().zip(tags);
            told.map(|(reply, tag)| Ok((tag, placed(reply, &tag)?))).collect()
        }));
    }
}

impl Lane for Batches {
    fn send(&mut self, plan: &Plan, tag: Tag) {
        let Deed::Bet { market, selection } = tag.order.deed else {
            let call = unary::call(self.single.clone(), plan, tag);
            self.waiting.push(Box::pin(async move { Ok(vec![call.await?]) }));
            return;
        };
        self.gathered.0.push(tag);
        self.gathered.1.push(bet_request(plan, &tag, market, selection));
        if self.gathered.0.len() >= self.most {
            self.leave();
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>, done: &mut dyn FnMut(Tag, Said)) -> Poll<Result<(), Failure>> {
        self.leave();
        let mut some = false;
        while let Poll::Ready(Some(tags)) = self.waiting.poll_next_unpin(cx) {
            tags?.into_iter().for_each(|(tag, said)| done(tag, said));
            some = true;
        }
        if some { Poll::Ready(Ok(())) } else { Poll::Pending }
    }
}
