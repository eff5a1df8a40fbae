//! A toy entity: a total that cannot go below zero, and a trail that tells in which order it was reached.

use std::sync::atomic::{AtomicU64, Ordering};

use shardbook_runtime::entity::{Contended, Context, Entity, Kind, Remember, Undecodable};

/// Kind of the tallies whose outcomes are kept for ever.
pub const ALWAYS: Kind = 7;
/// Kind of the tallies that remember their latest outcomes alone.
pub const LATEST: Kind = 8;

pub struct Tally<const KIND: Kind>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// One event, unless the total would go below zero.
    Add(i64),
    /// So many events of 1 each.
    Burst(u32),
    /// A bug in the decision.
    Panic,
    /// A bug in carrying the second of two events into the state.
    Break,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    Added(i64),
    Broken,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct State {
    pub total: i64,
    /// Differs for any other order of the same events.
    pub trail: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BelowZero {
    pub total: i64,
}

/// Counts the decisions that were made.
#[derive(Debug, Default)]
pub struct World {
    decisions: AtomicU64,
    /// Decisions that find what they need taken by others.
    contended: AtomicU64,
}

impl World {
    pub fn decisions(&self) -> u64 {
        self.decisions.load(Ordering::SeqCst)
    }

    /// So many of the next decisions find what they need taken by others.
    pub fn contend(&self, times: u64) {
        self.contended.store(times, Ordering::SeqCst);
    }
}

pub fn apply(state: &mut State, event: Event) {
    match event {
        Event::Added(by) => {
            state.total += by;
            state.trail = state.trail.wrapping_mul(1_000_003).wrapping_add(by as u64 ^ 0x9E37);
        }
        Event::Broken => panic!("a bug in apply"),
    }
}

fn number(bytes: &[u8], at: usize) -> Result<i64, Undecodable> {
    let number = bytes.get(at..at + 8).and_then(|bytes| bytes.try_into().ok());
    number
        .map(i64::from_le_bytes)
        .ok_or_else(|| Undecodable(format!("no number at byte {at}")))
}

pub fn decode_event(bytes: &[u8]) -> Result<Event, Undecodable> {
    if bytes.len() == 8 {
        number(bytes, 0).map(Event::Added)
    } else {
        Err(Undecodable("not an event".into()))
    }
}

pub fn decode_state(bytes: &[u8]) -> Result<State, Undecodable> {
    Ok(State {
        total: number(bytes, 0)?,
        trail: number(bytes, 8)? as u64,
    })
}

impl<const KIND: Kind> Entity for Tally<KIND> {
    const KIND: Kind = KIND;
    const NAME: &'static str = "tally";
    const REMEMBER: Remember = if KIND == ALWAYS {
        Remember::Always
    } else {
        Remember::Latest
    };
    type State = State;
    type Command = Command;
    type Event = Event;
    type Reply = State;
    type Rejection = BelowZero;
    type World = World;

    fn decide(state: &State, command: &Command, context: &Context<'_, World>) -> Result<Vec<Event>, BelowZero> {
        context.world.decisions.fetch_add(1, Ordering::SeqCst);
        match *command {
            Command::Add(by) if state.total + by < 0 => Err(BelowZero { total: state.total }),
            Command::Add(by) => Ok(vec![Event::Added(by)]),
            Command::Burst(count) => Ok((0..count).map(|_| Event::Added(1)).collect()),
            Command::Panic => panic!("a bug in decide"),
            Command::Break => Ok(vec![Event::Added(5), Event::Broken]),
        }
    }

    fn admit(_: &State, _: &[Event], context: &Context<'_, World>) -> Result<(), Contended> {
        let less = |times: u64| times.checked_sub(1);
        let taken = context
            .world
            .contended
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less);
        taken.map_or(Ok(()), |_| Err(Contended))
    }

    fn apply(state: &mut State, event: &Event) {
        apply(state, *event);
    }

    fn reply(state: &State, _: &[Event], _: &Self::World) -> State {
        *state
    }

    fn fingerprint(command: &Command) -> u64 {
        match *command {
            Command::Add(by) => (by as u64) << 2,
            Command::Burst(count) => u64::from(count) << 2 | 1,
            Command::Panic => 2,
            Command::Break => 3,
        }
    }

    fn encode_event(event: &Event, into: &mut Vec<u8>) {
        if let Event::Added(by) = event {
            into.extend_from_slice(&by.to_le_bytes());
        }
    }

    fn decode_event(bytes: &[u8]) -> Result<Event, Undecodable> {
        decode_event(bytes)
    }

    fn encode_state(state: &State, into: &mut Vec<u8>) {
        into.extend_from_slice(&state.total.to_le_bytes());
        into.extend_from_slice(&state.trail.to_le_bytes());
    }

    fn decode_state(bytes: &[u8]) -> Result<State, Undecodable> {
        decode_state(bytes)
    }

    fn encode_outcome(outcome: Result<&State, &BelowZero>, into: &mut Vec<u8>) {
        match outcome {
            Ok(state) => Self::encode_state(state, into),
            Err(rejection) => into.extend_from_slice(&rejection.total.to_le_bytes()),
        }
    }

    fn decode_outcome(accepted: bool, bytes: &[u8]) -> Result<Result<State, BelowZero>, Undecodable> {
        if accepted {
            decode_state(bytes).map(Ok)
        } else {
            Ok(Err(BelowZero {
                total: number(bytes, 0)?,
            }))
        }
    }
}
