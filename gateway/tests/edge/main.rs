//! The gateway over real sockets, with a scripted house behind it.

mod bulk;
mod client;
mod grpc;
mod house;
mod inputs;
mod life;
mod markets;
mod overload;
mod players;
mod site;
mod trading;
