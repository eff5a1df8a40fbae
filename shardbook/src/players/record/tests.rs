use shardbook_proto::client::v1::{BetLeg, BetStatus, Leg, PlaceBet, PricePolicy};

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
        ..BetLeg::default()
    };
    let stake = "5.00".to_string();
    Bet {
        bet_id: "b1".into(),
        stake,
        currency: "EUR".into(),
        legs: vec![leg],
        status: 1,
        lines: 1,
        unit_stake: "5.00".into(),
        ..Bet::default()
    }
}

fn taken(bet: Bet) -> Answer {
    Answer::Placed(vec![bet])
}

fn waits(slip: &str, until_ms: i64) -> Answer {
    let slip = slip.into();
    Answer::Waits { slip, until_ms }
}

fn pending(expect: Expect, policy: PricePolicy) -> Pending {
    Pending {
        id: "c1".into(),
        asked: Asked::Bet(asked(policy)),
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
    let first = || Expect::SameAs(Box::new(taken(placed("2.50"))));
    let later = Bet {
        status: BetStatus::Won.into(),
        returned: "12.50".into(),
        settlements: 1,
        ..placed("2.50")
    };
    let rows = [
        (Expect::Fair, Exact, taken(placed("2.50")), ""),
        (Expect::Fair, Exact, taken(placed("2.5")), ""),
        (Expect::Fair, Exact, taken(placed("2.60")), "price 2.60 taken"),
        (Expect::Fair, Better, taken(placed("2.60")), ""),
        (Expect::Fair, Better, taken(placed("2.40")), "price 2.40 taken"),
        (Expect::Fair, Any, taken(placed("1.01")), ""),
        (Expect::Fair, Any, taken(placed("cheap")), "no decimal"),
        (
            Expect::Fair,
            Any,
            taken(Bet {
                stake: "6.00".into(),
                ..placed("2.50")
            }),
            "staked 6.00",
        ),
        (
            Expect::Fair,
            Any,
            taken(Bet {
                currency: "GBP".into(),
                ..placed("2.50")
            }),
            "staked 5.00 GBP",
        ),
        (
            Expect::Fair,
            Any,
            taken(Bet {
                legs: vec![],
                ..placed("2.50")
            }),
            "0 legs",
        ),
        (
            Expect::Fair,
            Any,
            taken(Bet {
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
            taken(placed("2.50")),
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
            taken(placed("2.50")),
            "must be COMMAND_ID_REUSED",
        ),
        (first(), Any, taken(placed("2.50")), ""),
        (first(), Any, taken(later), ""),
        (
            first(),
            Any,
            taken(Bet {
                bet_id: "b2".into(),
                ..placed("2.50")
            }),
            "the repeat was answered",
        ),
        (first(), Any, refused("MARKET_SUSPENDED"), "the repeat was answered"),
        (Expect::Fair, Any, waits("s1", 5), ""),
        (Expect::Fair, Any, waits("", 5), "waits until"),
        (Expect::Fair, Any, waits("s1", 0), "waits until"),
        (
            Expect::Refusal(Mistake::StalePrice),
            Any,
            waits("s1", 5),
            "stale price was accepted",
        ),
        (Expect::SameAs(Box::new(waits("s1", 5))), Any, waits("s1", 5), ""),
        (
            Expect::SameAs(Box::new(waits("s1", 5))),
            Any,
            waits("s2", 5),
            "the repeat was answered",
        ),
        (
            Expect::SameAs(Box::new(waits("s1", 5))),
            Any,
            taken(placed("2.50")),
            "the repeat was answered",
        ),
    ];
    for (expect, policy, answer, wrong) in rows {
        let pending = pending(expect, policy);
        let judged = Record::default().answered(&pending, &answer, 1);
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
    let answer = taken(placed("2.50"));
    record
        .answered(&pending(Expect::Fair, PricePolicy::Any), &answer, 1)
        .expect("the first");
    let other = Pending {
        id: "c2".into(),
        ..pending(Expect::Fair, PricePolicy::Any)
    };
    assert!(
        record
            .answered(&other, &answer, 2)
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

/// Protects the wallet while bets are placed: where nothing else came between, the answer holds exactly their stakes.
#[test]
fn stakes_are_held() {
    let balance = |version, available: &str, held: &str| Balance {
        version,
        available: available.into(),
        held: held.into(),
        ..Balance::default()
    };
    let record = Record {
        balance: Some(balance(7, "20", "")),
        ..Record::default()
    };
    let bet = Asked::Bet(asked(PricePolicy::Any));
    for (told, fine) in [
        (balance(8, "15", "5"), true),
        (balance(8, "15", "6"), false),
        (balance(8, "14", "5"), false),
        (balance(9, "99", "5"), true),
    ] {
        for answer in [taken(placed("2.50")), waits("s1", 5)] {
            assert_eq!(
                record.held_by(&bet, &answer, &told).is_ok(),
                fine,
                "{answer:?} {told:?}"
            );
        }
    }
}

/// Protects a player who was away when a slip was decided: its bets are found among those that no answer named, and not
/// among others.
#[test]
fn bets_of_a_slip_that_nobody_told_are_found() {
    let waited = Waiting {
        pending: pending(Expect::Fair, PricePolicy::Any),
        until_ms: 1_000,
    };
    let listed = |id: &str, placed_ms, stake: &str| Bet {
        bet_id: id.into(),
        placed_ms,
        stake: stake.into(),
        unit_stake: stake.into(),
        ..placed("2.50")
    };
    let mut record = Record::default();
    let of = |record: &Record, bets: &[Bet]| record.bets_of(&waited, bets).map(|bets| bets[0].bet_id.clone());
    let bets = [
        listed("p-12", 1_001, "5"),
        listed("p-9", 1_001, "5"),
        listed("p-8", 1_001, "6"),
    ];
    assert_eq!(of(&record, &bets).as_deref(), Some("p-9"));
    record.placed("other", &bets[1..2], 1).expect("was not placed before");
    assert_eq!(of(&record, &bets).as_deref(), Some("p-12"));
    assert_eq!(of(&record, &[listed("p-7", 999, "5")]), None, "placed before its time");
    assert_eq!(of(&record, &[listed("p-7", 1_000, "6")]), None, "another stake");
}

/// Protects the sum of sales: the bet must tell all stake that was sold and all that was paid, and no other price is
/// taken than the one that was kept.
#[test]
fn sales_are_judged() {
    let sale = Pending {
        asked: Asked::Sale(Sale {
            bet_id: "b1".into(),
            stake: "2".into(),
            amount: "1.80".into(),
        }),
        ..pending(Expect::Fair, PricePolicy::Any)
    };
    let sold = |stake: &str, paid: &str, told: i64| Answer::Sold {
        bet: Box::new(Bet {
            cashed_stake: stake.into(),
            cashed_paid: paid.into(),
            ..placed("2.50")
        }),
        paid: Decimal::new(told, 2),
    };
    let holder = || {
        let mut record = Record::default();
        record
            .placed("c0", &[placed("2.50")], 1)
            .expect("was not placed before");
        record
    };
    let mut record = holder();
    for answer in [sold("2.00", "1.80", 180), sold("4.00", "3.60", 180)] {
        assert_eq!(record.answered(&sale, &answer, 2), Ok(()));
    }
    for (answer, wrong) in [
        (sold("2.00", "1.70", 170), "was answered with 1.70"),
        (sold("3.00", "1.80", 180), "stake of 2 sold for 1.80"),
        (sold("2.00", "3.60", 180), "stake of 2 sold for 1.80"),
        (taken(placed("2.50")), "was answered"),
    ] {
        let said = holder().answered(&sale, &answer, 2).expect_err(wrong);
        assert!(said.contains(wrong), "{said}");
    }
    let said = Record::default().answered(&sale, &sold("2.00", "1.80", 180), 2);
    assert!(said.expect_err("no bet").contains("never placed"));
}

/// Protects the final comparison against pushes that overtake each other: what was told at an older version of the wallet
/// replaces nothing.
#[test]
fn older_pushes_change_nothing() {
    let mut record = Record::default();
    record
        .placed("c0", &[placed("2.50")], 3)
        .expect("was not placed before");
    let told = |returned: &str| Bet {
        returned: returned.into(),
        ..placed("2.50")
    };
    for (version, returned, then) in [(5, "10", "10"), (4, "0", "10"), (5, "11", "11")] {
        record.told_bet(told(returned), version);
        assert_eq!(record.bets["b1"].bet.returned, then, "version {version}");
    }
}
