//! What becomes of bets when results, prices and races turn out otherwise than they were told.

mod corrections;
mod hand;
mod races;
mod voids;

use shardbook_proto::client::v1::server_message::Message;
use shardbook_proto::client::v1::{Bet, BetChanged};
use shardbook_tests::Player;

/// Waits until so much was returned by a bet that is settled, and gives it.
async fn returned(player: &mut Player, bet: &Bet, amount: &str) -> Bet {
    player
        .push(|body| match body {
            Message::BetChanged(BetChanged { bet: Some(told), .. }) => {
                let settled = told.bet_id == bet.bet_id && told.settled_ms > 0 && told.returned == amount;
                settled.then(|| told.clone())
            }
            _ => None,
        })
        .await
}
