//! One socket: a single task that reads, answers, writes and keeps the heart beating.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::{Sink, SinkExt, StreamExt};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::{Interval, MissedTickBehavior};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Bytes, Error, Message};

use crate::conversation::Conversation;
use crate::edge::{Edge, now_us};
use crate::frame::Wire;
use crate::outbox::{Next, Outbox};

/// Heartbeats without a word from the client before it is given up.
const SILENT_BEATS: u32 = 3;
/// Frames read before the answers to them are written.
const TURN: usize = 64;
/// How long and how much a closing connection is still read, so that the client gets to see why.
const FAREWELL: Duration = Duration::from_secs(2);
const FAREWELL_BYTES: u64 = 4 << 20;

pub(super) struct Connection {
    edge: Arc<Edge>,
    socket: WebSocketStream<TcpStream>,
    conversation: Conversation,
    outbox: Arc<Outbox>,
    beat: Interval,
    silent: u32,
    ping_due: bool,
    unflushed: bool,
    /// Receipt times of the lines written but not yet flushed.
    lines: Vec<i64>,
}

/// Why a connection ends: with a close frame, or without as the peer is gone.
struct Farewell(Option<(CloseCode, &'static str)>);

impl Connection {
    pub(super) fn new(
        edge: Arc<Edge>,
        socket: WebSocketStream<TcpStream>,
        conversation: Conversation,
        outbox: Arc<Outbox>,
    ) -> Self {
        let mut beat = tokio::time::interval(edge.config.heartbeat());
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        beat.reset();
        let lines = Vec::new();
        Self {
            edge,
            socket,
            conversation,
            outbox,
            beat,
            silent: 0,
            ping_due: false,
            unflushed: false,
            lines,
        }
    }

    pub(super) async fn run(mut self) {
        let Farewell(reason) = poll_fn(|cx| self.poll(cx)).await;
        let Self {
            mut socket,
            conversation,
            ..
        } = self;
        // Gives the place back before the farewell, which the peer may draw out.
        drop(conversation);
        let Some((code, reason)) = reason else { return };
        let farewell = async {
            let _ = socket
                .send(Message::Close(Some(CloseFrame {
                    code,
                    reason: reason.into(),
                })))
                .await;
            // Unread bytes would reset the connection and lose the close frame on its way.
            let mut rest = socket.get_mut().take(FAREWELL_BYTES);
            let _ = tokio::io::copy(&mut rest, &mut tokio::io::sink()).await;
        };
        let _ = tokio::time::timeout(FAREWELL, farewell).await;
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Farewell> {
        self.outbox.watch(cx.waker());
        if let Some(farewell) = self.listen_for_life(cx) {
            return Poll::Ready(farewell);
        }
        let mut more = false;
        for _ in 0..TURN {
            self.conversation.poll(cx);
            match self.read(cx) {
                Ok(heard) => more = heard,
                Err(farewell) => return Poll::Ready(farewell),
            }
            if !more {
                break;
            }
        }
        if let Some(farewell) = self.write(cx) {
            return Poll::Ready(farewell);
        }
        if more {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    fn listen_for_life(&mut self, cx: &mut Context<'_>) -> Option<Farewell> {
        while self.beat.poll_tick(cx).is_ready() {
            // Who is not read cannot be heard.
            self.silent += u32::from(!self.conversation.is_paused());
            if self.silent > SILENT_BEATS {
                self.edge.stats.silent_closed.add(1);
                return Some(Farewell(Some((
                    CloseCode::Policy,
                    "nothing was heard for three heartbeats",
                ))));
            }
            self.ping_due = true;
        }
        None
    }

    /// Takes in one frame. False when there is none to take now.
    fn read(&mut self, cx: &mut Context<'_>) -> Result<bool, Farewell> {
        if !self.conversation.listens(Wire::Json) {
            return Ok(false);
        }
        let frame = match self.socket.poll_next_unpin(cx) {
            Poll::Pending => return Ok(false),
            Poll::Ready(None) => return Err(Farewell(None)),
            Poll::Ready(Some(frame)) => frame.map_err(|fault| farewell_of(&fault))?,
        };
        self.silent = 0;
        match frame {
            Message::Text(text) => self.conversation.text(&text),
            Message::Binary(_) => self.conversation.binary(),
            // The library has queued the pong or the answering close, and sends it at the next read or write.
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => {}
        }
        Ok(true)
    }

    /// Writes until the socket is full or nothing waits, in as few system calls as the buffer allows.
    fn write(&mut self, cx: &mut Context<'_>) -> Option<Farewell> {
        // Asked first: the socket of such a client takes nothing more, so the loop would not come to it.
        if self.outbox.is_overflowing() {
            self.edge.stats.slow_closed.add(1);
            return Some(Farewell(Some((CloseCode::Policy, "slow consumer"))));
        }
        loop {
            match Pin::new(&mut self.socket).poll_ready(cx) {
                Poll::Pending => return None,
                Poll::Ready(Err(_)) => return Some(Farewell(None)),
                Poll::Ready(Ok(())) => {}
            }
            let message = if std::mem::take(&mut self.ping_due) {
                Message::Ping(Bytes::new())
            } else {
                match self.outbox.next() {
                    Next::Write(frame) => {
                        self.lines
                            .extend(Some(frame.received_us()).filter(|received| *received > 0));
                        Message::Text(frame.json())
                    }
                    Next::Refill => {
                        self.outbox.refill(&mut *self.edge.board());
                        continue;
                    }
                    Next::Overflow | Next::Empty => break,
                }
            };
            self.unflushed = true;
            if Pin::new(&mut self.socket).start_send(message).is_err() {
                return Some(Farewell(None));
            }
        }
        if self.unflushed {
            match Pin::new(&mut self.socket).poll_flush(cx) {
                Poll::Pending => return None,
                Poll::Ready(Err(_)) => return Some(Farewell(None)),
                Poll::Ready(Ok(())) => self.unflushed = false,
            }
            let now = now_us();
            let lines = self
                .lines
                .drain(..)
                .map(|received| u64::try_from(now - received).unwrap_or(0));
            self.edge.stats.push.record(lines);
        }
        let done = self.edge.is_stopping() && self.conversation.is_idle();
        done.then_some(Farewell(Some((
            CloseCode::Away,
            "the gateway is stopping; connect again",
        ))))
    }
}

fn farewell_of(fault: &Error) -> Farewell {
    Farewell(match fault {
        Error::Capacity(_) => Some((
            CloseCode::Size,
            "the message is larger than max_frame_bytes; send smaller ones",
        )),
        Error::Utf8(_) => Some((CloseCode::Invalid, "a text frame is not UTF-8")),
        Error::Protocol(_) => Some((CloseCode::Protocol, "not a WebSocket frame that a client may send")),
        _ => None,
    })
}
