//! What a shard answered, as the client is told.

use shardbook_proto::client::v1::server_message::Message as Body;
use shardbook_proto::client::v1::{CashierDone, Error, SessionOpened};
use shardbook_proto::internal::v1::shard_reply::Reply;

use crate::codes;
use crate::edge::now_ms;

/// What was asked: the same reply means another answer to another question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    Session,
    Balance,
    PlaceBet,
    ListBets,
    Cashier,
    Limit,
    Exclusion,
    Slip,
    SlipQuote,
    Slips,
    LockCashOut,
    CashOut,
    /// The prices of open bets, asked again and again.
    CashOutWatch,
}

/// The answer's body. A reply that does not fit the question leaves the outcome unknown.
pub(crate) fn body(asked: Asked, reply: Reply, heartbeat_ms: u32) -> Result<Body, Error> {
    Ok(match (asked, reply) {
        (Asked::Session, Reply::Registered(registered)) => Body::SessionOpened(SessionOpened {
            player_id: registered.player_id,
            balance: registered.balance,
            registered: registered.created,
            server_time_ms: now_ms(),
            heartbeat_ms,
        }),
        (Asked::Balance, Reply::Balance(balance)) => Body::Balance(balance),
        (Asked::Cashier, Reply::Balance(balance)) => Body::CashierDone(CashierDone { balance: Some(balance) }),
        (Asked::PlaceBet, Reply::BetPlaced(placed)) => Body::BetPlaced(placed),
        // A bet in play waits before it is placed.
        (Asked::PlaceBet | Asked::Slip, Reply::Slip(slip)) => Body::Slip(slip),
        (Asked::SlipQuote, Reply::SlipQuote(quote)) => Body::SlipQuote(quote),
        (Asked::Slips, Reply::Slips(slips)) => Body::Slips(slips),
        (Asked::LockCashOut, Reply::CashOutLocked(locked)) => Body::CashOutLocked(locked),
        (Asked::CashOut, Reply::CashedOut(paid)) => Body::CashedOut(paid),
        (Asked::CashOutWatch, Reply::CashOutOffers(offers)) => Body::CashOutOffers(offers),
        (Asked::ListBets, Reply::Bets(bets)) => Body::Bets(bets),
        (Asked::Limit, Reply::LimitSet(set)) => Body::LimitSet(set),
        (Asked::Exclusion, Reply::SelfExcluded(excluded)) => Body::SelfExcluded(excluded),
        _ => return Err(codes::UNKNOWN.error()),
    })
}
