//! How much memory is taken by what is held of very many: open bets and players.

use std::mem::size_of;
use std::ptr::from_ref;

use shardbook_domain::bet::{Bet, LegOutcome};
use shardbook_domain::ids::BetNo;
use shardbook_domain::player::State;

use crate::scene::{Scene, bet, on, result};

/// Bytes of an open single of which nothing is known, all of it.
const OPEN_SINGLE_BYTES: usize = 128;
/// Bytes of a player, beside what only some have: bets, slips, limits, free bets.
const PLAYER_BYTES: usize = 488;

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
        assert_eq!(is_in_one_piece(bet), expected, "{what}");
    }
}

/// Protects the memory of a house with a million players in it.
#[test]
fn a_player_is_small() {
    assert!(size_of::<State>() <= PLAYER_BYTES, "{} bytes", size_of::<State>());
}
