use rust_decimal::Decimal;

use super::house::{Currency, House};
use super::summary::Summary;
use crate::players;

/// What is off, in words; nothing where the demo passes.
pub(super) fn off(summary: &Summary) -> Vec<String> {
    let mut off = trading(&summary.house, &summary.players, summary.bets_wanted);
    let answers = &summary.replay.sent.answers;
    let refused: u64 = answers
        .iter()
        .filter(|(code, _)| *code != "TAKEN")
        .map(|(_, n)| n)
        .sum();
    if refused > 0 {
        off.push(format!("{refused} feed messages refused"));
    }
    if let Some(stopped) = &summary.replay.read.stopped {
        off.push(format!("the replay stopped: {stopped}"));
    }
    off.extend(summary.verify.as_ref().err().cloned());
    off
}

/// What is off between the house and its players.
fn trading(house: &House, players: &players::Summary, bets_wanted: u64) -> Vec<String> {
    let placed: u64 = house.currencies.values().map(|currency| currency.bets_placed).sum();
    let open: u64 = house.currencies.values().map(|currency| currency.bets_open).sum();
    let typed: u64 = players.bets_by_type.values().sum();
    let decided = players.slips_accepted + players.slips_refused.values().sum::<u64>();
    let checks = [
        (
            players.mismatches == 0,
            format!("{} mismatches between players and server", players.mismatches),
        ),
        (
            players.reconciled == players.players,
            format!(
                "only {} of {} players compared their books",
                players.reconciled, players.players
            ),
        ),
        (
            placed >= bets_wanted,
            format!("{placed} bets placed, {bets_wanted} wanted"),
        ),
        (
            placed == players.bets_accepted && placed == typed,
            format!(
                "{placed} bets placed, {} answered, {typed} of some type",
                players.bets_accepted
            ),
        ),
        (
            open == players.bets_open,
            format!("{open} bets open, players list {}", players.bets_open),
        ),
        (
            players.unsettled_legs == 0,
            format!("{} legs of finished markets not settled", players.unsettled_legs),
        ),
        (
            players.slips_delayed == decided && players.slips_waiting == 0,
            format!("{} slips were delayed, {decided} decided", players.slips_delayed),
        ),
    ];
    let off = checks.into_iter().filter(|(fine, _)| !fine).map(|(_, what)| what);
    let money = house.currencies.iter().flat_map(|(currency, totals)| {
        let sales = players.cash_outs.get(currency);
        money(currency, totals, sales.map_or(Decimal::ZERO, |sales| sales.paid))
    });
    off.chain(money).collect()
}

/// What is off in the sums of a currency, in which players were paid so much for bets that they sold.
fn money(currency: &str, totals: &Currency, paid: Decimal) -> Vec<String> {
    let amount = |text: &str| text.parse::<Decimal>().ok();
    let back = [&totals.payout, &totals.gross_win, &totals.open_stakes];
    let back = back
        .iter()
        .try_fold(Decimal::ZERO, |sum, text| sum.checked_add(amount(text)?));
    let checks = [
        (
            back.is_some() && amount(&totals.turnover) == back,
            format!("{currency}: turnover is not payout + gross win + open stakes: {totals:?}"),
        ),
        (
            amount(&totals.waiting_stakes) == Some(Decimal::ZERO),
            format!("{currency}: stakes of {} still wait", totals.waiting_stakes),
        ),
        (
            amount(&totals.cashed_out) == Some(paid),
            format!(
                "{currency}: {} was paid for bets sold back, players heard of {paid}",
                totals.cashed_out
            ),
        ),
    ];
    checks
        .into_iter()
        .filter(|(fine, _)| !fine)
        .map(|(_, what)| what)
        .collect()
}

#[cfg(test)]
mod tests;
