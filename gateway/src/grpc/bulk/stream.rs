//! Bets as they come, on one stream.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::{Stream, StreamExt};
use shardbook_proto::client::v1::{PlaceBetBatchReply, PlaceBetBatchRequest, PlaceBetRequest};
use tonic::{Status, Streaming};

use super::check_size;
use super::queue::Queue;
use crate::edge::Edge;
use crate::frame::Wire;
use crate::outbox::Outbox;
use crate::prices::Quoting;

/// Messages read before answers are given out, so that a partner who sends without pause is answered too.
const TURN: usize = 64;

/// Invariant: never more bets under way than `partner_inflight`; at that number nothing is read, and HTTP/2 has the client
/// wait. So it has for a moment when the engine had no room for one. Every bet read is answered before the stream ends, unless the client goes first.
pub(in crate::grpc) struct BetStream {
    edge: Arc<Edge>,
    inbound: Inbound,
    /// The rest of the last message, for which there was no room.
    unrouted: std::vec::IntoIter<PlaceBetRequest>,
    /// As the last message has it.
    deadline_ms: i64,
    queue: Queue,
    /// The place among the connections of the gateway, which wakes the stream when it stops.
    place: Arc<Outbox>,
}

enum Inbound {
    Open(Box<Streaming<PlaceBetBatchRequest>>),
    /// The last word was said: the stream ends with the last answer, and with this status where one is due.
    Ended(Option<Status>),
}

impl BetStream {
    pub(super) fn new(
        edge: &Arc<Edge>,
        quoting: Quoting,
        inbound: Streaming<PlaceBetBatchRequest>,
    ) -> Result<Self, Status> {
        let full = || Status::resource_exhausted("the gateway serves as many connections as it may; try another");
        let place = edge.admit(Wire::Proto).ok_or_else(full)?;
        Ok(Self {
            edge: Arc::clone(edge),
            inbound: Inbound::Open(Box::new(inbound)),
            unrouted: Vec::new().into_iter(),
            deadline_ms: 0,
            queue: Queue::new(Arc::clone(edge), quoting, 0),
            place,
        })
    }

    /// Routes what has come, as far as there is room. True when there may be more to read now.
    fn read(&mut self, cx: &mut Context<'_>) -> bool {
        for _ in 0..TURN {
            if self.queue.is_paused(cx) {
                return false;
            }
            let room = self.edge.config.partner_inflight.saturating_sub(self.queue.len());
            if self.unrouted.len() > 0 {
                self.queue
                    .take_with_room(self.unrouted.by_ref().take(room), self.deadline_ms);
            }
            if self.unrouted.len() > 0 || self.queue.len() >= self.edge.config.partner_inflight {
                return false;
            }
            let Inbound::Open(inbound) = &mut self.inbound else {
                return false;
            };
            if self.edge.is_stopping() {
                self.inbound = Inbound::Ended(None);
                return false;
            }
            let read = match inbound.poll_next_unpin(cx) {
                Poll::Pending => return false,
                Poll::Ready(read) => read,
            };
            let checked = read.map(|message| message.and_then(|m| check_size(&self.edge, m.bets.len()).map(|()| m)));
            match checked {
                Some(Ok(message)) => {
                    self.unrouted = message.bets.into_iter();
                    self.deadline_ms = message.deadline_ms;
                }
                Some(Err(status)) => self.inbound = Inbound::Ended(Some(status)),
                None => self.inbound = Inbound::Ended(None),
            }
        }
        true
    }
}

impl Stream for BetStream {
    type Item = Result<PlaceBetBatchReply, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        this.place.watch(cx.waker());
        loop {
            let more = this.read(cx);
            let mut replies = Vec::new();
            this.queue
                .poll_replies(cx, &mut replies, this.edge.config.max_batch_bets);
            if !replies.is_empty() {
                return Poll::Ready(Some(Ok(PlaceBetBatchReply { replies })));
            }
            if more {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            if !this.queue.is_empty() {
                return Poll::Pending;
            }
            if this.unrouted.len() > 0 {
                if this.queue.is_paused(cx) {
                    return Poll::Pending;
                }
                continue;
            }
            return match &mut this.inbound {
                Inbound::Open(_) => Poll::Pending,
                Inbound::Ended(status) => Poll::Ready(status.take().map(Err)),
            };
        }
    }
}

impl Drop for BetStream {
    fn drop(&mut self) {
        self.edge.dismiss(&self.place);
    }
}
