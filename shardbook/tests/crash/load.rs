//! Bets placed while the server fails, and the question afterwards whether all that was answered is there once.

use std::time::{Duration, Instant};

use shardbook::chaos::audit::audit;
use shardbook::players::answers::Answered;
use shardbook::players::asked::as_placed;
use shardbook_proto::client::v1::betting_client::BettingClient;
use shardbook_proto::client::v1::bulk_betting_client::BulkBettingClient;
use shardbook_proto::client::v1::{
    CashierRequest, Error, PlaceBet, PlaceBetBatchRequest, PlaceBetReply, PlaceBetRequest, cashier_reply,
    place_bet_reply,
};
use tokio::task::JoinSet;
use tonic::transport::Channel;

use crate::server::{Server, bet, fixture, market, player, publish};

/// Players who bet at once: enough that frames hold several entries and more than one shard is written.
const BETTORS: u32 = 6;
/// How long a bet is asked again while the answer says that it may be.
const AGAIN: Duration = Duration::from_secs(20);

/// What came of one bet.
#[derive(Debug)]
pub enum Heard {
    Answered(Box<Answered>),
    Refused(Error),
    /// The connection ended before an answer.
    Nothing,
}

/// A bet that was sent and not answered with a decision.
#[derive(Clone, Debug)]
struct Open {
    player: u32,
    id: String,
}

/// What players have sent and heard so far.
#[derive(Clone, Default)]
pub struct Load {
    pub answered: Vec<Answered>,
    open: Vec<Open>,
    /// Codes of refusals.
    pub refused: Vec<String>,
}

impl Load {
    /// Publishes a market and gives every player money and a first bet.
    pub async fn prepare(server: &Server) -> Self {
        let channel = server.channel().await;
        publish(&channel, 1, vec![fixture(), market()]).await;
        let mut betting = BettingClient::new(channel);
        let mut load = Self::default();
        for n in 0..BETTORS {
            let funds = CashierRequest {
                player: player(n),
                id: "funds".into(),
                amount: "1000.00".into(),
                currency: "EUR".into(),
                register: true,
            };
            let reply = betting.deposit(funds).await.expect("answers").into_inner();
            assert!(
                matches!(reply.result, Some(cashier_reply::Result::Balance(_))),
                "{reply:?}"
            );
            // The first may come before the market is known here: a refusal is an outcome, so each try has its own id.
            for attempt in 0.. {
                match place(&mut betting, n, format!("first{attempt}")).await {
                    Heard::Answered(answered) => {
                        load.answered.push(*answered);
                        break;
                    }
                    Heard::Refused(no) if no.code == "MARKET_UNKNOWN" => {}
                    other => panic!("no bet: {other:?}"),
                }
            }
        }
        load
    }

    /// Every player places so many bets one after the other, until one is not answered with a bet.
    pub async fn bet(&mut self, server: &Server, name: &str, each: u32) {
        let channel = server.channel().await;
        let mut players = JoinSet::new();
        for n in 0..BETTORS {
            let (mut betting, name) = (BettingClient::new(channel.clone()), name.to_owned());
            players.spawn(async move {
                let mut load = Load::default();
                for i in 0..each {
                    let id = format!("{name}-{i}");
                    match place(&mut betting, n, id.clone()).await {
                        Heard::Answered(answered) => load.answered.push(*answered),
                        other => {
                            if let Heard::Refused(no) = other {
                                load.refused.push(no.code);
                            }
                            load.open.push(Open { player: n, id });
                            break;
                        }
                    }
                }
                load
            });
        }
        while let Some(load) = players.join_next().await {
            let Load {
                answered,
                open,
                refused,
            } = load.expect("no panic");
            self.answered.extend(answered);
            self.open.extend(open);
            self.refused.extend(refused);
        }
    }

    /// Every player places so many bets at once, in one message.
    pub async fn burst(&mut self, server: &Server, name: &str, each: u32) {
        let mut bulk = BulkBettingClient::new(server.channel().await);
        let asked: Vec<_> = (0..each).flat_map(|i| (0..BETTORS).map(move |n| (n, i))).collect();
        let asked: Vec<_> = asked.into_iter().map(|(n, i)| (n, format!("{name}-{i}"))).collect();
        let bets = asked.iter().map(|(n, id)| request(*n, id)).collect();
        let replies = bulk
            .place_bet_batch(PlaceBetBatchRequest { bets, deadline_ms: 0 })
            .await
            .expect("answers");
        for ((n, id), reply) in asked.into_iter().zip(replies.into_inner().replies) {
            match heard(n, &id, reply) {
                Heard::Answered(answered) => self.answered.push(*answered),
                Heard::Refused(no) => {
                    self.refused.push(no.code);
                    self.open.push(Open { player: n, id });
                }
                Heard::Nothing => self.open.push(Open { player: n, id }),
            }
        }
    }

    /// Bets that were sent and not answered with a decision.
    pub fn unanswered(&self) -> usize {
        self.open.len()
    }

    /// Asks again for every bet that was not answered, and proves that all that ever was is there once.
    pub async fn survives(&mut self, server: &Server, when: &str) {
        let mut betting = BettingClient::new(server.channel().await);
        for Open { player, id } in std::mem::take(&mut self.open) {
            let began = Instant::now();
            loop {
                match place(&mut betting, player, id.clone()).await {
                    Heard::Answered(answered) => break self.answered.push(*answered),
                    Heard::Refused(no) if no.retry && began.elapsed() < AGAIN => {}
                    other => panic!("{when}: a bet asked again gives {other:?}"),
                }
            }
        }
        let off = audit(&server.grpc, &self.answered).await.expect("the server answers");
        assert_eq!(off, Vec::<String>::new(), "{when}");
    }

    /// Asks again for every answered bet, of a server whose data are damaged: each has its answer or a refusal that says so,
    /// and never another answer. Gives the codes of refusals.
    pub async fn is_right_or_refused(&self, server: &Server, when: &str) -> Vec<String> {
        let mut betting = BettingClient::new(server.channel().await);
        let mut refused = Vec::new();
        for answered in &self.answered {
            let n = answered.player[1..].parse().expect("a number");
            match place(&mut betting, n, answered.id.clone()).await {
                Heard::Answered(again) => {
                    assert_eq!(as_placed(&again.bet), as_placed(&answered.bet), "{when}");
                }
                Heard::Refused(no) => refused.push(no.code),
                Heard::Nothing => refused.push("the connection ended".into()),
            }
        }
        refused
    }
}

/// Places a bet under an id.
pub async fn place(betting: &mut BettingClient<Channel>, n: u32, id: String) -> Heard {
    match betting.place_bet(request(n, &id)).await {
        Ok(reply) => heard(n, &id, reply.into_inner()),
        Err(_) => Heard::Nothing,
    }
}

fn asked() -> PlaceBet {
    PlaceBet {
        stake: "1.00".into(),
        ..bet()
    }
}

fn request(n: u32, id: &str) -> PlaceBetRequest {
    PlaceBetRequest {
        player: player(n),
        id: id.into(),
        bet: Some(asked()),
    }
}

fn heard(n: u32, id: &str, reply: PlaceBetReply) -> Heard {
    match reply.result {
        Some(place_bet_reply::Result::Placed(placed)) => {
            let player = player(n).unwrap_or_default();
            Heard::Answered(Box::new(Answered {
                brand: player.brand,
                player: player.player,
                id: id.into(),
                asked: asked(),
                slip: None,
                waited: String::new(),
                bet: placed.bet.expect("the bet"),
            }))
        }
        Some(place_bet_reply::Result::Error(no)) => Heard::Refused(no),
        other => panic!("{other:?}"),
    }
}
