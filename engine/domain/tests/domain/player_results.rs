//! Results on the way to bets: settlement, corrections, and what was settled long ago.

use shardbook_domain::bet::{BetStatus, LegOutcome};
use shardbook_domain::ids::{BetNo, SelectionNo};
use shardbook_domain::player::{Command, Event, SETTLED_BETS_HELD};

use crate::scene::{Scene, bet, check, on, result, resulted, rollback, settlement, tie, void, withdraw};

const WON: LegOutcome = LegOutcome::WON;
const LOST: LegOutcome = LegOutcome::Lost;

/// 10.00 at 2.50 out of 100.00.
fn single() -> Scene {
    Scene::player_with("100.00").after(bet("10.00", &[(on(1, 1), "2.50")]))
}

/// 10.00 on a double at 2.50 x 2.50 out of 100.00.
fn double() -> Scene {
    Scene::player_with("100.00").after(bet("10.00", &[(on(1, 1), "2.50"), (on(2, 1), "2.50")]))
}

const SETTLED: &str = "LegDecided BetSettled";
const CORRECTED: &str = "LegDecided BetUnsettled BetSettled";

/// Protects what a result pays.
#[test]
fn settlement_rows() {
    check(vec![
        ("won", single(), result(1, 1, 1, WON), Ok((SETTLED, "11500 0 0"))),
        ("lost", single(), result(1, 1, 1, LOST), Ok((SETTLED, "9000 0 0"))),
        (
            "void",
            single(),
            result(1, 1, 1, LegOutcome::Void),
            Ok((SETTLED, "10000 0 0")),
        ),
        ("void market", single(), void(1, 1, 1), Ok((SETTLED, "10000 0 0"))),
        (
            "half won",
            single(),
            result(1, 1, 1, LegOutcome::HalfWon),
            Ok((SETTLED, "10750 0 0")),
        ),
        (
            "half lost",
            single(),
            result(1, 1, 1, LegOutcome::HalfLost),
            Ok((SETTLED, "9500 0 0")),
        ),
        (
            "dead heat of two",
            single(),
            result(1, 1, 1, tie(1, 2)),
            Ok((SETTLED, "10250 0 0")),
        ),
        (
            "double, first won",
            double(),
            result(1, 1, 1, WON),
            Ok(("LegDecided", "9000 1000 0")),
        ),
        (
            "double, first lost",
            double(),
            result(1, 1, 1, LOST),
            Ok((SETTLED, "9000 0 0")),
        ),
        (
            "double, both won",
            double().after(result(1, 1, 1, WON)),
            result(1, 2, 1, WON),
            Ok((SETTLED, "15250 0 0")),
        ),
        (
            "double, void leg counts as 1",
            double().after(void(1, 1, 1)),
            result(1, 2, 1, WON),
            Ok((SETTLED, "11500 0 0")),
        ),
        (
            "double, both void",
            double().after(void(1, 1, 1)),
            void(1, 2, 1),
            Ok((SETTLED, "10000 0 0")),
        ),
        (
            "double, lost already",
            double().after(result(1, 1, 1, LOST)),
            result(1, 2, 1, WON),
            Ok(("LegDecided", "9000 0 0")),
        ),
    ]);
}

/// Protects B-1: a version settles once, and an old version changes nothing.
#[test]
fn repetition_rows() {
    let won = || single().after(result(1, 1, 2, WON));
    check(vec![
        ("the same again", won(), result(1, 1, 2, WON), Ok(("", "11500 0 0"))),
        (
            "the same version with another content",
            won(),
            result(1, 1, 2, LOST),
            Ok(("", "11500 0 0")),
        ),
        ("an older version", won(), result(1, 1, 1, LOST), Ok(("", "11500 0 0"))),
        ("an older rollback", won(), rollback(1, 1, 1), Ok(("", "11500 0 0"))),
        (
            "a newer version that says the same",
            won(),
            result(1, 1, 3, WON),
            Ok(("", "11500 0 0")),
        ),
    ]);
}

/// Protects corrections: compensated to the cent, and owed where the money is gone.
#[test]
fn correction_rows() {
    let won = || single().after(result(1, 1, 1, WON));
    let spent = || won().after(withdraw("115.00"));
    let owing = || spent().after(result(1, 1, 2, LOST));
    let voided = || single().after(void(1, 1, 1));
    check(vec![
        (
            "won, then lost",
            won(),
            result(1, 1, 2, LOST),
            Ok((CORRECTED, "9000 0 0")),
        ),
        (
            "lost, then won",
            single().after(result(1, 1, 1, LOST)),
            result(1, 1, 2, WON),
            Ok((CORRECTED, "11500 0 0")),
        ),
        ("won, then void", won(), void(1, 1, 2), Ok((CORRECTED, "10000 0 0"))),
        (
            "void, then won",
            voided(),
            result(1, 1, 2, WON),
            Ok((CORRECTED, "11500 0 0")),
        ),
        (
            "won, taken back",
            won(),
            rollback(1, 1, 2),
            Ok(("LegDecided BetUnsettled", "9000 1000 0")),
        ),
        (
            "void, taken back",
            voided(),
            rollback(1, 1, 2),
            Ok(("LegDecided BetUnsettled", "9000 1000 0")),
        ),
        (
            "taken back, then won",
            won().after(rollback(1, 1, 2)),
            result(1, 1, 3, WON),
            Ok((SETTLED, "11500 0 0")),
        ),
        (
            "never resulted, taken back",
            single(),
            rollback(1, 1, 1),
            Ok(("", "9000 1000 0")),
        ),
        (
            "spent, then lost: owed",
            spent(),
            result(1, 1, 2, LOST),
            Ok((CORRECTED, "0 0 2500")),
        ),
        (
            "spent, taken back: owed",
            spent(),
            rollback(1, 1, 2),
            Ok(("LegDecided BetUnsettled", "0 1000 2500")),
        ),
        (
            "owed, then won after all",
            owing(),
            result(1, 1, 3, WON),
            Ok((CORRECTED, "0 0 0")),
        ),
        ("owed, then void", owing(), void(1, 1, 3), Ok((CORRECTED, "0 0 1500"))),
        (
            "void and spent, taken back",
            voided().after(withdraw("95.00")),
            rollback(1, 1, 2),
            Ok(("LegDecided BetUnsettled", "0 1000 500")),
        ),
        (
            "double lost, then won",
            double().after(result(1, 1, 1, LOST)).after(result(1, 2, 1, WON)),
            result(1, 1, 2, WON),
            Ok((CORRECTED, "15250 0 0")),
        ),
        (
            "double lost, leg taken back",
            double().after(result(1, 1, 1, LOST)),
            rollback(1, 1, 2),
            Ok(("LegDecided BetUnsettled", "9000 1000 0")),
        ),
    ]);
}

/// Protects bets from results that are not theirs.
#[test]
fn wrong_result_rows() {
    let of_second = settlement(1, 1, 1, resulted(&[(SelectionNo(2), WON)]));
    check(vec![
        (
            "a stranger",
            Scene::stranger(),
            result(1, 1, 1, WON),
            Err("NOT_REGISTERED"),
        ),
        ("a bet never placed", single(), result(2, 1, 1, WON), Err("BET_UNKNOWN")),
        (
            "no bet has number 0",
            single(),
            result(0, 1, 1, WON),
            Err("BET_UNKNOWN"),
        ),
        ("another event", single(), result(1, 2, 1, WON), Err("NO_LEG_ON_MARKET")),
        (
            "a selection left out",
            single(),
            of_second,
            Err("RESULT_INCOMPLETE leg 0"),
        ),
        (
            "no version",
            single(),
            result(1, 1, 0, WON),
            Err("RESULT_WITHOUT_VERSION"),
        ),
    ]);
}

/// Settles so many bets after the first that the first is not held any more.
fn forgotten() -> Scene {
    let mut scene = single().after(result(1, 1, 1, WON));
    for n in 2..=SETTLED_BETS_HELD as u32 + 1 {
        scene = scene
            .after(bet("1.00", &[(on(2, 1), "2.50")]))
            .after(result(n, 2, 1, LOST));
    }
    scene
}

fn with_recalled(command: Command, scene: &Scene, bet: u32) -> Command {
    match command {
        Command::ApplyResult {
            bet: no,
            event,
            market,
            version,
            settlement,
            ..
        } => {
            let recalled = Some(scene.history_of(BetNo(bet)));
            Command::ApplyResult {
                bet: no,
                event,
                market,
                version,
                settlement,
                recalled,
            }
        }
        other => other,
    }
}

/// Protects corrections of bets that were settled long ago: they are read back from history, whole.
#[test]
fn recalled_rows() {
    let lost = || result(1, 1, 2, LOST);
    let recalled = |bet| with_recalled(lost(), &forgotten(), bet);
    assert_eq!(forgotten().state.bet(BetNo(1)), None);
    check(vec![
        ("not held", forgotten(), lost(), Err("BET_NOT_HELD")),
        (
            "read back",
            forgotten(),
            recalled(1),
            Ok(("BetRestored LegDecided BetUnsettled BetSettled", "8200 0 0")),
        ),
        (
            "another bet read back",
            forgotten(),
            recalled(2),
            Err("RECALLED_OTHER_BET"),
        ),
        (
            "an old version needs nothing",
            forgotten(),
            with_recalled(result(1, 1, 1, LOST), &forgotten(), 1),
            Ok(("", "10700 0 0")),
        ),
    ]);
    let open = Some(single().history_of(BetNo(1)));
    let Command::ApplyResult {
        bet,
        event,
        market,
        version,
        settlement,
        ..
    } = lost()
    else {
        unreachable!()
    };
    let open = Command::ApplyResult {
        bet,
        event,
        market,
        version,
        settlement,
        recalled: open,
    };
    check(vec![(
        "an open bet was never forgotten",
        forgotten(),
        open,
        Err("RECALLED_OTHER_BET"),
    )]);
}

/// Protects history as the source of a bet: folded from its own events it is the bet that the player holds.
#[test]
fn a_bet_is_the_fold_of_its_history() {
    let scene = double()
        .after(result(1, 1, 1, WON))
        .after(result(1, 2, 1, WON))
        .after(rollback(1, 2, 2));
    let scene = scene.after(result(1, 2, 3, LOST));
    let held = scene.state.bet(BetNo(1)).expect("held");
    assert_eq!(scene.folded(BetNo(1)).as_ref(), Some(&*held));
    assert_eq!(
        (held.status, held.settlements(), held.returned().0),
        (BetStatus::Lost, 2, 0)
    );
    let unplaced: Vec<Event> = scene
        .history
        .iter()
        .filter(|event| event.bet().is_some())
        .skip(1)
        .cloned()
        .collect();
    assert_eq!(shardbook_domain::bet::Bet::fold(&unplaced), None);
}

/// Protects the size of a resident player: of settled bets only the latest are held.
#[test]
fn only_the_latest_settled_bets_are_held() {
    let scene = forgotten();
    let held: Vec<u32> = scene.state.settled_bets().map(|bet| bet.no().0).collect();
    assert_eq!(held, (2..=9).collect::<Vec<u32>>());
    assert_eq!(scene.state.open_bets().len(), 0);
    assert!(
        std::mem::size_of_val(&scene.state) < 1024,
        "a player with an empty slip stays small"
    );
}
