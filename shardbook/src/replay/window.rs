use std::collections::VecDeque;

use shardbook_proto::provider::v1::{FeedMessage, FeedReply};
use thiserror::Error;

/// Messages sent and not answered, or about to be sent, in their order. Bounded.
#[derive(Debug)]
pub(super) struct Window {
    open: VecDeque<FeedMessage>,
    /// How many of them, from the front, went out on this connection.
    sent: usize,
    most: usize,
}

/// An answer to another message than the oldest open one.
#[derive(Debug, Error, Eq, PartialEq)]
#[error("the server answered message {got:?} where the answer to {expected:?} was due")]
pub(super) struct OutOfOrder {
    got: String,
    expected: String,
}

impl Window {
    pub fn new(most: usize) -> Self {
        Self {
            open: VecDeque::with_capacity(most),
            sent: 0,
            most,
        }
    }

    pub fn has_room(&self) -> bool {
        self.open.len() < self.most
    }

    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    pub fn push(&mut self, message: FeedMessage) {
        self.open.push_back(message);
    }

    /// The next message to send on this connection.
    pub fn next_unsent(&mut self) -> Option<FeedMessage> {
        let message = self.open.get(self.sent)?.clone();
        self.sent += 1;
        Some(message)
    }

    /// Closes the oldest message and gives it back.
    pub fn answered(&mut self, reply: &FeedReply) -> Result<FeedMessage, OutOfOrder> {
        let sent = self.sent;
        match self.open.pop_front_if(|oldest| sent > 0 && oldest.id == reply.id) {
            Some(oldest) => {
                self.sent -= 1;
                Ok(oldest)
            }
            None => Err(OutOfOrder {
                got: reply.id.clone(),
                expected: self.open.front().map(|oldest| oldest.id.clone()).unwrap_or_default(),
            }),
        }
    }

    /// On a new connection everything open is sent again, and says how much was sent before.
    pub fn reconnected(&mut self) -> usize {
        std::mem::take(&mut self.sent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str) -> FeedMessage {
        FeedMessage {
            id: id.into(),
            ..FeedMessage::default()
        }
    }

    fn reply(id: &str) -> FeedReply {
        FeedReply {
            id: id.into(),
            ..FeedReply::default()
        }
    }

    /// After a lost connection every unanswered message goes out again, in the same order and none twice.
    #[test]
    fn what_is_unanswered_is_sent_again() {
        let mut window = Window::new(3);
        for id in ["a", "b", "c"] {
            assert!(window.has_room());
            window.push(message(id));
        }
        assert!(!window.has_room());
        let sent: Vec<_> = std::iter::from_fn(|| window.next_unsent())
            .map(|message| message.id)
            .collect();
        assert_eq!(sent, ["a", "b", "c"]);
        window.answered(&reply("a")).expect("the oldest");
        assert_eq!(window.reconnected(), 2);
        let again: Vec<_> = std::iter::from_fn(|| window.next_unsent())
            .map(|message| message.id)
            .collect();
        assert_eq!(again, ["b", "c"]);
    }

    /// An answer that is not the oldest message's would close the wrong one.
    #[test]
    fn answers_out_of_order_are_refused() {
        let mut window = Window::new(2);
        window.push(message("a"));
        window.push(message("b"));
        assert!(window.answered(&reply("a")).is_err(), "not sent yet");
        window.next_unsent();
        window.next_unsent();
        assert!(window.answered(&reply("b")).is_err());
        window.answered(&reply("a")).expect("the oldest");
        assert!(window.answered(&reply("a")).is_err(), "answered twice");
        window.answered(&reply("b")).expect("the oldest");
        assert!(window.is_empty() && window.answered(&reply("b")).is_err());
    }
}
