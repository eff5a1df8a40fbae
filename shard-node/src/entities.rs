//! The entities of the domain, as the runtime knows them.

/// The bytes of an entity whose values all have `encode` and `decode`, as those of the domain have.
macro_rules! bytes_of_the_domain {
    ($module:ident) => {
        fn fingerprint(command: &$module::Command) -> u64 {
            command.fingerprint()
        }

        fn encode_event(event: &$module::Event, into: &mut Vec<u8>) {
            event.encode(into);
        }

        fn decode_event(bytes: &[u8]) -> Result<$module::Event, Undecodable> {
            $module::Event::decode(bytes).map_err(undecodable)
        }

        fn encode_state(state: &$module::State, into: &mut Vec<u8>) {
            state.encode(into);
        }

        fn decode_state(bytes: &[u8]) -> Result<$module::State, Undecodable> {
            $module::State::decode(bytes).map_err(undecodable)
        }

        fn encode_outcome(outcome: Result<&$module::Reply, &$module::Rejection>, into: &mut Vec<u8>) {
            match outcome {
                Ok(reply) => reply.encode(into),
                Err(rejection) => rejection.encode(into),
            }
        }

        fn decode_outcome(
            accepted: bool,
            bytes: &[u8],
        ) -> Result<Result<$module::Reply, $module::Rejection>, Undecodable> {
            if accepted {
                $module::Reply::decode(bytes).map(Ok).map_err(undecodable)
            } else {
                $module::Rejection::decode(bytes).map(Err).map_err(undecodable)
            }
        }
    };
}

mod event;
mod player;

pub use event::{EVENT, EventEntity};
pub use player::{PLAYER, PlayerEntity};

use shardbook_domain::rules::RuleBook;
use shardbook_runtime::entity::Undecodable;

use crate::book::Book;
use crate::budgets::Budgets;
use crate::changed_bets::ChangedBets;

/// What decisions on this node may look at.
#[derive(Debug)]
pub struct World {
    /// The brand's rules.
    pub rules: RuleBook,
    /// Every market's prices and status, as far as this node has heard.
    pub book: Book,
    /// What is left of the house's limits on open bets together.
    pub budgets: Budgets,
    /// Where players who listen hear of their bets.
    pub changed_bets: ChangedBets,
}

fn undecodable(error: impl std::fmt::Display) -> Undecodable {
    Undecodable(error.to_string())
}
