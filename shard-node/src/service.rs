//! What gateways ask of the shards: translated, sent to the entity, translated back.

mod house;
mod player;
mod slips;
mod trader;

use std::sync::Arc;

use shardbook_domain::event;
use shardbook_domain::ids::EventId;
use shardbook_proto::backoffice::v1::Referrals;
use shardbook_proto::internal::v1::{CheckpointDone, ShardReply, ShardRequest, shard_reply, shard_request};
use shardbook_proto::provider::v1 as provider;
use shardbook_runtime::clock::Clock;
use shardbook_runtime::entity::EntityKey;
use shardbook_runtime::fault::StoreFault;
use shardbook_runtime::host::{Answer, Host, Terms};
use shardbook_runtime::journal::{Journal, Store};
use shardbook_runtime::router::{BoxFuture, CallFault, Router, Service};
use shardbook_runtime::stages::{self, Stage};
use shardbook_runtime::turnstile::Turnstile;

use crate::demand::{self, Class};
use crate::entities::{EVENT, EventEntity, PlayerEntity, World};
use crate::fanout::Arrivals;
use crate::names::Names;
use crate::settlement::SettlementGauge;
use crate::translate::{Refusal, command_id, feed_command, feed_reply, id_reused};

/// How a gateway reaches the shards.
pub type ShardRouter = Router<ShardRequest, ShardReply>;

/// The shards of this process.
#[derive(Clone)]
pub(crate) struct Shards {
    pub(crate) players: Host<PlayerEntity>,
    pub(crate) events: Host<EventEntity>,
    pub(crate) store: Arc<Store>,
    pub(crate) journal: Journal,
    pub(crate) world: Arc<World>,
    pub(crate) arrivals: Arc<Arrivals>,
    pub(crate) names: Arc<Names>,
    pub(crate) settlement: Arc<SettlementGauge>,
    pub(crate) referrals: Arc<crate::referrals::Referrals>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) turnstile: Turnstile,
}

impl Service<ShardRequest, ShardReply> for Shards {
    /// What finds no room is refused here, before it is translated.
    fn call(&self, request: ShardRequest) -> BoxFuture<Result<ShardReply, CallFault>> {
        let _lap = stages::sample(Stage::Route);
        let by_clock = u64::try_from(request.deadline_ms).ok().filter(|deadline| *deadline > 0);
        let patience_ms = u64::from(request.patience_ms);
        let by_patience = (patience_ms > 0).then(|| self.clock.now_ms().saturating_add(patience_ms));
        let mut terms = Terms::by([by_clock, by_patience].into_iter().flatten().min());
        let Some(demand) = demand::of(request.target.as_ref()) else {
            return self.carry_out(request.target, terms);
        };
        let Ok(pass) = self.turnstile.enter(demand.class as usize, demand.cost) else {
            return Box::pin(std::future::ready(Err(CallFault::Overloaded)));
        };
        if demand.class == Class::Reads {
            // A question is over when it is answered.
            let call = self.carry_out(request.target, terms);
            return Box::pin(async move {
                let answer = call.await;
                drop(pass);
                answer
            });
        }
        terms.pass = Some(pass);
        // What is kept for wallets is their bound.
        terms.bounded_by_sender = demand.class == Class::Wallet;
        self.carry_out(request.target, terms)
    }
}

impl Shards {
    fn carry_out(
        &self,
        target: Option<shard_request::Target>,
        terms: Terms,
    ) -> BoxFuture<Result<ShardReply, CallFault>> {
        stages::mark(Stage::Route);
        match target {
            Some(shard_request::Target::Player(request)) => player::call(self, request, terms),
            // No deadline: a message left out would let the next one pass it.
            Some(shard_request::Target::Feed(message)) => self.feed(message),
            Some(shard_request::Target::Trader(command)) => trader::call(self, command),
            Some(shard_request::Target::Referrals(ask)) => {
                let referrals = self.referrals.waiting(&ask.brand);
                let reply = shard_reply::Reply::Referrals(Referrals { referrals });
                Box::pin(std::future::ready(Ok(replied(reply))))
            }
            Some(shard_request::Target::HouseTotals(_)) => {
                let shards = self.clone();
                Box::pin(async move { answer_read(house::totals(&shards)) })
            }
            Some(shard_request::Target::Checkpoint(_)) => {
                let shards = self.clone();
                Box::pin(async move { answer_read(shards.checkpoint().await) })
            }
            None => {
                let refusal = Refusal::new("UNKNOWN_MESSAGE", "the request names nothing to do: set one target");
                Box::pin(std::future::ready(Ok(refused(&refusal))))
            }
        }
    }
}

pub(crate) fn replied(reply: shard_reply::Reply) -> ShardReply {
    ShardReply { reply: Some(reply) }
}

pub(crate) fn refused(refusal: &Refusal) -> ShardReply {
    replied(shard_reply::Reply::Error(refusal.to_wire()))
}

/// The answer to a question that reads the store: a fault of the disk is told, not hidden.
pub(crate) fn answer_read(read: Result<shard_reply::Reply, StoreFault>) -> Result<ShardReply, CallFault> {
    match read {
        Ok(reply) => Ok(replied(reply)),
        Err(StoreFault::Stopped) => Err(CallFault::Unavailable),
        Err(fault) => {
            tracing::error!(%fault, "a question could not be answered");
            Ok(refused(&Refusal::new(
                "STORE_FAULT",
                "the store could not be read: see the log of the node",
            )))
        }
    }
}

impl Shards {
    fn feed(&self, message: provider::FeedMessage) -> BoxFuture<Result<ShardReply, CallFault>> {
        let id = message.id.clone();
        let reply =
            move |outcome: Result<(), (&str, String)>| Ok(replied(shard_reply::Reply::Feed(feed_reply(&id, outcome))));
        let refuse = |refusal: Refusal| Err((refusal.code, refusal.message));
        if message.id.is_empty() || message.id.len() > 256 {
            let refusal = Refusal::new("BAD_ID", "the message needs an id of 1 to 256 bytes");
            return Box::pin(std::future::ready(reply(refuse(refusal))));
        }
        let event = match EventId::of(&message.event) {
            Ok(event) => event,
            Err(error) => {
                let refusal = Refusal::new(error.code(), error.to_string());
                return Box::pin(std::future::ready(reply(refuse(refusal))));
            }
        };
        let command = match feed_command(&message) {
            Ok(command) => command,
            Err(refusal) => return Box::pin(std::future::ready(reply(refuse(refusal)))),
        };
        let command_id = command_id(
            EntityKey {
                kind: EVENT,
                id: event.0,
            },
            &message.id,
        );
        self.arrivals.note(command_id);
        stages::mark(Stage::Decode);
        let sent = self.events.send(event.0, command_id, command, None);
        let arrivals = Arc::clone(&self.arrivals);
        Box::pin(async move {
            let answer = match sent {
                Ok(pending) => pending.answer().await,
                Err(fault) => Err(fault),
            };
            let outcome = match answer {
                Ok(Answer::Accepted(event::Reply::Taken { changes })) => {
                    if changes == 0 {
                        arrivals.forget(command_id);
                    }
                    Ok(())
                }
                Ok(Answer::Rejected(rejection)) => Err((rejection.code(), rejection.to_string())),
                Ok(Answer::IdReused) => refuse(id_reused()),
                Err(why) => {
                    arrivals.forget(command_id);
                    return Err(why);
                }
            };
            // What changed nothing is never published; the rest is taken by the fan-out.
            if outcome.is_err() {
                arrivals.forget(command_id);
            }
            reply(outcome)
        })
    }

    async fn checkpoint(&self) -> Result<shard_reply::Reply, StoreFault> {
        self.journal.until_viewed().await?;
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        let path = self
            .store
            .path()
            .with_extension("checkpoints")
            .join(now.as_millis().to_string());
        let store = Arc::clone(&self.store);
        let into = path.clone();
        let made = tokio::task::spawn_blocking(move || {
            if let Some(parent) = into.parent()
                && let Err(error) = std::fs::create_dir_all(parent)
            {
                tracing::error!(%error, path = %parent.display(), "cannot make the folder of checkpoints");
            }
            store.checkpoint(&into)
        });
        made.await.map_err(|_| StoreFault::Stopped)??;
        Ok(shard_reply::Reply::Checkpoint(CheckpointDone {
            path: path.display().to_string(),
        }))
    }
}
