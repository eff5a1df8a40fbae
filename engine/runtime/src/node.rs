//! The store, the journal and the views of one process, opened and closed together.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::{mpsc, watch};

use crate::clock::Clock;
use crate::entity::Kind;
use crate::fault::StoreFault;
use crate::host::HostParts;
use crate::journal::{Committer, Followed, Journal, Store, StoreOptions};
use crate::slot::SlotMap;
use crate::views::{Projection, Tails, Views};

/// How a node is opened.
#[derive(Debug, Clone)]
pub struct NodeOptions {
    /// The folder of the store; made when missing.
    pub data: PathBuf,
    /// Shards; fixed when the store is made.
    pub shards: SlotMap,
    /// Sizes of the store.
    pub store: StoreOptions,
    /// Entries that may wait for the journal, and frames that may wait for a follower, before senders wait.
    pub queue: usize,
}

/// What is called once when disk or journal fail. The process must then stop serving.
pub type OnFault = Arc<dyn Fn(StoreFault) + Send + Sync>;

/// Lets only the first fault through: when the views fail, the journal soon does too.
fn once(on_fault: &OnFault) -> OnFault {
    let (on_fault, first) = (Arc::clone(on_fault), Once::new());
    Arc::new(move |fault| first.call_once(|| on_fault(fault)))
}

/// An open node: what hosts are started on.
pub struct Node {
    store: Arc<Store>,
    journal: Journal,
    tails: Arc<Tails>,
    viewed: watch::Receiver<()>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Node {
    /// Opens store, views and journal. `remember` names the kinds whose outcomes are kept for ever.
    /// The receiver gets every frame that becomes durable from now on and must be read.
    ///
    /// # Errors
    /// When the store cannot be opened, or its journal is damaged.
    pub fn open(
        options: &NodeOptions,
        projections: Vec<Box<dyn Projection>>,
        remember: Vec<Kind>,
        on_fault: &OnFault,
        progress: impl FnMut(u64, u64) + Send,
    ) -> Result<(Self, mpsc::Receiver<Followed>), StoreFault> {
        let store = Store::open(&options.data, options.shards, &options.store)?;
        let views = Views::open(Arc::clone(&store), projections, remember, progress)?;
        let tails = views.tails();
        let (to_views, for_views) = mpsc::channel(options.queue);
        let (to_follower, for_follower) = mpsc::channel(options.queue);
        let on_fault = once(on_fault);
        let fault = Arc::clone(&on_fault);
        let followers = vec![to_views, to_follower];
        let (journal, committer) =
            Committer::try_new(Arc::clone(&store), followers, options.queue, move |stop| fault(stop))?;
        let (tell_viewed, viewed) = watch::channel(());
        let fault = on_fault;
        let views = views.spawn(for_views, Arc::clone(journal.durability()), tell_viewed, move |stop| {
            fault(stop)
        });
        let threads = Mutex::new(vec![committer.spawn(), views]);
        Ok((
            Self {
                store,
                journal,
                tails,
                viewed,
                threads,
            },
            for_follower,
        ))
    }

    /// What a host is started with.
    #[must_use]
    pub fn parts(&self, clock: Arc<dyn Clock>) -> HostParts {
        let (store, journal, tails) = (Arc::clone(&self.store), self.journal.clone(), Arc::clone(&self.tails));
        HostParts {
            store,
            journal,
            tails,
            clock,
        }
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// The journal.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Changes whenever new frames are readable in the views.
    #[must_use]
    pub fn viewed(&self) -> watch::Receiver<()> {
        self.viewed.clone()
    }

    /// Ends the journal and the views and flushes the store. Other holders of the journal, such as a connection that
    /// does not end, can submit nothing more. Not to be called on a thread that runs tasks.
    ///
    /// # Errors
    /// When the last flush fails.
    pub fn close(self) -> Result<(), StoreFault> {
        self.end();
        self.store.flush()
    }

    /// Ends journal and views after what was submitted before.
    fn end(&self) {
        self.journal.end();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // A thread that panicked has already said why.
            let _ = thread.join();
        }
    }
}

impl Drop for Node {
    /// No thread is at work on the store when its node is gone: a process that ended then would be aborted.
    fn drop(&mut self) {
        self.end();
    }
}
