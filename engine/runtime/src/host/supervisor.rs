//! Hears of actors that failed. The failed one recovers from the journal at its next command.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use ractor::{Actor, ActorCell, ActorProcessingErr, ActorRef, SupervisionEvent};

use super::Shared;
use crate::entity::Entity;
use crate::fault::StoreFault;

struct Supervisor<E: Entity> {
    shared: Weak<Shared<E>>,
}

/// Starts the supervisor of a host.
pub(super) async fn start<E: Entity>(shared: &Arc<Shared<E>>) -> Result<ActorCell, StoreFault> {
    let supervisor = Supervisor {
        shared: Arc::downgrade(shared),
    };
    let (actor, _) = Actor::spawn(None, supervisor, ()).await.map_err(|fault| {
        tracing::error!(%fault, "the supervisor of {} did not start", E::NAME);
        StoreFault::Stopped
    })?;
    Ok(actor.get_cell())
}

impl<E: Entity> Actor for Supervisor<E> {
    type Msg = ();
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Self::Msg>, (): ()) -> Result<Self::State, ActorProcessingErr> {
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        _: ActorRef<Self::Msg>,
        event: SupervisionEvent,
        (): &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        let Some(shared) = self.shared.upgrade() else {
            return Ok(());
        };
        match event {
            SupervisionEvent::ActorFailed(actor, fault) => {
                let Some(key) = shared.residents.ended(actor.get_id()) else {
                    return Ok(());
                };
                if !fault.is::<StoreFault>() {
                    shared.panics.fetch_add(1, Ordering::Relaxed);
                }
                shared.residents.bury(key, actor.get_id());
                tracing::error!(entity = E::NAME, %key, %fault, "an actor failed; it recovers from the journal");
            }
            SupervisionEvent::ActorTerminated(actor, ..) => {
                shared.residents.ended(actor.get_id());
            }
            SupervisionEvent::ActorStarted(_) | SupervisionEvent::ProcessGroupChanged(_) => {}
        }
        Ok(())
    }
}
