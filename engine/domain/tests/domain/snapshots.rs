//! The bytes of a player in snapshots, which every later version of the same layout must read.

use shardbook_domain::bet::{Bet, Fund, LegOutcome};
use shardbook_domain::ids::BetNo;
use shardbook_domain::player::{AskedBet, Command, LimitKind, State};
use shardbook_domain::rules::Phase;

use crate::golden;
use crate::scene::{
    Scene, bet, deposit, factor, grant, lines, lock, on, place, result, rollback, sell, slip, tie, void,
};

const STATES: &str = include_str!("../../../../tests/golden/player_states.hex");

const WON: LegOutcome = LegOutcome::WON;
const LOST: LegOutcome = LegOutcome::Lost;

fn single(scene: Scene, event: u64) -> Scene {
    scene.after(bet("5.00", &[(on(event, 1), "2.50")]))
}

fn of_free_bets() -> Command {
    let bet = AskedBet {
        fund: Fund::FreeBet,
        ..lines(&[0], &[1], "3.00")
    };
    place(slip(1, &[bet]))
}

/// Players in every part of a life: with bets that nothing is known of, that are settled in part, whole, anew and not any
/// more, that are sold in part and whole, of one leg and of many, and with all that a player may have beside bets.
fn states() -> Vec<(&'static str, State)> {
    let player = || Scene::player_with("1000.00");
    let multiple = || player().after(place(slip(4, &[lines(&[0, 1, 2, 3], &[1, 2, 3, 4], "1.00")])));
    let limit = Command::SetLimit {
        kind: LimitKind::StakeWeek,
        amount: Some(crate::scene::eur("500.00").amount()),
    };
    let waiting = single(player().in_play(1..=1, 5), 1);
    let many = (1..=30).fold(player(), single);
    let settled = (1..=30u32)
        .step_by(3)
        .fold((1..=30).fold(player(), single), |scene, no| {
            scene.after(result(no, no.into(), 1, if no % 2 == 0 { WON } else { LOST }))
        });
    let scenes = [
        ("stranger", Scene::stranger()),
        ("registered", Scene::player()),
        ("open", single(single(player(), 1).hours_later(30), 2)),
        ("multiple", multiple()),
        (
            "multiple.partly",
            multiple().after(result(1, 1, 1, WON)).after(result(1, 2, 1, LOST)),
        ),
        (
            "multiple.settled",
            (1..=4).fold(multiple(), |scene, event| scene.after(result(1, event, 1, tie(1, 2)))),
        ),
        ("settled", single(player(), 1).after(result(1, 1, 1, WON))),
        ("void", single(player(), 1).after(void(1, 1, 1))),
        (
            "rolled_back",
            single(player(), 1).after(result(1, 1, 1, WON)).after(rollback(1, 1, 2)),
        ),
        (
            "settled.anew",
            single(player(), 1)
                .after(result(1, 1, 1, WON))
                .after(result(1, 1, 3, LOST)),
        ),
        ("owes", {
            let scene = single(player(), 1).after(result(1, 1, 1, WON));
            scene
                .after(crate::scene::withdraw("1007.50"))
                .after(result(1, 1, 2, LOST))
        }),
        ("locked", single(player(), 1).after(lock(1, None))),
        (
            "sold.partly",
            single(player(), 1).after(lock(1, Some("2.00"))).after(sell(1, "1.90")),
        ),
        ("sold", single(player(), 1).after(lock(1, None)).after(sell(1, "4.75"))),
        (
            "free_bet",
            player()
                .after(grant("10.00"))
                .after(of_free_bets())
                .after(void(1, 1, 1)),
        ),
        (
            "limited",
            player()
                .after(limit)
                .after(factor("football", Phase::InPlay, Some(500))),
        ),
        (
            "deposits",
            player()
                .hours_later(3)
                .after(deposit("5.00"))
                .hours_later(40)
                .after(deposit("6.00")),
        ),
        ("waiting", waiting),
        ("many", many),
        ("many.settled", settled),
    ];
    scenes.map(|(name, scene)| (name, scene.state)).into()
}

/// Protects starts from replaying whole journals after an update: snapshots are read and written as they were.
#[test]
fn players_keep_their_bytes() {
    let known = golden::lines(STATES);
    let mut missing = String::new();
    for (name, state) in states() {
        let mut bytes = Vec::new();
        state.encode(&mut bytes);
        let Some(known) = known.get(name) else {
            missing += &format!("{name} {}\n", golden::hex(&bytes));
            continue;
        };
        assert_eq!(
            golden::hex(&bytes),
            golden::hex(known),
            "{name} is written in other bytes than before"
        );
        assert_eq!(State::decode(known).as_ref(), Ok(&state), "{name} is read as another");
        // Field by field, with the settled bets read from their bytes: in front of it stands the layout.
        let plain = postcard::to_stdvec(&state).expect("states have known lengths");
        assert_eq!(
            golden::hex(&bytes[1..]),
            golden::hex(&plain),
            "{name} is put together as another"
        );
    }
    assert_eq!(missing, "", "add the lines to the golden file");
}

/// Protects from damaged snapshots: a bet that knows of more or fewer legs than it has is none.
#[test]
fn bets_with_other_legs_are_refused() {
    let scene = single(Scene::player_with("10.00"), 1);
    let bet = scene.state.open_bet(BetNo(1)).expect("held").into_owned();
    let mut room = [0; 256];
    let whole = postcard::to_slice(&bet, &mut room).expect("small").to_vec();
    // What follows the terms and the hold of a bet of which nothing is known: results, reasons, and nothing else.
    let (head, tail) = whole.split_at(whole.len() - 12);
    assert_eq!(tail, [1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let rows: [(&str, &[u8], bool); 5] = [
        ("one of each", &[1, 0, 1, 0], true),
        ("no result", &[0, 1, 0], false),
        ("no reason", &[1, 0, 0], false),
        ("two results", &[2, 0, 0, 1, 0], false),
        ("two of each", &[2, 0, 0, 2, 0, 0], false),
    ];
    for (what, legs, is_one) in rows {
        let bytes = [head, legs, &tail[4..]].concat();
        assert_eq!(
            postcard::from_bytes::<Bet>(&bytes).as_ref() == Ok(&bet),
            is_one,
            "{what}"
        );
        assert_eq!(postcard::from_bytes::<Bet>(&bytes).is_ok(), is_one, "{what}");
    }
}
