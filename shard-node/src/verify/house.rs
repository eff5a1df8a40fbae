//! The house as a whole: sums over all wallets against the read models, and results against open bets.

use std::collections::BTreeMap;

use shardbook_domain::bet::Bet;
use shardbook_domain::ledger::Account;
use shardbook_domain::money::Currency;
use shardbook_domain::rules::RuleBook;
use shardbook_domain::{event, player};
use shardbook_projections::totals::{CURRENCY, Totals};
use shardbook_runtime::fault::StoreFault;
use shardbook_runtime::journal::Store;
use shardbook_runtime::slot::ShardId;

use super::Verdict;
use crate::settlement::read_up_to;
use crate::views::TOTALS;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Books {
    available: i128,
    owed: i128,
    open: i128,
    result: i128,
    funds: i128,
    free_bets: i128,
    promotions: i128,
    written_off: i128,
}

pub(super) fn check(
    store: &Store,
    players: &[(u64, &player::State)],
    events: &BTreeMap<u64, &event::State>,
    rules: &RuleBook,
    verdict: &mut Verdict,
) -> Result<(), StoreFault> {
    let mut books = BTreeMap::<Currency, Books>::new();
    let mut unsettled = Vec::new();
    for (id, state) in players {
        let Some(profile) = state.profile() else { continue };
        let ledger = state.ledger();
        let of = books.entry(profile.currency).or_default();
        of.available += i128::from(ledger.available().0);
        of.owed += i128::from(ledger.owed().0);
        of.open += i128::from(ledger.held().0);
        of.result += i128::from(ledger.balance(Account::BettingResult).0);
        of.funds += i128::from(ledger.balance(Account::CashierFunds).0);
        of.free_bets += i128::from(state.free_bets().0);
        of.promotions += i128::from(ledger.balance(Account::Promotions).0);
        of.written_off += i128::from(ledger.balance(Account::WrittenOff).0);
        verdict.bets_open += state.open_bets().len() as u64;
        unsettled.extend(
            state
                .open_bets()
                .filter(|bet| lags_behind(bet, events, rules))
                .map(|bet| (*id, bet.no())),
        );
    }
    verdict.bets_settled = verdict.bets - verdict.bets_open;
    for (currency, of) in &books {
        // What came in and what the house gave is what players have, what is at stake and what the house won, less what is
        // owed.
        let given = of.funds + of.promotions + of.written_off;
        if given != of.available + of.free_bets + of.open + of.result - of.owed {
            verdict.note(
                "L-1",
                currency.code(),
                format!("the accounts of all wallets do not balance: {of:?}"),
            );
        }
        if verdict.views_behind > 0 {
            continue;
        }
        let key = [&[CURRENCY], currency.code().as_bytes()].concat();
        let totals = Totals::from_row(&TOTALS.get(store, &key)?.unwrap_or_default());
        let same = of.result == i128::from(totals.gross_win())
            && of.open == i128::from(totals.open_stakes() + totals.waiting)
            && of.promotions == i128::from(totals.promotions)
            && of.written_off == i128::from(totals.written_off)
            && of.funds == i128::from(totals.deposits - totals.withdrawals);
        if !same {
            let what = format!("stake in is not payout + margin + open: wallets {of:?}, totals {totals:?}");
            verdict.note("B-2", currency.code(), what);
        }
    }
    verdict.bets_unsettled = unsettled.len() as u64;
    if settlement_is_done(store)? {
        for (player, bet) in unsettled {
            verdict.note(
                "B-1",
                format!("bet {player:016x}-{bet}"),
                "a leg has a result that the bet does not know",
            );
        }
    }
    Ok(())
}

/// Whether a leg's market has a later result than the bet knows, and one that changes the leg.
fn lags_behind(bet: &Bet, events: &BTreeMap<u64, &event::State>, rules: &RuleBook) -> bool {
    let mut legs = bet.terms.legs.iter().zip(bet.results()).enumerate();
    legs.any(|(at, (leg, known))| {
        let market = events
            .get(&leg.selection.event.0)
            .and_then(|event| event.market(leg.selection.market));
        let Some(market) = market else { return false };
        let latest = market.result_version;
        let stays = || {
            let rules = rules.version(bet.terms.rules_version)?;
            Some(bet.stays_by(at, bet.ruling_on(at, latest, &market.settlement, rules)?))
        };
        latest > known.map_or(0, |result| result.version) && stays() != Some(true)
    })
}

/// Whether the settlement process had read everything; else what lags is only waiting.
fn settlement_is_done(store: &Store) -> Result<bool, StoreFault> {
    for shard in (0..store.map().shards()).map(ShardId) {
        let Ok((head, _)) = store.head(shard) else {
            return Ok(false);
        };
        if read_up_to(store, shard)? < head {
            return Ok(false);
        }
    }
    Ok(true)
}
