//! The one way in: a request finds the shard that owns its key.
//!
//! Requests made one after another from one task reach the shard in that order: a [`Service`] puts the
//! command in its entity's mailbox before `call` returns the future.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// A future that owns what it needs and may be sent between threads.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send + 'static>>;

/// Why a call has no answer. None of these is a refusal of the command itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallFault {
    /// The command was not started; it may be sent again.
    #[error("the shard is not serving now; send the command again with the same id")]
    Unavailable,
    /// The command may or may not have been carried out; ask again with the same id to learn which.
    #[error("the outcome is not known; send the command again with the same id to learn it")]
    Unknown,
    /// Refused before it cost anything, because too much is waiting.
    #[error("too many commands are waiting; send the command again later with the same id")]
    Overloaded,
    /// The deadline had passed before the command was decided; it was not carried out.
    #[error("the deadline passed before the command was decided; it was not carried out")]
    DeadlinePassed,
}

/// Something that answers requests: the shards of this process, or later a node elsewhere.
pub trait Service<Q, A>: Send + Sync + 'static {
    /// Takes the request in hand at once and returns the future of its answer.
    ///
    /// Dropping the future does not take the command back.
    fn call(&self, request: Q) -> BoxFuture<Result<A, CallFault>>;
}

/// A handle on the service that owns each key. Clones are cheap and share it.
pub struct Router<Q, A> {
    service: Arc<dyn Service<Q, A>>,
}

impl<Q, A> Clone for Router<Q, A> {
    fn clone(&self) -> Self {
        Self {
            service: Arc::clone(&self.service),
        }
    }
}

impl<Q: Send + 'static, A: Send + 'static> Router<Q, A> {
    /// A router to one service.
    pub fn new<S: Service<Q, A>>(service: S) -> Self {
        Self {
            service: Arc::new(service),
        }
    }

    /// Sends the request to the owner of its key and waits for the durable answer.
    ///
    /// The request is under way when the returned future is made, not when it is polled.
    ///
    /// # Errors
    /// A [`CallFault`] says whether the command may have been carried out.
    pub fn call(&self, request: Q) -> BoxFuture<Result<A, CallFault>> {
        self.service.call(request)
    }
}
