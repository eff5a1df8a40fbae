//! On what terms a command is sent, and what is given back with its answer.

use super::Answer;
use crate::entity::Entity;
use crate::promise::Promise;
use crate::router::CallFault;
use crate::turnstile::Pass;

/// How a command is to be taken beside its content.
#[derive(Default)]
pub struct Terms {
    /// Unix milliseconds: decided later, it is refused undone.
    pub deadline_ms: Option<u64>,
    /// Given back when the answer is durable, whether or not somebody waits for it.
    pub pass: Option<Pass>,
    /// The sender bounds what it has under way over all entities, so that the mailbox is never full for it: others who send
    /// to the same entity cannot shut it out.
    pub bounded_by_sender: bool,
}

impl Terms {
    /// To be decided by then.
    #[must_use]
    pub fn by(deadline_ms: Option<u64>) -> Self {
        Self {
            deadline_ms,
            ..Self::default()
        }
    }

    /// For a sender who bounds what it has under way.
    #[must_use]
    pub fn of_bounded_sender() -> Self {
        Self {
            bounded_by_sender: true,
            ..Self::default()
        }
    }
}

/// Where the answer goes.
pub(super) struct Reply<E: Entity> {
    to: Promise<Result<Answer<E>, CallFault>>,
    pass: Option<Pass>,
}

impl<E: Entity> Reply<E> {
    pub(super) fn new(to: Promise<Result<Answer<E>, CallFault>>, pass: Option<Pass>) -> Self {
        Self { to, pass }
    }

    /// Answers, if somebody still waits for it.
    pub(super) fn send(self, answer: Result<Answer<E>, CallFault>) {
        // Before the answer: whoever has it may send the next.
        drop(self.pass);
        self.to.keep(answer);
    }
}
