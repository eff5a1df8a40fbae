//! Messages of any source, published as fast as the house takes them.

use futures_util::{StreamExt, stream};
use shardbook_proto::provider::v1::feed_client::FeedClient;
use shardbook_proto::provider::v1::{FeedMessage, FeedReply};
use tokio::sync::mpsc;
use tonic::Streaming;
use tonic::transport::Channel;

use crate::soon;

/// A feed stream. Messages that are refused end the test.
pub struct Publisher {
    say: mpsc::Sender<FeedMessage>,
    replies: Streaming<FeedReply>,
}

impl Publisher {
    pub(crate) async fn open(channel: Channel) -> Self {
        let (say, said) = mpsc::channel(256);
        let said = stream::unfold(said, |mut said| async { Some((said.recv().await?, said)) });
        let replies = soon(FeedClient::new(channel).publish(said))
            .await
            .expect("a feed stream");
        Self {
            say,
            replies: replies.into_inner(),
        }
    }

    /// Publishes all of these and waits for their answers, which must come in order.
    ///
    /// # Panics
    /// When one is refused.
    pub async fn publish(&mut self, messages: &[FeedMessage]) {
        let Self { say, replies } = self;
        let saying = async {
            for message in messages {
                soon(say.send(message.clone())).await.expect("is taken");
            }
        };
        let hearing = async {
            for message in messages {
                let reply = soon(replies.next())
                    .await
                    .expect("the stream goes on")
                    .expect("an answer");
                assert_eq!(
                    (reply.id.as_str(), reply.code.as_str()),
                    (message.id.as_str(), ""),
                    "{}",
                    reply.message
                );
            }
        };
        tokio::join!(saying, hearing);
    }
}
