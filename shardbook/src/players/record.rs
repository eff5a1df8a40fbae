//! A player's own books, and the judgement of every answer.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use rust_decimal::Decimal;
use shardbook_proto::client::v1::{Balance, Bet, SlipTaken};

use super::asked::{Asked, Sale, as_placed};
use super::chooser::Mistake;

/// What the answer must be.
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

/// The answer to what was asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// These bets are placed.
    Placed(Vec<Bet>),
    /// It is decided later.
    Waits {
        /// The slip that it is until then.
        slip: String,
        /// When it is decided, Unix milliseconds.
        until_ms: i64,
    },
    /// Stake of an open bet was sold.
    Sold {
        /// The bet with that stake sold.
        bet: Box<Bet>,
        /// What was paid.
        paid: Decimal,
    },
    /// Refused, with this code.
    Refused(String),
}

/// A command sent and not yet answered.
#[derive(Clone, Debug)]
pub struct Pending {
    /// The command id.
    pub id: String,
    /// What was sent.
    pub asked: Asked,
    /// What must come back.
    pub expect: Expect,
    /// When it was first sent.
    pub sent: Instant,
    /// It was sent more than once, so that its time says nothing of the server.
    pub retried: bool,
}

/// A slip that is decided later.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// What was sent and answered with this slip.
    pub pending: Pending,
    /// When it is decided, Unix milliseconds.
    pub until_ms: i64,
}

/// A bet that was accepted, as its player knows it.
#[derive(Clone, Debug)]
pub struct Held {
    /// The command id that placed it.
    pub command: String,
    /// The bet as last told: by the answer, then by pushes.
    pub bet: Bet,
    /// The wallet's version when it was told.
    pub version: u64,
    /// The stake of it that was sold, and what was paid, by the answers to the sales.
    pub sold: (Decimal, Decimal),
}

/// A player's own books: what it sent, what it was told.
#[derive(Debug, Default)]
pub struct Record {
    /// Sent and not answered, by command id.
    pub pending: BTreeMap<String, Pending>,
    /// Answered and not decided, by slip id.
    pub waiting: BTreeMap<String, Waiting>,
    /// Decisions that came before the answer that names their slip.
    pub early: BTreeMap<String, SlipTaken>,
    /// Slips of which the player had to ask what became: a decision may still come.
    pub inquired: BTreeSet<String>,
    /// Accepted bets by bet id.
    pub bets: BTreeMap<String, Held>,
    /// The newest balance told.
    pub balance: Option<Balance>,
    /// Everything deposited, in units of the currency.
    pub deposited: Decimal,
    /// What was granted.
    pub free_bets: FreeBets,
}

/// Free bets of a player, which stakes them once.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FreeBets {
    /// What there was to stake before any was staked, in units of the currency.
    pub granted: Decimal,
    /// Whether a bet with them was sent.
    pub used: bool,
}

impl FreeBets {
    /// What may be staked.
    #[must_use]
    pub fn to_use(self) -> Decimal {
        if self.used { Decimal::ZERO } else { self.granted }
    }
}

impl Record {
    /// Takes a balance where it is newer than the one known.
    ///
    /// # Errors
    /// Where two balances of one version differ.
    pub fn told_balance(&mut self, balance: Balance) -> Result<(), String> {
        if !balance.free_bets.is_empty() && !self.free_bets.used {
            self.free_bets.granted = decimal(&balance.free_bets)?;
        }
        match &self.balance {
            Some(known) if known.version > balance.version => Ok(()),
            Some(known) if known.version == balance.version && !same_money(known, &balance) => Err(format!(
                "two balances of version {}: {known:?} and {balance:?}",
                known.version
            )),
            _ => {
                self.balance = Some(balance);
                Ok(())
            }
        }
    }

    /// Holds the balance of an answer against the one known, where nothing but what was asked lies between them.
    ///
    /// # Errors
    /// Where another sum is held than that of the stakes.
    pub fn held_by(&self, asked: &Asked, answer: &Answer, balance: &Balance) -> Result<(), String> {
        let changes = match answer {
            Answer::Placed(bets) => bets.len() as u64,
            Answer::Waits { .. } => 1,
            Answer::Sold { .. } | Answer::Refused(_) => return Ok(()),
        };
        let known = self.balance.as_ref();
        let Some(known) = known.filter(|known| known.version + changes == balance.version) else {
            return Ok(());
        };
        let (own, free) = asked.own_and_free()?;
        let moved = |from: &str, to: &str| Ok::<_, String>(decimal_or_zero(to)? - decimal_or_zero(from)?);
        let (held, available) = (
            moved(&known.held, &balance.held)?,
            moved(&known.available, &balance.available)?,
        );
        if (held, available) != (own + free, -own) {
            return Err(format!(
                "stakes of {own} and free bets of {free} made of {known:?} a balance of {balance:?}"
            ));
        }
        Ok(())
    }

    /// Takes a push about a bet, told at this version of the wallet. It may come before the bet's own answer and is then
    /// left to the final listing.
    pub fn told_bet(&mut self, bet: Bet, version: u64) {
        if let Some(held) = self.bets.get_mut(&bet.bet_id)
            && version >= held.version
        {
            (held.bet, held.version) = (bet, version);
        }
    }

    /// Takes the answer to what was asked, told at this version of the wallet, and judges it.
    ///
    /// # Errors
    /// Where the answer is not one that may be given; the text says what differs.
    pub fn answered(&mut self, pending: &Pending, answer: &Answer, version: u64) -> Result<(), String> {
        let named = |what: String| format!("{}: {what}", pending.id);
        judge(pending, answer).map_err(named)?;
        if pending.expect != Expect::Fair {
            return Ok(());
        }
        match (answer, &pending.asked) {
            (Answer::Placed(bets), _) => self.placed(&pending.id, bets, version).map_err(named),
            (Answer::Sold { bet, paid }, Asked::Sale(sale)) => self.sold(sale, bet, *paid, version).map_err(named),
            (Answer::Waits { slip, until_ms }, _) => {
                let waiting = Waiting {
                    pending: pending.clone(),
                    until_ms: *until_ms,
                };
                match self.waiting.insert(slip.clone(), waiting) {
                    None => Ok(()),
                    Some(other) => Err(named(format!("slip {slip} is already that of {}", other.pending.id))),
                }
            }
            _ => Ok(()),
        }
    }

    /// Takes the bets of a slip that waited.
    ///
    /// # Errors
    /// Where they are not what was asked.
    pub fn decided(&mut self, waited: &Waiting, bets: &[Bet], version: u64) -> Result<(), String> {
        let named = |what: String| format!("{}: {what}", waited.pending.id);
        waited.pending.asked.check(bets).map_err(named)?;
        self.placed(&waited.pending.id, bets, version).map_err(named)
    }

    /// The bets of a slip that waited, among those listed that no answer named.
    #[must_use]
    pub fn bets_of(&self, waited: &Waiting, listed: &[Bet]) -> Option<Vec<Bet>> {
        let unnamed = |bet: &&Bet| !self.bets.contains_key(&bet.bet_id) && bet.placed_ms >= waited.until_ms;
        let mut unnamed: Vec<&Bet> = listed.iter().filter(unnamed).collect();
        unnamed.sort_by_key(|bet| (bet.placed_ms, number(&bet.bet_id)));
        let count = waited.pending.asked.bets() as usize;
        let windows = unnamed
            .windows(count.max(1))
            .map(|bets| bets.iter().map(|bet| (*bet).clone()).collect::<Vec<_>>());
        windows
            .into_iter()
            .find(|bets| waited.pending.asked.check(bets).is_ok())
    }

    fn placed(&mut self, command: &str, bets: &[Bet], version: u64) -> Result<(), String> {
        for bet in bets {
            let held = Held {
                command: command.to_string(),
                bet: bet.clone(),
                version,
                sold: (Decimal::ZERO, Decimal::ZERO),
            };
            if let Some(other) = self.bets.insert(bet.bet_id.clone(), held) {
                return Err(format!(
                    "bet {} was already placed by command {}",
                    bet.bet_id, other.command
                ));
            }
        }
        Ok(())
    }

    fn sold(&mut self, sale: &Sale, bet: &Bet, paid: Decimal, version: u64) -> Result<(), String> {
        let held = self.bets.get_mut(&sale.bet_id);
        let held = held.ok_or_else(|| format!("bet {} was sold, but never placed", sale.bet_id))?;
        held.sold = (held.sold.0 + decimal(&sale.stake)?, held.sold.1 + paid);
        let sold = held.sold;
        if (decimal_or_zero(&bet.cashed_stake)?, decimal_or_zero(&bet.cashed_paid)?) != sold {
            return Err(format!(
                "stake of {} sold for {} in all makes bet {bet:?}",
                sold.0, sold.1
            ));
        }
        self.told_bet(bet.clone(), version);
        Ok(())
    }
}

/// Whether two balances agree; what can be staked as free bets is told only sometimes.
pub(super) fn same_money(one: &Balance, other: &Balance) -> bool {
    let plain = |balance: &Balance| Balance {
        free_bets: String::new(),
        ..balance.clone()
    };
    plain(one) == plain(other)
}

/// The number of a bet among its player's.
fn number(bet_id: &str) -> u64 {
    let digits = bet_id.rsplit(|letter: char| !letter.is_ascii_digit()).next();
    digits.and_then(|digits| digits.parse().ok()).unwrap_or_default()
}

fn judge(pending: &Pending, answer: &Answer) -> Result<(), String> {
    match (&pending.expect, answer) {
        (Expect::Fair, answer) => fair(&pending.asked, answer),
        (Expect::Refusal(_), Answer::Refused(_)) => Ok(()),
        (Expect::Refusal(mistake), taken) => Err(format!("{mistake} was accepted: {taken:?}")),
        (Expect::IdReused, Answer::Refused(code)) if code == "COMMAND_ID_REUSED" => Ok(()),
        (Expect::IdReused, other) => Err(format!(
            "the id with other content must be COMMAND_ID_REUSED, was {other:?}"
        )),
        (Expect::SameAs(first), again) if same(first, again) => Ok(()),
        (Expect::SameAs(first), again) => Err(format!("the repeat was answered {again:?}, the first time {first:?}")),
    }
}

fn fair(asked: &Asked, answer: &Answer) -> Result<(), String> {
    match (asked, answer) {
        (_, Answer::Refused(code)) if code.is_empty() => Err("refused without a code".into()),
        (_, Answer::Refused(_)) => Ok(()),
        (Asked::Bet(_) | Asked::Slip(_), Answer::Placed(bets)) => asked.check(bets),
        (Asked::Bet(_) | Asked::Slip(_), Answer::Waits { slip, until_ms }) if slip.is_empty() || *until_ms <= 0 => {
            Err(format!("slip {slip:?} waits until {until_ms}"))
        }
        (Asked::Bet(_) | Asked::Slip(_), Answer::Waits { .. }) => Ok(()),
        (Asked::Sale(sale), Answer::Sold { bet, paid }) => {
            if bet.bet_id != sale.bet_id || *paid != decimal(&sale.amount)? {
                return Err(format!("{sale:?} was answered with {paid} for {bet:?}"));
            }
            Ok(())
        }
        (asked, answer) => Err(format!("{asked:?} was answered {answer:?}")),
    }
}

/// A repeat may tell what became of the bets since, but not another placing of them.
fn same(first: &Answer, again: &Answer) -> bool {
    match (first, again) {
        (Answer::Placed(first), Answer::Placed(again)) => first.iter().map(as_placed).eq(again.iter().map(as_placed)),
        _ => first == again,
    }
}

/// Reads an amount or price of the wire.
///
/// # Errors
/// Where the text is no decimal number.
pub fn decimal(text: &str) -> Result<Decimal, String> {
    text.parse().map_err(|_| format!("\"{text}\" is no decimal number"))
}

/// Reads an amount that is left out where it is nothing.
///
/// # Errors
/// Where the text is neither empty nor a decimal number.
pub fn decimal_or_zero(text: &str) -> Result<Decimal, String> {
    if text.is_empty() {
        Ok(Decimal::ZERO)
    } else {
        decimal(text)
    }
}

#[cfg(test)]
mod tests;
