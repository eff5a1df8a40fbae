//! Open bets that a player sells back.

use shardbook_proto::client::v1::client_message::Request;
use shardbook_proto::client::v1::server_message::Message as Body;
use shardbook_proto::client::v1::{CashOut, CashOutLocked, CashedOut, LockCashOut, WatchCashOut};

use super::Player;

/// Bets that can be sold back, and for how much.
type Offers = Vec<(String, String)>;

/// The question what so much of a bet's stake is sold for; empty for all of it.
#[must_use]
pub fn lock_of(bet_id: &str, stake: &str) -> Request {
    Request::LockCashOut(LockCashOut {
        bet_id: bet_id.into(),
        stake: stake.into(),
    })
}

/// The sale of a bet at the price that is kept.
#[must_use]
pub fn sale_of(bet_id: &str, amount: &str) -> Request {
    Request::CashOut(CashOut {
        bet_id: bet_id.into(),
        amount: amount.into(),
    })
}

impl Player {
    /// Has a price kept that must be given.
    pub async fn lock(&mut self, bet_id: &str, stake: &str) -> CashOutLocked {
        match self.ask(lock_of(bet_id, stake)).await {
            Body::CashOutLocked(locked) => locked,
            other => panic!("no price but {other:?}"),
        }
    }

    /// Sells at the price that is kept, which must be taken.
    pub async fn sell(&mut self, bet_id: &str, amount: &str) -> CashedOut {
        match self.ask(sale_of(bet_id, amount)).await {
            Body::CashedOut(sold) => sold,
            other => panic!("not sold but {other:?}"),
        }
    }

    /// Follows what open bets can be sold for, or no longer; gives what it is now.
    pub async fn watch_cash_out(&mut self, on: bool) -> Offers {
        match self.ask(Request::WatchCashOut(WatchCashOut { on })).await {
            Body::CashOutWatched(offers) => offers_of(offers),
            other => panic!("no offers but {other:?}"),
        }
    }

    /// The next offers that are pushed, heard already or still to come.
    pub async fn offers_told(&mut self) -> Offers {
        self.push(|body| match body {
            Body::CashOutOffers(offers) => Some(offers_of(offers.clone())),
            _ => None,
        })
        .await
    }
}

fn offers_of(offers: shardbook_proto::client::v1::CashOutOffers) -> Offers {
    let offers = offers.offers.into_iter();
    offers.map(|offer| (offer.bet_id, offer.amount)).collect()
}
