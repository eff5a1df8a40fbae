//! A conversation as a gRPC stream.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::{Stream, StreamExt};
use shardbook_proto::client::v1::{ClientMessage, Error, ServerMessage, Subscribe};
use tonic::metadata::MetadataMap;
use tonic::{Request, Status, Streaming};

use crate::conversation::Conversation;
use crate::edge::{Edge, now_us};
use crate::frame::Wire;
use crate::outbox::{Next, Outbox};
use crate::prices::Quoting;

/// Messages read before the answers to them are given out.
const TURN: usize = 64;

/// Reads the partner's messages and gives out the answers and pushes; driven by whoever reads it.
pub(super) struct SessionStream {
    edge: Arc<Edge>,
    inbound: Inbound,
    conversation: Conversation,
    outbox: Arc<Outbox>,
}

enum Inbound {
    Open(Box<Streaming<ClientMessage>>),
    /// The partner said its last word: the stream ends with the last answer.
    Ended,
    /// There is none: the stream ends with the gateway.
    Watching,
}

impl SessionStream {
    pub(super) fn converse(edge: &Arc<Edge>, request: Request<Streaming<ClientMessage>>) -> Result<Self, Status> {
        let quoting = quoting(edge, request.metadata()).map_err(refused)?;
        Self::new(edge, quoting, Inbound::Open(Box::new(request.into_inner())))
    }

    pub(super) fn watch(edge: &Arc<Edge>, request: Request<Subscribe>) -> Result<Self, Status> {
        let quoting = quoting(edge, request.metadata()).map_err(refused)?;
        let mut stream = Self::new(edge, quoting, Inbound::Watching)?;
        let subscribe = request.into_inner();
        stream.conversation.watch(subscribe).map_err(refused)?;
        Ok(stream)
    }

    fn new(edge: &Arc<Edge>, quoting: Quoting, inbound: Inbound) -> Result<Self, Status> {
        let full = || Status::resource_exhausted("the gateway serves as many connections as it may; try another");
        let outbox = edge.admit(Wire::Proto).ok_or_else(full)?;
        outbox.requote(quoting);
        let conversation = Conversation::with_partner(Arc::clone(edge), Arc::clone(&outbox));
        Ok(Self {
            edge: Arc::clone(edge),
            inbound,
            conversation,
            outbox,
        })
    }

    /// Takes in what has come. False when nothing has.
    fn read(&mut self, cx: &mut Context<'_>) -> Result<bool, Status> {
        let Inbound::Open(inbound) = &mut self.inbound else {
            return Ok(false);
        };
        if !self.conversation.listens(Wire::Proto) {
            return Ok(false);
        }
        match inbound.poll_next_unpin(cx) {
            Poll::Pending => return Ok(false),
            Poll::Ready(Some(message)) => self.conversation.message(message?),
            Poll::Ready(None) => {
                self.inbound = Inbound::Ended;
                self.conversation.heard_last_word();
            }
        }
        Ok(true)
    }

    fn is_over(&self) -> bool {
        let last_word = matches!(self.inbound, Inbound::Ended) || self.edge.is_stopping();
        last_word && self.conversation.is_idle()
    }
}

/// How prices are written by the metadata of a call.
pub(super) fn quoting(edge: &Edge, metadata: &MetadataMap) -> Result<Quoting, Error> {
    edge.quoting(metadata.get("odds-format").map(|name| name.as_bytes()))
}

fn refused(error: Error) -> Status {
    Status::invalid_argument(error.message)
}

impl Stream for SessionStream {
    type Item = Result<ServerMessage, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        this.outbox.watch(cx.waker());
        loop {
            match this.outbox.next() {
                Next::Write(frame) => {
                    let received = frame.received_us();
                    if received > 0 {
                        this.edge
                            .stats
                            .push
                            .record([u64::try_from(now_us() - received).unwrap_or(0)]);
                    }
                    return Poll::Ready(Some(Ok(frame.message())));
                }
                Next::Refill => this.outbox.refill(&mut *this.edge.board()),
                Next::Overflow => {
                    this.edge.stats.slow_closed.add(1);
                    return Poll::Ready(Some(Err(Status::resource_exhausted("slow consumer; read faster"))));
                }
                Next::Empty => {
                    let mut more = false;
                    for _ in 0..TURN {
                        this.conversation.poll(cx);
                        more = this.read(cx)?;
                        if !more {
                            break;
                        }
                    }
                    if this.outbox.is_empty() && !more {
                        return if this.is_over() {
                            Poll::Ready(None)
                        } else {
                            Poll::Pending
                        };
                    }
                }
            }
        }
    }
}
