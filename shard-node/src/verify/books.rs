//! The books of one player, after each entry.

use shardbook_domain::bet::Settled;
use shardbook_domain::ledger::Account;
use shardbook_domain::player::{Event, State};
use shardbook_runtime::entity::EntityKey;

use super::Verdict;

pub(super) fn after_entry(key: EntityKey, events: &[Event], state: &State, verdict: &mut Verdict) {
    let transfers: u64 = events.iter().map(|event| event.transfers().len() as u64).sum();
    verdict.transfers += transfers;
    if transfers > 0 {
        if let Err(fault) = state.check() {
            verdict.note("L-1", format!("player {key}"), fault);
        }
        if state.ledger().available().0 < 0 {
            verdict.note(
                "L-2",
                format!("player {key}"),
                format!("{} available", state.ledger().available().0),
            );
        }
        let clearing = state.ledger().balance(Account::CashierClearing);
        if clearing.0 != 0 {
            verdict.note("L-3", format!("player {key}"), format!("{} in clearing", clearing.0));
        }
    }
    for event in events {
        match event {
            Event::BetPlaced { .. } => verdict.bets += 1,
            Event::BetSettled {
                bet, status, returned, ..
            } => {
                let settled = Some(Settled {
                    status: *status,
                    returned: *returned,
                });
                let decided = state.bet(*bet).map(|bet| bet.decided());
                if decided.is_some_and(|decided| decided != settled) {
                    let what = format!("bet {bet} was settled as {settled:?}, its results amount to {decided:?}");
                    verdict.note("B-1", format!("player {key}"), what);
                }
            }
            _ => {}
        }
    }
}
