//! Free bets from the house.

use shardbook_domain::ledger::Account;
use shardbook_domain::player::{AccountStatus, Command};

use crate::scene::{Scene, bet, check, eur, gbp, minor, on, withdraw};

fn grant(amount: &str) -> Command {
    granted(eur(amount), "welcome")
}

fn granted(amount: shardbook_domain::money::Money, reason: &str) -> Command {
    let reason = reason.to_owned();
    Command::GrantFreeBet { amount, reason }
}

/// Protects what is granted: for whom, how much, and that it is no money.
#[test]
fn grant_rows() {
    let player = || Scene::player_with("10.00");
    let excluded = || {
        let scene = player();
        let until = scene.now.plus_ms(3_600_000);
        scene.after(Command::SelfExclude { until })
    };
    let set = |status| {
        let reason = "review".to_owned();
        player().after(Command::SetStatus { status, reason })
    };
    check(vec![
        (
            "a free bet",
            player(),
            grant("5.00"),
            Ok(("FreeBetGranted", "1000 0 0")),
        ),
        (
            "without money",
            Scene::player(),
            grant("5.00"),
            Ok(("FreeBetGranted", "0 0 0")),
        ),
        (
            "as much as is allowed",
            player(),
            grant("10000.00"),
            Ok(("FreeBetGranted", "1000 0 0")),
        ),
        ("more", player(), grant("10000.01"), Err("FREE_BET_AMOUNT")),
        ("nothing", player(), grant("0.00"), Err("FREE_BET_AMOUNT")),
        (
            "less than nothing",
            player(),
            granted(minor(-1), "welcome"),
            Err("FREE_BET_AMOUNT"),
        ),
        (
            "in another currency",
            player(),
            granted(gbp("5.00"), "welcome"),
            Err("CURRENCY_MISMATCH"),
        ),
        (
            "without a reason",
            player(),
            granted(eur("5.00"), ""),
            Err("REASON_INVALID"),
        ),
        (
            "with too long a reason",
            player(),
            granted(eur("5.00"), &"x".repeat(201)),
            Err("REASON_INVALID"),
        ),
        (
            "with a reason that is no text",
            player(),
            granted(eur("5.00"), "a\0b"),
            Err("REASON_INVALID"),
        ),
        (
            "for a stranger",
            Scene::stranger(),
            grant("5.00"),
            Err("NOT_REGISTERED"),
        ),
        (
            "for one who is excluded",
            excluded(),
            grant("5.00"),
            Err("SELF_EXCLUDED"),
        ),
        (
            "under review",
            set(AccountStatus::Suspended),
            grant("5.00"),
            Err("ACCOUNT_SUSPENDED"),
        ),
        (
            "after closing",
            set(AccountStatus::Closed),
            grant("5.00"),
            Err("ACCOUNT_CLOSED"),
        ),
        (
            "it cannot be withdrawn",
            Scene::player().after(grant("5.00")),
            withdraw("5.00"),
            Err("INSUFFICIENT_FUNDS at most 0.00"),
        ),
        (
            "it pays no bet of money",
            Scene::player().after(grant("5.00")),
            bet("5.00", &[(on(1, 1), "2.50")]),
            Err("INSUFFICIENT_FUNDS at most 0.00"),
        ),
    ]);
}

/// Protects the house's books: what is granted is the house's cost and the player's to stake.
#[test]
fn grants_add_up() {
    let scene = Scene::player_with("10.00").after(grant("5.00")).after(grant("2.50"));
    assert_eq!(scene.state.free_bets().0, 750);
    assert_eq!(scene.state.ledger().balance(Account::Promotions).0, 750);
    assert_eq!(scene.state.ledger().balance(Account::CashierFunds).0, 1_000);
    let replayed = scene
        .history
        .iter()
        .fold(shardbook_domain::player::State::default(), |mut state, event| {
            state.apply(event);
            state
        });
    assert_eq!(replayed, scene.state);
}
