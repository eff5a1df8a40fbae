//! The clients' side: threads of their own, so that what clients cost is told apart from what the house costs.

use std::future::Future;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::Failure;

/// Names of the clients' threads begin so.
pub(super) const THREAD: &str = "client";

pub(super) struct Clients {
    /// There until it is dropped.
    runtime: Option<Runtime>,
}

impl Clients {
    pub(super) fn start() -> Result<Self, Failure> {
        let runtime = Builder::new_multi_thread().thread_name(THREAD).enable_all().build()?;
        Ok(Self { runtime: Some(runtime) })
    }

    /// Where the clients' tasks are spawned.
    pub(super) fn handle(&self) -> Result<&Handle, Failure> {
        Ok(self.runtime.as_ref().ok_or("the clients have ended")?.handle())
    }

    /// Runs a piece of work on the clients' threads.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Result<T, Failure> {
        self.handle()?.spawn(work).await?
    }
}

impl Drop for Clients {
    fn drop(&mut self) {
        // A runtime may not be waited for on a thread of another one.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
