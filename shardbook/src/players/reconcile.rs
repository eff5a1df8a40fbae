//! The comparison of a player's books with the server's.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use shardbook_proto::client::v1::{Balance, Bet, BetStatus};

use super::asked::as_placed;
use super::book::{Book, leg_is_open};
use super::record::{Held, Record, decimal, decimal_or_zero, same_money};

/// What a player found when it compared its books with the server's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    /// What differs, in words.
    pub mismatches: Vec<String>,
    /// Bets still open.
    pub open: u64,
    /// Bets settled, void ones included.
    pub settled: u64,
    /// Bets void.
    pub void: u64,
    /// Legs of open bets that wait for the result of a market that has one.
    pub unsettled_legs: u64,
}

/// Compares the player's books with the server's list of bets and balance, taken at one version of the wallet.
#[must_use]
pub fn reconcile(record: &Record, book: &Book, listed: &[Bet], balance: &Balance) -> Findings {
    let mut findings = Findings::default();
    let mut once: BTreeMap<&str, &Bet> = BTreeMap::new();
    for bet in listed {
        if once.insert(&bet.bet_id, bet).is_some() {
            findings.mismatches.push(format!("bet {} is listed twice", bet.bet_id));
        }
        count(&mut findings, book, bet);
    }
    for (bet_id, held) in &record.bets {
        match once.get(bet_id.as_str()) {
            None => findings
                .mismatches
                .push(format!("bet {bet_id}, answered to {}, is not listed", held.command)),
            Some(bet) => findings.mismatches.extend(differs(held, bet).err()),
        }
    }
    for bet in once.keys().filter(|bet_id| !record.bets.contains_key(**bet_id)) {
        findings
            .mismatches
            .push(format!("bet {bet} is listed, but no answer named it"));
    }
    for slip in record.waiting.keys().chain(record.early.keys()) {
        findings
            .mismatches
            .push(format!("slip {slip} has no answer or no decision"));
    }
    if let Err(what) = money(record, once.values().copied(), balance) {
        findings.mismatches.push(what);
    }
    findings
}

fn count(findings: &mut Findings, book: &Book, bet: &Bet) {
    match bet.status() {
        BetStatus::Open | BetStatus::Unspecified => {
            findings.open += 1;
            let waits = bet
                .legs
                .iter()
                .filter(|leg| leg_is_open(leg.status()) && book.finished(&leg.event, leg.market) == Some(true))
                .count();
            findings.unsettled_legs += waits as u64;
        }
        status => {
            findings.settled += 1;
            findings.void += u64::from(status == BetStatus::Void);
        }
    }
}

fn differs(held: &Held, listed: &Bet) -> Result<(), String> {
    let told = &held.bet;
    if as_placed(told) != as_placed(listed) {
        return Err(format!(
            "bet {} was placed as {told:?} and is listed as {listed:?}",
            told.bet_id
        ));
    }
    let same_time = told.settlements == listed.settlements;
    let same_end = (told.status, &told.returned) == (listed.status, &listed.returned);
    if told.settlements > listed.settlements || (same_time && told.settlements > 0 && !same_end) {
        return Err(format!(
            "bet {} was told as {told:?} and is listed as {listed:?}",
            told.bet_id
        ));
    }
    let sold = (
        decimal_or_zero(&listed.cashed_stake)?,
        decimal_or_zero(&listed.cashed_paid)?,
    );
    if sold != held.sold {
        return Err(format!(
            "stake of {} of bet {} was sold for {}, and it is listed as {listed:?}",
            held.sold.0, told.bet_id, held.sold.1
        ));
    }
    Ok(())
}

/// The wallet must follow from the deposits and the listed bets alone.
fn money<'a>(record: &Record, bets: impl Iterator<Item = &'a Bet>, balance: &Balance) -> Result<(), String> {
    if let Some(known) = &record.balance
        && (known.version > balance.version || (known.version == balance.version && !same_money(known, balance)))
    {
        return Err(format!("the balance was told as {known:?} and is {balance:?}"));
    }
    let (mut worth, mut held, mut free) = (record.deposited, Decimal::ZERO, record.free_bets.granted);
    for bet in bets {
        let (stake, sold) = (decimal(&bet.stake)?, decimal_or_zero(&bet.cashed_stake)?);
        worth += decimal_or_zero(&bet.returned)? + decimal_or_zero(&bet.cashed_paid)?;
        if bet.free_bet {
            free += decimal_or_zero(&bet.refunded)? - stake;
        } else {
            worth -= stake;
        }
        if matches!(bet.status(), BetStatus::Open | BetStatus::Unspecified) {
            held += stake - sold - decimal_or_zero(&bet.stake_settled)?;
        }
    }
    let (available, owed) = (decimal(&balance.available)?, decimal_or_zero(&balance.owed)?);
    if available - owed != worth {
        return Err(format!(
            "available {available} less owed {owed}: deposits, stakes, returns and sales make {worth}"
        ));
    }
    if decimal_or_zero(&balance.held)? != held {
        return Err(format!("held {}: the stakes of open bets make {held}", balance.held));
    }
    // What is granted later is learned of only here.
    if record.free_bets.used && decimal_or_zero(&balance.free_bets)? != free {
        let told = &balance.free_bets;
        return Err(format!("free bets {told}: grants, stakes and refunds make {free}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
