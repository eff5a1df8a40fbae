//! Hears of actors that failed. The failed one recovers from the journal at its next command.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use ractor::{Actor, ActorCell, ActorId, ActorProcessingErr, ActorRef, SupervisionEvent};

use super::Shared;
use crate::entity::{Entity, EntityKey};
use crate::fault::StoreFault;

/// Tells the supervisor which entity an actor holds.
pub(super) enum Supervise {
    /// It has started.
    Started(ActorId, EntityKey),
}

struct Supervisor<E: Entity> {
    shared: Weak<Shared<E>>,
}

/// Starts the supervisor of a host.
pub(super) async fn start<E: Entity>(shared: &Arc<Shared<E>>) -> Result<ActorCell, StoreFault> {
    let supervisor = Supervisor { shared: Arc::downgrade(shared) };
    let (actor, _) = Actor::spawn(None, supervisor, ()).await.map_err(|fault| {
        tracing::error!(%fault, "the supervisor of {} did not start", E::NAME);
        StoreFault::Stopped
    })?;
    Ok(actor.get_cell())
}

impl<E: Entity> Actor for Supervisor<E> {
    type Msg = Supervise;
    type State = HashMap<ActorId, EntityKey>;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Self::Msg>, (): ()) -> Result<Self::State, ActorProcessingErr> {
        Ok(HashMap::new())
    }

    async fn handle(
        &self,
        _: ActorRef<Self::Msg>,
        Supervise::Started(actor, key): Self::Msg,
        entities: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        entities.insert(actor, key);
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        _: ActorRef<Self::Msg>,
        event: SupervisionEvent,
        entities: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        match event {
            SupervisionEvent::ActorFailed(actor, fault) => {
                let key = entities.remove(&actor.get_id());
                if let (Some(shared), Some(key)) = (self.shared.upgrade(), key) {
                    shared.panics.fetch_add(1, Ordering::Relaxed);
                    shared.residents.bury(key, actor.get_id());
                    tracing::error!(entity = E::NAME, %key, %fault, "an actor failed; it recovers from the journal");
                }
            }
            SupervisionEvent::ActorTerminated(actor, ..) => {
                entities.remove(&actor.get_id());
            }
            SupervisionEvent::ActorStarted(_) | SupervisionEvent::ProcessGroupChanged(_) => {}
        }
        Ok(())
    }
}
