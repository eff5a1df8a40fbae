//! The binary as a child process.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use futures_util::stream;
use rustix::process::{Pid, Signal, kill_process};
use shardbook_proto::client::v1::betting_client::BettingClient;
use shardbook_proto::client::v1::{
    BetFilter, CashierRequest, Leg, ListBets, ListBetsRequest, PlaceBet, PlaceBetRequest, PlayerRef, list_bets_reply,
    place_bet_reply,
};
use shardbook_proto::provider::v1::feed_client::FeedClient;
use shardbook_proto::provider::v1::feed_message::Body;
use shardbook_proto::provider::v1::{
    FeedMarketStatus, FeedMessage, Fixture, FixtureStatus, MarketDefinition, MarketKey, MarketResult, MarketUpdate,
    Outcome, PostedLine, SelectionDefinition, SelectionResult,
};
use tonic::transport::Channel;

pub const EVENT: &str = "t:event:1";
/// Players that [`Server::trade`] lets bet; they are called `p0`, `p1`, ... of brand `acme`.
pub const PLAYERS: u32 = 20;

/// `shardbook` with these arguments, not started.
pub fn shardbook(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shardbook"));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Runs `shardbook` to its end.
pub fn ran(arguments: &[&str]) -> Output {
    shardbook(arguments).output().expect("the binary runs")
}

/// What was written to standard output and standard error.
pub fn said(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("is text");
    (text(&output.stdout), text(&output.stderr))
}

/// How long a server that must end may take to.
const END: Duration = Duration::from_secs(60);

/// A running server on free ports. Dropped, it is killed.
pub struct Server {
    child: Child,
    pub grpc: String,
    /// Address of `/healthz` and `/checkpoint`.
    pub http: SocketAddr,
}

/// `shardbook run` on a folder and free ports, not started.
pub fn serving(data: &Path) -> Command {
    let anywhere = "127.0.0.1:0";
    let data = data.to_str().expect("a path in UTF-8");
    let mut command = shardbook(&["run", "--data", data, "--log", "error"]);
    command.args(["--ws", anywhere, "--grpc", anywhere, "--http", anywhere]);
    command
}

impl Server {
    pub fn start(data: &Path) -> Self {
        Self::try_start(serving(data)).unwrap_or_else(|status| panic!("it ended: {status}"))
    }

    /// Starts a server; how it ended when it did not come to serve.
    pub fn try_start(mut command: Command) -> Result<Self, ExitStatus> {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the server starts");
        let mut told = String::new();
        let out = child.stdout.take().expect("its output is ours");
        BufReader::new(out)
            .read_line(&mut told)
            .expect("it says where it serves");
        if told.is_empty() {
            return Err(child.wait().expect("it ends"));
        }
        let urls: Vec<_> = told
            .split_whitespace()
            .filter(|word| word.starts_with("http://"))
            .collect();
        let [grpc, http] = urls[..] else {
            panic!("no addresses in {told:?}");
        };
        Ok(Self {
            child,
            grpc: grpc.to_owned(),
            http: http["http://".len()..].parse().expect("an address"),
        })
    }

    /// Tells it to stop, and does not wait.
    pub fn terminate(&self) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        kill_process(pid.expect("a process id"), Signal::TERM).expect("it is ours");
    }

    /// Stops it in order. No client hears of it meanwhile: this blocks the one thread of a test, so that whatever
    /// connection is left open stays so.
    pub fn stop(mut self) {
        self.terminate();
        assert!(self.child.wait().expect("it ends").success());
    }

    /// Stops it in order, and lets connections end meanwhile.
    pub async fn stopped(mut self) {
        self.terminate();
        let status = self.ended().await;
        assert!(status.success(), "{status}");
    }

    /// Kills it as `kill -9` does.
    pub fn kill(mut self) {
        self.child.kill().expect("it is ours");
        self.child.wait().expect("it ends");
    }

    /// How it ended, if it has.
    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("it is ours")
    }

    /// Waits until it has ended by itself.
    pub async fn ended(&mut self) -> ExitStatus {
        let mut tick = tokio::time::interval(Duration::from_millis(5));
        let began = Instant::now();
        loop {
            if let Some(status) = self.has_ended() {
                return status;
            }
            assert!(began.elapsed() < END, "the server has not ended within {END:?}");
            tick.tick().await;
        }
    }

    /// A connection to it.
    pub async fn channel(&self) -> Channel {
        let endpoint = Channel::from_shared(self.grpc.clone()).expect("an address");
        endpoint.connect().await.expect("connects")
    }

    /// An event with one market; each player deposits 10.00 and stakes 2.00 on the winner; all are settled.
    pub async fn trade(&self) {
        let channel = self.channel().await;
        publish(&channel, 1, vec![fixture(), market()]).await;
        let mut betting = BettingClient::new(channel.clone());
        for n in 0..PLAYERS {
            let funds = CashierRequest {
                player: player(n),
                id: "funds".into(),
                amount: "10.00".into(),
                currency: "EUR".into(),
                register: true,
            };
            betting.deposit(funds).await.expect("answers");
            // The first may come before the market is known here: a refusal is an outcome, so each try has its own id.
            for attempt in 0.. {
                let slip = PlaceBetRequest {
                    player: player(n),
                    id: format!("bet{attempt}"),
                    bet: Some(bet()),
                };
                match betting.place_bet(slip).await.expect("answers").into_inner().result {
                    Some(place_bet_reply::Result::Placed(_)) => break,
                    Some(place_bet_reply::Result::Error(no)) if no.code == "MARKET_UNKNOWN" => {}
                    other => panic!("no bet: {other:?}"),
                }
            }
        }
        publish(&channel, 3, vec![result()]).await;
        for n in 0..PLAYERS {
            let list = ListBets {
                filter: BetFilter::Settled.into(),
                ..ListBets::default()
            };
            let ask = || ListBetsRequest {
                player: player(n),
                list: Some(list.clone()),
            };
            loop {
                match betting.list_bets(ask()).await.expect("answers").into_inner().result {
                    Some(list_bets_reply::Result::Bets(bets)) if bets.bets.is_empty() => {}
                    Some(list_bets_reply::Result::Bets(_)) => break,
                    other => panic!("no list: {other:?}"),
                }
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn player(n: u32) -> Option<PlayerRef> {
    Some(PlayerRef {
        brand: "acme".into(),
        player: format!("p{n}"),
    })
}

pub fn bet() -> PlaceBet {
    let leg = Leg {
        event: EVENT.into(),
        market: 1,
        selection: 1,
        price: "2.50".into(),
    };
    PlaceBet {
        legs: vec![leg],
        stake: "2.00".into(),
        currency: "EUR".into(),
        ..PlaceBet::default()
    }
}

pub async fn publish(channel: &Channel, first: i64, bodies: Vec<Body>) {
    let message = |(n, body): (i64, Body)| FeedMessage {
        id: format!("m{n}"),
        event: EVENT.into(),
        source_ms: n,
        body: Some(body),
        received_us: 0,
    };
    let messages: Vec<_> = (first..).zip(bodies).map(message).collect();
    let count = messages.len();
    let replies = FeedClient::new(channel.clone())
        .publish(stream::iter(messages))
        .await
        .expect("a feed stream");
    let mut replies = replies.into_inner();
    for _ in 0..count {
        let reply = replies.message().await.expect("goes on").expect("an answer");
        assert_eq!(reply.code, "", "{}", reply.message);
    }
}

pub fn key() -> Option<MarketKey> {
    Some(MarketKey {
        r#type: "MATCH_ODDS".into(),
        specifiers: String::new(),
    })
}

pub fn fixture() -> Body {
    Body::Fixture(Fixture {
        sport: "football".into(),
        name: "Home v Away".into(),
        status: FixtureStatus::InPlay.into(),
        ..Fixture::default()
    })
}

pub fn market() -> Body {
    let selection = |id: &str| SelectionDefinition {
        id: id.into(),
        name: format!("team {id}"),
    };
    let definition = MarketDefinition {
        name: "Match odds".into(),
        winners: 1,
        selections: vec![selection("home"), selection("away")],
        race: None,
    };
    let line = |selection: &str| PostedLine {
        selection: selection.into(),
        price: "2.50".into(),
        removed: false,
    };
    Body::Market(MarketUpdate {
        key: key(),
        definition: Some(definition),
        status: FeedMarketStatus::Open.into(),
        lines: vec![line("home"), line("away")],
        ..MarketUpdate::default()
    })
}

fn result() -> Body {
    let of = |selection: &str, outcome: Outcome| SelectionResult {
        selection: selection.into(),
        outcome: outcome.into(),
        ..SelectionResult::default()
    };
    let selections = vec![of("home", Outcome::Won), of("away", Outcome::Lost)];
    Body::Result(MarketResult {
        key: key(),
        selections,
        unconfirmed: false,
    })
}
