//! From the bus to every connection: one task reads the topic, changes the board and fills the outboxes.

use std::sync::Arc;

use shardbook_proto::internal::v1::public_update::Update;
use shardbook_runtime::bus::{Lag, Subscription};

use crate::PublicTopic;
use crate::edge::Edge;
use shardbook_proto::internal::v1::PublicUpdate;

/// Fills the empty board before the first connection comes.
pub(crate) fn begin(edge: &Edge, topic: &PublicTopic) -> Subscription<PublicUpdate> {
    let mut subscription = topic.subscribe();
    let images = std::mem::take(&mut subscription.image);
    edge.board().replace(&images);
    subscription
}

/// Runs until the topic is closed.
pub(crate) async fn run(edge: Arc<Edge>, topic: Arc<PublicTopic>, mut subscription: Subscription<PublicUpdate>) {
    loop {
        let fresh = match subscription.recv().await {
            Ok(update) => match &update.update {
                Some(Update::Player(player)) => {
                    edge.stats.pushes.add(edge.sessions.push(player) as u64);
                    false
                }
                Some(Update::Referral(change)) => {
                    // Nobody listening is no fault.
                    let _ = edge.referrals.send(change.clone());
                    false
                }
                _ => edge.board().apply(&update).is_err(),
            },
            Err(Lag::Missed(missed)) => {
                tracing::warn!(missed, "the gateway fell behind the bus; taking a fresh image");
                edge.stats.bus_missed.add(missed);
                true
            }
            Err(Lag::Closed) => return,
        };
        if fresh {
            subscription = begin(&edge, &topic);
        }
    }
}
