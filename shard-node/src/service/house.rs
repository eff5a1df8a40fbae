//! What the house has seen, from the durable read models.

use std::sync::atomic::Ordering;

use shardbook_domain::money::{Amount, Currency};
use shardbook_projections::totals::{
    COUNT, CURRENCY, MARKET_UPDATES, MARKETS_RESULTED, PLAYERS, REFUSED, Totals, columns,
};
use shardbook_proto::internal::v1::shard_reply::Reply;
use shardbook_proto::internal::v1::{CodeCount, CurrencyTotals, HouseTotalsReply};
use shardbook_runtime::fault::StoreFault;
use shardbook_runtime::slot::ShardId;

use super::Shards;
use crate::views::TOTALS;

pub(super) fn totals(shards: &Shards) -> Result<Reply, StoreFault> {
    let counters = shards.journal.counters();
    let durability = shards.journal.durability();
    let durable: u64 = (0..shards.journal.map().shards())
        .map(|shard| durability.durable(ShardId(shard)))
        .sum();
    let sight = shards.turnstile.sight();
    let mut house = HouseTotalsReply {
        units_under_way: sight.under_way,
        units_common: sight.common,
        turned_away: sight.turned_away,
        events_open: shards.events.residents() as u64,
        markets_open: shards.world.book.open_markets() as u64,
        journal_frames: counters.frames.load(Ordering::Relaxed),
        journal_entries: counters.entries.load(Ordering::Relaxed),
        journal_bytes: counters.bytes.load(Ordering::Relaxed),
        journal_syncs: counters.syncs.load(Ordering::Relaxed),
        projection_lag: durability.lag(),
        settlement_backlog: shards.settlement.backlog(durable),
        resident_players: shards.players.residents() as u64,
        ..HouseTotalsReply::default()
    };
    for row in TOTALS.scan(&shards.store, &[], &[]) {
        let (key, row) = row?;
        let [count] = columns(&row);
        let count = count.unsigned_abs();
        match key.split_first() {
            Some((&CURRENCY, code)) => house.currencies.extend(currency(code, &Totals::from_row(&row))),
            Some((&REFUSED, code)) => {
                house.bets_rejected.push(CodeCount {
                    code: String::from_utf8_lossy(code).into_owned(),
                    count,
                });
            }
            Some((&COUNT, _)) if key == PLAYERS => house.players = count,
            Some((&COUNT, _)) if key == MARKET_UPDATES => house.market_updates = count,
            Some((&COUNT, _)) if key == MARKETS_RESULTED => house.markets_resulted = count,
            _ => {}
        }
    }
    Ok(Reply::HouseTotals(house))
}

fn currency(code: &[u8], totals: &Totals) -> Option<CurrencyTotals> {
    let currency = Currency::new(std::str::from_utf8(code).ok()?).ok()?;
    let decimal = |minor: i64| Amount(minor).of(currency).decimal();
    Some(CurrencyTotals {
        currency: currency.code().into(),
        bets_placed: totals.placed.unsigned_abs(),
        bets_settled: totals.settled.unsigned_abs(),
        bets_void: totals.void.unsigned_abs(),
        bets_open: totals.open().unsigned_abs(),
        turnover: decimal(totals.turnover),
        payout: decimal(totals.payout),
        gross_win: decimal(totals.gross_win()),
        open_stakes: decimal(totals.open_stakes()),
        deposits: decimal(totals.deposits),
        withdrawals: decimal(totals.withdrawals),
        waiting_stakes: decimal(totals.waiting),
        cashed_out: decimal(totals.cashed_out),
        promotions: decimal(totals.promotions),
        written_off: decimal(totals.written_off),
    })
}
