//! How much memory is taken by what is held of very many: open bets and players.

use std::mem::size_of;
use std::ptr::from_ref;

use shardbook_domain::bet::{Bet, LegOutcome};
use shardbook_domain::ids::{BetNo, EventId};
use shardbook_domain::player::{Event, State};

use crate::scene::{Scene, bet, on, result, rollback};

/// Bytes of an open single of which nothing is known, all of it.
const OPEN_SINGLE_BYTES: usize = 128;
/// Bytes of a player, beside what only some have: bets, slips, limits, free bets.
const PLAYER_BYTES: usize = 488;
/// Bytes of a settled single that is held, all of it.
const SETTLED_SINGLE_BYTES: usize = 80;
/// Bytes of a player with an empty slip and as many settled singles as are held.
const SETTLED_PLAYER_BYTES: usize = 1_152;

/// Whether the legs lie in the bet itself.
fn is_in_one_piece(bet: &Bet) -> bool {
    let (bet, leg) = (from_ref(bet).addr(), from_ref(&bet.terms.legs[0]).addr());
    (bet..bet + size_of::<Bet>()).contains(&leg)
}

/// Protects the memory of a house with millions of open bets: a single is one small piece, and only what has more legs takes
/// more. That a bet of which nothing is known has nothing for results follows from its size.
#[test]
fn an_open_single_is_small() {
    assert!(size_of::<Bet>() <= OPEN_SINGLE_BYTES, "{} bytes", size_of::<Bet>());
    let player = || Scene::player_with("100.00");
    let double = [(on(1, 1), "2.50"), (on(2, 1), "2.50")];
    let single = player().after(bet("1.00", &double[..1]));
    let rows = [
        ("a single", single, true),
        (
            "a single with a result",
            player()
                .after(bet("1.00", &double[..1]))
                .after(result(1, 1, 1, LegOutcome::WON)),
            true,
        ),
        ("a double", player().after(bet("1.00", &double)), false),
    ];
    for (what, scene, expected) in rows {
        let bet = scene.state.bet(BetNo(1)).expect("held");
        assert_eq!(is_in_one_piece(&bet), expected, "{what}");
    }
}

/// Protects the memory of a house with a million players in it.
#[test]
fn a_player_is_small() {
    assert!(size_of::<State>() <= PLAYER_BYTES, "{} bytes", size_of::<State>());
}

/// Events of real houses have numbers of all lengths: this is the longest.
const EVENT: u64 = u64::MAX;

/// Goes on after so many singles, each settled before the next is placed.
fn settled_singles(scene: Scene, count: u32) -> Scene {
    (0..count).fold(scene, |mut scene, _| {
        let mut placed = scene.decide(&bet("1.00", &[(on(1, 1), "2.50")])).expect("taken");
        for event in &mut placed {
            if let Event::BetPlaced { terms, .. } = event {
                terms.legs[0].selection.event = EventId(EVENT);
            }
        }
        scene.happened(&placed);
        let no = scene.state.bets_placed();
        scene.after(result(no, EVENT, 1, LegOutcome::WON))
    })
}

/// Protects the memory of a house whose players have a past: a settled bet is a few bytes, no more of them are held than may
/// be, and what is not there takes none.
#[test]
fn a_past_is_small() {
    let player = || Scene::player_with("1000.00");
    let open = |count: u32| (0..count).fold(player(), |scene, _| scene.after(bet("1.00", &[(on(1, 1), "2.50")])));
    let rows = [
        ("a new player", player(), 0),
        ("open bets alone", open(3), 0),
        ("a settled single", settled_singles(player(), 1), 1),
        ("five settled singles", settled_singles(player(), 5), 5),
        ("an empty slip and as many as are held", settled_singles(player(), 8), 8),
        ("more were settled than are held", settled_singles(player(), 30), 8),
        (
            "one of them is open again",
            settled_singles(player(), 8).after(rollback(4, EVENT, 2)),
            7,
        ),
        (
            "the only one is open again",
            settled_singles(player(), 1).after(rollback(1, EVENT, 2)),
            0,
        ),
    ];
    for (what, scene, held) in rows {
        let (state, memory) = (&scene.state, scene.state.settled_bets_memory());
        assert_eq!(state.settled_bets().len(), held, "{what}");
        assert!(memory <= held * SETTLED_SINGLE_BYTES, "{what}: {memory} bytes");
        let player = size_of_val(state) + memory;
        assert!(player <= SETTLED_PLAYER_BYTES, "{what}: {player} bytes");
    }
}
