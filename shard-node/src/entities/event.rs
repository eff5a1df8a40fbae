//! The sporting event: its trading book.

use std::sync::Arc;

use shardbook_domain::event::{self, Command, Event, Rejection, Reply, State};
use shardbook_runtime::entity::{Context, Entity, Kind, Remember, Undecodable};

use super::{undecodable, World};

/// The kind of a sporting event in every key.
pub const EVENT: Kind = 2;

/// A sporting event: fixture, markets, lines and results.
pub struct EventEntity;

impl Entity for EventEntity {
    const KIND: Kind = EVENT;
    const NAME: &'static str = "event";
    const REMEMBER: Remember = Remember::Latest;
    type State = State;
    type Command = Command;
    type Event = Event;
    type Reply = Reply;
    type Rejection = Rejection;
    type World = Arc<World>;

    fn decide(
        state: &State,
        command: &Command,
        _context: &Context<'_, Self::World>,
    ) -> Result<Vec<Event>, Rejection> {
        event::decide(state, command, &event::Context)
    }

    fn apply(state: &mut State, event: &Event) {
        state.apply(event);
    }

    fn reply(state: &State, events: &[Event]) -> Reply {
        event::reply(state, events)
    }

    fn fingerprint(command: &Command) -> u64 {
        command.fingerprint()
    }

    fn encode_event(event: &Event, into: &mut Vec<u8>) {
        event.encode(into);
    }

    fn decode_event(bytes: &[u8]) -> Result<Event, Undecodable> {
        Event::decode(bytes).map_err(undecodable)
    }

    fn encode_state(state: &State, into: &mut Vec<u8>) {
        state.encode(into);
    }

    fn decode_state(bytes: &[u8]) -> Result<State, Undecodable> {
        State::decode(bytes).map_err(undecodable)
    }

    fn encode_outcome(outcome: Result<&Reply, &Rejection>, into: &mut Vec<u8>) {
        match outcome {
            Ok(reply) => reply.encode(into),
            Err(rejection) => rejection.encode(into),
        }
    }

    fn decode_outcome(accepted: bool, bytes: &[u8]) -> Result<Result<Reply, Rejection>, Undecodable> {
        if accepted {
            Reply::decode(bytes).map(Ok).map_err(undecodable)
        } else {
            Rejection::decode(bytes).map(Err).map_err(undecodable)
        }
    }
}
