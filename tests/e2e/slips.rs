//! Slips of many bets: taken whole or refused whole, and paid to the cent.

mod cover;
mod each_way;
mod free_bets;
mod partial;
mod quote;
mod refused;

use shardbook_tests::{Feed, House};

/// So many events, from `t:event:1` on, of one open market whose first selection has the price given.
async fn events(house: &House, prices: &[&str]) -> Vec<Feed> {
    let mut feeds = Vec::new();
    for (name, price) in names(prices.len()).iter().zip(prices) {
        let mut feed = house.feed(name).await;
        feed.market("MATCH_ODDS", &[price, "2.00"]).await;
        feeds.push(feed);
    }
    feeds
}

fn names(events: usize) -> Vec<String> {
    (1..=events).map(|no| format!("t:event:{no}")).collect()
}

/// The first selection of each event at these prices.
fn selections<'a>(names: &'a [String], prices: &[&'a str]) -> Vec<(&'a str, u32, u32, &'a str)> {
    let named = names.iter().zip(prices);
    named.map(|(name, price)| (name.as_str(), 1, 1, *price)).collect()
}
