//! A process of the node on a thread of its own. It has no lower priority than others: under a flood it would be starved.
//! That it gives way is for the process itself to do.

use std::future::Future;
use std::thread::JoinHandle;

use shardbook_runtime::fault::StoreFault;
use tokio::sync::oneshot;

/// A process that runs until it ends or is stopped. Dropped, it is stopped too.
pub(crate) struct Background {
    /// Dropped to stop.
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Background {
    /// Starts it.
    ///
    /// # Errors
    /// [`StoreFault::Stopped`] when the system starts no thread.
    pub(crate) fn start(
        name: &'static str,
        run: impl Future<Output = ()> + Send + 'static,
    ) -> Result<Self, StoreFault> {
        let refused = |fault: std::io::Error| {
            tracing::error!(%fault, name, "a process of the node cannot be started");
            StoreFault::Stopped
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(refused)?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name(name.into()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = run => {}
                    _ = stopped => {}
                }
            });
        });
        let thread = thread.map_err(refused)?;
        Ok(Self { stop, thread })
    }

    /// Stops it where it next waits, and waits until it has.
    pub(crate) async fn stop(self) {
        let Self { stop, thread } = self;
        drop(stop);
        // A thread that panicked has already said why.
        let _ = tokio::task::spawn_blocking(move || thread.join()).await;
    }
}
