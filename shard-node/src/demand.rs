//! What a request asks of the node: its class, and what it costs in units.
//!
//! The one table of costs. A unit is about what a single costs, from its translation to its rows behind the journal.

use shardbook_proto::client::v1::{BetType, PlaceSlip, SlipBet};
use shardbook_proto::internal::v1::in_format::Asked;
use shardbook_proto::internal::v1::player_request::Request;
use shardbook_proto::internal::v1::shard_request::Target;

/// Classes of requests, in the order of their numbers at the turnstile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Deposits, withdrawals, bets sold back at a kept price, limits and exclusions: what a player must always be able to do.
    Wallet,
    /// Questions and first words of sessions.
    Reads,
    /// What takes bets on. Nothing is kept for them: they have the common part.
    Bets,
}

impl Class {
    /// How many there are.
    pub(crate) const COUNT: usize = Self::Bets as usize + 1;
}

/// What is asked for, where it must find room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Demand {
    pub(crate) class: Class,
    /// Units, from 1 to [`COST_MAX`].
    pub(crate) cost: u32,
}

/// Units of the dearest request: slips without bound are refused elsewhere, and their cost is not counted up for that.
pub(crate) const COST_MAX: u32 = 256;
/// Selections, and lines, that cost a unit beyond the first.
const SELECTIONS_A_UNIT: usize = 8;
const LINES_A_UNIT: u64 = 32;
/// A quote is decided a few times over, to find the largest stakes; prices of all open bets are reckoned; a page is read
/// from disk.
const QUOTE_TIMES: u32 = 4;
const PRICES: u32 = 4;
const PAGE: u32 = 2;
const HOUSE: u32 = 8;

/// What a request asks for. Nothing where it always finds room: what comes from feeds and traders, of which a part left
/// out would let the next overtake it, and which its senders bound ([`docs/runtime-semantics.md`] says by what).
///
/// [`docs/runtime-semantics.md`]: ../../../docs/runtime-semantics.md
pub(crate) fn of(target: Option<&Target>) -> Option<Demand> {
    let (class, cost) = match target {
        Some(Target::Player(asked)) => of_player(asked.request.as_ref()?),
        Some(Target::HouseTotals(_) | Target::Checkpoint(_)) => (Class::Reads, HOUSE),
        Some(Target::Referrals(_)) => (Class::Reads, 1),
        Some(Target::Feed(_) | Target::Trader(_)) | None => return None,
    };
    let cost = cost.clamp(1, COST_MAX);
    Some(Demand { class, cost })
}

fn of_player(asked: &Request) -> (Class, u32) {
    match asked {
        Request::PlaceBet(bet) => (Class::Bets, of_selections(bet.legs.len())),
        Request::PlaceSlip(slip) => (Class::Bets, of_slip(slip)),
        Request::AnswerOffer(_) | Request::LockCashOut(_) => (Class::Bets, 1),
        Request::Deposit(_)
        | Request::Withdraw(_)
        | Request::CashOut(_)
        | Request::SetLimit(_)
        | Request::SelfExclude(_) => (Class::Wallet, 1),
        Request::QuoteSlip(slip) => (Class::Reads, of_slip(slip).saturating_mul(QUOTE_TIMES)),
        Request::CashOutPrices(_) => (Class::Reads, PRICES),
        Request::ListBets(_) => (Class::Reads, PAGE),
        Request::Register(_) | Request::Balance(_) | Request::ListSlips(_) => (Class::Reads, 1),
        Request::InFormat(asked) => match &asked.asked {
            Some(Asked::PlaceBet(bet)) => (Class::Bets, of_selections(bet.legs.len())),
            Some(Asked::PlaceSlip(slip)) => (Class::Bets, of_slip(slip)),
            Some(Asked::QuoteSlip(slip)) => (Class::Reads, of_slip(slip).saturating_mul(QUOTE_TIMES)),
            None => (Class::Reads, 1),
        },
    }
}

fn of_selections(selections: usize) -> u32 {
    1 + (selections.saturating_sub(1) / SELECTIONS_A_UNIT) as u32
}

fn of_slip(slip: &PlaceSlip) -> u32 {
    let of_bet = |bet: &SlipBet| {
        let selections = if bet.selections.is_empty() {
            slip.selections.len()
        } else {
            bet.selections.len()
        };
        let lines = lines(bet, selections) / LINES_A_UNIT;
        of_selections(selections).saturating_add(u32::try_from(lines).unwrap_or(COST_MAX))
    };
    let bets = slip.bets.iter().map(of_bet);
    bets.fold(0, u32::saturating_add)
}

/// Lines of a bet, about: what is not allowed is refused soon after.
fn lines(bet: &SlipBet, selections: usize) -> u64 {
    let free = selections.saturating_sub(bet.bankers.len()) as u64;
    let lines = match bet.r#type() {
        BetType::All => 1,
        BetType::Singles => free,
        BetType::System => bet.sizes.iter().fold(0_u64, |sum, size| {
            sum.saturating_add(combinations(free, u64::from(*size)))
        }),
        BetType::Trixie => 4,
        BetType::Patent => 7,
        BetType::Yankee => 11,
        BetType::Lucky15 => 15,
        BetType::Canadian => 26,
        BetType::Lucky31 => 31,
        BetType::Heinz => 57,
        BetType::Lucky63 => 63,
        BetType::SuperHeinz => 120,
        BetType::Goliath => 247,
    };
    lines.saturating_mul(1 + u64::from(bet.each_way))
}

/// Combinations of so many out of others; capped, for it only says how dear a bet is.
fn combinations(of: u64, size: u64) -> u64 {
    const MANY: u64 = 1 << 20;
    if size > of {
        return 0;
    }
    let size = size.min(of - size);
    let mut ways = 1_u64;
    for step in 1..=size {
        // Whole at each step: so many steps in a row are divisible.
        ways = ways * (of + 1 - step) / step;
        if ways >= MANY {
            return MANY;
        }
    }
    ways
}

#[cfg(test)]
mod tests;
