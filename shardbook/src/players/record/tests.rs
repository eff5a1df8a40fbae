use shardbook_proto::client::v1::{BetStatus, Leg};

use super::*;

fn asked(policy: PricePolicy) -> PlaceBet {
    let leg = Leg {
        event: "e".into(),
        market: 1,
        selection: 2,
        price: "2.50".into(),
    };
    PlaceBet {
        legs: vec![leg],
        stake: "5".into(),
        currency: "EUR".into(),
        policy: policy.into(),
    }
}

fn placed(price: &str) -> Bet {
    let leg = BetLeg {
        event: "e".into(),
        market: 1,
        selection: 2,
        price: price.into(),
        status: 1,
    };
    let stake = "5.00".to_string();
    Bet {
        bet_id: "b1".into(),
        stake,
        currency: "EUR".into(),
        legs: vec![leg],
        status: 1,
        ..Bet::default()
    }
}

fn pending(expect: Expect, policy: PricePolicy) -> Pending {
    Pending {
        id: "c1".into(),
        bet: asked(policy),
        expect,
        sent: Instant::now(),
        retried: false,
    }
}

/// What a player takes from a server: each row that must be found wrong says why.
#[test]
fn answers_are_judged() {
    use PricePolicy::{Any, Better, Exact};
    let refused = |code: &str| Answer::Refused(code.into());
    let first = || Expect::SameAs(Box::new(Answer::Placed(placed("2.50"))));
    let later = Bet {
        status: BetStatus::Won.into(),
        returned: "12.50".into(),
        settlements: 1,
        ..placed("2.50")
    };
    let rows = [
        (Expect::Fair, Exact, Answer::Placed(placed("2.50")), ""),
        (Expect::Fair, Exact, Answer::Placed(placed("2.5")), ""),
        (Expect::Fair, Exact, Answer::Placed(placed("2.60")), "price 2.60 taken"),
        (Expect::Fair, Better, Answer::Placed(placed("2.60")), ""),
        (Expect::Fair, Better, Answer::Placed(placed("2.40")), "price 2.40 taken"),
        (Expect::Fair, Any, Answer::Placed(placed("1.01")), ""),
        (Expect::Fair, Any, Answer::Placed(placed("cheap")), "no decimal"),
        (
            Expect::Fair,
            Any,
            Answer::Placed(Bet {
                stake: "6.00".into(),
                ..placed("2.50")
            }),
            "staked 6.00",
        ),
        (
            Expect::Fair,
            Any,
            Answer::Placed(Bet {
                currency: "GBP".into(),
                ..placed("2.50")
            }),
            "staked 5.00 GBP",
        ),
        (
            Expect::Fair,
            Any,
            Answer::Placed(Bet {
                legs: vec![],
                ..placed("2.50")
            }),
            "0 legs",
        ),
        (
            Expect::Fair,
            Any,
            Answer::Placed(Bet {
                bet_id: String::new(),
                ..placed("2.50")
            }),
            "without a bet id",
        ),
        (Expect::Fair, Any, refused("MARKET_SUSPENDED"), ""),
        (Expect::Fair, Any, refused(""), "without a code"),
        (Expect::Refusal(Mistake::StakeZero), Any, refused("STAKE_ZERO"), ""),
        (
            Expect::Refusal(Mistake::StakeZero),
            Any,
            Answer::Placed(placed("2.50")),
            "stake of zero was accepted",
        ),
        (Expect::IdReused, Any, refused("COMMAND_ID_REUSED"), ""),
        (
            Expect::IdReused,
            Any,
            refused("STAKE_ZERO"),
            "must be COMMAND_ID_REUSED",
        ),
        (
            Expect::IdReused,
            Any,
            Answer::Placed(placed("2.50")),
            "must be COMMAND_ID_REUSED",
        ),
        (first(), Any, Answer::Placed(placed("2.50")), ""),
        (first(), Any, Answer::Placed(later), ""),
        (
            first(),
            Any,
            Answer::Placed(Bet {
                bet_id: "b2".into(),
                ..placed("2.50")
            }),
            "the repeat was answered",
        ),
        (first(), Any, refused("MARKET_SUSPENDED"), "the repeat was answered"),
    ];
    for (expect, policy, answer, wrong) in rows {
        let pending = pending(expect, policy);
        let judged = Record::default().answered(&pending, &answer);
        let said = judged.err().unwrap_or_default();
        assert!(
            said.is_empty() == wrong.is_empty() && said.contains(wrong),
            "{pending:?} {answer:?}: {said:?}"
        );
    }
}

/// One bet placed by two commands would be a doubled answer, whatever the server's list says.
#[test]
fn a_bet_belongs_to_one_command() {
    let mut record = Record::default();
    let answer = Answer::Placed(placed("2.50"));
    record
        .answered(&pending(Expect::Fair, PricePolicy::Any), &answer)
        .expect("the first");
    let other = Pending {
        id: "c2".into(),
        ..pending(Expect::Fair, PricePolicy::Any)
    };
    assert!(
        record
            .answered(&other, &answer)
            .expect_err("the second")
            .contains("already placed by command c1")
    );
}

/// Balances come by answers and pushes in any order: the newest stands, and one version has one balance.
#[test]
fn the_newest_balance_stands() {
    let balance = |version, available: &str| Balance {
        version,
        available: available.into(),
        ..Balance::default()
    };
    let mut record = Record::default();
    for (told, fine, then) in [
        (balance(2, "10"), true, 2),
        (balance(1, "99"), true, 2),
        (balance(2, "10"), true, 2),
        (balance(2, "11"), false, 2),
        (balance(3, "11"), true, 3),
    ] {
        assert_eq!(record.told_balance(told.clone()).is_ok(), fine, "{told:?}");
        assert_eq!(
            record.balance.as_ref().map(|balance| balance.version),
            Some(then),
            "{told:?}"
        );
    }
}
