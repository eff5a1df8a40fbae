//! A player's client that checks what it is told.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use shardbook_proto::client::v1::server_message::Message as Body;
use shardbook_proto::client::v1::{MarketDelta, MarketImage, ServerMessage};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

/// Not a wait but the bound at which a test fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(30);

pub async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("came in time")
}

pub struct Client {
    pub socket: WebSocketStream<TcpStream>,
}

impl Client {
    pub async fn connect(to: SocketAddr) -> Self {
        let stream = soon(TcpStream::connect(to)).await.expect("connects");
        Self::over(to, stream).await
    }

    /// A client whose kernel buffers little of what it does not read.
    pub async fn narrow(to: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().expect("socket");
        socket.set_recv_buffer_size(4_096).expect("buffer");
        let stream = soon(socket.connect(to)).await.expect("connects");
        Self::over(to, stream).await
    }

    async fn over(to: SocketAddr, stream: TcpStream) -> Self {
        let (socket, _) = soon(tokio_tungstenite::client_async(format!("ws://{to}/"), stream))
            .await
            .expect("handshake");
        Self { socket }
    }

    /// With a session of this player open and this much of test funds.
    pub async fn player(to: SocketAddr, player: &str, funds: &str) -> Self {
        let mut client = Self::connect(to).await;
        client.say(&open(player)).await;
        assert!(matches!(client.hear().await.message, Some(Body::SessionOpened(_))));
        if funds != "0.00" {
            client
                .say(&format!(
                    r#"{{"id":"funds","deposit":{{"amount":"{funds}","currency":"EUR"}}}}"#
                ))
                .await;
            assert!(matches!(client.hear().await.message, Some(Body::CashierDone(_))));
        }
        client
    }

    pub async fn say(&mut self, text: &str) {
        soon(self.socket.send(Message::text(text))).await.expect("sends");
    }

    /// The next message, control frames apart.
    pub async fn hear(&mut self) -> ServerMessage {
        loop {
            match soon(self.socket.next())
                .await
                .expect("connection is kept")
                .expect("a good frame")
            {
                Message::Text(text) => return serde_json::from_str(&text).expect("a ServerMessage"),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("unexpected {other:?}"),
            }
        }
    }

    pub async fn ask(&mut self, text: &str) -> ServerMessage {
        self.say(text).await;
        self.hear().await
    }

    /// The id, code and retry of the next message, which must be a refusal.
    pub async fn refusal(&mut self) -> (String, String, bool) {
        let heard = self.hear().await;
        match heard.message {
            Some(Body::Error(error)) => (heard.id, error.code, error.retry),
            other => panic!("not a refusal: {other:?}"),
        }
    }

    /// The code and reason with which the server closes; what comes before is let pass.
    pub async fn closed(&mut self) -> (u16, String) {
        loop {
            match soon(self.socket.next())
                .await
                .expect("a close frame first")
                .expect("a good frame")
            {
                Message::Close(Some(frame)) => return (frame.code.into(), frame.reason.to_string()),
                Message::Close(None) => panic!("closed without a reason"),
                _ => {}
            }
        }
    }
}

pub fn open(player: &str) -> String {
    format!(r#"{{"id":"open","openSession":{{"brand":"acme","player":"{player}","currency":"EUR"}}}}"#)
}

pub fn bet(id: &str) -> String {
    format!(r#"{{"id":"{id}","placeBet":{{"legs":[{{"event":"e","market":1,"price":"2.00"}}],"stake":"1.00"}}}}"#)
}

/// A client's book of markets. Invariant: no delta is taken that does not follow from what is held.
#[derive(Debug, Default)]
pub struct Book {
    pub markets: BTreeMap<String, MarketImage>,
    pub events: usize,
    pub deltas: usize,
    pub resyncs: usize,
}

impl Book {
    pub fn take(&mut self, message: ServerMessage) {
        match message.message.expect("message") {
            Body::Event(_) => self.events += 1,
            Body::Market(image) => _ = self.markets.insert(format!("{}/{}", image.event, image.market), image),
            Body::Delta(delta) => self.delta(delta),
            Body::Resync(_) => self.resyncs += 1,
            other => panic!("not about markets: {other:?}"),
        }
    }

    fn delta(&mut self, delta: MarketDelta) {
        let key = format!("{}/{}", delta.event, delta.market);
        let held = self.markets.get_mut(&key).expect("an image came before its deltas");
        assert_eq!(
            delta.version,
            held.version + 1,
            "a delta of {key} was left out or came twice"
        );
        held.version = delta.version;
        for line in delta.lines {
            let selection = held.selections.iter_mut().find(|held| held.selection == line.selection);
            selection.expect("a selection of the image").price = line.price;
        }
        self.deltas += 1;
    }
}
