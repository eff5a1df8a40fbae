//! Feeds publish here: many messages under way, answers in their order.

use std::pin::Pin;
use std::sync::Arc;

use futures_util::{Stream, StreamExt};
use shardbook_proto::internal::v1::shard_reply::Reply;
use shardbook_proto::internal::v1::shard_request::Target;
use shardbook_proto::provider::v1::feed_server::Feed;
use shardbook_proto::provider::v1::{FeedMessage, FeedReply};
use tonic::{Request, Response, Status, Streaming};

use crate::codes;
use crate::edge::Edge;

/// Messages of one stream under way at once. When so many wait, the stream is not read.
const IN_FLIGHT: usize = 256;

pub(super) struct Service {
    pub edge: Arc<Edge>,
}

#[tonic::async_trait]
impl Feed for Service {
    type PublishStream = Pin<Box<dyn Stream<Item = Result<FeedReply, Status>> + Send>>;

    /// Invariant: messages are routed in the order of the stream, as a call is under way when it is made; so
    /// those of one event reach it in order, however many are in flight.
    async fn publish(&self, request: Request<Streaming<FeedMessage>>) -> Result<Response<Self::PublishStream>, Status> {
        let edge = Arc::clone(&self.edge);
        let stopped = Box::pin(self.edge.stopped());
        let replies = request
            .into_inner()
            .take_until(stopped)
            .map(move |message| route(&edge, message))
            .buffered(IN_FLIGHT);
        Ok(Response::new(Box::pin(replies)))
    }
}

fn route(
    edge: &Edge,
    message: Result<FeedMessage, Status>,
) -> impl Future<Output = Result<FeedReply, Status>> + Send + use<> {
    let answer = message.map(|message| {
        edge.stats.messages.add(1);
        (message.id.clone(), edge.ask(Target::Feed(message)))
    });
    async move {
        let (id, answer) = answer?;
        Ok(match answer.await {
            Ok(Reply::Feed(reply)) => reply,
            Ok(_) => refusal(id, codes::UNKNOWN.error()),
            Err(error) => refusal(id, error),
        })
    }
}

fn refusal(id: String, error: shardbook_proto::client::v1::Error) -> FeedReply {
    FeedReply {
        id,
        code: error.code,
        message: error.message,
    }
}
