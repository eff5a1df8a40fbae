//! A lane: one client task's own way into the house, with many commands under way and no task for any of them.

mod batch;
mod echo;
mod in_process;
mod stream;
mod unary;
mod websocket;

use std::task::{Context, Poll};
use std::time::Instant;

use shardbook_gateway::Addresses;
use shardbook_proto::client::v1::place_bet_reply::Result as Placed;
use shardbook_proto::client::v1::{PlaceBetReply, PlaceBetRequest};
use shardbook_runtime::router::BoxFuture;
use tonic::transport::{Channel, Endpoint};

use super::house::House;
use super::plan::{Deed, Order, Plan, player_ref, single, turn_of};
use crate::Failure;
use crate::cli::{BenchArgs, BenchVia};

/// Bytes of answers that the gateway may send before the client has read them, as the gateway itself allows clients: with
/// the 64 KiB of the library a connection would wait for every message of answers.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 << 20;

/// A command under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tag {
    pub(super) turn: u64,
    /// When it was due: where nothing else says so, when it was sent.
    pub(super) due: Instant,
    pub(super) sent: Instant,
    /// Unix milliseconds by which it is to be decided; 0: none.
    pub(super) deadline_ms: i64,
    pub(super) order: Order,
}

/// What a command was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// Carried out.
    Done,
    /// Refused, with this code.
    Refused(String),
}

pub(super) trait Lane: Send {
    /// Takes a command in; it leaves at the next poll at the latest.
    fn send(&mut self, plan: &Plan, tag: Tag);

    /// Whether the connection does not take what was sent, so that more would wait here.
    fn is_full(&self) -> bool {
        false
    }

    /// Gives out the commands that were answered, and how: ready when there is at least one.
    ///
    /// # Errors
    /// When the way in is broken, or an answer is not to what was sent.
    fn poll(&mut self, cx: &mut Context<'_>, done: &mut dyn FnMut(Tag, Said)) -> Poll<Result<(), Failure>>;
}

/// A set of lanes on its way.
type Opening = BoxFuture<Result<Vec<Box<dyn Lane>>, Failure>>;

/// One lane for each connection that was asked for. Awaited on the clients' threads, which run the connections too.
pub(super) fn open(args: BenchArgs, entry: Entry) -> Opening {
    Box::pin(async move {
        let mut lanes: Vec<Box<dyn Lane>> = Vec::new();
        let (batch, window) = (args.batch as usize, args.in_flight as usize);
        for number in 0..args.lanes() {
            let lane: Box<dyn Lane> = match args.via {
                BenchVia::InProcess => Box::new(in_process::Straight::new(entry.router.clone(), entry.house.clone())),
                BenchVia::Grpc => Box::new(unary::Unary::new(entry.channel().await?)),
                BenchVia::GrpcBatch => Box::new(batch::Batches::new(entry.channel().await?, batch)),
                BenchVia::GrpcStream => {
                    let channel = entry.channel().await?;
                    Box::new(stream::Bets::open(channel, batch, window).await?)
                }
                BenchVia::Websocket => {
                    Box::new(websocket::Socket::open(entry.addresses()?.ws, entry.first_player + number).await?)
                }
            };
            lanes.push(lane);
        }
        Ok(lanes)
    })
}

/// Lanes of empty calls, as many as there are lanes of bets.
pub(super) fn open_echoes(args: BenchArgs, entry: Entry) -> Opening {
    Box::pin(async move {
        let mut lanes: Vec<Box<dyn Lane>> = Vec::new();
        for _ in 0..args.lanes() {
            lanes.push(Box::new(echo::Echo::new(entry.channel().await?)));
        }
        Ok(lanes)
    })
}

/// The doors of a house.
#[derive(Clone)]
pub(super) struct Entry {
    router: shardbook_shard_node::ShardRouter,
    addresses: Option<Addresses>,
    /// The threads of the house: what a call in process starts belongs there.
    house: tokio::runtime::Handle,
    /// Whose session the first WebSocket opens; the next is the next one's.
    first_player: u64,
}

impl Entry {
    /// Called on a thread of the house.
    pub(super) fn of(house: &House) -> Self {
        Self {
            router: house.router(),
            addresses: house.addresses(),
            house: tokio::runtime::Handle::current(),
            first_player: 0,
        }
    }

    /// The same for other players.
    pub(super) fn of_players_from(self, first_player: u64) -> Self {
        Self { first_player, ..self }
    }

    fn addresses(&self) -> Result<Addresses, Failure> {
        Ok(self.addresses.ok_or("the gateway of the bench is not started")?)
    }

    fn channel(&self) -> BoxFuture<Result<Channel, Failure>> {
        let addresses = self.addresses();
        Box::pin(async move {
            let endpoint = Endpoint::from_shared(format!("http://{}", addresses?.grpc))?;
            let endpoint = endpoint
                .initial_stream_window_size(STREAM_WINDOW)
                .initial_connection_window_size(CONNECTION_WINDOW);
            Ok(endpoint.connect().await?)
        })
    }
}

fn bet_request(plan: &Plan, tag: &Tag, market: u32, selection: u32) -> PlaceBetRequest {
    PlaceBetRequest {
        player: Some(player_ref(tag.order.player)),
        id: plan.id(tag.turn),
        bet: Some(single(market, selection)),
    }
}

/// What became of the bet, if this is its own answer.
fn placed(reply: PlaceBetReply, tag: &Tag) -> Result<Said, Failure> {
    match reply.result {
        Some(Placed::Placed(_)) if turn_of(&reply.id) == Some(tag.turn) => Ok(Said::Done),
        Some(Placed::Error(error)) if turn_of(&reply.id) == Some(tag.turn) => Ok(Said::Refused(error.code)),
        result => Err(format!("bet {} was not answered: {} {result:?}", tag.turn, reply.id).into()),
    }
}

/// The deadline of a message is the first of its bets'.
fn earliest(tags: &[Tag]) -> i64 {
    tags.iter().map(|tag| tag.deadline_ms).min().unwrap_or(0)
}

fn unexpected(deed: Deed, answer: &dyn std::fmt::Debug) -> Failure {
    format!("{deed:?} was not answered as it should be: {answer:?}").into()
}
