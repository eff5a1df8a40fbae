use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::{SinkExt, StreamExt};
use rust_decimal::Decimal;
use shardbook_proto::client::v1::client_message::Request;
use shardbook_proto::client::v1::server_message::Message;
use shardbook_proto::client::v1::{
    Bet, BetFilter, BetStatus, Bets, CashOutOffers, CashierDone, ClientMessage, EventInfo, Events, MarketDelta,
    MarketImage, MarketStatus, Selection, ServerMessage, SessionOpened, Slips, Subscribed,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_tungstenite::tungstenite;

mod wallet;

use wallet::{Decided, Wallet, refusal};

/// What the house does wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    None,
    /// Places each tenth bet and hangs up.
    HangUpUnanswered,
    /// Places each tenth bet and says that it does not know.
    SayUnknown,
    /// Does not list the first bet of each player.
    LoseABet,
    /// As `SayUnknown`, and takes the retry for a new bet.
    PlaceRetriesAgain,
    /// Takes a penny more than the stake of a player's first bet.
    KeepAPenny,
    /// Leaves a version out.
    SkipADelta,
    /// Not a fault: each third bet or slip waits, and its player hears what became of it.
    Delay,
    /// As `Delay`, but the decision is told before the answer that names the slip.
    DecideEarly,
    /// As `Delay`, but hangs up instead of telling the decision.
    HangUpUndecided,
    /// Takes slips with a line too many.
    TakeOtherLines,
    /// Says that it pays for a bet that is sold, and does not.
    PayNothing,
}

impl Fault {
    fn delays(self) -> bool {
        matches!(self, Self::Delay | Self::DecideEarly | Self::HangUpUndecided)
    }
}

/// A whole house in a test: wallets and bets in memory, two events that never end.
pub struct House {
    address: String,
    placed: watch::Receiver<u64>,
}

struct Shared {
    fault: Fault,
    wallets: Mutex<BTreeMap<String, Wallet>>,
    placed: watch::Sender<u64>,
}

/// What a connection is told: the answer among pushes. `None` in the place of a message hangs up.
type Told = Vec<Option<(String, Message)>>;

impl House {
    pub async fn open(fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = format!("ws://{}", listener.local_addr().expect("bound"));
        let (sender, placed) = watch::channel(0);
        let shared = Arc::new(Shared {
            fault,
            wallets: Mutex::default(),
            placed: sender,
        });
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { address, placed }
    }

    pub fn url(&self) -> String {
        self.address.clone()
    }

    /// Waits until so many bets were placed.
    pub async fn placed(&mut self, bets: u64) {
        self.placed
            .wait_for(|placed| *placed >= bets)
            .await
            .expect("the house is open");
    }
}

/// One connection.
async fn serve(stream: TcpStream, shared: Arc<Shared>) -> Option<()> {
    let mut socket = tokio_tungstenite::accept_async(stream).await.ok()?;
    let mut player = String::new();
    while let Some(Ok(message)) = socket.next().await {
        let tungstenite::Message::Text(text) = message else {
            continue;
        };
        let ClientMessage { id, request, .. } = serde_json::from_str(&text).expect("the players speak the protocol");
        let request = request.expect("a request");
        if let Request::OpenSession(open) = &request {
            player.clone_from(&open.player);
        }
        for told in shared.answer(&player, &id, request) {
            let (id, message) = told?;
            send(&mut socket, id, message).await?;
        }
    }
    None
}

async fn send(socket: &mut tokio_tungstenite::WebSocketStream<TcpStream>, id: String, message: Message) -> Option<()> {
    let message = ServerMessage {
        id,
        message: Some(message),
    };
    let text = serde_json::to_string(&message).expect("the protocol has a JSON form");
    socket.send(tungstenite::Message::text(text)).await.ok()
}

fn board(fault: Fault) -> Vec<Message> {
    let selection = |selection| Selection {
        selection,
        price: "2.50".into(),
        ..Selection::default()
    };
    let image = |event: &str, status: MarketStatus| MarketImage {
        event: event.into(),
        market: 1,
        version: 1,
        status: status.into(),
        selections: vec![selection(0), selection(1)],
        ..MarketImage::default()
    };
    let version = if fault == Fault::SkipADelta { 3 } else { 2 };
    let delta = MarketDelta {
        event: "a".into(),
        market: 1,
        version,
        ..MarketDelta::default()
    };
    vec![
        Message::Market(image("a", MarketStatus::Open)),
        Message::Market(image("b", MarketStatus::Open)),
        Message::Market(MarketImage {
            market: 2,
            ..image("b", MarketStatus::Closed)
        }),
        Message::Delta(delta),
    ]
}

impl Shared {
    fn answer(&self, player: &str, id: &str, request: Request) -> Told {
        let mut wallets = self.wallets.lock().unwrap_or_else(PoisonError::into_inner);
        let wallet = wallets.entry(player.to_string()).or_default();
        let follows = matches!(request, Request::Subscribe(_));
        let answer = match request {
            Request::OpenSession(open) => {
                wallet.balance.currency = open.currency;
                Message::SessionOpened(SessionOpened {
                    balance: Some(wallet.told()),
                    ..SessionOpened::default()
                })
            }
            Request::Deposit(deposit) => {
                wallet.change(deposit.amount.parse().expect("an amount"), Decimal::ZERO);
                Message::CashierDone(CashierDone {
                    balance: Some(wallet.told()),
                })
            }
            Request::Balance(_) => Message::Balance(wallet.told()),
            Request::ListEvents(_) => {
                let event = |event: &str| EventInfo {
                    event: event.into(),
                    ..EventInfo::default()
                };
                Message::Events(Events {
                    events: vec![event("a"), event("b")],
                })
            }
            Request::Subscribe(_) => Message::Subscribed(Subscribed::default()),
            Request::ListBets(list) => Message::Bets(self.page(wallet, list.filter(), &list.cursor)),
            Request::ListSlips(_) => Message::Slips(Slips::default()),
            Request::WatchCashOut(watch) if watch.on => Message::CashOutWatched(wallet.offers()),
            Request::WatchCashOut(_) => Message::CashOutWatched(CashOutOffers::default()),
            command => return self.command(wallet, player, id, command),
        };
        let board = if follows { board(self.fault) } else { Vec::new() };
        let pushes = board.into_iter().map(|message| (String::new(), message));
        std::iter::once((id.to_string(), answer))
            .chain(pushes)
            .map(Some)
            .collect()
    }

    fn page(&self, wallet: &Wallet, filter: BetFilter, cursor: &str) -> Bets {
        const PAGE: usize = 7;
        let open = |bet: &&Bet| (bet.status() == BetStatus::Open) == (filter == BetFilter::Open);
        let bets = wallet.bets.iter().skip(usize::from(self.fault == Fault::LoseABet));
        let bets: Vec<Bet> = bets.filter(open).cloned().collect();
        let from = cursor.parse().unwrap_or(0);
        let more = from + PAGE < bets.len();
        Bets {
            bets: bets.into_iter().skip(from).take(PAGE).collect(),
            next_cursor: if more { (from + PAGE).to_string() } else { String::new() },
        }
    }

    fn command(&self, wallet: &mut Wallet, player: &str, id: &str, request: Request) -> Told {
        let named = |message: Message| Some((id.to_string(), message));
        if let Some((first, outcome)) = wallet.outcomes.get(id)
            && self.fault != Fault::PlaceRetriesAgain
        {
            return vec![named(if *first == request {
                outcome.clone()
            } else {
                refusal("COMMAND_ID_REUSED", false)
            })];
        }
        let known = wallet.outcomes.contains_key(id);
        let Decided { answer, push, placed } = wallet.decide(player, &request, self.fault);
        wallet.outcomes.insert(id.to_string(), (request, answer.clone()));
        if placed > 0 {
            self.placed.send_modify(|all| *all += placed);
            let tenth = !known && wallet.bets.len().is_multiple_of(10);
            match self.fault {
                Fault::HangUpUnanswered if tenth => return vec![None],
                Fault::SayUnknown | Fault::PlaceRetriesAgain if tenth => return vec![named(refusal("UNKNOWN", true))],
                _ => {}
            }
        }
        let push = push.map(|push| Some((String::new(), push)));
        match self.fault {
            Fault::DecideEarly => push.into_iter().chain([named(answer)]).collect(),
            Fault::HangUpUndecided if push.is_some() => vec![named(answer), None],
            _ => [named(answer)].into_iter().chain(push).collect(),
        }
    }
}
