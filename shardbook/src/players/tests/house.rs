use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::{SinkExt, StreamExt};
use rust_decimal::Decimal;
use shardbook_proto::client::v1::client_message::Request;
use shardbook_proto::client::v1::server_message::Message;
use shardbook_proto::client::v1::{
    Balance, Bet, BetFilter, BetLeg, BetPlaced, BetStatus, Bets, CashierDone, ClientMessage, Error, EventInfo, Events,
    MarketDelta, MarketImage, MarketStatus, PlaceBet, Selection, ServerMessage, SessionOpened, Subscribed,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_tungstenite::tungstenite;

use crate::players::chooser::minor_digits;

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
    /// Takes a penny more than the stake.
    KeepAPenny,
    /// Leaves a version out.
    SkipADelta,
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

#[derive(Default)]
struct Wallet {
    balance: Balance,
    bets: Vec<Bet>,
    outcomes: BTreeMap<String, (PlaceBet, Message)>,
}

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

/// One connection; `None` from `answer` hangs up.
async fn serve(stream: TcpStream, shared: Arc<Shared>) -> Option<()> {
    let mut socket = tokio_tungstenite::accept_async(stream).await.ok()?;
    let mut player = String::new();
    while let Some(Ok(message)) = socket.next().await {
        let tungstenite::Message::Text(text) = message else {
            continue;
        };
        let ClientMessage { id, request } = serde_json::from_str(&text).expect("the players speak the protocol");
        let request = request.expect("a request");
        if let Request::OpenSession(open) = &request {
            player.clone_from(&open.player);
        }
        let follows = matches!(request, Request::Subscribe(_));
        let answer = shared.answer(&player, &id, request)?;
        send(&mut socket, id, answer).await?;
        if follows {
            for message in board(shared.fault) {
                send(&mut socket, String::new(), message).await?;
            }
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
    fn answer(&self, player: &str, id: &str, request: Request) -> Option<Message> {
        let mut wallets = self.wallets.lock().unwrap_or_else(PoisonError::into_inner);
        let wallet = wallets.entry(player.to_string()).or_default();
        Some(match request {
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
            Request::PlaceBet(bet) => return self.place(wallet, player, id, bet),
            other => panic!("the players do not ask this: {other:?}"),
        })
    }

    fn page(&self, wallet: &Wallet, filter: BetFilter, cursor: &str) -> Bets {
        const PAGE: usize = 7;
        if filter == BetFilter::Settled {
            return Bets::default();
        }
        let from = cursor.parse().unwrap_or(usize::from(self.fault == Fault::LoseABet));
        let bets: Vec<Bet> = wallet.bets.iter().skip(from).take(PAGE).cloned().collect();
        let more = from + PAGE < wallet.bets.len();
        Bets {
            bets,
            next_cursor: if more { (from + PAGE).to_string() } else { String::new() },
        }
    }

    fn place(&self, wallet: &mut Wallet, player: &str, id: &str, bet: PlaceBet) -> Option<Message> {
        if let Some((first, outcome)) = wallet.outcomes.get(id)
            && self.fault != Fault::PlaceRetriesAgain
        {
            return Some(if *first == bet {
                outcome.clone()
            } else {
                refusal("COMMAND_ID_REUSED", false)
            });
        }
        let known = wallet.outcomes.contains_key(id);
        let outcome = wallet.decide(player, &bet, if self.fault == Fault::KeepAPenny { "0.01" } else { "0" });
        wallet.outcomes.insert(id.to_string(), (bet, outcome.clone()));
        if matches!(outcome, Message::BetPlaced(_)) {
            self.placed.send_modify(|placed| *placed += 1);
            let tenth = !known && wallet.bets.len().is_multiple_of(10);
            match self.fault {
                Fault::HangUpUnanswered if tenth => return None,
                Fault::SayUnknown | Fault::PlaceRetriesAgain if tenth => return Some(refusal("UNKNOWN", true)),
                _ => {}
            }
        }
        Some(outcome)
    }
}

impl Wallet {
    fn told(&self) -> Balance {
        self.balance.clone()
    }

    fn change(&mut self, available: Decimal, held: Decimal) {
        let sum = |text: &str, more: Decimal| (text.parse::<Decimal>().unwrap_or_default() + more).to_string();
        self.balance.available = sum(&self.balance.available, available);
        self.balance.held = sum(&self.balance.held, held);
        self.balance.version += 1;
    }

    fn decide(&mut self, player: &str, bet: &PlaceBet, kept: &str) -> Message {
        let stake: Decimal = bet.stake.parse().expect("a stake");
        let available: Decimal = self.balance.available.parse().expect("a balance");
        let legs_fine = bet.legs.iter().all(|leg| leg.market == 1 && leg.price == "2.50");
        let stake_fine = stake > Decimal::ZERO && stake <= available && stake.scale() <= minor_digits(&bet.currency);
        if !legs_fine || !stake_fine || bet.currency != self.balance.currency {
            return refusal("WRONG", false);
        }
        self.change(-stake - kept.parse::<Decimal>().expect("a penny"), stake);
        let legs = bet.legs.iter().map(|leg| BetLeg {
            event: leg.event.clone(),
            market: leg.market,
            selection: leg.selection,
            price: leg.price.clone(),
            status: 1,
        });
        let placed = Bet {
            bet_id: format!("{player}/{}", self.bets.len()),
            status: BetStatus::Open.into(),
            stake: bet.stake.clone(),
            currency: bet.currency.clone(),
            legs: legs.collect(),
            ..Bet::default()
        };
        self.bets.push(placed.clone());
        Message::BetPlaced(BetPlaced {
            bet: Some(placed),
            balance: Some(self.told()),
        })
    }
}

fn refusal(code: &str, retry: bool) -> Message {
    Message::Error(Error {
        code: code.into(),
        retry,
        ..Error::default()
    })
}
