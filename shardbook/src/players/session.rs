use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use shardbook_proto::client::v1::{ClientMessage, ServerMessage, client_message::Request};
use thiserror::Error;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// Bytes read at once; thousands of sockets share one process.
const READ_BUFFER: usize = 4 << 10;
/// Largest message taken from a server: the list of all its events.
const LARGEST_MESSAGE: usize = 4 << 20;
/// How long a connection may take to open.
const CONNECT: Duration = Duration::from_secs(10);

/// The connection is gone; what was not answered is sent again on the next one.
#[derive(Debug, Error)]
pub enum Lost {
    /// The socket could not be opened or broke.
    #[error("{0}")]
    Socket(Box<WsError>),
    /// The server closed it.
    #[error("the server closed the connection{0}")]
    Closed(String),
    /// It did not open in time.
    #[error("the connection did not open within 10 s")]
    Late,
    /// A question was left open for too long.
    #[error("the server left a question unanswered for {0:?}")]
    Silent(Duration),
    /// The server will not have this player; another connection will not help.
    #[error("{0}")]
    Refused(String),
    /// The server sent something outside the protocol.
    #[error("the server sent what the protocol does not know: {0}")]
    Strange(String),
}

impl From<WsError> for Lost {
    fn from(error: WsError) -> Self {
        Self::Socket(Box::new(error))
    }
}

/// One open WebSocket of a player.
#[derive(Debug)]
pub struct Session {
    socket: WebSocketStream<TcpStream>,
}

impl Session {
    /// Opens a WebSocket to `ws://host:port[/path]`.
    ///
    /// # Errors
    /// Where nothing listens there, or it speaks something else.
    pub async fn connect(url: &str) -> Result<Self, Lost> {
        let opening = async {
            let stream = TcpStream::connect(authority(url)).await.map_err(WsError::Io)?;
            stream.set_nodelay(true).map_err(WsError::Io)?;
            let config = WebSocketConfig::default()
                .read_buffer_size(READ_BUFFER)
                .write_buffer_size(0)
                .max_message_size(Some(LARGEST_MESSAGE))
                .max_frame_size(Some(LARGEST_MESSAGE));
            client_async_with_config(url, stream, Some(config)).await
        };
        let (socket, _) = tokio::time::timeout(CONNECT, opening).await.map_err(|_| Lost::Late)??;
        Ok(Self { socket })
    }

    /// Sends one request.
    ///
    /// # Errors
    /// Where the connection is gone.
    pub async fn send(&mut self, id: &str, request: Request) -> Result<(), Lost> {
        let message = ClientMessage {
            id: id.to_string(),
            request: Some(request),
            ..ClientMessage::default()
        };
        let text = serde_json::to_string(&message).map_err(|error| Lost::Strange(error.to_string()))?;
        Ok(self.socket.send(Message::text(text)).await?)
    }

    /// The next answer or push. May be dropped while it waits without losing any.
    ///
    /// # Errors
    /// Where the connection is gone, or what came is not of the protocol.
    pub async fn receive(&mut self) -> Result<ServerMessage, Lost> {
        loop {
            match self.socket.next().await {
                None => return Err(Lost::Closed(String::new())),
                Some(Ok(Message::Text(text))) => {
                    return serde_json::from_str(&text).map_err(|error| Lost::Strange(format!("{error} in {text}")));
                }
                Some(Ok(Message::Close(frame))) => {
                    return Err(Lost::Closed(
                        frame.map(|f| format!(": {} {}", f.code, f.reason)).unwrap_or_default(),
                    ));
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
            }
        }
    }

    /// Says good-bye; a server that does not answer is left alone.
    pub async fn close(mut self) {
        let _ = tokio::time::timeout(Duration::from_secs(1), self.socket.close(None)).await;
    }
}

fn authority(url: &str) -> &str {
    let rest = url.strip_prefix("ws://").unwrap_or(url);
    rest.split('/').next().unwrap_or(rest)
}
