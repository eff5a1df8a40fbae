//! Account status and self-exclusion.

use shardbook_domain::player::{AccountStatus, Command};
use shardbook_domain::time::{HOUR_MS, Time};

use crate::scene::{START, Scene, bet, check, deposit, on, result, withdraw};

fn set(status: AccountStatus, reason: &str) -> Command {
    Command::SetStatus {
        status,
        reason: reason.to_owned(),
    }
}

fn exclude(hours: u64) -> Command {
    Command::SelfExclude {
        until: START.plus_ms(hours * HOUR_MS),
    }
}

/// Protects the operator's decisions on accounts.
#[test]
fn status_rows() {
    use AccountStatus::{Active, Closed, Suspended};
    let in_status = |status| Scene::player_with("10.00").after(set(status, "review"));
    let long = "x".repeat(201);
    check(vec![
        (
            "suspended",
            Scene::player(),
            set(Suspended, "documents"),
            Ok(("StatusSet", "0 0 0")),
        ),
        (
            "as it is already",
            in_status(Suspended),
            set(Suspended, "again"),
            Ok(("", "1000 0 0")),
        ),
        (
            "active again",
            in_status(Suspended),
            set(Active, "cleared"),
            Ok(("StatusSet", "1000 0 0")),
        ),
        (
            "closed is for good",
            in_status(Closed),
            set(Active, "sorry"),
            Err("ACCOUNT_CLOSED"),
        ),
        (
            "a reason is needed",
            Scene::player(),
            set(Closed, ""),
            Err("REASON_INVALID"),
        ),
        (
            "a short one",
            Scene::player(),
            set(Closed, &long),
            Err("REASON_INVALID"),
        ),
        (
            "in one line",
            Scene::player(),
            set(Closed, "a\nb"),
            Err("REASON_INVALID"),
        ),
        (
            "a stranger has no status",
            Scene::stranger(),
            set(Closed, "x"),
            Err("NOT_REGISTERED"),
        ),
        (
            "no bet under review",
            in_status(Suspended),
            bet("1.00", &[(on(1, 1), "2.50")]),
            Err("ACCOUNT_SUSPENDED"),
        ),
        (
            "no bet when closed",
            in_status(Closed),
            bet("1.00", &[(on(1, 1), "2.50")]),
            Err("ACCOUNT_CLOSED"),
        ),
    ]);
}

/// Protects that bets taken before a review are still settled.
#[test]
fn open_bets_are_settled_under_review() {
    let scene = Scene::player_with("10.00").after(bet("4.00", &[(on(1, 1), "2.50")]));
    let scene = scene.after(set(AccountStatus::Suspended, "review"));
    let won = result(1, 1, 1, shardbook_domain::bet::LegOutcome::WON);
    check(vec![(
        "won under review",
        scene,
        won,
        Ok(("LegDecided BetSettled", "1600 0 0")),
    )]);
}

/// Protects players from themselves: an exclusion holds at once and can only be prolonged.
#[test]
fn exclusion_rows() {
    let excluded = || Scene::player_with("10.00").after(exclude(48));
    check(vec![
        ("excluded", Scene::player(), exclude(48), Ok(("SelfExcluded", "0 0 0"))),
        (
            "into the past",
            Scene::player(),
            exclude(0),
            Err("EXCLUSION_IN_THE_PAST"),
        ),
        (
            "long past",
            Scene::player(),
            Command::SelfExclude { until: Time(1) },
            Err("EXCLUSION_IN_THE_PAST"),
        ),
        ("shortened", excluded(), exclude(47), Err("EXCLUSION_TOO_SHORT")),
        (
            "the same again",
            excluded(),
            exclude(48),
            Ok(("SelfExcluded", "1000 0 0")),
        ),
        ("prolonged", excluded(), exclude(49), Ok(("SelfExcluded", "1000 0 0"))),
        ("no deposit", excluded(), deposit("10.00"), Err("SELF_EXCLUDED")),
        (
            "no bet",
            excluded(),
            bet("1.00", &[(on(1, 1), "2.50")]),
            Err("SELF_EXCLUDED"),
        ),
        (
            "but a withdrawal",
            excluded(),
            withdraw("10.00"),
            Ok(("Withdrawn", "0 0 0")),
        ),
        (
            "still in the last hour",
            excluded().hours_later(47),
            deposit("10.00"),
            Err("SELF_EXCLUDED"),
        ),
        (
            "over at its end",
            excluded().hours_later(48),
            deposit("10.00"),
            Ok(("Deposited", "2000 0 0")),
        ),
        ("a stranger", Scene::stranger(), exclude(48), Err("NOT_REGISTERED")),
    ]);
}
