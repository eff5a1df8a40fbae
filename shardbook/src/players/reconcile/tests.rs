use shardbook_proto::client::v1::{BetLeg, LegStatus, MarketImage, MarketStatus, SlipTaken};

use super::super::record::Held;
use super::*;

fn bet(id: &str, status: BetStatus, stake: &str, returned: &str) -> Bet {
    let settlements = u32::from(status != BetStatus::Open);
    let leg = BetLeg {
        event: "e".into(),
        market: 1,
        status: LegStatus::Open.into(),
        ..BetLeg::default()
    };
    let (status, legs) = (status.into(), vec![leg]);
    let (stake, returned) = (stake.into(), returned.into());
    Bet {
        bet_id: id.into(),
        status,
        stake,
        returned,
        settlements,
        legs,
        ..Bet::default()
    }
}

fn balance(available: &str, held: &str, version: u64) -> Balance {
    Balance {
        available: available.into(),
        held: held.into(),
        version,
        ..Balance::default()
    }
}

/// A player that deposited 100 and was answered an open bet of 10 and a won one of 5 that returned 20.
fn player() -> (Record, Vec<Bet>, Balance) {
    let listed = vec![
        bet("open", BetStatus::Open, "10", ""),
        bet("won", BetStatus::Won, "5", "20"),
    ];
    let held = |bet: &Bet| {
        (
            bet.bet_id.clone(),
            Held {
                command: format!("c-{}", bet.bet_id),
                bet: bet.clone(),
                version: 1,
                sold: (Decimal::ZERO, Decimal::ZERO),
            },
        )
    };
    let bets = listed.iter().map(held).collect();
    let record = Record {
        bets,
        deposited: Decimal::ONE_HUNDRED,
        ..Record::default()
    };
    (record, listed, balance("105", "10", 7))
}

fn found(spoil: impl FnOnce(&mut Record, &mut Vec<Bet>, &mut Balance)) -> Vec<String> {
    let (mut record, mut listed, mut balance) = player();
    spoil(&mut record, &mut listed, &mut balance);
    reconcile(&record, &Book::default(), &listed, &balance).mismatches
}

/// Whatever a server could get wrong with a player's bets and money must be found, and nothing where all is right.
#[test]
fn differences_are_found() {
    assert_eq!(found(|_, _, _| {}), Vec::<String>::new());
    type Spoil = fn(&mut Record, &mut Vec<Bet>, &mut Balance);
    let rows: [(&str, Spoil); 9] = [
        ("bet open, answered to c-open, is not listed", |_, listed, _| {
            _ = listed.remove(0)
        }),
        ("bet open is listed twice", |_, listed, _| {
            listed.push(bet("open", BetStatus::Open, "10", ""))
        }),
        ("bet stray is listed, but no answer named it", |_, listed, _| {
            listed.push(bet("stray", BetStatus::Lost, "0", "0"));
        }),
        ("bet open was placed as", |_, listed, _| listed[0].stake = "11".into()),
        ("bet won was told as", |_, listed, _| listed[1].returned = "21".into()),
        ("bet won was told as", |record, _, _| {
            record.bets.get_mut("won").expect("is there").bet.settlements = 2;
        }),
        ("available 104 less owed 0", |_, _, balance| {
            balance.available = "104".into()
        }),
        ("held 9: the stakes of open bets make 10", |_, _, balance| {
            balance.held = "9".into()
        }),
        ("the balance was told as", |record, _, _| {
            record.balance = Some(balance("105", "10", 8))
        }),
    ];
    for (what, spoil) in rows {
        let mismatches = found(spoil);
        assert!(
            mismatches.iter().any(|found| found.starts_with(what)),
            "{what}: {mismatches:?}"
        );
    }
}

/// Protects wallets of sold bets: what was paid belongs to the sum, the stake sold is held no more, and a sale that the
/// list does not know, or tells with another price, is found.
#[test]
fn sales_count() {
    let sell = |record: &mut Record, listed: &mut Vec<Bet>, balance: &mut Balance| {
        let (stake, paid) = (Decimal::from(4), Decimal::from(3));
        record.bets.get_mut("open").expect("is there").sold = (stake, paid);
        (listed[0].cashed_stake, listed[0].cashed_paid) = ("4".into(), "3".into());
        (balance.available, balance.held) = ("108".into(), "6".into());
    };
    assert_eq!(found(sell), Vec::<String>::new());
    type Spoil = fn(&mut Vec<Bet>, &mut Balance);
    let rows: [(&str, Spoil); 4] = [
        ("stake of 4 of bet open was sold for 3", |listed, _| {
            listed[0].cashed_paid = "2".into()
        }),
        ("stake of 4 of bet open was sold for 3", |listed, _| {
            listed[0].cashed_stake = String::new()
        }),
        ("available 105 less owed 0", |_, balance| {
            balance.available = "105".into()
        }),
        ("held 10: the stakes of open bets make 6", |_, balance| {
            balance.held = "10".into()
        }),
    ];
    for (what, spoil) in rows {
        let mismatches = found(|record, listed, balance| {
            sell(record, listed, balance);
            spoil(listed, balance);
        });
        assert!(
            mismatches.iter().any(|found| found.starts_with(what)),
            "{what}: {mismatches:?}"
        );
    }
}

/// Protects against a slip that is forgotten: one without a decision is told.
#[test]
fn undecided_slips_are_found() {
    let off = found(|record, _, _| {
        record.early.insert("s1".into(), SlipTaken::default());
    });
    assert_eq!(off, ["slip s1 has no answer or no decision"]);
}

/// What a corrected settlement took back and the wallet could not pay is owed, and belongs to the sum.
#[test]
fn what_is_owed_counts() {
    let off = found(|_, listed, balance| {
        listed[1].returned = "0".into();
        listed[1].settlements = 2;
        balance.available = "90".into();
        balance.owed = "5".into();
    });
    assert_eq!(off, Vec::<String>::new());
}

/// Bets are counted by what became of them, and a leg of an open bet that waits for a known result is told.
#[test]
fn unsettled_legs_are_counted() {
    let (record, listed, balance) = player();
    let mut book = Book::default();
    let market = |status: MarketStatus, version| MarketImage {
        event: "e".into(),
        market: 1,
        version,
        status: status.into(),
        ..MarketImage::default()
    };
    book.take(market(MarketStatus::Closed, 1));
    let waiting = reconcile(&record, &book, &listed, &balance);
    assert_eq!(
        (waiting.open, waiting.settled, waiting.void, waiting.unsettled_legs),
        (1, 1, 0, 0)
    );
    book.take(market(MarketStatus::Resulted, 2));
    assert_eq!(reconcile(&record, &book, &listed, &balance).unsettled_legs, 1);
}

/// Protects wallets with free bets: their stake is not the player's own money, what they win is, a void one is there again,
/// and a purse of free bets that does not follow from grant, stakes and refunds is found.
#[test]
fn free_bets_count() {
    let free = |status, returned: &str, refunded: &str| {
        let mut free = bet("free", status, "8", returned);
        (free.free_bet, free.refunded) = (true, refunded.into());
        free
    };
    let rows = [
        ("open", free(BetStatus::Open, "", ""), ("105", "18", "2"), true),
        ("won", free(BetStatus::Won, "12", ""), ("117", "10", "2"), true),
        ("lost", free(BetStatus::Lost, "0", ""), ("105", "10", "2"), true),
        ("void", free(BetStatus::Void, "0", "8"), ("105", "10", "10"), true),
        (
            "taken from the player's own money",
            free(BetStatus::Lost, "0", ""),
            ("97", "10", "2"),
            false,
        ),
        ("not held", free(BetStatus::Open, "", ""), ("105", "10", "2"), false),
        ("not taken", free(BetStatus::Lost, "0", ""), ("105", "10", "10"), false),
        (
            "not given back",
            free(BetStatus::Void, "0", "8"),
            ("105", "10", "2"),
            false,
        ),
    ];
    for (what, bet, (available, held, left), fine) in rows {
        let mismatches = found(|record, listed, balance| {
            record.free_bets.granted = Decimal::TEN;
            record.free_bets.used = true;
            let held_bet = Held {
                command: "c-free".into(),
                bet: bet.clone(),
                version: 1,
                sold: (Decimal::ZERO, Decimal::ZERO),
            };
            record.bets.insert("free".into(), held_bet);
            listed.push(bet.clone());
            (balance.available, balance.held) = (available.into(), held.into());
            balance.free_bets = left.into();
        });
        assert_eq!(mismatches.is_empty(), fine, "{what}: {mismatches:?}");
    }
}
