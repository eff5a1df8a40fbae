//! Registration, deposits and withdrawals.

use shardbook_domain::money::Currency;
use shardbook_domain::player::{AccountStatus, Command, LimitKind, Reply, State, reply};
use shardbook_domain::rules::Rules;

use crate::scene::{Scene, bet, check, deposit, gbp, minor, on, register, result, withdraw};

fn register_as(brand: &str, reference: &str, currency: &str) -> Command {
    let currency = Currency::new(currency).expect("known");
    Command::Register {
        brand: brand.to_owned(),
        reference: reference.to_owned(),
        currency,
    }
}

fn set_status(status: AccountStatus) -> Command {
    Command::SetStatus {
        status,
        reason: "review".to_owned(),
    }
}

/// Protects who can have a wallet.
#[test]
fn register_rows() {
    check(vec![
        (
            "a stranger gets a wallet",
            Scene::stranger(),
            register(),
            Ok(("Registered", "0 0 0")),
        ),
        (
            "a repetition changes nothing",
            Scene::player(),
            register(),
            Ok(("", "0 0 0")),
        ),
        (
            "a wallet keeps its currency",
            Scene::player(),
            register_as("acme", "anna", "GBP"),
            Err("CURRENCY_MISMATCH"),
        ),
        (
            "an id has one owner",
            Scene::player(),
            register_as("acme", "bob", "EUR"),
            Err("IDENTITY_TAKEN"),
        ),
        (
            "a brand has a form",
            Scene::stranger(),
            register_as("Acme!", "anna", "EUR"),
            Err("IDENTITY_INVALID"),
        ),
        (
            "a reference has a form",
            Scene::stranger(),
            register_as("acme", "", "EUR"),
            Err("IDENTITY_INVALID"),
        ),
    ]);
}

/// Protects the way in for money.
#[test]
fn deposit_rows() {
    let limited = || {
        let limit = Command::SetLimit {
            kind: LimitKind::DepositDay,
            amount: Some(minor(5000).amount()),
        };
        Scene::player().after(limit).after(deposit("40.00"))
    };
    let indebted = || {
        let scene = Scene::player_with("10.00").after(bet("10.00", &[(on(1, 1), "2.50")]));
        let won = scene
            .after(result(1, 1, 1, shardbook_domain::bet::LegOutcome::WON))
            .after(withdraw("25.00"));
        won.after(result(1, 1, 2, shardbook_domain::bet::LegOutcome::Lost))
    };
    let rows = vec![
        (
            "money comes in",
            Scene::player(),
            deposit("10.00"),
            Ok(("Deposited", "1000 0 0")),
        ),
        (
            "a stranger has no wallet",
            Scene::stranger(),
            deposit("10.00"),
            Err("NOT_REGISTERED"),
        ),
        (
            "only in the wallet's currency",
            Scene::player(),
            Command::Deposit { amount: gbp("5.00") },
            Err("CURRENCY_MISMATCH"),
        ),
        (
            "nothing is no deposit",
            Scene::player(),
            deposit("0"),
            Err("AMOUNT_NOT_POSITIVE"),
        ),
        (
            "less than nothing neither",
            Scene::player(),
            Command::Deposit { amount: minor(-1) },
            Err("AMOUNT_NOT_POSITIVE"),
        ),
        (
            "below the smallest",
            Scene::player(),
            deposit("0.99"),
            Err("DEPOSIT_TOO_SMALL"),
        ),
        (
            "the smallest",
            Scene::player(),
            deposit("1.00"),
            Ok(("Deposited", "100 0 0")),
        ),
        (
            "the largest",
            Scene::player(),
            deposit("100000.00"),
            Ok(("Deposited", "10000000 0 0")),
        ),
        (
            "above the largest",
            Scene::player(),
            deposit("100000.01"),
            Err("DEPOSIT_TOO_LARGE"),
        ),
        (
            "the player's own limit, reached",
            limited(),
            deposit("10.00"),
            Ok(("Deposited", "5000 0 0")),
        ),
        (
            "the player's own limit, passed",
            limited(),
            deposit("10.01"),
            Err("DEPOSIT_LIMIT"),
        ),
        (
            "a day later it is free again",
            limited().hours_later(25),
            deposit("50.00"),
            Ok(("Deposited", "9000 0 0")),
        ),
        (
            "a debt is paid first",
            indebted(),
            deposit("30.00"),
            Ok(("Deposited", "500 0 0")),
        ),
        (
            "a debt is paid in part",
            indebted(),
            deposit("10.00"),
            Ok(("Deposited", "0 0 1500")),
        ),
        (
            "not under review",
            Scene::player().after(set_status(AccountStatus::Suspended)),
            deposit("10.00"),
            Err("ACCOUNT_SUSPENDED"),
        ),
        (
            "not when closed",
            Scene::player().after(set_status(AccountStatus::Closed)),
            deposit("10.00"),
            Err("ACCOUNT_CLOSED"),
        ),
    ];
    check(rows);
}

/// Protects the way out for money.
#[test]
fn withdraw_rows() {
    let staked = || Scene::player_with("10.00").after(bet("4.00", &[(on(1, 1), "2.50")]));
    let with = |status| Scene::player_with("10.00").after(set_status(status));
    check(vec![
        (
            "money goes out",
            Scene::player_with("10.00"),
            withdraw("4.00"),
            Ok(("Withdrawn", "600 0 0")),
        ),
        (
            "all of it",
            Scene::player_with("10.00"),
            withdraw("10.00"),
            Ok(("Withdrawn", "0 0 0")),
        ),
        (
            "more than there is",
            Scene::player_with("10.00"),
            withdraw("10.01"),
            Err("INSUFFICIENT_FUNDS at most 10.00"),
        ),
        (
            "stakes are held",
            staked(),
            withdraw("6.01"),
            Err("INSUFFICIENT_FUNDS at most 6.00"),
        ),
        (
            "what is not held",
            staked(),
            withdraw("6.00"),
            Ok(("Withdrawn", "0 400 0")),
        ),
        (
            "a stranger has no wallet",
            Scene::stranger(),
            withdraw("1.00"),
            Err("NOT_REGISTERED"),
        ),
        ("nothing", Scene::player(), withdraw("0"), Err("AMOUNT_NOT_POSITIVE")),
        (
            "less than nothing",
            Scene::player(),
            Command::Withdraw { amount: minor(-5) },
            Err("AMOUNT_NOT_POSITIVE"),
        ),
        (
            "other money",
            Scene::player(),
            Command::Withdraw { amount: gbp("5.00") },
            Err("CURRENCY_MISMATCH"),
        ),
        (
            "not under review",
            with(AccountStatus::Suspended),
            withdraw("1.00"),
            Err("ACCOUNT_SUSPENDED"),
        ),
        (
            "when closed",
            with(AccountStatus::Closed),
            withdraw("1.00"),
            Ok(("Withdrawn", "900 0 0")),
        ),
    ]);
}

/// Protects what the asker is told: always the wallet after the command.
#[test]
fn replies_tell_the_wallet() {
    let mut scene = Scene::stranger();
    let events = scene.run(&register()).expect("accepted");
    assert!(
        matches!(reply(&scene.state, &events, &scene.rules), Reply::Registered { balance } if balance.version == 0)
    );
    let events = scene.run(&deposit("10.00")).expect("accepted");
    let Reply::Balance(balance) = reply(&scene.state, &events, &scene.rules) else {
        panic!("a deposit tells the balance")
    };
    assert_eq!((balance.available.0, balance.held.0, balance.version), (1000, 0, 1));
    let events = scene.run(&register()).expect("accepted");
    assert_eq!(reply(&scene.state, &events, &scene.rules), Reply::Balance(balance));
    assert_eq!(reply(&State::default(), &[], &Rules::default()), Reply::Done);
}
