use rust_decimal::Decimal;

use super::summary::Summary;

/// What is off, in words; nothing where the demo passes.
pub(super) fn off(summary: &Summary) -> Vec<String> {
    let players = &summary.players;
    let house = &summary.house;
    let placed: u64 = house.currencies.values().map(|currency| currency.bets_placed).sum();
    let open: u64 = house.currencies.values().map(|currency| currency.bets_open).sum();
    let refused: u64 = summary
        .replay
        .sent
        .answers
        .iter()
        .filter(|(code, _)| *code != "TAKEN")
        .map(|(_, n)| n)
        .sum();
    let mut off = Vec::new();
    let mut check = |fine: bool, what: String| {
        if !fine {
            off.push(what);
        }
    };
    check(
        players.mismatches == 0,
        format!("{} mismatches between players and server", players.mismatches),
    );
    check(
        players.reconciled == players.players,
        format!(
            "only {} of {} players compared their books",
            players.reconciled, players.players
        ),
    );
    check(
        placed >= summary.bets_wanted,
        format!("{placed} bets placed, {} wanted", summary.bets_wanted),
    );
    check(
        placed == players.bets_accepted,
        format!("{placed} bets placed, {} answered", players.bets_accepted),
    );
    check(
        open == players.bets_open,
        format!("{open} bets open, players list {}", players.bets_open),
    );
    check(
        players.unsettled_legs == 0,
        format!("{} legs of finished markets not settled", players.unsettled_legs),
    );
    check(refused == 0, format!("{refused} feed messages refused"));
    if let Some(stopped) = &summary.replay.read.stopped {
        check(false, format!("the replay stopped: {stopped}"));
    }
    for (currency, totals) in &house.currencies {
        let amounts = [&totals.turnover, &totals.payout, &totals.gross_win, &totals.open_stakes];
        let [turnover, payout, gross_win, open] = amounts.map(|amount| amount.parse::<Decimal>().ok());
        let adds_up = turnover.is_some_and(|turnover| Some(turnover) == sum([payout, gross_win, open]));
        check(
            adds_up,
            format!("{currency}: turnover is not payout + gross win + open stakes: {totals:?}"),
        );
    }
    if let Err(what) = &summary.verify {
        check(false, what.clone());
    }
    off
}

fn sum(amounts: [Option<Decimal>; 3]) -> Option<Decimal> {
    amounts
        .into_iter()
        .try_fold(Decimal::ZERO, |sum, amount| sum.checked_add(amount?))
}
