//! The player.

use std::sync::Arc;

use shardbook_domain::ids::PlayerId;
use shardbook_domain::player::{self, Command, Event, Rejection, Reply, State};
use shardbook_domain::time::Time;
use shardbook_runtime::entity::{Contended, Context, Entity, EntityKey, Kind, Remember, Undecodable};

use super::{World, undecodable};

/// The kind of a player in every key.
pub const PLAYER: Kind = 1;

/// A player: wallet, limits and bets.
pub struct PlayerEntity;

impl Entity for PlayerEntity {
    const KIND: Kind = PLAYER;
    const NAME: &'static str = "player";
    const REMEMBER: Remember = Remember::Always;
    type State = State;
    type Command = Command;
    type Event = Event;
    type Reply = Reply;
    type Rejection = Rejection;
    type World = Arc<World>;

    fn decide(state: &State, command: &Command, context: &Context<'_, Self::World>) -> Result<Vec<Event>, Rejection> {
        let World {
            rules, book, budgets, ..
        } = &**context.world;
        player::decide(
            state,
            command,
            &player::Context {
                now: Time(context.now_ms),
                rules,
                book,
                exposure: budgets.of(context.shard),
            },
        )
    }

    fn touch(state: &State) -> u64 {
        state.touch()
    }

    fn apply(state: &mut State, event: &Event) {
        state.apply(event);
    }

    fn admit(state: &State, events: &[Event], context: &Context<'_, Self::World>) -> Result<(), Contended> {
        context.world.budgets.of(context.shard).admit(state, events)
    }

    fn reply(state: &State, events: &[Event], world: &Self::World) -> Reply {
        player::reply(state, events, world.rules.current())
    }

    fn told(key: EntityKey, state: &State, events: &[Event], world: &Self::World) -> Option<Box<dyn FnOnce() + Send>> {
        world.changed_bets.of(PlayerId(key.id), state, events)
    }

    bytes_of_the_domain!(player);
}
