//! One connection of a player, by either way into the house.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt, stream};
use shardbook_proto::client::v1::betting_client::BettingClient;
use shardbook_proto::client::v1::{ClientMessage, ServerMessage};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tonic::Streaming;
use tonic::transport::Channel;

use crate::soon;

/// A way into the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// JSON on a WebSocket.
    WebSocket,
    /// A gRPC session stream.
    Grpc,
}

pub(crate) enum Line {
    Socket(Box<WebSocketStream<TcpStream>>),
    Session(mpsc::Sender<ClientMessage>, Box<Streaming<ServerMessage>>),
}

impl Line {
    pub(crate) async fn socket(to: SocketAddr) -> Self {
        let stream = soon(TcpStream::connect(to)).await.expect("connects");
        let shake = tokio_tungstenite::client_async(format!("ws://{to}/"), stream);
        Self::Socket(Box::new(soon(shake).await.expect("shakes hands").0))
    }

    pub(crate) async fn session(channel: Channel) -> Self {
        let (say, said) = mpsc::channel(1_024);
        let said = stream::unfold(said, |mut said| async { Some((said.recv().await?, said)) });
        let heard = soon(BettingClient::new(channel).session(said))
            .await
            .expect("a session");
        Self::Session(say, Box::new(heard.into_inner()))
    }

    pub(crate) async fn say(&mut self, message: ClientMessage) {
        match self {
            Self::Socket(_) => self.write(serde_json::to_string(&message).expect("as JSON")).await,
            Self::Session(say, _) => soon(say.send(message)).await.expect("is taken"),
        }
    }

    pub(crate) async fn write(&mut self, text: String) {
        match self {
            Self::Socket(socket) => soon(socket.send(Message::text(text))).await.expect("is sent"),
            Self::Session(..) => panic!("text is for WebSockets"),
        }
    }

    /// The next message, control frames apart.
    pub(crate) async fn hear(&mut self) -> ServerMessage {
        match self {
            Self::Socket(socket) => {
                // Heartbeats do not count as being heard.
                let text = soon(async {
                    loop {
                        match socket
                            .next()
                            .await
                            .expect("the connection is kept")
                            .expect("a good frame")
                        {
                            Message::Text(text) => break text,
                            Message::Ping(_) | Message::Pong(_) => {}
                            other => panic!("heard {other:?}"),
                        }
                    }
                });
                serde_json::from_str(&text.await).expect("a ServerMessage")
            }
            Self::Session(_, heard) => soon(heard.next())
                .await
                .expect("the stream goes on")
                .expect("a message"),
        }
    }

    /// The code with which the server closes the WebSocket; what comes before is let pass.
    pub(crate) async fn closed(&mut self) -> u16 {
        let Self::Socket(socket) = self else {
            panic!("close codes are for WebSockets")
        };
        loop {
            let heard = soon(socket.next())
                .await
                .expect("a close frame comes first")
                .expect("a good frame");
            if let Message::Close(frame) = heard {
                return frame.expect("with a reason").code.into();
            }
        }
    }
}
