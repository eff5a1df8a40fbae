//! The books of one player, after each entry.

use shardbook_domain::ledger::Account;
use shardbook_domain::player::{Event, State};
use shardbook_domain::rules::RuleBook;
use shardbook_runtime::entity::EntityKey;

use super::Verdict;

pub(super) fn after_entry(key: EntityKey, events: &[Event], state: &State, rules: &RuleBook, verdict: &mut Verdict) {
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
            Event::BetSettled { bet, .. } | Event::LinesSettled { bet, .. } => {
                let Some(bet) = state.bet(*bet) else { continue };
                let Some(rules) = rules.version(bet.terms.rules_version) else {
                    let what = format!(
                        "bet {} was taken by rules {} that are lost",
                        bet.no(),
                        bet.terms.rules_version
                    );
                    verdict.note("B-1", format!("player {key}"), what);
                    continue;
                };
                let (settled, standing) = (bet.settled(), bet.standing(rules));
                if standing != settled {
                    let what = format!(
                        "bet {} was settled as {settled:?}, its results amount to {standing:?}",
                        bet.no()
                    );
                    verdict.note("B-1", format!("player {key}"), what);
                }
            }
            _ => {}
        }
    }
}
