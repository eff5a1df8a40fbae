//! The settlement process between the entities.

use std::collections::BTreeSet;

use shardbook_domain::bet::LegOutcome;
use shardbook_domain::event::Event as MarketEvent;
use shardbook_domain::ids::{BetNo, EventId, MarketNo, PlayerId, SelectionNo};
use shardbook_domain::player::Outcomes;
use shardbook_domain::process::settlement::{command_for, effect_id, legs_of, on_result};

use crate::samples;
use crate::scene::{Scene, bet, on};
use crate::trading::{Trading, resulted, rolled_back, voided};

/// Protects the join: exactly results, voids and rollbacks go to the bets.
#[test]
fn only_results_voids_and_rollbacks_are_told() {
    for (name, event) in samples::event() {
        let told = on_result(EventId(1), &event).is_some();
        let result = matches!(
            event,
            MarketEvent::MarketResulted { .. }
                | MarketEvent::ResultRolledBack { .. }
                | MarketEvent::MarketVoided { .. }
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
    let trading = Trading::open().after(won).after(voided("M")).after(rolled_back("M"));
    let notices: Vec<_> = trading
        .history
        .iter()
        .filter_map(|event| on_result(EventId(1), event))
        .collect();
    let of = |notice: usize, selection| notices[notice].outcomes.of(SelectionNo(selection));
    assert_eq!(
        notices.iter().map(|notice| notice.version).collect::<Vec<_>>(),
        vec![1, 2, 3]
    );
    assert_eq!(
        (of(0, 1), of(0, 2)),
        (Some(Some(LegOutcome::WON)), Some(Some(LegOutcome::Lost)))
    );
    assert_eq!(
        (of(0, 4), of(1, 3), of(2, 3)),
        (None, Some(Some(LegOutcome::Void)), Some(None))
    );
    assert_eq!(*notices[2].outcomes, Outcomes::All(None));
}

/// Protects settlement over restarts: the same effect has one id, different effects have different ones.
#[test]
fn effects_have_ids_of_their_own() {
    let trading = Trading::open().after(voided("M")).after(rolled_back("M"));
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
    let recalled = scene.folded(BetNo(1)).map(Box::new);
    assert!(recalled.is_some());
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
