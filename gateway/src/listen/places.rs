//! A bounded number of connections of one listener, and an end to those that say nothing.

use std::future::Future;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep};
use tonic::transport::server::{Connected, TcpConnectInfo};

use crate::edge::Edge;

/// After a failed accept (no descriptors left), so that the fault is not met in a tight loop.
const BREATH: Duration = Duration::from_millis(50);

/// Says as much as the socket takes at once, and closes it: a crowd at the door is not waited for, and no task is kept for it.
pub(crate) fn turn_away(stream: TcpStream, told: &[u8]) {
    // Whoever does not hear it finds the connection closed.
    let _ = stream.into_std().and_then(|mut stream| stream.write(told));
}

/// A listener of which so many connections may be open at once.
pub(crate) struct Places {
    edge: Arc<Edge>,
    listener: TcpListener,
    free: Arc<Semaphore>,
    /// After so long without a byte either way a connection is ended.
    idle: Duration,
    /// What one is told for whom there is no place; nothing where the protocol has no word for it before it has begun.
    full: &'static [u8],
}

impl Places {
    pub(crate) fn new(
        edge: Arc<Edge>,
        listener: TcpListener,
        most: usize,
        idle: Duration,
        full: &'static [u8],
    ) -> Self {
        let free = Arc::new(Semaphore::new(most));
        Self {
            edge,
            listener,
            free,
            idle,
            full,
        }
    }

    /// The next connection that has a place; others are turned away.
    pub(crate) async fn next(&mut self) -> (Placed, SocketAddr) {
        loop {
            let (stream, peer) = match self.listener.accept().await {
                Ok(accepted) => accepted,
                Err(fault) => {
                    tracing::warn!(%fault, "a connection could not be accepted");
                    tokio::time::sleep(BREATH).await;
                    continue;
                }
            };
            let _ = stream.set_nodelay(true);
            match Arc::clone(&self.free).try_acquire_owned() {
                Ok(place) => return (Placed::new(stream, place, self.idle), peer),
                Err(_) => {
                    self.edge.stats.turned_away.add(1);
                    turn_away(stream, self.full);
                }
            }
        }
    }

    /// The same as a stream.
    pub(crate) fn into_stream(self) -> impl futures_util::Stream<Item = io::Result<Placed>> {
        futures_util::stream::unfold(self, |mut places| async move {
            let (placed, _) = places.next().await;
            Some((Ok(placed), places))
        })
    }
}

impl axum::serve::Listener for Places {
    type Io = Placed;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Placed, SocketAddr) {
        self.next().await
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection with its place, which it gives back at its end.
pub(crate) struct Placed {
    stream: TcpStream,
    _place: OwnedSemaphorePermit,
    idle: Duration,
    /// Rings when nothing was heard or said for so long; set anew only when it rings, so that it costs nothing else.
    bell: Pin<Box<Sleep>>,
    moved: Instant,
}

impl Placed {
    fn new(stream: TcpStream, place: OwnedSemaphorePermit, idle: Duration) -> Self {
        Self {
            stream,
            _place: place,
            idle,
            bell: Box::pin(tokio::time::sleep(idle)),
            moved: Instant::now(),
        }
    }

    /// Notes that something moved, or ends the wait of one that is idle.
    fn moved<T>(&mut self, cx: &mut Context<'_>, poll: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if poll.is_ready() {
            self.moved = Instant::now();
            return poll;
        }
        while self.bell.as_mut().poll(cx).is_ready() {
            let due = self.moved + self.idle;
            if due <= Instant::now() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            self.bell.as_mut().reset(due);
        }
        Poll::Pending
    }
}

impl AsyncRead for Placed {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(cx, into);
        self.moved(cx, read)
    }
}

impl AsyncWrite for Placed {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.moved(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.moved(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Connected for Placed {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        self.stream.connect_info()
    }
}
