//! Which numbers the house gives to the source's markets and selections: in the order in which they are defined.

use std::collections::{BTreeMap, BTreeSet};

use shardbook_proto::provider::v1::feed_message::Body;
use shardbook_proto::provider::v1::{FeedMessage, MarketKey};

#[derive(Default)]
struct Market {
    /// The exchange's id of it.
    id: String,
    selections: Vec<String>,
    removed: BTreeSet<String>,
}

/// Markets of each event in the order of their opening.
#[derive(Default)]
pub struct Numbers {
    events: BTreeMap<String, Vec<(MarketKey, Market)>>,
}

impl Numbers {
    pub fn of(messages: &[FeedMessage]) -> Self {
        let mut numbers = Self::default();
        for message in messages {
            let Some(Body::Market(update)) = &message.body else {
                continue;
            };
            let key = update.key.clone().expect("a market has a key");
            let markets = numbers.events.entry(message.event.clone()).or_default();
            let at = markets.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
                let id = key
                    .specifiers
                    .strip_prefix("market=")
                    .expect("names the market")
                    .to_owned();
                markets.push((
                    key,
                    Market {
                        id,
                        ..Market::default()
                    },
                ));
                markets.len() - 1
            });
            let market = &mut markets[at].1;
            for selection in update.definition.iter().flat_map(|definition| &definition.selections) {
                if !market.selections.contains(&selection.id) {
                    market.selections.push(selection.id.clone());
                }
            }
            market.removed.extend(
                update
                    .lines
                    .iter()
                    .filter(|line| line.removed)
                    .map(|line| line.selection.clone()),
            );
        }
        numbers
    }

    /// The exchange's ids of market and selection, and whether the selection was removed.
    pub fn named(&self, event: &str, market: u32, selection: u32) -> (&str, &str, bool) {
        let market = &self.events[event][market as usize - 1].1;
        let selection = &market.selections[selection as usize - 1];
        (&market.id, selection, market.removed.contains(selection))
    }
}
