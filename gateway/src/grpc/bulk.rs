//! Bets in bulk: many bets of many players in each message.
//!
//! No bet has a task or a timer of its own. Bets are under way as they are read, and their answers are awaited in that
//! order: a look at the first tells whether there is anything to give out, and what is ready behind it goes with it.

mod queue;
mod stream;

use std::future::poll_fn;
use std::sync::Arc;

use shardbook_proto::client::v1::bulk_betting_server::BulkBetting;
use shardbook_proto::client::v1::{PlaceBetBatchReply, PlaceBetBatchRequest};
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status, Streaming};

use super::deadline::{deadline_of, within_call};
use super::session::quoting;
use crate::codes;
use crate::edge::Edge;
use crate::prices::Quoting;
use queue::Queue;
use stream::BetStream;

pub(super) struct Service {
    pub edge: Arc<Edge>,
}

#[tonic::async_trait]
impl BulkBetting for Service {
    type PlaceBetsStream = BetStream;

    async fn place_bet_batch(
        &self,
        request: Request<PlaceBetBatchRequest>,
    ) -> Result<Response<PlaceBetBatchReply>, Status> {
        let quoting = quoted(&self.edge, request.metadata())?;
        let within = deadline_of(request.metadata());
        let PlaceBetBatchRequest { bets, deadline_ms } = request.into_inner();
        let deadline_ms = within_call(deadline_ms, within);
        check_size(&self.edge, bets.len())?;
        let mut replies = Vec::with_capacity(bets.len());
        let mut queue = Queue::new(Arc::clone(&self.edge), quoting, bets.len());
        queue.take(bets, deadline_ms);
        poll_fn(|cx| {
            queue.poll_replies(cx, &mut replies, usize::MAX);
            if queue.is_empty() {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        })
        .await;
        Ok(Response::new(PlaceBetBatchReply { replies }))
    }

    async fn place_bets(
        &self,
        request: Request<Streaming<PlaceBetBatchRequest>>,
    ) -> Result<Response<Self::PlaceBetsStream>, Status> {
        let quoting = quoted(&self.edge, request.metadata())?;
        BetStream::new(&self.edge, quoting, request.into_inner()).map(Response::new)
    }
}

/// How the call writes prices.
fn quoted(edge: &Edge, metadata: &MetadataMap) -> Result<Quoting, Status> {
    quoting(edge, metadata).map_err(|error| {
        edge.stats.refuse(&error.code);
        Status::invalid_argument(format!("{}: {}", error.code, error.message))
    })
}

/// Refuses a message that is larger than its bound as a whole: nothing of it was done.
fn check_size(edge: &Edge, bets: usize) -> Result<(), Status> {
    if bets <= edge.config.max_batch_bets {
        return Ok(());
    }
    let error = codes::BATCH_TOO_LARGE.with(&format!("{bets} of at most {}", edge.config.max_batch_bets));
    edge.stats.refuse(&error.code);
    Err(Status::out_of_range(format!("{}: {}", error.code, error.message)))
}
