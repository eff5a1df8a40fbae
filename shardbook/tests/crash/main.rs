//! The real binary: killed, given damaged data and wrong arguments, and asked what it holds.

mod archive;
mod damage;
mod inspect;
mod kills;
mod refusals;
mod server;
mod state;
mod waiting;
