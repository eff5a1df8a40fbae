//! The settlement process between the entities.

use std::collections::BTreeSet;

use shardbook_domain::bet::LegOutcome;
use shardbook_domain::event::Event as MarketEvent;
use shardbook_domain::ids::{BetNo, EventId, MarketNo, PlayerId, SelectionNo};
use shardbook_domain::market::MarketSettlement;
use shardbook_domain::process::settlement::{command_for, effect_id, legs_of, on_result};

use crate::samples;
use crate::scene::{Scene, bet, on};
use crate::trading::{Trading, resulted, rolled_back, void_rolled_back, voided};

/// Protects the join: exactly what changes the settlement goes to the bets.
#[test]
fn only_changes_of_the_settlement_are_told() {
    for (name, event) in samples::event() {
        let told = on_result(EventId(1), &event).is_some();
        let result = matches!(
            event,
            MarketEvent::MarketResulted { .. }
                | MarketEvent::ResultRolledBack { .. }
                | MarketEvent::MarketVoided { .. }
                | MarketEvent::SettlementChanged {
                    settlement: Some(_),
                    ..
                }
        );
        assert_eq!(told, result, "{name}");
    }
}

/// Protects what is told: of each selection its outcome, void for all, or nothing any more.
#[test]
fn notices_say_what_became_of_each_selection() {
    let won = resulted(
        "M",
        &[("1", LegOutcome::WON), ("2", LegOutcome::Lost), ("3", LegOutcome::Lost)],
    );
    let trading = Trading::open().after(won.clone()).after(won).after(voided("M"));
    let trading = trading.after(rolled_back("M")).after(void_rolled_back("M"));
    let notices: Vec<_> = trading
        .history
        .iter()
        .filter_map(|event| on_result(EventId(1), event))
        .collect();
    assert_eq!(
        notices.iter().map(|notice| notice.version).collect::<Vec<_>>(),
        vec![1, 2, 3, 4],
        "what is said again is told once"
    );
    let of = |selection| {
        let mut results = notices[0].settlement.results.iter();
        results
            .find(|result| result.selection == SelectionNo(selection))
            .map(|result| result.outcome)
    };
    assert_eq!(
        (of(1), of(2), of(4)),
        (Some(LegOutcome::WON), Some(LegOutcome::Lost), None)
    );
    assert!(notices[1].settlement.is_void());
    assert_eq!(*notices[3].settlement, MarketSettlement::default());
}

/// Protects settlement over restarts: the same effect has one id, different effects have different ones.
#[test]
fn effects_have_ids_of_their_own() {
    let trading = Trading::open().after(voided("M")).after(void_rolled_back("M"));
    let notices: Vec<_> = trading
        .history
        .iter()
        .filter_map(|event| on_result(EventId(1), event))
        .collect();
    let mut ids = BTreeSet::new();
    for notice in &notices {
        for player in [1, 2].map(PlayerId) {
            for bet in [1, 2].map(BetNo) {
                assert_eq!(effect_id(notice, player, bet), effect_id(notice, player, bet));
                ids.insert(effect_id(notice, player, bet));
            }
        }
    }
    assert_eq!(ids.len(), 8);
    let (first, again) = (
        command_for(&notices[0], BetNo(1), None),
        command_for(&notices[0], BetNo(1), None),
    );
    assert_eq!(first.fingerprint(), again.fingerprint());
    assert_ne!(
        first.fingerprint(),
        command_for(&notices[1], BetNo(1), None).fingerprint()
    );
}

/// Protects the repetition after a bet was recalled: the recalled bet is no part of the content.
#[test]
fn a_recalled_bet_does_not_change_the_fingerprint() {
    let scene = Scene::player_with("10.00").after(bet("1.00", &[(on(1, 1), "2.50")]));
    let notice = Trading::open()
        .after(voided("M"))
        .history
        .iter()
        .find_map(|event| on_result(EventId(1), event));
    let notice = notice.expect("a void is told");
    let recalled = Some(scene.history_of(BetNo(1)));
    let with = command_for(&notice, BetNo(1), recalled);
    assert_eq!(with.fingerprint(), command_for(&notice, BetNo(1), None).fingerprint());
}

/// Protects the index of open legs: every leg of a placed bet, nothing else.
#[test]
fn placed_bets_tell_their_legs() {
    let scene = Scene::player_with("10.00").after(bet("1.00", &[(on(1, 1), "2.50"), (on(2, 3), "4.00")]));
    let found: Vec<_> = scene.history.iter().filter_map(legs_of).collect();
    assert_eq!(found, vec![(BetNo(1), vec![on(1, 1), on(2, 3)])]);
    assert_eq!(found[0].1[0].market, MarketNo(1));
}
