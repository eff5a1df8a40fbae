//! One player on one WebSocket, who sends without waiting for answers.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::{Sink, SinkExt, StreamExt};
use shardbook_runtime::router::BoxFuture;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::{Lane, Plan, Said, Tag, turn_of};
use crate::Failure;
use crate::bench::house::{EVENT, PRICE};
use crate::bench::plan::Deed;

/// Bytes read at once. They are zeroed before each read: with the 128 KiB of the library a client would cost more than the house.
const READ_BUFFER: usize = 4 << 10;
/// Texts that the socket has not taken at which the client rather waits.
const UNSENT_MAX: usize = 16;

pub(super) struct Socket {
    socket: WebSocketStream<TcpStream>,
    /// Texts that the socket has not taken yet: never more than commands under way.
    unsent: VecDeque<String>,
    unflushed: bool,
    waiting: VecDeque<Tag>,
}

impl Socket {
    pub(super) fn open(to: SocketAddr, player: u64) -> BoxFuture<Result<Self, Failure>> {
        Box::pin(async move {
            let stream = TcpStream::connect(to).await?;
            stream.set_nodelay(true)?;
            let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER);
            let (mut socket, _) = client_async_with_config(format!("ws://{to}/"), stream, Some(config)).await?;
            let open = format!(
                r#"{{"id":"open","openSession":{{"brand":"bench","player":"bench-{player}","currency":"EUR"}}}}"#
            );
            socket.send(Message::text(open)).await?;
            loop {
                match socket.next().await.ok_or("the gateway closed the connection")?? {
                    Message::Text(text) if text.contains("sessionOpened") => break,
                    Message::Text(text) => return Err(format!("no session was opened: {text}").into()),
                    _ => {}
                }
            }
            Ok(Self {
                socket,
                unsent: VecDeque::new(),
                unflushed: false,
                waiting: VecDeque::new(),
            })
        })
    }

    /// Hands to the socket what it takes, to be written in few system calls.
    fn leave(&mut self, cx: &mut Context<'_>) -> Result<(), Failure> {
        while !self.unsent.is_empty() {
            match Pin::new(&mut self.socket).poll_ready(cx) {
                Poll::Pending => return Ok(()),
                Poll::Ready(ready) => ready?,
            }
            if let Some(text) = self.unsent.pop_front() {
                Pin::new(&mut self.socket).start_send(Message::text(text))?;
                self.unflushed = true;
            }
        }
        if self.unflushed
            && let Poll::Ready(flushed) = Pin::new(&mut self.socket).poll_flush(cx)
        {
            flushed?;
            self.unflushed = false;
        }
        Ok(())
    }

    /// The command that a text answers; pushes have no id.
    fn answered(&mut self, text: &str) -> Result<Option<(Tag, Said)>, Failure> {
        let Some((id, rest)) = text.strip_prefix(r#"{"id":""#).and_then(|rest| rest.split_once('"')) else {
            return Ok(None);
        };
        let turn = turn_of(id);
        let at = self.waiting.iter().position(|tag| Some(tag.turn) == turn);
        let tag = at.and_then(|at| self.waiting.remove(at));
        let tag = tag.ok_or_else(|| Failure::from(format!("an answer to nothing: {text}")))?;
        let expected = match tag.order.deed {
            Deed::Bet { .. } => r#","betPlaced""#,
            Deed::Deposit | Deed::Withdraw => r#","cashierDone""#,
            Deed::Balance => r#","balance""#,
            Deed::Bets => r#","bets""#,
        };
        let code = rest
            .strip_prefix(r#","error":{"code":""#)
            .and_then(|rest| rest.split_once('"'));
        if rest.starts_with(expected) {
            Ok(Some((tag, Said::Done)))
        } else if let Some((code, _)) = code {
            Ok(Some((tag, Said::Refused(code.to_owned()))))
        } else {
            Err(format!("{:?} was not answered as it should be: {text}", tag.order.deed).into())
        }
    }
}

impl Lane for Socket {
    /// Whatever player the order names, it is this one: a socket has one.
    fn send(&mut self, plan: &Plan, tag: Tag) {
        let id = plan.id(tag.turn);
        let by = match tag.deadline_ms {
            0 => String::new(),
            deadline_ms => format!(r#","deadlineMs":"{deadline_ms}""#),
        };
        self.unsent.push_back(match tag.order.deed {
            Deed::Bet { market, selection } => format!(
                r#"{{"id":"{id}"{by},"placeBet":{{"legs":[{{"event":"{EVENT}","market":{market},"selection":{selection},"price":"{PRICE}"}}],"stake":"1.00","currency":"EUR","policy":"PRICE_POLICY_EXACT"}}}}"#
            ),
            Deed::Deposit => format!(r#"{{"id":"{id}","deposit":{{"amount":"1.00","currency":"EUR"}}}}"#),
            Deed::Withdraw => format!(r#"{{"id":"{id}","withdraw":{{"amount":"1.00","currency":"EUR"}}}}"#),
            Deed::Balance => format!(r#"{{"id":"{id}","balance":{{}}}}"#),
            Deed::Bets => format!(r#"{{"id":"{id}","listBets":{{"limit":10}}}}"#),
        });
        self.waiting.push_back(tag);
    }

    fn is_full(&self) -> bool {
        self.unsent.len() >= UNSENT_MAX
    }

    fn poll(&mut self, cx: &mut Context<'_>, done: &mut dyn FnMut(Tag, Said)) -> Poll<Result<(), Failure>> {
        self.leave(cx)?;
        let mut some = false;
        while let Poll::Ready(message) = self.socket.poll_next_unpin(cx) {
            if let Message::Text(text) = message.ok_or("the gateway closed the connection")??
                && let Some((tag, said)) = self.answered(&text)?
            {
                done(tag, said);
                some = true;
            }
        }
        if some { Poll::Ready(Ok(())) } else { Poll::Pending }
    }
}
