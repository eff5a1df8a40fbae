//! Why a connection is not read for a while: the engine turned something of it away.
//!
//! What the client sends meanwhile waits in the connection, and then at the client, who can still think better of it. That
//! costs nothing here, while to read it and refuse it would take from those who are served.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use shardbook_proto::client::v1::Error;
use tokio::time::Sleep;

use crate::codes;

/// The pause of one connection.
#[derive(Default)]
pub(crate) struct Pause {
    /// There while it lasts.
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Pause {
    /// Begins where an answer says that too much is waiting, for as long as it tells the client to wait.
    pub(crate) fn heed(&mut self, error: &Error) {
        if error.code == codes::OVERLOADED.name && self.sleep.is_none() {
            let wait = Duration::from_millis(error.retry_after_ms.into());
            self.sleep = Some(Box::pin(tokio::time::sleep(wait)));
        }
    }

    /// Whether it lasts still. The task is woken when it ends.
    pub(crate) fn lasts(&mut self, cx: &mut Context<'_>) -> bool {
        if let Some(sleep) = &mut self.sleep
            && sleep.as_mut().poll(cx) == Poll::Ready(())
        {
            self.sleep = None;
        }
        self.sleep.is_some()
    }
}
