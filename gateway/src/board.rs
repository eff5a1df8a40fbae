//! The gateway's replica of every event and market, and who follows which.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use shardbook_proto::client::v1::server_message::Message as Body;
use shardbook_proto::client::v1::{EventInfo, EventStatus, MarketDelta, MarketImage, MarketStatus};
use shardbook_proto::internal::v1::PublicUpdate;
use shardbook_proto::internal::v1::public_update::Update;

use crate::frame::Frame;
use crate::outbox::{Images, Key, Outbox};
use crate::prices::Quoting;

/// The replica does not follow from what it held: take a fresh image of the topic.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Gap;

/// What one connection follows.
#[derive(Debug, Default)]
pub(crate) struct Interest {
    pub all: bool,
    pub events: BTreeSet<String>,
}

/// How many lines a subscription reaches now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Reach {
    pub events: u32,
    pub markets: u32,
}

/// Invariant: an outbox is either in `everyone` or in `watchers`, so no update reaches a connection twice.
#[derive(Default)]
pub(crate) struct Board {
    events: BTreeMap<Arc<str>, Book>,
    everyone: HashMap<u64, Arc<Outbox>>,
    watchers: HashMap<Arc<str>, HashMap<u64, Arc<Outbox>>>,
    /// Events that are over, the longest first.
    over: VecDeque<Arc<str>>,
    conflated: u64,
}

/// Events that are over and still shown: whoever reads slowly gets their results from here. Older ones make room.
const KEPT_OVER: usize = 1_000;

#[derive(Default)]
struct Book {
    info: Option<Line<EventInfo>>,
    markets: BTreeMap<u32, Line<MarketImage>>,
}

impl Book {
    fn has_ended(&self) -> bool {
        self.info
            .as_ref()
            .is_some_and(|line| line.image.status() == EventStatus::Ended)
    }

    fn is_over(&self) -> bool {
        let decided = [MarketStatus::Resulted, MarketStatus::Void];
        self.has_ended() && self.markets.values().all(|line| decided.contains(&line.image.status()))
    }
}

struct Line<T> {
    image: T,
    frame: Option<Arc<Frame>>,
}

impl<T: Clone> Line<T> {
    fn new(image: T) -> Self {
        Self { image, frame: None }
    }

    fn frame(&mut self, body: fn(T) -> Body) -> Arc<Frame> {
        Arc::clone(self.frame.get_or_insert_with(|| Frame::push(body(self.image.clone()))))
    }
}

impl Board {
    /// Takes in one update and hands it to everyone who follows its event.
    pub(crate) fn apply(&mut self, update: &PublicUpdate) -> Result<(), Gap> {
        match &update.update {
            Some(Update::Event(info)) => self.event(info),
            Some(Update::Image(image)) => self.image(image),
            Some(Update::Delta(delta)) => return self.delta(delta),
            Some(Update::Player(_) | Update::Referral(_)) | None => {}
        }
        Ok(())
    }

    /// Brings the replica to a fresh image of the topic; only what differs is handed on.
    pub(crate) fn replace(&mut self, images: &[Arc<PublicUpdate>]) {
        let mut named: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
        for update in images {
            match &update.update {
                Some(Update::Event(info)) => _ = named.entry(&info.event).or_default(),
                Some(Update::Image(image)) => _ = named.entry(&image.event).or_default().insert(image.market),
                _ => {}
            }
            // An image has no version to follow from.
            let _ = self.apply(update);
        }
        let mut gone = Vec::new();
        for (event, book) in &mut self.events {
            match named.get(&**event) {
                Some(markets) => book.markets.retain(|market, _| markets.contains(market)),
                None => gone.extend(book.info.as_ref().map(|line| line.image.clone())),
            }
        }
        // An event leaves the topic when it is over; that may be what was missed.
        for info in gone {
            self.event(&EventInfo {
                status: EventStatus::Ended.into(),
                ..info.clone()
            });
            self.keep_over(&info.event);
        }
    }

    fn keep_over(&mut self, event: &str) {
        let Some((event, _)) = self.events.get_key_value(event) else {
            return;
        };
        if self.over.contains(event) {
            return;
        }
        self.over.push_back(Arc::clone(event));
        if self.over.len() > KEPT_OVER
            && let Some(oldest) = self.over.pop_front()
            && self.events.get(&oldest).is_some_and(Book::has_ended)
        {
            self.events.remove(&oldest);
        }
    }

    fn event(&mut self, info: &EventInfo) {
        let book = self.events.entry(info.event.as_str().into()).or_default();
        if book.info.as_ref().is_none_or(|line| line.image != *info) {
            let mut line = Line::new(info.clone());
            let frame = line.frame(Body::Event);
            book.info = Some(line);
            self.deliver(&info.event, None, &frame);
        }
        if self.events.get(info.event.as_str()).is_some_and(Book::is_over) {
            self.keep_over(&info.event);
        }
    }

    fn image(&mut self, image: &MarketImage) {
        let book = self.events.entry(image.event.as_str().into()).or_default();
        if book.markets.get(&image.market).is_some_and(|line| line.image == *image) {
            return;
        }
        let mut line = Line::new(image.clone());
        let frame = line.frame(Body::Market);
        book.markets.insert(image.market, line);
        self.deliver(&image.event, Some(image.market), &frame);
    }

    fn delta(&mut self, delta: &MarketDelta) -> Result<(), Gap> {
        let line = self
            .events
            .get_mut(delta.event.as_str())
            .and_then(|book| book.markets.get_mut(&delta.market));
        let Some(line) = line else { return Err(Gap) };
        if delta.version <= line.image.version {
            return Ok(());
        }
        if delta.version != line.image.version + 1 {
            return Err(Gap);
        }
        change(&mut line.image, delta)?;
        line.frame = None;
        self.deliver(
            &delta.event,
            Some(delta.market),
            &Frame::push(Body::Delta(delta.clone())),
        );
        Ok(())
    }

    fn deliver(&mut self, event: &str, market: Option<u32>, frame: &Arc<Frame>) {
        let Some((event, _)) = self.events.get_key_value(event) else {
            return;
        };
        let key = Key {
            event: Arc::clone(event),
            market,
        };
        let watchers = self.watchers.get(&key.event).into_iter().flatten();
        for (_, outbox) in self.everyone.iter().chain(watchers) {
            self.conflated += u64::from(!outbox.offer(&key, frame));
        }
    }

    /// Has the connection follow these events (all if none is named) and asks for their images.
    /// `announce` is called before the first image can be queued.
    pub(crate) fn subscribe(
        &mut self,
        outbox: &Arc<Outbox>,
        interest: &mut Interest,
        events: &[String],
        announce: impl FnOnce(Reach),
    ) {
        if events.is_empty() {
            self.unsubscribe(outbox, interest, &[]);
            interest.all = true;
            self.everyone.insert(outbox.id, Arc::clone(outbox));
        } else if !interest.all {
            for event in events {
                if interest.events.insert(event.clone()) {
                    let watchers = self.watchers.entry(event.as_str().into()).or_default();
                    watchers.insert(outbox.id, Arc::clone(outbox));
                }
            }
        }
        let named: BTreeSet<&str> = events.iter().map(String::as_str).collect();
        let (reach, keys) = self.lines_of(|event| named.is_empty() || named.contains(event));
        announce(reach);
        outbox.want(keys);
    }

    /// Has the connection's prices written otherwise and asks for the images of all that it follows. `announce` is called
    /// before the first of them can be queued.
    pub(crate) fn requote(&self, outbox: &Outbox, interest: &Interest, quoting: Quoting, announce: impl FnOnce()) {
        let (_, keys) = self.lines_of(|event| interest.all || interest.events.contains(event));
        outbox.requote(quoting);
        announce();
        outbox.want(keys);
    }

    /// The lines of these events.
    fn lines_of(&self, reached: impl Fn(&str) -> bool) -> (Reach, Vec<Key>) {
        let mut reach = Reach::default();
        let mut keys = Vec::new();
        for (event, book) in self.events.iter().filter(|(event, _)| reached(event)) {
            let key = |market| Key {
                event: Arc::clone(event),
                market,
            };
            reach.events += u32::from(book.info.is_some());
            reach.markets += u32::try_from(book.markets.len()).unwrap_or(u32::MAX);
            keys.extend(book.info.is_some().then(|| key(None)));
            keys.extend(book.markets.keys().map(|market| key(Some(*market))));
        }
        (reach, keys)
    }

    /// Ends following these events, or all if none is named.
    pub(crate) fn unsubscribe(&mut self, outbox: &Outbox, interest: &mut Interest, events: &[String]) {
        let left: Vec<String> = if events.is_empty() {
            interest.all = false;
            self.everyone.remove(&outbox.id);
            outbox.forget(None);
            std::mem::take(&mut interest.events).into_iter().collect()
        } else {
            events
                .iter()
                .filter(|event| interest.events.remove(*event))
                .cloned()
                .collect()
        };
        for event in left {
            outbox.forget(Some(&event));
            if let Some(watchers) = self.watchers.get_mut(event.as_str()) {
                watchers.remove(&outbox.id);
                if watchers.is_empty() {
                    self.watchers.remove(event.as_str());
                }
            }
        }
    }

    /// Every event, in the order of their ids.
    pub(crate) fn events(&self) -> Vec<EventInfo> {
        self.events
            .values()
            .filter_map(|book| book.info.as_ref())
            .map(|line| line.image.clone())
            .collect()
    }

    /// Everything that a subscriber to all would be told of.
    pub(crate) fn reach(&self) -> Reach {
        let markets: usize = self.events.values().map(|book| book.markets.len()).sum();
        Reach {
            events: self.events.len() as u32,
            markets: u32::try_from(markets).unwrap_or(u32::MAX),
        }
    }

    /// Updates that were not queued for a connection because it reads too slowly.
    pub(crate) fn conflated(&self) -> u64 {
        self.conflated
    }
}

impl Images for Board {
    fn image(&mut self, key: &Key) -> Option<Arc<Frame>> {
        let book = self.events.get_mut(&key.event)?;
        match key.market {
            None => book.info.as_mut().map(|line| line.frame(Body::Event)),
            Some(market) => book.markets.get_mut(&market).map(|line| line.frame(Body::Market)),
        }
    }
}

fn change(image: &mut MarketImage, delta: &MarketDelta) -> Result<(), Gap> {
    for line in &delta.lines {
        let mut selections = image.selections.iter_mut();
        let held = selections.find(|held| held.selection == line.selection).ok_or(Gap)?;
        held.price.clone_from(&line.price);
        held.removed = line.removed;
        held.result = line.result;
    }
    image.status = delta.status.unwrap_or(image.status);
    image.in_play = delta.in_play.unwrap_or(image.in_play);
    image.bet_delay_s = delta.bet_delay_s.unwrap_or(image.bet_delay_s);
    image.source_ms = delta.source_ms;
    image.version = delta.version;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(update: Update) -> Arc<PublicUpdate> {
        Arc::new(PublicUpdate { update: Some(update) })
    }

    fn event(event: String, status: EventStatus) -> Arc<PublicUpdate> {
        update(Update::Event(EventInfo {
            event,
            status: status.into(),
            ..EventInfo::default()
        }))
    }

    fn market(event: &str, version: u64) -> Arc<PublicUpdate> {
        update(Update::Image(MarketImage {
            event: event.into(),
            version,
            ..MarketImage::default()
        }))
    }

    /// Protects the gateway's memory over a season: events that are over make room, those that are not stay.
    #[test]
    fn only_the_last_events_that_are_over_are_kept() {
        let mut board = Board::default();
        board.replace(&[event("lasting".into(), EventStatus::InPlay)]);
        for n in 0..3 * KEPT_OVER {
            assert_eq!(board.apply(&event(format!("e{n}"), EventStatus::Ended)), Ok(()));
        }
        assert_eq!(board.events.len(), KEPT_OVER + 1);
        assert!(board.events.contains_key("lasting"));
    }

    /// Protects every book from a silent hole: a delta that does not follow asks for a fresh image instead.
    #[test]
    fn a_delta_that_does_not_follow_is_a_gap() {
        let mut board = Board::default();
        board.replace(&[market("e", 5)]);
        let delta = |market, version| {
            update(Update::Delta(MarketDelta {
                event: "e".into(),
                market,
                version,
                ..MarketDelta::default()
            }))
        };
        let rows = [
            (0, 5, Ok(())),
            (0, 6, Ok(())),
            (0, 8, Err(Gap)),
            (9, 1, Err(Gap)),
            (0, 7, Ok(())),
        ];
        for (market, version, expected) in rows {
            assert_eq!(
                board.apply(&delta(market, version)),
                expected,
                "market {market} version {version}"
            );
        }
    }

    /// Protects a client from an event that stays open for ever because its end was missed.
    #[test]
    fn what_left_the_topic_unseen_has_ended() {
        let mut board = Board::default();
        board.replace(&[
            event("a".into(), EventStatus::InPlay),
            event("b".into(), EventStatus::InPlay),
        ]);
        board.replace(&[event("b".into(), EventStatus::InPlay)]);
        let statuses: Vec<_> = board.events().iter().map(EventInfo::status).collect();
        assert_eq!(statuses, [EventStatus::Ended, EventStatus::InPlay]);
    }
}
