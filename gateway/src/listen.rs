//! Binding of the three listeners.

mod places;

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

pub(crate) use places::{Places, turn_away};

/// Connections that may wait to be accepted: a crowd that reconnects at once is not turned away.
const BACKLOG: u32 = 4_096;

/// Why a gateway did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartFault {
    /// The address is taken or not ours.
    #[error("cannot listen for {role} on {address}: {source}; choose another address or port 0 for a free one")]
    Bind {
        /// Which listener: `ws`, `grpc` or `http`.
        role: &'static str,
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The address can be reached by other machines.
    #[error(
        "{role} would listen on {address}, which other machines can reach, and nobody is authenticated yet; \
         use a loopback address such as 127.0.0.1, or set allow_remote = true"
    )]
    Remote {
        /// Which listener: `ws`, `grpc` or `http`.
        role: &'static str,
        /// The address asked for.
        address: SocketAddr,
    },
    /// A value is not within its bounds.
    #[error("{key} = {value} is not within {low} to {high}; set it within these bounds")]
    OutOfBounds {
        /// The key, as in the configuration file.
        key: &'static str,
        /// The value given.
        value: usize,
        /// The lowest value allowed.
        low: usize,
        /// The highest value allowed.
        high: usize,
    },
    /// The schema's descriptors could not be offered for reflection.
    #[error("the gRPC schema cannot be served: {0}; build shardbook again")]
    Schema(String),
}

pub(crate) fn bind(role: &'static str, address: SocketAddr) -> Result<TcpListener, StartFault> {
    let open = || {
        let socket = if address.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    open().map_err(|source| StartFault::Bind { role, address, source })
}
