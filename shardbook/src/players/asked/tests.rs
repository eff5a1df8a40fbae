use super::*;

fn selection(event: &str) -> Leg {
    Leg {
        event: event.into(),
        market: 1,
        selection: 2,
        price: "2.50".into(),
    }
}

fn slip(kind: BetType, stake: &str, stake_kind: StakeKind) -> PlaceSlip {
    let bet = SlipBet {
        r#type: kind.into(),
        stake: stake.into(),
        stake_kind: stake_kind.into(),
        ..SlipBet::default()
    };
    PlaceSlip {
        selections: ["a", "b", "c", "d"].map(selection).to_vec(),
        bets: vec![bet],
        currency: "EUR".into(),
        ..PlaceSlip::default()
    }
}

fn taken(lines: u32, unit: &str, stake: &str) -> Bet {
    let leg = |event: &str| BetLeg {
        event: event.into(),
        market: 1,
        selection: 2,
        price: "2.50".into(),
        ..BetLeg::default()
    };
    Bet {
        bet_id: "b-1".into(),
        stake: stake.into(),
        unit_stake: unit.into(),
        lines,
        currency: "EUR".into(),
        legs: ["a", "b", "c", "d"].map(leg).to_vec(),
        ..Bet::default()
    }
}

/// Protects the check of lines against a house that stakes others than were asked: the players count for themselves.
#[test]
fn lines_are_counted() {
    let of = |kind: BetType, sizes: &[u32]| SlipBet {
        r#type: kind.into(),
        sizes: sizes.to_vec(),
        ..SlipBet::default()
    };
    for (bet, free, count) in [
        (of(BetType::All, &[]), 4, 1),
        (of(BetType::Singles, &[]), 5, 5),
        (of(BetType::Trixie, &[]), 3, 4),
        (of(BetType::Patent, &[]), 3, 7),
        (of(BetType::Yankee, &[]), 4, 11),
        (of(BetType::Lucky15, &[]), 4, 15),
        (of(BetType::Canadian, &[]), 5, 26),
        (of(BetType::Lucky31, &[]), 5, 31),
        (of(BetType::Heinz, &[]), 6, 57),
        (of(BetType::Lucky63, &[]), 6, 63),
        (of(BetType::SuperHeinz, &[]), 7, 120),
        (of(BetType::Goliath, &[]), 8, 247),
        (of(BetType::System, &[2, 3]), 5, 20),
        (of(BetType::System, &[4]), 3, 0),
    ] {
        assert_eq!(lines(&bet, free), count, "{bet:?}");
    }
}

/// Protects a player against other stakes, lines and bankers than asked, whichever way the stake was given.
#[test]
fn bets_of_a_slip_are_held_against_it() {
    let by_unit = || slip(BetType::Yankee, "0.50", StakeKind::Unit);
    let by_total = || slip(BetType::Yankee, "5.50", StakeKind::Total);
    for asked in [by_unit(), by_total()].map(Asked::Slip) {
        assert_eq!(asked.stakes(), Ok(Decimal::new(550, 2)), "{asked:?}");
        assert_eq!(asked.check(&[taken(11, "0.50", "5.50")]), Ok(()));
        let banker = |mut bet: Bet| {
            bet.legs[1].banker = true;
            bet
        };
        for (bets, says) in [
            (vec![taken(11, "0.50", "0.50")], "staked 0.50"),
            (vec![taken(15, "0.50", "5.50")], "15 lines"),
            (vec![taken(11, "0.55", "5.50")], "11 lines of 0.55"),
            (vec![banker(taken(11, "0.50", "5.50"))], "leg"),
            (vec![], "0 bets"),
            (vec![taken(11, "0.50", "5.50"); 2], "2 bets"),
        ] {
            let said = asked.check(&bets).expect_err(says);
            assert!(said.contains(says), "{said}");
        }
    }
    let some = |bet: SlipBet| SlipBet {
        selections: vec![1, 3],
        ..bet
    };
    let mut asked = slip(BetType::All, "2.00", StakeKind::Total);
    asked.bets = asked.bets.into_iter().map(some).collect();
    let double = Bet {
        legs: [1, 3].map(|at| taken(1, "", "").legs[at].clone()).to_vec(),
        ..taken(1, "2.00", "2.00")
    };
    assert_eq!(Asked::Slip(asked.clone()).check(std::slice::from_ref(&double)), Ok(()));
    let said = Asked::Slip(asked)
        .check(&[taken(1, "2.00", "2.00")])
        .expect_err("two legs");
    assert!(said.contains("4 legs, asked 2"), "{said}");
}
