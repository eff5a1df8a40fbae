//! What `/stats` tells. Its keys are stable: they are added to, never renamed.

use std::collections::BTreeMap;

use serde::Serialize;
use shardbook_proto::internal::v1::{CurrencyTotals, HouseTotalsReply};

use crate::edge::Edge;
use crate::gateway::Addresses;
use crate::latency::Quantiles;

#[derive(Serialize)]
pub(super) struct Figures {
    ws_port: u16,
    grpc_port: u16,
    house: House,
    gateway: Gateway,
}

/// What the shards' durable read models count.
#[derive(Serialize)]
struct House {
    currencies: BTreeMap<String, Currency>,
    bets_rejected: BTreeMap<String, u64>,
    players: u64,
    resident_players: u64,
    events_open: u64,
    markets_open: u64,
    markets_resulted: u64,
    market_updates: u64,
    settlement_backlog: u64,
    projection_lag: u64,
    journal_frames: u64,
    journal_entries: u64,
    journal_bytes: u64,
    journal_syncs: u64,
    /// Units of work under way, those of the part that all share, and commands turned away since the start.
    units_under_way: u32,
    units_common: u32,
    turned_away: u64,
}

/// Amounts are decimal strings in units of the currency.
#[derive(Serialize)]
struct Currency {
    bets_placed: u64,
    bets_open: u64,
    bets_settled: u64,
    bets_void: u64,
    turnover: String,
    payout: String,
    gross_win: String,
    open_stakes: String,
    waiting_stakes: String,
    cashed_out: String,
    promotions: String,
    written_off: String,
    deposits: String,
    withdrawals: String,
}

/// What this gateway has seen since it started.
#[derive(Serialize)]
struct Gateway {
    uptime_s: u64,
    events: u32,
    markets: u32,
    connections: usize,
    players_connected: usize,
    connections_accepted: u64,
    connections_turned_away: u64,
    closed_slow: u64,
    closed_silent: u64,
    messages: u64,
    answers: u64,
    player_pushes: u64,
    updates_conflated: u64,
    bus_missed: u64,
    refused: BTreeMap<String, u64>,
    /// Microseconds over the last ten seconds: receipt of a bet to its answer.
    acceptance_us: Quantiles,
    /// Microseconds over the last ten seconds: receipt of a line from its source to the write to a socket.
    push_us: Quantiles,
}

impl Figures {
    pub(super) fn of(edge: &Edge, addresses: &Addresses, totals: &HouseTotalsReply) -> Self {
        Self {
            ws_port: addresses.ws.port(),
            grpc_port: addresses.grpc.port(),
            house: House::of(totals),
            gateway: Gateway::of(edge),
        }
    }
}

impl House {
    fn of(totals: &HouseTotalsReply) -> Self {
        Self {
            currencies: totals
                .currencies
                .iter()
                .map(|of| (of.currency.clone(), Currency::of(of)))
                .collect(),
            bets_rejected: totals
                .bets_rejected
                .iter()
                .map(|of| (of.code.clone(), of.count))
                .collect(),
            players: totals.players,
            resident_players: totals.resident_players,
            events_open: totals.events_open,
            markets_open: totals.markets_open,
            markets_resulted: totals.markets_resulted,
            market_updates: totals.market_updates,
            settlement_backlog: totals.settlement_backlog,
            projection_lag: totals.projection_lag,
            journal_frames: totals.journal_frames,
            journal_entries: totals.journal_entries,
            journal_bytes: totals.journal_bytes,
            journal_syncs: totals.journal_syncs,
            units_under_way: totals.units_under_way,
            units_common: totals.units_common,
            turned_away: totals.turned_away,
        }
    }
}

impl Currency {
    fn of(totals: &CurrencyTotals) -> Self {
        Self {
            bets_placed: totals.bets_placed,
            bets_open: totals.bets_open,
            bets_settled: totals.bets_settled,
            bets_void: totals.bets_void,
            turnover: totals.turnover.clone(),
            payout: totals.payout.clone(),
            gross_win: totals.gross_win.clone(),
            open_stakes: totals.open_stakes.clone(),
            waiting_stakes: totals.waiting_stakes.clone(),
            cashed_out: totals.cashed_out.clone(),
            promotions: totals.promotions.clone(),
            written_off: totals.written_off.clone(),
            deposits: totals.deposits.clone(),
            withdrawals: totals.withdrawals.clone(),
        }
    }
}

impl Gateway {
    fn of(edge: &Edge) -> Self {
        let (reach, updates_conflated) = {
            let board = edge.board();
            (board.reach(), board.conflated())
        };
        let stats = &edge.stats;
        Self {
            uptime_s: stats.since.elapsed().as_secs(),
            events: reach.events,
            markets: reach.markets,
            connections: edge.connections(),
            players_connected: edge.sessions.players(),
            connections_accepted: stats.accepted.get(),
            connections_turned_away: stats.turned_away.get(),
            closed_slow: stats.slow_closed.get(),
            closed_silent: stats.silent_closed.get(),
            messages: stats.messages.get(),
            answers: stats.answers.get(),
            player_pushes: stats.pushes.get(),
            updates_conflated,
            bus_missed: stats.bus_missed.get(),
            refused: stats.refused(),
            acceptance_us: stats.acceptance.quantiles(),
            push_us: stats.push.quantiles(),
        }
    }
}
