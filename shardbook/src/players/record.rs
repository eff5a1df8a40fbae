//! A player's own books, and the judgement of every answer.

use std::collections::BTreeMap;
use std::time::Instant;

use rust_decimal::Decimal;
use shardbook_proto::client::v1::{Balance, Bet, BetLeg, PlaceBet, PricePolicy};

use super::chooser::Mistake;

/// What the answer to a bet must be.
#[derive(Clone, Debug, PartialEq)]
pub enum Expect {
    /// Accepted as asked, or refused for a reason.
    Fair,
    /// Refused.
    Refusal(Mistake),
    /// What it was the first time.
    SameAs(Box<Answer>),
    /// Refused because the id was used for another bet.
    IdReused,
}

/// The answer to a bet.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Accepted.
    Placed(Bet),
    /// Refused, with this code.
    Refused(String),
}

/// A bet sent and not yet answered.
#[derive(Clone, Debug)]
pub struct Pending {
    /// The command id.
    pub id: String,
    /// What was sent.
    pub bet: PlaceBet,
    /// What must come back.
    pub expect: Expect,
    /// When it was first sent.
    pub sent: Instant,
    /// It was sent more than once, so that its time says nothing of the server.
    pub retried: bool,
}

/// A bet that was accepted, as its player knows it.
#[derive(Clone, Debug)]
pub struct Held {
    /// The command id that placed it.
    pub command: String,
    /// The bet as last told: by the answer, then by pushes.
    pub bet: Bet,
}

/// A player's own books: what it sent, what it was told.
#[derive(Debug, Default)]
pub struct Record {
    /// Sent and not answered, by command id.
    pub pending: BTreeMap<String, Pending>,
    /// Accepted bets by bet id.
    pub bets: BTreeMap<String, Held>,
    /// The newest balance told.
    pub balance: Option<Balance>,
    /// Everything deposited, in units of the currency.
    pub deposited: Decimal,
}

impl Record {
    /// Takes a balance where it is newer than the one known.
    ///
    /// # Errors
    /// Where two balances of one version differ.
    pub fn told_balance(&mut self, balance: Balance) -> Result<(), String> {
        match &self.balance {
            Some(known) if known.version > balance.version => Ok(()),
            Some(known) if known.version == balance.version && *known != balance => Err(format!(
                "two balances of version {}: {known:?} and {balance:?}",
                known.version
            )),
            _ => {
                self.balance = Some(balance);
                Ok(())
            }
        }
    }

    /// Takes a push about a bet. It may come before the bet's own answer and is then left to the final listing.
    pub fn told_bet(&mut self, bet: Bet) {
        if let Some(held) = self.bets.get_mut(&bet.bet_id)
            && bet.settlements >= held.bet.settlements
        {
            held.bet = bet;
        }
    }

    /// Takes the answer to a pending bet and judges it.
    ///
    /// # Errors
    /// Where the answer is not one that the bet may have; the text says what differs.
    pub fn answered(&mut self, pending: &Pending, answer: &Answer) -> Result<(), String> {
        judge(pending, answer).map_err(|what| format!("{}: {what}", pending.id))?;
        if pending.expect != Expect::Fair {
            return Ok(());
        }
        let Answer::Placed(bet) = answer else { return Ok(()) };
        let held = Held {
            command: pending.id.clone(),
            bet: bet.clone(),
        };
        match self.bets.insert(bet.bet_id.clone(), held) {
            None => Ok(()),
            Some(other) => Err(format!(
                "{}: bet {} was already placed by command {}",
                pending.id, bet.bet_id, other.command
            )),
        }
    }
}

fn judge(pending: &Pending, answer: &Answer) -> Result<(), String> {
    match (&pending.expect, answer) {
        (Expect::Fair, Answer::Placed(bet)) => as_asked(&pending.bet, bet),
        (Expect::Fair, Answer::Refused(code)) if code.is_empty() => Err("refused without a code".into()),
        (Expect::Fair | Expect::Refusal(_), Answer::Refused(_)) => Ok(()),
        (Expect::Refusal(mistake), Answer::Placed(bet)) => Err(format!("{mistake} was accepted as bet {}", bet.bet_id)),
        (Expect::IdReused, Answer::Refused(code)) if code == "COMMAND_ID_REUSED" => Ok(()),
        (Expect::IdReused, other) => Err(format!(
            "the id with other content must be COMMAND_ID_REUSED, was {other:?}"
        )),
        (Expect::SameAs(first), again) if same(first, again) => Ok(()),
        (Expect::SameAs(first), again) => Err(format!("the repeat was answered {again:?}, the first time {first:?}")),
    }
}

/// A repeat may tell what became of the bet since, but not another placing of it.
fn same(first: &Answer, again: &Answer) -> bool {
    match (first, again) {
        (Answer::Placed(first), Answer::Placed(again)) => as_placed(first) == as_placed(again),
        _ => first == again,
    }
}

/// The bet without what changes after its placing.
#[must_use]
pub fn as_placed(bet: &Bet) -> Bet {
    let legs = bet
        .legs
        .iter()
        .map(|leg| BetLeg {
            status: 0,
            ..leg.clone()
        })
        .collect();
    Bet {
        status: 0,
        returned: String::new(),
        settled_ms: 0,
        settlements: 0,
        legs,
        ..bet.clone()
    }
}

fn as_asked(asked: &PlaceBet, bet: &Bet) -> Result<(), String> {
    if bet.bet_id.is_empty() {
        return Err("accepted without a bet id".into());
    }
    if decimal(&bet.stake)? != decimal(&asked.stake)? || bet.currency != asked.currency {
        return Err(format!(
            "staked {} {}, asked {} {}",
            bet.stake, bet.currency, asked.stake, asked.currency
        ));
    }
    if bet.legs.len() != asked.legs.len() {
        return Err(format!("{} legs, asked {}", bet.legs.len(), asked.legs.len()));
    }
    for (got, asked_leg) in bet.legs.iter().zip(&asked.legs) {
        if (&got.event, got.market, got.selection) != (&asked_leg.event, asked_leg.market, asked_leg.selection) {
            return Err(format!("leg {got:?}, asked {asked_leg:?}"));
        }
        let (price, wanted) = (decimal(&got.price)?, decimal(&asked_leg.price)?);
        let allowed = match asked.policy() {
            PricePolicy::Exact => price == wanted,
            PricePolicy::Better => price >= wanted,
            PricePolicy::Any => true,
        };
        if !allowed {
            return Err(format!(
                "price {price} taken under policy {:?}, asked {wanted}",
                asked.policy()
            ));
        }
    }
    Ok(())
}

/// Reads an amount or price of the wire.
///
/// # Errors
/// Where the text is no decimal number.
pub fn decimal(text: &str) -> Result<Decimal, String> {
    text.parse().map_err(|_| format!("\"{text}\" is no decimal number"))
}

#[cfg(test)]
mod tests;
