//! The sporting event: its trading book.

use std::sync::Arc;

use shardbook_domain::event::{self, Command, Event, Rejection, Reply, State};
use shardbook_runtime::entity::{Context, Entity, Kind, Remember, Undecodable};

use super::{World, undecodable};

/// The kind of a sporting event in every key.
pub const EVENT: Kind = 2;

/// A sporting event: fixture, markets, lines and results.
pub struct EventEntity;

impl Entity for EventEntity {
    const KIND: Kind = EVENT;
    const NAME: &'static str = "event";
    const REMEMBER: Remember = Remember::Latest;
    /// A feed has at most 256 messages on the way, and repeats these after it lost the connection.
    const OUTCOMES_HELD_MIN: usize = 512;
    type State = State;
    type Command = Command;
    type Event = Event;
    type Reply = Reply;
    type Rejection = Rejection;
    type World = Arc<World>;

    fn decide(state: &State, command: &Command, _context: &Context<'_, Self::World>) -> Result<Vec<Event>, Rejection> {
        event::decide(state, command, &event::Context)
    }

    fn apply(state: &mut State, event: &Event) {
        state.apply(event);
    }

    fn reply(state: &State, events: &[Event], _: &Self::World) -> Reply {
        event::reply(state, events)
    }

    bytes_of_the_domain!(event);
}
