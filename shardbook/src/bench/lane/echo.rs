//! Empty unary calls: what gRPC itself costs on this machine, over connections like those of the bets.

use std::task::{Context, Poll};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use shardbook_runtime::router::BoxFuture;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use super::{Lane, Plan, Said, Tag};
use crate::Failure;

pub(super) struct Echo {
    client: HealthClient<Channel>,
    waiting: FuturesUnordered<BoxFuture<Result<Tag, Failure>>>,
}

impl Echo {
    pub(super) fn new(channel: Channel) -> Self {
        Self {
            client: HealthClient::new(channel),
            waiting: FuturesUnordered::new(),
        }
    }
}

impl Lane for Echo {
    fn send(&mut self, _plan: &Plan, tag: Tag) {
        let mut client = self.client.clone();
        self.waiting.push(Box::pin(async move {
            client.check(HealthCheckRequest::default()).await?;
            Ok(tag)
        }));
    }

    fn poll(&mut self, cx: &mut Context<'_>, done: &mut dyn FnMut(Tag, Said)) -> Poll<Result<(), Failure>> {
        let mut some = false;
        while let Poll::Ready(Some(tag)) = self.waiting.poll_next_unpin(cx) {
            done(tag?, Said::Done);
            some = true;
        }
        if some { Poll::Ready(Ok(())) } else { Poll::Pending }
    }
}
