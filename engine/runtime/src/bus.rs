//! The in-process bus: topics that give a newcomer the present image and then every change.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use dashmap::DashMap;
use tokio::sync::broadcast;

/// Why a subscription stopped giving updates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Lag {
    /// This many updates were dropped because the subscriber was too slow: subscribe again for a fresh image.
    #[error("{0} updates were missed; subscribe again for a fresh image")]
    Missed(u64),
    /// The publisher is gone.
    #[error("the topic is closed")]
    Closed,
}

/// Who listens to updates that concern one listener alone, so that none are made that nobody hears. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Audience {
    /// How often each is listened to.
    names: Arc<DashMap<Box<str>, usize>>,
}

impl Audience {
    /// Somebody listens to what concerns `name`: to every update that is made from now on.
    pub fn join(&self, name: &str) {
        *self.names.entry(name.into()).or_default() += 1;
    }

    /// Somebody who joined listens no more.
    pub fn leave(&self, name: &str) {
        self.names.remove_if_mut(name, |_, listeners| {
            *listeners = listeners.saturating_sub(1);
            *listeners == 0
        });
    }

    /// Whether anybody listens to what concerns `name`.
    #[must_use]
    pub fn listens(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }
}

/// A stream of updates with an image of the present.
///
/// Invariant: image plus the updates received after it equals the image of any later subscriber.
pub struct Topic<K, T> {
    image: Mutex<BTreeMap<K, Arc<T>>>,
    sender: broadcast::Sender<Arc<T>>,
    audience: Audience,
}

impl<K: Ord + Clone + Send, T: Send + Sync> Topic<K, T> {
    /// A topic whose slowest subscriber may be `capacity` updates behind before it misses some.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            image: Mutex::new(BTreeMap::new()),
            sender: broadcast::channel(capacity).0,
            audience: Audience::default(),
        }
    }

    /// Who listens to updates that concern one listener alone.
    #[must_use]
    pub fn audience(&self) -> &Audience {
        &self.audience
    }

    /// Sends an update and changes the image, as one step for every subscriber.
    pub fn publish(&self, update: Arc<T>, image: impl FnOnce(&mut BTreeMap<K, Arc<T>>)) {
        let mut held = self.image.lock().unwrap_or_else(PoisonError::into_inner);
        image(&mut held);
        // No subscriber is no fault: the image is there for the first to come.
        let _ = self.sender.send(update);
    }

    /// The image now, and every update after it.
    pub fn subscribe(&self) -> Subscription<T> {
        let held = self.image.lock().unwrap_or_else(PoisonError::into_inner);
        Subscription {
            image: held.values().cloned().collect(),
            receiver: self.sender.subscribe(),
        }
    }
}

/// One reader of a [`Topic`].
pub struct Subscription<T> {
    /// The present when the subscription began, in key order.
    pub image: Vec<Arc<T>>,
    receiver: broadcast::Receiver<Arc<T>>,
}

impl<T> Subscription<T> {
    /// The next update.
    ///
    /// # Errors
    /// [`Lag`] when updates were missed or the topic is closed.
    pub async fn recv(&mut self) -> Result<Arc<T>, Lag> {
        match self.receiver.recv().await {
            Ok(update) => Ok(update),
            Err(broadcast::error::RecvError::Lagged(missed)) => Err(Lag::Missed(missed)),
            Err(broadcast::error::RecvError::Closed) => Err(Lag::Closed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects the promise that image + updates is the same book for everyone, whenever they came.
    #[tokio::test]
    async fn image_and_updates_agree_for_late_and_early_subscribers() {
        let topic = Topic::<u8, (u8, u32)>::new(8);
        let mut early = topic.subscribe();
        for (key, value) in [(1, 10), (2, 20), (1, 11)] {
            let update = Arc::new((key, value));
            topic.publish(Arc::clone(&update), |image| {
                image.insert(key, update);
            });
        }
        let late = topic.subscribe();
        let mut book = BTreeMap::new();
        for _ in 0..3 {
            let update = early.recv().await.expect("no lag");
            book.insert(update.0, update);
        }
        assert_eq!(book.into_values().collect::<Vec<_>>(), late.image);
    }

    /// Protects players from updates that are not made for them: one who listens on two connections is heard until both
    /// have ended.
    #[test]
    fn an_audience_is_heard_until_its_last_listener_leaves() {
        let audience = Audience::default();
        // who joins (+) or leaves (-), and who listens then
        let table = [
            ("+a", "a"),
            ("+a", "a"),
            ("+b", "ab"),
            ("-a", "ab"),
            ("-a", "b"),
            ("-a", "b"),
            ("-b", ""),
        ];
        for (step, listening) in table {
            match step.split_at(1) {
                ("+", name) => audience.join(name),
                (_, name) => audience.leave(name),
            }
            let heard = ["a", "b"].into_iter().filter(|name| audience.listens(name));
            assert_eq!(heard.collect::<String>(), listening, "{step}");
        }
    }

    /// Protects a slow subscriber from a silent gap.
    #[tokio::test]
    async fn a_slow_subscriber_is_told_what_it_missed() {
        let topic = Topic::<u8, u32>::new(2);
        let mut slow = topic.subscribe();
        for value in 0..5 {
            topic.publish(Arc::new(value), |_| ());
        }
        assert_eq!(slow.recv().await, Err(Lag::Missed(3)));
        drop(topic);
        assert_eq!(slow.recv().await.map(|value| *value), Ok(3));
        assert_eq!(slow.recv().await.map(|value| *value), Ok(4));
        assert_eq!(slow.recv().await, Err(Lag::Closed));
    }
}
