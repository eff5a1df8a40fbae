//! A player who speaks the protocol and keeps what is pushed until it is asked for.

mod sales;
mod slips;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};

use shardbook_proto::client::v1::client_message::Request;
use shardbook_proto::client::v1::server_message::Message as Body;
use shardbook_proto::client::v1::{
    Balance, Bet, BetChanged, BetFilter, BetPlaced, BetStatus, Bets, ClientMessage, Deposit, Error, GetBalance,
    ListBets, OddsFormat, OpenSession, Ping, PlaceBet, SessionOpened, Withdraw,
};

pub use sales::{lock_of, sale_of};

use crate::line::Line;
use crate::{House, Way};

/// What a wallet holds: available, held and owed, as decimals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wallet(pub String, pub String, pub String);

impl PartialEq<(&str, &str, &str)> for Wallet {
    fn eq(&self, (available, held, owed): &(&str, &str, &str)) -> bool {
        self.0 == *available && self.1 == *held && self.2 == *owed
    }
}

impl From<Balance> for Wallet {
    fn from(balance: Balance) -> Self {
        Self(balance.available, balance.held, balance.owed)
    }
}

/// Ids are keys for ever, over all connections of a player.
static ASKED: AtomicU64 = AtomicU64::new(1);

/// One connection of a player. Wrong answers end the test.
pub struct Player {
    line: Line,
    id: String,
    pushed: VecDeque<Body>,
}

impl Player {
    /// A connection without a session.
    pub async fn connect(house: &House, way: Way) -> Self {
        let line = match way {
            Way::WebSocket => Line::socket(house.addresses().ws).await,
            Way::Grpc => Line::session(house.channel().await).await,
        };
        Self {
            line,
            id: String::new(),
            pushed: VecDeque::new(),
        }
    }

    /// Opens a session of a player of brand `acme`.
    pub async fn open_session(&mut self, name: &str, currency: &str) -> SessionOpened {
        self.open_session_in(OddsFormat::Unspecified, name, currency).await
    }

    /// The same with prices in this format.
    pub async fn open_session_in(&mut self, format: OddsFormat, name: &str, currency: &str) -> SessionOpened {
        let open = OpenSession {
            brand: "acme".into(),
            player: name.into(),
            currency: currency.into(),
            odds_format: format.into(),
        };
        match self.ask(Request::OpenSession(open)).await {
            Body::SessionOpened(opened) => {
                self.id.clone_from(&opened.player_id);
                opened
            }
            other => panic!("no session but {other:?}"),
        }
    }

    /// The house's id of the player; empty before a session.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Asks under an id that was not used yet, and gives the answer.
    pub async fn ask(&mut self, request: Request) -> Body {
        let id = format!("c{}", ASKED.fetch_add(1, Ordering::Relaxed));
        self.ask_as(&id, request).await
    }

    /// Asks under this id, and gives the answer.
    pub async fn ask_as(&mut self, id: &str, request: Request) -> Body {
        self.say(id, request).await;
        self.answer(id).await
    }

    /// Asks and does not wait.
    pub async fn say(&mut self, id: &str, request: Request) {
        self.line
            .say(ClientMessage {
                id: id.into(),
                request: Some(request),
                ..ClientMessage::default()
            })
            .await;
    }

    /// Sends a text frame as it is. WebSocket only.
    pub async fn write(&mut self, text: impl Into<String>) {
        self.line.write(text.into()).await;
    }

    /// The answer to the message with this id; empty for one whose id could not be read.
    pub async fn answer(&mut self, id: &str) -> Body {
        let (answered, body) = self.any_answer().await;
        assert_eq!(answered, id, "an answer to something else: {body:?}");
        body
    }

    /// The next answer to whichever message, with the id of it.
    pub async fn any_answer(&mut self) -> (String, Body) {
        loop {
            let heard = self.line.hear().await;
            let body = heard.message.expect("a message says something");
            if !is_push(&body) {
                return (heard.id, body);
            }
            self.pushed.push_back(body);
        }
    }

    /// The first push, heard already or still to come, from which `pick` takes something; it is used up.
    pub async fn push<T>(&mut self, mut pick: impl FnMut(&Body) -> Option<T>) -> T {
        let mut seen = 0;
        loop {
            while seen == self.pushed.len() {
                let heard = self.line.hear().await;
                let body = heard.message.expect("a message says something");
                assert!(is_push(&body), "nothing was asked, and {body:?} was answered");
                self.pushed.push_back(body);
            }
            if let Some(picked) = pick(&self.pushed[seen]) {
                self.pushed.remove(seen);
                return picked;
            }
            seen += 1;
        }
    }

    /// What was pushed and not asked for until now.
    pub fn pushed(&mut self) -> impl Iterator<Item = Body> + '_ {
        self.pushed.drain(..)
    }

    /// Waits for the push that brings this bet to this status, and gives it.
    pub async fn told(&mut self, bet_id: &str, status: BetStatus) -> BetChanged {
        self.push(|body| match body {
            Body::BetChanged(changed) => {
                let bet = changed.bet.as_ref()?;
                (bet.bet_id == bet_id && bet.status() == status).then(|| changed.clone())
            }
            _ => None,
        })
        .await
    }

    /// Waits for the push that settles this bet, and gives it.
    pub async fn settled(&mut self, bet_id: &str) -> Bet {
        self.push(|body| match body {
            Body::BetChanged(changed) => {
                let bet = changed.bet.as_ref()?;
                (bet.bet_id == bet_id && bet.status() != BetStatus::Open).then(|| bet.clone())
            }
            _ => None,
        })
        .await
    }

    /// What is refused, with its code.
    pub async fn refused(&mut self, request: Request) -> Error {
        match self.ask(request).await {
            Body::Error(error) => error,
            other => panic!("not refused: {other:?}"),
        }
    }

    /// Asks for the time until it is past this one, in Unix milliseconds.
    pub async fn past(&mut self, ms: i64) {
        loop {
            match self.ask(Request::Ping(Ping {})).await {
                Body::Pong(pong) if pong.server_time_ms > ms => return,
                Body::Pong(_) => {}
                other => panic!("no time but {other:?}"),
            }
        }
    }

    /// The close code of the server. WebSocket only.
    pub async fn closed(&mut self) -> u16 {
        self.line.closed().await
    }

    /// The wallet now.
    pub async fn wallet(&mut self) -> Wallet {
        match self.ask(Request::Balance(GetBalance {})).await {
            Body::Balance(balance) => balance.into(),
            other => panic!("no balance but {other:?}"),
        }
    }

    /// What can be staked as free bets.
    pub async fn free_bets(&mut self) -> String {
        match self.ask(Request::Balance(GetBalance {})).await {
            Body::Balance(balance) => balance.free_bets,
            other => panic!("no balance but {other:?}"),
        }
    }

    /// Pays in test funds in EUR.
    pub async fn deposit(&mut self, amount: &str) -> Wallet {
        let deposit = Deposit {
            amount: amount.into(),
            currency: "EUR".into(),
        };
        self.cashier(Request::Deposit(deposit)).await
    }

    /// Takes out test funds in EUR.
    pub async fn withdraw(&mut self, amount: &str) -> Wallet {
        let withdraw = Withdraw {
            amount: amount.into(),
            currency: "EUR".into(),
        };
        self.cashier(Request::Withdraw(withdraw)).await
    }

    async fn cashier(&mut self, request: Request) -> Wallet {
        match self.ask(request).await {
            Body::CashierDone(done) => done.balance.expect("a balance").into(),
            other => panic!("no money moved but {other:?}"),
        }
    }

    /// Places a bet that must be taken.
    pub async fn place(&mut self, bet: PlaceBet) -> Bet {
        match self.ask(Request::PlaceBet(bet)).await {
            Body::BetPlaced(BetPlaced { bet: Some(bet), .. }) => bet,
            other => panic!("no bet but {other:?}"),
        }
    }

    /// One page of bets.
    pub async fn page(&mut self, filter: BetFilter, limit: u32, cursor: &str) -> Bets {
        let list = ListBets {
            filter: filter.into(),
            limit,
            cursor: cursor.into(),
        };
        match self.ask(Request::ListBets(list)).await {
            Body::Bets(bets) => bets,
            other => panic!("no bets but {other:?}"),
        }
    }

    /// All bets, page by page, newest first.
    pub async fn bets(&mut self, filter: BetFilter) -> Vec<Bet> {
        let (mut bets, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.page(filter, 100, &cursor).await;
            bets.extend(page.bets);
            if page.next_cursor.is_empty() {
                return bets;
            }
            cursor = page.next_cursor;
        }
    }
}

fn is_push(body: &Body) -> bool {
    matches!(
        body,
        Body::Event(_)
            | Body::Market(_)
            | Body::Delta(_)
            | Body::BetChanged(_)
            | Body::BalanceChanged(_)
            | Body::Resync(_)
            | Body::SlipChanged(_)
            | Body::CashOutOffers(_)
    )
}
